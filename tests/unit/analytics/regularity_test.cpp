#include "core/analytics/regularity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/analytics/regularity_statistics.h"
#include "core/analytics/regularity_table.h"
#include "support/regularity_score.h"
#include "support/traffic.h"

namespace c2watch::analytics {
namespace {

using testing_support::Random;
using testing_support::Series;
namespace traffic = testing_support::traffic;

constexpr RegularityOptions kNoDeadTime{.dead_ms = 0};

std::vector<double> sorted_exponentials(Random& random, std::size_t n) {
  std::vector<double> d(n);
  for (double& x : d) x = traffic::exponential(random, 1) + 1e-12;
  std::sort(d.begin(), d.end());
  return d;
}

std::vector<std::uint32_t> gaps_ms(Random& random, std::size_t n, double low_s, double high_s) {
  std::vector<std::uint32_t> gaps(n);
  for (std::uint32_t& g : gaps)
    g = static_cast<std::uint32_t>(traffic::uniform(random, low_s, high_s) * 1e3);
  return gaps;
}

// ---- the mathematics ----

TEST(RegularityTable, TwoGapsAreAsCloseAsTheirRatioSays) {
  // Of two exponential gaps, |d1 - d2| / (d1 + d2) is uniform; greenwood is its square, range twice
  // it.
  for (const double share : {0.2, 0.05, 0.01, 0.001, 0.0001}) {
    EXPECT_NEAR(lower_tail_p(kCriticalValues[0].greenwood, share * share) / share, 1, 0.05);
    EXPECT_NEAR(lower_tail_p(kCriticalValues[0].range, 2 * share) / share, 1, 0.05);
  }
}

TEST(RegularityTable, SmallGreenwoodIsTheVolumeOfABall) {
  // Gaps as shares of their sum are uniform on a simplex; cv^2 <= x is a ball around its centre,
  // which lies inside the simplex while x <= 1/(n-1). Then, with m = n-1,
  //   P = m! / sqrt(n) * pi^(m/2) / Gamma(m/2 + 1) * (x/n)^(m/2).
  for (const CriticalValues& row : kCriticalValues) {
    const auto n = static_cast<double>(row.gaps);
    const double m = n - 1;
    for (const double critical : row.greenwood) {
      if (critical > 1 / m) continue;
      const double exact = std::exp(std::lgamma(n) - 0.5 * std::log(n) + m / 2 * std::log(M_PI) -
                                    std::lgamma(m / 2 + 1) + m / 2 * std::log(critical / n));
      if (exact < 9e-5) continue;  // fewer than 400 of the table's draws: too few to compare
      EXPECT_NEAR(lower_tail_p(row.greenwood, critical) / exact, 1, 0.15) << n << " gaps";
    }
  }
}

TEST(RegularityTable, FreshSimulationFindsTheSameLevels) {
  constexpr int kDraws = 30'000;
  for (const CriticalValues& row : kCriticalValues) {
    Random random(90'000 + row.gaps);
    std::array<std::array<int, 4>, 3> below{};  // by statistic and level: 0.1, 0.03, 0.01, 0.003
    for (int i = 0; i < kDraws; ++i) {
      const auto d = sorted_exponentials(random, row.gaps);
      const double greenwood = greenwood_statistic(d);
      const double range = range_statistic(d);
      const double trimmed = row.gaps < kMinGapsForAll ? 1 : trimmed_statistic(d);
      for (std::size_t level = 0; level < 4; ++level) {
        below[0][level] += greenwood <= row.greenwood[level + 1];
        below[1][level] += range <= row.range[level + 1];
        below[2][level] += trimmed <= row.trimmed[level + 1];
      }
    }
    const std::size_t statistics = row.gaps < kMinGapsForAll ? 2 : 3;
    for (std::size_t s = 0; s < statistics; ++s) {
      for (std::size_t level = 0; level < 4; ++level) {
        const double p = kLevelP[level + 1];
        // 4.5 standard deviations: 140 comparisons, none of which should fail by chance.
        const double error = 4.5 * std::sqrt(p * (1 - p) / kDraws);
        EXPECT_NEAR(static_cast<double>(below[s][level]) / kDraws, p, error)
            << kStatisticNames[s] << " of " << row.gaps << " gaps";
      }
    }
  }
}

TEST(RegularityTable, LevelsDescendSoThatInterpolationIsMonotone) {
  for (const CriticalValues& row : kCriticalValues) {
    EXPECT_GE(row.multiplicity, 1);
    for (std::size_t i = 1; i < kLevels; ++i) {
      EXPECT_LT(row.greenwood[i], row.greenwood[i - 1]) << row.gaps;
      EXPECT_LT(row.range[i], row.range[i - 1]) << row.gaps;
      if (row.gaps >= kMinGapsForAll) {
        EXPECT_LT(row.trimmed[i], row.trimmed[i - 1]) << row.gaps;
      }
    }
  }
}

TEST(BandShare, IsTheMostThatAnyExponentialReaches) {
  for (const double ratio : kBandRatios) {
    double most = 0;
    for (double x = 0.001; x < 10; x *= 1.001)
      most = std::max(most, std::exp(-x) - std::exp(-ratio * x));
    EXPECT_NEAR(band_share(ratio), most, 1e-6);
  }
}

TEST(BinomialUpperTail, AgreesWithCountingCoins) {
  EXPECT_DOUBLE_EQ(binomial_upper_tail(3, 0.5, 0), 1);
  EXPECT_DOUBLE_EQ(binomial_upper_tail(3, 0.5, 1), 7.0 / 8);
  EXPECT_DOUBLE_EQ(binomial_upper_tail(3, 0.5, 2), 4.0 / 8);
  EXPECT_DOUBLE_EQ(binomial_upper_tail(3, 0.5, 3), 1.0 / 8);
  EXPECT_DOUBLE_EQ(binomial_upper_tail(3, 0.5, 4), 0);
  EXPECT_NEAR(binomial_upper_tail(62, 0.08, 62), std::pow(0.08, 62), 1e-75);
}

// ---- what p promises ----

TEST(Regularity, RandomTrafficIsCalledRegularAsOftenAsPSays) {
  constexpr int kDraws = 20'000;
  for (const CriticalValues& row : kCriticalValues) {
    Random random(7 + row.gaps);
    int below = 0;
    for (int i = 0; i < kDraws; ++i) {
      std::vector<std::uint32_t> gaps(row.gaps);
      for (std::uint32_t& g : gaps)
        g = static_cast<std::uint32_t>(traffic::exponential(random, 600e3));
      below += judge_regularity(gaps, kNoDeadTime).p <= 0.01;
    }
    const double rate = static_cast<double>(below) / kDraws;
    EXPECT_LE(rate, 0.01 + 0.0032) << row.gaps << " gaps";  // 4.5 standard deviations
    EXPECT_GE(rate, 0.006) << row.gaps << " gaps: p wastes its budget";
  }
}

struct Mixture {
  std::string name;
  std::vector<double> means_s;

  friend void PrintTo(const Mixture& m, std::ostream* os) { *os << m.name; }
};

class MixtureTest : public testing::TestWithParam<Mixture> {};

TEST_P(MixtureTest, IsNeverMoreRegularThanOnePace) {
  constexpr int kDraws = 8'000;
  for (const std::size_t n : {11u, 27u, 63u}) {
    Random random(17 + n);
    int below = 0;
    for (int i = 0; i < kDraws; ++i) {
      std::vector<std::uint32_t> gaps(n);
      for (std::uint32_t& g : gaps) {
        const double mean = GetParam().means_s[random() % GetParam().means_s.size()];
        g = static_cast<std::uint32_t>(traffic::exponential(random, mean * 1e3));
      }
      below += judge_regularity(gaps, kNoDeadTime).p <= 0.01;
    }
    EXPECT_LE(static_cast<double>(below) / kDraws, 0.015) << n << " gaps";
  }
}

INSTANTIATE_TEST_SUITE_P(, MixtureTest,
                         testing::Values(Mixture{"night_and_day", {1800, 120}},
                                         Mixture{"bursts", {2, 2, 2, 2, 900}},
                                         Mixture{"sessions", {1, 15, 15, 15, 3000}}),
                         [](const auto& p) { return p.param.name; });

// ---- how soon it sees ----

struct Soon {
  std::string name;
  double jitter;
  std::size_t check_ins;

  friend void PrintTo(const Soon& s, std::ostream* os) { *os << s.name; }
};

class SoonTest : public testing::TestWithParam<Soon> {};

TEST_P(SoonTest, NinetyFivePercentAtOnePercent) {
  constexpr int kDraws = 4'000;
  Random random(5);
  int seen = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto gaps = gaps_ms(random, GetParam().check_ins - 1, 60 * (1 - GetParam().jitter), 60);
    seen += judge_regularity(gaps, kNoDeadTime).p <= 0.01;
  }
  EXPECT_GE(seen, kDraws * 95 / 100);
}

INSTANTIATE_TEST_SUITE_P(, SoonTest,
                         testing::Values(Soon{"jitter_37_percent", 0.37, 5},
                                         Soon{"jitter_50_percent", 0.50, 8},
                                         Soon{"jitter_75_percent", 0.75, 12},
                                         Soon{"jitter_90_percent", 0.90, 20},
                                         Soon{"jitter_99_percent", 0.99, 40}),
                         [](const auto& p) { return p.param.name; });

// ---- which statistic sees what ----

TEST(Regularity, ANightsSilenceIsTrimmed) {
  Random random(2);
  auto gaps = gaps_ms(random, 63, 15, 60);
  gaps[20] = 8 * 3600 * 1000;
  const Regularity r = judge_regularity(gaps, kNoDeadTime);
  EXPECT_GT(r.p_of[0], 0.5);
  EXPECT_GT(r.p_of[1], 0.5);
  EXPECT_LT(r.p, 1e-3);
  EXPECT_EQ(r.decided_by, Statistic::trimmed);
  EXPECT_LE(r.cut_above_s, 60);
}

TEST(Regularity, OtherTrafficLeavesABand) {
  Random random(3);
  std::vector<double> seconds;
  traffic::renewals(random, 3600, 48, 60, seconds);
  traffic::poisson(random, 3600, 20, seconds);
  std::sort(seconds.begin(), seconds.end());
  std::vector<std::uint32_t> gaps;
  for (std::size_t i = 1; i < seconds.size() && gaps.size() < kMaxGaps; ++i)
    gaps.push_back(static_cast<std::uint32_t>((seconds[i] - seconds[i - 1]) * 1e3));
  ASSERT_EQ(gaps.size(), kMaxGaps);
  const Regularity r = judge_regularity(gaps, kNoDeadTime);
  EXPECT_LT(r.p_of[3], 0.01);
  EXPECT_GE(r.cut_below_s, 40);
  EXPECT_LE(r.cut_above_s, 61);
}

TEST(Regularity, ASharpShortestPauseWithAHeavyTailIsNoBand) {
  // People: never faster than 3 s, mostly a little slower, sometimes for long.
  constexpr int kDraws = 5'000;
  Random random(4);
  int below = 0;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<std::uint32_t> gaps(27);
    for (std::uint32_t& g : gaps)
      g = static_cast<std::uint32_t>(
          3e3 * std::min(1e5, std::pow(1 - traffic::uniform(random, 0, 1), -1 / 1.2)));
    below += judge_regularity(gaps, {}).p <= 0.001;
  }
  EXPECT_LE(below, kDraws / 50);
}

TEST(Regularity, DeadTimeIsNotMistakenForRegularity) {
  constexpr std::size_t kGaps = 63;
  Random random(6);
  int with = 0;
  int without = 0;
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::uint32_t> gaps(kGaps);
    for (std::uint32_t& g : gaps)
      g = 10'000 + static_cast<std::uint32_t>(traffic::exponential(random, 10e3));
    with += judge_regularity(gaps, {.dead_ms = 10'000}).p <= 0.01;
    without += judge_regularity(gaps, kNoDeadTime).p <= 0.01;
  }
  EXPECT_LE(with, 40);
  EXPECT_GE(without, 1'900);
}

// ---- what it says about the beacon ----

struct Law {
  std::string name;
  double low_s, high_s;
  JitterLaw want;
  double interval_s, jitter;

  friend void PrintTo(const Law& l, std::ostream* os) { *os << l.name; }
};

class LawTest : public testing::TestWithParam<Law> {};

TEST_P(LawTest, IsNamed) {
  Random random(8);
  const auto gaps = gaps_ms(random, 39, GetParam().low_s, GetParam().high_s);
  const Regularity r = judge_regularity(gaps, {});
  EXPECT_EQ(r.law, GetParam().want) << kJitterLawNames[static_cast<std::size_t>(r.law)];
  EXPECT_NEAR(r.interval_s, GetParam().interval_s, 0.05 * GetParam().interval_s);
  EXPECT_NEAR(r.jitter, GetParam().jitter, 0.06);
}

INSTANTIATE_TEST_SUITE_P(
    , LawTest,
    testing::Values(Law{"cobalt_strike_60s_37", 37.8, 60, JitterLaw::shorter, 60, 0.37},
                    Law{"cobalt_strike_30s_90", 3, 30, JitterLaw::shorter, 30, 0.9},
                    Law{"sliver_60s_30s", 60, 90, JitterLaw::longer, 60, 0.5},
                    Law{"five_minutes_half_either_way", 150, 450, JitterLaw::symmetric, 300, 0.5},
                    Law{"thirty_seconds_flat", 30, 30.2, JitterLaw::none, 30.1, 0}),
    [](const auto& p) { return p.param.name; });

// ---- looks and budget ----

TEST(IsLook, HoldsAtTheTablesRowsOnly) {
  std::vector<std::size_t> slow;
  std::vector<std::size_t> fast;
  for (std::size_t n = 0; n <= 70; ++n) {
    if (is_look(n, true)) slow.push_back(n);
    if (is_look(n, false)) fast.push_back(n);
  }
  EXPECT_EQ(slow, (std::vector<std::size_t>{2, 3, 4, 5, 7, 9, 11, 15, 19, 27, 39, 63}));
  EXPECT_EQ(fast, (std::vector<std::size_t>{4, 5, 7, 9, 11, 15, 19, 27, 39, 63}));
}

TEST(JudgedGaps, IsTheLargestLookThatFits) {
  EXPECT_EQ(judged_gaps(2), 2u);
  EXPECT_EQ(judged_gaps(6), 5u);
  EXPECT_EQ(judged_gaps(38), 27u);
  EXPECT_EQ(judged_gaps(39), 39u);
  EXPECT_EQ(judged_gaps(63), 63u);
}

TEST(Allowance, GrowsWithTheGapUpToTheBudget) {
  EXPECT_DOUBLE_EQ(allowance(0.01, 5), 0.01 * 30 / 28'800);
  EXPECT_DOUBLE_EQ(allowance(0.01, 30), 0.01 * 30 / 28'800);
  EXPECT_DOUBLE_EQ(allowance(0.01, 31), 0.01 * 31 / 28'800);
  EXPECT_DOUBLE_EQ(allowance(0.01, 8 * 3600), 0.01);
  EXPECT_DOUBLE_EQ(allowance(0.01, 80 * 3600), 0.01);
}

TEST(Budget, IsKeptOverAllLooksOfADayAtAnyPace) {
  constexpr double kBudget = 0.05;
  constexpr int kDays = 500;
  for (const double per_hour : {0.17, 0.5, 1.0, 2.0, 6.0, 30.0, 120.0, 720.0}) {
    Random random(static_cast<std::uint64_t>(per_hour * 100));
    int fired = 0;
    for (int day = 0; day < kDays; ++day) {
      const Series times =
          testing_support::poisson_traffic(per_hour).times(random, std::chrono::hours(24));
      fired += testing_support::least_budget(times) <= kBudget;
    }
    // 3 standard deviations above the budget.
    EXPECT_LE(static_cast<double>(fired) / kDays, kBudget + 0.029) << per_hour << " an hour";
  }
}

TEST(Regularity, PerfectRegularityHasASmallButPositiveP) {
  const std::vector<std::uint32_t> gaps(63, 60'000);
  const Regularity r = judge_regularity(gaps, {});
  EXPECT_GT(r.p, 0);
  EXPECT_LT(r.p, 1e-12);
  EXPECT_EQ(r.law, JitterLaw::none);
  EXPECT_DOUBLE_EQ(r.interval_s, 60);
}

TEST(Regularity, GapsOfNothingButDeadTimeAreNoDivisionByZero) {
  const std::vector<std::uint32_t> gaps(9, 0);
  const Regularity r = judge_regularity(gaps, {});
  EXPECT_TRUE(std::isfinite(r.p));
  EXPECT_TRUE(std::isfinite(r.interval_s));
  EXPECT_TRUE(std::isfinite(r.jitter));
}

}  // namespace
}  // namespace c2watch::analytics
