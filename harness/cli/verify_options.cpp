#include "harness/cli/verify_options.h"

#include <algorithm>

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/io/simulator.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

// Hands on the records of a source and nothing else.
class CallbackSink final : public SourceSink {
 public:
  explicit CallbackSink(const RecordTaker& take) : take_(take) {}
  void begin_file(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override { take_(bytes); }
  void non_record(NonRecord, std::string_view, std::uint64_t) override {}
  void on_error(std::string_view) override {}

 private:
  const RecordTaker& take_;
};

// What verifying one file takes.
struct VerifyContext {
  const VerifyOptions& options;
  const Plugin& plugin;
  const Collector* collector;
};

Result<VariantVerdict> verify_file(const VerifyContext& context, const Expectation& test,
                                   const Variant& variant, const string& telemetry,
                                   const string& truth_file) {
  Result<Verifier> verifier =
      Verifier::open({test}, context.plugin,
                     {.profiles = context.options.common.profiles, .variant = variant.name});
  if (!verifier) return Error{verifier.error()};
  std::optional<RecordSpool> spool;
  if (context.collector != nullptr) {
    Result<RecordSpool> made = RecordSpool::make();
    if (!made) return Error{made.error()};
    spool.emplace(std::move(*made));
  }
  VerifySink sink(*verifier, spool ? &*spool : nullptr, spool.has_value());
  SourceReader reader(sink);
  if (!reader.read(telemetry)) return Error{reader.error()};
  std::vector<Transport> transports;
  if (spool) {
    auto out = run_all(*context.collector, *spool, *verifier);
    if (!out) return Error{out.error()};
    transports = std::move(*out);
  }
  GroundTruth truth;
  if (!truth_file.empty()) {
    Result<GroundTruth> read = read_ground_truth(truth_file);
    if (!read) return Error{read.error()};
    truth = std::move(*read);
  }
  VerifyResult result = verifier->result(truth_file.empty() ? nullptr : &truth);
  explain_missed(context.plugin, missed_findings(result.tests),
                 [&](const RecordTaker& take) { replay({telemetry}, take); });
  VariantVerdict out = std::move(result.tests.front().variants.front());
  out.transports = std::move(transports);
  return out;
}

Result<VariantVerdict> verify_simulation(const VerifyContext& context, const Expectation& test,
                                         const Variant& variant) {
  const VerifyOptions& options = context.options;
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  const string events = folder->file("events");
  const string truth = folder->file("truth.jsonl");
  std::vector<string> arguments = variant.simulate;
  arguments.insert(arguments.end(), {"--seed", std::to_string(options.common.seed), "--shape",
                                     options.input_format, "--out", events, "--truth", truth});
  arguments.insert(arguments.end(), options.simulator_options.begin(),
                   options.simulator_options.end());
  if (auto failed = run_program(options.common.simulator_program(), arguments))
    return Error{*failed};
  return verify_file(context, test, variant, events, truth);
}

}  // namespace

void VerifyOptions::add_to(po::options_description& options) {
  options.add_options()  //
      ("test", po::value(&tests)->value_name("N|NAME"),
       "only this test, or these: 1,3; may be repeated")                       //
      ("tests", po::value(&tests)->value_name("N,..."), "the same as --test")  //
      ("input-format", po::value(&input_format)->value_name("NAME")->default_value(input_format),
       "input format to simulate; c2sim list shows them")  //
      ("expectations", po::value(&expectations)->value_name("FOLDER"),
       "expectation files (default: the shipped ones)");
}

Result<std::vector<Expectation>> chosen_tests(const VerifyOptions& options) {
  const Result<string> share = share_folder();
  if (!share) return Error{share.error()};
  const string folder =
      options.expectations.empty() ? *share + "/expectations" : options.expectations;
  Result<string> schema_text = read_text(*share + "/schemas/expectation.schema.json");
  if (!schema_text) return Error{schema_text.error()};
  const nlohmann::json schema = nlohmann::json::parse(*schema_text);
  Result<std::vector<Expectation>> all = load_expectations(folder, schema);
  if (!all || options.tests.empty()) return all;

  std::vector<Expectation> chosen;
  for (const string& wanted : split_at_commas(options.tests)) {
    const auto at = std::find_if(all->begin(), all->end(), [&](const Expectation& e) {
      return e.name == wanted || std::to_string(e.test) == wanted;
    });
    if (at == all->end()) return Error{"--test " + wanted + ": no such test in " + folder};
    chosen.push_back(*at);
  }
  return chosen;
}

void VerifySink::begin_file(std::string_view name) { file_ = printable(name); }

void VerifySink::record(std::string_view bytes, std::uint64_t) {
  ++records;
  if (spool_ == nullptr) {
    verifier_.record(bytes);
    return;
  }
  const string line = one_line(bytes);
  if (const auto accepted = verifier_.record(collected_ ? std::string_view(line) : bytes);
      accepted.in_window)
    spool_->add(line, accepted.time_us);
}

void VerifySink::on_error(std::string_view why) { errors.push_back({file_, printable(why)}); }

void replay(const std::vector<string>& sources, const RecordTaker& take) {
  CallbackSink sink(take);
  SourceReader reader(sink);
  for (const string& path : sources) reader.read(path);
}

Result<VerifyResult> verify_tests(const VerifyOptions& options, const Plugin& plugin,
                                  const Collector* collector) {
  const VerifyContext context{options, plugin, collector};
  Result<std::vector<Expectation>> tests = chosen_tests(options);
  if (!tests) return Error{tests.error()};
  VerifyResult out;
  for (const Expectation& test : *tests) {
    TestVerdict verdict{test.test, test.name, test.title, test.atomic_id, test.file, {}};
    if (options.telemetry.empty()) {
      for (const Variant& variant : test.variants) {
        Result<VariantVerdict> v = verify_simulation(context, test, variant);
        if (!v) return Error{v.error()};
        verdict.variants.push_back(std::move(*v));
      }
    } else {
      const Variant* variant = test.variant(options.variant);
      if (variant == nullptr) return Error{"--variant " + options.variant + ": no such variant"};
      Result<VariantVerdict> v =
          verify_file(context, test, *variant, options.telemetry, options.ground_truth);
      if (!v) return Error{v.error()};
      if (v->records == 0) return Error{options.telemetry + ": nothing readable in it"};
      verdict.variants.push_back(std::move(*v));
    }
    out.tests.push_back(std::move(verdict));
  }
  return out;
}

}  // namespace c2watch::harness
