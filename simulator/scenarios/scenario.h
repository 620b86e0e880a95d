// Scenario: which actors share the stage.
//
//   World world(...);  Stage stage(...);
//   populate(settings, world, stage);
//   stage.run();
#pragma once

#include <span>
#include <string_view>

#include "scenarios/settings.h"
#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

struct ScenarioName {
  std::string_view name;
  std::string_view note;
};

std::span<const ScenarioName> scenarios();

void populate(const Settings& settings, World& world, Stage& stage);

// The standard corpus for measurements: see scenarios/benchmark.cpp.
void populate_benchmark(const Settings& settings, World& world, Stage& stage);

}  // namespace c2sim
