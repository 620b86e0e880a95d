#include "core/state/hash.h"

#include <array>
#include <cstddef>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace c2watch::state {
namespace {

using Length = std::uint32_t;  // a part is part of a record, and those end at kMaxRecordBytes

// 512: a key of four names fits with room to spare; longer ones take the streaming path, which
// gives the same number, only slower.
constexpr std::size_t kInlineBytes = 512;

Hash128 from(XXH128_hash_t hash) { return {hash.low64, hash.high64}; }

Hash128 hash_long_key(std::uint64_t seed, std::initializer_list<std::string_view> parts) {
  XXH3_state_t state{};  // reset reads the seed that was there before
  XXH3_128bits_reset_withSeed(&state, seed);
  for (const std::string_view part : parts) {
    const auto length = static_cast<Length>(part.size());
    XXH3_128bits_update(&state, &length, sizeof length);
    XXH3_128bits_update(&state, part.data(), part.size());
  }
  return from(XXH3_128bits_digest(&state));
}

}  // namespace

Hash128 hash_key(std::uint64_t seed, std::initializer_list<std::string_view> parts) {
  std::array<char, kInlineBytes> buffer;
  std::size_t used = 0;
  for (const std::string_view part : parts) {
    const auto length = static_cast<Length>(part.size());
    if (used + sizeof length + part.size() > buffer.size()) return hash_long_key(seed, parts);
    std::memcpy(buffer.data() + used, &length, sizeof length);
    used += sizeof length;
    if (length != 0) std::memcpy(buffer.data() + used, part.data(), part.size());
    used += part.size();
  }
  return from(XXH3_128bits_withSeed(buffer.data(), used, seed));
}

std::uint64_t hash_text(std::uint64_t seed, std::string_view text) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace c2watch::state
