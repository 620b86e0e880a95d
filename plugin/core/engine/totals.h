// Totals: what was counted by this process and by those before it whose checkpoint it goes on from.
//
// They are as good as the latest snapshot and the journal: a crash loses the count of those records
// since the snapshot that no detector used. For telling how things went, not for rates.
#pragma once

#include <cstdint>

#include "core/model/time.h"

namespace c2watch::engine {

struct Totals {
  Time since = kNoTime;  // the host's time, as the first of the processes heard it first
  std::uint64_t records = 0;
  std::uint64_t used = 0;
  std::uint64_t repeated = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t findings = 0;    // raised, updates included
  std::uint64_t suppressed = 0;  // findings that the allowlist took

  template <class Archive>
  void fields(Archive& a) {
    a(since, records, used, repeated, unreadable, findings, suppressed);
  }
};

}  // namespace c2watch::engine
