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
// COST      20 ns for an event in order; a late one moves up to 64 entries.
// MEMORY    40 bytes with two check-ins in place; 384 more for a key with more than 32.
// FAILURE   add() may throw bad_alloc and then has changed nothing.
#pragma once

#include <cstddef>
#include <cstdint>

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
  too_late,  // older than everything kept, and the list has slid or is full
};

class CheckIns {
 public:
  // 64: enough to tell jitter of 99 % from random traffic at one in a thousand.
  static constexpr std::uint32_t kMax = 64;

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
  std::int64_t time_ms(std::size_t i) const { return base_ms_ + visits_[i].offset(); }

  // Writes the size() - 1 gaps between the check-ins, oldest first, and says how many.
  std::size_t gaps(std::uint32_t* out) const;

  void prefetch() const { visits_.prefetch(); }  // for the add() that comes next

  std::size_t heap_bytes() const { return visits_.heap_bytes(); }

  template <class Archive>
  void fields(Archive& a) {
    a(base_ms_, visits_, last_length_ms_, slid_);
  }
  // Whether what was read keeps the invariants.
  bool sane() const;

 private:
  // Six bytes: 32 bits of offset in halves, so that no padding follows the length.
  struct Visit {
    std::uint16_t offset_high;
    std::uint16_t offset_low;
    std::uint16_t length;  // ms from first to last event; 65 s stand for all that is longer

    std::uint32_t offset() const { return std::uint32_t{offset_high} << 16 | offset_low; }
    std::uint32_t end() const { return offset() + length; }

    template <class Archive>
    void fields(Archive& a) {
      a(offset_high, offset_low, length);
    }
  };
  static Visit visit(std::uint32_t offset, std::uint32_t length);

  void begin(std::int64_t at_ms);
  void shift_by(std::int64_t shift);
  Added add_before(std::int64_t at_ms, const CheckInRules& rules);
  Added add_within(std::int64_t at_ms, const CheckInRules& rules);
  void stretch(Visit* v, std::uint32_t first, std::uint32_t end);

  // INVARIANT: visits_ ascend by offset, begin with 0 and are at most kMax. last_length_ms_ is the
  // newest visit's true length: a stream of events must not end after 65 s.
  std::int64_t base_ms_ = 0;
  InlineList<Visit, 2> visits_;
  std::uint32_t last_length_ms_ = 0;
  bool slid_ = false;
};

}  // namespace c2watch::state
