// Setting: one row of the table that the whole config is made of.
//
//   {.path = "detectors.hourly_beacon.min_total",
//    .value = at<&EngineSettings::hourly_beacon, &HourlyBeaconSettings::min_total>(),
//    .range = {1, 1'000'000},
//    .unit = "connections",
//    .description = "A key needs this many connections within the window.",
//    .reason = "The seed's own number."}
//
// Reading, refusing, the JSON Schema, the shipped profiles and the documentation all come from
// these rows. The default itself is the initialiser in the settings struct, nowhere else.
#pragma once

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/engine/instant.h"
#include "core/engine/json_writer.h"
#include "core/engine/located_json.h"
#include "core/engine/settings.h"

// The names of what analytics let one choose from, in the order of the enumerations.
namespace c2watch {

inline constexpr std::string_view kSeverityNames[] = {"informational", "low", "medium", "high",
                                                      "critical"};
constexpr std::span<const std::string_view> choice_names(Severity) { return kSeverityNames; }

}  // namespace c2watch

namespace c2watch::analytics {

inline constexpr std::string_view kScopeMatchings[] = {"globs", "structured"};
constexpr std::span<const std::string_view> choice_names(ScopeMatching) { return kScopeMatchings; }

inline constexpr std::string_view kHourlySeverities[] = {"risk_score", "context"};
constexpr std::span<const std::string_view> choice_names(HourlySeverity) {
  return kHourlySeverities;
}

inline constexpr std::string_view kApplicationFields[] = {"strict", "coalesce"};
constexpr std::span<const std::string_view> choice_names(ApplicationField) {
  return kApplicationFields;
}

inline constexpr std::string_view kDeviations[] = {"population", "sample"};
constexpr std::span<const std::string_view> choice_names(Deviation) { return kDeviations; }

}  // namespace c2watch::analytics

namespace c2watch::engine {

enum class SettingType : std::uint8_t {
  boolean,
  integer,
  number,
  choice,        // one of a few names
  instant,       // "2026-02-02T00:00:00Z", or null for none
  text,          // any text, also none
  text_list,     // texts that are not empty
  integer_list,  // whole numbers within the range
  port_rules,    // ports, each with a reason
};

// Inclusive. Meaningless for booleans, choices and texts.
struct Range {
  double least = 0;
  double most = 0;
};

// How to get at one member of EngineSettings without knowing its type.
struct Access {
  SettingType type = SettingType::boolean;
  void (*set)(EngineSettings&, const LocatedJson&) = nullptr;  // what is written was checked
  bool (*same)(const EngineSettings&, const EngineSettings&) = nullptr;
  // For writing configs and schemas, not while a collector runs: nlohmann's destructors allocate.
  nlohmann::json (*get)(const EngineSettings&) = nullptr;
  // The same as text, which may run out of memory and does no harm then.
  void (*write)(const EngineSettings&, JsonWriter&) = nullptr;
  std::span<const std::string_view> choices = {};
};

struct Setting {
  std::string_view path;
  Access value;
  Range range = {};
  std::string_view unit = {};  // "" for counts of nothing in particular, switches and names
  std::string_view description;
  std::string_view reason;  // why the default is what it is, and why a profile differs
  bool only_told = false;   // it changes what is told of a finding, not what is kept towards one
};

// Every setting, in the order of the shipped profiles.
std::span<const Setting> all_settings();

namespace detail {

template <auto First, auto... Rest, class Object>
constexpr auto& follow(Object& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return follow<Rest...>(object.*First);
  }
}

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

inline constexpr std::string_view kConfidences[] = {"low", "medium", "high"};

nlohmann::json rules_json(const std::vector<analytics::PortRule>& rules);
void write_rules(JsonWriter& w, const std::vector<analytics::PortRule>& rules);
std::vector<analytics::PortRule> rules_from(const LocatedJson& written);
bool same_rules(const std::vector<analytics::PortRule>& a,
                const std::vector<analytics::PortRule>& b);

// An enumeration is a setting when choice_names(E) lists its names in the order of its values.
template <class T>
concept Choice = std::is_enum_v<T> && requires(T v) {
  { choice_names(v) } -> std::convertible_to<std::span<const std::string_view>>;
};

template <class T>
constexpr SettingType type_of() {
  if constexpr (std::same_as<T, bool>) {
    return SettingType::boolean;
  } else if constexpr (std::integral<T>) {
    return SettingType::integer;
  } else if constexpr (Choice<T>) {
    return SettingType::choice;
  } else if constexpr (std::floating_point<T> || is_duration<T>) {
    return SettingType::number;
  } else if constexpr (std::same_as<T, std::optional<Time>>) {
    return SettingType::instant;
  } else if constexpr (std::same_as<T, std::string>) {
    return SettingType::text;
  } else if constexpr (std::same_as<T, std::vector<std::string>>) {
    return SettingType::text_list;
  } else if constexpr (std::same_as<T, std::vector<analytics::PortRule>>) {
    return SettingType::port_rules;
  } else {
    static_assert(std::integral<typename T::value_type>, "a type that no config can hold");
    return SettingType::integer_list;
  }
}

// Durations are written in seconds: whole ones without a fraction.
template <class T>
nlohmann::json to_json(const T& value) {
  if constexpr (is_duration<T>) {
    const double seconds = std::chrono::duration<double>(value).count();
    if (seconds == std::floor(seconds)) return static_cast<std::int64_t>(seconds);
    return seconds;
  } else if constexpr (Choice<T>) {
    return std::string(choice_names(value)[static_cast<std::size_t>(value)]);
  } else if constexpr (std::same_as<T, std::optional<Time>>) {
    return value ? nlohmann::json(instant_text(*value)) : nlohmann::json(nullptr);
  } else if constexpr (std::same_as<T, std::vector<analytics::PortRule>>) {
    return rules_json(value);
  } else {
    return value;
  }
}

// As nlohmann/json writes them: a whole number that is no integer keeps its point.
void write_number(JsonWriter& w, double value);

template <class T>
void write_json(JsonWriter& w, const T& value) {
  if constexpr (is_duration<T>) {
    const double seconds = std::chrono::duration<double>(value).count();
    if (seconds == std::floor(seconds)) return w.value(static_cast<std::int64_t>(seconds));
    write_number(w, seconds);
  } else if constexpr (Choice<T>) {
    w.value(choice_names(value)[static_cast<std::size_t>(value)]);
  } else if constexpr (std::same_as<T, std::optional<Time>>) {
    if (value) return w.value(instant_text(*value));
    w.value(nullptr);
  } else if constexpr (std::same_as<T, std::vector<analytics::PortRule>>) {
    write_rules(w, value);
  } else if constexpr (std::floating_point<T>) {
    write_number(w, value);
  } else if constexpr (std::integral<T> || std::same_as<T, std::string>) {
    w.value(value);
  } else {
    w.list([&] {
      for (const auto& item : value) w.value(item);
    });
  }
}

template <class T>
void read_into(T& value, const LocatedJson& written) {
  if constexpr (is_duration<T>) {
    value = std::chrono::round<T>(std::chrono::duration<double>(written.value.get<double>()));
  } else if constexpr (Choice<T>) {
    const auto names = choice_names(value);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (written.text() == names[i]) value = static_cast<T>(i);
  } else if constexpr (std::same_as<T, std::optional<Time>>) {
    value = parse_instant(written.text());
  } else if constexpr (std::same_as<T, std::vector<analytics::PortRule>>) {
    value = rules_from(written);
  } else if constexpr (std::same_as<T, std::string>) {
    value = written.text();
  } else if constexpr (requires { typename T::value_type; }) {
    value.clear();
    for (const LocatedJson& item : written.children)
      value.push_back(item.value.get<typename T::value_type>());
  } else {
    value = written.value.get<T>();
  }
}

template <class T>
bool are_same(const T& a, const T& b) {
  if constexpr (std::same_as<T, std::vector<analytics::PortRule>>) {
    return same_rules(a, b);
  } else {
    return a == b;
  }
}

}  // namespace detail

// The member reached by following `Path` from EngineSettings.
template <auto... Path>
constexpr Access at() {
  using T = std::remove_cvref_t<decltype(detail::follow<Path...>(std::declval<EngineSettings&>()))>;
  Access access{
      .type = detail::type_of<T>(),
      .set =
          [](EngineSettings& s, const LocatedJson& written) {
            detail::read_into(detail::follow<Path...>(s), written);
          },
      .same =
          [](const EngineSettings& a, const EngineSettings& b) {
            return detail::are_same(detail::follow<Path...>(a), detail::follow<Path...>(b));
          },
      .get = [](const EngineSettings& s) { return detail::to_json(detail::follow<Path...>(s)); },
      .write = [](const EngineSettings& s,
                  JsonWriter& w) { detail::write_json(w, detail::follow<Path...>(s)); }};
  if constexpr (detail::Choice<T>) access.choices = choice_names(T{});
  return access;
}

}  // namespace c2watch::engine
