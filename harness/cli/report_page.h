// The verdict report as one HTML page: what holds and what does not at a glance, then test by test
// what was expected and seen on a time axis, the rhythm of every beacon, the findings with their
// arithmetic, and the throughput. No script, nothing loaded from anywhere.
//
// Numbers stand in data- attributes too (data-events, data-outcome, ...), under the names of the
// JSON document.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace c2watch::harness {

std::string report_page(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
