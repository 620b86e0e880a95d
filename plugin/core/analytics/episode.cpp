#include "core/analytics/episode.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace c2watch::analytics {
namespace {

void append_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

// Length first: otherwise ("ab", "c") and ("a", "bc") would be one key.
void append_part(std::string& bytes, std::string_view part) {
  append_number(bytes, part.size());
  bytes += part;
}

std::string hex(XXH128_canonical_t digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * sizeof digest.digest);
  for (const unsigned char byte : digest.digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace

Tell Episode::observe(Time at, Time began, std::uint64_t growth, const EpisodeSettings& s) {
  assert(began <= at);
  if (!holds(at, s)) {
    *this = Episode{};
    start_ = began;
    last_ = at;
    told_at_ = at;
    told_growth_ = growth;
    return Tell::first;
  }
  last_ = std::max(last_, at);
  const bool grown = growth > told_growth_;
  if (!grown && last_ - told_at_ < s.re_alert) return Tell::nothing;

  told_at_ = last_;
  told_growth_ = std::max(told_growth_, growth);
  ++updates_;
  return Tell::update;
}

std::string episode_id(std::string_view detector, std::initializer_list<std::string_view> key,
                       Time start) {
  std::string bytes;
  append_part(bytes, detector);
  for (const std::string_view part : key) append_part(bytes, part);
  append_number(bytes, static_cast<std::uint64_t>(start.time_since_epoch().count()));

  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes.data(), bytes.size()));
  return hex(digest);
}

void stamp(Finding& finding, const Episode& episode, std::initializer_list<std::string_view> key) {
  assert(!finding.detector.empty() && episode.open());
  finding.id = episode_id(finding.detector, key, episode.start());
  finding.update = episode.updates();
  finding.first_seen = episode.start();
  finding.last_seen = episode.last();
  finding.emitted_at = episode.last();
}

}  // namespace c2watch::analytics
