// The consistency ratio of hourly counts, and whether it lies below a threshold, without rounding.
//
//   HourlySums sums;
//   for (const std::uint32_t count : counts) sums.add(count);
//   if (below({1, 2}, sums, Deviation::population)) ...   // ratio < 1/2
//
// With n hours, T connections in all and Q the sum of the squared counts, the ratio of standard
// deviation to mean is sqrt(nQ - T^2)/T. So ratio < p/q  <=>  q^2 (nQ - T^2) < p^2 T^2, in
// integers. Floating point is wrong exactly where it matters: [7,11,7,3,16] has a ratio of exactly
// 0.5, and rounding makes it less.
//
// BOUNDS    n <= 2^16, counts < 2^32, p <= 200, q <= 100: every product stays below 2^128.
#pragma once

#include <cstdint>
#include <string>

namespace c2watch::analytics {

__extension__ using Uint128 = unsigned __int128;

enum class Deviation : std::uint8_t {
  population,  // sqrt((nQ - T^2) / n^2)
  sample,      // sqrt((nQ - T^2) / (n (n - 1)))
};

struct HourlySums {
  std::uint64_t hours = 0;  // n
  std::uint64_t total = 0;  // T
  Uint128 squares = 0;      // Q

  void add(std::uint32_t count) {
    ++hours;
    total += count;
    squares += Uint128{count} * count;
  }

  // nQ - T^2, never negative (Cauchy-Schwarz).
  Uint128 spread() const { return hours * squares - Uint128{total} * total; }
};

// p/q in lowest terms.
struct Fraction {
  std::uint32_t numerator = 1;
  std::uint32_t denominator = 2;
};
Fraction percent(std::uint32_t percent);

// The two sides of "ratio < threshold": q^2 (nQ - T^2) < p^2 T^2, and for the sample deviation
// q^2 n (nQ - T^2) < p^2 (n - 1) T^2.
struct Inequality {
  Uint128 left = 0;
  Uint128 right = 0;
  bool holds() const { return left < right; }
};
Inequality inequality(Fraction threshold, const HourlySums& sums, Deviation deviation);

// The same with letters: "4(nQ - T^2) < T^2".
std::string formula(Fraction threshold, Deviation deviation);

// The ratio as a number to read. Requires a total above 0. A sample of one hour has no deviation:
// 0.
double consistency_ratio(const HourlySums& sums, Deviation deviation);

std::string to_decimal(Uint128 number);

}  // namespace c2watch::analytics
