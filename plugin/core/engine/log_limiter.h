// LogLimiter: how often one kind of line goes to the host's log, however often there is reason to.
//
//   LogLimiter limiter;
//   if (const auto held = limiter.admit(now)) log(text + more(*held));
//
// The first `burst` lines of a process's life go out, then one every `every` by the host's clock; where
// the host never tells the time, none. What is held back is counted and said by the next that goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/model/time.h"

namespace c2watch::engine {

class LogLimiter {
 public:
  // 10 minutes: often enough for whoever looks, and a day of it is a screenful.
  static constexpr Duration kEvery = std::chrono::minutes{10};

  explicit LogLimiter(std::uint32_t burst = 1) : burst_(burst) {}

  // How many were held back since the last line, if this one may go.
  std::optional<std::uint64_t> admit(Time now) {
    if (now < last_) last_ = now;  // the clock was set back: wait from there
    const bool first = spent_ < burst_;
    if (!first && !(known(last_) && now - last_ >= kEvery)) {
      if (!known(last_)) last_ = now;
      ++held_;
      return std::nullopt;
    }
    spent_ += first;
    last_ = now;
    return std::exchange(held_, 0);
  }

 private:
  std::uint32_t burst_;
  std::uint32_t spent_ = 0;
  Time last_ = kNoTime;
  std::uint64_t held_ = 0;
};

}  // namespace c2watch::engine
