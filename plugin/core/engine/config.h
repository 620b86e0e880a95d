// Config: text that a person wrote -> EngineSettings, or every mistake in it with its place.
//
//   Result<EngineSettings> s = read_config(R"({"extends": "lab", "max_future_seconds": 60})");
//   if (!s) report(s.error().message);
//   // config:3:5: detectors.hourly_beacon.min_totl: no such setting; did you mean "min_total"?
//
// Nothing is taken from a config with a mistake in it. The core reads no file: a host that has one
// puts its name before the messages.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/settings.h"
#include "core/model/result.h"

namespace c2watch::engine {

// Mistakes reported at once: a screenful.
inline constexpr int kMaxConfigMistakes = 10;

// "" means {"extends": "default"}. One mistake a line in the error.
Result<EngineSettings> read_config(std::string_view text);

}  // namespace c2watch::engine
