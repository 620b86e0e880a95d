#include "core/analytics/regularity.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/analytics/regularity_statistics.h"
#include "core/analytics/regularity_table.h"

namespace c2watch::analytics {
namespace {

// A gap of nothing but dead time counts as this, in seconds: logarithms need more than zero.
constexpr double kLeastGap = 1e-3;

const CriticalValues& critical_values(std::size_t gaps) {
  const auto* row =
      std::upper_bound(kCriticalValues.begin(), kCriticalValues.end(), gaps,
                       [](std::size_t n, const CriticalValues& v) { return n < v.gaps; });
  return *(row - 1);
}

struct Core {
  std::size_t first = 0;
  std::size_t count = 0;
};

// Log likelihood of: `core` is uniform, what lies outside is exponential, and each gap is one or
// the other with the shares observed.
double log_likelihood(std::span<const double> sorted, Core core) {
  const auto n = static_cast<double>(sorted.size());
  const auto inside = static_cast<double>(core.count);
  const auto kept = sorted.subspan(core.first, core.count);
  // 0.05 s: a network's own jitter, or constant gaps would have infinite density.
  const double width = std::max(0.05, kept.back() - kept.front()) * (inside + 1) / inside;
  const double likelihood = inside * std::log(inside / n / width);
  if (core.count == sorted.size()) return likelihood;
  const double outside = n - inside;
  const double mean = (std::accumulate(sorted.begin(), sorted.end(), 0.0) -
                       std::accumulate(kept.begin(), kept.end(), 0.0)) /
                      outside;
  return likelihood + outside * (std::log(outside / n / mean) - 1);
}

// Which gaps are the beacon's own: all, all but the largest, or those of the band.
Core best_core(std::span<const double> sorted, std::size_t trimmed, const Band& band) {
  Core best{0, sorted.size()};
  double likelihood = log_likelihood(sorted, best);
  for (const Core candidate : {Core{0, sorted.size() - trimmed}, Core{band.first, band.count}}) {
    if (candidate.count == 0 || candidate.count == sorted.size()) continue;
    const double other = log_likelihood(sorted, candidate);
    if (other <= likelihood) continue;
    likelihood = other;
    best = candidate;
  }
  return best;
}

// Sleeps that people type, in seconds.
constexpr std::array<double, 26> kUsualSleeps = {1,   2,   3,   5,    10,   15,   20,   25,   30,
                                                 40,  45,  50,  60,   90,   120,  150,  180,  240,
                                                 300, 600, 900, 1200, 1800, 3600, 7200, 14400};

// How far off the nearest usual sleep, as a share of it.
double oddness(double sleep_s) {
  double least = 1;
  for (const double usual : kUsualSleeps)
    least = std::min(least, std::abs(sleep_s - usual) / usual);
  return least;
}

// Uniform jitter leaves its ends between the observed ones and a little beyond; which of the three
// laws it was shows in which of them makes the sleep a number that someone would type.
void explain(double low, double high, Regularity& r) {
  const double beyond =
      r.regular_gaps > 1 ? (high - low) / static_cast<double>(r.regular_gaps - 1) : 0;
  const double least = std::max(0.0, low - beyond);
  const double most = high + beyond;
  const double middle = (least + most) / 2;
  if (high - low <= std::max(0.02 * middle, 0.2)) {
    r.law = JitterLaw::none;
    r.interval_s = (low + high) / 2;
    r.jitter = 0;
    return;
  }
  const double as_shorter = oddness(most);
  const double as_symmetric = oddness(middle);
  const double as_longer = oddness(least);
  if (as_shorter <= as_symmetric && as_shorter <= as_longer) {
    r.law = JitterLaw::shorter;
    r.interval_s = most;
    r.jitter = (most - least) / most;
  } else if (as_symmetric <= as_longer) {
    r.law = JitterLaw::symmetric;
    r.interval_s = middle;
    r.jitter = (most - middle) / middle;
  } else {
    r.law = JitterLaw::longer;
    r.interval_s = least;
    r.jitter = (most - least) / least;
  }
}

}  // namespace

Regularity judge_regularity(std::span<const std::uint32_t> gaps_ms, const RegularityOptions& o) {
  const std::size_t n = gaps_ms.size();
  assert(n >= kMinGaps && n <= kMaxGaps);
  std::array<double, kMaxGaps> buffer;
  const auto d = std::span(buffer).first(n);
  Regularity r;
  r.gaps = n;
  for (std::size_t i = 0; i < n; ++i) {
    r.mean_s += gaps_ms[i] * 1e-3 / static_cast<double>(n);
    d[i] = std::max(kLeastGap, (static_cast<double>(gaps_ms[i]) - o.dead_ms) * 1e-3);
    r.sum_s += d[i];
    r.sum_squares += d[i] * d[i];
  }
  std::sort(d.begin(), d.end());

  const CriticalValues& critical = critical_values(n);
  const auto judge = [&r](Statistic s, double value, double p) {
    r.value[static_cast<std::size_t>(s)] = value;
    r.p_of[static_cast<std::size_t>(s)] = p;
  };
  const double greenwood = greenwood_statistic(d);
  const double range = range_statistic(d);
  judge(Statistic::greenwood, greenwood, lower_tail_p(critical.greenwood, greenwood));
  judge(Statistic::range, range, lower_tail_p(critical.range, range));
  Band band;
  if (n >= kMinGapsForAll) {
    const double trimmed = trimmed_statistic(d);
    judge(Statistic::trimmed, trimmed, lower_tail_p(critical.trimmed, trimmed));
    r.trimmed_gaps = trimmed_away(n);
    band = best_band(d);
    judge(Statistic::band, static_cast<double>(band.count), band.p);
    r.band_ratio = band.ratio;
    r.band_gaps = band.count;
  }

  const std::array<double, 4> shares = {r.p_of[0], r.p_of[1], 2 * r.p_of[2], 2 * r.p_of[3]};
  const auto* least = std::min_element(shares.begin(), shares.end());
  r.decided_by = static_cast<Statistic>(least - shares.begin());
  r.multiplicity = critical.multiplicity;
  r.p = std::min(1.0, critical.multiplicity * *least);

  const Core core = best_core(d, r.trimmed_gaps, band);
  r.regular_gaps = core.count;
  r.cut_below_s = d[core.first] + o.dead_ms * 1e-3;
  r.cut_above_s = d[core.first + core.count - 1] + o.dead_ms * 1e-3;
  explain(r.cut_below_s, r.cut_above_s, r);
  return r;
}

bool is_look(std::size_t gaps, bool slow) {
  // The table has a row for each look; the first two are for slow keys.
  constexpr std::size_t kFirst = 4;
  if (gaps < kFirst && !slow) return false;
  return std::any_of(kCriticalValues.begin(), kCriticalValues.end(),
                     [gaps](const CriticalValues& v) { return v.gaps == gaps; });
}

std::size_t judged_gaps(std::size_t gaps) { return critical_values(gaps).gaps; }

double allowance(double budget_per_day, double mean_gap_s) {
  return budget_per_day * std::clamp(mean_gap_s, 30.0, 8 * 3600.0) / (8 * 3600.0);
}

double budget_needed(const Regularity& r) { return r.p / allowance(1.0, r.mean_s); }

}  // namespace c2watch::analytics
