#include "core/engine/effective_config.h"

#include <string_view>

#include "core/engine/config_text.h"
#include "core/engine/json_writer.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

void write_place(JsonWriter& w, const EngineSettings& settings, std::string_view path) {
  const auto at = settings.written.find(path);
  if (at == settings.written.end()) return;
  w.member("line", at->second.line);
  w.member("column", at->second.column);
}

std::string_view origin_of(const Setting& s, const EngineSettings& settings,
                           const EngineSettings& built_in) {
  if (settings.written.contains(s.path)) return "config";
  return s.value.same(settings, built_in) ? "built_in" : "profile";
}

void write_setting(JsonWriter& w, const Setting& s, const EngineSettings& settings,
                   const EngineSettings& built_in) {
  w.object([&] {
    w.member("path", s.path);
    w.key("value");
    s.value.write(settings, w);
    w.key("default");
    s.value.write(built_in, w);
    w.member("origin", origin_of(s, settings, built_in));
    write_place(w, settings, s.path);
    w.text_if_any("unit", s.unit);
    w.member("allowed", allowed_values(s));
    w.member("description", s.description);
    w.member("reason", s.reason);
  });
}

void write_entry(JsonWriter& w, const EngineSettings& settings, std::size_t i) {
  w.object([&] {
    write_members(w, settings.allowlist[i]);
    write_place(w, settings, "allowlist[" + std::to_string(i) + "]");
  });
}

}  // namespace

std::string effective_config_json(const EngineSettings& settings) {
  const EngineSettings built_in;
  std::string json;
  JsonWriter w(json);
  w.object([&] {
    w.member("profile", kProfileNames[static_cast<std::size_t>(settings.profile)]);
    if (settings.written.contains("extends"))
      w.object("profile_written", [&] { write_place(w, settings, "extends"); });
    w.list("settings", [&] {
      for (const Setting& s : all_settings()) write_setting(w, s, settings, built_in);
    });
    w.list("allowlist", [&] {
      for (std::size_t i = 0; i < settings.allowlist.size(); ++i) write_entry(w, settings, i);
    });
  });
  return json;
}

}  // namespace c2watch::engine
