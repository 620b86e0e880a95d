// Bytes: every field of every kind of event as long as a record allows. What the process grows by is
// what the stats say, and that is within what plugin/README.md promises for the config; no finding is
// larger than kMostFindingBytes.
#include <gtest/gtest.h>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "watched.h"

namespace c2watch::testing_support {
namespace {

using nlohmann::json;

constexpr std::string_view kConfig = R"({
  "extends": "lab",
  "repeats": {"max_streams": 64, "window_records": 64},
  "lineage": {"processes": 256, "text_bytes": 262144},
  "detectors": {
    "hourly_beacon": {"capacity": 256, "max_detail_bytes": 16777216},
    "interval_beacon": {"capacity": 256, "max_destinations": 256, "max_open": 64},
    "dns_burst": {"max_keys": 64},
    "c2_port": {"max_keys": 64},
    "task_callback": {"max_chains": 64, "max_processes": 64}}})";

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMostFindingBytes = 160 * kKiB;

// What plugin/README.md states for these bounds.
std::size_t promised(const std::string& detector) {
  if (detector == "hourly_beacon") return 256 * 7 * kKiB + 256 * 256;
  if (detector == "interval_beacon") return 256 * 800 + 256 * 128 + 64 * 20 * kKiB + 128 * kKiB;
  if (detector == "dns_burst") return 64 * 12 * kKiB + 64 * 128 + 128 * kKiB;
  if (detector == "c2_port") return 64 * 8 * kKiB + 192 * kKiB;  // and its list of ports
  if (detector == "task_callback") return 64 * 8 * kKiB + 256 * 128;
  ADD_FAILURE() << detector;
  return 0;
}

std::size_t stated(const json& stats) {
  std::size_t bytes = 0;
  for (const auto& [name, held] : stats["detectors"].items())
    bytes += held["bytes"].get<std::size_t>();
  bytes += stats["lineage"]["bytes"].get<std::size_t>();
  return bytes + stats["repeats"]["bytes"].get<std::size_t>();
}

std::size_t allocated() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

std::string_view channel_of(int event_id) {
  switch (event_id) {
    case 4698:
      return "Security";
    case 4104:
      return "Microsoft-Windows-PowerShell/Operational";
    case 3008:
      return "Microsoft-Windows-DNS-Client/Operational";
    default:
      return "Microsoft-Windows-Sysmon/Operational";
  }
}

// A record with fields of `each` bytes, unlike those of other keys.
class Longest {
 public:
  Longest(std::size_t each, std::string filler) : each_(each), filler_(std::move(filler)) {}

  std::string text(int key, std::string_view end = "") const {
    std::string s = std::to_string(key) + "-";
    while (s.size() + filler_.size() + end.size() <= each_) s += filler_;
    return s.append(end);
  }

  Fields record(int event_id, int key, int minute, int second) const {
    std::array<char, 40> guid{}, time{};
    std::snprintf(guid.data(), guid.size(), "{%08x-6084-8944-2ff0-ecc5709ce3ae}",
                  static_cast<unsigned>(key));
    std::snprintf(time.data(), time.size(), "2026-02-02 %02d:%02d:%02d.000", 9 + minute / 60,
                  minute % 60, second);
    Fields all = {{"Computer", text(key)},
                  {"Channel", text(key, channel_of(event_id))},
                  {"EventRecordID", std::to_string(++id_)},
                  {"UtcTime", time.data()},
                  {"Image", text(key, "\\powershell.exe")},
                  {"User", text(key)},
                  {"ProcessGuid", guid.data()},
                  {"ProcessId", "7"}};
    if (event_id != 0) all.emplace_back("EventID", std::to_string(event_id));
    const auto add = [&](std::string_view name, std::string value) {
      all.emplace_back(name, std::move(value));
    };
    if (event_id == 1) {
      add("CommandLine", "powershell -w hidden -enc AAAA " + text(key));
      add("OriginalFileName", text(key));
      add("ParentImage", text(key, "\\taskhostw.exe"));
      add("ParentCommandLine", text(key));
    } else if (event_id == 3) {
      add("Initiated", "true");
      add("DestinationIp", "142.254.39." + std::to_string(key % 250));
      add("DestinationPort", std::to_string(minute == 3 ? 4444 + second % 2 : 4444));
      add("DestinationHostname", text(key));
      add("SourceHostname", text(key));
      add("Protocol", text(key));
    } else if (event_id == 22 || event_id == 3008) {
      add("QueryName", text(key).substr(0, 180) + ".d" + std::to_string(second) + ".com");
      add("QueryStatus", "9003");
      add("QueryResults", text(key));
    } else if (event_id == 4698) {
      add("ProviderName", "Microsoft-Windows-Security-Auditing");
      add("SubjectUserName", text(key));
      add("SubjectDomainName", text(key));
      add("TaskName", "\\" + text(key));
      add("TaskContent",
          "<Task><Actions><Exec><Command>powershell</Command><Arguments>-w hidden "
          "-enc AAAA " +
              std::string(each_, 'A') + std::to_string(key) +
              "</Arguments></Exec></Actions></Task>");
    } else if (event_id == 4104) {
      add("ScriptBlockText", text(key));
    }
    return all;
  }

  // Everything that wakes a detector.
  void send(Watched& engine, int key) const {
    const auto one = [&](int event_id, int minute, int second) {
      const bool asked_for = event_id != 4104;
      EXPECT_EQ(
          engine.observe(record(event_id, key, minute, second)),
          static_cast<std::uint32_t>(asked_for ? C2WATCH_RECORD_USED : C2WATCH_RECORD_IGNORED))
          << event_id;
    };
    one(4698, 0, 0);
    one(1, 1, 0);
    for (int i = 0; i < 5; ++i) one(22, 2, i);
    one(3008, 2, 0);
    one(4104, 2, 0);
    one(3, 3, 0);
    one(3, 3, 1);
    for (int i = 0; i < 6; ++i) one(3, 10 + 16 * i, 0);
  }

 private:
  std::size_t each_;
  std::string filler_;
  mutable std::uint64_t id_ = 0;
};

class Bytes : public testing::TestWithParam<const char*> {};

TEST_P(Bytes, the_process_grows_by_what_the_stats_say_and_the_docs_promise) {
  std::size_t largest = 0, findings = 0;
  Watched engine(kConfig, [&](std::string_view text) {
    largest = std::max(largest, text.size());
    ++findings;
  });
  const Longest longest(90 * kKiB, GetParam());
  longest.send(engine, 0);  // the reader's own memory
  const std::size_t stated_before = stated(engine.stats()), before = allocated();
  constexpr int kKeys = 24;
  for (int key = 1; key <= kKeys; ++key) longest.send(engine, key);
  const std::size_t after = allocated();
  const json stats = engine.stats();

  EXPECT_GT(findings, 3u * kKeys);
  EXPECT_LE(largest, kMostFindingBytes);
  for (const auto& [name, held] : stats["detectors"].items()) {
    EXPECT_GT(held["entries"], kKeys / 2) << name;
    EXPECT_LE(held["bytes"].get<std::size_t>(), promised(name)) << name;
  }
#if defined(C2WATCH_SANITIZED)
  GTEST_SKIP() << "a sanitizer's allocator says nothing to mallinfo2()";
#endif
  const std::size_t grown = after > before ? after - before : 0;
  const std::size_t said = stated(stats) - stated_before;
  std::printf("grown by %zu KiB, stats say %zu KiB; the largest of %zu findings has %zu KiB\n",
              grown / kKiB, said / kKiB, findings, largest / kKiB);
  EXPECT_LE(grown, said + said / 4 + 256 * kKiB);
}

// Plain, and of the character that takes most room in JSON.
INSTANTIATE_TEST_SUITE_P(filler, Bytes, testing::Values("x", "\x01"));

}  // namespace
}  // namespace c2watch::testing_support
