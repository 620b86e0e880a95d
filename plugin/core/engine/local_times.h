// LocalTimes: the zone of times that were written without one.
//
// NXLog writes EventTime by the clock on its computer's wall. Sysmon's events also hold UtcTime; the
// others (4698, 4104, 3008) hold nothing else. So each computer's zone is learned:
//
//   from UtcTime   the distance between both times in one of its Sysmon events, in quarter hours
//   from the clock the distance between EventReceivedTime and the host's clock, for a computer whose
//                  Sysmon events were not seen. A record that waited for whole quarter hours misleads
//                  it, so it is counted apart. Only where the host says what time it is: not in batch.
//   unknown        the time is taken for UTC, and counted; it never comes to lie after the host's.
//
// A change to or from summer time is learned from the first event after it. What is learned goes to
// the checkpoint: a record that comes again is read the same way.
//
// COST      nothing for times with a zone; one hash of the computer's name for the others.
// MEMORY    none, or 128 KiB from the first such time on. Names that share a place replace each other,
//           and are learned anew from their next Sysmon event.
// THREADS   none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/model/event.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

class LocalTimes {
 public:
  enum class Source : std::uint8_t { unknown, clock, utc_time, none };

  // `learned(computer, minutes, source)`: to be handed to learn() when the process starts again.
  using Learned = std::function<void(std::string_view, std::int16_t, Source)>;

  LocalTimes(std::uint64_t seed, Learned learned);

  // Moves the times of `event` to UTC. Source::none: there was nothing to move.
  Source resolve(Event& event, Time host_time);

  void learn(std::string_view computer, std::int16_t minutes, Source source);

  // See analytics::Analytic::saved().
  state::SavedState& saved() { return saved_; }

 private:
  struct Zone {
    std::uint64_t computer = 0;  // a hash
    std::int16_t minutes = 0;    // east of Greenwich
    Source source = Source::unknown;
  };

  // 8,192: computers that have Sysmon, as `repeats.max_streams`.
  static constexpr std::size_t kZones = 8192;

  std::uint64_t hash(std::string_view computer) const;
  const Zone* find(std::uint64_t computer) const;
  void note(const Event& event, std::int16_t minutes, Source source);

  std::uint64_t seed_;
  Learned learned_;
  std::vector<Zone> zones_;  // kZones, or none yet
  state::SavedState saved_;
};

}  // namespace c2watch::engine
