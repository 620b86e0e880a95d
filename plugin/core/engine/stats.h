// EngineStats: what the engine has seen and done since it was opened. Plain counters; metrics.h
// makes of them what hosts receive.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/model/event.h"
#include "core/model/time.h"
#include "core/parse/unreadable.h"

namespace c2watch::engine {

// How far behind the newest event others arrive. Buckets, not samples: what it takes is fixed.
struct Lateness {
  // Upper ends, inclusive. 0: in order; 1 s: one batch; 300 s: `lateness_seconds` as it ships.
  static constexpr std::array<std::int64_t, 8> kSeconds = {0, 1, 10, 60, 300, 900, 3'600, 86'400};

  std::array<std::uint64_t, kSeconds.size() + 1> events{};  // the last: beyond a day
  Duration sum{};
  Duration most{};

  void add(Duration late) {
    std::size_t bucket = 0;
    while (bucket < kSeconds.size() && late > std::chrono::seconds{kSeconds[bucket]}) ++bucket;
    ++events[bucket];
    sum += late;
    most = std::max(most, late);
  }
};

struct EngineStats {
  std::uint64_t records = 0;  // everything handed to observe
  std::uint64_t used = 0;
  std::uint64_t ignored = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t repeated = 0;
  std::uint64_t created_ahead = 0;  // used, but with a log time ahead of the host's clock
  // Events whose only time had no zone, by how the zone was known: see local_times.h.
  std::uint64_t zone_unknown = 0;
  std::uint64_t zone_from_clock = 0;
  std::uint64_t zone_from_utc_time = 0;
  std::uint64_t bad_record_ids = 0;  // used, but with a record id that is no whole number
  std::uint64_t told_again = 0;      // findings of an earlier process
  std::array<std::uint64_t, kKinds> events{};
  std::array<std::uint64_t, parse::kUnreadables> unreadable{};
  Lateness lateness;  // of the used ones

  std::uint64_t all_unreadable() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : unreadable) sum += count;
    return sum;
  }
};

}  // namespace c2watch::engine
