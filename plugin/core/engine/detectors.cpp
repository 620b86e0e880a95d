#include "core/engine/detectors.h"

#include <algorithm>

#include "core/engine/setting.h"

namespace c2watch::engine {

std::span<const Detector> all_detectors() { return {}; }

bool same_for(const Detector& detector, const EngineSettings& a, const EngineSettings& b) {
  const std::string own = "detectors." + std::string(detector.name) + ".";
  return std::ranges::all_of(all_settings(), [&](const Setting& s) {
    const bool matters = s.path.starts_with(own) || s.path.starts_with("scope.");
    return !matters || s.value.get(a) == s.value.get(b);
  });
}

}  // namespace c2watch::engine
