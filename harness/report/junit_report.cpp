#include "harness/report/junit_report.h"

#include <algorithm>

#include "harness/report/checks.h"
#include "harness/report/text.h"

namespace c2watch::harness {
namespace {

using std::string;

string attribute(const char* name, const string& value) {
  return string(" ") + name + "=\"" + markup_escaped(value) + "\"";
}

bool failed(const Check& c) {
  return c.result == Check::telemetry_gap || c.result == Check::detection_gap;
}
bool skipped(const Check& c) {
  return c.result == Check::not_judged || c.result == Check::absent_option;
}

string counts(const std::vector<Check>& checks) {
  const auto count = [&](bool (*which)(const Check&)) {
    return std::to_string(std::count_if(checks.begin(), checks.end(), which));
  };
  return attribute("tests", std::to_string(checks.size())) + attribute("failures", count(failed)) +
         attribute("errors", "0") + attribute("skipped", count(skipped));
}

string test_case(const Check& c) {
  const string of = c.kind == Check::signal ? "telemetry" : "detection";
  string name = c.profile.empty() ? "" : c.profile + ": ";
  string xml = "    <testcase" +
               attribute("classname", "c2watch." + c.test_name + "." + c.world + "." + of) +
               attribute("name", name + c.title);
  if (failed(c)) {
    const string type = c.result == Check::telemetry_gap ? "telemetry-gap" : "detection-gap";
    const string message = string(result_name(c.result)) + ": " + c.text;
    return xml + ">\n      <failure" + attribute("type", type) + attribute("message", message) +
           ">" + markup_escaped(c.title + ": " + c.text) + "</failure>\n    </testcase>\n";
  }
  if (skipped(c))
    return xml + ">\n      <skipped" +
           attribute("message", string(result_name(c.result)) + ": " + c.text) +
           "/>\n    </testcase>\n";
  return xml + ">\n      <system-out>" + markup_escaped(c.text) +
         "</system-out>\n    </testcase>\n";
}

}  // namespace

string junit_report(const nlohmann::ordered_json& report) {
  const std::vector<Check> checks = checks_of(report);
  string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
               attribute("name", "c2watch " + report.at("command").get<string>()) + counts(checks) +
               ">\n";
  for (auto first = checks.begin(); first != checks.end();) {
    const auto last = std::find_if(first, checks.end(), [&](const Check& c) {
      return c.test_name != first->test_name || c.world != first->world;
    });
    const std::vector<Check> suite(first, last);
    string name = first->test_title;
    if (first->test > 0)
      name = "test " + std::to_string(first->test) + ": " + name + " (" + first->world_title + ")";
    xml += "  <testsuite" + attribute("name", name) + counts(suite) + ">\n";
    for (const Check& c : suite) xml += test_case(c);
    xml += "  </testsuite>\n";
    first = last;
  }
  return xml + "</testsuites>\n";
}

}  // namespace c2watch::harness
