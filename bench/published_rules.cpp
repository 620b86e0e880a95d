#include "bench/published_rules.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace c2watch::harness {
namespace {

using Numbers = std::vector<double>;

double mean(const Numbers& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double variance(const Numbers& x) {  // of the population
  const double m = mean(x);
  double sum = 0;
  for (const double v : x) sum += (v - m) * (v - m);
  return sum / static_cast<double>(x.size());
}

// Linear between neighbours; `sorted` is not empty.
double quantile(const Numbers& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

// In seconds, of check-ins more than `dead_ms` apart.
Numbers gaps_of(const Series& series, std::int64_t dead_ms) {
  Numbers gaps;
  std::int64_t last = 0;
  bool any = false;
  for (const std::int64_t t : series.times_ms) {
    if (any && t - last <= dead_ms) continue;
    if (any) gaps.push_back(static_cast<double>(t - last) * 1e-3);
    last = t;
    any = true;
  }
  return gaps;
}

// Counts in `parts` equal parts of the window.
Numbers histogram(const Series& series, std::size_t parts) {
  Numbers counts(parts, 0.0);
  for (const std::int64_t t : series.times_ms) {
    const double at = static_cast<double>(t) * 1e-3 / series.window_s;
    const auto part = static_cast<std::size_t>(std::max(0.0, at * static_cast<double>(parts)));
    counts[std::min(part, parts - 1)] += 1;
  }
  return counts;
}

std::map<std::int64_t, double> hourly_counts(const Series& series) {
  std::map<std::int64_t, double> counts;
  for (const std::int64_t t : series.times_ms) counts[t / 3'600'000] += 1;
  return counts;
}

double timestamp_score(Numbers gaps) {
  std::sort(gaps.begin(), gaps.end());
  const double q1 = quantile(gaps, 0.25);
  const double q2 = quantile(gaps, 0.5);
  const double q3 = quantile(gaps, 0.75);
  // Bowley: as published, no skew where a quartile coincides with the median.
  const bool flat = q3 - q1 <= 0 || q2 <= q1 || q2 >= q3;
  const double skew = flat ? 0 : (q1 + q3 - 2 * q2) / (q3 - q1);
  Numbers off;
  for (const double g : gaps) off.push_back(std::abs(g - q2));
  std::sort(off.begin(), off.end());
  const double spread = q2 > 0 ? std::max(0.0, 1 - quantile(off, 0.5) / q2) : 0;
  return (1 - std::abs(skew) + spread) / 2;
}

double duration_score(const Series& series) {
  const auto hours = hourly_counts(series);
  if (hours.size() < 6) return 0;
  std::size_t run = 0;
  std::size_t longest = 0;
  std::int64_t before = 0;
  for (const auto& [hour, count] : hours) {
    run = run > 0 && hour == before + 1 ? run + 1 : 1;
    longest = std::max(longest, run);
    before = hour;
  }
  const auto& times = series.times_ms;
  const double covered = static_cast<double>(times.back() - times.front()) * 1e-3 / series.window_s;
  return std::min(1.0, std::max(covered, static_cast<double>(longest) / 12));
}

// Autocorrelation of the counts at the best lag of 2 buckets up to a quarter of the range: a beacon
// must come round four times.
double best_autocorrelation(const Numbers& counts) {
  const std::size_t n = counts.size();
  const double m = mean(counts);
  const double at_zero = variance(counts);
  if (at_zero <= 0) return 0;
  double best = 0;
  for (std::size_t lag = 2; lag <= n / 4; ++lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < n; ++i) sum += (counts[i] - m) * (counts[i + lag] - m);
    best = std::max(best, sum / static_cast<double>(n - lag) / at_zero);
  }
  return best;
}

// One range of the transform: at most six hours of counts.
double elastic_range(Numbers counts) {
  constexpr double kTruncate = 0.05;
  constexpr double kMaxRelativeVariance = 0.4;
  constexpr double kMinAutocorrelation = 0.6;
  if (std::accumulate(counts.begin(), counts.end(), 0.0) < 4) return kNoScore;
  const double correlation = best_autocorrelation(counts);
  std::sort(counts.begin(), counts.end());
  const auto cut = static_cast<std::ptrdiff_t>(kTruncate * static_cast<double>(counts.size()));
  const Numbers middle(counts.begin() + cut, counts.end() - cut);
  const double low = correlation > 0 ? kMinAutocorrelation / correlation : kNoScore;
  const double high =
      mean(middle) >= 1 ? variance(middle) / mean(middle) / kMaxRelativeVariance : kNoScore;
  return std::min(low, high);
}

}  // namespace

double hourly_ratio(const Series& series) {
  Numbers counts;
  for (const auto& [hour, count] : hourly_counts(series)) counts.push_back(count);
  if (series.times_ms.size() < 10 || counts.size() < 2) return kNoScore;
  return std::sqrt(variance(counts)) / mean(counts);
}

double interval_cv(const Series& series) {
  const Numbers gaps = gaps_of(series, 1'000);
  if (gaps.size() < 4) return kNoScore;
  return std::sqrt(variance(gaps)) / mean(gaps);
}

double rita_like(const Series& series) {
  // RITA works on whole seconds: connections of the same second are one.
  const Numbers gaps = gaps_of(series, 999);
  if (gaps.size() < 3) return kNoScore;
  const Numbers bars = histogram(series, 24);
  const double even = std::max(0.0, 1 - std::sqrt(variance(bars)) / mean(bars));
  return 1 - (timestamp_score(gaps) + duration_score(series) + even) / 3;
}

double elastic_like(const Series& series) {
  constexpr double kBucket_s = 180;
  constexpr std::size_t kRange = 120;  // buckets: six hours
  const auto buckets = static_cast<std::size_t>(series.window_s / kBucket_s);
  if (buckets < 8) return kNoScore;
  const Numbers counts = histogram(series, buckets);
  double best = kNoScore;
  for (std::size_t from = 0; from < buckets; from += kRange) {
    const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = counts.begin() + static_cast<std::ptrdiff_t>(std::min(from + kRange, buckets));
    if (end - begin >= 8) best = std::min(best, elastic_range(Numbers(begin, end)));
  }
  return best;
}

std::span<const Rule> published_rules() {
  static constexpr Rule kRules[] = {
      {"hourly_ratio", "hourly ratio", hourly_ratio},
      {"interval_cv", "interval CV", interval_cv},
      {"rita_like", "RITA-like", rita_like},
      {"elastic_like", "Elastic-like", elastic_like},
  };
  return kRules;
}

}  // namespace c2watch::harness
