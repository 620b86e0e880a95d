#include "core/engine/seen_records.h"

#include <bit>

#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

// Multiply and fold: every input bit reaches the upper half. Nobody gains by choosing collisions
// here, because only a record's own id can meet its slot.
std::uint64_t mixed(std::uint64_t x) {
  x *= 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
  return x ^ (x >> 32);
}

// What a record's slot holds: never 0, which is an empty slot. The id is part of it, because ids a
// whole ring apart share a slot.
std::uint16_t fingerprint_of(const Event& event) {
  const auto time = static_cast<std::uint64_t>(event.utc_time.time_since_epoch().count());
  const std::uint64_t all = mixed(mixed(mixed(event.record_id) + time) + event.event_id);
  return static_cast<std::uint16_t>((all >> 32) % 65'535 + 1);
}

}  // namespace

SeenRecords::SeenRecords(SeenRecordsSettings settings, std::uint64_t seed)
    : streams_(settings.max_streams),
      ring_size_(std::bit_ceil(settings.window_records)),
      seed_(seed) {}

bool SeenRecords::test_and_set(const Event& event) {
  if (event.record_id == 0 || event.computer.empty() || event.channel.empty()) return false;

  const state::Hash128 stream = state::hash_key(seed_, {event.computer, event.channel});
  Ring* ring = streams_.touch(stream);
  if (ring == nullptr)
    ring = &streams_.insert(stream, std::make_unique<std::uint16_t[]>(ring_size_),
                            [](const state::Hash128&, Ring&) {});

  std::uint16_t& slot = (*ring)[event.record_id & (ring_size_ - 1)];
  const std::uint16_t fingerprint = fingerprint_of(event);
  if (slot == fingerprint) return true;
  slot = fingerprint;
  return false;
}

std::size_t SeenRecords::bytes() const {
  return streams_.bytes() + streams_.size() * ring_size_ * sizeof(std::uint16_t);
}

}  // namespace c2watch::engine
