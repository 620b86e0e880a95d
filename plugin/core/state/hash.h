// Hash128: a key of several nullable texts as one number that stands for it.
//
//   const Hash128 key = hash_key(seed, {e.source_hostname, e.image, e.destination_ip});
//   if (Value* v = table.touch(key)) v->count += 1;
//
// Tables compare these numbers, never the texts: with 128 bits and a seed that a sender does not
// know, two of a million keys meet by chance once in 10^27 tables.
//
// NULL      An empty view is NULL, as everywhere in the model; its mark is the length 0. Each part
//           is preceded by its length, so ("a","bc"), ("ab","c") and ("abc",NULL) are three keys.
// SEED      The sender chooses the names, so whoever runs the engine chooses the seed. Nothing that
//           leaves the engine may depend on it: finding ids are hashed without one.
// COST      About 20 ns for 100 bytes; never allocates.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

namespace c2watch::state {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// XXH3, 128 bits, over (length, bytes) of each part.
Hash128 hash_key(std::uint64_t seed, std::initializer_list<std::string_view> parts);

// The bytes of a value as a part of a key.
template <class T>
requires std::has_unique_object_representations_v<T> std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// XXH3, 64 bits, over the bytes of one text.
std::uint64_t hash_text(std::uint64_t seed, std::string_view text);

}  // namespace c2watch::state
