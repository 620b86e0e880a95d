#include "core/engine/seen_records.h"

#include <bit>
#include <type_traits>

#include "core/analytics/spelling.h"
#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

// Multiply and fold: every input bit reaches the upper half. Nobody gains by choosing collisions,
// because only records of one id can be taken for each other.
std::uint64_t mixed(std::uint64_t x) {
  x *= 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
  return x ^ (x >> 32);
}

// What a record's slot holds: which of the ids that share the slot it was, and a fingerprint of its
// time that is never 0, so that no record looks like an empty slot.
std::uint32_t mark_of(const Event& event, int ring_bits) {
  const auto time = static_cast<std::uint64_t>(event.utc_time.time_since_epoch().count());
  const std::uint64_t fingerprint = mixed(mixed(time) + event.event_id) >> 48;
  return static_cast<std::uint32_t>((event.record_id >> ring_bits) << 16 | (fingerprint | 1));
}

}  // namespace

SeenRecords::SeenRecords(SeenRecordsSettings settings, std::uint64_t seed)
    : streams_(settings.max_streams),
      ring_size_(std::bit_ceil(settings.window_records)),
      ring_bits_(std::countr_zero(ring_size_)),
      seed_(seed) {
  saved_.table(
      streams_,
      [this](auto& a, Ring& ring) {
        if constexpr (std::remove_reference_t<decltype(a)>::kReads)
          ring = std::make_unique<std::uint32_t[]>(ring_size_);
        for (std::size_t i = 0; i < ring_size_; ++i) a(ring[i]);
      },
      [](const Ring&) { return true; });
}

bool SeenRecords::test_and_set(const Event& event) {
  if (event.record_id == 0 || event.computer.empty() || event.channel.empty()) return false;

  const state::Hash128 stream =
      state::hash_key(seed_, {analytics::FoldedName(event.computer), event.channel});
  Ring* ring = streams_.touch(stream);
  if (ring == nullptr)
    ring = &streams_.insert(stream, std::make_unique<std::uint32_t[]>(ring_size_),
                            state::owner_of(seed_, event.computer),
                            [](const state::Hash128&, Ring&) {});

  std::uint32_t& slot = (*ring)[event.record_id & (ring_size_ - 1)];
  const std::uint32_t mark = mark_of(event, ring_bits_);
  if (slot == mark) return true;
  slot = mark;
  return false;
}

std::size_t SeenRecords::bytes() const {
  return streams_.bytes() + streams_.size() * ring_size_ * sizeof(std::uint32_t);
}

}  // namespace c2watch::engine
