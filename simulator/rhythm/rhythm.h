// Rhythm: how long an implant sleeps between two check-ins.
//
//   Rhythm r{.interval = seconds(60), .jitter = 0.37, .law = Law::one_sided};
//   Ticks sleep = r.draw(random);      // U[37.8 s, 60 s]
//
// The laws, with S the interval and j the jitter (0..1):
//   one_sided     U[S(1-j), S]        Cobalt Strike
//   symmetric     U[S(1-j), S(1+j)]   Mythic, Empire, Havoc
//   additive      S + U[0, jS]        Sliver
//   uniform       whole seconds, each of S..S(1+j) equally likely   Caldera
//   exponential   mean S, j unused: no rhythm at all, the null to compare with
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "world/random.h"
#include "world/time.h"

namespace c2sim {

enum class Law : std::uint8_t { one_sided, symmetric, additive, uniform, exponential };

std::string_view law_name(Law law);  // "one-sided", ...
std::optional<Law> parse_law(std::string_view name);

struct Rhythm {
  Ticks interval{};
  double jitter = 0;
  Law law = Law::symmetric;

  Ticks draw(Random& random) const;
};

}  // namespace c2sim
