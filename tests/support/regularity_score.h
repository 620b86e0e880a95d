// The least budget a day at which interval_beacon's looks would have fired on a series: one number
// for quality curves, from the same parts that the detector is made of.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "core/analytics/regularity.h"
#include "core/state/check_ins.h"
#include "support/traffic.h"

namespace c2watch::testing_support {

inline double least_budget(const Series& times_ms, double slow_gap_s = 1200) {
  state::CheckIns heard;
  std::array<std::uint32_t, analytics::kMaxGaps> gaps;
  double least = std::numeric_limits<double>::infinity();
  for (const std::int64_t t : times_ms) {
    if (heard.add(t, {}) != state::Added::check_in || heard.size() <= analytics::kMinGaps) continue;
    const std::size_t n = heard.gaps(gaps.data());
    const double mean_s =
        static_cast<double>(heard.last_ms() - heard.first_ms()) * 1e-3 / static_cast<double>(n);
    const bool turn =
        heard.slid() ? n == analytics::kMaxGaps : analytics::is_look(n, mean_s >= slow_gap_s);
    if (!turn) continue;
    const auto r = analytics::judge_regularity(std::span(gaps).first(n), {});
    least = std::min(least, analytics::budget_needed(r));
    if (n == analytics::kMaxGaps) heard.slide();
  }
  return least;
}

}  // namespace c2watch::testing_support
