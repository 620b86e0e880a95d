#include "core/analytics/regularity_statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace c2watch::analytics {
namespace {

// Density ratio of neighbouring bands of a power law with exponent 2, the steepest that gaps
// between people's actions show: they decline by ratio^-2 from band to band.
double share_of_three_bands(double ratio) { return 1.0 / (1.0 + 1.0 / (ratio * ratio)); }

double sum(std::span<const double> d) { return std::accumulate(d.begin(), d.end(), 0.0); }

}  // namespace

double greenwood_statistic(std::span<const double> sorted) {
  double s = 0;
  double squares = 0;
  for (const double d : sorted) {
    s += d;
    squares += d * d;
  }
  return std::max(0.0, static_cast<double>(sorted.size()) * squares / (s * s) - 1);
}

double range_statistic(std::span<const double> sorted) {
  return (sorted.back() - sorted.front()) * static_cast<double>(sorted.size()) / sum(sorted);
}

double trimmed_statistic(std::span<const double> sorted) {
  assert(sorted.size() >= kMinGapsForAll);
  const auto kept = sorted.first(sorted.size() - trimmed_away(sorted.size()));
  const double mean = sum(kept) / static_cast<double>(kept.size());
  if (mean <= kept.front()) return 0;
  return (kept.back() - kept.front()) / (mean - kept.front());
}

double lower_tail_p(std::span<const double, kLevels> critical, double value) {
  // Perfect regularity has a small p, never zero, whatever the slope.
  const double x = std::max(value, 1e-12);
  std::size_t i = 1;
  while (i < kLevels - 1 && x < critical[i]) ++i;
  const double steepness =
      std::log(kLevelP[i - 1] / kLevelP[i]) / std::log(critical[i - 1] / critical[i]);
  return std::clamp(kLevelP[i] * std::pow(x / critical[i], steepness), 1e-300, 1.0);
}

double binomial_upper_tail(std::size_t n, double q, std::size_t k) {
  if (k == 0) return 1;
  if (k > n) return 0;
  double term = 1;  // C(n, k) q^k, factor by factor, so that it neither over- nor underflows early
  for (std::size_t i = 1; i <= k; ++i)
    term *= q * static_cast<double>(n - k + i) / static_cast<double>(i);
  term *= std::pow(1 - q, static_cast<double>(n - k));
  double tail = 0;
  for (std::size_t j = k; j <= n && term > tail * 1e-9; ++j) {
    tail += term;
    term *= q / (1 - q) * static_cast<double>(n - j) / static_cast<double>(j + 1);
  }
  return std::min(1.0, tail);
}

double band_share(double ratio) { return std::pow(ratio, -1 / (ratio - 1)) * (1 - 1 / ratio); }

Band best_band(std::span<const double> sorted) {
  const std::size_t n = sorted.size();
  const auto windows = static_cast<double>(n);
  Band best;
  for (const double ratio : kBandRatios) {
    const double share = band_share(ratio);
    const double share_of_three = share_of_three_bands(ratio);
    const auto others = static_cast<double>(n - 1);
    // A crowd no larger than this has a p near 1, and most bands hold no more: not worth a tail.
    const double expected = others * share + 0.8 * std::sqrt(others * share * (1 - share));
    std::size_t known_count = 0;  // neighbouring bands often hold the same number
    double known_p = 1;
    std::size_t below = 0;  // first gap of the band below, of the three bands together
    std::size_t end = 0;    // past the band
    std::size_t above = 0;  // past the band above
    for (std::size_t i = 0; i < n; ++i) {
      while (end < n && sorted[end] <= ratio * sorted[i]) ++end;
      while (above < n && sorted[above] <= ratio * ratio * sorted[i]) ++above;
      while (sorted[below] < sorted[i] / ratio) ++below;
      const std::size_t count = end - i;
      // 4 gaps are the least crowd; and any band starts at one of its own gaps, hence n windows.
      if (count < 4 || static_cast<double>(count - 1) <= expected) continue;
      if (count != known_count) {
        known_count = count;
        known_p = windows * binomial_upper_tail(n - 1, share, count - 1);
      }
      double p = known_p;
      if (p >= best.p) continue;
      p = std::max(p, windows * binomial_upper_tail(above - below - 1, share_of_three, count - 1));
      if (p < best.p) best = {p, ratio, i, count};
    }
  }
  return best;
}

}  // namespace c2watch::analytics
