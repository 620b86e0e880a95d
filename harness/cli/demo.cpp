#include "harness/cli/demo.h"

#include "bench/throughput_report.h"
#include "harness/base/live_status.h"
#include "harness/base/text.h"
#include "harness/cli/report_options.h"
#include "harness/cli/text_report.h"
#include "harness/cli/verify_options.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

struct Results {
  VerifyResult verified;
  std::vector<BenchRow> throughput;
  string oracle_mismatch;  // of the benchmark
};

Result<Results> work(const VerifyOptions& options, const BenchSettings& bench,
                     const Plugin& plugin) {
  Results results;
  show_status("simulating and verifying the tests ...");
  Result<VerifyResult> verified = verify_tests(options, plugin);
  if (!verified) return clear_status(), Error{verified.error()};
  results.verified = std::move(*verified);
  const std::vector<std::pair<string, std::vector<string>>> measured = {
      {"nxlog", {"seed", "default"}}, {"xml", {"default"}}, {kFieldsShape, {"default"}}};
  for (const auto& [input_format, profiles] : measured) {
    if (bench.events == 0) break;
    show_status("measuring throughput: " + input_format + " ...");
    Result<Corpus> corpus = simulate_corpus(bench, input_format);
    if (!corpus) return clear_status(), Error{corpus.error()};
    for (const string& profile : profiles) {
      Result<BenchRow> row = measure(plugin, *corpus, profile, bench, results.throughput);
      if (row)
        results.throughput.push_back(std::move(*row));
      else if (results.oracle_mismatch.empty())
        results.oracle_mismatch = row.error();
    }
  }
  clear_status();
  return results;
}

string text_report(const Terminal& terminal, const VerifyOptions& options, const Results& results,
                   const nlohmann::ordered_json& report, bool brief) {
  Page page(terminal);
  const string gap(dot(terminal));
  page.title("c2watch" + gap + "use of adversary-rented servers, MITRE ATT&CK T1583.004" + gap +
             "plugin " + report.at("plugin_version").get<string>());
  page.paragraph("Four tests, simulated as " + options.input_format + " (seed " +
                 std::to_string(options.common.seed) +
                 "), through the shared object that a log collector loads. Profile seed is the "
                 "original query to the letter, default is what to deploy, lab is default with "
                 "loopback and private addresses in scope.");
  show_tests(page, report);
  show_findings(page, report, !brief);
  if (!results.throughput.empty()) show_throughput(page, results.throughput);
  // What sums it up stands at the end, where the terminal's prompt is.
  show_coverage(page, report);
  show_verdicts(page, report);
  return page.text();
}

}  // namespace

void DemoOptions::add_to(po::options_description& options) {
  options.add_options()  //
      ("demo", po::bool_switch(&on),
       "the whole demonstration: with the findings in full and the throughput")  //
      ("events", po::value(&events)->value_name("N")->default_value(events),
       "with --demo: events for the throughput; 0 leaves it out")  //
      ("brief", po::bool_switch(&brief),
       "with --demo: the table of findings without their details");
}

int run_demo(VerifyOptions& options, const DemoOptions& demo, const ReportOptions& reports) {
  BenchSettings bench;
  // Some seconds in all, since this is for looking at; few hosts, so that the reference query still
  // has rows to compare.
  bench.events = demo.events;
  bench.hosts = 50;
  bench.repetitions = 3;
  bench.simulator = options.common.simulator;
  bench.seed = options.common.seed;
  Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  Result<Results> results = work(options, bench, *plugin);
  if (!results) return input_error(results.error());

  ReportContext context{.plugin_version = plugin->version(),
                        .input_format = options.input_format,
                        .seed = bench.seed};
  context.throughput = throughput_json(results->throughput);
  context.oracle_mismatch = results->oracle_mismatch;
  const nlohmann::ordered_json report = report_json(context, results->verified);
  const auto text = [&](Terminal terminal) {
    return text_report(terminal, options, *results, report, demo.brief);
  };
  if (auto failed = reports.write(report, text)) return input_error(*failed);
  return results->verified.passed() && results->oracle_mismatch.empty() ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
