// Jitter laws: their bounds, their shape, and what arrives of them in the log.
#include "rhythm/rhythm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "rhythm/framework.h"
#include "simulator/simulated.h"

namespace c2sim {
namespace {

struct Case {
  std::string name;
  Rhythm rhythm;
  double low, high;  // seconds
  std::function<double(double)> cdf;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::function<double(double)> uniform(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
}

class JitterLaw : public testing::TestWithParam<Case> {};

TEST_P(JitterLaw, StaysInItsBoundsAndHasItsDistribution) {
  const Case& c = GetParam();
  Random random(7);
  std::vector<double> draws(20'000);
  for (double& d : draws) d = to_seconds(c.rhythm.draw(random));
  std::sort(draws.begin(), draws.end());
  EXPECT_GE(draws.front(), c.low - 1e-6);
  EXPECT_LE(draws.back(), c.high + 1e-6);

  // Kolmogorov-Smirnov: 1.95/sqrt(n) is the critical value at one in a thousand.
  const auto n = static_cast<double>(draws.size());
  double distance = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double f = c.cdf(draws[i]);
    distance =
        std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(n));
}

INSTANTIATE_TEST_SUITE_P(
    , JitterLaw,
    testing::Values(Case{"cobalt_strike_shortens_only",
                         {seconds(60), 0.37, Law::one_sided},
                         37.8,
                         60,
                         uniform(37.8, 60)},
                    Case{"mythic_goes_both_ways",
                         {seconds(10), 0.23, Law::symmetric},
                         7.7,
                         12.3,
                         uniform(7.7, 12.3)},
                    Case{"sliver_adds", {seconds(60), 0.5, Law::additive}, 60, 90, uniform(60, 90)},
                    Case{"nothing_is_regular_about_poisson",
                         {seconds(60), 0, Law::exponential},
                         0,
                         1e9,
                         [](double x) { return 1 - std::exp(-x / 60); }}),
    [](const auto& p) { return p.param.name; });

TEST(JitterLaws, WithoutJitterEveryDrawIsTheInterval) {
  Random random(7);
  for (Law law : {Law::one_sided, Law::symmetric, Law::additive, Law::uniform}) {
    const Rhythm r{seconds(60), 0, law};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(r.draw(random), seconds(60)) << law_name(law);
  }
}

TEST(JitterLaws, CalderaSleepsWholeSecondsFromThirtyToSixty) {
  Random random(7);
  const Rhythm r{seconds(30), 1.0, Law::uniform};
  std::vector<int> seen(61);
  for (int i = 0; i < 31'000; ++i) {
    const Ticks t = r.draw(random);
    ASSERT_EQ(t % std::chrono::seconds{1}, Ticks{0});
    ++seen[static_cast<std::size_t>(to_seconds(t))];
  }
  for (std::size_t s = 0; s <= 60; ++s) {
    if (s < 30) {
      EXPECT_EQ(seen[s], 0) << s;
    } else {
      EXPECT_NEAR(seen[s], 1000, 5 * std::sqrt(1000.0)) << s;  // five standard deviations
    }
  }
}

TEST(JitterLaws, NamesReadBack) {
  for (Law law : {Law::one_sided, Law::symmetric, Law::additive, Law::uniform, Law::exponential})
    EXPECT_EQ(parse_law(law_name(law)), law);
  EXPECT_FALSE(parse_law("onesided"));
}

struct FrameworkCase {
  std::string name;
  double low, high;  // of the sleep; the work between check-ins comes on top

  friend void PrintTo(const FrameworkCase& c, std::ostream* os) { *os << c.name; }
};

class FrameworkRhythm : public testing::TestWithParam<FrameworkCase> {};

TEST_P(FrameworkRhythm, IsSeenInTheLog) {
  const FrameworkCase& c = GetParam();
  const Framework* framework = find_framework(c.name);
  ASSERT_NE(framework, nullptr);
  const Simulated run = simulated(beacon(c.name, 3));
  const auto events =
      run.with_signal(framework->transport == Transport::dns ? "beacon.dns" : "beacon.connect");
  const std::vector<double> seen = gaps(events);
  ASSERT_GT(seen.size(), 25u);
  // Work takes 0.05 to 0.25 s, one time in fifty two seconds more; a connection opens a few
  // milliseconds after its sleep.
  for (double gap : seen) {
    ASSERT_GE(gap, c.low + 0.05 - 0.03);
    ASSERT_LE(gap, c.high + 2.25 + 0.03);
  }
  const double mean =
      std::accumulate(seen.begin(), seen.end(), 0.0) / static_cast<double>(seen.size());
  const double spread = (c.high - c.low) / std::sqrt(12.0 * static_cast<double>(seen.size()));
  EXPECT_NEAR(mean, (c.low + c.high) / 2 + 0.19, 4 * spread + 0.1);
}

INSTANTIATE_TEST_SUITE_P(, FrameworkRhythm,
                         testing::Values(FrameworkCase{"cobalt-strike-60-0", 60, 60},
                                         FrameworkCase{"cobalt-strike-60-37", 37.8, 60},
                                         FrameworkCase{"cobalt-strike-30-90", 3, 30},
                                         FrameworkCase{"cobalt-strike-45-37", 28.35, 45},
                                         FrameworkCase{"cobalt-strike-60-30", 42, 60},
                                         FrameworkCase{"cobalt-strike-300-20", 240, 300},
                                         FrameworkCase{"cobalt-strike-dns-60-37", 37.8, 60},
                                         FrameworkCase{"sliver-60-30", 60, 90},
                                         FrameworkCase{"mythic-http-10-23", 7.7, 12.3},
                                         FrameworkCase{"empire-5-0", 5, 5},
                                         FrameworkCase{"empire-60-20", 48, 72},
                                         FrameworkCase{"havoc-demo-2-15", 1.7, 2.3},
                                         FrameworkCase{"caldera-30-60", 30, 60},
                                         FrameworkCase{"atomic-t1071.004-2", 24, 36}),
                         [](const auto& p) {
                           std::string name = p.param.name;
                           for (char& ch : name)
                             if (ch == '-' || ch == '.') ch = '_';
                           return name;
                         });

TEST(Frameworks, EveryOneButTheNullIsTested) {
  EXPECT_EQ(frameworks().size(), 15u);  // the fourteen above and poisson-60
}

TEST(Calendar, IsOffTheShareThatWasAsked) {
  const Instant start = *parse_instant("2026-03-02T00:00:00Z"),
                end = start + seconds(400 * 86400.0);
  Random random(3);
  const Calendar c = Calendar::with_gaps(start, end, 0.4, random);
  double off = 0;
  Instant previous = start;
  for (const auto& gap : c.gaps()) {
    ASSERT_LT(previous, gap.from);
    ASSERT_LT(gap.from, gap.to);
    EXPECT_TRUE(c.online(gap.from - Ticks{1}));
    EXPECT_FALSE(c.online(gap.from));
    EXPECT_FALSE(c.online(gap.to - Ticks{1}));
    EXPECT_TRUE(c.online(gap.to));
    EXPECT_EQ(c.next_online(gap.from), gap.to);
    off += to_seconds(gap.to - gap.from);
    previous = gap.to;
  }
  EXPECT_NEAR(off / to_seconds(end - start), 0.4, 0.02);
}

TEST(Calendar, NeverOffUnlessAsked) {
  EXPECT_TRUE(Calendar().online(*parse_instant("2026-03-02T03:00:00Z")));
}

struct HourCase {
  std::string name;
  std::string instant;
  bool working;
  std::string next;

  friend void PrintTo(const HourCase& c, std::ostream* os) { *os << c.name; }
};

class WorkingHours : public testing::TestWithParam<HourCase> {};

TEST_P(WorkingHours, AreThoseOfAnOffice) {
  const HourCase& c = GetParam();
  const Instant t = *parse_instant(c.instant);
  EXPECT_EQ(working_hours(t), c.working);
  EXPECT_EQ(iso(next_working_hour(t)), c.next);
}

INSTANTIATE_TEST_SUITE_P(
    , WorkingHours,
    testing::Values(
        HourCase{"monday_just_before_eight", "2026-03-02T07:59:59.9999999Z", false,
                 "2026-03-02T08:00:00.0000000Z"},
        HourCase{"monday_at_eight", "2026-03-02T08:00:00Z", true, "2026-03-02T08:00:00.0000000Z"},
        HourCase{"monday_just_before_six", "2026-03-02T17:59:59Z", true,
                 "2026-03-02T17:59:59.0000000Z"},
        HourCase{"monday_at_six", "2026-03-02T18:00:00Z", false, "2026-03-03T08:00:00.0000000Z"},
        HourCase{"friday_evening_waits_for_monday", "2026-03-06T18:00:00Z", false,
                 "2026-03-09T08:00:00.0000000Z"},
        HourCase{"saturday_noon", "2026-03-07T12:00:00Z", false, "2026-03-09T08:00:00.0000000Z"},
        HourCase{"sunday_early", "2026-03-08T05:00:00Z", false, "2026-03-09T08:00:00.0000000Z"}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2sim
