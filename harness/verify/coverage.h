// Coverage: the judgement of the tests, for people and for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/verify/simulated_run.h"

namespace c2watch::harness {

struct JudgedTest {
  Expectation expectation;
  std::vector<Judgement> worlds;
};

bool telemetry_held(const std::vector<JudgedTest>& tests);
bool transport_held(const std::vector<JudgedTest>& tests);

// Failed if any run failed; not judged if none failed and one could not be judged.
Outcome detection_outcome(const std::vector<JudgedTest>& tests);
inline bool detection_held(const std::vector<JudgedTest>& tests) {
  return detection_outcome(tests) == Outcome::held;
}

struct VerdictCounts {
  std::size_t signals = 0;  // that had to be there, or were
  std::size_t gaps = 0;
  std::size_t runs = 0;
  std::size_t held = 0;
  std::size_t not_judged = 0;
  std::size_t journeys = 0;  // through a collector
  std::size_t journeys_held = 0;
};
VerdictCounts verdict_counts(const std::vector<JudgedTest>& tests);

// One row a world: signals found, and each profile's outcome.
void show_coverage(Page& page, const std::vector<JudgedTest>& tests);

// Every signal and every expected finding, with what was found and how soon.
void show_judgements(Page& page, const std::vector<JudgedTest>& tests);

// Every kind of finding once, as a table and, with `details`, in full: of each test and detector
// the first, `lab` before the others.
void show_raised_findings(Page& page, const std::vector<JudgedTest>& tests, bool details);

// The last lines: both verdicts, and of the transport if there was one.
void show_verdicts(Page& page, const std::vector<JudgedTest>& tests);

// In milliseconds since 1970: of the first thousand.
nlohmann::ordered_json times_json(const std::vector<SignalMatch>& matches);

nlohmann::ordered_json coverage_json(const std::vector<JudgedTest>& tests);

}  // namespace c2watch::harness
