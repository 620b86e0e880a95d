#include "core/analytics/suffix_set.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "core/analytics/ascii.h"

namespace c2watch::analytics {
namespace {

constexpr std::size_t kTailBytes = sizeof(std::uint64_t);

std::uint64_t last_bytes(std::string_view text) {
  std::uint64_t bytes = 0;
  if (text.size() >= kTailBytes) {
    std::memcpy(&bytes, text.data() + text.size() - kTailBytes, kTailBytes);
    return bytes;
  }
  std::array<char, kTailBytes> padded{};
  std::copy(text.begin(), text.end(), padded.end() - static_cast<std::ptrdiff_t>(text.size()));
  std::memcpy(&bytes, padded.data(), kTailBytes);
  return bytes;
}

}  // namespace

std::uint64_t SuffixSet::tail(std::string_view text) const {
  const std::uint64_t bytes = last_bytes(text);
  return letters_ == Letters::any_case ? ascii_lower_8(bytes) : bytes;
}

void SuffixSet::add(std::string_view suffix) {
  assert(!suffix.empty());
  const bool is_short = suffix.size() < kTailBytes;
  const std::uint64_t key = tail(suffix);
  const auto long_ones = tails_.begin() + static_cast<std::ptrdiff_t>(short_);
  const auto at =
      (is_short ? long_ones : std::upper_bound(long_ones, tails_.end(), key)) - tails_.begin();
  const std::string counted(std::min(suffix.size(), kTailBytes), '\xFF');
  suffixes_.emplace(suffixes_.begin() + at, suffix);
  masks_.insert(masks_.begin() + at, last_bytes(counted));
  tails_.insert(tails_.begin() + at, key);
  short_ += is_short;
}

bool SuffixSet::matches(std::string_view text) const {
  const std::uint64_t key = tail(text);
  const std::size_t scanned = tails_.size() <= kLinear ? tails_.size() : short_;
  // One pass without a branch tells almost every text that it ends with none of them.
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < scanned; ++i) any |= (key & masks_[i]) == tails_[i];
  const auto is = [&](const std::string& suffix) { return matches(text, suffix); };
  const auto first = suffixes_.begin();
  if (any != 0 && std::any_of(first, first + static_cast<std::ptrdiff_t>(scanned), is)) return true;
  if (scanned == tails_.size()) return false;
  const auto [from, to] =
      std::equal_range(tails_.begin() + static_cast<std::ptrdiff_t>(scanned), tails_.end(), key);
  return std::any_of(first + (from - tails_.begin()), first + (to - tails_.begin()), is);
}

bool SuffixSet::matches(std::string_view text, const std::string& suffix) const {
  if (text.size() < suffix.size()) return false;
  const std::size_t before = text.size() - suffix.size();
  const std::string_view end = text.substr(before);
  if (letters_ == Letters::any_case ? !ascii_equal(end, suffix) : end != suffix) return false;
  if (before == 0 || before_ == Before::anything) return true;
  const char c = text[before - 1];
  return before_ == Before::label ? c == '.' : c == '\\' || c == '/';
}

}  // namespace c2watch::analytics
