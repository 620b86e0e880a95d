#include "harness/cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "harness/report/text.h"

namespace c2watch::harness {

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
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

}  // namespace c2watch::harness
