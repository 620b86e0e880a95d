// c2watch verify: did the telemetry arrive, and did the detection make of it what it must?
#include <iostream>

#include "harness/cli/judging.h"
#include "harness/cli/report_options.h"
#include "harness/report/verdict_report.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch verify                                   the four tests, simulated\n"
    "  c2watch verify --test 2 --profile lab --shape winlogbeat7\n"
    "  c2watch verify --simulate-with --without --simulate-with 3    what if EID 3 is not "
    "collected?\n"
    "  c2watch verify --test 1 --world as_written --telemetry capture.evtx\n"
    "                                                   a test that was really carried out\n"
    "  c2watch verify --format json --output verdicts.json\n"
    "  c2watch verify --report junit=verify.xml --report sarif=verify.sarif --html verify.html\n";

}  // namespace

int verify_command(const Arguments& arguments) {
  JudgingOptions options;
  ReportOptions reports;
  CommandLine line(
      "verify [options]",
      "Judges each test twice: is the telemetry there, and did the detection make of it\n"
      "what it must? A telemetry gap is never reported as a detection gap.",
      kExamples);
  options.add_to(line.options());
  line.options().add_options()  //
      ("telemetry", po::value(&options.telemetry)->value_name("FILE"),
       "judge this telemetry instead of a simulation; needs one --test and --world")  //
      ("world", po::value(&options.world)->value_name("NAME"),
       "how the test in --telemetry was carried out (as_written, server, ...)")  //
      ("truth", po::value(&options.truth)->value_name("FILE"),
       "truth file of c2sim that belongs to --telemetry")  //
      ("simulate-with", po::value(&options.simulator_options)->value_name("ARG"),
       "one more argument for c2sim; may be repeated");
  reports.add_to(line.options());
  if (const auto code = line.parse(arguments)) return *code;
  if (auto mistake = reports.mistake()) return line.usage_error(*mistake);
  if (auto mistake = options.mistake()) return line.usage_error(*mistake);
  const bool recorded = !options.telemetry.empty();
  if (recorded && (options.tests.size() != 1 || options.world.empty()))
    return line.usage_error("--telemetry needs one --test and a --world to judge it by");
  if (!recorded && (!options.world.empty() || !options.truth.empty()))
    return line.usage_error("--world and --truth belong to --telemetry");

  Result<Plugin> plugin = load_plugin(options);
  if (!plugin) return input_error(plugin.error());
  Result<std::vector<JudgedTest>> tests = judge_tests(options, *plugin);
  if (!tests) return input_error(tests.error());

  const VerdictReport facts = {
      "verify", plugin->version(), recorded ? "recorded" : options.shape, options.seed, {}, ""};
  const auto text = [&](Terminal terminal) {
    Page page(terminal);
    const string gap(dot(terminal));
    page.title("c2watch verify" + gap + "plugin " + plugin->version() + gap +
               (recorded
                    ? options.telemetry
                    : "simulated as " + options.shape + ", seed " + std::to_string(options.seed)));
    show_coverage(page, *tests);
    show_judgements(page, *tests);
    show_verdicts(page, *tests);
    return page.text();
  };
  if (auto failed = reports.write(verdict_json(facts, *tests), text)) return input_error(*failed);
  return telemetry_held(*tests) && detection_held(*tests) ? kHeld : kFailed;
}

}  // namespace c2watch::harness
