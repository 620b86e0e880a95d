// Floods: an attacker who chooses every name fills what we allow, and not a byte more.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "abi/c2watch.h"

namespace c2watch::testing_support {
namespace {

// Bounds small enough to be reached within seconds.
constexpr char kConfig[] = R"({
  "extends": "lab",
  "repeats": {"window_records": 64, "max_streams": 256},
  "lineage": {"processes": 256, "text_bytes": 65536},
  "detectors": {
    "hourly_beacon": {"capacity": 1000, "max_detail_bytes": 16777216},
    "interval_beacon": {"capacity": 1000, "max_destinations": 1000, "max_open": 64},
    "dns_burst": {"max_keys": 64},
    "c2_port": {"max_keys": 64},
    "task_callback": {"max_chains": 64, "max_processes": 64}}})";

class Flood : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(c2watch_open(nullptr, kConfig, sizeof kConfig - 1, &engine_), C2WATCH_OK)
        << c2watch_last_error(engine_);
  }
  void TearDown() override { c2watch_close(engine_); }

  // Host, process, program, destination and task of its own for each `n`.
  void observe(int event_id, int n, const std::string& data) {
    char text[4096];
    const int minute = n / 60 % 60, second = n % 60;
    const int length = std::snprintf(
        text, sizeof text,
        "{\"@timestamp\":\"2026-02-02T12:%02d:%02d.000Z\",\"winlog\":{\"channel\":\"%s\","
        "\"computer_name\":\"h%d.example\",\"event_id\":\"%d\",\"record_id\":%d,\"event_data\":{"
        "\"UtcTime\":\"2026-02-02 12:%02d:%02d.000\",\"ProcessGuid\":\"{%08x-6084-8944-2ff0-"
        "ecc5709ce3ae}\",\"ProcessId\":\"7\",\"Image\":\"C:\\\\u%d\\\\powershell.exe\",%s}}}",
        minute, second, event_id == 4698 ? "Security" : "Microsoft-Windows-Sysmon/Operational", n,
        event_id, n + 1, minute, second, static_cast<unsigned>(n), n, data.c_str());
    ASSERT_LT(length, static_cast<int>(sizeof text));
    c2watch_verdict verdict{};
    verdict.size = sizeof verdict;
    ASSERT_EQ(
        c2watch_observe(engine_, C2WATCH_FORMAT_JSON, text, static_cast<size_t>(length), &verdict),
        C2WATCH_OK);
    ASSERT_EQ(verdict.record, static_cast<std::uint32_t>(C2WATCH_RECORD_USED)) << text;
  }

  nlohmann::json stats() {
    const char* json = nullptr;
    size_t len = 0;
    EXPECT_EQ(c2watch_stats(engine_, &json, &len), C2WATCH_OK);
    return nlohmann::json::parse(json, json + len);
  }

  c2watch_engine* engine_ = nullptr;
};

TEST_F(Flood, every_bound_holds_and_every_loss_is_counted) {
  constexpr int kEvents = 20'000;
  for (int n = 0; n < kEvents && !HasFatalFailure(); ++n) {
    const std::string id = std::to_string(n);
    observe(1, 5 * n,
            "\"CommandLine\":\"powershell -w hidden -enc " + std::string(200, 'A') + id +
                "\",\"ParentImage\":\"C:\\\\svchost.exe\",\"ParentCommandLine\":\"svchost.exe -k "
                "netsvcs -p -s Schedule\"");
    observe(3, 5 * n + 1,
            "\"Initiated\":\"true\",\"DestinationIp\":\"142." + std::to_string(n % 250) + "." +
                std::to_string(n / 250 % 250) + ".9\",\"DestinationPort\":\"4444\"");
    observe(22, 5 * n + 2,
            "\"QueryName\":\"q" + id + ".d" + id + ".com\",\"QueryStatus\":\"9003\"");
    observe(4698, 5 * n + 3,
            "\"TaskName\":\"\\\\t" + id + "\",\"TaskContent\":\"<Task><Actions><Exec><Command>" +
                "powershell</Command><Arguments>-w hidden -enc AAAA" + id +
                "</Arguments></Exec></Actions></Task>\"");
  }
  const nlohmann::json s = stats();
  for (const auto& [name, held] : s["detectors"].items()) {
    EXPECT_LE(held["entries"], held["capacity"]) << name;
    EXPECT_GT(held["evictions"], 0) << name;
    EXPECT_LE(held["bytes"], 24'000'000) << name;
  }
  EXPECT_LE(s["lineage"]["entries"], 256);
  EXPECT_GT(s["lineage"]["evictions"], 0);
  EXPECT_LE(s["repeats"]["streams"], 256);
  EXPECT_LE(s["repeats"]["bytes"], 256 * 64 * 4 + 64 * 1024);
}

// The cost of the worst case must not grow with the length of the flood.
TEST_F(Flood, the_last_thousand_cost_what_the_second_thousand_did) {
  using Clock = std::chrono::steady_clock;
  const auto thousand = [&](int from) {
    const auto start = Clock::now();
    for (int n = from; n < from + 1000 && !HasFatalFailure(); ++n)
      observe(3, n,
              "\"Initiated\":\"true\",\"DestinationIp\":\"142.1." + std::to_string(n % 250) +
                  ".9\",\"DestinationPort\":\"443\"");
    return Clock::now() - start;
  };
  thousand(0);
  const auto early = thousand(1000);
  for (int from = 2000; from < 40'000; from += 1000) thousand(from);
  // Best of three: the machine has others to serve. Ten: a linear cost would show as forty.
  const auto late = std::min({thousand(40'000), thousand(41'000), thousand(42'000)});
  EXPECT_LT(late, 10 * early);
}

}  // namespace
}  // namespace c2watch::testing_support
