// DetectorScore: at which false-positive budget would interval_beacon have fired on a series?
//
//   DetectorScore detector(plugin, {});
//   Result<double> budget = detector.score(series);   // 0.004: at 0.4 % a day, or more
//
// Asked through the C API, as a collector would: engines are opened with detectors.interval_beacon
// alone and a budget each, and a series is fed to one, event by event, until it raises a finding.
// The finding says how little budget it would have needed (p * fp_budget / p_allowed), and the same
// series goes to the engine whose budget is next below that, from its beginning, until an engine
// stays silent. The answer is therefore what the detector does, not what we think it does.
//
// PRECISION the true budget is at most kStep below the answer: engines stand that close together.
// RANGE     0.000001 .. 0.5, what the setting allows. Below, 0.000001; above, kNoScore.
// COST      about 1.5 times the series through an engine.
// MEMORY    at most 270 engines of 64 keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/published_rules.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

struct DetectorScoreSettings {
  // Without these, as shipped: one look after exactly so many check-ins, however slow the key. For
  // tables of events to detect.
  std::optional<std::size_t> only_look_at;
};

class DetectorScore {
 public:
  static constexpr double kStep = 1.05;
  static constexpr double kLeast = 1e-6;
  static constexpr double kMost = 0.5;

  explicit DetectorScore(const Plugin& plugin, DetectorScoreSettings settings = {})
      : plugin_(plugin), settings_(settings) {}

  Result<double> score(const Series& series);

  std::uint64_t events() const { return events_; }  // fed so far, repetitions included

 private:
  Result<Engine*> engine(int rung);
  // The budget that the first finding needed; kNoScore without one.
  Result<double> first_finding(Engine& engine, const Series& series);

  const Plugin& plugin_;
  DetectorScoreSettings settings_;
  std::map<int, Engine> engines_;  // by steps below kMost
  std::uint64_t fed_ = 0;          // every series is another host's
  std::uint64_t events_ = 0;
};

}  // namespace c2watch::harness
