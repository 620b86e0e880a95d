// What must hold of the detection's quality: evasions, and beacons seen at a rate of false positives.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "bench/mutation.h"
#include "bench/sweep.h"
#include "harness/base/text.h"
#include "harness/cli/gate.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

constexpr std::size_t kBenignClasses = 7;  // the sweep takes as many series of each

Result<string> text_of(const string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": cannot be read"};
  return string(std::istreambuf_iterator<char>(in), {});
}

string what_is_lost(const MutationResult& result) {
  string out;
  for (const ScenarioOutcome& s : result.scenarios)
    for (const MutationOutcome& o : s.outcomes)
      for (const string& detector : o.lost())
        out +=
            (out.empty() ? "" : "; ") + s.scenario.name + ", " + o.mutation.title + ": " + detector;
  return out;
}

GateCheck sweep_check(const GateFile& gate, const string& id, const string& title,
                      const string& pointer, bool more_is_better, double percent,
                      std::optional<double> limit) {
  GateCheck c;
  c.section = "sweep";
  c.id = "sweep/" + id;
  c.title = title;
  c.unit = Unit::percent;
  c.more_is_better = more_is_better;
  c.measured = percent;
  c.limit = limit;
  c.place = gate.place(pointer);
  c.decide();
  return c;
}

std::optional<double> limit_of(const json& entry, const char* name) {
  if (!entry.contains(name)) return std::nullopt;
  return entry[name].get<double>();
}

}  // namespace

GateChecks mutation_checks(const GateFile& gate, const GateTools& tools) {
  const json& section = *gate.section("mutations");
  const string plan_file = section.contains("plan") ? gate.path(section["plan"])
                                                    : tools.share + "/mutations/mutations.json";
  Result<string> schema = text_of(tools.share + "/schemas/mutations.schema.json");
  if (!schema) return Error{schema.error()};
  Result<string> text = text_of(plan_file);
  if (!text) return gate.error_at("/mutations/plan", text.error());
  Result<MutationPlan> plan = parse_mutations(*text, plan_file, json::parse(*schema));
  if (!plan) return Error{plan.error()};
  Result<MutationResult> result = mutate(*plan, tools.plugin, tools.simulator, tools.progress);
  if (!result) return Error{result.error()};
  std::size_t simulations = 0;
  for (const ScenarioOutcome& s : result->scenarios) simulations += s.outcomes.size();

  GateCheck c;
  c.section = "mutations";
  c.id = "mutations/lost";
  c.title = "detectors lost, of " + plural(simulations, "simulation");
  c.unit = Unit::count;
  c.measured = static_cast<double>(result->regressions());
  c.limit = section["at_most_lost"].get<double>();
  c.detail = what_is_lost(*result);
  c.how = section.value("plan", "shipped") + ", " + plural(simulations, "simulation");
  c.place = gate.place("/mutations/at_most_lost");
  c.decide();
  return std::vector<GateCheck>{std::move(c)};
}

GateChecks sweep_checks(const GateFile& gate, const GateTools& tools) {
  const json& section = *gate.section("sweep");
  SweepSettings settings;
  settings.seed = gate.seed();
  settings.series = section["series"];
  settings.benign = section["benign"];
  settings.benign -= settings.benign % kBenignClasses;
  settings.window_hours.clear();
  for (const json& w : section["windows"])
    if (std::find(settings.window_hours.begin(), settings.window_hours.end(), w["hours"]) ==
        settings.window_hours.end())
      settings.window_hours.push_back(w["hours"]);
  Result<SweepResult> result =
      sweep(tools.plugin, settings, [&tools](const string& what, double) { tools.progress(what); });
  if (!result) return Error{result.error()};

  std::vector<GateCheck> out;
  for (std::size_t i = 0; i < section["windows"].size(); ++i) {
    const json& entry = section["windows"][i];
    const string pointer = "/sweep/windows/" + std::to_string(i);
    const double rate = entry.value("at_percent", 1.0);
    const auto window =
        std::find_if(result->windows.begin(), result->windows.end(),
                     [&entry](const WindowResult& w) { return entry["hours"] == w.hours; });
    const OperatingPoint& point =
        window->rules.front().points[std::abs(100 * kRates[0] - rate) < 1e-9 ? 0 : 1];
    const string at = (rate == 1 ? "1" : "0.1") + string(" %");
    const string hours = std::to_string(entry["hours"].get<int>()) + " h";
    out.push_back(sweep_check(gate, hours + "/" + at + "/seen",
                              "beacons seen in " + hours + " at " + at, pointer, true,
                              100 * point.seen, limit_of(entry, "at_least_percent")));
    out.push_back(sweep_check(
        gate, hours + "/" + at + "/false", "fresh benign series flagged in " + hours + " at " + at,
        pointer, false, 100 * point.false_positives, limit_of(entry, "at_most_false_percent")));
  }
  for (GateCheck& c : out) {
    c.how = std::to_string(settings.series) + " series a beacon, " +
            std::to_string(settings.benign) + " benign, seed " + std::to_string(settings.seed);
    c.detail = c.how;
  }
  return out;
}

}  // namespace c2watch::harness
