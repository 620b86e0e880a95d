// The document c2watch.report/2: what `verify` found. Every format of the report is made from it, and
// described by share/schemas/report.schema.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/verify/verdict.h"

namespace c2watch::harness {

struct ReportContext {
  std::string plugin_version = {};
  std::string input_format = {};  // "recorded" of telemetry that was brought
  std::uint64_t seed = 0;
  std::string collector = {};  // that carried the telemetry, with its version; "": none
  std::vector<std::string> inputs = {};
  std::uint64_t non_records = 0;
  struct InputError {
    std::string source;
    std::string reason;
  };
  std::vector<InputError> errors = {};
  nlohmann::ordered_json throughput = nlohmann::ordered_json::array();
  std::string oracle_mismatch = {};  // of the benchmark: its answer was wrong
};

nlohmann::ordered_json report_json(const ReportContext& context, const VerifyResult& result);

}  // namespace c2watch::harness
