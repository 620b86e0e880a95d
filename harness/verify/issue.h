// Issue: one thing that is wrong with a stream, how much of it has it, and what fixes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/verify/detector_requirements.h"

namespace c2watch::harness {

// 2 %: below, it is a few odd events, as every real stream has them; above, somebody's configuration.
inline constexpr double kFew = 0.02;
// 90 %: from here on what is left is no telemetry to detect in.
inline constexpr double kMost = 0.9;

// Where an example stands.
struct Place {
  std::string member;  // the file, or the member of an archive
  std::uint64_t offset = 0;
};

struct Affected {
  std::string detector;
  Impact impact = Impact::degraded;
  std::string without;  // what the detector loses
};

struct Issue {
  std::string id = {};  // "field_missing"
  std::uint32_t event_id = 0;
  bool of_event = false;  // otherwise of the stream as a whole, and event_id says nothing
  std::string field = {};
  std::uint64_t count = 0;
  std::uint64_t of = 0;
  std::string topic = {};    // a few words, where there is no field
  std::string what = {};     // one sentence
  std::string example = {};  // a value, printable
  Place place = {};          // where the example stands; no member when there is none
  std::vector<std::string> fix = {};
  std::vector<Affected> affects = {};

  double share() const {
    return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
  }
  Impact impact() const {
    Impact worst = Impact::info;
    for (const Affected& a : affects) worst = a.impact > worst ? a.impact : worst;
    return worst;
  }
};

}  // namespace c2watch::harness
