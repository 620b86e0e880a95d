// c2watch-bench bench: throughput, after the answer was checked.
#include <iostream>

#include "bench/cli/commands.h"
#include "bench/throughput_report.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch-bench bench\n"
    "  c2watch-bench bench --input-format xml --profile default --repetitions 9\n"
    "  c2watch-bench bench --events 1000000 --format json --output bench.json\n";

const std::vector<string> kShapes = {"nxlog", "winlogbeat7", "flb-winevtlog",
                                     "otel",  "xml",         kFieldsShape};
const std::vector<string> kProfiles = {"seed", "default", "lab"};

}  // namespace

int bench_command(const Arguments& arguments) {
  BenchSettings settings;
  std::vector<string> input_formats;
  CommonOptions common;
  CommandLine line(
      "bench [options]",
      "Measures the plugin end to end on simulated telemetry, one thread: 60 % EID 3,\n"
      "25 % EID 1, 14 % EID 22, 1 % 4698, from 200 hosts. A wrong answer is no number:\n"
      "exit code 1.",
      kExamples);
  common.add_to(line, CommonOptions::kPlugin | CommonOptions::kProfile | CommonOptions::kSimulator |
                          CommonOptions::kSeed | CommonOptions::kReport);
  line.options().add_options()  //
      ("events", po::value(&settings.events)->value_name("N")->default_value(settings.events),
       "events in the corpus")  //
      ("hosts", po::value(&settings.hosts)->value_name("N")->default_value(settings.hosts),
       "hosts that they come from")  //
      ("input-format", po::value(&input_formats)->value_name("NAME"),
       "only this input format, or \"fields\" for parsed fields; may be repeated (default: all)")  //
      ("repetitions",
       po::value(&settings.repetitions)->value_name("N")->default_value(settings.repetitions),
       "runs of each; the median counts");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = common.validate()) return line.usage_error(*error);
  if (settings.events == 0) return line.usage_error("--events must be at least 1");
  if (settings.repetitions < 1) return line.usage_error("--repetitions must be at least 1");

  settings.simulator = common.simulator;
  settings.seed = common.seed;
  Result<Plugin> plugin = common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  std::vector<BenchRow> rows;
  for (const string& input_format : input_formats.empty() ? kShapes : input_formats) {
    Result<Corpus> corpus = simulate_corpus(settings, input_format);
    if (!corpus) return input_error(corpus.error());
    for (const string& profile : common.profiles.empty() ? kProfiles : common.profiles) {
      Result<BenchRow> row = measure(*plugin, *corpus, profile, settings, rows);
      if (!row) {
        std::cerr << "c2watch-bench bench: wrong answer, so no time: " << row.error() << "\n";
        return kFailed;
      }
      rows.push_back(std::move(*row));
    }
  }

  string report;
  if (common.report_format() == Format::json) {
    const nlohmann::ordered_json whole = {{"plugin_version", plugin->version()},
                                          {"seed", settings.seed},
                                          {"repetitions", settings.repetitions},
                                          {"rows", throughput_json(rows)}};
    report = whole.dump(2) + "\n";
  } else {
    Page page(common.terminal());
    page.title("c2watch-bench bench" + string(dot(page.terminal())) + "plugin " +
               plugin->version());
    show_throughput(page, rows);
    report = page.text();
  }
  if (auto failed = write_output(common.output, report)) return input_error(*failed);
  return kSuccess;
}

}  // namespace c2watch::harness
