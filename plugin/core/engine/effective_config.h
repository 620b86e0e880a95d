// Effective config: what an engine runs with, setting by setting, and who said so.
//
//   {"profile": "lab", "profile_written": {"line": 2, "column": 3},
//    "settings": [{"path": "lateness_seconds", "value": 60, "default": 300, "origin": "config",
//                  "line": 3, "column": 3, "unit": "seconds", "allowed": "0 to 86400 seconds",
//                  "description": ..., "reason": ...}, ...],
//    "allowlist": [{"process": "agent.exe", "reason": ..., "line": 4, "column": 17}, ...]}
//
// Origin is "config" when the text that the engine was opened with says it, even if it says the
// same as the profile; "profile" when `seed` or `lab` makes it differ from profile `default`;
// "built_in" otherwise.
//
// COST      some 100 us: for people who ask, not for collectors that run.
#pragma once

#include <string>

#include "core/engine/settings.h"

namespace c2watch::engine {

std::string effective_config_json(const EngineSettings& settings);

}  // namespace c2watch::engine
