// JUnit XML, the common subset that Jenkins, GitLab and GitHub read (share/schemas/junit.xsd).
//
//   junit_xml("c2watch gate", cases);
//
// Cases of one suite stand together; suites keep the order of their first case.
#pragma once

#include <string>
#include <vector>

namespace c2watch::harness {

struct JunitCase {
  enum Result { passed, failed, skipped };

  std::string suite;
  std::string classname;  // "c2watch.beacon.server.telemetry"
  std::string name;
  Result result = passed;
  std::string type;     // of a failure: "telemetry-gap"
  std::string message;  // of what did not pass, one line
  std::string text;     // what was found
};

// All text is escaped here.
std::string junit_xml(const std::string& name, const std::vector<JunitCase>& cases);

}  // namespace c2watch::harness
