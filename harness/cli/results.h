// Results: the document of verify as a flat list of what was checked and what came out.
//
//   for (const Check& c : checks_of(report))
//     if (c.gap() == "telemetry gap") ...
//
// Formats that know cases and results (JUnit, SARIF, lists of gaps) are written from it. All text is
// printable() already; each format still escapes what is special to it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace c2watch::harness {

struct Check {
  enum Kind { signal, finding, no_finding, unexpected, collector_run, benchmark };

  Kind kind = signal;
  std::string verdict;  // pass, fail, inconclusive, skipped
  std::string cause;
  int test = 0;  // 0: of none
  std::string test_name;
  std::string test_title;
  std::string file;  // the expectation's
  std::string variant;
  std::string variant_title;
  std::string profile;  // "" for a signal
  std::string id;       // the signal's id or the detector's name
  std::string title;
  std::string found;
  std::string text;  // what was found, and what is wrong with it

  // "telemetry gap", "detection gap" or "transport gap" of one that failed; else "".
  std::string_view gap() const;
  // The gap, or the verdict.
  std::string outcome() const { return gap().empty() ? verdict : std::string(gap()); }
};

std::vector<Check> checks_of(const nlohmann::ordered_json& report);

// The profiles that the report speaks of, in its order.
std::vector<std::string> profiles_of(const nlohmann::ordered_json& report);

// Of a variant: signals that are there, and those that have to be.
std::pair<std::size_t, std::size_t> signal_counts(const nlohmann::ordered_json& variant);

// What a signal lacks, and what fixes it; "" of one that passed.
std::string signal_detail(const nlohmann::ordered_json& signal);

// The detectors that decided a run's verdict, each once.
std::vector<std::string> deciding_detectors(const nlohmann::ordered_json& run);

// Every kind of finding once: of each test and detector the first, `lab` before the others.
struct RaisedFinding {
  const nlohmann::ordered_json* finding;  // lives as long as the report
  std::string where;                      // "test 1, as written, profile lab"
};
std::vector<RaisedFinding> first_findings(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
