// EngineSettings: everything that a config can say, with `default` as its initialisers.
//
// The rows of settings_table.cpp give each member its path in the config, its range and its reason.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/c2_port.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/hourly_beacon.h"
#include "core/analytics/interval_beacon.h"
#include "core/analytics/lineage.h"
#include "core/analytics/scope.h"
#include "core/analytics/task_callback.h"
#include "core/engine/allowlist.h"
#include "core/engine/checkpoint.h"
#include "core/engine/place.h"
#include "core/engine/seen_records.h"

namespace c2watch::engine {

// What a config extends; its name is in every finding.
enum class Profile : std::uint8_t {
  standard,  // "default": what we would deploy
  seed,      // the seed's query to the letter
  lab,       // default, with loopback and private ranges in scope
};
inline constexpr std::array<std::string_view, 3> kProfileNames = {"default", "seed", "lab"};
constexpr std::span<const std::string_view> choice_names(Profile) { return kProfileNames; }

// The form of what the finding callback receives.
enum class FindingFormat : std::uint8_t { native, ocsf, ecs, sumo };
inline constexpr std::array<std::string_view, 4> kFindingFormatNames = {"native", "ocsf", "ecs",
                                                                        "sumo"};
constexpr std::span<const std::string_view> choice_names(FindingFormat) {
  return kFindingFormatNames;
}

struct EngineSettings {
  Profile profile = Profile::standard;

  std::vector<AllowlistEntry> allowlist;

  // How far behind the newest event the detectors' clock runs.
  std::chrono::seconds lateness{300};

  // How long events are held back, to be seen in the order of their times; 0: not at all.
  std::chrono::seconds reorder{0};
  std::size_t reorder_bytes = std::size_t{8} << 20;

  // How far ahead of the host's time an event may lie.
  std::chrono::seconds max_future{300};

  // How often the host receives what we count, as a record among findings; 0: never.
  std::chrono::seconds metrics{0};

  bool drop_repeats = true;
  SeenRecordsSettings repeats;

  // Of all detectors; hourly_beacon.scope is not read.
  analytics::ScopeSettings scope = analytics::ScopeSettings::standard();
  analytics::LineageSettings lineage;

  bool hourly_beacon_enabled = true;
  analytics::HourlyBeaconSettings hourly_beacon;

  bool interval_beacon_enabled = true;
  analytics::IntervalBeaconSettings interval_beacon;

  bool dns_burst_enabled = true;
  analytics::DnsBurstSettings dns_burst;

  bool c2_port_enabled = true;
  analytics::C2PortSettings c2_port;

  bool task_callback_enabled = true;
  analytics::TaskCallbackSettings task_callback;

  FindingFormat format = FindingFormat::native;

  CheckpointSettings checkpoint;

  // Where the config says so itself: paths of settings, "extends" and "allowlist[0]". What is not
  // here came from the profile. Says nothing about how an engine behaves.
  std::map<std::string, Place, std::less<>> written;
};

EngineSettings profile_settings(Profile profile);

}  // namespace c2watch::engine
