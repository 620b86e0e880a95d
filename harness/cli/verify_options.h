// Judging: what `verify` and `run` share: which tests, from where, through which plugin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/io/source.h"
#include "harness/verify/collector_run.h"
#include "harness/verify/coverage.h"

namespace c2watch::harness {

struct JudgingOptions {
  std::string plugin;
  std::string simulator;
  std::string expectations;  // a folder
  std::string shape = "xml";
  std::uint64_t seed = 1;
  std::vector<std::string> tests;              // numbers or names; empty: all
  std::vector<std::string> profiles;           // empty: all
  std::vector<std::string> simulator_options;  // added to every simulation

  // Judge this instead of simulating: needs one test and a world.
  std::string telemetry;
  std::string truth;
  std::string world;

  void add_to(boost::program_options::options_description& options);
  std::optional<std::string> mistake() const;  // what is wrong with the values
};

Result<Plugin> load_plugin(const JudgingOptions& options);

// The tests asked for, in the files' order; all when none is.
Result<std::vector<Expectation>> chosen_tests(const JudgingOptions& options);
// Hands on the records of a source and nothing else.
class ReplayTo final : public SourceSink {
 public:
  explicit ReplayTo(const RecordTaker& take) : take_(take) {}
  void begin_member(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override { take_(bytes); }
  void junk(Junk, std::string_view, std::uint64_t) override {}
  void trouble(std::string_view) override {}

 private:
  const RecordTaker& take_;
};

// With a carrier what is judged comes out of that collector, one journey a world and profile.
Result<std::vector<JudgedTest>> judge_tests(const JudgingOptions& options, const Plugin& plugin,
                                            const Carrier* carrier = nullptr);

}  // namespace c2watch::harness
