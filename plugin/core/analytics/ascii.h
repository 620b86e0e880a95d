// ASCII text without a locale: Windows names compare without case, and setlocale() belongs to the
// host. Bytes above 0x7f are left alone, which is right for UTF-8.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace c2watch::analytics {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

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
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

}  // namespace c2watch::analytics
