// Detectors: which analytics there are, and how the engine makes each from the settings.
//
//   for (const Detector& d : all_detectors())
//     if (d.enabled(settings)) analytics.push_back(d.make(settings, seed));
//
// A new analytic is one row here and its rows in settings_table.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/analytics/analytic.h"
#include "core/engine/settings.h"

namespace c2watch::engine {

struct Detector {
  std::string_view name;
  bool (*enabled)(const EngineSettings&);
  // `seed` keeps hash tables unpredictable; it never shows in an answer.
  std::unique_ptr<analytics::Analytic> (*make)(const EngineSettings&, std::uint64_t seed);
};

std::span<const Detector> all_detectors();

// Whether a detector made from `b` would behave as one made from `a`.
bool same_for(const Detector& detector, const EngineSettings& a, const EngineSettings& b);

}  // namespace c2watch::engine
