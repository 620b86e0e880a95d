#include "core/state/check_ins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/state/archive.h"

namespace c2watch::state {
namespace {

constexpr CheckInRules kRules{.coalesce_ms = 1'000, .max_silence_ms = 100'000};

struct Case {
  std::string name;
  std::vector<std::int64_t> events;  // ms, in order of arrival
  std::vector<std::int64_t> want;    // check-ins
  Added last;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::vector<std::int64_t> times(const CheckIns& heard) {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < heard.size(); ++i) all.push_back(heard.time_ms(i));
  return all;
}

class CheckInsTest : public testing::TestWithParam<Case> {};

TEST_P(CheckInsTest, Keeps) {
  CheckIns heard;
  Added last = Added::check_in;
  for (const std::int64_t at : GetParam().events) last = heard.add(at, kRules);
  EXPECT_EQ(times(heard), GetParam().want);
  EXPECT_EQ(last, GetParam().last);
}

INSTANTIATE_TEST_SUITE_P(
    , CheckInsTest,
    testing::Values(
        Case{"the_first_event", {5'000}, {5'000}, Added::check_in},
        Case{"exactly_coalesce_apart_is_one", {0, 1'000}, {0}, Added::merged},
        Case{"just_above_coalesce_is_two", {0, 1'001}, {0, 1'001}, Added::check_in},
        Case{"a_train_of_retries_is_one", {0, 900, 1'800, 2'700}, {0}, Added::merged},
        Case{"the_train_ends_after_its_last_event", {0, 900, 1'901}, {0, 1'901}, Added::check_in},
        Case{"the_same_instant_twice", {0, 30'000, 30'000}, {0, 30'000}, Added::merged},
        Case{"late_into_the_middle", {0, 60'000, 30'000}, {0, 30'000, 60'000}, Added::check_in},
        Case{"late_before_everything", {30'000, 60'000, 0}, {0, 30'000, 60'000}, Added::check_in},
        Case{"late_and_part_of_an_older_check_in", {0, 30'000, 500}, {0, 30'000}, Added::merged},
        Case{"late_and_the_true_begin_of_one", {0, 30'000, 29'500}, {0, 29'500}, Added::merged},
        Case{"late_and_the_true_begin_of_the_first", {500, 30'000, 0}, {0, 30'000}, Added::merged},
        Case{"late_and_the_link_between_two", {0, 1'500, 900}, {0}, Added::merged},
        Case{"late_into_a_train_that_goes_on",
             {0, 900, 1'800, 30'000, 2'500},
             {0, 30'000},
             Added::merged},
        Case{"silence_at_the_limit", {0, 100'000}, {0, 100'000}, Added::check_in},
        Case{"silence_above_the_limit_begins_anew", {0, 100'001}, {100'001}, Added::anew},
        Case{"before_1970", {-90'000, -60'000}, {-90'000, -60'000}, Added::check_in}),
    [](const auto& p) { return p.param.name; });

TEST(CheckIns, SlideKeepsTheNewerHalfAndRefusesWhatIsOlder) {
  CheckIns heard;
  for (std::int64_t i = 0; i < CheckIns::kMax; ++i) heard.add(i * 10'000, kRules);
  ASSERT_EQ(heard.size(), 64u);
  heard.slide();
  EXPECT_EQ(heard.size(), 32u);
  EXPECT_EQ(heard.first_ms(), 320'000);
  EXPECT_EQ(heard.last_ms(), 630'000);
  EXPECT_EQ(heard.add(315'000, kRules), Added::too_late);
  EXPECT_EQ(heard.add(325'000, kRules), Added::check_in);
}

TEST(CheckIns, AnOwnerThatNeverSlidesIsBoundedAllTheSame) {
  CheckIns heard;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    heard.add(i * 10'000, kRules);
    ASSERT_LE(heard.size(), CheckIns::kMax);
    ASSERT_LE(heard.heap_bytes(), CheckIns::kMax * 8);
  }
  EXPECT_EQ(heard.last_ms(), 99'990'000);
}

TEST(CheckIns, SpansOf49DaysDoNotOverflow) {
  constexpr CheckInRules kPatient{.coalesce_ms = 1'000, .max_silence_ms = 2'000'000'000};
  CheckIns heard;
  for (std::int64_t i = 0; i < 40; ++i) heard.add(i * 1'900'000'000, kPatient);
  EXPECT_EQ(heard.last_ms(), 39 * 1'900'000'000LL);
  std::array<std::uint32_t, CheckIns::kMax> gaps;
  const std::size_t n = heard.gaps(gaps.data());
  ASSERT_GE(n, 1u);
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(gaps[i], 1'900'000'000u);
}

TEST(CheckIns, GapsAreSilences) {
  CheckIns heard;
  for (const std::int64_t at : {0, 800, 1'600, 31'600, 61'600}) heard.add(at, kRules);
  std::array<std::uint32_t, CheckIns::kMax> gaps;
  ASSERT_EQ(heard.gaps(gaps.data()), 2u);
  EXPECT_EQ(gaps[0], 30'000u);
  EXPECT_EQ(gaps[1], 30'000u);
}

TEST(CheckIns, AStreamOfEventsIsOneCheckInHoweverLong) {
  CheckIns heard;
  for (std::int64_t at = 0; at < 600'000; at += 300) heard.add(at, kRules);
  EXPECT_EQ(heard.size(), 1u);
}

// Longer than 32 bits of milliseconds can say.
TEST(CheckIns, AStreamOfSixtyDaysIsOneCheckIn) {
  constexpr CheckInRules kMinute{.coalesce_ms = 60'000, .max_silence_ms = 36 * 3'600'000};
  constexpr std::int64_t kMinutes = 60 * 24 * 60;
  CheckIns heard;
  heard.add(-100'000, kMinute);
  for (std::int64_t i = 0; i <= kMinutes; ++i) heard.add(i * 60'000, kMinute);
  EXPECT_EQ(heard.size(), 1u) << "the check-in before has left the span";
  EXPECT_EQ(heard.end_ms(), kMinutes * 60'000);
  EXPECT_EQ(heard.first_ms(), heard.end_ms() - CheckIns::kMaxSpanMs) << "its rest";
  EXPECT_TRUE(heard.sane());
  EXPECT_EQ(heard.add(kMinutes * 60'000 + 90'000, kMinute), Added::check_in);
  std::array<std::uint32_t, CheckIns::kMax> gaps;
  ASSERT_EQ(heard.gaps(gaps.data()), 1u);
  EXPECT_EQ(gaps[0], 90'000u) << "from the stream's last event";
}

// A stream that ends more than 32 bits of milliseconds after the oldest check-in.
TEST(CheckIns, WhatLeavesTheSpanIsDropped) {
  constexpr CheckInRules kPatient{.coalesce_ms = 1'000, .max_silence_ms = 1'700'000'000};
  CheckIns heard;
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{1'600'000'000}})
    heard.add(at, kPatient);
  for (std::int64_t at = 3'200'000'000; at <= 4'400'000'000; at += 1'000)
    ASSERT_NE(heard.add(at, kPatient), Added::anew);
  EXPECT_EQ(times(heard), (std::vector<std::int64_t>{1'600'000'000, 3'200'000'000}));
  EXPECT_EQ(heard.end_ms(), 4'400'000'000);
  EXPECT_TRUE(heard.sane());
  EXPECT_EQ(heard.add(1'599'999'500, kPatient), Added::too_late);
}

// What a list in order never holds: two check-ins further apart than max_silence.
TEST(CheckIns, ALateEventMakesNoSilenceAboveTheLimit) {
  CheckIns heard;
  heard.add(200'000, kRules);
  EXPECT_EQ(heard.add(99'999, kRules), Added::too_late);
  EXPECT_EQ(heard.add(100'000, kRules), Added::check_in);
}

TEST(CheckIns, AnOlderStateIsReadAsItWasWritten) {
  std::string bytes;
  Writer w(bytes);
  w(std::int64_t{5'000}, std::uint32_t{2});
  w(std::array<std::uint16_t, 6>{0, 0, 900, 1, 2, 0xffff});  // high, low, length of each
  w(std::uint32_t{100'000}, true);
  CheckIns heard;
  Reader r(bytes, 1);
  r(heard);
  ASSERT_TRUE(r.ok() && r.at_end() && heard.sane());
  EXPECT_EQ(times(heard), (std::vector<std::int64_t>{5'000, 5'000 + 65'538}));
  EXPECT_EQ(heard.end_ms(), 5'000 + 65'538 + 100'000);
  EXPECT_TRUE(heard.slid());
}

TEST(CheckIns, ACopyGoesItsOwnWay) {
  CheckIns heard;
  for (const std::int64_t at : {0, 30'000, 60'000}) heard.add(at, kRules);
  CheckIns other = heard.copy();
  EXPECT_EQ(times(other), times(heard));
  other.add(90'000, kRules);
  EXPECT_EQ(heard.size(), 3u);
  EXPECT_EQ(other.size(), 4u);
}

TEST(CheckIns, ArrivalOrderDoesNotMatter) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> events;
    std::int64_t at = 0;
    for (int i = 0; i < 38; ++i) {
      at += 1 + static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 1'500 : 90'000));
      events.push_back(at);
      if (random() % 3 == 0) events.push_back(at + static_cast<std::int64_t>(random() % 1'000));
    }
    CheckIns in_order;
    for (const std::int64_t t : events) in_order.add(t, kRules);
    // Events up to five places early or late.
    for (std::size_t i = 0; i + 5 < events.size(); i += 5)
      std::shuffle(events.begin() + static_cast<std::ptrdiff_t>(i),
                   events.begin() + static_cast<std::ptrdiff_t>(i) + 5, random);
    CheckIns shuffled;
    for (const std::int64_t t : events) shuffled.add(t, CheckInRules{1'000, 10'000'000});
    ASSERT_EQ(times(in_order), times(shuffled)) << "round " << round;
    std::array<std::uint32_t, CheckIns::kMax> gaps_in_order{};
    std::array<std::uint32_t, CheckIns::kMax> gaps_shuffled{};
    in_order.gaps(gaps_in_order.data());
    shuffled.gaps(gaps_shuffled.data());
    ASSERT_EQ(gaps_in_order, gaps_shuffled) << "round " << round;
  }
}

}  // namespace
}  // namespace c2watch::state
