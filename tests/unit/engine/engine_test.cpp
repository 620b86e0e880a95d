#include "core/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

constexpr Time kNoon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 12h};
constexpr const char* kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override { findings.push_back(json::parse(text)); }
  void log(LogLevel, std::string_view text) override { logs.emplace_back(text); }

  std::vector<json> findings;
  std::vector<std::string> logs;
};

// One record in Winlogbeat's shape; members may be changed before it is dumped.
json record(int event_id, Time at, std::uint64_t id, json event_data) {
  std::string utc = instant_text(at);  // "2026-02-02T12:00:00.000Z" -> Sysmon's spelling
  utc.pop_back();
  utc[10] = ' ';
  event_data["UtcTime"] = utc;
  return {{"@timestamp", instant_text(at)},
          {"winlog",
           {{"channel", "Microsoft-Windows-Sysmon/Operational"},
            {"computer_name", "WS-01.corp.example"},
            {"event_id", std::to_string(event_id)},
            {"record_id", id},
            {"event_data", std::move(event_data)}}}};
}

json connection(Time at, std::uint64_t id, const char* ip = "142.254.39.90",
                const char* image = "C:\\Users\\Public\\svc-update.exe") {
  return record(3, at, id,
                {{"Image", image},
                 {"ProcessGuid", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
                 {"Initiated", "true"},
                 {"SourceHostname", "WS-01.corp.example"},
                 {"DestinationIp", ip},
                 {"DestinationPort", "443"}});
}

// Five connections in each of two hours: what the seed's query finds.
std::vector<json> beacon(Time from = kNoon) {
  std::vector<json> records;
  for (int i = 0; i < 10; ++i)
    records.push_back(connection(from + std::chrono::minutes(i < 5 ? i * 10 : 60 + (i - 5) * 10),
                                 static_cast<std::uint64_t>(100 + i)));
  return records;
}

// With one detector that finds a beacon: what is tested is the engine.
EngineSettings settings_of(std::string_view config) {
  auto settings = read_config(config);
  EXPECT_TRUE(settings) << settings.error().message;
  settings->interval_beacon_enabled = false;
  return *settings;
}

class EngineTest : public testing::Test {
 protected:
  void open(std::string_view config) { engine_.emplace(settings_of(config), heard_, 42); }

  Verdict observe(const json& record) { return engine_->observe(Format::json, record.dump()); }
  Verdict observe_all(const std::vector<json>& records) {
    Verdict last;
    for (const json& r : records) last = observe(r);
    return last;
  }
  json stats() const { return json::parse(engine_->stats_json()); }

  Heard heard_;
  std::optional<Engine> engine_;
};

TEST_F(EngineTest, a_beacon_is_told_by_the_record_that_completes_it) {
  open(R"({"extends": "seed"})");
  const std::vector<json> records = beacon();
  for (std::size_t i = 0; i < 9; ++i) {
    const Verdict v = observe(records[i]);
    EXPECT_EQ(v.fate, Fate::used);
    EXPECT_EQ(v.findings, 0u);
  }
  const Verdict v = observe(records[9]);
  EXPECT_EQ(v.fate, Fate::used);
  EXPECT_EQ(v.event_id, 3u);
  EXPECT_EQ(v.findings, 1u);
  ASSERT_EQ(heard_.findings.size(), 1u);
  EXPECT_EQ(heard_.findings[0]["detector"], "hourly_beacon");
  EXPECT_EQ(heard_.findings[0]["profile"], "seed");
  EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["findings"], 1);
}

TEST_F(EngineTest, the_answer_is_told_again_on_request) {
  open(R"({"extends": "seed"})");
  observe_all(beacon());
  engine_->answer();
  EXPECT_EQ(heard_.findings.size(), 2u);
}

TEST_F(EngineTest, what_cannot_be_read_is_counted_under_its_reason) {
  open("{}");
  EXPECT_EQ(engine_->observe(Format::json, "{\"a\":").why, parse::Unreadable::not_json);
  EXPECT_EQ(engine_->observe(Format::xml, "<Event>").why, parse::Unreadable::not_xml);
  EXPECT_EQ(engine_->observe(Format::automatic, "").why, parse::Unreadable::empty);
  const Verdict v = engine_->observe(Format::json, "{\"hello\": 1}");
  EXPECT_EQ(v.fate, Fate::unreadable);
  EXPECT_EQ(v.why, parse::Unreadable::unknown_shape);
  EXPECT_EQ(stats()["unreadable"],
            (json{{"not_json", 1}, {"not_xml", 1}, {"empty", 1}, {"unknown_shape", 1}}));
  EXPECT_EQ(stats()["records"]["unreadable"], 4);
}

TEST_F(EngineTest, an_event_that_no_detector_asks_for_is_ignored) {
  open(R"({"extends": "seed"})");
  const json start = record(1, kNoon, 1, {{"Image", kPowershell}, {"CommandLine", "powershell"}});
  EXPECT_EQ(observe(start).fate, Fate::ignored) << "the seed's query knows no EID 1";
  EXPECT_EQ(observe(record(255, kNoon, 2, {{"ID", "x"}})).fate, Fate::ignored);
  EXPECT_EQ(stats()["events"]["process_create"], 1);

  open("{}");
  EXPECT_EQ(observe(start).fate, Fate::used) << "others want to know where processes come from";
  EXPECT_EQ(stats()["lineage"]["entries"], 0) << "this one had no guid to be known by";
}

TEST_F(EngineTest, a_repeated_record_is_not_counted_again) {
  open("{}");
  const std::vector<json> records = beacon();
  observe_all({records.begin(), records.begin() + 9});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(observe(records[8]).fate, Fate::repeated);
  EXPECT_TRUE(heard_.findings.empty());
  EXPECT_EQ(stats()["records"]["repeated"], 20);
  EXPECT_EQ(observe(records[9]).findings, 1u);
}

TEST_F(EngineTest, the_seed_profile_counts_every_row) {
  open(R"({"extends": "seed"})");
  const std::vector<json> records = beacon();
  observe_all({records.begin(), records.begin() + 9});
  EXPECT_EQ(observe(records[8]).findings, 1u);
}

TEST_F(EngineTest, a_clock_ahead_of_the_host_is_believed_up_to_the_tolerance) {
  open(R"({"max_future_seconds": 300})");
  EXPECT_EQ(observe(connection(kNoon + 24h, 1)).fate, Fate::used) << "no host time, no judgement";

  open(R"({"max_future_seconds": 300})");
  engine_->advance(kNoon);
  EXPECT_EQ(observe(connection(kNoon + 300s, 1)).fate, Fate::used);
  const Verdict v = observe(connection(kNoon + 300s + 1ms, 2));
  EXPECT_EQ(v.fate, Fate::unreadable);
  EXPECT_EQ(v.why, parse::Unreadable::bad_time);
  EXPECT_EQ(v.event_id, 3u);
  engine_->advance(kNoon + 1s);
  EXPECT_EQ(observe(connection(kNoon + 300s + 2ms, 3)).fate, Fate::used);
}

// One host in the future must not close the hours of all others.
TEST_F(EngineTest, a_wrong_clock_does_not_blind_the_detectors) {
  open("{}");
  engine_->advance(kNoon + 2h);
  const std::vector<json> records = beacon();
  for (const json& r : records) {
    observe(connection(kNoon + 24h * 365, 999));
    observe(r);
  }
  EXPECT_EQ(heard_.findings.size(), 1u);
  EXPECT_EQ(stats()["unreadable"]["bad_time"], 10);
}

TEST_F(EngineTest, local_time_labelled_as_utc_costs_no_record) {
  open("{}");
  engine_->advance(kNoon);
  json ahead = connection(kNoon, 1);
  ahead["@timestamp"] = instant_text(kNoon + 5h);
  EXPECT_EQ(observe(ahead).fate, Fate::used);
  EXPECT_EQ(stats()["records"]["created_ahead"], 1);
}

TEST_F(EngineTest, a_record_id_that_is_no_whole_number_is_counted) {
  open("{}");
  json sent = connection(kNoon, 1);
  sent["winlog"]["record_id"] = 7.8e5;
  EXPECT_EQ(observe(sent).fate, Fate::used);
  sent["winlog"]["record_id"] = "7.8E5";
  EXPECT_EQ(observe(sent).fate, Fate::repeated);
  EXPECT_EQ(stats()["records"]["bad_record_ids"], 0);
  sent["winlog"]["record_id"] = 7.5;
  EXPECT_EQ(observe(sent).fate, Fate::used);
  EXPECT_EQ(observe(sent).fate, Fate::used);
  EXPECT_EQ(stats()["records"]["bad_record_ids"], 2);
}

// Names under a prefix that nobody knows: nothing can be found, and that must not look like use.
TEST_F(EngineTest, an_event_without_its_fields_is_not_used) {
  open("{}");
  EXPECT_EQ(observe({{"EventID", 3},
                     {"Channel", "Microsoft-Windows-Sysmon/Operational"},
                     {"UtcTime", instant_text(kNoon)},
                     {"props", {{"Image", "a.exe"}, {"DestinationIp", "203.0.113.9"}}}})
                .why,
            parse::Unreadable::missing_fields);
  EXPECT_EQ(stats()["unreadable"]["missing_fields"], 1);
  EXPECT_EQ(stats()["records"]["used"], 0);
}

TEST_F(EngineTest, a_host_clock_that_is_set_back_does_no_harm) {
  open("{}");
  engine_->advance(kNoon + 2h);
  engine_->advance(kNoon - 24h);
  EXPECT_EQ(observe(connection(kNoon, 1)).why, parse::Unreadable::bad_time);
  engine_->advance(kNoon + 2h);
  observe_all(beacon());
  EXPECT_EQ(heard_.findings.size(), 1u);
}

TEST_F(EngineTest, an_allowlist_entry_takes_the_finding_and_is_counted) {
  open(R"({"allowlist": [{"process": "svc-update.exe", "reason": "our updater"}]})");
  const Verdict v = observe_all(beacon());
  EXPECT_EQ(v.fate, Fate::suppressed);
  EXPECT_EQ(v.findings, 0u);
  EXPECT_TRUE(heard_.findings.empty());
  EXPECT_EQ(stats()["allowlist"][0]["suppressed"], 1);
  EXPECT_EQ(stats()["allowlist"][0]["expired"], false);
  EXPECT_EQ(stats()["records"]["suppressed"], 1);
  EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["suppressed"], 1);
}

TEST_F(EngineTest, an_expired_entry_takes_nothing_and_says_so) {
  open(R"({"allowlist": [{"process": "svc-update.exe", "reason": "r", "expires": "2026-02-01"}]})");
  observe_all(beacon());
  EXPECT_EQ(heard_.findings.size(), 1u);
  EXPECT_EQ(stats()["allowlist"][0]["expired"], true);
}

TEST_F(EngineTest, a_new_allowlist_applies_at_once_and_nothing_is_forgotten) {
  open("{}");
  const std::vector<json> records = beacon();
  observe_all({records.begin(), records.begin() + 9});
  engine_->reconfigure(
      settings_of(R"({"allowlist": [{"process": "svc-update.exe", "reason": "our updater"}]})"));
  EXPECT_EQ(observe(records[8]).fate, Fate::repeated);
  EXPECT_EQ(observe(records[9]).fate, Fate::suppressed);
  EXPECT_TRUE(heard_.logs.empty());
}

TEST_F(EngineTest, only_the_detector_with_new_thresholds_starts_afresh) {
  open("{}");
  const std::vector<json> records = beacon();
  observe_all({records.begin(), records.begin() + 9});
  engine_->reconfigure(settings_of(R"({"detectors": {"c2_port": {"many_ports": 4}}})"));
  ASSERT_EQ(heard_.logs.size(), 1u);
  EXPECT_THAT(heard_.logs[0], HasSubstr("c2_port"));
  EXPECT_EQ(observe(records[9]).findings, 1u) << "hourly_beacon kept its nine";

  engine_->reconfigure(settings_of(R"({"detectors": {"hourly_beacon": {"min_total": 11}}})"));
  EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["entries"], 0);
  EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["findings"], 1) << "what was told stays told";
}

TEST_F(EngineTest, every_change_of_profile_leaves_a_working_engine) {
  open("{}");
  Time from = kNoon;  // each round a beacon of its own, in hours of its own
  for (const char* config :
       {R"({"extends": "seed"})", R"({"extends": "lab"})", "{}", R"({"extends": "lab"})",
        R"({"repeats": {"drop": false}})", R"({"repeats": {"window_records": 64}})"}) {
    engine_->reconfigure(settings_of(config));
    heard_.findings.clear();
    from += 25h;
    observe_all(beacon(from));
    EXPECT_EQ(heard_.findings.size(), 1u) << config;
  }
}

TEST_F(EngineTest, the_lab_profile_looks_at_loopback) {
  for (const auto& [config, want] : {std::pair{"{}", 0u}, {R"({"extends": "lab"})", 1u}}) {
    open(config);
    heard_.findings.clear();
    json attempt = connection(kNoon, 1, "127.0.0.1", kPowershell);
    attempt["winlog"]["event_data"]["DestinationPort"] = "4444";
    EXPECT_EQ(observe(attempt).findings, want) << config;
  }
}

TEST_F(EngineTest, findings_come_in_the_form_that_was_asked_for) {
  open(R"({"output": {"format": "ocsf"}})");
  observe_all(beacon());
  ASSERT_EQ(heard_.findings.size(), 1u);
  EXPECT_EQ(heard_.findings[0]["class_uid"], 2004);
}

TEST_F(EngineTest, the_order_within_the_lateness_changes_no_finding) {
  std::vector<json> records;
  for (int i = 0; i < 240; ++i)
    records.push_back(connection(kNoon + i * 1min, static_cast<std::uint64_t>(i + 1)));

  std::vector<json> expected;
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    open(R"({"lateness_seconds": 300})");
    heard_.findings.clear();
    observe_all(records);
    engine_->answer();
    std::vector<json> got = {heard_.findings.back()};
    got[0].erase("records");  // the latest to arrive, which is another one
    if (round == 0) expected = got;
    EXPECT_EQ(got, expected) << round;
    for (auto at = records.begin(); at != records.end(); at += 4)
      std::shuffle(at, at + 4, random);  // four minutes, less than the lateness
  }
}

TEST_F(EngineTest, engines_share_nothing) {
  Heard other_heard;
  open("{}");
  Engine other(settings_of("{}"), other_heard, 42);
  const std::vector<json> records = beacon();
  for (std::size_t i = 0; i < records.size(); ++i)
    (i % 2 == 0 ? *engine_ : other).observe(Format::json, records[i].dump());
  EXPECT_TRUE(heard_.findings.empty());
  EXPECT_TRUE(other_heard.findings.empty());
  observe_all(records);
  EXPECT_EQ(heard_.findings.size(), 1u);
  EXPECT_TRUE(other_heard.findings.empty());
}

TEST_F(EngineTest, the_hash_seed_shows_in_no_finding) {
  std::vector<json> first;
  for (std::uint64_t seed : {1u, 2u, 3u}) {
    heard_.findings.clear();
    engine_.emplace(settings_of("{}"), heard_, seed);
    observe_all(beacon());
    if (first.empty()) first = heard_.findings;
    EXPECT_EQ(heard_.findings, first);
  }
  EXPECT_EQ(first.size(), 1u);
}

}  // namespace
}  // namespace c2watch::engine
