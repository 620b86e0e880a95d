// The gate's verdict: on one screen for people, and as one JSON document from which every other form
// is made (share/schemas/gate-report.schema.json).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/cli/gate.h"
#include "harness/cli/gate_baseline.h"

namespace c2watch::harness {

// What became of an earlier run's measures.
struct GateComparison {
  std::string file;
  std::string plugin_version;  // of then
  bool fail_on_worse = false;
  std::vector<Change> changes;

  std::size_t count(ChangeKind trend) const;
};

struct GateFacts {
  std::string gate;  // the file, as the user calls it
  std::string title;
  std::string plugin_version;
  double seconds = 0;  // what it took
  std::optional<GateComparison> baseline;
};

// Whether every check passed, and nothing is worse where that must not be.
bool gate_passed(const GateFacts& facts, const GateResult& result);

nlohmann::ordered_json gate_json(const GateFacts& facts, const GateResult& result);

void show_gate(Page& page, const GateFacts& facts, const GateResult& result);

// "Time to detect"
std::string_view gate_section_title(std::string_view section);

}  // namespace c2watch::harness
