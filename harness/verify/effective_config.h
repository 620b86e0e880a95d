// The effective config: what an engine runs with and who said so, as the plugin itself reports it.
//
//   Result<EffectiveConfig> config = effective_config(plugin, text, "site.json");
//   for (const EffectiveSetting& s : config->settings) print(s.path, s.value, config->where(s));
//
// There is no second parser: the plugin opens the text and is asked what it made of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

struct EffectiveSetting {
  std::string path;
  nlohmann::json value;
  nlohmann::json built_in;  // what profile default has
  std::string origin;       // config, profile, built_in, or command_line
  int line = 0;             // of origin config
  int column = 0;
  std::string unit;
  std::string allowed;
  std::string description;
  std::string reason;
};

struct AllowlistEntryText {
  nlohmann::ordered_json entry;  // as a config would have it
  int line = 0;
  int column = 0;

  std::string text() const;  // "process agent.exe, domain vendor.example"
};

struct EffectiveConfig {
  std::string name;  // the file, or "profile lab"
  std::string profile;
  std::vector<EffectiveSetting> settings;
  std::vector<AllowlistEntryText> allowlist;

  // "site.json:3:5", "profile lab", "built in", "command line".
  std::string where(const EffectiveSetting& s) const;
  const EffectiveSetting* find(std::string_view path) const;
};

// `overrides` are the command line's "path=value", each value JSON or else text.
Result<EffectiveConfig> effective_config(const Plugin& plugin, const std::string& text,
                                         const std::string& name,
                                         const std::vector<std::string>& overrides = {});

// A config's text with the overrides put in; the plugin validates what comes out.
Result<std::string> with_overrides(const std::string& text,
                                   const std::vector<std::string>& overrides);

// The plugin's errors, a line each, with the file's name instead of "config".
std::string named_errors(const std::string& name, std::string_view message);

// A value for people: texts bare, lists cut after a few items unless `whole`.
std::string value_text(const nlohmann::json& value, bool whole = false);

}  // namespace c2watch::harness
