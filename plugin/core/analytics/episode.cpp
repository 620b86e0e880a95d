#include "core/analytics/episode.h"

#include <algorithm>
#include <cassert>

#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

// Ids leave the engine: they must come out alike on every machine and after every restart.
constexpr std::uint64_t kStableSeed = 0;

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

void append_hex(std::string& text, std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[number >> shift & 15]);
}

}  // namespace

std::string problem_of(const EpisodeSettings& s) {
  using namespace std::chrono_literals;
  if (s.quiet < 1min || s.quiet > 24h * 30) return "quiet: 1 minute to 30 days";
  if (s.re_alert < 1min || s.re_alert > 24h * 30) return "re_alert: 1 minute to 30 days";
  return "";
}

Tell Episode::observe(Time at, Time began, std::uint64_t growth, const EpisodeSettings& s) {
  if (!holds(at, s)) {
    *this = Episode{};
    start_ = std::min(began, at);
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
  const state::Hash128 hash = state::hash_key(kStableSeed, {bytes});
  std::string id;
  id.reserve(32);
  append_hex(id, hash.high);
  append_hex(id, hash.low);
  return id;
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
