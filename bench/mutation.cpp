#include "bench/mutation.h"

#include <algorithm>
#include <iterator>

#include "harness/base/json_schema.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

std::set<string> without(const std::set<string>& a, const std::set<string>& b) {
  std::set<string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

Mutation mutation_of(const json& j) {
  return {j["name"], j["title"], j.value("simulate", SimulatorOptions{}),
          j["fires"].get<std::set<string>>(), j.value("reason", "")};
}

}  // namespace

Result<MutationPlan> parse_mutations(std::string_view text, std::string_view file_name,
                                     const json& schema) {
  Result<json> file = read_json_with_schema(text, file_name, schema);
  if (!file) return Error{file.error()};
  MutationPlan plan;
  for (const json& j : (*file)["scenarios"]) {
    MutationScenario s{
        j["name"], j["title"], j["profile"], j["simulate"].get<SimulatorOptions>(), {}};
    s.mutations.push_back({"as_it_is", "as it is", {}, j["fires"].get<std::set<string>>(), ""});
    for (const json& m : j["mutations"]) s.mutations.push_back(mutation_of(m));
    plan.scenarios.push_back(std::move(s));
  }
  return plan;
}

std::set<string> MutationOutcome::lost() const { return without(mutation.fires, fired); }
std::set<string> MutationOutcome::gained() const { return without(fired, mutation.fires); }

std::size_t MutationResult::regressions() const {
  std::size_t n = 0;
  for (const ScenarioOutcome& s : scenarios)
    for (const MutationOutcome& o : s.outcomes) n += !o.lost().empty();
  return n;
}

Result<MutationResult> mutate(const MutationPlan& plan, const Plugin& plugin,
                              const string& simulator,
                              const std::function<void(const string&)>& progress) {
  MutationResult result;
  for (const MutationScenario& scenario : plan.scenarios) {
    ScenarioOutcome out{scenario, {}};
    for (const Mutation& mutation : scenario.mutations) {
      progress(scenario.name + ", " + mutation.title);
      Result<Detected> detected =
          detect(simulator, plugin, scenario.profile, with(scenario.simulate, mutation.changes));
      if (!detected) return Error{scenario.name + "/" + mutation.name + ": " + detected.error()};
      std::set<string> fired;
      for (const Finding& f : detected->findings) fired.insert(f.detector);
      out.outcomes.push_back({mutation, std::move(fired)});
    }
    result.scenarios.push_back(std::move(out));
  }
  return result;
}

nlohmann::ordered_json mutation_json(const MutationResult& result) {
  using ordered = nlohmann::ordered_json;
  ordered scenarios = ordered::array();
  for (const ScenarioOutcome& s : result.scenarios) {
    ordered mutations = ordered::array();
    for (const MutationOutcome& o : s.outcomes)
      mutations.push_back({{"name", o.mutation.name},
                           {"title", o.mutation.title},
                           {"simulate", o.mutation.changes},
                           {"expected", o.mutation.fires},
                           {"fired", o.fired},
                           {"lost", o.lost()},
                           {"gained", o.gained()},
                           {"reason", o.mutation.reason}});
    scenarios.push_back({{"name", s.scenario.name},
                         {"title", s.scenario.title},
                         {"profile", s.scenario.profile},
                         {"mutations", mutations}});
  }
  return {{"schema", "c2watch.mutation_result/1"},
          {"passed", result.regressions() == 0},
          {"regressions", result.regressions()},
          {"scenarios", scenarios}};
}

}  // namespace c2watch::harness
