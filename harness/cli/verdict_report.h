// VerdictReport: the result of `verify` and `run` as one JSON document.
//
// Every other form (JUnit, Markdown, SARIF, the Navigator layer, the page) is made from this
// document and from nothing else, so no two of them can disagree. Described by
// share/schemas/report.schema.json.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/throughput.h"
#include "harness/verify/coverage.h"

namespace c2watch::harness {

struct VerdictReport {
  std::string command;  // "verify", "run"
  std::string plugin_version;
  std::string shape;  // "recorded" for telemetry that was brought
  std::uint64_t seed = 0;
  std::vector<BenchRow> throughput;
  std::string wrong_answer;  // of the benchmark
  std::string through = "";  // the collector that carried the telemetry; "": none
};

nlohmann::ordered_json verdict_json(const VerdictReport& report,
                                    const std::vector<JudgedTest>& tests);

}  // namespace c2watch::harness
