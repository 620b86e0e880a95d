// hourly_beacon against its batch question in SQL, at the end and after every single row, and the
// five properties that every streaming detector has. Seeds are fixed: a failure names its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/analytics/hourly_beacon.h"
#include "property/hourly_sql_oracle.h"
#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using property::SqlAnswer;
using property::SqlKey;
using property::SqlOracle;
using property::SqlRow;
using property::SqlSettings;
using property::Text;
using testing_support::Collect;
using testing_support::evidence;
using Rng = std::mt19937;

constexpr std::int64_t kHourMs = 3'600'000;

int below(Rng& rng, int bound) { return static_cast<int>(rng() % static_cast<unsigned>(bound)); }

template <class Pool>
const auto& one_of(const Pool& pool, Rng& rng) {
  return pool[rng() % std::size(pool)];
}

std::int64_t floor_hour(std::int64_t ms) { return ms - ((ms % kHourMs) + kHourMs) % kHourMs; }

// ------------------------------------------------------------------------------ the two readings

// The same settings for both, named by the profile that they resemble.
struct Reading {
  std::string name;
  HourlyBeaconSettings ours;
  SqlSettings sql;
};

Reading seed_reading() { return {"seed", HourlyBeaconSettings::seed(), {}}; }

Reading standard_reading() {
  return {"standard",
          HourlyBeaconSettings::standard(),
          {.seed_scope = false,
           .exact = false,
           .coalesce = true,
           .source_fallback = true,
           .initiated_only = true,
           .partial_edges = true,
           .volume_alone = false}};
}

// Every threshold and switch somewhere else.
Reading odd_reading(Rng& rng) {
  Reading r = rng() % 2 == 0 ? seed_reading() : standard_reading();
  r.name = "odd";
  r.ours.application = rng() % 2 == 0 ? ApplicationField::strict : ApplicationField::coalesce;
  r.sql.coalesce = r.ours.application == ApplicationField::coalesce;
  r.ours.source_fallback = r.sql.source_fallback = rng() % 2 == 0;
  r.ours.initiated_only = r.sql.initiated_only = rng() % 2 == 0;
  r.ours.partial_edge_hours = r.sql.partial_edges = rng() % 2 == 0;
  r.ours.volume_alone = r.sql.volume_alone = rng() % 2 == 0;
  r.sql.sample = rng() % 2 == 0;
  r.ours.deviation = r.sql.sample ? Deviation::sample : Deviation::population;
  r.sql.min_total = 1 + below(rng, 20);
  r.sql.min_hours = 1 + below(rng, 4);
  r.sql.ratio_percent = 1 + below(rng, 120);
  r.sql.volume_above = below(rng, 60);
  r.ours.min_total = static_cast<std::uint64_t>(r.sql.min_total);
  r.ours.min_hours = static_cast<std::uint64_t>(r.sql.min_hours);
  r.ours.max_ratio_percent = static_cast<std::uint32_t>(r.sql.ratio_percent);
  r.ours.volume_above = static_cast<std::uint64_t>(r.sql.volume_above);
  return r;
}

std::unique_ptr<HourlyBeacon> make(const HourlyBeaconSettings& settings) {
  auto made = HourlyBeacon::create(settings);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return std::move(*made);
}

// ------------------------------------------------------------------------------------- workloads

struct Labelled {
  Text text;
  bool excluded_by_standard;
};

const std::vector<Text> kHosts = {"ws1", "ws2", "WS1", std::nullopt};
const std::vector<Labelled> kPrograms = {
    {std::nullopt, false},    {"x.exe", false},        {"C:\\x\\PowerShell.EXE", false},
    {"notcmd.exe", false},    {"chrome.exe", true},    {"Chrome.EXE", true},
    {"notchrome.exe", false}, {"\xC3\xA9.exe", false}, {"C:\\z\\OUTLOOK.EXE", true}};
const std::vector<Labelled> kIps = {
    {std::nullopt, false},    {"142.254.39.90", false}, {"142.254.39.9", false}, {"10.0.0.1", true},
    {"172.31.9.9", true},     {"172.32.0.1", false},    {"100.64.0.9", true},    {"::1", true},
    {"2a00:1450::5e", false}, {"::ffff:10.0.0.1", true}};
const std::vector<Labelled> kNames = {
    {std::nullopt, false},      {std::nullopt, false},      {"c2.example", false},
    {"olive.com", false},       {"Login.LIVE.com", true},   {"login.live.com.", true},
    {"akamai.evil.net", false}, {"x.amazonaws.com", false}, {"www.office.com", true}};

// Hourly counts that lie on or beside a threshold.
std::vector<int> some_counts(Rng& rng) {
  static const std::vector<std::vector<int>> kPlanted = {{5, 5},
                                                         {5, 4},
                                                         {17, 7},
                                                         {9, 3},
                                                         {7, 11, 7, 3, 16},
                                                         {10},
                                                         {50, 1},
                                                         {49, 1},
                                                         {3, 12, 5},
                                                         {21, 29, 2, 17, 19},
                                                         {26, 25},
                                                         {26, 26},
                                                         {18, 6},
                                                         {27, 9},
                                                         {1, 9, 3, 1},
                                                         {1, 9, 9, 1},
                                                         {2, 17, 7, 2},
                                                         {30, 9, 3, 9, 3, 40},
                                                         {12, 8},
                                                         {6, 2, 6, 2},
                                                         {14, 22, 14, 6}};
  std::vector<int> counts;
  if (rng() % 3 != 0) {
    counts = one_of(kPlanted, rng);
    if (rng() % 2 == 0) std::shuffle(counts.begin(), counts.end(), rng);
    if (rng() % 4 == 0) counts[rng() % counts.size()] += below(rng, 3) - 1;
  } else {
    counts.resize(static_cast<std::size_t>(1 + below(rng, 7)));
    for (int& c : counts) c = below(rng, 12);
  }
  if (rng() % 4 == 0) counts.insert(counts.begin() + 1, 0);  // an hour of silence
  return counts;
}

struct Labels {
  Labelled program, ip, name;
};

SqlRow some_key(Rng& rng) {
  Labels pick{one_of(kPrograms, rng), one_of(kIps, rng), one_of(kNames, rng)};
  // Most keys are out of scope by one of the three: let more of them in.
  if (rng() % 2 == 0) pick = {one_of(kPrograms, rng), kIps[1 + rng() % 2], kNames[rng() % 3]};
  SqlRow row;
  row.sysmon = rng() % 2 == 0;
  row.src_host = one_of(kHosts, rng);
  row.computer = one_of(kHosts, rng);
  (row.sysmon || rng() % 3 == 0 ? row.base_image : row.application) = pick.program.text;
  row.dst_ip = pick.ip.text;
  row.dst_host = pick.name.text;
  row.destination_out_of_scope = pick.ip.excluded_by_standard || pick.name.excluded_by_standard;
  row.program_out_of_scope = pick.program.excluded_by_standard;
  return row;
}

std::int64_t some_instant(std::int64_t hour, Rng& rng) {
  switch (rng() % 6) {
    case 0:
      return hour;
    case 1:
      return hour + kHourMs - 1;
    default:
      return hour + below(rng, kHourMs);
  }
}

// In order of time. `spread_hours`: how far apart keys may begin.
std::vector<SqlRow> some_rows(Rng& rng, int keys, int spread_hours) {
  static const std::vector<std::int64_t> kBases = {0, -3 * kHourMs, 1'700'000'000'000,
                                                   1'735'686'000'000};
  static const std::vector<std::optional<int>> kPorts = {std::nullopt, 0, 80, 443, 8443, 65535};
  const std::int64_t base = floor_hour(one_of(kBases, rng));
  std::vector<SqlRow> rows;
  for (int key = 0; key < keys; ++key) {
    SqlRow row = some_key(rng);
    std::int64_t hour = base + below(rng, spread_hours) * kHourMs;
    for (const int count : some_counts(rng)) {
      for (int i = 0; i < count; ++i) {
        row.ts_ms = some_instant(hour, rng);
        row.dst_port = one_of(kPorts, rng);
        row.initiated = rng() % 16 != 0;
        rows.push_back(row);
      }
      hour += kHourMs;
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const SqlRow& a, const SqlRow& b) { return a.ts_ms < b.ts_ms; });
  return rows;
}

std::string_view view(const Text& text) { return text ? std::string_view(*text) : ""; }

Event event_of(const SqlRow& row) {
  Event e;
  e.kind = row.sysmon ? Kind::network_connect : Kind::network_record;
  e.utc_time = e.time_created = Time{std::chrono::milliseconds{row.ts_ms}};
  e.source_hostname = view(row.src_host);
  e.application = view(row.application);
  e.image = view(row.base_image);
  e.destination_ip = view(row.dst_ip);
  e.destination_hostname = view(row.dst_host);
  e.computer = view(row.computer);
  e.destination_port = row.dst_port.value_or(kNoPort);
  if (row.sysmon) e.initiated = row.initiated ? Initiated::yes : Initiated::no;
  return e;
}

// ---------------------------------------------------------------------------------- comparisons

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t n : numbers) text += (text.empty() ? "" : ",") + std::to_string(n);
  return text;
}

Text text_of(const Finding& f, std::string_view name) {
  const std::string* text = evidence<std::string>(f, name);
  return text == nullptr ? std::nullopt : Text(*text);
}

SqlKey key_of(const Finding& f, bool exact) {
  const auto part = [&](std::string_view name) {
    return exact ? text_of(f, name) : property::in_one_spelling(text_of(f, name));
  };
  return {part("srcDevice_hostname"), part("application"), text_of(f, "dstDevice_ip"),
          part("dstDevice_hostname")};
}

void expect_same(const Finding& f, const SqlAnswer& want, bool exact) {
  const auto number = [&](std::string_view name) { return *evidence<std::int64_t>(f, name); };
  const auto list = [&](std::string_view name) {
    return joined(*evidence<std::vector<std::int64_t>>(f, name));
  };
  EXPECT_TRUE(key_of(f, exact) == want.key) << f.description;
  EXPECT_EQ(number("TotalConnections"), want.total);
  EXPECT_EQ(number("HoursActive"), want.hours);
  EXPECT_DOUBLE_EQ(*evidence<double>(f, "AvgPerHour"),
                   static_cast<double>(want.total) / static_cast<double>(want.hours));
  EXPECT_EQ(list("Ports"), want.ports);
  EXPECT_EQ(list("HourlySlices"), want.slices);
  EXPECT_EQ(list("HourlyConnections"), want.counts);
  EXPECT_EQ(number("FirstSeen"), want.first_ms);
  EXPECT_EQ(number("LastSeen"), want.last_ms);
  EXPECT_EQ(number("IsSuspiciousProcess"), want.suspicious);
  EXPECT_EQ(number("IsBeaconPattern"), want.beacon);
  EXPECT_EQ(number("RiskScore"), want.score);
  EXPECT_EQ(f.risk_score, want.score);
}

void expect_same(const std::vector<Finding>& found, const std::vector<SqlAnswer>& want,
                 bool exact) {
  ASSERT_EQ(found.size(), want.size());
  for (std::size_t i = 0; i < found.size(); ++i) expect_same(found[i], want[i], exact);
}

std::vector<Finding> answer(HourlyBeacon& beacon) {
  Collect out;
  beacon.answer(out);
  return std::move(out.found);
}

// -------------------------------------------------------------------------- batch equals SQL

TEST(HourlyBeaconBatch, AnswersAsSqlDoesWhateverTheOrderOfRows) {
  Rng settings_rng(1);
  std::size_t answers = 0;
  std::size_t ties = 0;
  for (int reading = 0; reading < 40; ++reading) {
    const Reading r = reading % 4 == 0   ? seed_reading()
                      : reading % 4 == 1 ? standard_reading()
                                         : odd_reading(settings_rng);
    SqlOracle oracle(r.sql);
    for (unsigned seed = 0; seed < 60; ++seed) {
      SCOPED_TRACE(r.name + " reading " + std::to_string(reading) + " seed " +
                   std::to_string(seed));
      Rng rng(seed * 1000 + static_cast<unsigned>(reading));
      std::vector<SqlRow> rows = some_rows(rng, 1 + below(rng, 9), 1 + below(rng, 5));
      std::shuffle(rows.begin(), rows.end(), rng);

      HourlyBeaconSettings settings = r.ours;
      std::int64_t from = -40 * kHourMs;
      std::int64_t to = 2'000'000'000'000;
      if (!rows.empty() && rng() % 2 == 0) {  // cut through the middle of an hour
        from = rows.front().ts_ms;
        to = std::max(from + 1, rows.back().ts_ms);
      } else if (!rows.empty()) {
        const auto [least, most] = std::minmax_element(
            rows.begin(), rows.end(), [](auto& a, auto& b) { return a.ts_ms < b.ts_ms; });
        from = least->ts_ms;
        to = most->ts_ms + 1;
      } else {
        to = from + kHourMs;
      }
      settings.from = Time{std::chrono::milliseconds{from}};
      settings.to = Time{std::chrono::milliseconds{to}};
      const auto beacon = make(settings);
      Collect told;
      oracle.clear();
      for (const SqlRow& row : rows) {
        oracle.add(row);
        beacon->observe(event_of(row), told);
      }
      const std::vector<SqlAnswer> want = oracle.answer(from, to);
      expect_same(answer(*beacon), want, r.sql.exact);
      if (testing::Test::HasFailure()) return;
      answers += want.size();
      for (const SqlAnswer& a : want) ties += 4 * a.spread == a.total * a.total;
    }
  }
  EXPECT_GT(answers, 2'000u) << "the workloads find next to nothing";
  EXPECT_GT(ties, 20u) << "no answer with a ratio of exactly 0.5 ever occurred";
}

// -------------------------------------------------------------------- streaming equals batch

// What the stream must have told, worked out from nothing but the SQL answers over time.
class ExpectedStream {
 public:
  struct Told {
    SqlKey key;
    std::uint32_t update;
    int score;
    friend bool operator==(const Told&, const Told&) = default;
  };

  // The answer has become this. Returns what is news, in the order of keys.
  std::vector<Told> now_is(const std::vector<SqlAnswer>& answer) {
    std::map<SqlKey, const SqlAnswer*> in;
    for (const SqlAnswer& a : answer) in[a.key] = &a;
    for (auto& [key, state] : states_) state.raised = state.raised && in.count(key) > 0;

    std::vector<Told> news;
    for (const auto& [key, a] : in) {
      State& s = states_[key];
      if (s.raised && a->score <= s.told) continue;
      const bool goes_on = s.raised || (s.ever && s.first_ms == a->first_ms);
      if (!s.raised && !goes_on) s.first_ms = a->first_ms;
      s.update = goes_on ? s.update + 1 : 0;
      s.ever = s.raised = true;
      s.told = a->score;
      news.push_back({key, s.update, a->score});
    }
    return news;
  }

 private:
  struct State {
    bool ever = false;
    bool raised = false;
    int told = 0;
    std::int64_t first_ms = 0;
    std::uint32_t update = 0;
  };
  std::map<SqlKey, State> states_;
};

// Late by up to three hours, and some by more than any window.
std::vector<SqlRow> delayed(std::vector<SqlRow> rows, int window_hours, Rng& rng) {
  std::vector<std::pair<std::int64_t, SqlRow>> arrivals;
  for (SqlRow& row : rows) {
    std::int64_t delay = 0;
    if (rng() % 5 == 0) delay = below(rng, 3 * kHourMs);
    if (rng() % 40 == 0) delay = (window_hours + below(rng, 3)) * kHourMs;
    arrivals.emplace_back(row.ts_ms + delay, std::move(row));
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  rows.clear();
  for (auto& [at, row] : arrivals) rows.push_back(std::move(row));
  return rows;
}

class Comparison {
 public:
  Comparison(const Reading& reading, int window_hours)
      : oracle_(reading.sql), exact_(reading.sql.exact), window_ms_(window_hours * kHourMs) {
    HourlyBeaconSettings settings = reading.ours;
    settings.window_hours = window_hours;
    beacon_ = make(settings);
  }

  void row(const SqlRow& row) {
    const std::int64_t hour = floor_hour(row.ts_ms);
    std::vector<ExpectedStream::Told> want = close_hours_until(hour);
    oracle_.add(row);
    beacon_->observe(event_of(row), told_);
    check(std::move(want));
  }

  void advance(std::int64_t ms) {
    std::vector<ExpectedStream::Told> want = close_hours_until(floor_hour(ms));
    beacon_->advance(Time{std::chrono::milliseconds{ms}}, told_);
    check(std::move(want));
  }

  std::size_t tellings() const { return tellings_; }
  std::size_t leavings() const { return leavings_; }

 private:
  std::vector<SqlAnswer> ask() {
    return oracle_.answer(current_ + kHourMs - window_ms_, current_ + kHourMs);
  }

  std::vector<ExpectedStream::Told> close_hours_until(std::int64_t hour) {
    std::vector<ExpectedStream::Told> want;
    if (!started_) current_ = hour;
    started_ = true;
    // Beyond a whole window nothing is left to happen.
    for (std::int64_t end = std::min(hour, current_ + window_ms_); current_ < end;) {
      current_ += kHourMs;
      for (auto& told : expected_.now_is(ask())) want.push_back(std::move(told));
    }
    current_ = std::max(current_, hour);
    return want;
  }

  void check(std::vector<ExpectedStream::Told> want) {
    const std::vector<SqlAnswer> sql = ask();
    for (auto& told : expected_.now_is(sql)) want.push_back(std::move(told));

    std::vector<ExpectedStream::Told> got;
    for (const Finding& f : told_.found) {
      const auto [at, fresh] = ids_.emplace(f.id, key_of(f, exact_));
      EXPECT_TRUE(at->second == key_of(f, exact_)) << "one id, two keys";
      EXPECT_EQ(fresh, f.update == 0) << "an id begins with update 0 and never does so again";
      got.push_back({key_of(f, exact_), f.update, f.risk_score});
    }
    told_.found.clear();
    EXPECT_TRUE(got == want) << got.size() << " told, " << want.size() << " expected";
    expect_same(answer(*beacon_), sql, exact_);
    tellings_ += want.size();
    leavings_ += sql.size() < size_before_;
    size_before_ = sql.size();
  }

  SqlOracle oracle_;
  bool exact_;
  std::unique_ptr<HourlyBeacon> beacon_;
  std::int64_t window_ms_;
  std::int64_t current_ = 0;
  bool started_ = false;
  ExpectedStream expected_;
  Collect told_;
  std::map<std::string, SqlKey> ids_;
  std::size_t tellings_ = 0;
  std::size_t leavings_ = 0;
  std::size_t size_before_ = 0;
};

TEST(HourlyBeaconStream, IsTheBatchAnswerOverTheWindowAfterEveryRowAndEveryHour) {
  Rng settings_rng(2);
  std::size_t tellings = 0;
  std::size_t leavings = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const Reading r = seed % 4 == 0   ? seed_reading()
                      : seed % 4 == 1 ? standard_reading()
                                      : odd_reading(settings_rng);
    static constexpr std::array kWindows = {1, 2, 3, 3, 5, 5, 24, 24};
    const int window = one_of(kWindows, rng);
    SCOPED_TRACE(r.name + " seed " + std::to_string(seed) + " window " + std::to_string(window));
    Comparison both(r, window);
    const auto rows = delayed(some_rows(rng, 1 + below(rng, 3), 1 + below(rng, 3)), window, rng);
    for (const SqlRow& row : rows) {
      if (rng() % 30 == 0) both.advance(row.ts_ms - below(rng, 1000));
      both.row(row);
      if (testing::Test::HasFailure()) return;
    }
    if (rows.empty()) continue;
    for (int hour = 0; hour <= window; ++hour) {
      both.advance(rows.back().ts_ms + hour * kHourMs);
      if (testing::Test::HasFailure()) return;
    }
    tellings += both.tellings();
    leavings += both.leavings();
  }
  EXPECT_GT(tellings, 300u);
  EXPECT_GT(leavings, 200u);
}

// ------------------------------------------------------------------------------------- merging

// Shards that saw a part each, however the rows were dealt out, answer together as SQL does over all
// of them; and what comes afterwards finds nothing missing.
TEST(HourlyBeaconMerge, ShardsAnswerTogetherAsOneThatSawEverything) {
  Rng settings_rng(3);
  std::size_t answers = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    const Reading r = seed % 4 == 0   ? seed_reading()
                      : seed % 4 == 1 ? standard_reading()
                                      : odd_reading(settings_rng);
    static constexpr std::array kWindows = {1, 3, 24};
    HourlyBeaconSettings settings = r.ours;
    settings.window_hours = one_of(kWindows, rng);
    SCOPED_TRACE(r.name + " seed " + std::to_string(seed));
    const auto rows =
        delayed(some_rows(rng, 1 + below(rng, 8), 1 + below(rng, 5)), settings.window_hours, rng);
    if (rows.empty()) continue;

    std::vector<std::unique_ptr<HourlyBeacon>> shards;
    const int shard_count = 1 + below(rng, 5);
    for (int i = 0; i < shard_count; ++i) {
      settings.hash_seed = rng();
      shards.push_back(make(settings));
    }
    SqlOracle oracle(r.sql);
    Collect out;
    std::int64_t newest = rows.front().ts_ms;
    const auto take = [&](HourlyBeacon& shard, const SqlRow& row) {
      newest = std::max(newest, row.ts_ms);
      oracle.add(row);
      shard.observe(event_of(row), out);
    };
    const auto expect_the_answer = [&](HourlyBeacon& beacon) {
      const std::int64_t end = floor_hour(newest) + kHourMs;
      const auto want = oracle.answer(end - settings.window_hours * kHourMs, end);
      expect_same(answer(beacon), want, r.sql.exact);
      answers += want.size();
    };
    const std::size_t dealt = rows.size() - rows.size() / 4;
    for (std::size_t i = 0; i < dealt; ++i) take(*one_of(shards, rng), rows[i]);
    std::shuffle(shards.begin(), shards.end(), rng);
    const auto merged = std::move(shards.back());
    shards.pop_back();
    for (const auto& shard : shards) merged->merge(*shard, out);
    expect_the_answer(*merged);
    for (std::size_t i = dealt; i < rows.size(); ++i) take(*merged, rows[i]);
    expect_the_answer(*merged);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(answers, 300u) << "the workloads find next to nothing";
}

TEST(HourlyBeaconMerge, WhatTheOtherOneToldIsNotToldAgainAndGoesOn) {
  SqlRow row;
  row.src_host = "ws1";
  row.base_image = row.application = "x.exe";
  row.dst_ip = "142.254.39.90";
  const auto shard = make(HourlyBeaconSettings::seed());
  Collect told;
  for (int i = 0; i < 10; ++i) {
    row.ts_ms = i / 5 * kHourMs + i;
    shard->observe(event_of(row), told);
  }
  ASSERT_EQ(told.found.size(), 1u);

  const auto merged = make(HourlyBeaconSettings::seed());
  merged->merge(*shard, told);
  EXPECT_EQ(told.found.size(), 1u) << "told before";
  const auto open = answer(*merged);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].id, told.found[0].id);
  for (int i = 0; i < 41; ++i) merged->observe(event_of(row), told);  // 51: volume
  ASSERT_EQ(told.found.size(), 2u);
  EXPECT_EQ(told.found[1].id, told.found[0].id);
  EXPECT_EQ(told.found[1].update, 1u);
}

TEST(HourlyBeaconMerge, HalvesOfABeaconAreToldWhenTheyMeet) {
  SqlRow row;
  row.src_host = "ws1";
  row.application = "x.exe";
  row.dst_ip = "142.254.39.90";
  const auto first = make(HourlyBeaconSettings::seed());
  const auto second = make(HourlyBeaconSettings::seed());
  Collect told;
  for (int i = 0; i < 10; ++i) {
    row.ts_ms = i / 5 * kHourMs + i;
    row.dst_port = 400 + i % 4;
    (i % 2 == 0 ? first : second)->observe(event_of(row), told);
  }
  ASSERT_EQ(told.found.size(), 0u);
  first->merge(*second, told);
  ASSERT_EQ(told.found.size(), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(told.found[0], "TotalConnections"), 10);
  EXPECT_EQ(joined(*evidence<std::vector<std::int64_t>>(told.found[0], "Ports")),
            "400,401,402,403");
}

TEST(HourlyBeaconMerge, KeepsToItsBoundsAndAddsUpWhatWasNotUsed) {
  HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
  settings.capacity = 50;
  const auto small = make(settings);
  settings.capacity = 500;
  const auto large = make(settings);
  Collect out;
  SqlRow row;
  row.dst_ip = "142.254.39.90";
  row.ts_ms = 100 * kHourMs;
  for (int i = 0; i < 500; ++i) {
    row.application = "program-" + std::to_string(i) + ".exe";
    large->observe(event_of(row), out);
  }
  row.ts_ms = 0;  // a window and more behind
  large->observe(event_of(row), out);
  small->merge(*large, out);
  EXPECT_EQ(small->stats().entries, 50u);
  EXPECT_EQ(small->stats().evictions, 450u);
  EXPECT_EQ(small->stats().late, 1u);
}

// ------------------------------------------------------------------------------- invariances

// All of a finding but what names the time.
std::string content(const Finding& f, std::chrono::milliseconds shift = {}) {
  const auto ms = [&](Time t) { return std::to_string(to_ms(t) - shift.count()); };
  std::string text = f.title + "|" + f.description + "|" + std::to_string(f.update) + "|" +
                     std::to_string(f.risk_score) + "|" + ms(f.first_seen) + "|" + ms(f.last_seen) +
                     "|" + ms(f.emitted_at);
  for (const Evidence& e : f.evidence) {
    text += "|" + e.name + "=";
    if (const auto* number = std::get_if<std::int64_t>(&e.value)) {
      const bool time = e.name == "FirstSeen" || e.name == "LastSeen";
      text += std::to_string(*number - (time ? shift.count() : 0));
    }
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&e.value)) {
      std::vector<std::int64_t> numbers = *list;
      if (e.name == "HourlySlices")
        for (std::int64_t& n : numbers) n -= shift.count();
      text += joined(numbers);
    }
    if (const auto* words = std::get_if<std::string>(&e.value)) text += *words;
    if (const auto* real = std::get_if<double>(&e.value)) text += std::to_string(*real);
  }
  return text;
}

using Contents = std::vector<std::string>;

Contents contents(const std::vector<Finding>& findings, std::chrono::milliseconds shift = {}) {
  Contents all;
  for (const Finding& f : findings) all.push_back(content(f, shift));
  return all;
}

// Everything told, then the answer.
std::vector<Finding> run(const HourlyBeaconSettings& settings, const std::vector<SqlRow>& rows) {
  const auto beacon = make(settings);
  Collect out;
  for (const SqlRow& row : rows) beacon->observe(event_of(row), out);
  beacon->answer(out);
  return std::move(out.found);
}

std::vector<SqlRow> stream_rows(Rng& rng) { return delayed(some_rows(rng, 8, 30), 24, rng); }

TEST(HourlyBeaconInvariance, TimesMoveWithTheRowsByWholeHours) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    std::vector<SqlRow> rows = stream_rows(rng);
    const auto before = run(HourlyBeaconSettings::seed(), rows);
    const std::chrono::hours shift(below(rng, 100'000) - 50'000);
    for (SqlRow& row : rows) row.ts_ms += std::chrono::milliseconds(shift).count();
    ASSERT_EQ(contents(run(HourlyBeaconSettings::seed(), rows), shift), contents(before)) << seed;
  }
}

TEST(HourlyBeaconInvariance, AdvancingAsOftenAsOneLikesChangesNothing) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    const std::vector<SqlRow> rows = stream_rows(rng);
    const auto beacon = make(HourlyBeaconSettings::seed());
    Collect out;
    std::int64_t now = INT64_MIN;
    for (const SqlRow& row : rows) {
      // Any number of calls, up to the time of the next row.
      for (now = std::max(now, row.ts_ms - 3 * kHourMs); now < row.ts_ms;
           now += 1 + below(rng, 2 * kHourMs))
        beacon->advance(Time{std::chrono::milliseconds{now}}, out);
      now = std::max(now - 2 * kHourMs, row.ts_ms);
      beacon->observe(event_of(row), out);
    }
    beacon->answer(out);
    ASSERT_EQ(contents(out.found), contents(run(HourlyBeaconSettings::seed(), rows))) << seed;
  }
}

TEST(HourlyBeaconInvariance, StrangersChangeNothing) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    const std::vector<SqlRow> rows = stream_rows(rng);
    const auto alone = run(HourlyBeaconSettings::seed(), rows);

    const auto beacon = make(HourlyBeaconSettings::seed());
    Collect out;
    for (const SqlRow& row : rows) {
      SqlRow stranger = some_key(rng);
      stranger.src_host = "stranger" + std::to_string(rng() % 50);
      stranger.ts_ms = row.ts_ms;
      beacon->observe(event_of(row), out);
      beacon->observe(event_of(stranger), out);
    }
    beacon->answer(out);
    std::erase_if(out.found, [](const Finding& f) { return f.host.starts_with("stranger"); });
    ASSERT_EQ(contents(out.found), contents(alone)) << seed;
  }
}

TEST(HourlyBeaconInvariance, TheHashSeedIsOfNoConsequence) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    const std::vector<SqlRow> rows = stream_rows(rng);
    HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
    settings.capacity = 6;  // so few that keys are evicted all the time
    const auto first = run(settings, rows);
    settings.hash_seed = 0x9E3779B97F4A7C15u;
    const auto second = run(settings, rows);
    ASSERT_EQ(contents(second), contents(first)) << seed;
    for (std::size_t i = 0; i < first.size(); ++i) ASSERT_EQ(second[i].id, first[i].id);
  }
}

TEST(HourlyBeaconInvariance, NothingOutgrowsItsBounds) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    HourlyBeaconSettings settings = HourlyBeaconSettings::seed();
    settings.capacity = static_cast<std::size_t>(1 + below(rng, 500));
    settings.window_hours = 1 + below(rng, 168);
    const auto beacon = make(settings);
    Collect out;
    SqlRow row = some_key(rng);
    row.sysmon = false;
    row.dst_ip = "142.254.39.90";
    row.dst_host = std::nullopt;
    std::uint64_t last_evictions = 0;
    for (int i = 0; i < 10'000; ++i) {
      row.ts_ms += below(rng, kHourMs / 20) - kHourMs / 60;
      row.dst_port = below(rng, 65'536);
      row.application = "program-" + std::to_string(below(rng, 2000)) + ".exe";
      beacon->observe(event_of(row), out);
      const AnalyticStats stats = beacon->stats();
      ASSERT_LE(stats.entries, stats.capacity);
      ASSERT_EQ(stats.capacity, settings.capacity);
      ASSERT_LE(stats.bytes, settings.max_detail_bytes + settings.capacity * 400 + 4096);
      ASSERT_GE(stats.evictions, last_evictions);
      last_evictions = stats.evictions;
    }
  }
}

}  // namespace
}  // namespace c2watch::analytics
