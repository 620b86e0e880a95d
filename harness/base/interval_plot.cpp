#include "harness/base/interval_plot.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

std::vector<Bar> interval_bars(const std::vector<double>& gaps, double median) {
  std::vector<Bar> bars(kIntervalBars);
  const double width = 2 * median / kIntervalBars;
  for (std::size_t i = 0; i < bars.size(); ++i)
    bars[i].label = fixed(width * static_cast<double>(i), 1) + " s and more";
  for (const double gap : gaps) {
    const double at = width > 0 ? gap / width : 0;
    ++bars[at < kIntervalBars ? static_cast<std::size_t>(at) : kIntervalBars - 1].count;
  }
  return bars;
}

}  // namespace

Rhythm rhythm_of(const std::vector<double>& seconds) {
  assert(seconds.size() >= 2);
  Rhythm r;
  std::vector<double> gaps;
  for (std::size_t i = 1; i < seconds.size(); ++i) gaps.push_back(seconds[i] - seconds[i - 1]);
  std::vector<double> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  r.median_gap_s = sorted[sorted.size() / 2];
  r.intervals = interval_bars(gaps, r.median_gap_s);

  r.first_hour_s = std::floor(seconds.front() / 3600) * 3600;
  const double hours = std::floor((seconds.back() - r.first_hour_s) / 3600) + 1;
  r.hours.resize(std::min(static_cast<std::size_t>(hours), kMaxHours));
  for (std::size_t i = 0; i < r.hours.size(); ++i) {
    const double start = r.first_hour_s + 3600 * static_cast<double>(i);
    r.hours[i].label = time_text(std::llround(start) * 1'000'000).substr(0, 16);
  }
  for (const double s : seconds) {
    const auto at = static_cast<std::size_t>((s - r.first_hour_s) / 3600);
    if (at < r.hours.size()) ++r.hours[at].count;
  }
  return r;
}

}  // namespace c2watch::harness
