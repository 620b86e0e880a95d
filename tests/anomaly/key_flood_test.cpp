// A flood of keys: millions of destinations, processes, domains and tasks that come once. Memory stays
// where the config put it, every key that went is counted, and an attack that was there before the
// flood, or begins in it, is found as if there were none, as far as the order of eviction promises
// (state/bounded_table.h): a key survives anything once it has come twice, and capacity/8 new keys before.
//
// C2WATCH_FLOOD_EVENTS=10000000 makes the flood ten times as long.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "abi/c2watch.h"
#include "attack_records.h"

namespace c2watch::testing_support {
namespace {

using nlohmann::json;

constexpr int kCapacity = 2'048;  // of every table of keys
constexpr const char* kConfig = R"({
  "extends": "lab",
  "repeats": {"max_streams": 4096, "window_records": 64},
  "lineage": {"processes": 2048, "text_bytes": 1048576},
  "detectors": {
    "hourly_beacon": {"capacity": 2048},
    "interval_beacon": {"capacity": 2048, "max_destinations": 2048, "max_open": 256},
    "dns_burst": {"max_keys": 2048},
    "c2_port": {"max_keys": 2048},
    "task_callback": {"max_chains": 2048, "max_processes": 2048}}})";

// Under a sanitizer an event costs six times as much, and a quarter of them fills every table too.
#ifdef C2WATCH_SANITIZED
constexpr std::uint64_t kDefaultEvents = 250'000;
#else
constexpr std::uint64_t kDefaultEvents = 1'000'000;
#endif

std::uint64_t flood_events() {
  const char* asked = std::getenv("C2WATCH_FLOOD_EVENTS");
  return asked == nullptr ? kDefaultEvents : std::strtoull(asked, nullptr, 10);
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t whole = 0, resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Of the attacked host: detector -> finding's id -> how often it grew.
using Found = std::map<std::string, std::map<std::string, int>>;

class Watched {
 public:
  Watched() {
    const c2watch_host host = {sizeof host, C2WATCH_ABI, this, nullptr, on_finding};
    EXPECT_EQ(c2watch_open(&host, kConfig, std::string_view(kConfig).size(), &engine_), C2WATCH_OK)
        << c2watch_last_error(engine_);
  }
  ~Watched() { c2watch_close(engine_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void observe(const std::string& record) {
    EXPECT_EQ(c2watch_observe(engine_, C2WATCH_FORMAT_JSON, record.data(), record.size(), nullptr),
              C2WATCH_OK);
  }
  void observe(std::span<const c2watch_field> fields) {
    EXPECT_EQ(c2watch_observe_fields(engine_, fields.data(), fields.size(), nullptr), C2WATCH_OK);
  }
  json stats() {
    const char* text = nullptr;
    std::size_t len = 0;
    EXPECT_EQ(c2watch_stats(engine_, &text, &len), C2WATCH_OK);
    return json::parse(text, text + len);
  }
  const Found& found() const { return found_; }

 private:
  static void on_finding(void* self, const char* text, std::size_t len) {
    if (std::string_view(text, len).find("WS-01.corp.example") == std::string_view::npos) return;
    const json finding = json::parse(text, text + len);
    static_cast<Watched*>(self)->found_[finding["detector"]][finding["id"]] = finding["update"];
  }

  c2watch_engine* engine_ = nullptr;
  Found found_;
};

// New keys for every table, none of which ever comes again: half of them destinations.
class Flood {
 public:
  explicit Flood(Watched& engine) : engine_(engine) {}

  void go_on(std::uint64_t events, const std::string& utc_time) {
    for (const std::uint64_t end = n_ + events; n_ < end; ++n_) one(utc_time);
  }
  std::uint64_t events() const { return n_; }

 private:
  void one(const std::string& utc_time) {
    const auto kind = n_ % 8;
    const std::string id = std::to_string(n_ + 1), number = std::to_string(n_);
    // c2_port keeps a key a host; elsewhere a thousand do.
    const std::string host = "F-" + std::to_string(kind == 4 ? n_ : n_ % 1'000);
    std::array<char, 40> guid{};
    std::snprintf(guid.data(), guid.size(), "{%08x-6084-8944-2ff0-ecc5709ce3ae}",
                  static_cast<unsigned>(n_));
    std::string ip = "142";
    for (const int shift : {16, 8, 0}) ip += "." + std::to_string(n_ >> shift & 255);
    const std::string image =
        kind < 4 ? "C:\\Program Files\\Vendor\\agent.exe"
                 : "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
    std::vector<std::pair<std::string_view, std::string>> all = {
        {"EventRecordID", id}, {"Computer", host},           {"UtcTime", utc_time},
        {"Image", image},      {"ProcessGuid", guid.data()}, {"ProcessId", "7"}};
    const auto add = [&](std::string_view name, std::string value) {
      all.emplace_back(name, std::move(value));
    };
    add("Channel", kind == 7 ? "Security" : "Microsoft-Windows-Sysmon/Operational");
    if (kind < 5) {
      add("EventID", "3");
      add("Initiated", "true");
      add("DestinationIp", ip);
      add("DestinationPort", kind == 4 ? "4444" : "443");
    } else if (kind == 5) {
      add("EventID", "22");
      add("QueryName", "q.d" + number + ".com");
      add("QueryStatus", "9003");
    } else if (kind == 6) {
      add("EventID", "1");
      add("CommandLine", "powershell -w hidden -enc " + number);
      add("ParentImage", "C:\\Windows\\System32\\svchost.exe");
      add("ParentCommandLine", "svchost.exe -k netsvcs -p -s Schedule");
    } else {
      add("EventID", "4698");
      add("TaskName", "\\t" + number);
      add("TaskContent",
          "<Task><Actions><Exec><Command>powershell</Command><Arguments>-w hidden -enc " + number +
              "</Arguments></Exec></Actions></Task>");
    }
    fields_.clear();
    for (const auto& [name, value] : all)
      fields_.push_back({name.data(), name.size(), value.data(), value.size()});
    engine_.observe(fields_);
  }

  Watched& engine_;
  std::uint64_t n_ = 0;
  std::vector<c2watch_field> fields_;
};

// Records of attack_records() by which the last of a key's second events has come: the process calls out
// for the first time with record 8 and on another port with record 9; the beacon begins with record 11.
bool is_second(std::size_t record) { return (record >= 1 && record <= 9) || record == 12; }

std::string utc_time_of(const std::string& record) {
  return record.substr(record.find("\"UtcTime\":\"") + 11, 23);
}

// The attack, with `before_second` flood events before a key comes again and `else_` in other gaps.
void attack_in_flood(Watched& engine, Flood& flood, std::uint64_t before_second,
                     std::uint64_t otherwise) {
  const auto records = attack_records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    flood.go_on(is_second(i) ? before_second : otherwise, utc_time_of(records[i == 0 ? 0 : i - 1]));
    engine.observe(records[i]);
  }
}

Found without_flood() {
  Watched engine;
  for (const std::string& r : attack_records()) engine.observe(r);
  return engine.found();
}

TEST(KeyFlood, an_attack_before_and_in_it_is_found_as_if_there_were_none) {
  const Found expected = without_flood();
  ASSERT_EQ(expected.size(), 5u) << "every detector";

  Watched engine;
  Flood flood(engine);
  const std::uint64_t each = flood_events() / 15;
  attack_in_flood(engine, flood, kCapacity / 8 - 1, each);
  EXPECT_GE(flood.events(), flood_events());
  EXPECT_EQ(engine.found(), expected);

  const json s = engine.stats();
  for (const auto& [name, held] : s["detectors"].items()) {
    EXPECT_LE(held["entries"], held["capacity"]) << name;
    EXPECT_GT(held["evictions"], flood_events() / 10) << name;
    std::printf("%s: %s keys, %s bytes, %s evictions\n", name.c_str(),
                held["entries"].dump().c_str(), held["bytes"].dump().c_str(),
                held["evictions"].dump().c_str());
  }
  EXPECT_GT(s["lineage"]["evictions"], flood_events() / 10);
  EXPECT_EQ(s["records"]["total"], flood.events() + attack_records().size());
}

// The other side: more new keys than the tables hold, before a key comes again, wash it away. That is
// counted, not silent.
TEST(KeyFlood, a_key_that_waits_longer_than_promised_is_gone_and_counted) {
  Watched engine;
  Flood flood(engine);
  // An eighth of the flood is for the smallest tables.
  attack_in_flood(engine, flood, 8 * kCapacity + 8, 8 * kCapacity + 8);
  for (const char* detector : {"hourly_beacon", "interval_beacon"}) {
    EXPECT_EQ(without_flood().count(detector), 1u) << detector;
    EXPECT_EQ(engine.found().count(detector), 0u) << detector;
  }
  EXPECT_GT(engine.stats()["detectors"]["hourly_beacon"]["evictions"], 100'000);
}

TEST(KeyFlood, memory_stays_where_it_was) {
  Watched engine;
  Flood flood(engine);
  const std::string time = "2026-02-02 09:00:00.000";
  flood.go_on(flood_events() / 4, time);
  const json early = engine.stats();
  const std::size_t resident = resident_bytes();
  flood.go_on(flood_events() * 3 / 4, time);
  const json late = engine.stats();
  for (const auto& [name, held] : late["detectors"].items()) {
    const auto before = early["detectors"][name]["bytes"].get<double>();
    EXPECT_LE(held["bytes"].get<double>(), 1.1 * before + 65'536) << name;
  }
  const std::size_t grown = std::max(resident_bytes(), resident) - resident;
  EXPECT_LE(grown, std::size_t{8} << 20);
  std::printf("%zu events, resident %zu KiB, of which %zu KiB came in the last three quarters\n",
              static_cast<std::size_t>(flood.events()), resident_bytes() / 1024, grown / 1024);
}

}  // namespace
}  // namespace c2watch::testing_support
