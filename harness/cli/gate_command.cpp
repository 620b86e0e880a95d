// c2watch gate: the bounds that a detection must keep before a change to it lands.
#include <algorithm>
#include <chrono>
#include <iterator>

#include "harness/base/live_status.h"
#include "harness/cli/command.h"
#include "harness/cli/gate.h"
#include "harness/cli/gate_report.h"
#include "harness/cli/report_options.h"
#include "harness/cli/verify_options.h"
#include "harness/io/simulator.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch gate gate.json\n"
    "  c2watch gate --only coverage,must_not_fire gate.json\n"
    "  c2watch gate --report junit=gate.xml --report markdown=gate.md gate.json\n"
    "  c2watch gate --write-baseline baseline.json gate.json\n";

void show_progress(const string& what) { show_status(what + " ..."); }

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

// The file's baseline, if it names one. One that is about to be written need not be there yet.
Result<std::optional<Baseline>> baseline_of(const GateFile& gate, const string& share,
                                            bool to_be_written) {
  const nlohmann::json* section = gate.section("baseline");
  if (section == nullptr) return std::optional<Baseline>{};
  const string file = gate.path((*section)["file"]);
  if (to_be_written && access(file.c_str(), F_OK) != 0) return std::optional<Baseline>{};
  Result<string> schema = read_text(share + "/schemas/gate-baseline.schema.json");
  if (!schema) return Error{schema.error()};
  Result<string> text = read_text(file);
  if (!text)
    return gate.error_at("/baseline/file",
                         text.error() + "; --write-baseline " + file + " makes one");
  Result<Baseline> baseline = Baseline::parse(*text, file, nlohmann::json::parse(*schema));
  if (!baseline) return Error{baseline.error()};
  return std::optional<Baseline>{std::move(*baseline)};
}

}  // namespace

int gate_command(const Arguments& arguments) {
  string file;
  CommonOptions common;
  string new_baseline;
  std::vector<string> only;
  ReportOptions reports(common, ReportKind::gate);
  CommandLine line(
      "gate [options] GATE.JSON",
      "Compares the plugin with what a gate file demands of it: coverage, time to detect,\n"
      "findings where nothing is wrong, evasions, quality, throughput and memory. Exit code\n"
      "1 when a check does not pass.",
      kExamples);
  line.options().add_options()  //
      ("only", po::value(&only)->value_name("SECTION,..."),
       "only these sections of the file: coverage, time_to_detect, must_not_fire, mutations, "
       "sweep, "
       "throughput, memory")  //
      ("write-baseline", po::value(&new_baseline)->value_name("FILE"),
       "write what was measured there, for the file's section baseline");
  reports.add_to(line, CommonOptions::kPlugin | CommonOptions::kSimulator);
  line.hidden().add_options()("file", po::value(&file));
  line.positional("file");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = reports.validate()) return line.usage_error(*error);
  if (file.empty()) return line.usage_error("needs a gate file");
  const Result<std::vector<string>> sections = sections_of(only);
  if (!sections) return line.usage_error(sections.error());

  const Result<string> share = share_folder();
  if (!share) return input_error(share.error());
  Result<string> schema = read_text(*share + "/schemas/gate.schema.json");
  if (!schema) return input_error(schema.error());
  Result<string> text = read_text(file);
  if (!text) return input_error(text.error());
  Result<GateFile> gate = GateFile::parse(*text, file, nlohmann::json::parse(*schema));
  if (!gate) return input_error(gate.error());
  // Read before anything is measured: an error in it shows at once.
  Result<std::optional<Baseline>> baseline = baseline_of(*gate, *share, !new_baseline.empty());
  if (!baseline) return input_error(baseline.error());
  Result<Plugin> plugin = common.load_plugin();
  if (!plugin) return input_error(plugin.error());

  const auto verify = [&](const string& expectations,
                          const GateFile& g) -> Result<std::vector<TestVerdict>> {
    VerifyOptions options;
    options.common.simulator = common.simulator;
    options.expectations = expectations;
    options.input_format = g.input_format();
    options.common.seed = g.seed();
    Result<VerifyResult> result = verify_tests(options, *plugin);
    if (!result) return Error{result.error()};
    return std::move(result->tests);
  };
  const GateTools tools = {*plugin, common.simulator_program(), *share, verify, show_progress};
  const auto start = std::chrono::steady_clock::now();
  Result<GateResult> result = run_gate(*gate, tools, *sections);
  clear_status();
  if (!result) return input_error(result.error());
  GateFacts facts = {
      file,
      gate->title(),
      plugin->version(),
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
      {}};
  if (*baseline) {
    const nlohmann::json& section = *gate->section("baseline");
    facts.baseline = {gate->path(section["file"]), (*baseline)->plugin_version,
                      section.value("fail_on_worse", false), compare(**baseline, *result, *gate)};
  }

  const auto text_form = [&](Terminal terminal) {
    Page page(terminal);
    show_gate(page, facts, *result);
    return page.text();
  };
  if (auto failed = reports.write(gate_json(facts, *result), text_form))
    return input_error(*failed);
  if (!new_baseline.empty())
    if (auto failed =
            write_output(new_baseline, baseline_json(*result, plugin->version()).dump(2) + "\n"))
      return input_error(*failed);
  return gate_passed(facts, *result) ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
