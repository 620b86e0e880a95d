// The verdict on an exercise, for people and for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/terminal.h"
#include "harness/verify/recorded_run.h"

namespace c2watch::harness {

// What arrived, test by test what was found and what fired, and both verdicts.
void show_exercise(Page& page, const ExerciseVerdict& verdict);

// One line a signal and a finding, as short as can be, and no more of them than a terminal is high:
// for a display that is drawn again and again. What is there already gives way first.
// `height` of it in lines; 0: without end.
void show_exercise_ticks(Page& page, const ExerciseVerdict& verdict, std::size_t height);

nlohmann::ordered_json exercise_json(const ExerciseVerdict& verdict);

}  // namespace c2watch::harness
