#include "harness/base/junit.h"

#include <algorithm>

#include "harness/base/html.h"
#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;

string counts(const std::vector<JunitCase>& cases) {
  const auto count = [&cases](JunitCase::Result result) {
    return std::to_string(std::count_if(
        cases.begin(), cases.end(), [result](const JunitCase& c) { return c.result == result; }));
  };
  return html_attribute("tests", std::to_string(cases.size())) +
         html_attribute("failures", count(JunitCase::failed)) + html_attribute("errors", "0") +
         html_attribute("skipped", count(JunitCase::skipped));
}

string test_case(const JunitCase& c) {
  const string xml = "    <testcase" + html_attribute("classname", c.classname) +
                     html_attribute("name", c.name) + ">\n";
  const string end = "\n    </testcase>\n";
  switch (c.result) {
    case JunitCase::failed:
      return xml + "      <failure" + html_attribute("type", c.type) +
             html_attribute("message", c.message) + ">" + markup_escaped(c.text) + "</failure>" +
             end;
    case JunitCase::skipped:
      return xml + "      <skipped" + html_attribute("message", c.message) + "/>" + end;
    case JunitCase::passed:
      break;
  }
  return xml + "      <system-out>" + markup_escaped(c.text) + "</system-out>" + end;
}

}  // namespace

string junit_xml(const string& name, const std::vector<JunitCase>& cases) {
  string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
               html_attribute("name", name) + counts(cases) + ">\n";
  std::vector<string> suites;
  for (const JunitCase& c : cases)
    if (std::find(suites.begin(), suites.end(), c.suite) == suites.end()) suites.push_back(c.suite);
  for (const string& suite : suites) {
    std::vector<JunitCase> of_suite;
    std::copy_if(cases.begin(), cases.end(), std::back_inserter(of_suite),
                 [&suite](const JunitCase& c) { return c.suite == suite; });
    xml += "  <testsuite" + html_attribute("name", suite) + counts(of_suite) + ">\n";
    for (const JunitCase& c : of_suite) xml += test_case(c);
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace c2watch::harness
