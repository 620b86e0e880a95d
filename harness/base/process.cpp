#include "harness/base/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPollInterval{5};

bool redirect(const std::string& path, int flags, int to) {
  const int fd = open(path.empty() ? "/dev/null" : path.c_str(), flags, 0600);
  return fd >= 0 && dup2(fd, to) >= 0 && (fd == to || close(fd) == 0);
}

// In the child: nothing that a signal handler may not do either. Returns only when it failed.
void exec_child(const Process::Command& command, char** arguments, char** environment,
                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before it could take us along
  if (!command.folder.empty() && chdir(command.folder.c_str()) != 0) return;
  if (!redirect(command.input, O_RDONLY, STDIN_FILENO)) return;
  if (!redirect(command.log, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO)) return;
  if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) return;
  execve(command.program.c_str(), arguments, environment);
}

std::vector<std::string> whole_environment(const Process::Command& command) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string one = *at;
    bool replaced = false;
    for (const auto& [name, value] : command.environment) replaced |= one.starts_with(name + "=");
    if (!replaced) out.push_back(one);
  }
  for (const auto& [name, value] : command.environment) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::string read_all(int fd) {
  std::string text;
  char chunk[4096];
  for (;;) {
    const ssize_t n = read(fd, chunk, sizeof chunk);
    if (n > 0)
      text.append(chunk, static_cast<std::size_t>(n));
    else if (n == 0 || errno != EINTR)
      return text;
  }
}

}  // namespace

Result<Process> Process::start(const Command& command) {
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program);
  std::vector<std::string> variables = whole_environment(command);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  int failure[2];  // closed by a successful exec, else the reason
  if (pipe2(failure, O_CLOEXEC) != 0) return Error{std::string("no pipe: ") + std::strerror(errno)};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    exec_child(command, const_cast<char**>(arguments.data()),
               const_cast<char**>(environment.data()), parent);
    const int why = errno;
    [[maybe_unused]] const ssize_t written = write(failure[1], &why, sizeof why);
    _exit(127);
  }
  int why = errno;
  close(failure[1]);
  const bool started = child > 0 && read(failure[0], &why, sizeof why) == 0;
  close(failure[0]);
  if (started) return Process(child);
  if (child > 0) waitpid(child, nullptr, 0);
  return Error{"cannot start " + command.program + ": " + std::strerror(why)};
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, 0)), status_(other.status_) {}

Process::~Process() {
  if (id_ == 0 || ended()) return;
  kill(id_, SIGKILL);
  while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> Process::ended() {
  int status = 0;
  if (!status_ && waitpid(id_, &status, WNOHANG) == id_) status_ = status;
  return status_;
}

std::optional<int> Process::wait(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!ended() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kPollInterval);
  return status_;
}

void Process::terminate() {
  if (!ended()) kill(id_, SIGTERM);
}

std::optional<std::string> run_program(const std::string& program,
                                       const std::vector<std::string>& arguments) {
  int errors[2];
  if (pipe2(errors, O_CLOEXEC) != 0) return "no pipe: " + std::string(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);

  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(errors[1]);
  const std::string said = failed == 0 ? read_all(errors[0]) : "";
  close(errors[0]);
  if (failed != 0) return "cannot start " + program + ": " + std::strerror(failed);

  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  std::string command = program;
  for (const std::string& a : arguments) command += " " + a;
  return "simulation failed with " + describe_exit(status) + ": " + command + "\n" +
         printable(said);
}

std::string describe_exit(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit code " + std::to_string(WEXITSTATUS(status));
}

std::string find_program(const std::string& name, const std::vector<std::string>& further) {
  std::vector<std::string> folders;
  const char* path = std::getenv("PATH");
  std::istringstream in(path == nullptr ? "" : path);
  for (std::string folder; std::getline(in, folder, ':');) folders.push_back(folder);
  folders.insert(folders.end(), further.begin(), further.end());
  for (const std::string& folder : folders) {
    const std::string file = (fs::path(folder) / name).string();
    if (!folder.empty() && access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file))
      return file;
  }
  return "";
}

}  // namespace c2watch::harness
