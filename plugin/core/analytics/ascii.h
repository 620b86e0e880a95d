// ASCII text without a locale: Windows names compare without case, and setlocale() belongs to the
// host. Bytes above 0x7f are left alone, which is right for UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace c2watch::analytics {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Eight bytes at once.
constexpr std::uint64_t ascii_lower_8(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101u;
  const std::uint64_t seven_bits = bytes & kEach * 0x7F;
  const std::uint64_t from_a = seven_bits + kEach * (0x80 - 'A');        // bit 7: >= 'A'
  const std::uint64_t beyond_z = seven_bits + kEach * (0x80 - 'Z' - 1);  // bit 7: > 'Z'
  const std::uint64_t upper = (from_a ^ beyond_z) & ~bytes & kEach * 0x80;
  return bytes | upper >> 2;  // 0x80 >> 2 is the case bit
}

// Writes the text in lower case to `to`, which has room for it.
inline void lower_into(char* to, std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + i, sizeof bytes);
    bytes = ascii_lower_8(bytes);
    std::memcpy(to + i, &bytes, sizeof bytes);
  }
  for (; i < text.size(); ++i) to[i] = ascii_lower(text[i]);
}

constexpr bool ascii_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr bool ascii_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

constexpr bool ascii_starts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && ascii_equal(text.substr(0, prefix.size()), prefix);
}

constexpr bool ascii_ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         ascii_equal(text.substr(text.size() - suffix.size()), suffix);
}

// Where `needle` begins in `text`, npos if nowhere. An empty needle is nowhere.
constexpr std::size_t ascii_find(std::string_view text, std::string_view needle,
                                 std::size_t from = 0) {
  if (needle.empty()) return std::string_view::npos;
  for (std::size_t i = from; i + needle.size() <= text.size(); ++i) {
    if (ascii_lower(text[i]) == ascii_lower(needle[0]) &&
        ascii_equal(text.substr(i, needle.size()), needle)) {
      return i;
    }
  }
  return std::string_view::npos;
}

constexpr bool ascii_contains(std::string_view text, std::string_view needle) {
  return ascii_find(text, needle) != std::string_view::npos;
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && ascii_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && ascii_blank(text.back())) text.remove_suffix(1);
  return text;
}

inline std::string to_lower(std::string_view text) {
  std::string lower(text.size(), '\0');
  lower_into(lower.data(), text);
  return lower;
}

}  // namespace c2watch::analytics
