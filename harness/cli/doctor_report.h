// The doctor's report: verdicts first, then what arrives, then what is wrong and what fixes it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/verify/diagnosis.h"

namespace c2watch::harness {

struct DoctorContext {
  std::string plugin_version = {};
  std::string config = {};                  // "profile default", or the file
  std::vector<std::string> cut_short = {};  // inputs of which only the first records were read
  std::uint64_t limit = 0;                  // records of each
  std::vector<std::string> errors = {};     // "a.evtx: damaged"
};

std::string doctor_text(const Terminal& terminal, const DoctorContext& head,
                        const Diagnosis& diagnosis);

// Described by share/schemas/doctor.schema.json.
nlohmann::ordered_json doctor_json(const DoctorContext& head, const Diagnosis& diagnosis);

}  // namespace c2watch::harness
