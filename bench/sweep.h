// Sweep: how many beacons are seen at which rate of false positives, by the plugin and by rules
// that others published, on the same series.
//
//   Result<SweepResult> result = sweep(plugin, {.seed = 1}, {});
//
// THRESHOLDS come from one set of benign series and are checked on another that the thresholds
//           never saw. Both sets pool seven classes that are not periodic, in equal parts; periodic
//           agents are counted apart, because timing cannot distinguish an updater from an implant.
// RATES     "macro": the mean over the beacons of the share of series that are seen, so that every
//           beacon counts alike.
// SEEDS     every series has its own, so any result is repeated by its seed, on any machine.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/published_rules.h"
#include "bench/traffic.h"
#include "harness/base/result.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

struct SweepSettings {
  std::uint64_t seed = 1;
  // For each beacon and window. 60: a macro rate over sixteen beacons is good to about 1.5 points.
  std::size_t series = 60;
  // In each of the two benign sets. 4,200: at 0.1 % that is four series, the least to speak of.
  std::size_t benign = 4'200;
  std::vector<int> window_hours = {1, 3, 6, 24};
  double budget = 0.01;  // the fp_budget whose rates are reported as well; as shipped
  bool grid = false;     // beacon_grid() instead of the sixteen
};

// The false-positive rates that quality is stated at.
inline constexpr std::array<double, 2> kRates = {0.01, 0.001};

struct OperatingPoint {
  double wanted = 0;           // false-positive rate that the threshold was set for
  double threshold = 0;        // series at or below it are flagged; may be -inf: nothing is
  double false_positives = 0;  // rate on the fresh set
  double seen = 0;             // macro rate of beacons
  std::vector<double> by_beacon;
  std::vector<double> by_class;  // rate flagged of each benign class, fresh set
};

struct RocPoint {
  double false_positives = 0;
  double seen = 0;
};

struct RuleResult {
  std::string key;
  std::string title;
  std::vector<OperatingPoint> points;  // by kRates
  std::vector<RocPoint> roc;           // ascending
};

struct WindowResult {
  int hours = 0;
  std::vector<RuleResult> rules;  // the detector first
  OperatingPoint shipped;         // the detector at SweepSettings::budget
};

// One test of the gaps of exactly so many check-ins, at 1 % of random traffic of as many.
struct EventsToDetect {
  int jitter_percent = 0;
  struct OfRule {
    std::string key;
    std::size_t events = 0;    // the fewest at which 95 % are seen; 0: not within the largest look
    std::vector<double> seen;  // by kLooks
  };
  std::vector<OfRule> rules;
};
inline constexpr std::array<std::size_t, 10> kLooks = {5, 6, 8, 10, 12, 16, 20, 28, 40, 64};
inline constexpr double kDetected = 0.95;

struct SweepResult {
  SweepSettings settings;
  std::string plugin_version;
  std::vector<Beacon> beacons;
  std::vector<std::string> classes;  // of benign traffic; the last is periodic
  std::vector<WindowResult> windows;
  std::vector<EventsToDetect> events;
  std::uint64_t series = 0;      // scored
  std::uint64_t events_fed = 0;  // through the plugin
};

// `progress` hears what is being done and the share of the whole that is done.
using SweepProgress = std::function<void(const std::string&, double)>;

Result<SweepResult> sweep(const Plugin& plugin, const SweepSettings& settings,
                          const SweepProgress& progress);

// The largest threshold at which at most the share `rate` of `scores` is flagged: with ties, fewer.
// -inf when not even one may be.
double threshold_for(std::vector<double> scores, double rate);

// Share of `scores` at or below the threshold.
double share_flagged(const std::vector<double>& scores, double threshold);

// A gate for CI. Empty when it holds; else what does not, one sentence each. Rates as shares.
struct SweepGate {
  double rate = 0.01;                            // one of kRates
  std::vector<std::pair<int, double>> min_seen;  // window in hours (0: every one), macro rate
  double max_false_positives = 1;                // on the fresh set
};
std::vector<std::string> broken(const SweepGate& gate, const SweepResult& result);

nlohmann::ordered_json sweep_json(const SweepResult& result);

}  // namespace c2watch::harness
