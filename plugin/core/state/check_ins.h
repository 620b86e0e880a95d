// CheckIns: when something was heard of, the last 64 times at most, in order, however they arrived.
//
//   CheckIns heard;
//   if (heard.add(at_ms, rules) == Added::check_in && heard.size() == 5) judge(heard.gaps());
//
// Events that follow each other within `coalesce_ms` are one check-in: retries, a pair of
// connections, an implant fetching its tasks. The gap between two check-ins is the silence from the
// last event of one to the first of the next. That is what a program sleeps; and of random traffic
// the silences, less `coalesce_ms`, are exactly exponential.
//
// LATE      An event that arrives late takes its place, and may join two check-ins into one. The
//           order of arrival does not matter, but for events older than the oldest check-in kept
//           after the list has slid, and for silences above `max_silence_ms`.
// FULL      At kMax the owner judges a last time and calls slide(), which keeps the newer half.
// QUIET     After `max_silence_ms` without an event the list begins anew.
// SPAN      The list reaches back kMaxSpanMs from its newest event. Check-ins that began earlier
//           are dropped as by slide(); of a stream of events that lasts longer the rest is kept.
// TIMES     Any |at_ms| <= 2^62 in any order, for 20 ns in order; a late event or a full list moves
//           up to 64 entries. No cost depends on a distance in time.
// MEMORY    40 bytes with two check-ins in place; 512 more for a key with more than 32.
// FAILURE   add() may throw bad_alloc and then has changed nothing but the span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/state/inline_list.h"

namespace c2watch::state {

struct CheckInRules {
  std::uint32_t coalesce_ms = 1'000;
  std::uint32_t max_silence_ms = 36u * 3'600'000;  // 36 h; at most 20 days
};

enum class Added : std::uint8_t {
  check_in,  // a new check-in is in the list
  merged,    // part of one that is there already
  anew,      // so long after the last one that the list was emptied first
  too_late,  // older than everything kept, and the list has slid, is full or would break a rule
};

class CheckIns {
 public:
  // 64: enough to tell jitter of 99 % from random traffic at one in a thousand.
  static constexpr std::uint32_t kMax = 64;
  // 49 days: more than twice the longest silence, so that two check-ins always fit.
  static constexpr std::int64_t kMaxSpanMs = std::numeric_limits<std::uint32_t>::max();

  Added add(std::int64_t at_ms, const CheckInRules& rules);

  // Drops the older half and remembers that older events are of no use any more.
  void slide();

  // A list of its own with the same times. May throw bad_alloc.
  CheckIns copy() const;

  std::size_t size() const { return visits_.size(); }
  bool slid() const { return slid_; }

  // Requires size() > 0. A check-in's time is that of its first event.
  std::int64_t first_ms() const { return base_ms_; }
  std::int64_t last_ms() const { return time_ms(size() - 1); }
  std::int64_t time_ms(std::size_t i) const { return base_ms_ + visits_[i].offset; }
  // The newest event of all.
  std::int64_t end_ms() const { return base_ms_ + visits_[size() - 1].end(); }

  // Writes the size() - 1 gaps between the check-ins, oldest first, and says how many.
  std::size_t gaps(std::uint32_t* out) const;

  void prefetch() const { visits_.prefetch(); }  // for the add() that comes next

  std::size_t heap_bytes() const { return visits_.heap_bytes(); }

  // Version 1 kept a visit's length in 16 bits, and that of the newest one besides.
  template <class Archive>
  void fields(Archive& a) {
    a(base_ms_);
    if (a.version() >= 2) {
      a(visits_);
    } else if constexpr (Archive::kReads) {
      read_version_1(a);
    }
    a(slid_);
  }
  // Whether what was read keeps the invariants. Holds for all that add() can make.
  bool sane() const;

 private:
  // Eight bytes: two in place take no more than the pointer and padding would.
  struct Visit {
    std::uint32_t offset;  // ms from base_ms_ to its first event
    std::uint32_t length;  // ms from there to its last event

    std::uint32_t end() const { return offset + length; }

    template <class Archive>
    void fields(Archive& a) {
      a(offset, length);
    }
  };

  struct Version1Visit {
    std::uint16_t offset_high;
    std::uint16_t offset_low;
    std::uint16_t length;

    template <class Archive>
    void fields(Archive& a) {
      a(offset_high, offset_low, length);
    }
  };
  template <class Reader>
  void read_version_1(Reader& r) {
    InlineList<Version1Visit, 2> old;
    std::uint32_t last_length = 0;
    r(old, last_length);
    visits_.erase(visits_.begin(), visits_.end());
    visits_.reserve(old.size());
    for (const Version1Visit& v : old)
      visits_.insert(visits_.end(), {std::uint32_t{v.offset_high} << 16 | v.offset_low, v.length});
    if (!visits_.empty()) visits_[size() - 1].length = last_length;
  }

  void begin(std::int64_t at_ms);
  void drop_before(std::int64_t from_ms);
  Added add_before(std::int64_t at_ms, const CheckInRules& rules);

  // INVARIANT: visits_ ascend without touching, the first begins at offset 0, all end within
  // kMaxSpanMs, and there are at most kMax.
  std::int64_t base_ms_ = 0;
  InlineList<Visit, 2> visits_;
  bool slid_ = false;
};

}  // namespace c2watch::state
