#include "core/parse/timestamps.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace c2watch::parse {
namespace {

constexpr std::int64_t kUs = 1'000'000;
constexpr std::int64_t kAug21 = 1'787'299'200;  // 2026-08-21T08:00:00Z

struct Case {
  std::string name;
  std::string text;
  TimeText want;
  std::int64_t us = 0;  // since 1970

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class Timestamps : public testing::TestWithParam<Case> {};

TEST_P(Timestamps, Reads) {
  const Case& c = GetParam();
  TimeParser parser;
  Time out = kNoTime;
  for (int round = 0; round < 2; ++round) {  // the second time from the cached minute
    EXPECT_EQ(parser.parse(c.text, out), c.want) << c.text;
    if (c.want == TimeText::ok) {
      EXPECT_EQ(out.time_since_epoch().count(), c.us) << c.text;
    } else {
      EXPECT_EQ(out, kNoTime) << c.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Calendar, Timestamps,
    testing::Values(
        Case{"sysmon_utc_time", "2026-08-21 08:00:00.004", TimeText::ok, kAug21* kUs + 4'000},
        Case{"no_fraction", "2026-08-21 08:00:00", TimeText::ok, kAug21* kUs},
        Case{"one_digit", "2026-08-21T08:00:00.5Z", TimeText::ok, kAug21* kUs + 500'000},
        Case{"six_digits", "2026-08-21T08:00:00.123456Z", TimeText::ok, kAug21* kUs + 123'456},
        Case{"seven_digits", "2026-08-21T08:00:00.1234567Z", TimeText::ok, kAug21* kUs + 123'456},
        Case{"nine_digits", "2026-08-21T08:00:00.123456789Z", TimeText::ok, kAug21* kUs + 123'456},
        Case{"point_without_digits", "2026-08-21T08:00:00.Z", TimeText::ok, kAug21* kUs},
        Case{"comma_fraction", "2026-08-21 08:00:00,250", TimeText::ok, kAug21* kUs + 250'000},
        Case{"small_t_and_z", "2026-08-21t08:00:00z", TimeText::ok, kAug21* kUs},
        Case{"leap_second", "2026-08-21 07:59:60", TimeText::ok, kAug21* kUs},
        Case{"leap_day", "2024-02-29 00:00:00", TimeText::ok, 1'709'164'800 * kUs},
        Case{"no_leap_day", "2026-02-29 00:00:00", TimeText::not_a_time},
        Case{"month_thirteen", "2026-13-01 00:00:00", TimeText::not_a_time},
        Case{"day_zero", "2026-08-00 00:00:00", TimeText::not_a_time},
        Case{"hour_twenty_four", "2026-08-21 24:00:00", TimeText::not_a_time},
        Case{"minute_sixty", "2026-08-21 08:60:00", TimeText::not_a_time},
        Case{"second_sixty_one", "2026-08-21 08:00:61", TimeText::not_a_time},
        Case{"letters", "2026-08-21 08:0x:00", TimeText::not_a_time},
        Case{"only_a_day", "2026-08-21", TimeText::not_a_time},
        Case{"only_minutes", "2026-08-21 08:00", TimeText::not_a_time},
        Case{"something_behind", "2026-08-21 08:00:00.004 or so", TimeText::not_a_time},
        Case{"nothing", "", TimeText::not_a_time}, Case{"dash", "-", TimeText::not_a_time},
        Case{"zeros", "0000-00-00 00:00:00", TimeText::not_a_time}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Zones, Timestamps,
    testing::Values(
        Case{"fluent_bit_east", "2026-08-21 10:00:00 +0200", TimeText::ok, kAug21* kUs},
        Case{"west", "2026-08-21T03:00:00-05:00", TimeText::ok, kAug21* kUs},
        Case{"half_an_hour", "2026-08-21T13:30:00.000+05:30", TimeText::ok, kAug21* kUs},
        Case{"hours_only", "2026-08-21T10:00:00+02", TimeText::ok, kAug21* kUs},
        Case{"utc_in_words", "2026-08-21 08:00:00 UTC", TimeText::ok, kAug21* kUs},
        Case{"over_midnight", "2026-08-22 01:30:00 +1730", TimeText::ok, kAug21* kUs},
        Case{"sumo_nanoseconds", "2026-08-21T08:00:00+000123400Z", TimeText::ok, kAug21* kUs + 123},
        Case{"wmi_utc", "20260821080000.004000-000", TimeText::ok, kAug21* kUs + 4'000},
        Case{"wmi_east", "20260821100000.000000+120", TimeText::ok, kAug21* kUs},
        Case{"wmi_short", "20260821100000.0000+120", TimeText::not_a_time},
        Case{"zone_too_far", "2026-08-21T08:00:00+24:00", TimeText::not_a_time},
        Case{"zone_of_letters", "2026-08-21T08:00:00+0a:00", TimeText::not_a_time},
        Case{"zone_cut", "2026-08-21T08:00:00+1", TimeText::not_a_time},
        Case{"zone_name", "2026-08-21T08:00:00 CEST", TimeText::not_a_time}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Numbers, Timestamps,
    testing::Values(Case{"seconds", "1787299200", TimeText::ok, kAug21* kUs},
                    Case{"seconds_and_part", "1787299200.25", TimeText::ok, kAug21* kUs + 250'000},
                    Case{"milliseconds", "1787299200004", TimeText::ok, kAug21* kUs + 4'000},
                    Case{"microseconds", "1787299200004005", TimeText::ok, kAug21* kUs + 4'005},
                    Case{"nanoseconds", "1787299200004005006", TimeText::ok, kAug21* kUs + 4'005},
                    Case{"nine_digits_are_seconds", "100000000", TimeText::ok, 100'000'000 * kUs},
                    Case{"eight_digits_are_no_time", "10000000", TimeText::not_a_time},
                    Case{"more_than_64_bits", "99999999999999999999999", TimeText::out_of_range},
                    Case{"negative", "-1787299200", TimeText::not_a_time},
                    Case{"exponent", "1787299200e3", TimeText::not_a_time}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Range, Timestamps,
    testing::Values(Case{"first_moment", "1970-01-01 00:00:00.000", TimeText::ok, 0},
                    Case{"one_second_before", "1969-12-31 23:59:59.999", TimeText::out_of_range},
                    Case{"before_by_its_zone", "1970-01-01T00:00:00+01:00", TimeText::out_of_range},
                    Case{"filetime_zero", "1601-01-01T00:00:00.0000000Z", TimeText::out_of_range},
                    Case{"last_moment", "2100-12-31 23:59:59.999999", TimeText::ok,
                         4'133'980'799 * kUs + 999'999},
                    Case{"one_second_after", "2101-01-01 00:00:00", TimeText::out_of_range},
                    Case{"far_future", "9999-12-31 23:59:59", TimeText::out_of_range}),
    [](const auto& p) { return p.param.name; });

TEST(TimeParser, ADifferentMinuteIsNotTakenFromTheCache) {
  TimeParser parser;
  Time a, b, c;
  ASSERT_EQ(parser.parse("2026-08-21 08:00:59.999", a), TimeText::ok);
  ASSERT_EQ(parser.parse("2026-08-21 08:01:00.000", b), TimeText::ok);
  ASSERT_EQ(parser.parse("2026-08-21T08:01:00.000Z", c), TimeText::ok);
  EXPECT_EQ(b - a, std::chrono::milliseconds(1));
  EXPECT_EQ(b, c);
}

TEST(TimeParser, ABrokenTimeDoesNotPoisonTheCache) {
  TimeParser parser;
  Time t = kNoTime;
  EXPECT_EQ(parser.parse("2026-13-21 08:00:00.000", t), TimeText::not_a_time);
  EXPECT_EQ(parser.parse("2026-13-21 08:00:00.000", t), TimeText::not_a_time);
  EXPECT_EQ(parser.parse("2026-08-21 08:00:00.000", t), TimeText::ok);
}

TEST(LooksLikeTime, KnowsAPositionalUtcTime) {
  EXPECT_TRUE(looks_like_time("2026-08-21 08:00:00.004"));
  EXPECT_TRUE(looks_like_time("2022-05-13T08:54:05.1230000Z"));
  EXPECT_FALSE(looks_like_time("2026-08-21"));
  EXPECT_FALSE(looks_like_time("{247090F2-6084-8944-2FF0-ECC5709CE3AE}"));
  EXPECT_FALSE(looks_like_time("technique_id=T1059,technique_name=x"));
}

}  // namespace
}  // namespace c2watch::parse
