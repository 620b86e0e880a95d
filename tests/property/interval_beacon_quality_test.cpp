// How many beacons are seen at which rate of false positives: sixteen beacons, seven kinds of other
// traffic, windows of 1, 3, 6 and 24 hours. Thresholds come from one set of other traffic; the rate
// that they keep is checked on another.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "support/regularity_score.h"
#include "support/traffic.h"

namespace c2watch::testing_support {
namespace {

struct Window {
  std::string name;
  int hours;
  // Percent of the sixteen at 1 % and at 0.1 %. Rounded down by 1.5 from what 300 series a beacon
  // and 28,000 others give, because this test has a quarter of them.
  double at_one;
  double at_tenth;

  friend void PrintTo(const Window& w, std::ostream* os) { *os << w.name; }
};

class QualityTest : public testing::TestWithParam<Window> {
 protected:
  static constexpr int kBeacons = 60;  // series a profile
  static constexpr int kOthers = 1'000;

  std::vector<double> others(std::uint64_t seed) const {
    std::vector<double> budgets;
    Random random(seed);
    for (const TrafficProfile& p : benign_profiles())
      for (int i = 0; i < kOthers; ++i)
        budgets.push_back(least_budget(p.times(random, std::chrono::hours(GetParam().hours))));
    std::sort(budgets.begin(), budgets.end());
    return budgets;
  }

  double percent_seen(double budget) const {
    Random random(3);
    int seen = 0;
    for (const TrafficProfile& p : beacon_profiles())
      for (int i = 0; i < kBeacons; ++i)
        seen += least_budget(p.times(random, std::chrono::hours(GetParam().hours))) <= budget;
    return 100.0 * seen / (kBeacons * 16);
  }
};

TEST_P(QualityTest, SeesBeaconsWithinTheBudget) {
  const std::vector<double> calibration = others(1);
  const double one = calibration[calibration.size() / 100];
  const double tenth = calibration[calibration.size() / 1000];

  const std::vector<double> fresh = others(2);
  const auto rate = [&fresh](double budget) {
    return 100.0 *
           static_cast<double>(std::upper_bound(fresh.begin(), fresh.end(), budget) -
                               fresh.begin()) /
           static_cast<double>(fresh.size());
  };
  const double seen_at_one = percent_seen(one);
  const double seen_at_tenth = percent_seen(tenth);
  std::printf("%2d h: %5.1f %% at 1 %% (fresh %.2f %%), %5.1f %% at 0.1 %% (fresh %.3f %%)\n",
              GetParam().hours, seen_at_one, rate(one), seen_at_tenth, rate(tenth));

  EXPECT_GE(seen_at_one, GetParam().at_one);
  EXPECT_GE(seen_at_tenth, GetParam().at_tenth);
  // Two samples of 7,000 differ by this much with 4 standard deviations.
  EXPECT_LE(rate(one), 1.0 + 0.67);
  EXPECT_LE(rate(tenth), 0.1 + 0.22);
}

INSTANTIATE_TEST_SUITE_P(, QualityTest,
                         testing::Values(Window{"one_hour", 1, 82, 80},
                                         Window{"three_hours", 3, 89, 86},
                                         Window{"six_hours", 6, 95.5, 93},
                                         Window{"a_day", 24, 99, 99}),
                         [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::testing_support
