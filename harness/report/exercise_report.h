// The verdict on an exercise, for people and for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/judge/exercise.h"
#include "harness/report/terminal.h"

namespace c2watch::harness {

// What arrived, test by test what was found and what fired, and both verdicts.
void show_exercise(Page& page, const ExerciseVerdict& verdict);

// One line a signal and a finding, as short as can be: for a display that is drawn again and again.
void show_exercise_ticks(Page& page, const ExerciseVerdict& verdict);

// "telemetry: 3 of 9 signals present, 1 partial; detection: 2 of 4 findings fired, 1 not judged"
std::string exercise_summary(const ExerciseVerdict& verdict);

nlohmann::ordered_json exercise_json(const ExerciseVerdict& verdict);

}  // namespace c2watch::harness
