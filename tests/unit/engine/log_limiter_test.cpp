#include "core/engine/log_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr Time kNoon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 12h};

TEST(LogLimiter, lets_one_go_in_ten_minutes_and_says_how_many_it_held) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.admit(kNoon), 0u);
  EXPECT_EQ(limiter.admit(kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit(kNoon + 10min - 1us), std::nullopt);
  EXPECT_EQ(limiter.admit(kNoon + 10min), 2u);
  EXPECT_EQ(limiter.admit(kNoon + 20min), 0u);
}

TEST(LogLimiter, a_burst_comes_once) {
  LogLimiter limiter{3};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.admit(kNoon), 0u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.admit(kNoon), std::nullopt);
  EXPECT_EQ(limiter.admit(kNoon + 10min), 5u);
  EXPECT_EQ(limiter.admit(kNoon + 10min), std::nullopt);
}

TEST(LogLimiter, without_a_clock_only_the_first_goes) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.admit(kNoTime), 0u);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(limiter.admit(kNoTime), std::nullopt);
  EXPECT_EQ(limiter.admit(kNoon), std::nullopt) << "nobody knows how long ago the first was";
  EXPECT_EQ(limiter.admit(kNoon + 10min), 1'001u);
}

TEST(LogLimiter, a_clock_that_goes_to_and_fro_opens_nothing) {
  LogLimiter limiter;
  int gone = 0;
  for (int i = 0; i < 1'000; ++i) gone += limiter.admit(i % 2 == 0 ? kNoon : kNoon - 5min) ? 1 : 0;
  EXPECT_EQ(gone, 1);
}

struct Heard final : Listener {
  void finding(std::string_view) override {}
  void log(LogLevel, std::string_view text) override { logs.emplace_back(text); }
  std::vector<std::string> logs;
};

// An hour of nothing but bad records, of four kinds, all of which hold a text that we look for.
TEST(LogFlood, an_hour_of_bad_records_is_a_screenful_without_their_content) {
  Heard heard;
  Engine engine(*read_config(""), heard, 1);
  for (int second = 0; second < 3'600; ++second) {
    engine.advance(kNoon + std::chrono::seconds{second});
    for (int i = 0; i < 20; ++i) {
      engine.observe(Format::json, "{\"s3cr3t\": " + std::to_string(i));
      engine.observe(Format::automatic, "s3cr3t, neither JSON nor XML");
      engine.observe(Format::json, R"({"a": "s3cr3t"})");
      engine.observe(Format::xml, "<!DOCTYPE s3cr3t><Event/>");
    }
  }
  EXPECT_EQ(heard.logs.size(), 4u * 6) << "one in ten minutes of each kind";
  EXPECT_THAT(heard.logs, Each(AllOf(HasSubstr("cannot be read"), Not(HasSubstr("s3cr3t")))));
  EXPECT_THAT(heard.logs.back(), EndsWith("(11999 more since the last such line)"));
}

TEST(LogFlood, a_batch_tool_hears_of_each_kind_once) {
  Heard heard;
  Engine engine(*read_config(""), heard, 1);
  for (int i = 0; i < 100'000; ++i) engine.observe(Format::json, "{");
  EXPECT_EQ(heard.logs.size(), 1u);
}

}  // namespace
}  // namespace c2watch::engine
