#include "core/engine/instant.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace c2watch::engine {
namespace {

// `digits` decimal digits from `at` on; -1 when they are something else.
int number(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return -1;
  const std::string_view part = text.substr(at, digits);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::ranges::all_of(part, is_digit)) return -1;
  int value = -1;
  std::from_chars(part.data(), part.data() + part.size(), value);
  return value;
}

std::string printed(const char* format, int a, int b, int c) {
  char text[48];
  const int n = std::snprintf(text, sizeof text, format, a, b, c);
  return std::string(text, static_cast<std::size_t>(n));
}

}  // namespace

std::string day_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return printed("%04d-%02d-%02d", static_cast<int>(date.year()),
                 static_cast<int>(static_cast<unsigned>(date.month())),
                 static_cast<int>(static_cast<unsigned>(date.day())));
}

std::string instant_text(Time t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const int ms = static_cast<int>(to_ms(t) - to_ms(Time{day}));
  return day_text(day) +
         printed("T%02d:%02d:%02d", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60) +
         printed(".%03dZ", ms % 1000, 0, 0);
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  const int year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (year < 1970 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<Time> parse_instant(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      !text.ends_with('Z'))
    return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const int hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
  if (!day || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;

  std::int64_t microseconds = 0;
  if (const std::string_view rest = text.substr(19, text.size() - 20); !rest.empty()) {
    const std::size_t digits = rest.size() - 1;
    if (rest[0] != '.' || digits < 1 || digits > 6) return std::nullopt;
    microseconds = number(rest, 1, digits);
    if (microseconds < 0) return std::nullopt;
    for (std::size_t i = digits; i < 6; ++i) microseconds *= 10;
  }
  return Time{*day} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + Duration{microseconds};
}

}  // namespace c2watch::engine
