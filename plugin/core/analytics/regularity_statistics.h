// The four statistics behind regularity.h, one by one: for judge_regularity(), for the program that
// makes its table, and for the tests that hold both to the mathematics.
//
// All take gaps without dead time, in ascending order, and do not depend on the unit.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace c2watch::analytics {

// From so many gaps on, `trimmed` and `band` take part. With fewer, what they leave out is what
// little there is to judge, and the budget is better spent on the other two.
inline constexpr std::size_t kMinGapsForAll = 7;

// The largest gaps that `trimmed` leaves out: a night, and a lunch once there is room for one.
constexpr std::size_t trimmed_away(std::size_t gaps) { return gaps < 15 ? 1 : 2; }

double greenwood_statistic(std::span<const double> sorted);  // squared coefficient of variation
double range_statistic(std::span<const double> sorted);
double trimmed_statistic(std::span<const double> sorted);  // requires kMinGapsForAll

// Probabilities for which the table holds critical values, descending; and their logarithms.
inline constexpr std::size_t kLevels = 10;
inline constexpr std::array<double, kLevels> kLevelP = {0.3,   0.1,    0.03,   0.01,    0.003,
                                                        0.001, 0.0003, 0.0001, 0.00003, 0.00001};

// P(statistic <= value), interpolated between critical values on logarithmic scales, where the
// lower tails are nearly straight: P(greenwood <= x) is c * x^((n-1)/2) exactly for small x. Below
// the last level the last slope goes on; the true tail is steeper, so this errs to the safe side.
double lower_tail_p(std::span<const double, kLevels> critical, double value);

struct Band {
  double p = 1;
  double ratio = 0;
  std::size_t first = 0;  // sorted[first, first + count) lie in the band
  std::size_t count = 0;
};
inline constexpr std::array<double, 4> kBandRatios = {1.12, 1.3, 1.7, 2.3};

// The most an exponential of any mean puts into [x, ratio * x].
double band_share(double ratio);

Band best_band(std::span<const double> sorted);

// P(Binomial(n, q) >= k).
double binomial_upper_tail(std::size_t n, double q, std::size_t k);

}  // namespace c2watch::analytics
