#include "formats/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace c2sim {
namespace {

constexpr std::size_t kFlushBytes = 1 << 20;  // one write call a megabyte: calls cost nothing then

}  // namespace

Output::~Output() {
  if (fd_ > 2) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::optional<std::string> Output::open(const std::string& path) {
  path_ = path;
  if (path == "-") {
    fd_ = STDOUT_FILENO;
    return std::nullopt;
  }
  struct stat status {};
  const bool in_place = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!in_place) temporary_ = path + ".tmp";
  const std::string& target = in_place ? path : temporary_;
  fd_ = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ >= 0) return std::nullopt;
  const std::string why = std::strerror(errno);
  temporary_.clear();
  return "cannot write " + target + ": " + why;
}

void Output::write(std::string_view bytes) {
  if (buffer_.empty() && bytes.size() >= kFlushBytes) return write_all(bytes);
  buffer_ += bytes;
  if (buffer_.size() < kFlushBytes) return;
  write_all(buffer_);
  buffer_.clear();
}

void Output::write_at(std::uint64_t offset, std::string_view bytes) {
  write_all(buffer_);
  buffer_.clear();
  if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(bytes.size()))
    fail("write");
}

void Output::write_all(std::string_view bytes) {
  while (!bytes.empty() && error_.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      fail("write");
    }
  }
}

void Output::fail(const char* what) {
  if (error_.empty())
    error_ = std::string("cannot ") + what + " " + path_ + ": " + std::strerror(errno);
}

std::optional<std::string> Output::commit() {
  write_all(buffer_);
  buffer_.clear();
  if (fd_ > 2 && ::close(fd_) != 0) fail("close");
  fd_ = -1;
  if (error_.empty() && !temporary_.empty()) {
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
      fail("rename");
    else
      temporary_.clear();
  }
  if (!error_.empty()) return error_;
  return std::nullopt;
}

}  // namespace c2sim
