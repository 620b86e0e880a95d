// What the ways of `verify` share: which tests, from where, through which plugin.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/io/source.h"
#include "harness/verify/collector_run.h"
#include "harness/verify/report.h"
#include "harness/verify/verifier.h"

namespace c2watch::harness {

struct VerifyOptions {
  CommonOptions common;      // no profile: all
  std::string expectations;  // a folder
  std::string input_format = "xml";
  std::vector<std::string> tests;              // numbers or names; empty: all
  std::vector<std::string> simulator_options;  // added to every simulation

  // Verify this instead of simulating: needs one test and a variant.
  std::string telemetry;
  std::string ground_truth;
  std::string variant;

  void add_to(boost::program_options::options_description& options);
};

// The tests asked for, in the files' order; all when none is.
Result<std::vector<Expectation>> chosen_tests(const VerifyOptions& options);

// To the verifier, and into the spool if the telemetry is needed once more.
class VerifySink final : public SourceSink {
 public:
  // `collected`: a collector takes the spool, so that the verifier sees the lines that it gets.
  VerifySink(Verifier& verifier, RecordSpool* spool, bool collected)
      : verifier_(verifier), spool_(spool), collected_(collected) {}

  void begin_file(std::string_view name) override;
  void record(std::string_view bytes, std::uint64_t offset) override;
  void non_record(NonRecord, std::string_view, std::uint64_t) override { ++non_records; }
  void on_error(std::string_view why) override;

  std::uint64_t records = 0;
  std::uint64_t non_records = 0;
  std::vector<ReportContext::InputError> errors;

 private:
  Verifier& verifier_;
  RecordSpool* spool_;
  bool collected_;
  std::string file_;
};

// Hands each record of the sources to `take`.
void replay(const std::vector<std::string>& sources, const RecordTaker& take);

// Each test in each variant, simulated (or the one in `telemetry`). With a collector, what is
// verified comes out of it: one run a variant and profile.
Result<VerifyResult> verify_tests(const VerifyOptions& options, const Plugin& plugin,
                                  const Collector* collector = nullptr);

}  // namespace c2watch::harness
