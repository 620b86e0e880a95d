#include "world/calendar.h"

#include <algorithm>

namespace c2sim {
namespace {

constexpr int kOpens = 8;    // hour of the day, UTC
constexpr int kCloses = 18;  // hour of the day, UTC

bool weekday(std::chrono::sys_days day) {
  const std::chrono::weekday w{day};
  return w != std::chrono::Saturday && w != std::chrono::Sunday;
}

}  // namespace

bool working_hours(Instant t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const auto hour = std::chrono::floor<std::chrono::hours>(t - day).count();
  return weekday(day) && hour >= kOpens && hour < kCloses;
}

Instant next_working_hour(Instant t) {
  if (working_hours(t)) return t;
  auto day = std::chrono::floor<std::chrono::days>(t);
  if (t >= day + std::chrono::hours{kOpens}) day += std::chrono::days{1};
  while (!weekday(day)) day += std::chrono::days{1};
  return day + std::chrono::hours{kOpens};
}

Calendar Calendar::with_gaps(Instant start, Instant end, double fraction, Random& random) {
  Calendar c;
  if (fraction <= 0) return c;
  // Alternating spans: a gap of mean g after an uptime of mean g (1-f)/f is off f of the time.
  constexpr double kShortest = 20 * 60, kLongest = 4 * 3600;
  const double uptime = (kShortest + kLongest) / 2 * (1 - fraction) / fraction;
  Instant t = start;
  while (true) {
    t += seconds(random.between(0.5 * uptime, 1.5 * uptime));
    if (t >= end) return c;
    const Instant to = t + seconds(random.between(kShortest, kLongest));
    c.gaps_.push_back({t, to});
    t = to;
  }
}

bool Calendar::online(Instant t) const { return next_online(t) == t; }

Instant Calendar::next_online(Instant t) const {
  const auto after = std::upper_bound(gaps_.begin(), gaps_.end(), t,
                                      [](Instant x, const Gap& g) { return x < g.from; });
  if (after == gaps_.begin()) return t;
  const Gap& gap = *std::prev(after);
  return t < gap.to ? gap.to : t;
}

}  // namespace c2sim
