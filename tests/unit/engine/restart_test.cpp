// Restarts: stops of any length, clocks that were moved meanwhile, another config, another path of
// the checkpoint. What an uninterrupted run reports is the reference wherever it is promised.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "anomaly/attack_records.h"
#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override { findings.emplace_back(text); }
  void log(LogLevel, std::string_view text) override { logs.emplace_back(text); }

  std::vector<std::string> findings;
  std::vector<std::string> logs;
};

const std::vector<std::string>& records() {
  static const std::vector<std::string> all = testing_support::attack_records();
  return all;
}

constexpr Time kMorning{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 9h};

// Each address is a finding of its own.
std::string odd_port(Time at, int address, std::uint64_t id) {
  std::string utc = instant_text(at);
  utc.pop_back();
  utc[10] = ' ';
  const json data = {{"UtcTime", utc},
                     {"Image", R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)"},
                     {"ProcessGuid", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
                     {"Initiated", "true"},
                     {"DestinationIp", "142.254.39." + std::to_string(address)},
                     {"DestinationPort", "4444"}};
  return json({{"@timestamp", instant_text(at)},
               {"winlog",
                {{"channel", "Microsoft-Windows-Sysmon/Operational"},
                 {"computer_name", "WS-" + std::to_string(address) + ".corp.example"},
                 {"event_id", "3"},
                 {"record_id", id},
                 {"event_data", data}}}})
      .dump();
}

class RestartTest : public testing::Test {
 protected:
  RestartTest() {
    char name[] = "/tmp/c2watch-restart-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ / "state";
  }
  ~RestartTest() override {
    engine_.reset();
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  json with_path(json config, const fs::path& path) const {
    config["checkpoint"]["path"] = path.string();
    return config;
  }
  // A new life, after a crash unless stop() came before. The sentence if it cannot begin.
  std::string open(const json& config = json::object()) { return open_at(config, path_); }
  std::string open_at(const json& config, const fs::path& path) {
    engine_.reset();
    const auto settings = read_config(with_path(config, path).dump());
    EXPECT_TRUE(settings) << settings.error().message;
    engine_.emplace(*settings, heard_, 7);
    const auto error = engine_->open_checkpoint();
    return error ? error->message : "";
  }
  void stop() {
    engine_->close_checkpoint();
    engine_.reset();
  }
  std::string reload(const json& config) {
    const auto settings = read_config(config.dump());
    EXPECT_TRUE(settings) << settings.error().message;
    const auto error = engine_->reconfigure(*settings);
    return error ? error->message : "";
  }
  Verdict observe(const std::string& record) { return engine_->observe(Format::json, record); }
  json stats() const { return json::parse(engine_->stats_json()); }
  bool there(const char* name) const { return fs::exists(folder_ / name); }

  fs::path folder_, path_;
  Heard heard_;
  std::optional<Engine> engine_;
};

// ------------------------------------------------------------------------------------ the clock

class StopTest : public RestartTest, public testing::WithParamInterface<std::chrono::seconds> {};

// The first record of the second life may come before the host tells the time.
TEST_P(StopTest, records_after_a_stop_of_any_length_are_used) {
  const Time later = kMorning + GetParam();
  for (const bool told : {false, true}) {
    heard_ = {};
    ASSERT_EQ(open(), "");
    engine_->advance(kMorning);
    EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).findings, 1u);
    stop();
    ASSERT_EQ(open(), "");
    if (told) engine_->advance(later);
    EXPECT_EQ(observe(odd_port(later, 2, 2)).findings, 1u) << "told " << told;
    EXPECT_EQ(stats()["unreadable"], json::object());
    EXPECT_THAT(heard_.logs, IsEmpty());
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, StopTest, testing::Values(1s, 3600s, 30 * 86'400s));

TEST_F(RestartTest, once_the_time_is_told_it_bounds_the_new_process) {
  ASSERT_EQ(open(), "");
  engine_->advance(kMorning);
  stop();
  ASSERT_EQ(open(), "");
  EXPECT_TRUE(stats()["host_time_us"].is_null());
  engine_->bound(kMorning + 1h);
  EXPECT_EQ(observe(odd_port(kMorning + 1h + 301s, 1, 1)).why, parse::Unreadable::bad_time);
  EXPECT_EQ(observe(odd_port(kMorning + 1h + 300s, 2, 2)).fate, Fate::used);
}

// A run over stored events never tells the time; what a live one was told is not its concern.
TEST_F(RestartTest, a_run_by_the_events_clock_goes_on_from_a_live_checkpoint) {
  ASSERT_EQ(open(), "");
  engine_->advance(kMorning);
  stop();
  ASSERT_EQ(open(), "");
  for (int day = 0; day < 40; ++day)
    EXPECT_EQ(observe(odd_port(kMorning + 24h * day, 1 + day, 1)).fate, Fate::used) << day;
}

// Ten connections in two hours: hourly_beacon counts them only while their hours are open.
std::vector<std::string> beacon(Time from) {
  std::vector<std::string> all;
  for (int i = 0; i < 10; ++i)
    all.push_back(odd_port(
        from + std::chrono::minutes(i < 5 ? i * 10 : 60 + (i - 5) * 10), 1,
        static_cast<std::uint64_t>(from.time_since_epoch().count() / 1'000'000 % 1'000'000 + i)));
  return all;
}

std::size_t of_hourly_beacon(const std::vector<std::string>& findings) {
  return static_cast<std::size_t>(std::ranges::count_if(findings, [](const std::string& f) {
    return json::parse(f)["detector"] == "hourly_beacon";
  }));
}

class ClockTest : public RestartTest, public testing::WithParamInterface<std::chrono::hours> {};

// The clock was ahead by so much in the first life and is right in the second.
TEST_P(ClockTest, set_back_between_two_lives_detection_goes_on) {
  ASSERT_EQ(open(), "");
  engine_->advance(kMorning + GetParam());
  observe(odd_port(kMorning, 9, 1));
  stop();
  ASSERT_EQ(open(), "");
  for (const std::string& r : beacon(kMorning + 1h)) {
    engine_->advance(kMorning + 3h);
    observe(r);
  }
  EXPECT_EQ(of_hourly_beacon(heard_.findings), 1u);
  EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["late"], 0);
}

TEST_P(ClockTest, set_back_within_one_life_detection_goes_on_and_snapshots_are_written) {
  ASSERT_EQ(open(), "");
  engine_->advance(kMorning + GetParam());
  for (const std::string& r : beacon(kMorning + 1h)) {
    engine_->advance(kMorning + 3h);
    observe(r);
  }
  EXPECT_EQ(of_hourly_beacon(heard_.findings), 1u);
  const auto before = stats()["checkpoint"]["snapshots"].get<int>();
  for (int i = 0; i < 320; ++i) engine_->advance(kMorning + 3h + std::chrono::seconds(i));
  EXPECT_GT(stats()["checkpoint"]["snapshots"].get<int>(), before);
}

INSTANTIATE_TEST_SUITE_P(Leads, ClockTest, testing::Values(1h, 14h, 16h, 24h * 31, 24h * 3650));

// Both sides of the threshold: within half a day nothing is reset, beyond it the log says so.
TEST_F(RestartTest, a_clock_set_back_by_more_than_half_a_day_resets_what_counts_hours_and_says_so) {
  for (const auto& [lead, resets] : {std::pair{12h + 0us, false}, {12h + 1us, true}}) {
    heard_ = {};
    engine_.emplace(*read_config(""), heard_, 7);
    for (const std::string& r : beacon(kMorning)) observe(r);
    engine_->advance(kMorning + 3h);
    engine_->bound(kMorning + 3h - lead);
    EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["entries"] == 0, resets);
    EXPECT_GT(stats()["detectors"]["interval_beacon"]["entries"], 0);
    if (resets)
      EXPECT_THAT(heard_.logs, Contains(HasSubstr("set back")));
    else
      EXPECT_THAT(heard_.logs, IsEmpty());
  }
}

// ----------------------------------------------------------------------------- the reorder buffer

TEST_F(RestartTest, what_was_buffered_is_released_under_any_other_reorder_seconds) {
  for (const int seconds : {0, 1, 60, 600}) {
    heard_ = {};
    ASSERT_EQ(open({{"reorder_seconds", 60}}), "");
    EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).findings, 0u);
    EXPECT_EQ(stats()["records"]["held_back"], 1);
    stop();
    ASSERT_EQ(open({{"reorder_seconds", seconds}}), "");
    EXPECT_THAT(heard_.logs, IsEmpty());
    EXPECT_EQ(stats()["records"]["held_back"], 1) << "no host expects a finding from open()";
    engine_->advance(kMorning + 700s);
    EXPECT_EQ(heard_.findings.size(), 1u) << seconds;
    EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).fate, Fate::repeated);
    EXPECT_EQ(heard_.findings.size(), 1u) << seconds;
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

TEST_F(RestartTest, what_was_buffered_comes_before_the_first_record_without_a_buffer) {
  ASSERT_EQ(open({{"reorder_seconds", 60}}), "");
  observe(odd_port(kMorning, 1, 1));
  stop();
  ASSERT_EQ(open({{"reorder_seconds", 0}}), "");
  observe(odd_port(kMorning + 1s, 2, 2));
  ASSERT_EQ(heard_.findings.size(), 2u);
  EXPECT_THAT(heard_.findings[0], HasSubstr("142.254.39.1"));
  EXPECT_THAT(heard_.findings[1], HasSubstr("142.254.39.2"));
}

TEST_F(RestartTest, a_reload_releases_what_the_new_reorder_seconds_does_not_buffer) {
  for (const int seconds : {0, 5, 60}) {
    heard_ = {};
    engine_.emplace(*read_config(R"({"reorder_seconds": 60})"), heard_, 7);
    observe(odd_port(kMorning, 1, 1));
    ASSERT_EQ(reload({{"reorder_seconds", seconds}}), "");
    observe(odd_port(kMorning + 10s, 2, 2));
    EXPECT_EQ(heard_.findings.size(), seconds == 0 ? 2u : seconds == 5 ? 1u : 0u) << seconds;
  }
}

// ------------------------------------------------------------------------------ the end of input

TEST_F(RestartTest, flush_releases_what_is_buffered_in_order_and_a_restart_does_not_repeat_it) {
  ASSERT_EQ(open({{"reorder_seconds", 3600}}), "");
  observe(odd_port(kMorning + 2s, 2, 2));
  observe(odd_port(kMorning + 1s, 1, 1));
  EXPECT_THAT(heard_.findings, IsEmpty());
  engine_->flush();
  ASSERT_EQ(heard_.findings.size(), 2u);
  EXPECT_THAT(heard_.findings[0], HasSubstr("142.254.39.1"));
  engine_->flush();
  EXPECT_EQ(heard_.findings.size(), 2u);
  stop();
  ASSERT_EQ(open({{"reorder_seconds", 3600}}), "");
  engine_->advance(kMorning + 5h);
  EXPECT_EQ(heard_.findings.size(), 2u);
}

// Byte for byte what comes without a buffer, where the input is in order.
TEST_F(RestartTest, flush_at_the_end_of_input_makes_any_reorder_seconds_find_the_same) {
  std::vector<std::string> expected;
  for (const int seconds : {0, 1, 600, 3600}) {
    heard_ = {};
    engine_.emplace(*read_config(json({{"reorder_seconds", seconds}}).dump()), heard_, 7);
    for (const std::string& r : records()) observe(r);
    engine_->flush();
    if (seconds == 0) expected = heard_.findings;
    EXPECT_EQ(heard_.findings, expected) << seconds;
  }
  EXPECT_GT(expected.size(), 5u);
}

TEST_F(RestartTest, a_crash_after_a_flush_replays_the_flush) {
  const json config = {{"reorder_seconds", 600}};
  std::vector<std::string> expected;
  for (const bool crash : {false, true}) {
    heard_ = {};
    ASSERT_EQ(open(config), "");
    for (std::size_t i = 0; i < records().size() / 2; ++i) observe(records()[i]);
    engine_->flush();
    const std::size_t told = heard_.findings.size();
    if (crash) {
      ASSERT_EQ(open(config), "");
      engine_->flush();  // reports again what no record will ask for
      EXPECT_GT(heard_.findings.size(), told);
      heard_.findings.resize(told);
      EXPECT_EQ(stats()["records"]["held_back"], 0);
    }
    for (std::size_t i = records().size() / 2; i < records().size(); ++i) observe(records()[i]);
    engine_->flush();
    if (!crash) expected = heard_.findings;
    EXPECT_EQ(heard_.findings, expected);
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

// ------------------------------------------------------------------------- checkpoint.path itself

TEST_F(RestartTest, a_reload_that_adds_a_path_takes_effect) {
  engine_.emplace(*read_config(""), heard_, 7);
  EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).findings, 1u);
  ASSERT_EQ(reload(with_path(json::object(), path_)), "");
  EXPECT_TRUE(there("state"));
  EXPECT_EQ(observe(odd_port(kMorning, 2, 2)).findings, 1u);
  ASSERT_EQ(open(), "");  // a crash
  EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).fate, Fate::repeated);
  EXPECT_EQ(observe(odd_port(kMorning, 2, 2)).fate, Fate::repeated);
  EXPECT_EQ(heard_.findings.size(), 3u) << "the second once more, its record asked for it";
}

TEST_F(RestartTest, a_reload_that_removes_the_path_leaves_its_last_moment_and_lets_it_go) {
  ASSERT_EQ(open(), "");
  observe(odd_port(kMorning, 1, 1));
  ASSERT_EQ(reload(json::object()), "");
  EXPECT_EQ(observe(odd_port(kMorning, 2, 2)).findings, 1u);
  EXPECT_EQ(stats()["checkpoint"]["journal_bytes"], 0);
  {
    Heard other;
    Engine second(*read_config(with_path(json::object(), path_).dump()), other, 8);
    EXPECT_EQ(second.open_checkpoint(), std::nullopt) << "nobody locks it";
    EXPECT_EQ(second.observe(Format::json, odd_port(kMorning, 1, 1)).fate, Fate::repeated);
    EXPECT_EQ(second.observe(Format::json, odd_port(kMorning, 2, 2)).fate, Fate::used);
  }
}

TEST_F(RestartTest, a_reload_that_changes_the_path_goes_on_there) {
  ASSERT_EQ(open(), "");
  observe(odd_port(kMorning, 1, 1));
  ASSERT_EQ(reload(with_path(json::object(), folder_ / "other")), "");
  observe(odd_port(kMorning, 2, 2));
  ASSERT_EQ(open_at({}, folder_ / "other"), "");
  EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).fate, Fate::repeated);
  EXPECT_EQ(observe(odd_port(kMorning, 2, 2)).fate, Fate::repeated);
}

TEST_F(RestartTest, a_reload_is_refused_where_the_new_path_cannot_be_used_and_nothing_changes) {
  ASSERT_EQ(open_at({}, folder_ / "taken"), "");
  stop();
  fs::create_directory(folder_ / "open");
  fs::permissions(folder_ / "open", fs::perms::all);
  ASSERT_EQ(open(), "");
  observe(odd_port(kMorning, 1, 1));
  const json strict = {{"detectors", {{"c2_port", {{"many_ports", 2}}}}}};
  EXPECT_THAT(reload(with_path(strict, folder_ / "taken")), HasSubstr("holds a checkpoint"));
  EXPECT_THAT(reload(with_path(strict, folder_ / "open" / "state")), HasSubstr("everybody"));
  EXPECT_THAT(reload(with_path(strict, folder_ / "none" / "state")), HasSubstr("No such file"));
  EXPECT_THAT(reload(with_path(strict, folder_ / "open" / ".." / "state")),
              HasSubstr("another engine"));
  EXPECT_GT(stats()["detectors"]["c2_port"]["entries"], 0) << "the old settings are in force";
  EXPECT_EQ(engine_->settings().checkpoint.path, path_.string());
  ASSERT_EQ(open(), "");
  EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).fate, Fate::repeated) << "the journal went on";
}

TEST_F(RestartTest, a_reload_that_turns_the_journal_off_or_on_takes_effect) {
  ASSERT_EQ(open(), "");
  observe(odd_port(kMorning, 1, 1));
  json off = with_path(json::object(), path_);
  off["checkpoint"]["journal"] = false;
  ASSERT_EQ(reload(off), "");
  ASSERT_TRUE(engine_->checkpoint_now());
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("journal")));
  observe(odd_port(kMorning, 2, 2));
  ASSERT_EQ(reload(with_path(json::object(), path_)), "");
  ASSERT_TRUE(engine_->checkpoint_now());
  observe(odd_port(kMorning, 3, 3));
  ASSERT_EQ(open(), "");
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(observe(odd_port(kMorning, i, static_cast<std::uint64_t>(i))).fate, Fate::repeated);
}

// ------------------------------------------------------------------------------ checkpoint_now()

TEST_F(RestartTest, a_snapshot_on_request_holds_everything_though_one_is_under_way) {
  const json config = {{"checkpoint", {{"journal", false}, {"every_seconds", 10}}}};
  for (int ticks = 0; ticks < 5; ++ticks) {  // before, begun, written, flushed, in place
    ASSERT_EQ(open(config), "");
    engine_->advance(kMorning);
    for (int i = 0; i < ticks; ++i) engine_->advance(kMorning + 11s);
    observe(odd_port(kMorning, 1, 1));
    ASSERT_TRUE(engine_->checkpoint_now());
    ASSERT_EQ(open(config), "");  // a crash
    EXPECT_EQ(observe(odd_port(kMorning, 1, 1)).fate, Fate::repeated) << ticks << " ticks";
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

}  // namespace
}  // namespace c2watch::engine
