// `verify --telemetry`: an exercise that somebody carried out, or is carrying out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/report_options.h"
#include "harness/cli/verify_options.h"

namespace c2watch::harness {

struct ExerciseOptions {
  std::vector<std::string> telemetry;  // files, folders, "-"
  std::string window;                  // "FROM..TO"; either side may be left out
  std::string duration;                // "90s"
  bool watch = false;

  std::optional<std::string> mistake() const;  // what is wrong with the values
};

// Writes the reports and returns the exit code.
// With a carrier what is judged comes out of that collector.
int run_exercise(const JudgingOptions& judging, const ExerciseOptions& options,
                 const Carrier* carrier, ReportOptions reports);

}  // namespace c2watch::harness
