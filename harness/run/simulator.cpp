#include "harness/run/simulator.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "harness/report/text.h"

extern char** environ;

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;

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

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code failed;
  std::string path = (fs::temp_directory_path(failed) / "c2watch.XXXXXX").string();
  if (failed || mkdtemp(path.data()) == nullptr)
    return Error{"no temporary folder: " + (failed ? failed.message() : std::strerror(errno)) +
                 "; set TMPDIR to a place that can be written"};
  return TemporaryFolder(path);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::string simulator_beside_executable() {
  std::error_code failed;
  return (fs::read_symlink("/proc/self/exe", failed).parent_path() / "c2sim").string();
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
  const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                              : "exit code " + std::to_string(WEXITSTATUS(status));
  std::string command = program;
  for (const std::string& a : arguments) command += " " + a;
  return "simulation failed with " + how + ": " + command + "\n" + printable(said);
}

Result<nlohmann::json> truth_header(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  nlohmann::json header = nlohmann::json::parse(line, nullptr, false);
  if (!header.is_object() || !header.contains("by_event_id"))
    return Error{path + ": no header in the simulator's truth file"};
  return header;
}

}  // namespace c2watch::harness
