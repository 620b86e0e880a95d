#include "bench/sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/detector_score.h"
#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using Scores = std::vector<double>;

constexpr const char* kDetectorKey = "interval_beacon";
constexpr std::array<int, 5> kEventJitters = {37, 50, 75, 90, 99};

double mean_of(const Scores& rates) {
  if (rates.empty()) return 0;
  return std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
}

// Scores of one set of series: [rule][group][series].
using ScoreTable = std::vector<std::vector<Scores>>;

class Sweep {
 public:
  Sweep(const Plugin& plugin, const SweepSettings& settings, const SweepProgress& progress)
      : plugin_(plugin),
        settings_(settings),
        progress_(progress),
        benign_(benign_classes()),
        detector_(plugin) {
    result_.settings = settings;
    result_.plugin_version = plugin.version();
    result_.beacons = settings.grid ? beacon_grid() : standard_beacons();
    for (const BenignProfile& b : benign_) result_.classes.push_back(b.name);
    for (const int hours : settings.window_hours) all_work_ += window_work(hours);
    all_work_ += events_work();
  }

  Result<SweepResult> run() {
    for (const int hours : settings_.window_hours)
      if (auto failed = measure_window(hours)) return *failed;
    if (auto failed = measure_events()) return *failed;
    result_.events_fed += detector_.events();
    return std::move(result_);
  }

 private:
  using Failure = std::optional<Error>;

  // Work is counted in series, weighted by how long their windows are.
  double window_work(int hours) const {
    const auto series =
        static_cast<double>(2 * settings_.benign + result_.beacons.size() * settings_.series);
    return series * (1 + hours);
  }
  double events_work() const {
    return static_cast<double>(kLooks.size() *
                               (events_benign() + kEventJitters.size() * events_series()));
  }
  void worked(const std::string& what, double work) {
    done_ += work;
    if (progress_ && result_.series++ % 256 == 0) progress_(what, done_ / all_work_);
  }

  std::size_t rules() const { return 1 + published_rules().size(); }
  // The benign set by classes: equal parts of the seven that are pooled, and as many agents.
  std::size_t series_per_class() const { return std::max<std::size_t>(1, settings_.benign / 7); }
  // 95 % is good to 0.7 points, and 1 % of random traffic to 0.14: the looks stand close together.
  std::size_t events_series() const { return std::min<std::size_t>(1'000, 20 * settings_.series); }
  std::size_t events_benign() const { return std::min<std::size_t>(settings_.benign, 5'000); }

  Failure score_into(ScoreTable& table, std::size_t group, DetectorScore& detector,
                     const Series& for_detector, const Series& for_rules) {
    const Result<double> ours = detector.score(for_detector);
    if (!ours) return Error{ours.error()};
    table[0][group].push_back(*ours);
    for (std::size_t r = 1; r < rules(); ++r)
      table[r][group].push_back(published_rules()[r - 1].score(for_rules));
    return std::nullopt;
  }

  ScoreTable empty_table(std::size_t groups) const {
    return ScoreTable(rules(), std::vector<Scores>(groups));
  }

  Failure score_benign(int hours, const char* set, ScoreTable& table) {
    const std::string what = std::to_string(hours) + " h, benign traffic, " + set;
    for (std::size_t c = 0; c < benign_.size(); ++c)
      for (std::size_t i = 0; i < series_per_class(); ++i) {
        Random random(seed_of(settings_.seed, what + benign_[c].name, i));
        const Series series = benign_[c].times(random, hours * 3600.0);
        if (auto failed = score_into(table, c, detector_, series, series)) return failed;
        worked(what, 1 + hours);
      }
    return std::nullopt;
  }

  Failure score_beacons(int hours, ScoreTable& table) {
    const std::string what = std::to_string(hours) + " h, beacons";
    for (std::size_t b = 0; b < result_.beacons.size(); ++b)
      for (std::size_t i = 0; i < settings_.series; ++i) {
        Random random(seed_of(settings_.seed, what + result_.beacons[b].name, i));
        const Series series = result_.beacons[b].times(random, hours * 3600.0);
        if (auto failed = score_into(table, b, detector_, series, series)) return failed;
        worked(what, 1 + hours);
      }
    return std::nullopt;
  }

  // All that is not periodic, in one.
  Scores pooled(const std::vector<Scores>& by_class) const {
    Scores all;
    for (std::size_t c = 0; c < benign_.size(); ++c)
      if (!benign_[c].periodic) all.insert(all.end(), by_class[c].begin(), by_class[c].end());
    return all;
  }

  static Scores shares(const std::vector<Scores>& groups, double threshold) {
    Scores rates;
    for (const Scores& g : groups) rates.push_back(share_flagged(g, threshold));
    return rates;
  }

  OperatingPoint point_at(double wanted, double threshold, const std::vector<Scores>& fresh,
                          const std::vector<Scores>& beacons) const {
    OperatingPoint p;
    p.wanted = wanted;
    p.threshold = threshold;
    p.false_positives = share_flagged(pooled(fresh), threshold);
    p.by_beacon = shares(beacons, threshold);
    p.seen = mean_of(p.by_beacon);
    p.by_class = shares(fresh, threshold);
    return p;
  }

  // Ten points a decade of wanted rates, as they come out on the fresh set.
  std::vector<RocPoint> roc(const Scores& calibration, const std::vector<Scores>& fresh,
                            const std::vector<Scores>& beacons) const {
    const Scores all_fresh = pooled(fresh);
    std::vector<RocPoint> points = {{0, 0}};
    const double least = 1.0 / static_cast<double>(std::max<std::size_t>(1, calibration.size()));
    for (double rate = least; rate < 1.2; rate *= std::pow(10, 0.1)) {
      const double threshold = threshold_for(calibration, std::min(1.0, rate));
      const RocPoint p = {share_flagged(all_fresh, threshold), mean_of(shares(beacons, threshold))};
      const RocPoint& last = points.back();
      if (p.false_positives != last.false_positives || p.seen != last.seen) points.push_back(p);
    }
    return points;
  }

  Failure measure_window(int hours) {
    ScoreTable calibration = empty_table(benign_.size());
    ScoreTable fresh = empty_table(benign_.size());
    ScoreTable beacons = empty_table(result_.beacons.size());
    if (auto failed = score_benign(hours, "calibration", calibration)) return failed;
    if (auto failed = score_benign(hours, "fresh", fresh)) return failed;
    if (auto failed = score_beacons(hours, beacons)) return failed;

    WindowResult window;
    window.hours = hours;
    for (std::size_t r = 0; r < rules(); ++r) {
      RuleResult rule;
      rule.key = key(r);
      rule.title = r == 0 ? kDetectorKey : std::string(published_rules()[r - 1].title);
      const Scores pool = pooled(calibration[r]);
      for (const double rate : kRates)
        rule.points.push_back(point_at(rate, threshold_for(pool, rate), fresh[r], beacons[r]));
      rule.roc = roc(pool, fresh[r], beacons[r]);
      window.rules.push_back(std::move(rule));
    }
    window.shipped = point_at(settings_.budget, settings_.budget, fresh[0], beacons[0]);
    result_.windows.push_back(std::move(window));
    return std::nullopt;
  }

  static std::string key(std::size_t rule) {
    return rule == 0 ? kDetectorKey : std::string(published_rules()[rule - 1].key);
  }

  // The detector spends its budget by the pace of a key, and a whole per cent in one test is within
  // what the setting allows only for slow keys: it gets the series at an hour's sleep, the others
  // at a minute's. The test itself does not depend on the pace.
  static Series at_a_minute(Series slow) {
    for (std::int64_t& t : slow.times_ms) t /= 60;
    slow.window_s /= 60;
    return slow;
  }

  Failure measure_events() {
    for (const int jitter : kEventJitters) {
      EventsToDetect row;
      row.jitter_percent = jitter;
      for (std::size_t r = 0; r < rules(); ++r) row.rules.push_back({key(r), 0, {}});
      result_.events.push_back(std::move(row));
    }
    for (const std::size_t look : kLooks)
      if (auto failed = measure_look(look)) return failed;
    return std::nullopt;
  }

  Failure measure_look(std::size_t look) {
    constexpr double kSleep_s = 3600;
    const std::string what = "after " + std::to_string(look) + " check-ins";
    DetectorScore detector(plugin_, {.only_look_at = look});
    ScoreTable table = empty_table(1 + kEventJitters.size());
    for (std::size_t i = 0; i < events_benign(); ++i) {
      Random random(seed_of(settings_.seed, what, i));
      const Series series = random_series(random, kSleep_s, look);
      if (auto failed = score_into(table, 0, detector, series, at_a_minute(series))) return failed;
      worked(what, 1);
    }
    for (std::size_t j = 0; j < kEventJitters.size(); ++j)
      for (std::size_t i = 0; i < events_series(); ++i) {
        Random random(seed_of(settings_.seed, what + std::to_string(kEventJitters[j]), i));
        const Beacon beacon = {
            .name = {}, .interval_s = kSleep_s, .jitter = kEventJitters[j] / 100.0};
        const Series series = beacon_series(random, beacon, look);
        if (auto failed = score_into(table, 1 + j, detector, series, at_a_minute(series)))
          return failed;
        worked(what, 1);
      }
    result_.events_fed += detector.events();
    for (std::size_t r = 0; r < rules(); ++r) {
      const double threshold = threshold_for(table[r][0], kRates[0]);
      for (std::size_t j = 0; j < kEventJitters.size(); ++j) {
        EventsToDetect::OfRule& of = result_.events[j].rules[r];
        of.seen.push_back(share_flagged(table[r][1 + j], threshold));
        if (of.events == 0 && of.seen.back() >= kDetected) of.events = look;
      }
    }
    return std::nullopt;
  }

  const Plugin& plugin_;
  SweepSettings settings_;
  SweepProgress progress_;
  std::vector<BenignProfile> benign_;
  DetectorScore detector_;
  SweepResult result_;
  double all_work_ = 0;
  double done_ = 0;
};

std::string percent(double share) { return fixed(100 * share, 2) + " %"; }

// JSON has no infinity.
nlohmann::ordered_json number_or_null(double x) {
  return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json point_json(const OperatingPoint& p, const SweepResult& result) {
  nlohmann::ordered_json beacons;
  for (std::size_t b = 0; b < result.beacons.size(); ++b)
    beacons[result.beacons[b].name] = p.by_beacon[b];
  nlohmann::ordered_json classes;
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    classes[result.classes[c]] = p.by_class[c];
  return {{"wanted_fpr", p.wanted},
          {"threshold", number_or_null(p.threshold)},
          {"fresh_fpr", p.false_positives},
          {"macro_tpr", p.seen},
          {"tpr_by_beacon", std::move(beacons)},
          {"flagged_by_class", std::move(classes)}};
}

nlohmann::ordered_json window_json(const WindowResult& w, const SweepResult& result) {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const RuleResult& rule : w.rules) {
    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    for (const OperatingPoint& p : rule.points) points.push_back(point_json(p, result));
    nlohmann::ordered_json roc = nlohmann::ordered_json::array();
    for (const RocPoint& p : rule.roc)
      roc.push_back(nlohmann::ordered_json::array({p.false_positives, p.seen}));
    rules.push_back({{"rule", rule.key}, {"points", std::move(points)}, {"roc", std::move(roc)}});
  }
  return {{"hours", w.hours},
          {"rules", std::move(rules)},
          {"at_fp_budget", point_json(w.shipped, result)}};
}

}  // namespace

double threshold_for(std::vector<double> scores, double rate) {
  const auto allowed = static_cast<std::size_t>(
      std::floor(rate * static_cast<double>(scores.size()) + 1e-9));  // 0.1 * 30 is 3, not 2.99..
  std::sort(scores.begin(), scores.end());
  if (allowed >= scores.size()) return std::numeric_limits<double>::max();
  // Below the first that must not be flagged; equal ones go with it.
  const auto limit = std::lower_bound(scores.begin(), scores.end(), scores[allowed]);
  if (limit == scores.begin()) return -std::numeric_limits<double>::infinity();
  return *std::prev(limit);
}

double share_flagged(const std::vector<double>& scores, double threshold) {
  if (scores.empty()) return 0;
  const auto flagged =
      std::count_if(scores.begin(), scores.end(), [threshold](double s) { return s <= threshold; });
  return static_cast<double>(flagged) / static_cast<double>(scores.size());
}

Result<SweepResult> sweep(const Plugin& plugin, const SweepSettings& settings,
                          const SweepProgress& progress) {
  return Sweep(plugin, settings, progress).run();
}

std::vector<std::string> broken(const SweepGate& gate, const SweepResult& result) {
  std::vector<std::string> failures;
  for (const WindowResult& w : result.windows) {
    const auto& points = w.rules.front().points;
    const auto at = std::find_if(points.begin(), points.end(), [&gate](const OperatingPoint& p) {
      return p.wanted == gate.rate;
    });
    if (at == points.end()) continue;
    const std::string where = std::to_string(w.hours) + " h: ";
    for (const auto& [hours, least] : gate.min_seen)
      if ((hours == 0 || hours == w.hours) && at->seen < least)
        failures.push_back(where + percent(at->seen) + " of beacons seen, at least " +
                           percent(least) + " wanted");
    if (at->false_positives > gate.max_false_positives)
      failures.push_back(where + percent(at->false_positives) +
                         " of fresh benign series flagged, at most " +
                         percent(gate.max_false_positives) + " wanted");
  }
  return failures;
}

nlohmann::ordered_json sweep_json(const SweepResult& result) {
  nlohmann::ordered_json beacons = nlohmann::ordered_json::array();
  for (const Beacon& b : result.beacons)
    beacons.push_back({{"name", b.name},
                       {"interval_s", b.interval_s},
                       {"jitter_distribution",
                        kJitterDistributionNames[static_cast<std::size_t>(b.jitter_distribution)]},
                       {"jitter", b.jitter},
                       {"lost", b.lost},
                       {"off", b.off},
                       {"mixed_with", kBackgroundTrafficNames[static_cast<std::size_t>(b.mixed)]}});
  nlohmann::ordered_json windows = nlohmann::ordered_json::array();
  for (const WindowResult& w : result.windows) windows.push_back(window_json(w, result));
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  for (const EventsToDetect& e : result.events) {
    nlohmann::ordered_json rules;
    for (const auto& r : e.rules)
      rules[r.key] = {{"events", r.events == 0 ? nlohmann::ordered_json(nullptr)
                                               : nlohmann::ordered_json(r.events)},
                      {"seen", r.seen}};
    events.push_back({{"jitter_percent", e.jitter_percent}, {"rules", std::move(rules)}});
  }
  return {{"plugin_version", result.plugin_version},
          {"seed", result.settings.seed},
          {"series_per_beacon", result.settings.series},
          {"benign_series_per_set", result.settings.benign},
          {"thresholds", "set on one set of benign series, rates measured on a fresh one"},
          {"fp_budget", result.settings.budget},
          {"events_fed", result.events_fed},
          {"beacons", std::move(beacons)},
          {"windows", std::move(windows)},
          {"looks", kLooks},
          {"events_to_detect", std::move(events)}};
}

}  // namespace c2watch::harness
