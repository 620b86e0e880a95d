// c2watch verify: did the telemetry arrive, and did the detection make of it what it must?
#include <iostream>

#include "harness/cli/exercise.h"
#include "harness/cli/report_options.h"
#include "harness/cli/verdict_report.h"
#include "harness/cli/verify_options.h"
#include "harness/io/collectors/collector.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

void add_carrier_options(po::options_description& options, CarrierSettings& settings) {
  options.add_options()  //
      ("through", po::value(&settings.name)->value_name("COLLECTOR"),
       "let a real log collector carry the telemetry: syslog-ng, fluent-bit or rsyslog. What comes "
       "out of it is judged, and held against the findings in process")  //
      ("collector-program", po::value(&settings.program)->value_name("PATH"),
       "the collector's program (default: from the PATH; of fluent-bit, what C2WATCH_FLUENT_BIT "
       "names)")  //
      ("module", po::value(&settings.module)->value_name("PATH"),
       "our part in the collector (default: beside this program, or where it is installed)");
}

std::optional<string> carrier_mistake(const CarrierSettings& settings) {
  if (settings.name.empty() && (!settings.program.empty() || !settings.module.empty()))
    return "--collector-program and --module belong to --through";
  if (settings.name.empty() || is_carrier(settings.name)) return std::nullopt;
  return "--through must be " + string(kCarriers) + ", not '" + settings.name + "'";
}

constexpr const char* kExamples =
    "  c2watch verify                                   the four tests, simulated\n"
    "  c2watch verify --test 2 --profile lab --shape winlogbeat7\n"
    "  c2watch verify --simulate-with --without --simulate-with 3    what if EID 3 is not "
    "collected?\n"
    "  c2watch verify --telemetry Sysmon.evtx Security.evtx --tests 1,3\n"
    "                                                   an exercise that was really carried out\n"
    "  c2watch verify --telemetry logs/ --window 2026-03-02T08:00..2026-03-02T09:30\n"
    "  c2watch verify --watch --telemetry /var/log/windows.json --for 30m\n"
    "                                                   while it is carried out\n"
    "  c2watch verify --test 1 --world as_written --telemetry capture.evtx\n"
    "                                                   against exactly that way of doing it\n"
    "  c2watch verify --through syslog-ng               carried by the real collector\n"
    "  c2watch verify --format json --output verdicts.json\n"
    "  c2watch verify --report junit=verify.xml --report sarif=verify.sarif --html verify.html\n";

}  // namespace

int verify_command(const Arguments& arguments) {
  JudgingOptions options;
  ReportOptions reports;
  ExerciseOptions exercise;
  CarrierSettings carrier_settings;
  CommandLine line(
      "verify [options]",
      "Judges each test twice: is the telemetry there, and did the detection make of it\n"
      "what it must? A telemetry gap is never reported as a detection gap.",
      kExamples);
  options.add_to(line.options());
  line.options().add_options()  //
      ("telemetry", po::value(&exercise.telemetry)->value_name("PATH...")->multitoken(),
       "judge this telemetry instead of a simulation: .evtx, JSON, XML, archives, folders")  //
      ("window", po::value(&exercise.window)->value_name("FROM..TO"),
       "only events of this time (UTC): 2026-03-02T08:00..2026-03-02T09:30")  //
      ("watch", po::bool_switch(&exercise.watch),
       "follow --telemetry while it is written; ends when everything is found, after --for, or on "
       "Ctrl-C")  //
      ("for", po::value(&exercise.duration)->value_name("DURATION"),
       "how long to watch at most: 90s, 30m, 2h")  //
      ("world", po::value(&options.world)->value_name("NAME"),
       "hold --telemetry against exactly this way of carrying out the test (as_written, server, "
       "...)")  //
      ("truth", po::value(&options.truth)->value_name("FILE"),
       "truth file of c2sim that belongs to --telemetry")  //
      ("simulate-with", po::value(&options.simulator_options)->value_name("ARG"),
       "one more argument for c2sim; may be repeated");
  add_carrier_options(line.options(), carrier_settings);
  reports.add_to(line.options());
  if (const auto code = line.parse(arguments)) return *code;
  if (auto mistake = reports.mistake()) return line.usage_error(*mistake);
  if (auto mistake = options.mistake()) return line.usage_error(*mistake);
  const bool recorded = !exercise.telemetry.empty();
  if (!recorded && (!options.world.empty() || !options.truth.empty()))
    return line.usage_error("--world and --truth belong to --telemetry");
  if (auto mistake = exercise.mistake()) return line.usage_error(*mistake);
  if (auto mistake = carrier_mistake(carrier_settings)) return line.usage_error(*mistake);
  if (!carrier_settings.name.empty() && exercise.watch)
    return line.usage_error("--through carries what is there already: it does not go with --watch");
  Result<std::unique_ptr<Carrier>> carrier = std::unique_ptr<Carrier>();
  if (!carrier_settings.name.empty()) carrier = open_carrier(carrier_settings);
  if (recorded && options.world.empty()) {
    if (!options.truth.empty()) return line.usage_error("--truth needs a --world");
    if (exercise.watch && reports.format != "text" && reports.format != "json")
      return line.usage_error("--watch tells as text or json; write other forms with --report");
    if (!carrier) return input_error(carrier.error());
    return run_exercise(options, exercise, carrier->get(), reports);
  }
  if (recorded) {
    if (options.tests.size() != 1 || exercise.telemetry.size() != 1)
      return line.usage_error("--world needs one --test and one file in --telemetry");
    if (exercise.watch || !exercise.window.empty())
      return line.usage_error("--watch and --window do not go with --world");
    options.telemetry = exercise.telemetry.front();
  }

  Result<Plugin> plugin = load_plugin(options);
  if (!plugin) return input_error(plugin.error());
  if (!carrier) return input_error(carrier.error());
  Result<std::vector<JudgedTest>> tests = judge_tests(options, *plugin, carrier->get());
  if (!tests) return input_error(tests.error());

  const string through = *carrier == nullptr ? "" : (*carrier)->name();
  const VerdictReport facts = {
      "verify", plugin->version(), recorded ? "recorded" : options.shape, options.seed, {}, "",
      through};
  const auto text = [&](Terminal terminal) {
    Page page(terminal);
    const string gap(dot(terminal));
    page.title("c2watch verify" + gap + "plugin " + plugin->version() + gap +
               (recorded
                    ? options.telemetry
                    : "simulated as " + options.shape + ", seed " + std::to_string(options.seed)) +
               (through.empty() ? "" : gap + "through " + through));
    show_coverage(page, *tests);
    show_judgements(page, *tests);
    show_verdicts(page, *tests);
    return page.text();
  };
  if (auto failed = reports.write(verdict_json(facts, *tests), text)) return input_error(*failed);
  return telemetry_held(*tests) && detection_held(*tests) && transport_held(*tests) ? kHeld
                                                                                    : kFailed;
}

}  // namespace c2watch::harness
