// Transport: whether a log collector delivered what it was given, and whether the plugin in it raised
// what it raises in process.
//
//   Transport t = compare_transport("lab", in_process, delivered);
//   if (!t.passed()) for (const FindingDifference& d : t.differences) ...
//
// A transport gap is neither a telemetry gap nor a detection gap: the events were there and the
// detection is able; what lies between them is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/verify/timed_finding.h"

namespace c2watch::harness {

enum class DifferenceKind {
  missing,   // raised in process, and not by the collector
  extra,     // the other way round
  last_cut,  // both raised it, and one of them went on to a later update
};
std::string_view to_string(DifferenceKind kind);

struct FindingDifference {
  DifferenceKind kind = DifferenceKind::missing;
  std::string id;
  std::string detector;
  std::string title;
};

struct Transport {
  std::string profile;
  std::string collector;  // "syslog-ng 3.38.1"
  std::size_t records = 0;
  std::size_t records_out = 0;
  std::size_t unexpected = 0;     // lines that came out and were never put in
  std::vector<std::size_t> lost;  // the first few records that did not come out, counted from 1
  std::size_t findings = 0;       // in process, by id
  std::size_t findings_out = 0;   // of the collector
  std::vector<FindingDifference> differences;

  bool passed() const { return records_out == records && unexpected == 0 && differences.empty(); }
  std::string found() const;   // "3 of 3 records came out, ..."
  std::string detail() const;  // what is wrong; "" when nothing is
};

// Fills in the findings. Compared by id, and by the number of the last update.
void compare_findings(Transport& transport, const std::vector<TimedFinding>& in_process,
                      const std::vector<TimedFinding>& delivered);

}  // namespace c2watch::harness
