// The doctor's report: verdicts first, then what arrives, then what is wrong and what mends it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/verify/diagnosis.h"

namespace c2watch::harness {

struct CheckupHead {
  std::string plugin_version = {};
  std::string config = {};                  // "profile default", or the file
  std::vector<std::string> cut_short = {};  // inputs of which only the first records were read
  std::uint64_t limit = 0;                  // records of each
  std::vector<std::string> troubles = {};   // "a.evtx: damaged"
};

std::string checkup_text(const Terminal& terminal, const CheckupHead& head, const Checkup& checkup);

// Described by share/schemas/doctor.schema.json.
nlohmann::ordered_json checkup_json(const CheckupHead& head, const Checkup& checkup);

}  // namespace c2watch::harness
