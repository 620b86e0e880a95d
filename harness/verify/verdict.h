// Verdicts: what each test was found to be, telemetry and detection kept apart.
//
//   VerifyResult result = verifier.result();
//   result.telemetry();  result.detection();  result.tests[0].variants[0].runs[0].verdict();
//
// When a signal that a finding needs is missing, that finding is inconclusive: a telemetry gap is
// never reported as a detection gap. The document that reports are made from is in report.h.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "harness/verify/expectation.h"
#include "harness/verify/finding.h"
#include "harness/verify/missed_finding.h"
#include "harness/verify/telemetry_stats.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {

enum class Verdict { skipped, pass, inconclusive, fail };
std::string_view to_string(Verdict verdict);
inline Verdict worst(Verdict a, Verdict b) { return a < b ? b : a; }
inline Verdict pass_if(bool passed) { return passed ? Verdict::pass : Verdict::fail; }

// (computer, channel, record id): names an event for good.
using RecordKey = std::tuple<std::string, std::string, std::uint64_t>;

struct SignalMatch {
  std::size_t index = 0;  // of the record in the telemetry
  std::optional<std::int64_t> time_us;
  std::string process_guid;  // plain_guid()
  std::string image;
  std::string distinct;  // value of the signal's distinct field
  RecordKey key;
};

struct Difference {
  std::string field;  // or "count", "spacing", "records", "different FIELD"
  std::string expected;
  std::string seen;
};

struct SignalVerdict {
  enum Presence { missing, partial, present };

  Signal signal;
  Presence presence = missing;
  std::string found;                    // "5 events on WS-1, 30.0 s apart"
  std::vector<Difference> differences;  // of a partial one; of a missing one, the nearest event's
  MissingCause missing_cause;           // of a missing one
  std::vector<SignalMatch> matches;

  bool gap() const { return presence != present && !signal.optional; }
  Verdict verdict() const {
    return presence == present ? Verdict::pass : signal.optional ? Verdict::skipped : Verdict::fail;
  }
  std::string_view cause() const {  // "missing", "partial"; "" of one that is present
    return presence == present ? "" : presence == partial ? "partial" : "missing";
  }
};

struct FindingVerdict {
  FindingExpectation expectation;
  Verdict verdict = Verdict::fail;
  std::string cause;   // "missed", "late", "count" or "telemetry_gap"; "" of one that passed
  std::string found;   // "with event 5 of 43, after 20 s"
  std::string detail;  // what is wrong
  std::vector<std::string> ids;           // of the findings that matched
  std::optional<std::int64_t> raised_us;  // event time of the record that raised the first
  nlohmann::ordered_json nearest;         // of a missed one: see missed_finding.h
};

struct RunVerdict {
  std::string profile;
  std::string reason;  // why nothing is expected, when nothing is
  std::vector<FindingVerdict> findings;
  std::vector<std::string> unexpected;  // detectors that fired and must not
  std::vector<Finding> raised;          // the last update of everything
  bool blind = false;                   // a signal is missing, so that no finding proves nothing

  Verdict verdict() const;
};

// One test in one variant.
struct VariantVerdict {
  Variant variant;  // with the variables' values
  bool inferred = false;
  std::vector<SignalVerdict> signals;
  std::vector<RunVerdict> runs;
  std::vector<Transport> transports;  // one a profile, when a collector carried the telemetry
  std::uint64_t records = 0;
  std::uint64_t unparsed = 0;  // by the harness's own reader

  Verdict telemetry() const;
  Verdict detection() const;
  Verdict transport() const;
  bool absent() const;  // not one signal, not even in part
};

struct TestVerdict {
  int test = 0;
  std::string name;
  std::string title;
  std::string atomic_id;
  std::string file;  // the expectation's
  std::vector<VariantVerdict> variants;
};

struct VerifyResult {
  std::vector<TestVerdict> tests;
  // Of recorded telemetry, in which the rest of the network is too.
  bool recorded = false;
  std::uint64_t records = 0;
  std::uint64_t outside_window = 0;
  std::uint64_t unparsed = 0;
  std::uint64_t truncated = 0;  // candidates and findings beyond the limits, left out
  TelemetryStats telemetry_stats;
  std::map<std::string, std::vector<Finding>> raised;  // by profile, everything at its last
  std::vector<Transport> transports;

  Verdict telemetry() const;
  Verdict detection() const;
  Verdict transport() const;  // skipped without a collector
  bool passed() const {
    return telemetry() <= Verdict::pass && detection() <= Verdict::pass &&
           transport() <= Verdict::pass;
  }
};

// Where the events of a signal took place.
void add_locations(MissedFinding& missed, const std::vector<SignalMatch>& matches);

// The findings that nothing was raised for, though their signals arrived.
std::vector<MissedFinding> missed_findings(std::vector<TestVerdict>& tests);

}  // namespace c2watch::harness
