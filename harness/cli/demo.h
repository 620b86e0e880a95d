// `verify --demo`: everything at once, for somebody who has just built it.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>

#include "harness/cli/report_options.h"
#include "harness/cli/verify_options.h"

namespace c2watch::harness {

struct DemoOptions {
  bool on = false;
  bool brief = false;
  std::uint64_t events = 150'000;

  void add_to(boost::program_options::options_description& options);
};

// Writes the reports and returns the exit code.
int run_demo(VerifyOptions& options, const DemoOptions& demo, const ReportOptions& reports);

}  // namespace c2watch::harness
