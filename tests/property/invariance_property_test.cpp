// How a name, an address or a guid is spelled, how often a record comes, and which seed the hash
// tables have: none of it shows in what is told. Through the C interface, in `default` and `lab`;
// the profile `seed` compares texts byte by byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "abi/c2watch.h"
#include "support/sysmon_json.h"

namespace c2watch {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using nlohmann::json;

constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 8h};
constexpr const char* kUpdater = "C:\\Users\\Public\\upd.exe";

// One of every kind of alert, on a computer whose name has a domain.
std::vector<SysmonJson> attack() {
  const std::string host = "WS01.corp.example";
  const auto guid = [](int n) {
    return "{b59756a9-b239-5f17-5307-0000000000a" + std::to_string(n) + "}";
  };
  std::vector<SysmonJson> all;
  all.push_back(security_task(kStart, host, "\\Health", "powershell.exe",
                              "-NoProfile -WindowStyle Hidden -File x.ps1"));
  all.push_back(sysmon_start(kStart + 60s, host, guid(1), kPowershellPath, kHiddenPowershell,
                             kScheduler, kSchedulerLine));
  for (int i = 0; i < 12; ++i)
    all.push_back(sysmon_connection(kStart + 61s + 1s * i, host, guid(1), kPowershellPath,
                                    i % 2 == 0 ? "2001:db8:0:0:0:0:a:7" : "45.77.12.9", "",
                                    i % 3 == 0 ? 4444 : 8080));
  for (int i = 0; i < 6; ++i)
    all.push_back(sysmon_lookup(kStart + 120s + 1s * i, host, guid(1), kPowershellPath,
                                "c2.srv" + std::to_string(i) + "evil.net"));
  for (int i = 0; i < 40; ++i) {
    const Time t = kStart + 200s + std::chrono::minutes(7) * i;
    all.push_back(sysmon_connection(t, host, guid(2), kUpdater, "2001:db8:0:0:0:0:a:9", "", 443));
    all.push_back(
        sysmon_connection(t + 1s, host, guid(3), kUpdater, "203.0.113.77", "vps1.evil.net", 443));
    all.push_back(sysmon_lookup(t + 2s, host, guid(4), kUpdater, "tick.tunnel-evil.com"));
  }
  std::ranges::stable_sort(all, {}, &SysmonJson::at);
  std::uint64_t id = 0;
  for (SysmonJson& e : all) e.record_id = ++id;
  return all;
}

// Detector, id, update and severity of each finding, in order.
using Told = std::vector<std::tuple<std::string, std::string, int, std::string>>;

Told told(const std::vector<SysmonJson>& events, const std::string& config) {
  Told all;
  c2watch_host host{};
  host.size = sizeof host;
  host.abi = C2WATCH_ABI;
  host.user = &all;
  host.log = [](void*, c2watch_log_level, const char*, size_t) {};
  host.finding = [](void* user, const char* text, size_t len) {
    const json f = json::parse(std::string_view(text, len));
    static_cast<Told*>(user)->emplace_back(f["detector"], f["id"], f["update"], f["severity"]);
  };
  c2watch_engine* engine = nullptr;
  EXPECT_EQ(c2watch_open(&host, config.data(), config.size(), &engine), C2WATCH_OK)
      << c2watch_last_error(engine);
  for (const SysmonJson& e : events) {
    const std::string text = e.text();
    c2watch_verdict verdict{};
    verdict.size = sizeof verdict;
    EXPECT_EQ(c2watch_observe(engine, C2WATCH_FORMAT_AUTO, text.data(), text.size(), &verdict),
              C2WATCH_OK);
  }
  c2watch_close(engine);
  return all;
}

using Random = std::mt19937;

std::string any_case(std::string text, Random& random) {
  for (char& c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter && random() % 2 == 0) c = static_cast<char>(c ^ 0x20);
  }
  return text;
}

void respell(SysmonJson& e, const char* field, Random& random) {
  if (e.data.contains(field)) e.data[field] = any_case(e[field], random);
}

void respell_name(SysmonJson& e, const char* field, Random& random) {
  respell(e, field, random);
  if (!e[field].empty() && random() % 2 == 0) e.data[field] = e[field] + ".";
}

void respell_address(SysmonJson& e, Random& random) {
  const std::string ip = e["DestinationIp"];
  std::vector<std::string> ways;
  if (ip == "2001:db8:0:0:0:0:a:7" || ip == "2001:db8:0:0:0:0:a:9") {
    const std::string last(1, ip.back());
    ways = {ip, "2001:db8::a:" + last, "2001:DB8::A:" + last,
            "2001:0db8:0000:0000:0000:0000:000a:000" + last, "2001:db8:0:0::0.10.0." + last};
  } else if (ip == "45.77.12.9") {
    ways = {ip, "::ffff:45.77.12.9", "::FFFF:2D4D:C09", "0:0:0:0:0:ffff:2d4d:c09"};
  } else if (ip == "203.0.113.77") {
    ways = {ip, "::ffff:203.0.113.77", "0:0:0:0:0:FFFF:cb00:714d"};
  }
  if (!ways.empty()) e.data["DestinationIp"] = ways[random() % ways.size()];
}

struct Respelling {
  const char* name;
  void (*respell)(SysmonJson&, Random&);
};

class Invariance : public testing::TestWithParam<Respelling> {};

TEST_P(Invariance, changes_nothing_that_is_told) {
  for (const char* config : {"{}", R"({"extends": "lab"})"}) {
    const Told expected = told(attack(), config);
    std::vector<std::string> detectors;
    for (const auto& f : expected) detectors.push_back(std::get<0>(f));
    std::ranges::sort(detectors);
    ASSERT_EQ(std::unique(detectors.begin(), detectors.end()) - detectors.begin(), 5);
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
      Random random(seed);
      std::vector<SysmonJson> events = attack();
      for (SysmonJson& e : events) GetParam().respell(e, random);
      EXPECT_EQ(told(events, config), expected) << "seed " << seed << ", " << config;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Invariance,
                         testing::Values(Respelling{"computer_names",
                                                    [](SysmonJson& e, Random& random) {
                                                      e.computer = any_case(e.computer, random);
                                                      respell_name(e, "SourceHostname", random);
                                                    }},
                                         Respelling{"dns_names",
                                                    [](SysmonJson& e, Random& random) {
                                                      respell_name(e, "QueryName", random);
                                                      respell_name(e, "DestinationHostname",
                                                                   random);
                                                    }},
                                         Respelling{
                                             "paths",
                                             [](SysmonJson& e, Random& random) {
                                               for (const char* field : {"Image", "ParentImage"})
                                                 respell(e, field, random);
                                             }},
                                         Respelling{"guids",
                                                    [](SysmonJson& e, Random& random) {
                                                      respell(e, "ProcessGuid", random);
                                                      const std::string guid = e["ProcessGuid"];
                                                      if (!guid.empty() && random() % 2 == 0)
                                                        e.data["ProcessGuid"] = guid.substr(1, 36);
                                                    }},
                                         Respelling{"addresses", respell_address}),
                         [](const auto& p) { return p.param.name; });

// Two shippers, which spell the computer's name each in its way, send every record.
TEST(Invariant, duplicates_under_another_spelling_change_nothing) {
  const Told expected = told(attack(), "{}");
  Random random(5);
  std::vector<SysmonJson> twice;
  for (const SysmonJson& e : attack()) {
    for (auto copies = 1 + random() % 3; copies > 0; --copies) {
      twice.push_back(e);
      twice.back().computer = any_case(e.computer, random);
    }
  }
  EXPECT_EQ(told(twice, "{}"), expected);
}

// Each engine draws a seed of its own.
TEST(Invariant, hash_seeds_change_nothing) {
  const Told expected = told(attack(), "{}");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(told(attack(), "{}"), expected);
}

// Records of one moment come in any order within what reorder_seconds waits for.
TEST(Invariant, the_order_within_a_batch_changes_nothing) {
  const char* const config = R"({"reorder_seconds": 600})";
  const Told expected = told(attack(), config);
  ASSERT_FALSE(expected.empty());
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    std::vector<SysmonJson> events = attack();
    for (auto from = events.begin(); from != events.end();) {
      const auto to = std::find_if(from, events.end(),
                                   [&](const SysmonJson& e) { return e.at - from->at > 599s; });
      std::shuffle(from, to, random);
      from = to;
    }
    EXPECT_EQ(told(events, config), expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace c2watch
