// Redelivery: a crash while a collector has a whole queue unacknowledged, and a restart under each
// setting that there is, changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "anomaly/attack_records.h"
#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

namespace fs = std::filesystem;

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override { findings.emplace_back(text); }
  void log(LogLevel, std::string_view text) override { logs.emplace_back(text); }

  std::vector<std::string> findings;
  std::vector<std::string> logs;
};

class RedeliveryTest : public testing::Test {
 protected:
  RedeliveryTest() {
    char name[] = "/tmp/c2watch-redelivery-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~RedeliveryTest() override {
    engine_.reset();
    fs::remove_all(folder_);
  }

  // A new life, after a crash unless close_checkpoint() came before.
  void open(json config, const fs::path& path) {
    engine_.reset();
    config["checkpoint"]["path"] = path.string();
    const auto settings = read_config(config.dump());
    ASSERT_TRUE(settings) << settings.error().message;
    engine_.emplace(*settings, heard_, 7);
    const auto error = engine_->open_checkpoint();
    ASSERT_FALSE(error) << error->message;
  }
  json stats() const { return json::parse(engine_->stats_json()); }

  fs::path folder_;
  Heard heard_;
  std::optional<Engine> engine_;
};

// Line i of 60,000, of three machines: beacons of fifty destinations at different rhythms, and now
// and then a port of its own.
std::string line(int i) {
  const int port = i % 997 == 0 ? 4444 : 443;
  const int host = i % 3, address = i % 50;
  const long long us = 1'770'022'800'000'000LL + 100'000LL * i;
  const std::string at = instant_text(Time{Duration{us}});
  std::string utc = at.substr(0, at.size() - 1);
  utc[10] = ' ';
  char text[1024];
  std::snprintf(
      text, sizeof text,
      R"({"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"WS-%d",)"
      R"("RecordNumber":%d,"UtcTime":"%s","ProcessGuid":"{b59756a9-b239-5f17-5307-%012d}",)"
      R"("ProcessId":"9076","Image":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",)"
      R"("Protocol":"tcp","Initiated":"true","DestinationIp":"203.0.113.%d","DestinationPort":"%d"})",
      host, 1 + i / 3, utc.c_str(), address, address, port);
  return text;
}

TEST_F(RedeliveryTest, a_crash_with_60000_records_unacknowledged_loses_and_invents_nothing) {
  constexpr int kRecords = 60'000;
  constexpr std::size_t kCrash = 45'000;
  std::vector<std::string> records;
  for (int i = 0; i < kRecords; ++i) records.push_back(line(i));

  const json config = {{"extends", "lab"}};
  open(config, folder_ / "calm");
  for (const std::string& r : records) engine_->observe(Format::json, r);
  const std::set<std::string> expected(heard_.findings.begin(), heard_.findings.end());
  ASSERT_GT(expected.size(), 50u);

  heard_ = {};
  open(config, folder_ / "rough");
  for (std::size_t i = 0; i < kCrash; ++i) engine_->observe(Format::json, records[i]);
  open(config, folder_ / "rough");
  for (const std::string& r : records) engine_->observe(Format::json, r);
  EXPECT_EQ(stats()["records"]["repeated"], kCrash);
  EXPECT_EQ(stats()["repeats"]["unchecked"], 0);
  EXPECT_EQ(std::set<std::string>(heard_.findings.begin(), heard_.findings.end()), expected);
}

TEST_F(RedeliveryTest, more_than_the_window_is_said_loudly) {
  const json config = {{"repeats", {{"window_records", 64}}}};
  open(config, folder_ / "state");
  for (int i = 0; i < 3'000; ++i) engine_->observe(Format::json, line(i));
  open(config, folder_ / "state");
  for (int i = 0; i < 3'000; ++i) engine_->observe(Format::json, line(i));
  EXPECT_GT(stats()["repeats"]["unchecked"], 2'000);
  EXPECT_GE(stats()["records"]["repeated"], 3 * 64);
  EXPECT_THAT(heard_.logs, Contains(HasSubstr("repeats.window_records")));
}

// A sender who fills the journal has at most twice as many bytes of snapshots written as of journal:
// once for what the state was, once for what it grew by.
TEST_F(RedeliveryTest, a_full_journal_forces_at_most_twice_its_bytes_of_snapshots) {
  const json config = {{"checkpoint", {{"journal_bytes", 1 << 20}, {"every_seconds", 86'400}}}};
  open(config, folder_ / "state");
  std::uint64_t forced = 0, journal = 0, snapshots = 0, before = 0;
  const std::string long_name(60'000, 'x');
  Time now{Duration{1'770'022'800'000'000LL}};
  for (int i = 0; i < 1'000; ++i) {
    json record = json::parse(line(i));
    record["Image"] = long_name + std::to_string(i);
    engine_->observe(Format::json, record.dump());
    const json now_stats = stats()["checkpoint"];
    const auto bytes = now_stats["journal_bytes"].get<std::uint64_t>();
    if (bytes > before) journal += bytes - before;
    before = bytes;
    if (now_stats["snapshots"] != snapshots) {
      snapshots = now_stats["snapshots"].get<std::uint64_t>();
      forced += now_stats["snapshot_bytes"].get<std::uint64_t>();
    }
    if (i % 5 == 0) engine_->advance(now += std::chrono::milliseconds{500});
  }
  EXPECT_GE(snapshots, 2u);
  EXPECT_GT(journal, 50u << 20);
  EXPECT_LE(forced, 2 * journal + (std::uint64_t{1} << 20));
}

// The first other value that the config accepts; nullopt for a setting whose values depend on more.
std::optional<json> other_value(const Setting& setting) {
  const json now = setting.value.get(EngineSettings{});
  std::vector<json> candidates;
  for (const std::string_view name : setting.value.choices) candidates.emplace_back(name);
  if (setting.value.type == SettingType::boolean) candidates = {!now.get<bool>()};
  if (setting.value.type == SettingType::integer)
    for (const double other :
         {now.get<double>() + 1, now.get<double>() - 1, setting.range.least, setting.range.most})
      candidates.emplace_back(static_cast<std::int64_t>(other));
  if (setting.value.type == SettingType::number)
    for (const double other : {now.get<double>() * .9, setting.range.least})
      candidates.emplace_back(other);
  for (const json& candidate : candidates) {
    json config = json::object();
    std::string pointer = "/" + std::string(setting.path);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    config[json::json_pointer(pointer)] = candidate;
    if (candidate != now && read_config(config.dump())) return config;
  }
  return std::nullopt;
}

// Whichever setting changes between two lives: state is kept, or the log names what starts anew.
TEST_F(RedeliveryTest, under_any_changed_setting_state_is_kept_or_the_log_names_what_is_not) {
  const auto records = testing_support::attack_records();
  const fs::path first = folder_ / "state";
  open(json{{"reorder_seconds", 600}}, first);
  for (const std::string& r : records) engine_->observe(Format::json, r);
  const auto buffered = stats()["records"]["held_back"].get<int>();
  ASSERT_GT(buffered, 0);
  const json kept = stats()["detectors"];
  engine_->close_checkpoint();
  engine_.reset();

  int tried = 0;
  for (const Setting& setting : all_settings()) {
    auto config = other_value(setting);
    if (!config || setting.path == "checkpoint.path") continue;
    if (!config->contains("reorder_seconds")) (*config)["reorder_seconds"] = 600;
    ++tried;
    const fs::path path = folder_ / ("state-" + std::to_string(tried));
    fs::copy_file(first, path);
    heard_ = {};
    open(*config, path);
    std::string logs;
    for (const std::string& l : heard_.logs) logs += l + " ";
    EXPECT_THAT(logs, testing::Not(HasSubstr("cannot be used"))) << setting.path;
    EXPECT_EQ(stats()["records"]["held_back"], buffered) << setting.path;
    const json detectors = stats()["detectors"];
    for (const auto& [name, now] : detectors.items()) {
      const bool named = logs.find(" " + name) != std::string::npos;
      EXPECT_EQ(now["entries"], named ? json(0) : kept[name]["entries"])
          << setting.path << " " << name << ": " << logs;
    }
    if (engine_->settings().drop_repeats) {
      const bool named = logs.find(" repeats") != std::string::npos;
      EXPECT_EQ(named, setting.path.starts_with("repeats.")) << setting.path;
      const Fate fate = engine_->observe(Format::json, records.back()).fate;
      EXPECT_TRUE(named || fate == Fate::repeated || fate == Fate::ignored) << setting.path;
    }
    engine_->flush();
    EXPECT_EQ(stats()["records"]["held_back"], 0) << setting.path;
  }
  EXPECT_GT(tried, 50);
}

}  // namespace
}  // namespace c2watch::engine
