// Exercise: the tests' signals in telemetry that people brought, without knowing how or against
// which server the tests were carried out.
//
//   Result<Exercise> exercise = Exercise::open(tests, plugin, {.profiles = {"default"}});
//   for (record) exercise->record(bytes);
//   ExerciseVerdict v = exercise->verdict();   // also in between, while records go on coming
//
// Hosts and servers differ from exercise to exercise. Where an expectation has a variable, its value
// is learned: what the events that are otherwise like the signal say most. The world is the one
// that explains the telemetry best. Unlike in judgement.h, more events than expected are no gap, and
// nor are findings that nobody expected: the rest of the network is in the telemetry as well.
//
// PARTIAL   an event is like a signal when what holds of it weighs at least half of what is asked
//           (Predicate::weight()). What does not hold is listed, expected against seen.
// PROCESSES a signal of several events must come from one process; the best one counts.
// MEMORY    at most kMaxCandidates events a signal and kMaxEmissions updates of findings a profile;
//           what came later is counted and left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/plugin.h"
#include "harness/verify/expectation.h"
#include "harness/verify/finding.h"
#include "harness/verify/simulated_run.h"
#include "harness/verify/telemetry_stats.h"

namespace c2watch::harness {

struct ExerciseSettings {
  std::vector<std::string> profiles;  // empty: all that the expectations name
  // [from, to); records outside, or without a time when there is a window, are passed over.
  std::optional<std::int64_t> from_us;
  std::optional<std::int64_t> to_us;
};

enum class SignalState { missing, partial, present };
std::string_view state_name(SignalState state);

struct Difference {
  std::string field;  // or "count", "spacing", "distinct"
  std::string expected;
  std::string seen;
};

struct ExerciseSignal {
  Signal signal;
  SignalState state = SignalState::missing;
  std::string found;                // "5 events on WS-1, 30.0 s apart"
  std::vector<Difference> differs;  // of a partial one; of a missing one, the nearest event's
  Diagnosis diagnosis;              // of a missing one
  std::vector<SignalMatch> matches;

  bool gap() const { return state != SignalState::present && !signal.optional; }
};

enum class FindingState { fired, late, silent, not_judged };
std::string_view state_name(FindingState state);

struct ExerciseFinding {
  FindingExpectation expectation;
  FindingState state = FindingState::silent;
  std::string found;  // "with event 5 of 43, after 20 s"
  std::string why;
  std::vector<std::string> ids;
  std::optional<std::int64_t> raised_us;  // event time of the record that raised the first
  nlohmann::ordered_json nearest;         // of a silent one: see silence.h
};

struct ExerciseRun {
  std::string profile;
  std::string because;  // why nothing is expected, when nothing is
  std::vector<ExerciseFinding> findings;

  Outcome outcome() const;
};

struct ExerciseTest {
  int test = 0;
  std::string name;
  std::string title;
  std::string atomic_id;
  std::string file;  // the expectation's
  World world;       // variables as learned
  bool learned = false;
  std::vector<ExerciseSignal> signals;
  std::vector<ExerciseRun> runs;

  bool telemetry_held() const;
  bool no_trace() const;  // not one signal, not even in part
  Outcome detection() const;
};

struct ExerciseVerdict {
  std::uint64_t records = 0;         // judged
  std::uint64_t outside_window = 0;  // not judged
  std::uint64_t not_understood = 0;  // by the judge's own reader
  std::uint64_t beyond_limits = 0;   // candidates and findings left out
  Survey survey;
  std::vector<ExerciseTest> tests;
  std::map<std::string, std::vector<FindingView>> raised;  // by profile, everything at its last
  std::vector<Transport> transports;  // one a profile, when a collector carried the telemetry

  bool telemetry_held() const;
  Outcome detection() const;
  bool transport_held() const;
  bool all_found() const {
    return telemetry_held() && detection() == Outcome::held && transport_held();
  }
};

std::vector<Silence> silences_of(ExerciseVerdict& verdict);

class Exercise {
 public:
  static constexpr std::size_t kMaxCandidates = 100'000;
  static constexpr std::size_t kMaxEmissions = 20'000;

  static Result<Exercise> open(std::vector<Expectation> tests, const Plugin& plugin,
                               ExerciseSettings settings);

  struct Taken {
    bool judged = false;  // it lies within the window
    std::optional<std::int64_t> time_us;
  };
  Taken record(std::string_view bytes);
  ExerciseVerdict verdict() const;

  // Whether record() would judge it.
  bool in_window(std::string_view bytes) const;

  std::vector<std::string> profiles() const;
  const std::vector<Emission>& emissions(const std::string& profile) const;
  // Judges what a collector delivered in the place of what the engines here raised.
  void replace_emissions(const std::string& profile, std::vector<Emission> delivered);

  // Exists for verdict(): one event that may be a signal, with the values it was asked for.
  struct Candidate {
    SignalMatch match;
    std::string computer;
    int weight = 0;  // of the predicates that hold, variables taken to hold
    std::map<std::string, std::string> values;
  };
  struct Watched {
    Signal pattern;
    std::vector<Candidate> candidates;
    std::optional<Candidate> nearest;  // the best of those too far off to be candidates
  };

 private:
  struct Profile {
    std::string name;
    Engine engine;
    std::vector<Emission> emissions;
  };
  struct Test {
    Expectation expectation;
    std::vector<Watched> watched;  // one for each signal pattern
  };
  Exercise() = default;

  bool in_window(const std::optional<SeenEvent>& event) const;
  void note_candidate(Watched& watched, const SeenEvent& event, std::size_t index);
  ExerciseTest judge(const Test& test) const;
  void judge_runs(const Test& test, ExerciseTest& out) const;

  ExerciseSettings settings_;
  std::vector<Test> tests_;
  std::vector<Profile> profiles_;
  Survey survey_;
  std::uint64_t records_ = 0;
  std::uint64_t outside_window_ = 0;
  std::uint64_t not_understood_ = 0;
  std::uint64_t beyond_limits_ = 0;
};

}  // namespace c2watch::harness
