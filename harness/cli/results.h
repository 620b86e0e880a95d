// Checks: a verdict report as a flat list of what was asked and what came out.
//
//   for (const Check& c : checks_of(report))
//     if (c.result == Check::telemetry_gap) ...
//
// Forms that know cases and results (JUnit, SARIF, lists of gaps) are written from it. All text is
// printable() already; each form still escapes what is special to it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::harness {

struct Check {
  enum Kind { signal, finding, silence, uncalled, journey, benchmark };
  enum ResultKind { held, telemetry_gap, detection_gap, transport_gap, not_judged, absent_option };

  Kind kind = signal;
  ResultKind result = held;
  int test = 0;  // 0: of none
  std::string test_name;
  std::string test_title;
  std::string file;  // the expectation's
  std::string world;
  std::string world_title;
  std::string profile;  // "" for a signal
  std::string id;       // the signal's id or the detector's name
  std::string title;
  std::string text;  // what was found, and what is wrong with it
};

std::vector<Check> checks_of(const nlohmann::ordered_json& report);

// Whether the report does not hold because of it.
bool is_gap(Check::ResultKind result);

// "telemetry gap", "detection gap", "not judged", ...
std::string_view result_name(Check::ResultKind result);

// The profiles that the report speaks of, in its order.
std::vector<std::string> profiles_of(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
