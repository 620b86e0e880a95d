#include "harness/base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

namespace c2watch::harness {

namespace fs = std::filesystem;

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

Result<std::string> read_text(const std::string& path) {
  if (path == "-")
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": " + std::strerror(errno)};
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return Error{path + ": cannot be read"};
  return text;
}

std::optional<std::string> write_output(const std::string& path, std::string_view text) {
  const bool standard = path.empty() || path == "-";
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const std::string shown = standard ? "(standard output)" : path;
  const int fd = standard ? STDOUT_FILENO
                          : open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return shown + ": " + std::strerror(errno);
  int failure = 0;
  while (!text.empty() && failure == 0) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n >= 0)
      text.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      failure = errno;
  }
  if (!standard) {
    if (failure == 0 && fsync(fd) != 0 && errno != EINVAL) failure = errno;
    if (close(fd) != 0 && failure == 0) failure = errno;
    if (failure == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
    if (failure != 0) unlink(temporary.c_str());
  }
  if (failure == 0) return std::nullopt;
  return shown + ": " + std::strerror(failure);
}

std::string folder_of_executable() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path().string();
}

Result<std::string> share_folder() {
  std::error_code failed;
  for (fs::path at = folder_of_executable(); at.has_relative_path(); at = at.parent_path())
    for (const char* name : {"share", "share/c2watch"})
      if (fs::exists(at / name / "schemas" / "expectation.schema.json", failed))
        return (at / name).string();
  return Error{"no folder share/c2watch beside this program: its schemas are missing"};
}

}  // namespace c2watch::harness
