// Mutations: what an attacker may do differently, and which detector that silences.
//
//   Result<MutationPlan> plan = parse_mutations(text, "mutations.json", schema);
//   Result<MutationResult> r = mutate(*plan, plugin, simulator, progress);
//   r->regressions();
//
// A scenario is a simulation without any background, so that whatever fires is about the attack. It
// is run as it is, and once for each mutation, with the changed options of c2sim. What must still
// fire is data (share/mutations/). A detector that is expected and silent is a regression; one
// that fires beyond what is expected is good news, and is reported.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/io/plugin.h"
#include "harness/verify/simulation.h"

namespace c2watch::harness {

struct Mutation {
  std::string name;
  std::string title;
  SimulatorOptions changes;     // none: the scenario as it is
  std::set<std::string> fires;  // detectors that must
  std::string reason;           // why the others do not
};

struct MutationScenario {
  std::string name;
  std::string title;
  std::string profile;
  SimulatorOptions simulate;
  std::vector<Mutation> mutations;  // the first is the scenario as it is
};

struct MutationPlan {
  std::vector<MutationScenario> scenarios;
};

Result<MutationPlan> parse_mutations(std::string_view text, std::string_view file_name,
                                     const nlohmann::json& schema);

struct MutationOutcome {
  Mutation mutation;
  std::set<std::string> fired;

  std::set<std::string> lost() const;    // expected and silent
  std::set<std::string> gained() const;  // fired beyond what is expected
};

struct ScenarioOutcome {
  MutationScenario scenario;
  std::vector<MutationOutcome> outcomes;
};

struct MutationResult {
  std::vector<ScenarioOutcome> scenarios;

  std::size_t regressions() const;
};

Result<MutationResult> mutate(const MutationPlan& plan, const Plugin& plugin,
                              const std::string& simulator,
                              const std::function<void(const std::string&)>& progress);

nlohmann::ordered_json mutation_json(const MutationResult& result);

}  // namespace c2watch::harness
