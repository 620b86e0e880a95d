// LineReader: lines from a file descriptor, as soon as they are whole.
//
//   LineReader in(STDIN_FILENO, 1 << 21);
//   while (in.wait(1000ms) != Input::ended) while (auto line = in.next()) answer(*line);
//
// COST    one read() for as much as the kernel has; lines are views into the buffer.
// MEMORY  twice `longest`. A longer line is handed out cut to `longest`, once, so that a peer that
//         waits for one answer per line gets exactly one.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace c2watch::pipe {

enum class Input { ready, quiet, ended };

class LineReader {
 public:
  LineReader(int fd, std::size_t longest);

  // Waits for bytes: ready when some arrived, quiet when none came in time (or a signal did), ended
  // when there will be no more. Does not wait while whole lines are left.
  Input wait(std::chrono::milliseconds patience);

  // The next whole line without its end (LF or CRLF); at the end of input also a last one without
  // an end. Valid until the next wait().
  std::optional<std::string_view> next();

  // The errno that ended the input; 0 when it ended by itself.
  int error() const { return error_; }

 private:
  std::optional<std::string_view> hand_out(std::size_t len, std::size_t with_end);

  int fd_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;     // of what is not handed out yet
  std::size_t searched_ = 0;  // no line end before this
  std::size_t end_ = 0;
  bool skipping_ = false;  // the rest of a line that was handed out cut
  bool ended_ = false;
  int error_ = 0;
};

}  // namespace c2watch::pipe
