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

enum class Weight {
  note,     // worth knowing; every detector works all the same
  weakens,  // a detector sees less
  breaks,   // a detector sees nothing
};
std::string_view weight_name(Weight weight);

// Stands for Sumo's normalised network records among event ids.
inline constexpr std::uint32_t kNormalised = 0;

struct FieldNeed {
  std::string name;
  Weight weight = Weight::breaks;
  std::string without;  // "programs cannot be told apart"
};

struct EventNeed {
  std::uint32_t event_id = 0;
  Weight weight = Weight::breaks;
  std::string without;  // "beacons over DNS are not seen"
  std::vector<FieldNeed> fields;
};

struct DetectorNeed {
  std::string detector;
  std::vector<EventNeed> events;
};

// Of the detectors that are switched on, in the plugin's order.
std::vector<DetectorNeed> needs_of(const EffectiveConfig& config);

// "EID 3", or what kNormalised stands for.
std::string event_text(std::uint32_t event_id);

}  // namespace c2watch::harness
