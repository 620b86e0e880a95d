// An exercise in the terms of a verdict report, so that every form which is made of the one is made
// of the other as well.
//
// A world is the way in which the test was carried out, as far as the telemetry tells. A signal that
// is there in part is missing, and says what differs; a finding that came late has failed.
#pragma once

#include <nlohmann/json.hpp>

namespace c2watch::harness {

inline constexpr const char* kExerciseSchema = "c2watch.exercise/1";

// From a c2watch.exercise/1 to a c2watch.report/1 (verdict_report.h), with two members more:
// "about", a sentence on the telemetry, and "raised", all findings by profile.
nlohmann::ordered_json verdict_of_exercise(const nlohmann::ordered_json& exercise);

}  // namespace c2watch::harness
