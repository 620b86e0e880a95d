#include "core/analytics/hourly_ratio.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace c2watch::analytics {
namespace {

HourlySums sums(const std::vector<std::uint32_t>& counts) {
  HourlySums s;
  for (const std::uint32_t count : counts) s.add(count);
  return s;
}

bool below_half(const std::vector<std::uint32_t>& counts,
                Deviation deviation = Deviation::population) {
  return inequality(percent(50), sums(counts), deviation).holds();
}

TEST(Inequality, ExactlyOneHalfIsNotBelowIt) {
  EXPECT_FALSE(below_half({7, 11, 7, 3, 16}));  // rounding would make it less
  EXPECT_FALSE(below_half({9, 3}));
  EXPECT_FALSE(below_half({90'000'000, 30'000'000}));
  EXPECT_TRUE(below_half({90'000'000, 30'000'001}));
  EXPECT_FALSE(below_half({90'000'001, 30'000'000}));
}

TEST(Inequality, OneHourIsPerfectlyEven) { EXPECT_TRUE(below_half({10})); }

TEST(Inequality, ASampleDeviatesMoreThanAPopulation) {
  EXPECT_TRUE(below_half({17, 7}));
  EXPECT_FALSE(below_half({17, 7}, Deviation::sample));
  EXPECT_TRUE(below_half({17, 9}, Deviation::sample));
}

TEST(Inequality, HoldsAtTheGreatestCountsOfTheMostHours) {
  // 2^16 hours of 2^32 - 1 each, and the most uneven: the products must not wrap.
  HourlySums even;
  for (int hour = 0; hour < 1 << 16; ++hour) even.add(UINT32_MAX);
  EXPECT_EQ(to_decimal(even.spread()), "0");
  for (const Deviation deviation : {Deviation::population, Deviation::sample}) {
    EXPECT_TRUE(inequality(percent(200), even, deviation).holds());
    EXPECT_TRUE(inequality(percent(199), even, deviation).holds());
  }
  HourlySums uneven;
  for (int hour = 0; hour < 1 << 16; ++hour) uneven.add(hour % 2 == 0 ? UINT32_MAX : 1);
  // Half the hours nothing to speak of: the deviation is as large as the mean.
  EXPECT_FALSE(inequality(percent(99), uneven, Deviation::sample).holds());
  EXPECT_TRUE(inequality(percent(101), uneven, Deviation::sample).holds());
}

TEST(Inequality, IsTheFormulaThatItPrints) {
  EXPECT_EQ(formula(percent(50), Deviation::population), "4(nQ - T^2) < T^2");
  EXPECT_EQ(formula(percent(50), Deviation::sample), "4n(nQ - T^2) < (n - 1)T^2");
  EXPECT_EQ(formula(percent(60), Deviation::population), "25(nQ - T^2) < 9T^2");
  EXPECT_EQ(formula(percent(100), Deviation::population), "(nQ - T^2) < T^2");
  const Inequality sides = inequality(percent(60), sums({1, 2}), Deviation::population);
  EXPECT_EQ(to_decimal(sides.left), "25");   // 25 * (2*5 - 9)
  EXPECT_EQ(to_decimal(sides.right), "81");  // 9 * 9
}

TEST(ConsistencyRatio, IsDeviationOverMean) {
  EXPECT_DOUBLE_EQ(consistency_ratio(sums({5, 5}), Deviation::population), 0.0);
  EXPECT_DOUBLE_EQ(consistency_ratio(sums({9, 3}), Deviation::population), 0.5);
  EXPECT_NEAR(consistency_ratio(sums({9, 3}), Deviation::sample), 0.70711, 1e-5);
  EXPECT_DOUBLE_EQ(consistency_ratio(sums({9}), Deviation::sample), 0.0);
}

TEST(ToDecimal, WritesAll128Bits) {
  EXPECT_EQ(to_decimal(0), "0");
  EXPECT_EQ(to_decimal(1'000), "1000");
  EXPECT_EQ(to_decimal(~Uint128{0}), "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace c2watch::analytics
