// The JSON Schema of the config as constant text: fixtures/config/schema.json, compiled in, so that
// handing it out needs neither memory nor an engine.
#pragma once

#include <string_view>

namespace c2watch::engine {

std::string_view config_schema();  // NUL-terminated, static storage

}  // namespace c2watch::engine
