// `c2watch verify` as a program: its exit code and its report.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "unit/harness/program.h"

namespace c2watch::harness {

struct Verified {
  int code;
  nlohmann::json report;
};

inline Verified verify(std::vector<std::string> arguments) {
  const Scratch s;
  arguments.insert(arguments.begin(), "verify");
  arguments.insert(arguments.end(), {"--format", "json", "--output", s.path("report")});
  const ProgramResult r = run_c2watch(arguments);
  EXPECT_EQ(r.err, "");
  return {r.code, nlohmann::json::parse(slurp(s.path("report")))};
}

}  // namespace c2watch::harness
