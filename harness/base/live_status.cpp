#include "harness/base/live_status.h"

#include <unistd.h>

#include <cstdio>

#include "harness/base/text.h"

namespace c2watch::harness {

void show_status(const std::string& text) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
}

void clear_status() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

Progress::Progress(std::uint64_t total) : on_(isatty(STDERR_FILENO) != 0), total_(total) {}

void Progress::show(std::uint64_t bytes_of_file, std::uint64_t records) {
  if (!on_) return;
  const auto now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double done = static_cast<double>(before_ + bytes_of_file);
  std::string text = bytes_text(done);
  if (total_ > 0)
    text += " of " + bytes_text(static_cast<double>(total_)) + " (" +
            fixed(100 * done / static_cast<double>(total_), 0) + " %)";
  text += ", " + with_thousands(records) + " records, " +
          with_thousands(static_cast<std::uint64_t>(static_cast<double>(records) / seconds)) +
          " per second";
  show_status(text);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) clear_status();
  shown_ = false;
}

}  // namespace c2watch::harness
