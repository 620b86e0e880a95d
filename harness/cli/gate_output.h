// The gate's report (gate_json) for CI systems: JUnit XML and Markdown.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace c2watch::harness {

// One suite a section, one case a demand; what is compared with a baseline is one case more.
std::string gate_junit(const nlohmann::ordered_json& report);

// What does not hold first, then every demand, then what became better or worse.
std::string gate_markdown(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
