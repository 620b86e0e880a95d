// Instants as text: what configs, findings and stats write and read. UTC, always with the Z.
//
//   instant_text(t)                          // "2026-02-02T02:40:00.123Z": Sysmon's resolution
//   parse_instant("2026-02-02T02:40:00Z")    // with or without a fraction of up to 6 digits
//
// Events have many more spellings; those are parse/timestamps.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/time.h"

namespace c2watch::engine {

std::string instant_text(Time t);
std::optional<Time> parse_instant(std::string_view text);

std::string day_text(std::chrono::sys_days day);                        // "2026-02-02"
std::optional<std::chrono::sys_days> parse_day(std::string_view text);  // that, 1970 or later

}  // namespace c2watch::engine
