// `verify --telemetry`: telemetry of tests that were carried out, or are being carried out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/report_options.h"
#include "harness/cli/verify_options.h"

namespace c2watch::harness {

struct RecordedOptions {
  std::vector<std::string> telemetry;  // files, folders, "-"
  std::string window;                  // "FROM..TO"; either side may be left out
  std::string duration;                // "90s"
  bool watch = false;

  std::optional<std::string> validate() const;  // what is wrong with the values
};

// Writes the reports and returns the exit code.
// With a collector, what is verified comes out of it.
int run_recorded(const VerifyOptions& verify, const RecordedOptions& options,
                 const Collector* collector, ReportOptions reports);

}  // namespace c2watch::harness
