#include "harness/io/collectors/daemon.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

#include "harness/base/files.h"
#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using std::string;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollInterval{5};
// Of what a daemon logged: the reason stands at the end.
constexpr std::size_t kShownLog = 2'000;

string whole(const string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::uintmax_t size_of(const string& path) {
  std::error_code failed;
  const std::uintmax_t size = fs::file_size(path, failed);
  return failed ? 0 : size;
}

bool ends_with_line(const string& path, std::string_view end) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto wanted = static_cast<std::streamoff>(end.size() + 1);
  if (!in || in.tellg() < wanted) return false;
  in.seekg(-wanted, std::ios::end);
  string tail(end.size() + 1, '\0');
  in.read(tail.data(), wanted);
  return tail == string(end) + "\n";
}

// Patience that begins anew whenever the file has grown.
class Patience {
 public:
  explicit Patience(string file) : file_(std::move(file)) {}
  bool lost() {
    const std::uintmax_t size = size_of(file_);
    if (size != size_) since_ = Clock::now();
    size_ = size;
    return Clock::now() - since_ > kTimeout;
  }

 private:
  string file_;
  std::uintmax_t size_ = 0;
  Clock::time_point since_ = Clock::now();
};

string stuck(std::string_view at) {
  return string(at) + ": nothing has come out for " + std::to_string(kTimeout.count()) + " s";
}

}  // namespace

Result<string> daemon_program(const CollectorSettings& settings, const string& file_name,
                              string given_by_environment) {
  const string given =
      settings.program.empty() ? std::move(given_by_environment) : settings.program;
  if (!given.empty()) {
    if (access(given.c_str(), X_OK) == 0 && fs::is_regular_file(given))
      return fs::absolute(given).string();
    return Error{"--through " + settings.name + ": " + given + " is no program that can be run"};
  }
  const string found = find_program(
      file_name, {"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/" + file_name + "/bin"});
  if (!found.empty()) return fs::absolute(found).string();
  return Error{"--through " + settings.name + ": there is no " + file_name +
               " on the PATH; install it, or name it with --collector-program PATH"};
}

Result<string> find_module(const CollectorSettings& settings, const string& file_name,
                           const string& target, const std::vector<string>& folders) {
  if (!settings.module.empty()) {
    if (fs::is_regular_file(settings.module)) return fs::absolute(settings.module).string();
    return Error{"--module " + settings.module + ": no such file"};
  }
  string places;
  for (const string& folder : folders) {
    const fs::path file = fs::path(folder) / file_name;
    if (fs::is_regular_file(file)) return file.lexically_normal().string();
    places += (places.empty() ? "" : ", ") + fs::path(folder).lexically_normal().string();
  }
  return Error{"--through " + settings.name + ": there is no " + file_name + " in " + places +
               "; build the target " + target + ", or name the file with --module PATH"};
}

string read_output(const string& program, const string& argument,
                   std::vector<std::pair<string, string>> environment) {
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return "";
  Result<Process> process =
      Process::start({program, {argument}, folder->file("."), "", "said", std::move(environment)});
  if (!process || !process->wait(kTimeout)) return "";
  return whole(folder->file("said"));
}

string first_version(std::string_view text) {
  static const std::regex kVersion(R"([0-9]+\.[0-9]+(\.[0-9]+)*)");
  std::cmatch found;
  const bool any = std::regex_search(text.data(), text.data() + text.size(), found, kVersion);
  return any ? found.str() : "";
}

Result<Daemon> Daemon::make() {
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  return Daemon(std::move(*folder));
}

std::optional<string> Daemon::write(const string& name, std::string_view text) const {
  std::ofstream out(folder_.file(name), std::ios::binary);
  out << text;
  out.close();
  return out ? std::nullopt : std::optional(folder_.file(name) + ": cannot be written");
}

std::optional<string> Daemon::link(const string& name, const string& to) const {
  std::error_code failed;
  fs::create_symlink(to, folder_.file(name), failed);
  return failed ? std::optional(folder_.file(name) + ": " + failed.message()) : std::nullopt;
}

std::optional<string> Daemon::start(Process::Command command) {
  program_ = command.program;
  command.folder = folder_.file(".");
  command.log = "log";
  Result<Process> process = Process::start(command);
  if (!process) return process.error();
  process_.emplace(std::move(*process));
  return std::nullopt;
}

string Daemon::complaint(const string& what) const {
  string log = whole(folder_.file("log"));
  if (log.size() > kShownLog) log.erase(0, log.find('\n', log.size() - kShownLog) + 1);
  string out = what;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    out += "\n  " + printable(log.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::optional<string> Daemon::wait_for_end(const string& file) {
  Patience patience(folder_.file(file));
  while (!process_->wait(std::chrono::milliseconds(100)))
    if (patience.lost()) return complaint(stuck(program_));
  const int status = *process_->ended();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  return complaint(program_ + " ended with " + describe_exit(status));
}

std::optional<string> Daemon::end_after(const string& file, std::string_view end) {
  Patience patience(folder_.file(file));
  while (!ends_with_line(folder_.file(file), end)) {
    if (process_->ended())
      return complaint(program_ + " ended too early, with " + describe_exit(*process_->ended()));
    if (patience.lost()) return complaint(stuck(program_));
    std::this_thread::sleep_for(kPollInterval);
  }
  process_->terminate();
  return wait_for_end(file);
}

void Daemon::lines(const string& file, const std::function<void(std::string_view)>& take) const {
  std::ifstream in(folder_.file(file), std::ios::binary);
  for (string line; std::getline(in, line) && !in.eof();) take(line);
}

}  // namespace c2watch::harness
