#include "core/analytics/process_guid.h"

namespace c2watch::analytics {
namespace {

constexpr int kNotHex = -1;

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return kNotHex;
}

// 8-4-4-4-12: the places of the dashes in the text without braces.
constexpr bool is_dash_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

ProcessGuid parse_process_guid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, 36);
  }
  if (text.size() != 36) return {};

  ProcessGuid guid;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_place(i)) {
      if (text[i] != '-') return {};
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit == kNotHex) return {};
    std::uint64_t& half = i < 18 ? guid.high : guid.low;
    half = half << 4 | static_cast<std::uint64_t>(digit);
  }
  return guid;
}

bool same_guid(std::string_view a, std::string_view b) {
  const ProcessGuid guid = parse_process_guid(a);
  return known(guid) && guid == parse_process_guid(b);
}

}  // namespace c2watch::analytics
