// c2watch run: everything at once, for somebody who has just built it.
#include <iostream>

#include "bench/throughput_report.h"
#include "harness/base/live_status.h"
#include "harness/base/text.h"
#include "harness/cli/report_options.h"
#include "harness/cli/verdict_report.h"
#include "harness/cli/verify_options.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch run\n"
    "  c2watch run --test 1 --events 0                 one test, no throughput\n"
    "  c2watch run --shape winlogbeat7 | less\n"
    "  c2watch run --brief                             on two screens\n"
    "  c2watch run --format json --output report.json\n"
    "  c2watch run --html report.html                  a page with plots\n";

struct Results {
  std::vector<JudgedTest> tests;
  std::vector<BenchRow> throughput;
  string wrong_answer;  // of the benchmark
};

Result<Results> work(const JudgingOptions& options, const BenchSettings& bench,
                     const Plugin& plugin) {
  Results results;
  show_status("simulating and judging the tests ...");
  Result<std::vector<JudgedTest>> tests = judge_tests(options, plugin);
  if (!tests) return clear_status(), Error{tests.error()};
  results.tests = std::move(*tests);
  const std::vector<std::pair<string, std::vector<string>>> measured = {
      {"nxlog", {"seed", "default"}}, {"xml", {"default"}}, {kFieldsShape, {"default"}}};
  for (const auto& [shape, profiles] : measured) {
    if (bench.events == 0) break;
    show_status("measuring throughput: " + shape + " ...");
    Result<Corpus> corpus = simulate_corpus(bench, shape);
    if (!corpus) return clear_status(), Error{corpus.error()};
    for (const string& profile : profiles) {
      Result<BenchRow> row = measure(plugin, *corpus, profile, bench, results.throughput);
      if (row)
        results.throughput.push_back(std::move(*row));
      else if (results.wrong_answer.empty())
        results.wrong_answer = row.error();
    }
  }
  clear_status();
  return results;
}

string text_report(const Terminal& terminal, const Plugin& plugin, const JudgingOptions& options,
                   const Results& results, bool brief) {
  Page page(terminal);
  const string gap(dot(terminal));
  page.title("c2watch" + gap + "use of adversary-rented servers, MITRE ATT&CK T1583.004" + gap +
             "plugin " + plugin.version());
  page.paragraph("Four tests, simulated as " + options.shape + " (seed " +
                 std::to_string(options.seed) +
                 "), through the shared object that a log collector loads. Profile seed is the "
                 "original query to the letter, default is what to deploy, lab is default with "
                 "loopback and private addresses in scope.");
  show_judgements(page, results.tests);
  show_raised_findings(page, results.tests, !brief);
  if (!results.throughput.empty()) show_throughput(page, results.throughput);
  // What sums it up stands where a terminal is left at.
  show_coverage(page, results.tests);
  show_verdicts(page, results.tests);
  if (!results.wrong_answer.empty())
    page.item({{"  "}, {string(cross(terminal)), Style::bad}, {" benchmark  ", Style::bold}},
              "wrong answer: " + printable(results.wrong_answer), 0);
  return page.text();
}

}  // namespace

int run_command(const Arguments& arguments) {
  JudgingOptions options;
  options.shape = "nxlog";
  BenchSettings bench;
  // Some seconds in all, since this command is for looking at; few hosts, so that the seed's query
  // still has rows to compare.
  bench.events = 150'000;
  bench.hosts = 50;
  bench.repetitions = 3;
  ReportOptions reports;
  bool brief = false;
  CommandLine line(
      "run [options]",
      "Simulates the four tests, judges telemetry and detection, shows the findings in\n"
      "full and the throughput. Exit code 0 only if everything holds.",
      kExamples);
  options.add_to(line.options());
  line.options().add_options()  //
      ("events", po::value(&bench.events)->value_name("N")->default_value(bench.events),
       "events for the throughput; 0 leaves it out")  //
      ("brief", po::bool_switch(&brief), "the table of findings without their details");
  reports.add_to(line.options());
  if (const auto code = line.parse(arguments)) return *code;
  if (auto mistake = reports.mistake()) return line.usage_error(*mistake);
  if (auto mistake = options.mistake()) return line.usage_error(*mistake);

  Result<Plugin> plugin = load_plugin(options);
  if (!plugin) return input_error(plugin.error());
  bench.simulator = options.simulator;
  bench.seed = options.seed;
  Result<Results> results = work(options, bench, *plugin);
  if (!results) return input_error(results.error());

  const bool held = telemetry_held(results->tests) && detection_held(results->tests) &&
                    results->wrong_answer.empty();
  const VerdictReport facts = {"run",        plugin->version(),   options.shape,
                               options.seed, results->throughput, results->wrong_answer};
  const auto text = [&](Terminal terminal) {
    return text_report(terminal, *plugin, options, *results, brief);
  };
  if (auto failed = reports.write(verdict_json(facts, results->tests), text))
    return input_error(*failed);
  return held ? kHeld : kFailed;
}

}  // namespace c2watch::harness
