// c2watch gate: what a detection must hold before a change to it lands.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>

#include "harness/cli/command.h"
#include "harness/cli/judging.h"
#include "harness/gate/gate.h"
#include "harness/report/gate_report.h"
#include "harness/run/simulator.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch gate gate.json\n"
    "  c2watch gate --only coverage,must_not_fire gate.json\n"
    "  c2watch gate --format json --output gate-report.json gate.json\n";

void show_progress(const string& what) {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\x1b[K%s ...", what.c_str());
}

void clear_progress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

// {"coverage,sweep", "memory"} names three sections; the sentence when one is none.
Result<std::vector<string>> sections_of(const std::vector<string>& lists) {
  const std::vector<string> out = split_at_commas(lists);
  string known;
  for (const char* s : kGateSections) known += (known.empty() ? "" : ", ") + string(s);
  for (const string& name : out)
    if (std::find(std::begin(kGateSections), std::end(kGateSections), name) ==
        std::end(kGateSections))
      return Error{"--only " + name + ": no such section; there are " + known};
  return out;
}

}  // namespace

int gate_command(const Arguments& arguments) {
  string file;
  string plugin_path;
  string simulator;
  string output;
  std::vector<string> only;
  CommandLine line(
      "gate [options] GATE.JSON",
      "Holds the plugin against what a gate file demands of it: coverage, time to detect,\n"
      "findings where nothing is wrong, evasions, quality, throughput and memory. Exit code\n"
      "1 when anything does not hold.",
      kExamples);
  line.options().add_options()  //
      ("only", po::value(&only)->value_name("SECTION,..."),
       "only these sections of the file: coverage, time_to_detect, must_not_fire, mutations, "
       "sweep, "
       "throughput, memory")  //
      ("plugin", po::value(&plugin_path)->value_name("PATH"),
       "the libc2watch.so to judge (default: ../lib/libc2watch.so beside this program)")  //
      ("simulator", po::value(&simulator)->value_name("PATH"),
       "the c2sim to use (default: beside this program)")  //
      ("format", po::value<string>()->default_value("text")->value_name("text|json"),
       "form of the report")  //
      ("output,o", po::value(&output)->value_name("FILE"),
       "write the report there; appears whole or not at all");
  line.hidden().add_options()("file", po::value(&file));
  line.positional("file");
  if (const auto code = line.parse(arguments)) return *code;
  const Result<Format> format = format_of(line);
  if (!format) return line.usage_error(format.error());
  if (file.empty()) return line.usage_error("needs a gate file");
  const Result<std::vector<string>> sections = sections_of(only);
  if (!sections) return line.usage_error(sections.error());

  const string fixtures = fixtures_folder();
  if (fixtures.empty()) return input_error("no fixtures folder beside this program");
  Result<string> schema = read_text(fixtures + "/schemas/gate.schema.json");
  if (!schema) return input_error(schema.error());
  Result<string> text = read_text(file);
  if (!text) return input_error(text.error());
  Result<GateFile> gate = GateFile::parse(*text, file, nlohmann::json::parse(*schema));
  if (!gate) return input_error(gate.error());
  Result<Plugin> plugin =
      Plugin::load(plugin_path.empty() ? Plugin::beside_executable() : plugin_path);
  if (!plugin) return input_error(plugin.error());

  const auto judge = [&](const string& expectations, const GateFile& g) {
    JudgingOptions options;
    options.simulator = simulator;
    options.expectations = expectations;
    options.shape = g.shape();
    options.seed = g.seed();
    return judge_tests(options, *plugin);
  };
  const GateTools tools = {*plugin, simulator.empty() ? simulator_beside_executable() : simulator,
                           fixtures, judge, show_progress};
  const auto start = std::chrono::steady_clock::now();
  Result<GateResult> result = run_gate(*gate, tools, *sections);
  clear_progress();
  if (!result) return input_error(result.error());
  const GateFacts facts = {
      file, gate->title(), plugin->version(),
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};

  string report;
  if (*format == Format::json) {
    report = gate_json(facts, *result).dump(2) + "\n";
  } else {
    Page page(output.empty() ? Terminal::of_standard_output() : Terminal{});
    show_gate(page, facts, *result);
    report = page.text();
  }
  if (auto failed = write_output(output, report)) return input_error(*failed);
  return result->held() ? kHeld : kFailed;
}

}  // namespace c2watch::harness
