#include "harness/base/text.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

struct CodePoint {
  char32_t value;
  std::size_t len;  // 0: not UTF-8
};

CodePoint decode(string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || s.size() < len) return {0, 0};
  char32_t value = lead & (0x7Fu >> len);
  for (std::size_t i = 1; i < len; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[len] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return {0, 0};
  return {value, len};
}

// C1 controls, and what changes direction, joins or hides: Unicode's bidirectional controls,
// zero-width characters, line and paragraph separators, the byte order mark and the tag block.
bool is_treacherous(char32_t c) {
  return (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

template <class... Args>
string format(const char* pattern, Args... args) {
  char out[96];
  const int n = std::snprintf(out, sizeof out, pattern, args...);
  return {out, static_cast<std::size_t>(std::clamp(n, 0, static_cast<int>(sizeof out) - 1))};
}

std::size_t bytes_of_columns(string_view text, std::size_t width) {
  std::size_t at = 0;
  for (; at < text.size() && width > 0; --width) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

}  // namespace

string printable(string_view text) {
  string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (c.len == 0) {
      out += format("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
      continue;
    }
    if (c.value == '\n' || c.value == '\t' || c.value == '\r')
      out += ' ';
    else if (c.value < 0x20 || c.value == 0x7F)
      out += format("\\x%02X", static_cast<unsigned>(c.value));
    else if (is_treacherous(c.value))
      out += format("\\u{%04X}", static_cast<unsigned>(c.value));
    else
      out += text.substr(0, c.len);
    text.remove_prefix(c.len);
  }
  return out;
}

string markup_escaped(string_view text) {
  string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::size_t columns(string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

string clip_end(string_view text, std::size_t width, bool unicode) {
  if (columns(text) <= width) return string(text);
  const string_view mark = unicode ? "…" : "..";
  const std::size_t keep = width > columns(mark) ? width - columns(mark) : 0;
  return string(text.substr(0, bytes_of_columns(text, keep))) + string(mark);
}

string clip_middle(string_view text, std::size_t width, bool unicode) {
  const std::size_t all = columns(text);
  if (all <= width) return string(text);
  const string_view mark = unicode ? "…" : "..";
  if (width <= columns(mark) + 1) return clip_end(text, width, unicode);
  const std::size_t keep = width - columns(mark);
  const std::size_t front = keep / 3;  // a path tells most at its end
  const std::size_t back = keep - front;
  return string(text.substr(0, bytes_of_columns(text, front))) + string(mark) +
         string(text.substr(bytes_of_columns(text, all - back)));
}

std::vector<string> wrap(string_view text, std::size_t width) {
  std::vector<string> lines;
  while (columns(text) > width) {
    const std::size_t room = bytes_of_columns(text, width);
    std::size_t cut = text.rfind(' ', room);
    if (cut == string_view::npos || cut == 0) cut = room;  // one long word
    string_view line = text.substr(0, cut);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(cut);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

string with_thousands(std::uint64_t n) {
  string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

string plural(std::uint64_t n, string_view noun) {
  return with_thousands(n) + " " + string(noun) + (n == 1 ? "" : "s");
}

string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  return format(bytes < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes, kUnits[unit]);
}

string fixed(double value, int digits) { return format("%.*f", digits, value); }

string seconds_text(double seconds) {
  if (seconds < 10) return format("%.1f s", seconds);
  if (seconds < 600) return format("%.0f s", seconds);
  const auto minutes = static_cast<long long>(std::llround(seconds / 60));
  if (minutes < 120) return format("%lld min", minutes);
  return format("%lld h %02lld min", minutes / 60, minutes % 60);
}

string time_text(std::int64_t us) {
  using namespace std::chrono;
  const sys_time<microseconds> t{microseconds{us}};
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(t - day)};
  string out =
      format("%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
             static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
             static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
             static_cast<int>(clock.seconds().count()));
  if (const auto ms = clock.subseconds().count(); ms != 0)
    out += format(".%03d", static_cast<int>(ms));
  return out;
}

}  // namespace c2watch::harness
