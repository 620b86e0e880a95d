#include "core/analytics/hourly_ratio.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace c2watch::analytics {
namespace {

std::string factor(std::uint64_t number) { return number == 1 ? "" : std::to_string(number); }

}  // namespace

Fraction percent(std::uint32_t percent) {
  const std::uint32_t common = std::gcd(percent, 100u);
  return {percent / common, 100u / common};
}

Inequality inequality(Fraction threshold, const HourlySums& sums, Deviation deviation) {
  Inequality sides;
  sides.left = Uint128{threshold.denominator} * threshold.denominator * sums.spread();
  sides.right =
      Uint128{threshold.numerator} * threshold.numerator * (Uint128{sums.total} * sums.total);
  if (deviation == Deviation::sample) {
    sides.left *= sums.hours;
    sides.right *= sums.hours - 1;
  }
  return sides;
}

std::string formula(Fraction threshold, Deviation deviation) {
  const bool sample = deviation == Deviation::sample;
  const std::uint64_t p = threshold.numerator;
  const std::uint64_t q = threshold.denominator;
  return factor(q * q) + (sample ? "n" : "") + "(nQ - T^2) < " + factor(p * p) +
         (sample ? "(n - 1)" : "") + "T^2";
}

double consistency_ratio(const HourlySums& sums, Deviation deviation) {
  const double ratio =
      std::sqrt(static_cast<double>(sums.spread())) / static_cast<double>(sums.total);
  if (deviation == Deviation::population || sums.hours < 2) return ratio;
  const auto n = static_cast<double>(sums.hours);
  return ratio * std::sqrt(n / (n - 1));
}

std::string to_decimal(Uint128 number) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(number % 10));
    number /= 10;
  } while (number != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace c2watch::analytics
