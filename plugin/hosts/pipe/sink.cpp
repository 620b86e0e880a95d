#include "hosts/pipe/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace c2watch::pipe {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds{2};

volatile std::sig_atomic_t stop_asked = 0;

// A write may begin to block right after the signal, so there is another one until the end.
void ask_to_stop(int signal) {
  if (signal != SIGALRM) stop_asked = 1;
  ::alarm(1);
}

}  // namespace

void stop_on_signals() {
  struct sigaction stop {};
  stop.sa_handler = ask_to_stop;  // without SA_RESTART: what waits returns
  for (const int signal : {SIGTERM, SIGINT, SIGALRM}) sigaction(signal, &stop, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
}

bool stopping() { return stop_asked != 0; }

void Sink::put_line(std::string_view line) {
  text_.append(line);
  text_ += '\n';
  ++lines_;
}

bool Sink::fail(int error) {
  error_ = name_ + ": " + std::strerror(error);
  return false;
}

void Sink::done() {
  text_.clear();
  written_ = lines_ = 0;
}

bool Sink::write_all() {
  std::optional<Clock::time_point> given_up;
  while (written_ < text_.size()) {
    const std::size_t rest = text_.size() - written_;
    const ssize_t n = ::write(fd_, text_.data() + written_,
                              stopping() ? std::min<std::size_t>(rest, PIPE_BUF) : rest);
    if (n > 0) {
      written_ += static_cast<std::size_t>(n);
      given_up.reset();
      continue;
    }
    const int error = n < 0 ? errno : ENOSPC;
    if (error != EINTR && error != EAGAIN) return fail(error);
    if (error == EAGAIN) {  // somebody else made the pipe non-blocking
      pollfd p{fd_, POLLOUT, 0};
      ::poll(&p, 1, 1000);
    }
    if (!stopping()) continue;
    if (!given_up) given_up = Clock::now() + kPatience;
    if (Clock::now() >= *given_up) return fail(ETIMEDOUT);
  }
  return true;
}

bool Sink::flush() {
  if (!write_all()) return false;
  done();
  return true;
}

bool Sink::sync() {
  if (!write_all()) return false;
  if (!text_.empty() && ::fdatasync(fd_) != 0 && errno != EINVAL) {
    const int error = errno;
    written_ = 0;  // the kernel may have dropped what it could not write, so all of it goes again
    return fail(error);
  }
  done();
  return true;
}

int open_to_append(const std::string& path) {
  const auto fail = [&path]() -> int {
    throw std::runtime_error(path + ": " + std::strerror(errno));
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return fail();
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size <= 0) return fd;
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char last = '\n';
  const bool read = reader >= 0 && ::pread(reader, &last, 1, size - 1) == 1;
  if (reader >= 0) ::close(reader);
  if (read && last != '\n') [[maybe_unused]]
    const ssize_t n = ::write(fd, "\n", 1);
  return fd;
}

}  // namespace c2watch::pipe
