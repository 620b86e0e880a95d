// Rules: other people's ways of finding beacons, to stand beside ours. Written from what their
// authors published about them; none of their code.
//
//   const double score = interval_cv(series);   // lower: more like a beacon
//
// Each gives a score, not a verdict: the sweep sets every rule's threshold by the same false
// positives, so that none is measured by thresholds meant for other traffic. kNoScore: the rule has
// nothing to say about this series, at any threshold.
//
// What telemetry of connections has no field for is left out: sizes (RITA, Elastic) and the number
// of hosts.
#pragma once

#include <limits>
#include <span>
#include <string_view>

#include "bench/traffic.h"

namespace c2watch::harness {

inline constexpr double kNoScore = std::numeric_limits<double>::infinity();

// The seed's query: population coefficient of variation of the counts of clock hours that have any,
// from ten connections in two such hours on. Windows here begin on the hour, in its favour.
double hourly_ratio(const Series& series);

// Coefficient of variation of the gaps, from five check-ins on (fewer say nothing). Connections
// within a second are one check-in, as in interval_beacon: without that, browsers drown it.
double interval_cv(const Series& series);

// After RITA (Active Countermeasures, v5): 1 - the mean of three scores, each 0 .. 1:
//   timestamps  mean of 1 - |Bowley skewness of the gaps| and 1 - (median absolute deviation)/median
//   duration    the larger of covered share of the window and longest run of active hours / 12,
//               from six active hours on
//   histogram   1 - coefficient of variation of the counts in 24 equal parts of the window
// Its fourth, sizes, has no input here; its search for two levels in the histogram is left out.
double rita_like(const Series& series);

// After Elastic's network beaconing package: counts in buckets of 3 minutes over ranges of at most
// six hours, the best range counts. The better of two tests, each as a multiple of its limit:
//   high frequency  relative variance (variance/mean) of the counts without the outer 5 % on either
//                   side, limit 0.4; needs at least one event a bucket on average
//   low frequency   autocorrelation of the counts at the best period, limit 0.6
// The tests are described in public; the limits are settings there. With these, each flags about
// half a per cent of the sweep's benign traffic, which serves the rule best: stricter variance
// halves what it sees. Summing over the lags of a jitter was tried, and cost it up to 5 points.
// Its test of sizes has no input here.
double elastic_like(const Series& series);

struct Rule {
  std::string_view key;    // in JSON
  std::string_view title;  // in reports
  double (*score)(const Series&);
};
std::span<const Rule> published_rules();

}  // namespace c2watch::harness
