// Config text: the settings table written out for people and for editors.
//
//   std::string json = config_text(profile_settings(Profile::lab));   // a config with comments
//   std::string schema = config_schema_text();                        // JSON Schema
//
// fixtures/config holds these texts as files; a test compares, scripts/update_engine_fixtures.sh
// writes.
#pragma once

#include <string>

#include "core/engine/setting.h"
#include "core/engine/settings.h"

namespace c2watch::engine {

// Every setting with its value, and its description, range and reason above it. Reading the text
// back gives the same settings.
std::string config_text(const EngineSettings& settings);

// What may be written: "1 to 86400 seconds", "true or false", `"native", "ocsf"`.
std::string allowed_values(const Setting& setting);

// JSON Schema, draft 2020-12.
std::string config_schema_text();

}  // namespace c2watch::engine
