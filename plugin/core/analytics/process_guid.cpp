#include "core/analytics/process_guid.h"

#include <array>
#include <cstddef>

namespace c2watch::analytics {
namespace {

constexpr std::uint8_t kNotHex = 0x80;

// The value of each character as a hex digit, or kNotHex.
constexpr std::array<std::uint8_t, 256> hex_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotHex);
  for (std::uint8_t i = 0; i < 10; ++i) values[std::size_t{'0'} + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values[std::size_t{'a'} + i] = values[std::size_t{'A'} + i] = static_cast<std::uint8_t>(i + 10);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kHexValues = hex_values();

// Appends `digits` hex digits to `number`; every event has a guid or two, so whether all were
// digits is asked once at the end, in `seen`.
constexpr void read_hex(const char* at, int digits, std::uint64_t& number, std::uint8_t& seen) {
  for (int i = 0; i < digits; ++i) {
    const std::uint8_t value = kHexValues[static_cast<unsigned char>(at[i])];
    seen |= value;
    number = number << 4 | (value & 0x0Fu);
  }
}

}  // namespace

// 8-4-4-4-12 digits.
ProcessGuid parse_process_guid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, 36);
  }
  if (text.size() != 36) return {};
  const char* const at = text.data();
  if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return {};

  ProcessGuid guid;
  std::uint8_t seen = 0;
  read_hex(at, 8, guid.high, seen);
  read_hex(at + 9, 4, guid.high, seen);
  read_hex(at + 14, 4, guid.high, seen);
  read_hex(at + 19, 4, guid.low, seen);
  read_hex(at + 24, 12, guid.low, seen);
  return (seen & kNotHex) == 0 ? guid : ProcessGuid{};
}

bool same_guid(std::string_view a, std::string_view b) {
  const ProcessGuid guid = parse_process_guid(a);
  return known(guid) && guid == parse_process_guid(b);
}

}  // namespace c2watch::analytics
