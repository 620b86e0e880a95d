// Episode: one finding that grows, instead of one finding per event.
//
// A detector that has something to say hands every event that belongs to it to the same Episode
// and does what it answers:
//
//   switch (key.episode.observe(event.utc_time, distinct_ports, settings.episode)) {
//     case Tell::nothing: return;
//     case Tell::first:
//     case Tell::update: break;
//   }
//   Finding f;
//   f.detector = "c2_port"; ...
//   stamp(f, key.episode, {event.computer, image});
//   out.emit(std::move(f));
//
// The first answer opens the episode (update 0). After that there is news only when `growth` is
// larger than it was when last told (a new port, a further stage, a higher severity), or when
// `re_alert` has gone by since it was last told: a beacon that never changes is repeated once a
// day, not once a minute. When nothing happens for `quiet` the episode is over, and the next event
// opens another one under another id.
//
// IDS       id = hash(detector, key, start of the episode). No random seed, no counter: a collector
//           that restarts and reads the same records again gives the same finding the same id.
// LATE      An event older than the newest one neither rewinds nor ends an episode.
// COST      a few ns to observe; stamp() hashes the key and runs only when there is news.
// MEMORY    48 bytes, trivially copyable, so that tables can keep and snapshot it as it is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/model/finding.h"
#include "core/model/time.h"

namespace c2watch::analytics {

struct EpisodeSettings {
  // 1 minute .. 30 days. 1 hour: far above the check-in intervals that frameworks ship with (2 s to
  // 90 s), so that lost events and retries do not cut one implant into many findings.
  Duration quiet = std::chrono::hours{1};

  // 1 minute .. 30 days. 24 hours: once per analyst shift rotation; an unchanged finding is not
  // news, but one that is still open the next day must not be forgotten either.
  Duration re_alert = std::chrono::hours{24};
};

// "" or what is wrong: "quiet: 1 minute to 30 days".
std::string problem_of(const EpisodeSettings& s);

enum class Tell : std::uint8_t { nothing, first, update };

class Episode {
 public:
  // What to tell about an event at `at`, given how much there is to tell by now. The finding began
  // at `began`, but no later than `at`: the oldest event of the window that fired, and the start of a new episode.
  Tell observe(Time at, Time began, std::uint64_t growth, const EpisodeSettings& s);

  Tell observe(Time at, std::uint64_t growth, const EpisodeSettings& s) {
    return observe(at, at, growth, s);
  }

  // Open, and not yet quiet for so long that an event at `at` would begin another one.
  bool holds(Time at, const EpisodeSettings& s) const {
    return open() && (at <= last_ || at - last_ <= s.quiet);
  }

  // Whether an allowlist entry took what was told last. The alert then asks again with each event
  // whether one still does (FindingSink::covered), and is told as soon as none does.
  void suppressed(bool by_entry) { suppressed_ = by_entry; }
  bool suppressed() const { return open() && suppressed_; }

  bool open() const { return known(start_); }
  Time start() const { return start_; }
  Time last() const { return last_; }
  std::uint32_t updates() const { return updates_; }
  std::uint64_t growth() const { return told_growth_; }  // the largest that was reported; 0: none

  template <class Archive>
  void fields(Archive& a) {
    // In one number, as what was written before there was a flag.
    constexpr std::uint32_t kSuppressed = std::uint32_t{1} << 31;
    std::uint32_t updates = updates_ | (suppressed_ ? kSuppressed : 0);
    a(start_, last_, told_at_, told_growth_, updates);
    if constexpr (Archive::kReads) {
      updates_ = updates & ~kSuppressed;
      suppressed_ = (updates & kSuppressed) != 0;
    }
  }
  // Whether what was read keeps the invariant.
  bool sane() const { return !open() || (last_ >= start_ && known(told_at_)); }

 private:
  // INVARIANT: open() implies last_ >= start_, known(told_at_).
  Time start_ = kNoTime;    // names the episode: never changes while it is open
  Time last_ = kNoTime;     // newest event
  Time told_at_ = kNoTime;  // event time of the last first/update
  std::uint64_t told_growth_ = 0;
  std::uint32_t updates_ = 0;  // < 2^31
  bool suppressed_ = false;
};

// Whether a count that grows without bound is worth another update: every step up to `each`, then
// each doubling. A process that tries 60,000 ports is told about a dozen times.
constexpr std::uint64_t steps_worth_telling(std::uint64_t count, std::uint64_t each) {
  if (count <= each) return count;
  std::uint64_t steps = each;
  for (std::uint64_t next = 2 * each; next != 0 && next <= count; next *= 2) ++steps;
  return steps;
}

// 32 hex digits. Keys must be handed over in one spelling (lower case, braces off): the id follows
// the bytes.
std::string episode_id(std::string_view detector, std::initializer_list<std::string_view> key,
                       Time start);

// Fills id, update, first_seen, last_seen and emitted_at. `finding.detector` must be set.
void stamp(Finding& finding, const Episode& episode, std::initializer_list<std::string_view> key);

}  // namespace c2watch::analytics
