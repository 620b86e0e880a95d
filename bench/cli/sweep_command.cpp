// c2watch-bench sweep: how many beacons are seen at which rate of false positives, by us and by others.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>

#include "bench/cli/commands.h"
#include "bench/sweep.h"
#include "bench/sweep_page.h"
#include "bench/sweep_report.h"
#include "harness/base/live_status.h"
#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch-bench sweep                              half a minute: sixteen beacons, 4 windows\n"
    "  c2watch-bench sweep --series 300 --html sweep.html the full figures, with plots\n"
    "  c2watch-bench sweep --grid --series 10 --window 6      interval x law x loss x gap x "
    "traffic\n"
    "  c2watch-bench sweep --min-tpr 1=80 --min-tpr 24=99 --max-fpr 1.5\n"
    "                                                   a gate: exit code 1 below or above\n"
    "  c2watch-bench sweep --format json --output sweep.json\n";

// The whole of `text` as a number; nothing otherwise.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_percentage(const std::optional<double>& x) { return x && *x >= 0 && *x <= 100; }

// "80" or "24=99" into the gate; a sentence when it is neither.
std::optional<string> read_minimum(const string& text, const std::vector<int>& windows,
                                   SweepGate& gate) {
  const auto equals = text.find('=');
  const std::optional<double> percent =
      number(equals == text.npos ? text : std::string_view(text).substr(equals + 1));
  if (!is_percentage(percent))
    return "--min-tpr must be PERCENT or HOURS=PERCENT, 0 to 100, not '" + text + "'";
  int hours = 0;
  if (equals != text.npos) {
    const std::optional<double> wanted = number(std::string_view(text).substr(0, equals));
    const auto hit = std::find_if(windows.begin(), windows.end(), [&wanted](int w) {
      return wanted && *wanted == static_cast<double>(w);
    });
    // A gate on a window that is not measured would always pass.
    if (hit == windows.end()) return "--min-tpr " + text + ": no such window is swept";
    hours = *hit;
  }
  gate.min_seen.emplace_back(hours, *percent / 100);
  return std::nullopt;
}

void show_progress(const string& what, double share) {
  const string percent = fixed(100 * share, 0);
  show_status(string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent + " %  " + what);
}

}  // namespace

int sweep_command(const Arguments& arguments) {
  SweepSettings settings;
  SweepGate gate;
  std::vector<int> windows;
  std::vector<string> minimums;
  double max_fpr = 100;
  double rate = 1;
  string html;
  CommonOptions common;
  CommandLine line(
      "sweep [options]",
      "Measures the quality of interval_beacon: how many beacons it sees at which rate of\n"
      "false positives, in windows of 1, 3, 6 and 24 hours, beside rules that others\n"
      "published. Thresholds are set on one set of benign traffic and checked on a fresh one.",
      kExamples);
  common.add_to(line, CommonOptions::kPlugin | CommonOptions::kSeed | CommonOptions::kReport);
  line.options().add_options()  //
      ("series", po::value(&settings.series)->value_name("N")->default_value(settings.series),
       "series of each beacon and window; 300 for the full figures")  //
      ("benign", po::value(&settings.benign)->value_name("N"),
       "benign series in each of the two sets (default: 70 for each of --series, 4200 at least)")  //
      ("window", po::value(&windows)->value_name("HOURS"),
       "only this window, 1 to 168 hours; may be repeated (default: 1, 3, 6, 24)")  //
      ("grid", po::bool_switch(&settings.grid),
       "interval x jitter law x loss x gap x mixed-in traffic (420 beacons), not the sixteen")  //
      ("budget", po::value(&settings.budget)->value_name("SHARE")->default_value(settings.budget),
       "the detector's fp_budget whose rates are reported as well")  //
      ("min-tpr", po::value(&minimums)->value_name("[HOURS=]PERCENT"),
       "exit with 1 if fewer beacons are seen, in that window or in any; may be repeated")  //
      ("max-fpr", po::value(&max_fpr)->value_name("PERCENT")->default_value(max_fpr),
       "exit with 1 if more fresh benign series are flagged, in any window")  //
      ("gate-at", po::value(&rate)->value_name("PERCENT")->default_value(rate),
       "the false-positive rate that the gate looks at: 1 or 0.1")  //
      ("html", po::value(&html)->value_name("FILE"),
       "write a page with plots there as well; it loads nothing from anywhere");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = common.validate()) return line.usage_error(*error);
  if (settings.series < 1 || settings.series > 100'000)
    return line.usage_error("--series must be 1 to 100000");
  if (!line.has("benign")) settings.benign = std::max(settings.benign, 70 * settings.series);
  if (settings.benign < 7 || settings.benign > 10'000'000)
    return line.usage_error("--benign must be 7 to 10000000: seven classes take part");
  settings.benign -= settings.benign % 7;  // equal parts; reports say how many there were
  for (const int w : windows)
    if (w < 1 || w > 168) return line.usage_error("--window must be 1 to 168 hours");
  if (!windows.empty()) settings.window_hours = windows;
  if (!(settings.budget >= 1e-6 && settings.budget <= 0.5))
    return line.usage_error("--budget must be 0.000001 to 0.5");
  if (rate != 1 && rate != 0.1) return line.usage_error("--gate-at must be 1 or 0.1");
  gate.rate = rate == 1 ? kRates[0] : kRates[1];
  if (!is_percentage(max_fpr)) return line.usage_error("--max-fpr must be 0 to 100");
  gate.max_false_positives = max_fpr / 100;
  for (const string& text : minimums)
    if (auto error = read_minimum(text, settings.window_hours, gate))
      return line.usage_error(*error);

  settings.seed = common.seed;
  Result<Plugin> plugin = common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  const auto start = std::chrono::steady_clock::now();
  Result<SweepResult> result = sweep(*plugin, settings, show_progress);
  clear_status();
  if (!result) return input_error(result.error());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  string report;
  if (common.report_format() == Format::json) {
    report = sweep_json(*result).dump(2) + "\n";
  } else {
    Page page(common.terminal());
    show_sweep(page, *result, seconds);
    report = page.text();
  }
  if (auto failed = write_output(common.output, report)) return input_error(*failed);
  if (!html.empty())
    if (auto failed = write_output(html, sweep_page(*result))) return input_error(*failed);

  const std::vector<string> failures = broken(gate, *result);
  for (const string& f : failures) std::cerr << "c2watch-bench sweep: " << f << "\n";
  return failures.empty() ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
