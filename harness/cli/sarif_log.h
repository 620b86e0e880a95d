// The verdict report as SARIF 2.1.0, for code scanning: every gap points to the expectation that
// did not hold.
//
// Only what is to be looked at is in it: gaps as failures, and what is inconclusive as open.
// Described by share/schemas/sarif.schema.json, the part of SARIF that is used.
#pragma once

#include <nlohmann/json.hpp>

namespace c2watch::harness {

nlohmann::ordered_json sarif_log(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
