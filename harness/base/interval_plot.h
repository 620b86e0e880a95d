// Rhythm: the numbers behind the picture of a beacon.
//
//   Rhythm r = rhythm_of({0, 60, 120, 181});   // sorted seconds since 1970, two or more
//   r.median_gap_s;                            // 60
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace c2watch::harness {

struct Bar {
  std::string label;
  std::size_t count = 0;
};

struct Rhythm {
  double median_gap_s = 0;
  // Of equal width from 0 to twice the median; the last one holds what is longer as well.
  std::vector<Bar> intervals;
  double first_hour_s = 0;
  std::vector<Bar> hours;  // by clock hour from the first to the last; at most kMaxHours
};

inline constexpr std::size_t kIntervalBars = 21;  // odd: the median stands in the middle of one
inline constexpr std::size_t kMaxHours = 24 * 31;

Rhythm rhythm_of(const std::vector<double>& seconds);

}  // namespace c2watch::harness
