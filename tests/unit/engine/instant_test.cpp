#include "core/engine/instant.h"

#include <gtest/gtest.h>

namespace c2watch::engine {
namespace {

TEST(Instant, reads_what_it_writes) {
  for (const char* text : {"1970-01-01T00:00:00.000Z", "2026-02-28T23:59:59.999Z",
                           "2024-02-29T12:00:00.001Z", "2100-12-31T00:00:00.000Z"}) {
    const auto t = parse_instant(text);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(instant_text(*t), text);
  }
}

TEST(Instant, a_fraction_has_up_to_six_digits_or_none) {
  const Time second = *parse_instant("2026-02-02T02:40:00Z");
  EXPECT_EQ(*parse_instant("2026-02-02T02:40:00.5Z") - second, std::chrono::milliseconds(500));
  EXPECT_EQ(*parse_instant("2026-02-02T02:40:00.000001Z") - second, Duration{1});
}

TEST(Instant, refuses_everything_else) {
  for (const char* bad :
       {"", "2026-02-02", "2026-02-02T02:40:00", "2026-02-02 02:40:00Z", "2026-02-02T24:00:00Z",
        "2026-02-02T02:60:00Z", "2026-02-02T02:40:60Z", "2026-02-30T02:40:00Z",
        "2026-02-02T02:40:00.Z", "2026-02-02T02:40:00.1234567Z", "2026-02-02T02:40:00,5Z",
        "2026-02-02T02:40:00+01:00", "2026-2-2T02:40:00Z", "+026-02-02T02:40:00Z",
        "2026-02-02T-1:40:00Z"})
    EXPECT_FALSE(parse_instant(bad)) << bad;
}

TEST(Instant, days_before_1970_are_none) {
  EXPECT_FALSE(parse_day("1969-12-31"));
  EXPECT_TRUE(parse_day("1970-01-01"));
  EXPECT_FALSE(parse_day("2026-02-29"));
}

}  // namespace
}  // namespace c2watch::engine
