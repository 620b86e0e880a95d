// c2watch verify: did the telemetry arrive, and did the detection make of it what it must?
#include <iostream>

#include "harness/cli/demo.h"
#include "harness/cli/recorded.h"
#include "harness/cli/report_options.h"
#include "harness/cli/text_report.h"
#include "harness/cli/verify_options.h"
#include "harness/io/collectors/collector.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

void add_collector_options(po::options_description& options, CollectorSettings& settings) {
  options.add_options()  //
      ("collector", po::value(&settings.name)->value_name("COLLECTOR"),
       "let a real log collector carry the telemetry: syslog-ng, fluent-bit or rsyslog. What comes "
       "out of it is verified, and compared with the findings in process")  //
      ("collector-program", po::value(&settings.program)->value_name("PATH"),
       "the collector's program (default: from the PATH; of fluent-bit, what C2WATCH_FLUENT_BIT "
       "names)")  //
      ("module", po::value(&settings.module)->value_name("PATH"),
       "the module for the collector (default: beside this program, or where it is installed)");
}

std::optional<string> validate_collector(const CollectorSettings& settings) {
  if (settings.name.empty() && (!settings.program.empty() || !settings.module.empty()))
    return "--collector-program and --module belong to --collector";
  if (settings.name.empty() || is_collector(settings.name)) return std::nullopt;
  return "--collector must be " + string(kCollectorNames) + ", not '" + settings.name + "'";
}

constexpr const char* kExamples =
    "  c2watch verify                                   the four tests, simulated\n"
    "  c2watch verify --demo --html report.html         with findings in full and throughput\n"
    "  c2watch verify --test 2 --profile lab --input-format winlogbeat7\n"
    "  c2watch verify --sim-arg --without --sim-arg 3    what if EID 3 is not "
    "collected?\n"
    "  c2watch verify --telemetry Sysmon.evtx Security.evtx --tests 1,3\n"
    "                                                   tests that were really carried out\n"
    "  c2watch verify --telemetry logs/ --window 2026-03-02T08:00..2026-03-02T09:30\n"
    "  c2watch verify --watch --telemetry /var/log/windows.json --duration 30m\n"
    "                                                   while it is carried out\n"
    "  c2watch verify --test 1 --variant as_written --telemetry capture.evtx\n"
    "                                                   against exactly that way of doing it\n"
    "  c2watch verify --collector syslog-ng               carried by the real collector\n"
    "  c2watch verify --format json --output verdicts.json\n"
    "  c2watch verify --report junit=verify.xml --report sarif=verify.sarif --html verify.html\n";

}  // namespace

int verify_command(const Arguments& arguments) {
  VerifyOptions options;
  ReportOptions reports(options.common);
  DemoOptions demo;
  RecordedOptions recording;
  CollectorSettings collector_settings;
  CommandLine line(
      "verify [options]",
      "Verifies each test twice: is the telemetry there, and did the detection make of it\n"
      "what it must? A telemetry gap is never reported as a detection gap.",
      kExamples);
  options.add_to(line.options());
  demo.add_to(line.options());
  line.options().add_options()  //
      ("telemetry", po::value(&recording.telemetry)->value_name("PATH...")->multitoken(),
       "verify this telemetry instead of a simulation: .evtx, JSON, XML, archives, folders")  //
      ("window", po::value(&recording.window)->value_name("FROM..TO"),
       "only events of this time (UTC): 2026-03-02T08:00..2026-03-02T09:30")  //
      ("watch", po::bool_switch(&recording.watch),
       "follow --telemetry while it is written; ends when everything is found, after --duration, "
       "or on "
       "Ctrl-C")  //
      ("duration", po::value(&recording.duration)->value_name("DURATION"),
       "how long to watch at most: 90s, 30m, 2h")  //
      ("variant", po::value(&options.variant)->value_name("NAME"),
       "compare --telemetry with exactly this way of carrying out the test (as_written, server, "
       "...)")  //
      ("ground-truth", po::value(&options.ground_truth)->value_name("FILE"),
       "truth file of c2sim that belongs to --telemetry")  //
      ("sim-arg", po::value(&options.simulator_options)->value_name("ARG"),
       "one more argument for c2sim; may be repeated");
  add_collector_options(line.options(), collector_settings);
  reports.add_to(line, CommonOptions::kPlugin | CommonOptions::kProfile |
                           CommonOptions::kSimulator | CommonOptions::kSeed);
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = reports.validate()) return line.usage_error(*error);
  const bool recorded = !recording.telemetry.empty();
  if (!demo.on && (demo.brief || !line.values()["events"].defaulted()))
    return line.usage_error("--brief and --events belong to --demo");
  if (demo.on && (recorded || !collector_settings.name.empty()))
    return line.usage_error("--demo goes with neither --telemetry nor --collector");
  if (demo.on) {
    if (line.values()["input-format"].defaulted()) options.input_format = "nxlog";
    return run_demo(options, demo, reports);
  }
  if (!recorded && (!options.variant.empty() || !options.ground_truth.empty()))
    return line.usage_error("--variant and --ground-truth belong to --telemetry");
  if (auto error = recording.validate()) return line.usage_error(*error);
  if (auto error = validate_collector(collector_settings)) return line.usage_error(*error);
  if (!collector_settings.name.empty() && recording.watch)
    return line.usage_error(
        "--collector carries what is there already: it does not go with --watch");
  Result<std::unique_ptr<Collector>> collector = std::unique_ptr<Collector>();
  if (!collector_settings.name.empty()) collector = open_collector(collector_settings);
  if (recorded && options.variant.empty()) {
    if (!options.ground_truth.empty()) return line.usage_error("--ground-truth needs a --variant");
    if (recording.watch && options.common.format != "text" && options.common.format != "json")
      return line.usage_error("--watch reports as text or json; write other forms with --report");
    if (!collector) return input_error(collector.error());
    return run_recorded(options, recording, collector->get(), reports);
  }
  if (recorded) {
    if (options.tests.size() != 1 || recording.telemetry.size() != 1)
      return line.usage_error("--variant needs one --test and one file in --telemetry");
    if (recording.watch || !recording.window.empty())
      return line.usage_error("--watch and --window do not go with --variant");
    options.telemetry = recording.telemetry.front();
  }

  Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  if (!collector) return input_error(collector.error());
  Result<VerifyResult> result = verify_tests(options, *plugin, collector->get());
  if (!result) return input_error(result.error());

  ReportContext context{.plugin_version = plugin->version(),
                        .input_format = recorded ? "recorded" : options.input_format,
                        .seed = options.common.seed};
  if (*collector != nullptr) context.collector = (*collector)->name();
  const nlohmann::ordered_json report = report_json(context, *result);
  const auto text = [&](Terminal terminal) {
    Page page(terminal);
    const string gap(dot(terminal));
    page.title("c2watch verify" + gap + "plugin " + plugin->version() + gap +
               (recorded ? options.telemetry
                         : "simulated as " + options.input_format + ", seed " +
                               std::to_string(options.common.seed)) +
               (context.collector.empty() ? "" : gap + "through " + context.collector));
    show_coverage(page, report);
    show_tests(page, report);
    show_verdicts(page, report);
    return page.text();
  };
  if (auto failed = reports.write(report, text)) return input_error(*failed);
  return result->passed() ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
