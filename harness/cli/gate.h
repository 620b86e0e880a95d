// The gate: every demand of a gate file, measured.
//
//   Result<GateResult> result = run_gate(gate, tools, only);
//   result->passed();
//
// Each demand becomes one check: a number, and the bound that it must keep. Numbers that are measured
// on the way and have no bound are reported as well, so that a baseline can say what moved.
//
// NOISE     everything but throughput, and the peak under memory, is the same on every machine.
// THREADS   one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/gate_file.h"
#include "harness/io/plugin.h"
#include "harness/verify/verdict.h"

namespace c2watch::harness {

enum class Unit { percent, per_host_day, seconds, events, ratio, bytes, count };
std::string_view unit_name(Unit unit);
Unit unit_of(std::string_view name);              // one that unit_name() gives
std::string value_text(Unit unit, double value);  // "98.8 %", "120 s"

// inconclusive: telemetry was missing. info: a number without a bound.
enum class CheckStatus { pass, fail, inconclusive, skipped, info };
std::string_view status_name(CheckStatus status);

struct GateCheck {
  std::string section;  // one of kGateSections
  std::string id;       // "coverage/beacon/server/default/detection": the same in every run
  std::string title;
  Unit unit = Unit::count;
  bool more_is_better = false;  // and so `limit` is a lower bound
  std::optional<double> measured;
  std::optional<double> limit;
  CheckStatus status = CheckStatus::info;
  std::string detail;  // what the number is made of; of a check that does not hold, what to look at
  std::string how;     // what it was measured on; only the same is compared with a baseline
  std::string place;   // of the demand in its file

  // How far inside its bound the measured value is; negative when outside.
  std::optional<double> margin() const;
  // Sets the status from the two numbers.
  void decide();
};

struct GateResult {
  std::vector<GateCheck> checks;  // by section, in the file's order

  std::size_t count(CheckStatus status) const;
  // Whether nothing failed and nothing is inconclusive.
  bool passed() const;
};

struct GateTools {
  const Plugin& plugin;
  std::string simulator;
  std::string share;  // the folder with the shipped schemas and plans
  // The tests, verified on simulated telemetry as `verify` does it. "" for the shipped expectations.
  std::function<Result<std::vector<TestVerdict>>(const std::string& expectations,
                                                 const GateFile& gate)>
      verify;
  std::function<void(const std::string&)> progress;
};

// Of the sections named, or of all when none is. An error is one in the gate file, or something
// that cannot be read.
Result<GateResult> run_gate(const GateFile& gate, const GateTools& tools,
                            const std::vector<std::string>& only);

// The checks of one part each; nothing when the file has no such section.
using GateChecks = Result<std::vector<GateCheck>>;
GateChecks coverage_checks(const GateFile& gate, const std::vector<TestVerdict>& tests);
GateChecks time_to_detect_checks(const GateFile& gate, const std::vector<TestVerdict>& tests);
GateChecks must_not_fire_checks(const GateFile& gate, const GateTools& tools);
GateChecks mutation_checks(const GateFile& gate, const GateTools& tools);
GateChecks sweep_checks(const GateFile& gate, const GateTools& tools);
class GateBench;
GateChecks throughput_checks(const GateFile& gate, GateBench& bench);
GateChecks memory_checks(const GateFile& gate, GateBench& bench);

}  // namespace c2watch::harness
