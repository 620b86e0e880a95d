#include "harness/verify/effective_config.h"

#include <algorithm>
#include <sstream>

namespace c2watch::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::string;

constexpr std::string_view kCommandLine = "--set";
constexpr std::size_t kItemsShown = 4;  // of a list, in a table

json value_of(const string& text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? json(text) : value;
}

// Its place in a text that nobody has seen is no help: "config:1:293: key: ..." -> "key: ...".
string without_place(const string& line) {
  std::size_t at = 0;
  for (int colons = 0; colons < 3 && at != string::npos; ++colons) at = line.find(':', at) + 1;
  return line.starts_with("config:") ? line.substr(std::min(at + 1, line.size())) : line;
}

EffectiveSetting setting_of(const json& j) {
  EffectiveSetting s;
  s.path = j.at("path");
  s.value = j.at("value");
  s.built_in = j.at("default");
  s.origin = j.at("origin");
  s.line = j.value("line", 0);
  s.column = j.value("column", 0);
  s.unit = j.value("unit", "");
  s.allowed = j.at("allowed");
  s.description = j.at("description");
  s.reason = j.at("reason");
  return s;
}

AllowlistEntryText entry_of(ordered_json j) {
  AllowlistEntryText e;
  e.line = j.value("line", 0);
  e.column = j.value("column", 0);
  j.erase("line");
  j.erase("column");
  e.entry = std::move(j);
  return e;
}

Result<EffectiveConfig> ask(const Plugin& plugin, const string& text, const string& name) {
  Result<Engine> engine = plugin.open(text);
  if (!engine) return Error{named_errors(name, engine.error())};
  const Result<string> reported = engine->effective_config();
  if (!reported) return Error{reported.error()};
  const ordered_json j = ordered_json::parse(*reported);
  EffectiveConfig config;
  config.name = name;
  config.profile = j.at("profile");
  for (const auto& s : j.at("settings")) config.settings.push_back(setting_of(s));
  for (const auto& e : j.at("allowlist")) config.allowlist.push_back(entry_of(e));
  return config;
}

}  // namespace

string AllowlistEntryText::text() const {
  string out;
  for (const auto& [key, value] : entry.items()) {
    if (key == "reason" || key == "expires") continue;
    out += (out.empty() ? "" : ", ") + key + " " + value.get<string>();
  }
  return out;
}

string EffectiveConfig::where(const EffectiveSetting& s) const {
  if (s.origin == "config")
    return name + ":" + std::to_string(s.line) + ":" + std::to_string(s.column);
  if (s.origin == "profile") return "profile " + profile;
  return s.origin == "command_line" ? "command line" : "built in";
}

const EffectiveSetting* EffectiveConfig::find(std::string_view path) const {
  const auto hit = std::ranges::find(settings, path, &EffectiveSetting::path);
  return hit == settings.end() ? nullptr : &*hit;
}

Result<string> with_overrides(const string& text, const std::vector<string>& overrides) {
  if (overrides.empty()) return text;
  json root = json::parse(text.empty() ? "{}" : text, nullptr, false, /*ignore_comments=*/true);
  if (!root.is_object()) return text;  // the plugin says what is wrong with it, and where
  for (const string& o : overrides) {
    const auto equals = o.find('=');
    if (equals == string::npos || equals == 0)
      return Error{"--set " + o + ": right is PATH=VALUE, like detectors.c2_port.many_ports=2"};
    json* at = &root;
    std::istringstream parts(o.substr(0, equals));
    for (string part; std::getline(parts, part, '.');) {
      if (!at->is_object() && !at->is_null())
        return Error{"--set " + o + ": there is no setting below one"};
      at = &(*at)[part];
    }
    *at = value_of(o.substr(equals + 1));
  }
  return root.dump();
}

Result<EffectiveConfig> effective_config(const Plugin& plugin, const string& text,
                                         const string& name, const std::vector<string>& overrides) {
  Result<EffectiveConfig> written = ask(plugin, text, name);
  if (!written || overrides.empty()) return written;
  const Result<string> changed = with_overrides(text, overrides);
  if (!changed) return Error{changed.error()};
  Result<EffectiveConfig> config = ask(plugin, *changed, string(kCommandLine));
  if (!config) return config;
  // Places are those of the text as written: the changed one has but one line.
  config->name = name;
  for (std::size_t i = 0; i < config->settings.size(); ++i) {
    EffectiveSetting& s = config->settings[i];
    const bool set = std::ranges::any_of(
        overrides, [&](const string& o) { return o.starts_with(s.path + "="); });
    s.origin = set ? "command_line" : written->settings[i].origin;
    s.line = set ? 0 : written->settings[i].line;
    s.column = set ? 0 : written->settings[i].column;
  }
  if (config->allowlist.size() == written->allowlist.size()) config->allowlist = written->allowlist;
  return config;
}

string named_errors(const string& name, std::string_view message) {
  string out;
  std::istringstream lines{string(message)};
  for (string line; std::getline(lines, line);)
    out += (out.empty() ? "" : "\n") + (name == kCommandLine ? "--set: " + without_place(line)
                                        : line.starts_with("config:") ? name + line.substr(6)
                                                                      : name + ": " + line);
  return out;
}

string value_text(const json& value, bool whole) {
  if (value.is_string()) return value.get<string>();
  if (!value.is_array()) return value.dump();
  if (value.empty()) return "(none)";
  string out;
  const std::size_t shown = whole ? value.size() : std::min(value.size(), kItemsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const json& item = value[i];
    string text = item.is_string() ? item.get<string>() : item.dump();
    if (item.is_object())
      text = item.contains("port")
                 ? item["port"].dump()
                 : item.value("first", json()).dump() + "-" + item.value("last", json()).dump();
    out += (out.empty() ? "" : " ") + text;
  }
  if (shown < value.size()) out += " and " + std::to_string(value.size() - shown) + " more";
  return out;
}

}  // namespace c2watch::harness
