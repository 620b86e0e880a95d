// Time: a UTC instant with microsecond resolution, always taken from an event or from the host.
//
// The core has no clock. Windows logs carry 100 ns, Sysmon's UtcTime carries 1 ms; microseconds
// hold both without loss that any detector could see, and 292,000 years fit an int64.
#pragma once

#include <chrono>
#include <cstdint>

namespace c2watch {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

// "No time": sorts before every real instant. Readers set it when a record has none.
inline constexpr Time kNoTime = Time::min();

constexpr bool known(Time t) { return t != kNoTime; }

// Clock hours since 1970-01-01T00Z, floored, so that hours before 1970 are whole hours as well.
using Hour = std::int32_t;

constexpr Hour hour_of(Time t) {
  return static_cast<Hour>(std::chrono::floor<std::chrono::hours>(t).time_since_epoch().count());
}

constexpr Time start_of(Hour h) { return Time{std::chrono::hours{h}}; }

constexpr std::int64_t to_ms(Time t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

}  // namespace c2watch
