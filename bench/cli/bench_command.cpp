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
    "  c2watch-bench bench --shape xml --profile default --repetitions 9\n"
    "  c2watch-bench bench --events 1000000 --format json --output bench.json\n";

const std::vector<string> kShapes = {"nxlog", "winlogbeat7", "flb-winevtlog",
                                     "otel",  "xml",         kFieldsShape};
const std::vector<string> kProfiles = {"seed", "default", "lab"};

}  // namespace

int bench_command(const Arguments& arguments) {
  BenchSettings settings;
  std::vector<string> shapes;
  std::vector<string> profiles;
  string plugin_path;
  string output;
  CommandLine line(
      "bench [options]",
      "Measures the plugin end to end on simulated telemetry, one thread: 60 % EID 3,\n"
      "25 % EID 1, 14 % EID 22, 1 % 4698, from 200 hosts. A wrong answer is no number:\n"
      "exit code 1.",
      kExamples);
  line.options().add_options()  //
      ("events", po::value(&settings.events)->value_name("N")->default_value(settings.events),
       "events in the corpus")  //
      ("hosts", po::value(&settings.hosts)->value_name("N")->default_value(settings.hosts),
       "hosts that they come from")  //
      ("shape", po::value(&shapes)->value_name("NAME"),
       "only this shape, or \"fields\" for parsed fields; may be repeated (default: all)")  //
      ("profile", po::value(&profiles)->value_name("NAME"),
       "only this profile; may be repeated (default: all)")  //
      ("repetitions",
       po::value(&settings.repetitions)->value_name("N")->default_value(settings.repetitions),
       "runs of each; the median counts")  //
      ("seed", po::value(&settings.seed)->value_name("N")->default_value(settings.seed),
       "seed of the simulation")  //
      ("plugin", po::value(&plugin_path)->value_name("PATH"),
       "the libc2watch.so to measure (default: ../lib/libc2watch.so beside this program)")  //
      ("simulator", po::value(&settings.simulator)->value_name("PATH"),
       "the c2sim to use (default: beside this program)")  //
      ("format", po::value<string>()->default_value("text")->value_name("text|json"),
       "form of the report")  //
      ("output,o", po::value(&output)->value_name("FILE"),
       "write the report there; appears whole or not at all");
  if (const auto code = line.parse(arguments)) return *code;
  const Result<Format> format = format_of(line);
  if (!format) return line.usage_error(format.error());
  if (settings.events == 0) return line.usage_error("--events must be at least 1");
  if (settings.repetitions < 1) return line.usage_error("--repetitions must be at least 1");

  Result<Plugin> plugin =
      Plugin::load(plugin_path.empty() ? Plugin::beside_executable() : plugin_path);
  if (!plugin) return input_error(plugin.error());
  std::vector<BenchRow> rows;
  for (const string& shape : shapes.empty() ? kShapes : shapes) {
    Result<Corpus> corpus = simulate_corpus(settings, shape);
    if (!corpus) return input_error(corpus.error());
    for (const string& profile : profiles.empty() ? kProfiles : profiles) {
      Result<BenchRow> row = measure(*plugin, *corpus, profile, settings, rows);
      if (!row) {
        std::cerr << "c2watch-bench bench: wrong answer, so no time: " << row.error() << "\n";
        return kFailed;
      }
      rows.push_back(std::move(*row));
    }
  }

  string report;
  if (*format == Format::json) {
    const nlohmann::ordered_json whole = {{"plugin_version", plugin->version()},
                                          {"seed", settings.seed},
                                          {"repetitions", settings.repetitions},
                                          {"rows", throughput_json(rows)}};
    report = whole.dump(2) + "\n";
  } else {
    Page page(output.empty() ? Terminal::of_standard_output() : Terminal{});
    page.title("c2watch-bench bench" + string(dot(page.terminal())) + "plugin " +
               plugin->version());
    show_throughput(page, rows);
    report = page.text();
  }
  if (auto failed = write_output(output, report)) return input_error(*failed);
  return kHeld;
}

}  // namespace c2watch::harness
