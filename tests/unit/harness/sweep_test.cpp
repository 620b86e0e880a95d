// The sweep's parts by hand: generators obey their laws, rules give what paper and pencil give,
// thresholds keep their rates, gates close on either side.
#include "bench/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/detector_score.h"
#include "bench/sweep_page.h"
#include "bench/sweep_report.h"
#include "tests/unit/harness/program.h"

namespace c2watch::harness {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Series at_seconds(const std::vector<double>& seconds, double window_s) {
  Series s{{}, window_s};
  for (const double t : seconds) s.times_ms.push_back(std::llround(1e3 * t));
  return s;
}

Series every(double gap_s, double window_s, double first_s = 0) {
  std::vector<double> seconds;
  for (double t = first_s; t < window_s; t += gap_s) seconds.push_back(t);
  return at_seconds(seconds, window_s);
}

std::vector<double> gaps_of(const Series& s) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < s.times_ms.size(); ++i)
    gaps.push_back(static_cast<double>(s.times_ms[i] - s.times_ms[i - 1]) * 1e-3);
  return gaps;
}

double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

// ---- traffic ------------------------------------------------------------------------------------

struct LawCase {
  std::string name;
  JitterDistribution jitter_distribution;
  double low, high;  // of 60 s with jitter 0.5
};

class LawTest : public testing::TestWithParam<LawCase> {};

TEST_P(LawTest, GapsFillTheInterval) {
  Random random(11);
  const Beacon beacon = {.name = "b",
                         .interval_s = 60,
                         .jitter_distribution = GetParam().jitter_distribution,
                         .jitter = 0.5};
  const std::vector<double> gaps = gaps_of(beacon.times(random, 72 * 3600.0));
  const auto [least, most] = std::minmax_element(gaps.begin(), gaps.end());
  EXPECT_GE(*least, GetParam().low - 0.001);
  EXPECT_LE(*most, GetParam().high + 0.001);
  // 2,800 gaps or more: the ends are reached within a per cent, the mean within 5 standard errors.
  const double width = GetParam().high - GetParam().low;
  EXPECT_LE(*least, GetParam().low + 0.01 * width);
  EXPECT_GE(*most, GetParam().high - 0.01 * width);
  EXPECT_NEAR(mean_of(gaps), (GetParam().low + GetParam().high) / 2,
              5 * width / std::sqrt(12 * 2800));
}

INSTANTIATE_TEST_SUITE_P(, LawTest,
                         testing::Values(LawCase{"shorter", JitterDistribution::shorter, 30, 60},
                                         LawCase{"symmetric", JitterDistribution::symmetric, 30,
                                                 90},
                                         LawCase{"longer", JitterDistribution::longer, 60, 90}),
                         [](const auto& p) { return p.param.name; });

TEST(Traffic, LostCheckInsAreAsManyAsSaid) {
  Random random(5);
  const Beacon beacon = {.name = "b", .interval_s = 60, .lost = 0.3};
  // 100,000 check-ins would be sent; 5 standard deviations are 0.73 %.
  const Series s = beacon.times(random, 6e6);
  EXPECT_NEAR(static_cast<double>(s.times_ms.size()), 70'000, 730);
}

TEST(Traffic, AHostThatIsOffLeavesOneGapOfThatLength) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const Beacon beacon = {.name = "b", .interval_s = 60, .off = 0.4};
    const Series s = beacon.times(random, 36'000);
    double silent = static_cast<double>(s.times_ms.front()) * 1e-3;
    silent = std::max(silent, 36'000 - static_cast<double>(s.times_ms.back()) * 1e-3);
    for (const double gap : gaps_of(s)) silent = std::max(silent, gap);
    EXPECT_NEAR(silent, 14'400, 121) << seed;
  }
}

TEST(Traffic, RandomTrafficHasItsRateAndItsSpread) {
  for (const BenignProfile& b : benign_classes()) {
    if (b.name != "random, 30/h") continue;
    Random random(3);
    const std::vector<double> gaps = gaps_of(b.times(random, 1000 * 3600.0));
    const double mean = mean_of(gaps);
    double squares = 0;
    for (const double g : gaps) squares += (g - mean) * (g - mean);
    EXPECT_NEAR(mean, 120, 4);  // 30,000 gaps: 5 standard errors are 3.5
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(gaps.size())) / mean, 1, 0.05);
    return;
  }
  FAIL() << "no such class";
}

TEST(Traffic, MixedTrafficComesOnTop) {
  const Beacon alone = {.name = "b", .interval_s = 60};
  Beacon mixed = alone;
  mixed.mixed = BackgroundTraffic::random_20;
  Random one(8);
  Random other(8);
  const std::size_t beacon = alone.times(one, 360'000).times_ms.size();
  const std::size_t both = mixed.times(other, 360'000).times_ms.size();
  EXPECT_NEAR(static_cast<double>(both - beacon), 2'000, 225);  // 20/h, 100 h, 5 deviations
}

TEST(Traffic, EverySourceIsSortedAndInsideItsWindow) {
  const auto check = [](const Series& s, const std::string& name) {
    EXPECT_TRUE(std::is_sorted(s.times_ms.begin(), s.times_ms.end())) << name;
    if (s.times_ms.empty()) return;
    EXPECT_GE(s.times_ms.front(), 0) << name;
    EXPECT_LE(s.times_ms.back(), 10'800'000) << name;
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const Beacon& b : standard_beacons()) {
      Random random(seed);
      check(b.times(random, 10'800), b.name);
    }
    for (const BenignProfile& b : benign_classes()) {
      Random random(seed);
      check(b.times(random, 10'800), b.name);
    }
  }
}

TEST(Traffic, SixteenBeaconsAndAGridOfAllCombinations) {
  EXPECT_EQ(standard_beacons().size(), 16u);
  std::set<std::string> places;
  for (const Beacon& b : beacon_grid()) {
    std::string all;
    for (const auto& [axis, place] : axes_of(b)) all += axis + "=" + place + ";";
    places.insert(all);
  }
  EXPECT_EQ(places.size(), 5u * 7 * 2 * 2 * 3);
}

// ---- rules --------------------------------------------------------------------------------------

// Counts of clock hours, spread evenly over each.
Series hours_of(const std::vector<int>& counts) {
  std::vector<double> seconds;
  for (std::size_t h = 0; h < counts.size(); ++h)
    for (int i = 0; i < counts[h]; ++i)
      seconds.push_back(3600.0 * static_cast<double>(h) + 3600.0 * i / counts[h]);
  return at_seconds(seconds, 3600.0 * static_cast<double>(counts.size()));
}

TEST(HourlyRatio, IsTheSeedsQuery) {
  EXPECT_DOUBLE_EQ(hourly_ratio(hours_of({5, 5})), 0);
  EXPECT_DOUBLE_EQ(hourly_ratio(hours_of({9, 3})), 0.5);  // mean 6, deviation 3
  EXPECT_DOUBLE_EQ(hourly_ratio(hours_of({17, 7})), 5.0 / 12);
  EXPECT_DOUBLE_EQ(hourly_ratio(hours_of({5, 0, 5})), 0);  // empty hours do not exist
  EXPECT_EQ(hourly_ratio(hours_of({5, 4})), kNoScore);     // nine connections
  EXPECT_EQ(hourly_ratio(hours_of({50})), kNoScore);       // one hour
}

TEST(IntervalCv, ByHand) {
  EXPECT_DOUBLE_EQ(interval_cv(every(60, 3600)), 0);
  // Gaps 30, 60, 30, 60: mean 45, deviation 15.
  EXPECT_DOUBLE_EQ(interval_cv(at_seconds({0, 30, 90, 120, 180}, 3600)), 1.0 / 3);
  EXPECT_EQ(interval_cv(at_seconds({0, 30, 90, 120}, 3600)), kNoScore);  // four check-ins
  // Pairs within a second are one check-in.
  EXPECT_DOUBLE_EQ(interval_cv(at_seconds({0, 0.5, 60, 60.9, 120, 180, 240, 241}, 3600)), 0);
}

TEST(RitaLike, APerfectDayScoresNothingAndAShortOneLacksDuration) {
  EXPECT_NEAR(rita_like(every(60, 86'400)), 0, 1e-9);
  // Two hours: perfect times, perfect histogram, too few hours for a duration: 1 - 2/3.
  EXPECT_NEAR(rita_like(every(60, 7'200)), 1.0 / 3, 1e-9);
  EXPECT_EQ(rita_like(at_seconds({0, 60, 120}, 3600)), kNoScore);
}

TEST(RitaLike, SkewAndSpreadByHand) {
  // Gaps 10, 20, 30, 80: quartiles 17.5, 25, 42.5; Bowley (17.5+42.5-50)/25 = 0.4; deviations from
  // 25: 5, 5, 15, 55, median 10, so spread 1 - 10/25 = 0.6. Times: (0.6 + 0.6)/2 = 0.6. Window of
  // 2,400 s in parts of 100 s: {4, 1} and 22 empty: the coefficient of variation is above 1, and
  // the histogram scores 0.
  EXPECT_NEAR(rita_like(at_seconds({0, 10, 30, 60, 140}, 2'400)), 1 - 0.6 / 3, 1e-9);
}

TEST(ElasticLike, CountsThatNeverVaryAndCountsThatComeRound) {
  EXPECT_DOUBLE_EQ(elastic_like(every(60, 21'600)), 0);  // three a bucket, always
  // One event every fifth bucket: autocorrelation 1 at lag 5, so the limit itself: 0.6.
  EXPECT_NEAR(elastic_like(every(900, 21'600, 10)), 0.6, 0.05);
  EXPECT_EQ(elastic_like(every(7'200, 21'600)), kNoScore);  // three events
}

// ---- thresholds ---------------------------------------------------------------------------------

TEST(Threshold, FlagsAsManyAsTheRateAllowsAndNotOneMore) {
  std::vector<double> scores;
  for (int i = 1; i <= 100; ++i) scores.push_back(i);
  EXPECT_EQ(threshold_for(scores, 0.01), 1);
  EXPECT_EQ(threshold_for(scores, 0.3), 30);
  EXPECT_EQ(threshold_for(scores, 0.009), -kInfinity);
  EXPECT_EQ(share_flagged(scores, threshold_for(scores, 0.3)), 0.3);
}

TEST(Threshold, TiesGoTogether) {
  EXPECT_EQ(threshold_for({0, 0, 0, 1, 2, 3, 4, 5, 6, 7}, 0.2), -kInfinity);
  EXPECT_EQ(threshold_for({0, 0, 0, 1, 2, 3, 4, 5, 6, 7}, 0.3), 0);
  EXPECT_EQ(threshold_for({1, kNoScore, kNoScore, kNoScore}, 0.5), 1);
}

// ---- gate ---------------------------------------------------------------------------------------

SweepResult measured(double seen, double false_positives) {
  SweepResult r;
  OperatingPoint at_one;
  at_one.wanted = kRates[0];
  at_one.seen = seen;
  at_one.false_positives = false_positives;
  for (const int hours : {1, 24}) {
    WindowResult w;
    w.hours = hours;
    w.rules.push_back({"interval_beacon", "interval_beacon", {at_one}, {}});
    r.windows.push_back(w);
  }
  return r;
}

TEST(Gate, HoldsExactlyOnTheLineAndBreaksBeyond) {
  EXPECT_TRUE(broken({.min_seen = {{0, 0.8}}}, measured(0.8, 0.01)).empty());
  EXPECT_EQ(broken({.min_seen = {{0, 0.8}}}, measured(0.799, 0.01)).size(), 2u);
  EXPECT_EQ(broken({.min_seen = {{24, 0.8}}}, measured(0.799, 0.01)).size(), 1u);
  EXPECT_TRUE(broken({.min_seen = {}, .max_false_positives = 0.01}, measured(0, 0.01)).empty());
  EXPECT_EQ(broken({.min_seen = {}, .max_false_positives = 0.01}, measured(1, 0.011)).size(), 2u);
}

// ---- the detector, through its door -------------------------------------------------------------

class SweptDetector : public testing::Test {
 protected:
  SweptDetector() : plugin_(Plugin::load(C2WATCH_BUILD "/lib/libc2watch.so")) {}
  const Plugin& plugin() { return *plugin_; }
  Result<Plugin> plugin_;
};

TEST_F(SweptDetector, AClockNeedsTheLeastBudgetAndChanceMore) {
  ASSERT_TRUE(plugin_) << plugin_.error();
  DetectorScore detector(plugin());
  const Result<double> clock = detector.score(every(60, 3'600));
  ASSERT_TRUE(clock) << clock.error();
  EXPECT_EQ(*clock, DetectorScore::kLeast);
  Random random(1);
  const Result<double> chance = detector.score(random_series(random, 120, 60));
  ASSERT_TRUE(chance) << chance.error();
  EXPECT_GT(*chance, 0.01);
  EXPECT_EQ(*detector.score(every(60, 180)), kNoScore);  // three check-ins
}

// The score says at which budget the detector fires: engines at either side of it must agree.
TEST_F(SweptDetector, FiresAtItsScoreAndNotBelow) {
  ASSERT_TRUE(plugin_) << plugin_.error();
  DetectorScore detector(plugin());
  std::size_t between = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    Random random(seed_of(9, "either side", i));
    const Beacon wide = {.name = "wide", .interval_s = 60, .jitter = 0.99};
    const Series series = wide.times(random, 1'800);
    const double score = *detector.score(series);
    if (score <= 2 * DetectorScore::kLeast || score >= DetectorScore::kMost) continue;
    ++between;
    for (const bool above : {false, true}) {
      // At least kStep away: that is how exact the score is.
      const double budget = std::max(
          DetectorScore::kLeast, above ? score * 1.0001 : score / DetectorScore::kStep / 1.0001);
      const std::string config =
          R"({"extends": "lab", "detectors": {"interval_beacon": {"report_from": "informational",)"
          R"( "fp_budget": )" +
          nlohmann::json(std::min(budget, 0.5)).dump() + "}}}";
      Result<Engine> engine = plugin().open(config);
      ASSERT_TRUE(engine) << engine.error();
      std::size_t findings = 0;
      for (const std::int64_t ms : series.times_ms) {
        const std::int64_t s = ms / 1000;
        char time[64];
        std::snprintf(time, sizeof time, "2026-03-02 08:%02d:%02d.%03d", static_cast<int>(s / 60),
                      static_cast<int>(s % 60), static_cast<int>(ms % 1000));
        engine->observe(nlohmann::json{
            {"EventID", 3},
            {"Channel", "Microsoft-Windows-Sysmon/Operational"},
            {"Computer", "WS-1"},
            {"UtcTime", time},
            {"Image", "C:\\tool.exe"},
            {"Initiated", "true"},
            {"DestinationIp", "203.0.113.10"},
            {"DestinationPort",
             "443"}}.dump());
      }
      for (const std::string& f : engine->findings())
        findings += nlohmann::json::parse(f).at("detector") == "interval_beacon";
      EXPECT_EQ(findings > 0, above) << "series " << i << ", score " << score;
    }
  }
  EXPECT_GE(between, 5u);  // else nothing was compared
}

// ---- the program --------------------------------------------------------------------------------

const std::vector<std::string> kTiny = {"sweep", "--series", "4", "--benign",
                                        "140",   "--window", "1"};

ProgramResult tiny(const std::vector<std::string>& more) {
  std::vector<std::string> all = kTiny;
  all.insert(all.end(), more.begin(), more.end());
  return run_bench(all);
}

TEST(SweepCommand, TheSameSeedGivesTheSameJsonAndAnotherDoesNot) {
  const ProgramResult first = tiny({"--format", "json", "--seed", "7"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, tiny({"--format", "json", "--seed", "7"}).out);
  EXPECT_NE(first.out, tiny({"--format", "json", "--seed", "8"}).out);
  const auto report = nlohmann::json::parse(first.out);
  ASSERT_EQ(report.at("windows").size(), 1u);
  EXPECT_EQ(report["windows"][0]["rules"].size(), 5u);
  EXPECT_EQ(report["windows"][0]["rules"][0]["points"][0]["tpr_by_beacon"].size(), 16u);
  EXPECT_EQ(report["windows"][0]["rules"][0]["points"][0]["tpr_by_beacon"]["60 s, 0 %"], 1.0);
  EXPECT_EQ(report["events_to_detect"].size(), 5u);
}

TEST(SweepCommand, TheGateClosesOnEitherSide) {
  // Fourteen of the sixteen at most can be seen in an hour: two check in once an hour.
  EXPECT_EQ(tiny({"--min-tpr", "60"}).code, 0);
  const ProgramResult too_few = tiny({"--min-tpr", "1=90"});
  EXPECT_EQ(too_few.code, 1);
  EXPECT_NE(too_few.err.find("at least 90.00 % wanted"), std::string::npos) << too_few.err;

  // Benign series enough that some of the fresh ones are flagged.
  const auto gate = [](const std::vector<std::string>& more) {
    std::vector<std::string> all = {"sweep", "--series", "1", "--benign", "1400", "--window", "3"};
    all.insert(all.end(), more.begin(), more.end());
    return run_bench(all);
  };
  const auto report = nlohmann::json::parse(gate({"--format", "json"}).out);
  const auto& at_one = report["windows"][0]["rules"][0]["points"][0];
  const double flagged = 100 * at_one["fresh_fpr"].get<double>();
  ASSERT_GT(flagged, 0.01);  // of seed 1: without one flagged series there is no lower side
  EXPECT_EQ(gate({"--max-fpr", std::to_string(flagged + 0.01)}).code, 0);
  EXPECT_EQ(gate({"--max-fpr", std::to_string(flagged - 0.01)}).code, 1);
}

TEST(SweepCommand, MistakesAreUsageErrors) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--min-tpr", "24=90"},
                                             {"--min-tpr", "lots"},
                                             {"--min-tpr", "101"},
                                             {"--max-fpr", "-1"},
                                             {"--gate-at", "5"},
                                             {"--budget", "0.9"},
                                             {"--window", "0"},
                                             {"--benign", "3"},
                                             {"--series", "0"},
                                             {"--format", "xml"}}) {
    const ProgramResult r = tiny(wrong);
    EXPECT_EQ(r.code, 2) << wrong[0] << " " << wrong[1];
    EXPECT_FALSE(r.err.empty());
  }
}

TEST(SweepCommand, ThePageStandsAlone) {
  const Scratch scratch;
  const ProgramResult r =
      tiny({"--html", scratch.path("sweep.html"), "--output", scratch.path("sweep.txt")});
  ASSERT_EQ(r.code, 0) << r.err;
  const std::string page = slurp(scratch.path("sweep.html"));
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_NE(page.find("class=\"curve c0\""), std::string::npos);
  EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(slurp(scratch.path("sweep.txt")).find("fresh ones that they"), std::string::npos);
}

}  // namespace
}  // namespace c2watch::harness
