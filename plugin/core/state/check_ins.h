// CheckIns: when something was heard of, the last 64 times at most, in order, however they arrived.
//
//   CheckIns heard;
//   if (heard.add(at_ms, rules) == Added::check_in && heard.size() == 5) judge(heard.gaps());
//
// Events closer together than `coalesce_ms` are one check-in: a retry or a pair of connections is
// not a second visit. Its time is the time of its first event.
//
// LATE      An event that arrives late takes its place among the kept times. Arrival order does not
//           matter as long as the check-ins lie further apart than 2 * coalesce_ms, and no event is
//           older than the oldest time kept after the list has slid.
// FULL      At kMax the owner judges a last time and calls slide(), which keeps the newer half.
// QUIET     After `max_silence_ms` without an event the list begins anew.
// COST      20 ns for an event in order; a late one moves up to 64 numbers.
// MEMORY    32 bytes with two times in place, up to 256 more for a busy key.
// FAILURE   add() may throw bad_alloc and then has changed nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/state/inline_list.h"

namespace c2watch::state {

struct CheckInRules {
  std::uint32_t coalesce_ms = 1'000;
  std::uint32_t max_silence_ms = 36u * 3'600'000;  // 36 h; at most 24 days, so that two fit 32 bits
};

enum class Added : std::uint8_t {
  check_in,  // a new time is in the list
  merged,    // part of a check-in that is there already
  anew,      // so long after the last one that the list was emptied first
  too_late,  // older than everything kept, and the list has slid or is full
};

class CheckIns {
 public:
  // 64: enough to tell jitter of 99 % from random traffic at one in a thousand, in 256 bytes.
  static constexpr std::uint32_t kMax = 64;

  Added add(std::int64_t at_ms, const CheckInRules& rules);

  // Drops the older half and remembers that older events are of no use any more.
  void slide();

  std::size_t size() const { return offsets_.size(); }
  bool slid() const { return slid_; }
  std::int64_t first_ms() const { return base_ms_; }
  std::int64_t last_ms() const { return base_ms_ + offsets_[size() - 1]; }
  std::int64_t time_ms(std::size_t i) const { return base_ms_ + offsets_[i]; }

  // Writes the size() - 1 gaps between the check-ins, oldest first, and says how many.
  std::size_t gaps(std::uint32_t* out) const;

  std::size_t heap_bytes() const { return offsets_.heap_bytes(); }

 private:
  void begin(std::int64_t at_ms);
  Added add_before(std::int64_t at_ms, const CheckInRules& rules);
  Added add_within(std::int64_t at_ms, const CheckInRules& rules);

  // INVARIANT: offsets_ ascend strictly, begin with 0 and are at most kMax; in_last_ms_ is the
  // newest event's distance from the newest check-in.
  std::int64_t base_ms_ = 0;
  InlineList<std::uint32_t, 2> offsets_;
  std::uint32_t in_last_ms_ = 0;
  bool slid_ = false;
};

}  // namespace c2watch::state
