// Fairness: fifty hosts are attacked while one computer sends whatever fills tables. Every host keeps
// its findings, by id and update, as if the other one did not exist; and the stats name it.
//
// C2WATCH_FLOOD_EVENTS=10000000 makes the flood as long as that; the names of 900 KiB are then 1,000.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attack_records.h"
#include "watched.h"

namespace c2watch::testing_support {
namespace {

using nlohmann::json;

constexpr int kHosts = 50;

// Room for fifty hosts and as much again: a share of each table is what a host's attack takes.
constexpr std::string_view kConfig = R"({
  "extends": "lab",
  "repeats": {"max_streams": 512, "window_records": 64},
  "lineage": {"processes": 1024, "text_bytes": 2097152},
  "detectors": {
    "hourly_beacon": {"capacity": 2048, "max_detail_bytes": 16777216},
    "interval_beacon": {"capacity": 2048, "max_destinations": 2048, "max_open": 256},
    "dns_burst": {"max_keys": 1024},
    "c2_port": {"max_keys": 512},
    "task_callback": {"max_chains": 512, "max_processes": 512}}})";

std::uint64_t flood_events() {
  const char* asked = std::getenv("C2WATCH_FLOOD_EVENTS");
  return asked == nullptr ? 60'000 : std::strtoull(asked, nullptr, 10);
}

std::string host_name(int host) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "WS-%02d.corp.example", host);
  return name.data();
}

std::string of_host(std::string record, int host) {
  const std::string_view there = "WS-01.corp.example";
  return record.replace(record.find(there), there.size(), host_name(host));
}

// host -> detector -> finding's id -> how often it grew.
using Found = std::map<std::string, std::map<std::string, std::map<std::string, int>>>;

class Fleet {
 public:
  Fleet()
      : engine_(kConfig, [this](std::string_view text) {
          if (text.find("corp.example") == std::string_view::npos) return;
          const json f = json::parse(text);
          found_[f["host"]][f["detector"]][f["id"]] = f["update"];
        }) {}

  // The attack on all hosts at once, with `flood(utc_time)` between its steps.
  template <class Flood>
  void attack(Flood&& flood) {
    for (const std::string& record : attack_records()) {
      for (int host = 0; host < kHosts; ++host) engine_.observe(of_host(record, host));
      flood(record.substr(record.find("\"UtcTime\":\"") + 11, 23));
    }
  }
  Watched& engine() { return engine_; }
  const Found& found() const { return found_; }

 private:
  Found found_;
  Watched engine_;
};

Found without_flood() {
  Fleet fleet;
  fleet.attack([](const std::string&) {});
  return fleet.found();
}

// A key of its own for some table, of the one computer.
Fields flood_event(std::uint64_t n, const std::string& utc_time) {
  const std::string number = std::to_string(n);
  std::array<char, 40> guid{};
  std::snprintf(guid.data(), guid.size(), "{%08x-6084-8944-2ff0-ecc5709ce3ae}",
                static_cast<unsigned>(n));
  std::string ip = "142";
  for (const int shift : {16, 8, 0}) ip += "." + std::to_string(n >> shift & 255);
  Fields all = {{"Computer", "FLOOD"},
                {"UtcTime", utc_time},
                {"Image", "C:\\u" + number + "\\powershell.exe"},
                {"ProcessGuid", guid.data()},
                {"ProcessId", "7"},
                {"Channel", "Microsoft-Windows-Sysmon/Operational" + number},
                {"EventRecordID", number}};
  const auto add = [&](std::string_view name, std::string value) {
    all.emplace_back(name, std::move(value));
  };
  switch (n % 4) {
    case 0:
      add("EventID", "3");
      add("Initiated", "true");
      add("DestinationIp", ip);
      add("DestinationPort", "4444");
      break;
    case 1:
      add("EventID", "22");
      add("QueryName", "q.d" + number + ".com");
      add("QueryStatus", "9003");
      break;
    case 2:
      add("EventID", "1");
      add("CommandLine", "powershell -w hidden -enc " + number);
      add("ParentImage", "C:\\Windows\\System32\\svchost.exe");
      add("ParentCommandLine", "svchost.exe -k netsvcs -p -s Schedule");
      break;
    default:
      all[5].second = "Security";
      add("EventID", "4698");
      add("TaskName", "\\t" + number);
      add("TaskContent",
          "<Task><Actions><Exec><Command>powershell</Command><Arguments>-w hidden -enc " + number +
              "</Arguments></Exec></Actions></Task>");
  }
  return all;
}

void expect_paid_by_the_flood(const json& stats) {
  for (const auto& [name, held] : stats["detectors"].items()) {
    EXPECT_GT(held["evictions"], 0) << name;
    EXPECT_EQ(held["crowded_out"], 0) << name;
    EXPECT_LE(held["entries"], held["capacity"]) << name;
  }
  EXPECT_EQ(stats["lineage"]["crowded_out"], 0);
  EXPECT_EQ(stats["repeats"]["crowded_out"], 0);
  // The others' own new keys take places from the flood.
  ASSERT_GE(stats["evictors"].size(), 1u);
  EXPECT_EQ(stats["evictors"][0]["computer"], "FLOOD");
}

TEST(Fairness, fifty_hosts_keep_their_findings_while_one_sends_keys) {
  const Found expected = without_flood();
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kHosts));
  for (const auto& [host, found] : expected) ASSERT_EQ(found.size(), 5u) << "every detector";

  Fleet fleet;
  std::uint64_t n = 0;
  const std::uint64_t each = flood_events() / attack_records().size() / 2;
  fleet.attack([&](const std::string& utc_time) {
    for (const std::uint64_t end = n + each; n < end; ++n) {
      Fields event = flood_event(n, utc_time);
      fleet.engine().observe(event);
      event[6].second = std::to_string(n + (std::uint64_t{1} << 40));  // no repeat: it comes twice
      fleet.engine().observe(event);
    }
  });
  EXPECT_EQ(fleet.found(), expected);
  const json stats = fleet.engine().stats();
  expect_paid_by_the_flood(stats);
  EXPECT_GT(stats["lineage"]["evictions"], 0);
  EXPECT_GT(stats["repeats"]["evictions"], 0);
}

TEST(Fairness, fifty_hosts_keep_their_findings_while_one_sends_names_of_900_KiB) {
  const std::uint64_t names = std::getenv("C2WATCH_FLOOD_EVENTS") == nullptr ? 60 : 1'000;
  Fleet fleet;
  std::uint64_t n = 0;
  fleet.attack([&](const std::string& utc_time) {
    for (const std::uint64_t end = n + names / attack_records().size() + 1; n < end; ++n) {
      const std::string name = std::to_string(n) + std::string(900 * 1024, 'a');
      Fields event = flood_event(4 * n, utc_time);
      event.emplace_back("DestinationHostname", name);
      fleet.engine().observe(event);
    }
  });
  EXPECT_EQ(fleet.found(), without_flood());
}

}  // namespace
}  // namespace c2watch::testing_support
