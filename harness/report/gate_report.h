// The gate's verdict: on one screen for people, and as one JSON document from which every other form
// is made (fixtures/schemas/gate-report.schema.json).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/gate/gate.h"
#include "harness/report/terminal.h"

namespace c2watch::harness {

struct GateFacts {
  std::string gate;  // the file, as the user calls it
  std::string title;
  std::string plugin_version;
  double seconds = 0;  // what it took
};

nlohmann::ordered_json gate_json(const GateFacts& facts, const GateResult& result);

void show_gate(Page& page, const GateFacts& facts, const GateResult& result);

// "Time to detect"
std::string_view gate_section_title(std::string_view section);

}  // namespace c2watch::harness
