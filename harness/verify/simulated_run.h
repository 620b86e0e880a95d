// Judgement: one test in one world, telemetry and detection kept apart.
//
//   Judge judge(test, world, engines);
//   for (record) judge.record(bytes);
//   Judgement j = judge.finish(truth);
//   j.telemetry_held();  j.runs[0].held();
//
// Telemetry is judged by the harness's own reader (seen_event.h), detection by what the plugin
// raised. When a signal that a finding needs is missing, that finding is "not judged": a telemetry
// gap is never reported as a detection gap.
//
// MEMORY    the events that match a signal, and the findings.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "harness/io/parsed_event.h"
#include "harness/io/plugin.h"
#include "harness/io/record_stats.h"
#include "harness/verify/expectation.h"
#include "harness/verify/finding.h"
#include "harness/verify/missed_finding.h"
#include "harness/verify/timed_finding.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {

// (computer, channel, record id): names an event for ever.
using RecordKey = std::tuple<std::string, std::string, std::uint64_t>;

// The simulator's ground truth: which records it wrote for which label.
using Truth = std::map<std::string, std::set<RecordKey>, std::less<>>;
Result<Truth> read_truth(const std::string& path);

// Whether a finding is the one that is expected, in all but number and time.
bool satisfies(const FindingExpectation& expected, const FindingView& finding);

struct SignalMatch {
  std::size_t index = 0;  // of the record in the telemetry
  std::optional<std::int64_t> time_us;
  std::string process_guid;  // plain_guid()
  std::string image;
  std::string distinct;  // value of the signal's distinct field
  RecordKey key;
};

// Where the events of a signal took place.
void note_whereabouts(Silence& silence, const std::vector<SignalMatch>& matches);

struct SignalVerdict {
  Signal signal;
  bool held = false;
  std::string found;  // "5 events, 32.0 s apart"
  std::string why;    // what is wrong; "" when held
  std::vector<SignalMatch> matches;

  bool gap() const { return !held && !signal.optional; }
};

enum class Outcome { held, failed, not_judged };
std::string_view outcome_name(Outcome outcome);

struct FindingVerdict {
  FindingExpectation expectation;
  Outcome outcome = Outcome::failed;
  std::string found;  // "with event 5 of 5, after 128 s"
  std::string why;
  std::vector<std::string> ids;           // of the findings that matched
  std::optional<std::int64_t> raised_us;  // event time of the record that raised the first
  nlohmann::ordered_json nearest;         // of one that did not come: see silence.h
};

struct RunVerdict {
  RunExpectation run;
  std::vector<FindingVerdict> findings;
  std::vector<std::string> unexpected;  // detectors that fired uncalled
  std::vector<FindingView> raised;      // the last update of everything

  // Set when a signal of the world is missing: then silence proves nothing.
  bool blind = false;

  Outcome outcome() const;
};

struct Judgement {
  int test = 0;
  World world;
  std::vector<SignalVerdict> signals;
  std::vector<RunVerdict> runs;
  std::vector<Transport> transports;  // one a profile, when a collector carried the telemetry
  std::uint64_t records = 0;
  std::uint64_t not_understood = 0;  // by the judge's own reader

  bool telemetry_held() const;
  bool transport_held() const;
};

// The findings that nothing was raised for, though their signals arrived.
std::vector<Silence> silences_of(Judgement& judgement);

class Judge {
 public:
  // Opens one engine a profile. `only_profiles` empty: all that the expectation names.
  static Result<Judge> open(const Expectation& test, const World& world, const Plugin& plugin,
                            const std::vector<std::string>& only_profiles);

  // Returns the event's time.
  std::optional<std::int64_t> record(std::string_view bytes);

  std::vector<std::string> profiles() const;
  const std::vector<Emission>& emissions(const std::string& profile) const;
  // Judges what a collector delivered in the place of what the engines here raised.
  void replace_emissions(const std::string& profile, const std::vector<Emission>& delivered);
  Judgement finish(const Truth* truth);

 private:
  struct Run {
    RunExpectation expectation;
    Engine engine;
    std::vector<Emission> emissions;
  };
  Judge() = default;

  int test_ = 0;
  World world_;
  std::vector<Signal> signals_;
  std::vector<std::vector<SignalMatch>> matches_;  // one list a signal
  std::vector<Run> runs_;
  std::uint64_t records_ = 0;
  std::uint64_t not_understood_ = 0;
};

}  // namespace c2watch::harness
