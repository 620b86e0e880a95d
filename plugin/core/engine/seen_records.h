// SeenRecords: which records were counted already, so that a redelivery is not counted twice.
//
// Collectors deliver at least once: after a crash, a retry or a lost position the same records come
// again, as many as a whole unacknowledged queue. Windows names a record by (computer, channel,
// record id).
//
//   if (seen.test_and_set(event)) return Repeated;
//
// Ids are remembered in pages of kPageIds neighbours; a page holds a 16-bit fingerprint of each
// record's time. One bit would do for a well-behaved machine. The fingerprint makes three nuisances
// harmless: a cleared log that counts from 1 again, a virtual machine rolled back to a snapshot, and
// two machines of one name. All of them bring old ids with new times, and those are new records.
//
// COST      one hash of two names and one of 24 bytes, one look-up. A new page, one record in
//           kPageIds, a second look-up. No allocation, but for a stream's list as it doubles.
// MEMORY    max_bytes at kPageBytes a page: 9 million neighbouring ids in 64 MiB, or 560,000 that
//           have a page each. A stream, that is a (computer, channel), has room for window_records
//           ids, in as many pages as that makes.
// EVICTION  A stream at its bound gives up its oldest page. When all are full, the stream with most
//           pages gives up its oldest: no stream loses a page to one that has more. Whole streams
//           go beyond max_streams, those that came once before those that came back (BoundedTable).
// BLIND     A record that is older than what its stream gave up cannot be told from a repeat. It
//           counts as new, unchecked() counts it, and it is not remembered: a queue longer than the
//           window costs nothing of what the window still holds. A sender who jumps from id to id
//           spends the window of its own stream, one page a record. A new record is taken for a
//           repeat with probability 1/32768, and only where its very id was before.
// THREADS   none. One engine owns one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/model/event.h"
#include "core/state/bounded_table.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

struct SeenRecordsSettings {
  // Ids for each computer and channel. 65,536: the 60,000 lines that a collector's default queue
  // delivers again after a crash may be of one machine.
  std::uint32_t window_records = 65'536;

  // 8,192: four thousand computers with Sysmon and Security.
  std::uint32_t max_streams = 8192;

  // 64 MiB: 1,090 ids for each of 8,192 streams, when all are there.
  std::size_t max_bytes = std::size_t{64} << 20;

  bool operator==(const SeenRecordsSettings&) const = default;
};

class SeenRecords {
 public:
  static constexpr std::size_t kPageIds = 16;
  // A node of the table, its share of the index, and its entry in the stream's list.
  static constexpr std::size_t kPageBytes = 120;

  // `seed` makes hashes differ between engines: whoever chooses names cannot choose collisions.
  // It has no influence on any answer.
  SeenRecords(SeenRecordsSettings settings, std::uint64_t seed);

  // True when this very record was here before; remembers it otherwise. A record without an id, a
  // computer or a channel is always new.
  bool test_and_set(const Event& event);

  std::size_t streams() const { return streams_.size(); }
  std::uint64_t evictions() const { return streams_.evictions(); }
  std::uint64_t crowded_out() const { return streams_.crowded_out(); }
  std::uint64_t unchecked() const { return unchecked_; }
  std::size_t bytes() const;

  // See analytics::Analytic::saved().
  state::SavedState& saved() { return saved_; }

 private:
  using Page = std::array<std::uint16_t, kPageIds>;  // 0: not seen

  struct Listed {
    std::uint64_t page = 0;  // record id / kPageIds
    Time since = kNoTime;    // of the record that made it

    template <class Archive>
    void fields(Archive& a) {
      a(page, since);
    }
  };

  // A stream's pages, oldest first, in a ring whose size is a power of two.
  struct Stream {
    std::vector<Listed> ring;
    std::uint32_t first = 0;
    std::uint32_t size = 0;
    std::uint64_t dropped_page = 0;  // the largest given up
    Time dropped_until = kNoTime;    // what it held is not newer
    state::Hash128 key;
    Stream* smaller = nullptr;  // neighbours among the streams of the same size
    Stream* larger = nullptr;

    Listed& at(std::uint32_t i) { return ring[(first + i) & (ring.size() - 1)]; }
    void prepare();  // room for one more
  };

  Page& make_page(const state::Hash128& key, Stream& stream, const Event& event);
  void drop_oldest(Stream& stream);
  void forget(Stream& stream);
  void link(Stream& stream);
  void unlink(Stream& stream);
  void relink_all();

  std::uint64_t seed_;
  std::size_t stream_pages_;  // the most of one stream
  state::BoundedTable<Page> pages_;
  state::BoundedTable<Stream> streams_;
  std::vector<Stream*> by_size_;  // a list of streams for each number of pages
  std::size_t largest_ = 0;       // no stream has more
  std::size_t list_bytes_ = 0;
  std::uint64_t unchecked_ = 0;
  state::SavedState saved_;
};

}  // namespace c2watch::engine
