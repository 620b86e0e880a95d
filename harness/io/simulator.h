// Simulator: c2sim as a program of its own, so that harness and telemetry share no code either.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/result.h"

namespace c2watch::harness {

// Where c2sim lies beside this executable.
std::string simulator_beside_executable();

// The first line of the truth file that c2sim writes: hosts, start, end, how many events of each id.
Result<nlohmann::json> truth_header(const std::string& path);

}  // namespace c2watch::harness
