// Needs: the events and fields that each detector lives on, and what it loses without them.
//
// Written from the detectors' pages (plugin/core/analytics/*.md), "Inputs". Detectors that a config
// switches off need nothing, and some settings change what is needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/verify/effective_config.h"

namespace c2watch::harness {

enum class Impact {
  info,      // worth knowing; every detector works all the same
  degraded,  // a detector sees less
  blocking,  // a detector sees nothing
};
std::string_view impact_name(Impact impact);

// Stands for Sumo's normalised network records among event ids.
inline constexpr std::uint32_t kNormalised = 0;

struct FieldRequirement {
  std::string name;
  Impact impact = Impact::blocking;
  std::string without;  // "programs cannot be told apart"
};

struct EventRequirement {
  std::uint32_t event_id = 0;
  Impact impact = Impact::blocking;
  std::string without;  // "beacons over DNS are not seen"
  std::vector<FieldRequirement> fields;
};

struct DetectorRequirements {
  std::string detector;
  std::vector<EventRequirement> events;
};

// Of the detectors that are switched on, in the plugin's order.
std::vector<DetectorRequirements> requirements_of(const EffectiveConfig& config);

// "EID 3", or what kNormalised stands for.
std::string event_text(std::uint32_t event_id);

}  // namespace c2watch::harness
