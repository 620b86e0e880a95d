#include "harness/cli/junit_report.h"

#include <algorithm>

#include "harness/base/junit.h"
#include "harness/cli/results.h"

namespace c2watch::harness {
namespace {

using std::string;

string suite_of(const Check& c) {
  if (c.test == 0) return c.test_title;
  return "test " + std::to_string(c.test) + ": " + c.test_title + " (" + c.variant_title + ")";
}

JunitCase case_of(const Check& c) {
  JunitCase out;
  out.suite = suite_of(c);
  out.classname = "c2watch." + c.test_name + "." + c.variant + "." +
                  (c.kind == Check::signal          ? "telemetry"
                   : c.kind == Check::collector_run ? "transport"
                                                    : "detection");
  out.name = (c.profile.empty() ? "" : c.profile + ": ") + c.title;
  out.message = c.outcome() + ": " + c.text;
  out.text = c.text;
  if (!c.gap().empty()) {
    out.result = JunitCase::failed;
    out.type = c.gap();  // "telemetry-gap"
    std::replace(out.type.begin(), out.type.end(), ' ', '-');
    out.text = c.title + ": " + c.text;
  } else if (c.verdict != "pass") {
    out.result = JunitCase::skipped;
  }
  return out;
}

}  // namespace

string junit_report(const nlohmann::ordered_json& report) {
  std::vector<JunitCase> cases;
  for (const Check& c : checks_of(report)) cases.push_back(case_of(c));
  return junit_xml("c2watch " + report.at("command").get<string>(), cases);
}

}  // namespace c2watch::harness
