#include "bench/reference_oracle.h"

#include <gtest/gtest.h>

namespace c2watch::harness {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;

struct Case {
  std::string name;
  std::vector<int> counts;  // connections, hour by hour
  std::string ip;
  std::string host;
  std::int64_t want_risk;  // 0: no row

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class SeedOracleTest : public testing::TestWithParam<Case> {};

TEST_P(SeedOracleTest, AnswersTheQuery) {
  const Case& c = GetParam();
  SeedOracle oracle;
  ParsedEvent e;
  e.event_id = 3;
  e.fields = {
      {"SourceHostname", "WS-01"}, {"DestinationIp", c.ip}, {"DestinationHostname", c.host}};
  std::int64_t total = 0;
  for (std::size_t hour = 0; hour < c.counts.size(); ++hour)
    for (int i = 0; i < c.counts[hour]; ++i, ++total) {
      e.utc_us = static_cast<std::int64_t>(hour) * kHour + i;
      oracle.add(e);
    }
  std::set<SeedRow> want;
  if (c.want_risk > 0)
    want.emplace("WS-01", c.ip, c.host, total, static_cast<std::int64_t>(c.counts.size()),
                 c.want_risk);
  EXPECT_EQ(oracle.answer(), want);
}

INSTANTIATE_TEST_SUITE_P(
    , SeedOracleTest,
    testing::Values(Case{"five_and_five", {5, 5}, "172.32.0.1", "", 1},
                    Case{"seventeen_and_seven", {17, 7}, "172.32.0.1", "", 1},
                    Case{"nine_and_three_is_an_exact_tie", {9, 3}, "172.32.0.1", "", 0},
                    Case{"exact_tie_of_five_hours", {7, 11, 7, 3, 16}, "172.32.0.1", "", 0},
                    Case{"one_hour", {10}, "172.32.0.1", "", 0},
                    Case{"fifty_is_not_above_fifty", {49, 1}, "172.32.0.1", "", 0},
                    Case{"volume_alone", {50, 1}, "172.32.0.1", "", 1},
                    Case{"regular_and_many", {26, 26}, "172.32.0.1", "", 2},
                    Case{"loopback", {5, 5}, "127.0.0.1", "", 0},
                    Case{"last_private_172", {5, 5}, "172.31.9.9", "", 0},
                    Case{"first_172_beyond", {5, 5}, "172.15.0.1", "", 1},
                    Case{"ends_like_live_com", {5, 5}, "172.32.0.1", "olive.com", 0},
                    Case{"another_case", {5, 5}, "172.32.0.1", "Login.LIVE.com", 1},
                    Case{"akamai_anywhere", {5, 5}, "172.32.0.1", "akamai.evil.net", 0},
                    Case{"dot_at_the_end", {5, 5}, "172.32.0.1", "login.live.com.", 1}),
    [](const auto& p) { return p.param.name; });

// Hours 0 and 1; the window is 24 hours, the current one included.
std::size_t rows_when_current_hour_is(std::int64_t hour) {
  SeedOracle oracle;
  ParsedEvent e;
  e.event_id = 3;
  e.fields = {{"DestinationIp", "172.32.0.1"}};
  for (int i = 0; i < 10; ++i) {
    e.utc_us = (i % 2) * kHour;
    oracle.add(e);
  }
  ParsedEvent last;
  last.event_id = 1;
  last.created_us = hour * kHour;
  oracle.add(last);
  return oracle.answer().size();
}

TEST(SeedOracle, FirstHourIsStillInTheWindow) { EXPECT_EQ(rows_when_current_hour_is(23), 1u); }
TEST(SeedOracle, FirstHourHasLeftTheWindow) { EXPECT_EQ(rows_when_current_hour_is(24), 0u); }

TEST(SeedOracle, ReadsItsRowFromAFinding) {
  SeedRow row;
  EXPECT_FALSE(seed_row({{"detector", "c2_port"}, {"evidence", nlohmann::json::object()}}, row));
  EXPECT_TRUE(seed_row({{"detector", "hourly_beacon"},
                        {"evidence",
                         {{"srcDevice_hostname", "a"},
                          {"application", nullptr},
                          {"dstDevice_ip", "b"},
                          {"dstDevice_hostname", nullptr},
                          {"TotalConnections", 52},
                          {"HoursActive", 2},
                          {"RiskScore", 2}}}},
                       row));
  EXPECT_EQ(row, SeedRow("a", "b", "", 52, 2, 2));
}

}  // namespace
}  // namespace c2watch::harness
