// A simulation by c2sim, fed to one engine: what was raised, of how much telemetry.
//
//   Result<Detected> d = detect(simulator, plugin, "default", {{"scenario", "office"}, {"hosts", "5"}});
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/io/plugin.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {

// The config that is a shipped profile and nothing else.
std::string config_of_profile(const std::string& profile);

// c2sim's long options without their dashes; "" for one that has no value.
using SimulatorOptions = std::map<std::string, std::string>;

// Later options replace earlier ones of the same name.
SimulatorOptions with(SimulatorOptions base, const SimulatorOptions& changes);
std::vector<std::string> simulator_arguments(const SimulatorOptions& options);

struct Detected {
  std::vector<Finding> findings;  // each as it stood at the end
  std::uint64_t records = 0;
  std::uint64_t unreadable = 0;
  std::string stats;  // of the engine, as c2watch_stats() tells them
};

Result<Detected> detect(const std::string& simulator, const Plugin& plugin,
                        const std::string& profile, const SimulatorOptions& options);

// The same of files that are there, anything that `scan` reads, under a config of the plugin.
Result<Detected> detect_files(const Plugin& plugin, const std::string& config,
                              const std::vector<std::string>& files);

}  // namespace c2watch::harness
