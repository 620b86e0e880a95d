// Run: from settings to files: the events, and the ground truth beside them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "scenarios/settings.h"
#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

struct RunResult {
  std::uint64_t events = 0;  // lines written
  std::uint64_t bytes = 0;
  std::uint64_t labelled = 0;  // lines in the truth file, without its header
  std::uint64_t lost = 0;
  std::array<std::uint64_t, kEventKinds> by_kind{};
  std::optional<std::string> error;  // of the output files; a sentence
};

// The simulation alone, without files: every record that arrives goes to `sink`.
struct SimulationResult {
  std::uint64_t lost = 0;
};
SimulationResult simulate(const Settings& settings, World& world, RecordSink& sink);

// The world that `settings` describe, before anything happens.
std::unique_ptr<World> make_world(const Settings& settings);

// `progress` is called every 65,536 events.
RunResult run(const Settings& settings, const std::function<void(std::uint64_t)>& progress = {});

}  // namespace c2sim
