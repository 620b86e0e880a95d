#include "core/analytics/hourly_beacon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing_support::Collect;
using testing_support::evidence;
using Counts = std::vector<int>;

constexpr std::string_view kExternal = "142.254.39.90";
constexpr Time kStart{20'000 * 24h};  // a midnight in 2024

std::unique_ptr<HourlyBeacon> make(const HourlyBeaconSettings& settings) {
  auto made = HourlyBeacon::create(settings);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return std::move(*made);
}

Event record(Time at, std::string_view application = "x.exe") {
  Event e;
  e.kind = Kind::network_record;
  e.utc_time = e.time_created = at;
  e.source_hostname = "ws1";
  e.application = application;
  e.destination_ip = kExternal;
  e.destination_port = 443;
  return e;
}

// `counts[i]` rows in hour i, spread over it.
void feed(HourlyBeacon& beacon, Event row, const Counts& counts, FindingSink& out) {
  const Time start = row.utc_time;
  for (std::size_t hour = 0; hour < counts.size(); ++hour) {
    for (int i = 0; i < counts[hour]; ++i) {
      row.utc_time = start + hour * 1h + i * (1h / counts[hour]);
      beacon.observe(row, out);
    }
  }
}

std::vector<Finding> answer(HourlyBeacon& beacon) {
  Collect out;
  beacon.answer(out);
  return std::move(out.found);
}

int score(const std::vector<Finding>& findings) {
  return findings.empty() ? 0 : findings[0].risk_score;
}

// ------------------------------------------------------------------- the seed's query, by cases

struct Case {
  std::string name;
  Counts counts;
  std::string application = "x.exe";
  std::string ip = std::string(kExternal);
  std::string hostname = "";
  int want = 0;  // RiskScore, 0: not in the answer

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class Seed : public testing::TestWithParam<Case> {};

TEST_P(Seed, Answers) {
  const Case& c = GetParam();
  const auto beacon = make(HourlyBeaconSettings::seed());
  Event row = record(kStart, c.application);
  row.destination_ip = c.ip;
  row.destination_hostname = c.hostname;
  Collect told;
  feed(*beacon, row, c.counts, told);
  EXPECT_EQ(score(answer(*beacon)), c.want);
  // What is in the answer has been told, at its highest score.
  EXPECT_EQ(answer(*beacon).empty(), c.want == 0);
}

INSTANTIATE_TEST_SUITE_P(
    Counts, Seed,
    testing::Values(
        Case{.name = "two_even_hours", .counts = {5, 5}, .want = 1},
        Case{.name = "one_connection_too_few", .counts = {5, 4}},
        Case{.name = "uneven_but_below_one_half", .counts = {17, 7}, .want = 1},
        Case{.name = "exactly_one_half", .counts = {9, 3}},
        Case{.name = "exactly_one_half_where_rounding_says_less", .counts = {7, 11, 7, 3, 16}},
        Case{.name = "one_hour", .counts = {10}},
        Case{.name = "fifty_connections_are_no_volume", .counts = {49, 1}},
        Case{.name = "fifty_one_are", .counts = {50, 1}, .want = 1},
        Case{.name = "three_uneven_hours", .counts = {3, 12, 5}},
        Case{.name = "volume_only", .counts = {21, 29, 2, 17, 19}, .want = 1},
        Case{.name = "hours_without_rows_do_not_exist", .counts = {5, 0, 0, 0, 5}, .want = 1}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Keys, Seed,
    testing::Values(
        Case{.name = "powershell_even_and_much",
             .counts = {26, 26},
             .application = "C:\\x\\powershell.EXE",
             .want = 3},
        Case{.name = "a_name_that_ends_like_one",
             .counts = {9, 1},
             .application = "notcmd.exe",
             .want = 1},
        Case{.name = "loopback", .counts = {5, 5}, .ip = "127.0.0.1"},
        Case{.name = "private", .counts = {5, 5}, .ip = "172.31.9.9"},
        Case{.name = "below_private", .counts = {5, 5}, .ip = "172.15.0.1", .want = 1},
        Case{.name = "above_private", .counts = {5, 5}, .ip = "172.32.0.1", .want = 1},
        Case{.name = "carrier_nat", .counts = {5, 5}, .ip = "100.64.0.9", .want = 1},
        Case{.name = "loopback_of_ipv6", .counts = {5, 5}, .ip = "::1", .want = 1},
        Case{.name = "olive", .counts = {5, 5}, .hostname = "olive.com"},
        Case{.name = "akamai_anywhere", .counts = {5, 5}, .hostname = "akamai.evil.net"},
        Case{.name = "live_in_another_case",
             .counts = {5, 5},
             .hostname = "Login.LIVE.com",
             .want = 1},
        Case{.name = "live_with_a_dot", .counts = {5, 5}, .hostname = "login.live.com.", .want = 1},
        Case{.name = "notchrome", .counts = {5, 5}, .application = "notchrome.exe"},
        Case{.name = "chrome_in_another_case",
             .counts = {5, 5},
             .application = "Chrome.EXE",
             .want = 1}),
    [](const auto& p) { return p.param.name; });

TEST(SeedQuery, ASampleDeviationIsStricter) {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.deviation = Deviation::sample;
  const auto beacon = make(settings);
  Collect told;
  feed(*beacon, record(kStart), {17, 7}, told);
  EXPECT_TRUE(answer(*beacon).empty());
  feed(*beacon, record(kStart + 2h), {12}, told);  // 17 7 12
  EXPECT_EQ(score(answer(*beacon)), 1);
}

TEST(SeedQuery, NullIsAKeyLikeAnyOther) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Event row;
  row.kind = Kind::network_record;
  row.utc_time = kStart;
  Collect told;
  feed(*beacon, row, {60, 1}, told);
  const auto found = answer(*beacon);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].risk_score, 1);
  for (const char* name :
       {"srcDevice_hostname", "application", "dstDevice_ip", "dstDevice_hostname"})
    EXPECT_NE(evidence<std::monostate>(found[0], name), nullptr) << name;
  EXPECT_TRUE(evidence<std::vector<std::int64_t>>(found[0], "Ports")->empty());
}

TEST(SeedQuery, AnHourEndsWithItsLastMillisecond) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  for (int i = 0; i < 5; ++i) beacon->observe(record(kStart + 1h - 1ms), told);
  for (int i = 0; i < 4; ++i) beacon->observe(record(kStart + 1h), told);
  EXPECT_TRUE(told.found.empty());
  beacon->observe(record(kStart + 1h), told);
  ASSERT_EQ(told.found.size(), 1u);
  EXPECT_EQ(*evidence<std::vector<std::int64_t>>(told.found[0], "HourlyConnections"),
            (std::vector<std::int64_t>{5, 5}));
}

TEST(SeedQuery, HoursBefore1970AreWholeHoursToo) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  for (int i = 0; i < 5; ++i) beacon->observe(record(Time{-1ms}), told);
  for (int i = 0; i < 5; ++i) beacon->observe(record(Time{0ms}), told);
  ASSERT_EQ(told.found.size(), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(told.found[0], "FirstSeen"), -3'600'000);
  EXPECT_EQ(*evidence<std::int64_t>(told.found[0], "LastSeen"), 0);
}

Event sysmon(Time at, std::string_view image) {
  Event e = testing_support::network_connect(at, "WS-1.corp", "", image, kExternal, 443);
  e.source_hostname = "ws1";
  return e;
}

TEST(SeedQuery, StrictOnSysmonKnowsNoApplication) {
  const auto run = [](std::string_view image, const Counts& counts, ApplicationField field) {
    HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
    settings.application = field;
    const auto beacon = make(settings);
    Collect told;
    feed(*beacon, sysmon(kStart, image), counts, told);
    return score(answer(*beacon));
  };
  EXPECT_EQ(run("C:\\x\\powershell.exe", {26, 26}, ApplicationField::strict), 2);
  EXPECT_EQ(run("C:\\x\\powershell.exe", {26, 26}, ApplicationField::coalesce), 3);
  EXPECT_EQ(run("C:\\x\\chrome.exe", {5, 5}, ApplicationField::strict), 1);
  EXPECT_EQ(run("C:\\x\\chrome.exe", {5, 5}, ApplicationField::coalesce), 0);
}

TEST(SeedQuery, ItsOwnFourTestsDoNotFireIt) {
  const std::string powershell = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";
  for (const HourlyBeaconSettings& settings :
       {HourlyBeaconSettings::seed(), HourlyBeaconSettings::standard()}) {
    const auto beacon = make(settings);
    Collect told;
    const auto connect = [&](Time at, int port) {
      Event e = testing_support::network_connect(at, "ws1", "", powershell, "127.0.0.1", port);
      beacon->observe(e, told);
    };
    for (int i = 0; i < 5; ++i) connect(kStart + i * 30s, 8888);             // 1
    for (const int port : {4444, 8080, 8443}) connect(kStart + 5min, port);  // 3
    connect(kStart + 10min, 8888);                                           // 4
    beacon->observe(testing_support::dns_query(kStart, "ws1", "", powershell, "c2.example", 9003),
                    told);  // 2
    beacon->observe(testing_support::task_created(kStart, "ws1", "WindowsNetworkHealth", "<Task/>"),
                    told);  // 4
    beacon->advance(kStart + 48h, told);
    EXPECT_TRUE(told.found.empty());
    EXPECT_TRUE(answer(*beacon).empty());
  }
}

TEST(SeedQuery, AnUnreadableTimeIsCountedAndNeverNow) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  for (const Time time : {kNoTime, Time::max()}) {
    beacon->observe(record(time), told);
    beacon->advance(time, told);
  }
  EXPECT_EQ(beacon->stats().rejected, 2u);
  EXPECT_EQ(beacon->stats().entries, 0u);
  feed(*beacon, record(kStart), {5, 5}, told);
  EXPECT_EQ(told.found.size(), 1u) << "the clock must not have moved";
}

// --------------------------------------------------------------------------- thresholds as
// settings

TEST(Settings, EachThresholdHasTwoSides) {
  const auto fires = [](const Counts& counts, auto&& change) {
    HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
    change(settings);
    const auto beacon = make(settings);
    Collect told;
    feed(*beacon, record(kStart), counts, told);
    return !answer(*beacon).empty();
  };
  const auto min_total = [](auto& s) { s.min_total = 7; };
  EXPECT_FALSE(fires({3, 3}, min_total));
  EXPECT_TRUE(fires({3, 4}, min_total));
  const auto min_hours = [](auto& s) { s.min_hours = 3; };
  EXPECT_FALSE(fires({9, 9}, min_hours));
  EXPECT_TRUE(fires({9, 9, 9}, min_hours));
  const auto one_hour = [](auto& s) { s.min_hours = 1; };
  EXPECT_TRUE(fires({10}, one_hour));
  const auto volume = [](auto& s) { s.volume_above = 20; };
  EXPECT_FALSE(fires({19, 1}, volume));
  EXPECT_TRUE(fires({20, 1}, volume));
  const auto ratio = [](auto& s) { s.max_ratio_percent = 20; };
  EXPECT_FALSE(fires({12, 8}, ratio));  // exactly 0.2
  EXPECT_TRUE(fires({25, 17}, ratio));  // 0.190
  const auto window = [](auto& s) { s.window_hours = 1; };
  EXPECT_FALSE(fires({5, 5}, window));
}

TEST(Settings, RefusalsNameTheSettingAndTheRange) {
  const auto refusal = [](auto&& change) {
    HourlyBeaconSettings settings;
    change(settings);
    const auto made = HourlyBeacon::create(settings);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(refusal([](auto&) {}), "");
  EXPECT_EQ(refusal([](auto& s) { s.window_hours = 0; }),
            "hourly_beacon.window_hours must be 1..168");
  EXPECT_EQ(refusal([](auto& s) { s.window_hours = 168; }), "");
  EXPECT_NE(refusal([](auto& s) { s.window_hours = 169; }), "");
  EXPECT_NE(refusal([](auto& s) { s.min_total = 0; }), "");
  EXPECT_NE(refusal([](auto& s) { s.min_hours = 0; }), "");
  EXPECT_NE(refusal([](auto& s) { s.max_ratio_percent = 0; }), "");
  EXPECT_EQ(refusal([](auto& s) { s.max_ratio_percent = 200; }), "");
  EXPECT_NE(refusal([](auto& s) { s.max_ratio_percent = 201; }), "");
  EXPECT_NE(refusal([](auto& s) { s.volume_above = 1'000'000'001; }), "");
  EXPECT_NE(refusal([](auto& s) { s.capacity = 0; }), "");
  EXPECT_NE(refusal([](auto& s) { s.max_detail_bytes = 1; }), "");
  EXPECT_NE(refusal([](auto& s) { s.from = kStart; }), "");
  EXPECT_NE(refusal([](auto& s) { s.from = s.to = kStart; }), "");
  EXPECT_EQ(refusal([](auto& s) { s.from = kStart, s.to = kStart + 65'535h; }), "");
  EXPECT_NE(refusal([](auto& s) { s.from = kStart, s.to = kStart + 65'536h; }), "");
  EXPECT_EQ(refusal([](auto& s) { s.scope.excluded_networks = {"10.*"}; }),
            "hourly_beacon.scope: network \"10.*\": must begin with an IPv4 or IPv6 address");
}

// -------------------------------------------------------------------------- what standard changes

bool fires_by_default(const Event& row, const Counts& counts) {
  const auto beacon = make(HourlyBeaconSettings::standard());
  Collect told;
  feed(*beacon, row, counts, told);
  return !answer(*beacon).empty();
}

TEST(Standard, OnlyConnectionsThatTheHostOpened) {
  Event row = sysmon(kStart, "x.exe");
  EXPECT_TRUE(fires_by_default(row, {5, 5}));
  row.initiated = Initiated::no;
  EXPECT_FALSE(fires_by_default(row, {5, 5}));
  row.initiated = Initiated::unknown;
  EXPECT_FALSE(fires_by_default(row, {5, 5}));
  row.kind = Kind::network_record;  // Sumo's schema has no such field
  EXPECT_TRUE(fires_by_default(row, {5, 5}));
}

TEST(Standard, ANullSourceHostIsTheComputer) {
  for (const bool fallback : {false, true}) {
    HourlyBeaconSettings settings;
    settings.source_fallback = fallback;
    const auto beacon = make(settings);
    Collect told;
    Event row = sysmon(kStart, "x.exe");
    row.source_hostname = {};
    feed(*beacon, row, {5, 5}, told);
    ASSERT_EQ(told.found.size(), 1u);
    EXPECT_EQ(told.found[0].host, fallback ? "WS-1.corp" : "");
  }
}

TEST(Standard, CutFirstAndLastHoursDoNotCountAgainstRegularity) {
  EXPECT_FALSE(fires_by_default(record(kStart), {1, 60, 60}));  // one inner hour proves nothing
  EXPECT_TRUE(fires_by_default(record(kStart), {1, 9, 9, 1}));
  EXPECT_FALSE(fires_by_default(record(kStart), {1, 9, 3, 1}));  // inner hours at exactly 0.5
  EXPECT_TRUE(fires_by_default(record(kStart), {1, 17, 7, 1}));
  EXPECT_TRUE(fires_by_default(record(kStart), {5, 5}));  // the whole still decides as well
}

TEST(Standard, VolumeAloneIsNoFindingButCountsInTheScore) {
  EXPECT_FALSE(fires_by_default(record(kStart), {50, 1}));
  const auto beacon = make(HourlyBeaconSettings::standard());
  Collect told;
  feed(*beacon, record(kStart), {26, 26}, told);
  EXPECT_EQ(score(answer(*beacon)), 2);
}

TEST(Standard, LabSeesLoopback) {
  Event row = sysmon(kStart, "powershell.exe");
  row.destination_ip = "127.0.0.1";
  EXPECT_FALSE(fires_by_default(row, {5, 5}));
  const auto beacon = make(HourlyBeaconSettings::lab());
  Collect told;
  feed(*beacon, row, {5, 5}, told);
  EXPECT_EQ(score(answer(*beacon)), 2);
}

// -------------------------------------------------------------------------------- over time

std::vector<std::uint32_t> updates(const Collect& told) {
  std::vector<std::uint32_t> out;
  for (const Finding& f : told.found) out.push_back(f.update);
  return out;
}

TEST(Stream, TellsOnceAndThenOnlyWhenTheScoreRises) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {26, 24}, told);  // even from the tenth on
  ASSERT_EQ(updates(told), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(told.found[0].risk_score, 1);
  beacon->observe(record(kStart + 1h + 59min), told);  // 51
  ASSERT_EQ(updates(told), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(told.found[1].risk_score, 2);
  EXPECT_EQ(told.found[1].id, told.found[0].id);
  EXPECT_EQ(told.found[1].emitted_at, kStart + 1h + 59min);
  feed(*beacon, record(kStart + 2h), {26, 26}, told);
  EXPECT_EQ(told.found.size(), 2u);
}

TEST(Stream, AKeyThatComesBackWithTheSameFirstSliceGoesOnUnderItsId) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {5, 5}, told);     // enters at 5 5
  feed(*beacon, record(kStart + 1h), {15}, told);  // 5 20: leaves without a word
  EXPECT_TRUE(answer(*beacon).empty());
  feed(*beacon, record(kStart + 2h), {20}, told);  // 5 20 n: enters again on the way
  ASSERT_EQ(updates(told), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(told.found[0].id, told.found[1].id);
}

TEST(Stream, AKeyThatComesBackAfterTheWindowIsANewEpisode) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {5, 5}, told);
  beacon->advance(kStart + 30h, told);
  EXPECT_EQ(beacon->stats().entries, 0u);
  feed(*beacon, record(kStart + 40h), {5, 5}, told);
  ASSERT_EQ(updates(told), (std::vector<std::uint32_t>{0, 0}));
  EXPECT_NE(told.found[0].id, told.found[1].id);
}

TEST(Stream, TheWindowEndsWithTheCurrentHour) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {5, 5}, told);
  beacon->advance(kStart + 24h - 1us, told);
  EXPECT_EQ(answer(*beacon).size(), 1u);
  beacon->advance(kStart + 24h, told);  // the first hour has left
  EXPECT_TRUE(answer(*beacon).empty());
  EXPECT_EQ(told.found.size(), 1u) << "leaving is silent";
}

TEST(Stream, AnHourThatLeavesCanMakeAKeyEnter) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {40, 5, 5}, told);
  EXPECT_TRUE(told.found.empty());
  beacon->advance(kStart + 24h + 30min, told);
  ASSERT_EQ(told.found.size(), 1u);
  EXPECT_EQ(told.found[0].emitted_at, kStart + 24h) << "when the hour closed, not when we heard";
}

TEST(Stream, HoursCloseOneByOneHoweverFarTimeJumps) {
  Collect jump;
  Collect steps;
  for (Collect* told : {&jump, &steps}) {
    const auto beacon = make(HourlyBeaconSettings::seed());
    feed(*beacon, record(kStart), {40, 5, 5}, *told);
    for (Time now = kStart; told == &steps && now < kStart + 100h; now += 7min)
      beacon->advance(now, *told);
    beacon->advance(kStart + 100h, *told);
  }
  ASSERT_EQ(jump.found.size(), 1u);  // in between it was in the answer
  ASSERT_EQ(steps.found.size(), 1u);
  EXPECT_EQ(jump.found[0].emitted_at, steps.found[0].emitted_at);
  EXPECT_EQ(jump.found[0].id, steps.found[0].id);
}

TEST(Stream, RowsOlderThanTheWindowAreCountedAndDropped) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart + 24h), {5}, told);
  beacon->observe(record(kStart + 1h - 1us), told);
  EXPECT_EQ(beacon->stats().late, 1u);
  feed(*beacon, record(kStart + 1h), {5}, told);  // the oldest hour of the window
  EXPECT_EQ(beacon->stats().late, 1u);
  EXPECT_EQ(told.found.size(), 1u);
}

TEST(Stream, APortIsListedAsLongAsAnHourThatSawItIsInTheWindow) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  Event row = record(kStart);
  row.destination_port = 8443;
  feed(*beacon, row, {5}, told);
  row = record(kStart + 1h);
  row.destination_port = 0;
  feed(*beacon, row, {5, 5}, told);
  row.utc_time = kStart;
  row.destination_port = kNoPort;
  beacon->observe(row, told);
  const auto ports = [&] {
    return *evidence<std::vector<std::int64_t>>(answer(*beacon).at(0), "Ports");
  };
  EXPECT_EQ(ports(), (std::vector<std::int64_t>{0, 8443}));
  beacon->advance(kStart + 24h, told);
  EXPECT_EQ(ports(), std::vector<std::int64_t>{0});
}

TEST(Stream, KeysThatEnterTogetherAreToldInTheOrderOfTheirKeys) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  for (const std::string_view application : {"c.exe", "", "a.exe", "b.exe"})
    feed(*beacon, record(kStart, application), {40, 5, 5}, told);
  beacon->advance(kStart + 24h, told);
  ASSERT_EQ(told.found.size(), 4u);
  EXPECT_EQ(told.found[0].process.image, "");
  EXPECT_EQ(told.found[1].process.image, "a.exe");
  EXPECT_EQ(told.found[2].process.image, "b.exe");
  EXPECT_EQ(told.found[3].process.image, "c.exe");
}

// -------------------------------------------------------------------------- the fixed window

TEST(FixedWindow, TakesRowsFromItsFirstInstantToBeforeItsLast) {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.from = kStart + 30min;
  settings.to = kStart + 100h;
  const auto beacon = make(settings);
  Collect told;
  beacon->observe(record(kStart + 30min - 1us), told);
  beacon->observe(record(kStart + 100h), told);
  EXPECT_EQ(beacon->stats().late, 2u);
  EXPECT_EQ(beacon->stats().entries, 0u);
  for (int i = 0; i < 5; ++i) beacon->observe(record(kStart + 100h - 1us), told);
  for (int i = 0; i < 5; ++i) beacon->observe(record(kStart + 30min), told);
  beacon->advance(kStart + 1000h, told);
  ASSERT_EQ(answer(*beacon).size(), 1u);
  EXPECT_EQ(told.found.size(), 1u);
}

// ------------------------------------------------------------------------------ the answer

TEST(Answer, IsInTheOrderOfTheQuery) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  Event null_application = record(kStart, "");
  null_application.source_hostname = "ws0";
  feed(*beacon, record(kStart, "b.exe"), {5, 5}, told);
  feed(*beacon, record(kStart, "a.exe"), {5, 5}, told);
  feed(*beacon, record(kStart, "B.exe"), {5, 5}, told);
  feed(*beacon, record(kStart, ""), {5, 5}, told);
  feed(*beacon, record(kStart, "\xC3\xA9.exe"), {5, 5}, told);
  feed(*beacon, null_application, {5, 5}, told);
  feed(*beacon, record(kStart, "more.exe"), {6, 6}, told);
  feed(*beacon, record(kStart, "cmd.exe"), {5, 5}, told);
  std::vector<std::string> order;
  for (const Finding& f : answer(*beacon)) order.push_back(f.host + " " + f.process.image);
  EXPECT_EQ(order,
            (std::vector<std::string>{"ws1 cmd.exe", "ws1 more.exe", "ws0 ", "ws1 ", "ws1 B.exe",
                                      "ws1 a.exe", "ws1 b.exe", "ws1 \xC3\xA9.exe"}));
}

TEST(Answer, RepeatsWhatWasToldUnderTheSameId) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  feed(*beacon, record(kStart), {26, 26}, told);
  const auto found = answer(*beacon);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, told.found.back().id);
  EXPECT_EQ(found[0].update, told.found.back().update);
}

// ------------------------------------------------------------------------------- the finding

TEST(BeaconFinding, CarriesTheSeedsFieldsInItsOrderAndTheArithmetic) {
  const auto beacon = make(HourlyBeaconSettings::standard());
  Collect told;
  Event row = sysmon(kStart, "C:\\x\\powershell.exe");
  row.destination_hostname = "c2.example";
  row.record_id = 77;
  feed(*beacon, row, {1, 26, 27, 1}, told);
  const Finding f = answer(*beacon).at(0);

  std::vector<std::string> names;
  for (const Evidence& e : f.evidence) names.push_back(e.name);
  EXPECT_EQ(names, (std::vector<std::string>{"srcDevice_hostname",
                                             "application",
                                             "dstDevice_ip",
                                             "dstDevice_hostname",
                                             "TotalConnections",
                                             "HoursActive",
                                             "AvgPerHour",
                                             "ConsistencyRatio",
                                             "Ports",
                                             "FirstSeen",
                                             "LastSeen",
                                             "IsSuspiciousProcess",
                                             "IsBeaconPattern",
                                             "RiskScore",
                                             "HourlySlices",
                                             "HourlyConnections",
                                             "SumOfSquares",
                                             "MinTotalConnections",
                                             "MinHoursActive",
                                             "VolumeAbove",
                                             "MaxConsistencyRatio",
                                             "Inequality",
                                             "InequalityLeft",
                                             "InequalityRight",
                                             "InnerHoursActive",
                                             "InnerTotalConnections",
                                             "InnerSumOfSquares",
                                             "InnerInequalityLeft",
                                             "InnerInequalityRight"}));
  const auto integer = [&](std::string_view name) { return *evidence<std::int64_t>(f, name); };
  EXPECT_EQ(*evidence<std::string>(f, "srcDevice_hostname"), "ws1");
  EXPECT_EQ(*evidence<std::string>(f, "application"), "C:\\x\\powershell.exe");
  EXPECT_EQ(*evidence<std::string>(f, "dstDevice_ip"), kExternal);
  EXPECT_EQ(*evidence<std::string>(f, "dstDevice_hostname"), "c2.example");
  EXPECT_EQ(integer("TotalConnections"), 55);
  EXPECT_EQ(integer("HoursActive"), 4);
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "AvgPerHour"), 13.75);
  EXPECT_NEAR(*evidence<double>(f, "ConsistencyRatio"), 0.92763, 1e-5);
  EXPECT_EQ(*evidence<std::vector<std::int64_t>>(f, "Ports"), std::vector<std::int64_t>{443});
  EXPECT_EQ(integer("FirstSeen"), to_ms(kStart));
  EXPECT_EQ(integer("LastSeen"), to_ms(kStart + 3h));
  EXPECT_EQ(integer("IsSuspiciousProcess"), 1);
  EXPECT_EQ(integer("IsBeaconPattern"), 1);
  EXPECT_EQ(integer("RiskScore"), 3);
  EXPECT_EQ(*evidence<std::vector<std::int64_t>>(f, "HourlyConnections"),
            (std::vector<std::int64_t>{1, 26, 27, 1}));
  EXPECT_EQ(integer("SumOfSquares"), 1 + 676 + 729 + 1);
  EXPECT_EQ(*evidence<std::string>(f, "Inequality"), "4(nQ - T^2) < T^2");
  EXPECT_EQ(integer("InequalityLeft"), 4 * (4 * 1407 - 55 * 55));
  EXPECT_EQ(integer("InequalityRight"), 55 * 55);
  EXPECT_EQ(integer("InnerInequalityLeft"), 4 * (2 * 1405 - 53 * 53));
  EXPECT_EQ(integer("InnerInequalityRight"), 53 * 53);

  EXPECT_EQ(f.detector, "hourly_beacon");
  EXPECT_EQ(f.id.size(), 32u);
  EXPECT_EQ(f.risk_score, 3);
  EXPECT_EQ(f.severity, Severity::high);
  EXPECT_EQ(f.confidence, Confidence::medium);
  EXPECT_EQ(f.first_seen, kStart);
  EXPECT_EQ(f.last_seen, kStart + 3h);
  EXPECT_EQ(f.destination.port, 443);
  EXPECT_EQ(f.reasons.size(), 3u);
  ASSERT_EQ(f.records.size(), 1u);
  EXPECT_EQ(f.records[0].computer, "WS-1.corp");
  EXPECT_EQ(f.records[0].channel, testing_support::kSysmonChannel);
  EXPECT_EQ(f.records[0].record_id, 77u);
  EXPECT_EQ(f.records[0].event_id, 3u);
}

// Counts of {26, 26} are regular and many: a RiskScore of 2 without, of 3 with a suspicious process.
Finding told_of(const HourlyBeaconSettings& settings, std::string_view image,
                std::string_view hostname, std::int32_t port, const Counts& counts = {26, 26}) {
  const auto beacon = make(settings);
  Event row = record(kStart, image);
  row.destination_hostname = hostname;
  row.destination_port = port;
  Collect told;
  feed(*beacon, row, counts, told);
  auto all = answer(*beacon);
  return all.empty() ? Finding{} : std::move(all[0]);
}

TEST(BeaconSeverity, IsTheSeedsByRiskScore) {
  const HourlyBeaconSettings seed = HourlyBeaconSettings::seed();
  constexpr std::string_view kAgent = R"(C:\Program Files\Agent\agent.exe)";
  EXPECT_EQ(told_of(seed, kAgent, "telemetry.example", 443).severity, Severity::high);
  EXPECT_EQ(told_of(seed, kAgent, "telemetry.example", 443, {5, 5}).severity, Severity::medium);
}

TEST(BeaconSeverity, IsLowForAnOrdinaryProgramThatIsEvenlyBusy) {
  constexpr std::string_view kAgent = R"(C:\Program Files\Agent\agent.exe)";
  const Finding f = told_of({}, kAgent, "telemetry.example", 443);
  EXPECT_EQ(f.severity, Severity::low);
  EXPECT_EQ(f.risk_score, 2);  // what the seed says of it is still told
  EXPECT_EQ(told_of({}, kAgent, "", 8443).severity, Severity::low);
}

TEST(BeaconSeverity, IsTheContextsForWhatStandsOut) {
  constexpr std::string_view kDropped = R"(C:\Users\Public\update.exe)";
  EXPECT_EQ(told_of({}, kDropped, "c2.example", 443).severity, Severity::medium);
  const Finding f = told_of({}, kDropped, "", 8443);
  EXPECT_EQ(f.severity, Severity::high);
  ASSERT_EQ(f.reasons.size(), 5u);
  EXPECT_EQ(f.reasons[2], "Context: update.exe lies in a folder that every user may write.");
}

TEST(BeaconSeverity, IsTheSeedsForASuspiciousProcess) {
  constexpr std::string_view kPowershell = R"(C:\Windows\System32\powershell.exe)";
  EXPECT_EQ(told_of({}, kPowershell, "c2.example", 443).severity, Severity::high);
  EXPECT_EQ(told_of({}, kPowershell, "c2.example", 443, {9, 3}).severity, Severity::medium);
}

TEST(BeaconFinding, TheRecordIsTheLatestByTimeNotByArrival) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  Event row = sysmon(kStart + 1h, "x.exe");
  row.record_id = 9;
  row.computer = "new-name.corp";
  for (int i = 0; i < 5; ++i) beacon->observe(row, told);
  row = sysmon(kStart, "x.exe");
  row.record_id = 4;
  for (int i = 0; i < 5; ++i) beacon->observe(row, told);
  const Finding f = answer(*beacon).at(0);
  EXPECT_EQ(f.records.at(0).record_id, 9u);
  EXPECT_EQ(f.records.at(0).computer, "new-name.corp");
  EXPECT_EQ(f.last_seen, kStart + 1h);
}

// ------------------------------------------------------------------------------------ bounds

TEST(Bounds, KeysAreEvictedWholeAndCounted) {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.capacity = 100;
  const auto beacon = make(settings);
  Collect told;
  feed(*beacon, record(kStart), {5}, told);
  for (int i = 0; i < 10'000; ++i) {
    const std::string application = "flood-" + std::to_string(i);
    beacon->observe(record(kStart + 30min, application), told);
  }
  EXPECT_EQ(beacon->stats().entries, 100u);
  EXPECT_EQ(beacon->stats().evictions, 10'001u - 100u);
  feed(*beacon, record(kStart + 1h), {5}, told);
  EXPECT_EQ(told.found.size(), 1u) << "a key that came twice outlives the flood";
}

TEST(Bounds, NamesAndPortsOfAKeyAreCut) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  const std::string longest(1 << 10, 'x');
  for (const char* end : {"1", "2"}) {
    const std::string name = longest + end;
    Event row = record(kStart, name);
    row.source_hostname = row.destination_hostname = row.computer = row.channel = name;
    feed(*beacon, row, {5, 5}, told);
    for (int port = 0; port < 65'536; ++port) {
      row.destination_port = port * 7 % 65'536;
      beacon->observe(row, told);
    }
  }
  EXPECT_EQ(beacon->stats().entries, 2u) << "keys differ though what is kept of them is as long";
  EXPECT_LE(beacon->stats().bytes, 64u * 1024);
  const std::vector<Finding> found = answer(*beacon);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].id, found[1].id);
  EXPECT_LE(found[0].host.size(), 512u);
  EXPECT_LE(found[0].records.at(0).computer.size() + found[0].records[0].channel.size(), 1'024u);
  EXPECT_EQ(beacon->stats().evictions, 0u);
}

// A host whose names fill the budget pays for them itself.
TEST(Bounds, TheBudgetOfOneHostIsNotTheOthers) {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.max_detail_bytes = std::size_t{16} << 20;
  settings.capacity = 100'000;
  const auto beacon = make(settings);
  Collect told;
  const auto fleet = [&](Time at) {
    for (int host = 0; host < 50; ++host) {
      const std::string name = "quiet-" + std::to_string(host);
      Event row = record(at);
      row.computer = row.source_hostname = name;
      feed(*beacon, row, {6}, told);
    }
  };
  fleet(kStart);
  Event row = record(kStart + 59min);
  for (int i = 0; i < 60'000; ++i) {
    const std::string name = std::string(500, 'x') + std::to_string(i / 2);
    const std::string application = "a" + name, hostname = "h" + name;
    row.computer = "FLOOD";
    row.source_hostname = name;
    row.application = application;
    row.destination_hostname = hostname;
    beacon->observe(row, told);  // twice each
    ASSERT_LE(beacon->stats().bytes, settings.max_detail_bytes + settings.capacity * 200);
  }
  EXPECT_GT(beacon->stats().evictions, 10'000u);
  EXPECT_EQ(beacon->stats().crowded_out, 0u);
  fleet(kStart + 1h);
  EXPECT_EQ(told.found.size(), 50u);
}

TEST(Bounds, MemoryOfKeysThatExpiredIsGivenBack) {
  const auto beacon = make(HourlyBeaconSettings::seed());
  Collect told;
  const auto round = [&](Time start) {
    for (int i = 0; i < 1000; ++i)
      feed(*beacon, record(start, "a-name-of-some-length-" + std::to_string(i)), {1, 1, 1}, told);
    return beacon->stats().bytes;
  };
  const std::uint64_t once = round(kStart);
  for (int day = 1; day < 20; ++day) ASSERT_LE(round(kStart + day * 48h), once + once / 50) << day;
  beacon->advance(kStart + 2000h, told);
  EXPECT_EQ(beacon->stats().entries, 0u);
}

}  // namespace
}  // namespace c2watch::analytics
