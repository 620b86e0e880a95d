// Time: UTC instants in 100 ns steps, the resolution of Windows' logs.
//
//   Instant t = *parse_instant("2026-03-02T08:00:00Z");
//   t += seconds(30.0);
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace c2sim {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
using Instant = std::chrono::sys_time<Ticks>;

inline constexpr Instant kNever = Instant::max();

inline Ticks seconds(double s) { return Ticks{static_cast<std::int64_t>(std::llround(s * 1e7))}; }

constexpr double to_seconds(Ticks t) { return static_cast<double>(t.count()) / 1e7; }

constexpr std::int64_t unix_seconds(Instant t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

// "2026-03-02T08:00:00Z", with or without a fraction; nothing else, nothing local.
std::optional<Instant> parse_instant(std::string_view text);

// "90", "90s", "5m", "2h", "250ms"; a bare number is seconds. Never negative.
std::optional<Ticks> parse_duration(std::string_view text);

// "2026-03-02T08:00:00.1234567Z"
std::string iso(Instant t);

}  // namespace c2sim
