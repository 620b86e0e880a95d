// The verdict report as JUnit XML, for Jenkins, GitLab, GitHub and whatever else reads it.
//
// One suite a test and variant, one case a check. A failure's `type` is telemetry-gap or
// detection-gap; what is inconclusive, and an option that is absent, is skipped.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace c2watch::harness {

std::string junit_report(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
