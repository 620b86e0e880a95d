// What a long command is at: one line on a terminal's standard error; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace c2watch::harness {

// Any command's line, in the place of the one before.
void show_status(const std::string& text);
void clear_status();

// The line while files are read.
class Progress {
 public:
  // `total` bytes are to be read; 0 when unknown.
  explicit Progress(std::uint64_t total);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void next_file(std::uint64_t bytes_before) { before_ = bytes_before; }
  void show(std::uint64_t bytes_of_file, std::uint64_t records);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool on_;
  bool shown_ = false;
  std::uint64_t total_;
  std::uint64_t before_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace c2watch::harness
