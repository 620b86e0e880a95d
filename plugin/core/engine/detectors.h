// Detectors: which analytics there are, and how the engine makes each from the settings.
//
//   for (const Detector& d : all_detectors())
//     if (d.enabled(settings)) running.push_back(*d.make(settings, shared, seed));
//
// A new analytic is one row here, its settings in settings.h and their rows in settings_table.cpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/lineage.h"
#include "core/analytics/scope.h"
#include "core/engine/settings.h"
#include "core/model/result.h"
#include "core/state/hash.h"

namespace c2watch::engine {

// What several detectors look at. Outlives them.
struct Shared {
  Shared(analytics::DestinationScope destinations, analytics::LineageSettings processes,
         std::uint64_t seed)
      : scope(std::move(destinations)), lineage(processes, seed) {}

  analytics::DestinationScope scope;
  analytics::Lineage lineage;
};

Result<std::unique_ptr<Shared>> make_shared_state(const EngineSettings& settings,
                                                  std::uint64_t seed);

struct Detector {
  std::string_view name;
  bool uses_lineage;
  bool closes_hours;  // what it knows depends on the time that it was told
  bool (*enabled)(const EngineSettings&);
  // `seed` keeps hash tables unpredictable; it never shows in an answer. The error begins with the
  // setting to mend, "c2_port.ports: ...".
  Result<std::unique_ptr<analytics::Analytic>> (*make)(const EngineSettings&, Shared&,
                                                       std::uint64_t seed);
};

std::span<const Detector> all_detectors();

// What is wrong with settings whose single values are all in range. Empty: everything can be made.
struct Complaint {
  std::string path;  // of the setting to mend, or of the group it is in
  std::string message;
};
std::vector<Complaint> complaints(const EngineSettings& settings);

// What decides the meaning of saved state: equal iff the settings in these groups ("scope.") are,
// but for those that are only told.
state::Hash128 fingerprint(const EngineSettings& settings,
                           std::initializer_list<std::string_view> groups);

// Whether what is shared, or a detector, would behave the same under `a` and `b`.
bool same_shared(const EngineSettings& a, const EngineSettings& b);
bool same_for(const Detector& detector, const EngineSettings& a, const EngineSettings& b);

}  // namespace c2watch::engine
