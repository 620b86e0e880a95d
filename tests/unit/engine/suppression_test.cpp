// What an allowlist entry covers is suppressed, and nothing else is: neither an alert about another
// destination that the same detector joins with it, nor the alert itself once the entry has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 8h};
constexpr const char* kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr const char* kAllowed = "198.51.100.10";
constexpr const char* kAttacker = "45.77.12.9";
constexpr const char* kRun = "{b59756a9-b239-5f17-5307-000000000400}";

std::string sysmon_time(Time at) {
  std::string text = instant_text(at);
  text.pop_back();
  text[10] = ' ';
  return text;
}

class SuppressionTest : public testing::Test, private Listener {
 protected:
  void open(const json& config) {
    engine_.emplace(settings(config), static_cast<Listener&>(*this), 42);
  }
  void reload(const json& config) { engine_->reconfigure(settings(config)); }
  json stats() const { return json::parse(engine_->stats_json()); }

  // Findings of the detector since the last call.
  std::vector<json> told(std::string_view detector) {
    std::vector<json> some;
    for (json& f : findings_)
      if (f["detector"] == detector) some.push_back(std::move(f));
    findings_.clear();
    return some;
  }
  std::vector<std::string> addresses(std::string_view detector) {
    std::vector<std::string> all;
    for (const json& f : told(detector)) all.push_back(f["destination"]["ip"]);
    return all;
  }

  Fate connect(Time at, const std::string& ip, int port, const char* image = kPowershell,
               const char* hostname = "") {
    return observe(3, at,
                   {{"Image", image},
                    {"ProcessGuid", kRun},
                    {"Initiated", "true"},
                    {"DestinationIp", ip},
                    {"DestinationHostname", hostname},
                    {"DestinationPort", std::to_string(port)}});
  }
  Fate look_up(Time at, const std::string& name) {
    return observe(22, at,
                   {{"Image", kPowershell},
                    {"ProcessGuid", kRun},
                    {"QueryName", name},
                    {"QueryStatus", "9003"}});
  }
  // A hidden powershell.exe below the Task Scheduler.
  Fate run_task(Time at) {
    return observe(1, at,
                   {{"Image", kPowershell},
                    {"ProcessGuid", kRun},
                    {"CommandLine", "powershell.exe -NoProfile -WindowStyle Hidden -File x.ps1"},
                    {"ParentImage", "C:\\Windows\\System32\\svchost.exe"},
                    {"ParentCommandLine", "svchost.exe -k netsvcs -p -s Schedule"}});
  }

 private:
  static EngineSettings settings(const json& config) {
    auto settings = read_config(config.dump());
    EXPECT_TRUE(settings) << settings.error().message;
    return *settings;
  }
  void finding(std::string_view text) override { findings_.push_back(json::parse(text)); }
  void log(LogLevel, std::string_view) override {}

  Fate observe(int event_id, Time at, json data) {
    data["UtcTime"] = sysmon_time(at);
    const json record = {{"@timestamp", instant_text(at)},
                         {"winlog",
                          {{"channel", "Microsoft-Windows-Sysmon/Operational"},
                           {"computer_name", "WS01.corp.example"},
                           {"event_id", std::to_string(event_id)},
                           {"record_id", ++records_},
                           {"event_data", std::move(data)}}}};
    return engine_->observe(Format::json, record.dump()).fate;
  }

  std::vector<json> findings_;
  std::uint64_t records_ = 0;
  std::optional<Engine> engine_;
};

json entry(json members) {
  members["reason"] = "test";
  return {{"allowlist", {std::move(members)}}};
}

TEST_F(SuppressionTest, an_allowed_connection_opens_no_port_alert_for_another_server) {
  open(entry({{"cidr", kAllowed}, {"process", "powershell.exe"}, {"detector", "c2_port"}}));
  EXPECT_EQ(connect(kStart, kAllowed, 8080), Fate::suppressed);
  EXPECT_EQ(connect(kStart + 10s, kAttacker, 8080), Fate::used);
  EXPECT_THAT(addresses("c2_port"), ElementsAre(kAttacker));
  EXPECT_EQ(stats()["allowlist"][0]["suppressed"], 1);
}

TEST_F(SuppressionTest, an_allowed_connection_takes_no_growth_from_a_port_alert) {
  open(entry({{"cidr", kAllowed}}));
  connect(kStart, kAttacker, 8080);
  connect(kStart + 1s, kAllowed, 8443);
  connect(kStart + 2s, kAttacker, 8443);
  const std::vector<json> alerts = told("c2_port");
  ASSERT_EQ(alerts.size(), 2u);
  EXPECT_EQ(alerts[1]["update"], 1);
  EXPECT_EQ(alerts[1]["evidence"]["connections"], 2) << "the allowed one is none of its";
}

TEST_F(SuppressionTest, the_next_connection_after_a_removed_entry_opens_the_port_alert) {
  open(entry({{"cidr", kAllowed}}));
  connect(kStart, kAllowed, 8080);
  reload(json::object());
  connect(kStart + 10s, kAllowed, 8080);
  EXPECT_THAT(addresses("c2_port"), ElementsAre(kAllowed));
}

TEST_F(SuppressionTest, allowed_calls_of_a_task_hide_no_other_even_after_the_eighth) {
  open(entry({{"cidr", "198.51.100.0/24"}, {"detector", "task_callback"}}));
  run_task(kStart);
  ASSERT_EQ(told("task_callback").size(), 1u);
  for (int i = 0; i < 20; ++i)
    connect(kStart + 1s * (i + 1), "198.51.100." + std::to_string(i + 1), 443);
  EXPECT_THAT(told("task_callback"), IsEmpty());
  connect(kStart + 60s, kAttacker, 443);
  EXPECT_THAT(addresses("task_callback"), ElementsAre(kAttacker));
}

TEST_F(SuppressionTest, a_task_that_an_entry_covered_is_told_with_its_next_event) {
  open(entry({{"process", "powershell.exe"}, {"detector", "task_callback"}}));
  run_task(kStart);
  connect(kStart + 1s, kAttacker, 443);
  EXPECT_THAT(told("task_callback"), IsEmpty());
  reload(json::object());
  connect(kStart + 2s, kAttacker, 443);
  EXPECT_THAT(addresses("task_callback"), ElementsAre(kAttacker));
  connect(kStart + 3s, kAttacker, 443);
  EXPECT_THAT(told("task_callback"), IsEmpty()) << "told once";
}

TEST_F(SuppressionTest, allowed_lookups_take_no_place_from_a_burst) {
  open(entry({{"domain", "vendor.com"}}));
  for (int i = 0; i < 3; ++i) look_up(kStart + 1s * i, "a" + std::to_string(i) + "-evil.net");
  for (int i = 0; i < 40; ++i) look_up(kStart + 4s, "h" + std::to_string(i) + ".vendor.com");
  EXPECT_THAT(told("dns_burst"), IsEmpty()) << "an allowed domain is no fourth";
  look_up(kStart + 5s, "a3-evil.net");
  const std::vector<json> alerts = told("dns_burst");
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0]["evidence"]["lookups"], 4);
}

constexpr const char* kUserFolder = "C:\\Users\\Public\\upd.exe";

class BeaconSuppressionTest : public SuppressionTest,
                              public testing::WithParamInterface<const char*> {
 protected:
  // The ids that a beacon of every ten minutes raises in `from`..`to` hours from kStart.
  std::set<std::string> ids(int from, int to) {
    std::set<std::string> all;
    for (int minute = from * 60; minute < to * 60; minute += 10) {
      connect(kStart + std::chrono::minutes(minute), "203.0.113.77", 443, kUserFolder,
              "vps1.evil.net");
    }
    for (const json& f : told(GetParam())) all.insert(f["id"]);
    return all;
  }
};

TEST_P(BeaconSuppressionTest, a_beacon_that_goes_on_is_told_after_its_entry_has_expired) {
  open(entry({{"domain", "evil.net"}, {"expires", "2026-03-03"}}));
  EXPECT_THAT(ids(0, 40), IsEmpty());  // until 23:50 on the entry's last day
  EXPECT_EQ(ids(40, 42).size(), 1u);
  EXPECT_LE(ids(42, 90).size(), 1u);
}

TEST_P(BeaconSuppressionTest, a_beacon_that_goes_on_is_told_after_its_entry_was_removed) {
  open(entry({{"domain", "evil.net"}}));
  EXPECT_THAT(ids(0, 24), IsEmpty());
  EXPECT_EQ(stats()["detectors"][GetParam()]["suppressed"].get<int>() > 0, true);
  reload(json::object());
  EXPECT_EQ(ids(24, 26).size(), 1u);
}

TEST_P(BeaconSuppressionTest, suppression_is_counted_by_alert_and_not_by_row) {
  open(entry({{"domain", "evil.net"}}));
  ids(0, 20);
  EXPECT_LT(stats()["detectors"][GetParam()]["suppressed"].get<int>(), 10);
}

INSTANTIATE_TEST_SUITE_P(, BeaconSuppressionTest,
                         testing::Values("hourly_beacon", "interval_beacon"));

}  // namespace
}  // namespace c2watch::engine
