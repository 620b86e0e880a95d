#include "hosts/pipe/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace c2watch::pipe {

LineReader::LineReader(int fd, std::size_t longest)
    : fd_(fd), longest_(longest), buffer_(2 * longest) {}

Input LineReader::wait(std::chrono::milliseconds patience) {
  if (ended_) return Input::ended;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    searched_ -= begin_;
    begin_ = 0;
  }
  pollfd p{fd_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(patience.count())) <= 0) return Input::quiet;
  const ssize_t n = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  if (n < 0) {
    if (errno == EINTR || errno == EAGAIN) return Input::quiet;
    error_ = errno;
    ended_ = true;
    return Input::ended;
  }
  if (n == 0) ended_ = true;
  end_ += static_cast<std::size_t>(n);
  return Input::ready;
}

std::optional<std::string_view> LineReader::hand_out(std::size_t len, std::size_t with_end) {
  std::string_view line(buffer_.data() + begin_, len);
  begin_ += with_end;
  searched_ = begin_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line.substr(0, longest_);
}

std::optional<std::string_view> LineReader::next() {
  while (begin_ < end_) {
    const void* found = std::memchr(buffer_.data() + searched_, '\n', end_ - searched_);
    if (found != nullptr) {
      const auto len =
          static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) - begin_;
      if (!skipping_) return hand_out(len, len + 1);
      skipping_ = false;
      begin_ += len + 1;
      searched_ = begin_;
      continue;
    }
    searched_ = end_;
    if (skipping_) {
      begin_ = end_;
    } else if (end_ - begin_ > longest_) {
      skipping_ = true;
      return hand_out(end_ - begin_, end_ - begin_);
    } else if (ended_) {
      return hand_out(end_ - begin_, end_ - begin_);
    }
    break;
  }
  return std::nullopt;
}

}  // namespace c2watch::pipe
