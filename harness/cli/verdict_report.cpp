#include "harness/cli/verdict_report.h"

#include "bench/throughput_report.h"

namespace c2watch::harness {

nlohmann::ordered_json verdict_json(const VerdictReport& report,
                                    const std::vector<JudgedTest>& tests) {
  const VerdictCounts n = verdict_counts(tests);
  nlohmann::ordered_json whole = {
      {"schema", "c2watch.report/1"},
      {"command", report.command},
      {"plugin_version", report.plugin_version},
      {"shape", report.shape},
      {"seed", report.seed},
      {"held", telemetry_held(tests) && detection_held(tests) && transport_held(tests) &&
                   report.wrong_answer.empty()},
      {"telemetry_held", telemetry_held(tests)},
      {"detection", outcome_name(detection_outcome(tests))},
      {"counts",
       {{"signals", n.signals},
        {"signals_missing", n.gaps},
        {"runs", n.runs},
        {"runs_held", n.held},
        {"runs_not_judged", n.not_judged}}},
      {"tests", coverage_json(tests)},
      {"throughput", throughput_json(report.throughput)},
      {"wrong_answer", report.wrong_answer}};
  if (!report.through.empty()) {
    whole["through"] = report.through;
    whole["transport_held"] = transport_held(tests);
  }
  return whole;
}

}  // namespace c2watch::harness
