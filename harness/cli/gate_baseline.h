// Baseline: what an earlier run measured, and what has become better or worse since.
//
//   Result<Baseline> then = Baseline::parse(text, "baseline.json", schema);
//   for (const Change& c : compare(*then, result, gate)) ...
//
// A measure is compared only with one that was taken in the same way: other corpora and seeds are no
// progress. What was skipped in either run is not compared.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/gate.h"

namespace c2watch::harness {

struct Baseline {
  struct Measure {
    double value = 0;
    std::string how;
  };
  std::string plugin_version;
  std::map<std::string, Measure> measures;  // by the check's id

  // Valid by share/schemas/gate-baseline.schema.json, or an error with file and place.
  static Result<Baseline> parse(std::string_view text, std::string_view name,
                                const nlohmann::json& schema);
};

// Everything that was measured, as a file for Baseline::parse().
nlohmann::ordered_json baseline_json(const GateResult& result, const std::string& plugin_version);

// `changed_how`: measured, but in another way than before.
enum class ChangeKind { better, worse, same, added, removed, not_comparable };
std::string_view change_kind_name(ChangeKind trend);

struct Change {
  std::string id;
  std::string section;
  std::string title;
  Unit unit = Unit::count;
  ChangeKind trend = ChangeKind::same;
  std::optional<double> was;
  std::optional<double> is;
};

// In the order of the checks, then those that are gone. Of the sections that were run.
std::vector<Change> compare(const Baseline& then, const GateResult& now, const GateFile& gate);

}  // namespace c2watch::harness
