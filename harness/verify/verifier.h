// Verifier: the tests' signals and findings in telemetry, matched against their expectations.
//
//   Result<Verifier> verifier = Verifier::open(tests, plugin, {.profiles = {"default"}});
//   for (record) verifier->record(bytes);
//   VerifyResult result = verifier->result();   // also in between, while records go on coming
//
// Expectations have variables, such as the server's address. In recorded telemetry hosts and servers
// differ from run to run, so a variable is inferred: the value that the events most like the signals
// have; the variant is the one that explains the telemetry best. The rest of the network is in the
// telemetry as well: further events and findings are no failure. Of simulated telemetry the variant
// and the variables are known (`variant`, and the simulator's ground truth), and nothing else is in
// it: then counts have an upper bound, and a finding that no expectation allows is a failure.
//
// PARTIAL   an event is like a signal when what holds of it weighs at least half of what is asked
//           (Predicate::weight()). What does not hold is listed, expected against seen.
// PROCESSES a signal of several events must come from one process; the best one counts.
// MEMORY    at most kMaxCandidates events a signal and kMaxFindings updates of findings a profile;
//           what came later is counted and left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/parsed_event.h"
#include "harness/io/plugin.h"
#include "harness/verify/expectation.h"
#include "harness/verify/telemetry_stats.h"
#include "harness/verify/timed_finding.h"
#include "harness/verify/verdict.h"

namespace c2watch::harness {

// The simulator's ground truth: which records it wrote for which label.
using GroundTruth = std::map<std::string, std::set<RecordKey>, std::less<>>;
Result<GroundTruth> read_ground_truth(const std::string& path);

struct VerifierSettings {
  std::vector<std::string> profiles;  // empty: all that the expectations name
  // [from, to); records outside, or without a time when there is a window, are passed over.
  std::optional<std::int64_t> from_us = {};
  std::optional<std::int64_t> to_us = {};
  std::string variant = {};  // the only one, and all that the telemetry has; "": to be inferred
};

class Verifier {
 public:
  static constexpr std::size_t kMaxCandidates = 100'000;
  static constexpr std::size_t kMaxFindings = 20'000;

  static Result<Verifier> open(std::vector<Expectation> tests, const Plugin& plugin,
                               VerifierSettings settings);

  struct Accepted {
    bool in_window = false;
    std::optional<std::int64_t> time_us;
  };
  Accepted record(std::string_view bytes);
  VerifyResult result(const GroundTruth* truth = nullptr) const;

  // Whether record() would accept it.
  bool in_window(std::string_view bytes) const;

  std::vector<std::string> profiles() const;
  const std::vector<TimedFinding>& timed_findings(const std::string& profile) const;
  // Evaluates what a collector delivered in the place of what the engines here raised.
  void replace_findings(const std::string& profile, std::vector<TimedFinding> delivered);

  // Exists for result(): one event that may be a signal, with the values it was asked for.
  struct Candidate {
    SignalMatch match;
    std::string computer;
    int weight = 0;  // of the predicates that hold, variables taken to hold
    std::map<std::string, std::string> values;
  };
  struct SignalMatcher {
    Signal pattern;
    std::vector<Candidate> candidates;
    std::optional<Candidate> nearest;  // the best of those too far off to be candidates
  };

 private:
  struct Profile {
    std::string name;
    Engine engine;
    std::vector<TimedFinding> timed_findings;
  };
  struct Test {
    Expectation expectation;
    std::vector<SignalMatcher> matchers;  // one for each signal pattern
  };
  Verifier() = default;

  bool in_window(const std::optional<ParsedEvent>& event) const;
  bool exact() const { return !settings_.variant.empty(); }
  void add_candidate(SignalMatcher& matcher, const ParsedEvent& event, std::size_t index);
  VariantVerdict evaluate(const Test& test, const GroundTruth* truth) const;
  void evaluate_runs(const Test& test, VariantVerdict& out) const;

  VerifierSettings settings_;
  std::vector<Test> tests_;
  std::vector<Profile> profiles_;
  TelemetryStats telemetry_stats_;
  std::uint64_t records_ = 0;
  std::uint64_t outside_window_ = 0;
  std::uint64_t unparsed_ = 0;
  std::uint64_t truncated_ = 0;
};

// Whether a finding is the one that is expected, in all but number and time.
bool satisfies(const FindingExpectation& expected, const Finding& finding);

}  // namespace c2watch::harness
