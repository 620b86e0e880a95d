// EngineSettings: everything that a config can say, with `default` as its initialisers.
//
// The rows of settings_table.cpp give each member its path in the config, its range and its reason.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/engine/allowlist.h"
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

  // How far behind the newest event one may arrive and still lead to the same findings.
  std::chrono::seconds lateness{300};

  // How far ahead of the host's time an event may lie.
  std::chrono::seconds max_future{300};

  bool drop_repeats = true;
  SeenRecordsSettings repeats;

  FindingFormat format = FindingFormat::native;
};

}  // namespace c2watch::engine
