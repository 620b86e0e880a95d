// Random: a seeded stream that gives the same numbers on every machine and compiler.
//
//   Random r = Random::of(seed, "host", 17);
//   double u = r.unit();                 // [0, 1)
//   std::uint32_t pid = r.below(100);    // 0..99
//
// The standard library's distributions are not portable, so the few we need are written here. Every
// host, actor and attack owns a stream of its own: adding one changes no other.
//
// COST      a draw is four shifts and adds (xoshiro256**, Blackman and Vigna 2018).
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace c2sim {

// SplitMix64 (Steele, Lea, Flood 2014): turns any number into a well mixed one.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t seed, std::string_view name) {
  for (char c : name) seed = mix(seed ^ static_cast<unsigned char>(c));
  return seed;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) word = seed = mix(seed);
  }

  static Random of(std::uint64_t seed, std::string_view name, std::uint64_t index = 0) {
    return Random(mix(mix(seed, name) ^ mix(index)));
  }

  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1): 53 bits, all that a double holds.
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  double between(double low, double high) { return low + (high - low) * unit(); }

  // 0..n-1; n > 0. Multiply-shift: its bias of at most n/2^32 is far below what any test can see.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

  bool chance(double p) { return unit() < p; }

  double exponential(double mean) { return -mean * std::log1p(-unit()); }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

  std::uint64_t state_[4];
};

}  // namespace c2sim
