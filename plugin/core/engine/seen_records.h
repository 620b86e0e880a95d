// SeenRecords: which records were counted already, so that a re-delivery is not counted twice.
//
// Collectors deliver at least once: after a crash, a retry or a lost position the same records come
// again. Windows names a record for ever by (computer, channel, record id).
//
//   if (seen.test_and_set(event)) return Repeated;
//
// Each (computer, channel) has a ring of the latest `window_records` ids; a slot holds the id's
// upper bits and a fingerprint of the event's time. One bit would do for a well-behaved machine.
// The fingerprint makes three nuisances harmless: a cleared log that counts from 1 again, a virtual
// machine rolled back to a snapshot, and two machines of one name. All of them bring old ids with
// new times, and those are new records.
//
// COST      one hash of two names, one look-up, one ring slot.
// MEMORY    4 bytes * window_records a stream, at most max_streams of them, made on first sight.
// EVICTION  whole streams, those that came once before those that came back (BoundedTable); the
//           records of an evicted stream can be counted twice.
// BLIND     a repeat more than window_records ids behind is taken for new; a new record is taken
//           for a repeat with probability 1/32768, and only where its very id was before.
// THREADS   none. One engine owns one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/model/event.h"
#include "core/state/bounded_table.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

struct SeenRecordsSettings {
  // Ids remembered per computer and channel; rounded up to a power of two. 1024: at one event a
  // second, which is a busy workstation, a quarter of an hour; collectors retry within minutes.
  std::uint32_t window_records = 1024;

  // 8,192: four thousand computers with Sysmon and Security, 34 MB when all are there.
  std::uint32_t max_streams = 8192;

  bool operator==(const SeenRecordsSettings&) const = default;
};

class SeenRecords {
 public:
  // `seed` makes hashes differ between engines: whoever chooses names cannot choose collisions.
  // It has no influence on any answer.
  SeenRecords(SeenRecordsSettings settings, std::uint64_t seed);

  // True when this very record was here before; remembers it otherwise. A record without an id, a
  // computer or a channel is always new.
  bool test_and_set(const Event& event);

  std::size_t streams() const { return streams_.size(); }
  std::uint64_t evictions() const { return streams_.evictions(); }
  std::uint64_t crowded_out() const { return streams_.crowded_out(); }
  std::size_t bytes() const;

  // See analytics::Analytic::saved().
  state::SavedState& saved() { return saved_; }

 private:
  using Ring = std::unique_ptr<std::uint32_t[]>;  // 0: empty slot

  state::BoundedTable<Ring> streams_;
  std::size_t ring_size_;  // 1 << ring_bits_
  int ring_bits_;
  std::uint64_t seed_;
  state::SavedState saved_;
};

}  // namespace c2watch::engine
