// What an allowlist may not do, in generated worlds, for every detector and kind of entry:
//
//   COVERED   adding events that an entry covers removes no alert about other events, nor makes one
//             less severe
//   ENDED     once the entry is removed or has expired, what goes on is told as an engine tells it
//             that starts at that moment
//   NO MORE   what is told is not covered
//
// Which events an entry covers is decided here, by a dozen lines that share nothing with the engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "support/sysmon_json.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using nlohmann::json;

constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 8h};
constexpr Time kEnd = kStart + 8h;
constexpr Time kMiddle = kStart + 4h;
constexpr int kWorlds = 28;

constexpr std::array kHosts = {"WS01.corp.example", "WS02.corp.example", "SRV1.corp.example"};
constexpr std::array kImages = {kPowershellPath, "C:\\Users\\Public\\upd.exe",
                                "C:\\Windows\\System32\\cmd.exe"};
struct Server {
  const char* ip;
  const char* name;
};
constexpr std::array kServers = {
    Server{"45.77.12.9", ""}, Server{"198.51.100.10", "api.vendor.com"},
    Server{"198.51.100.20", "www.vendor.com"}, Server{"203.0.113.77", "vps1.evil.net"},
    Server{"2001:db8:0:0:0:0:0:7", "cdn.evil.net"}};
constexpr std::array kPorts = {443, 4444, 8080, 8443};

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    for (int i = 0; i < 8; ++i) beacon();
    for (int i = 0; i < 6; ++i) burst();
    for (int i = 0; i < 4; ++i) task();
    for (int i = 0; i < 20; ++i) {
      const Server& s = one_of(kServers);
      add(sysmon_connection(any_time(), one_of(kHosts), guid(one(9)), one_of(kImages), s.ip, s.name,
                            one_of(kPorts)));
    }
    std::ranges::stable_sort(events_, {}, &SysmonJson::at);
    std::uint64_t id = 0;
    for (SysmonJson& e : events_) e.record_id = ++id;
  }

  const std::vector<SysmonJson>& events() const { return events_; }

  // One entry of every kind, and combinations.
  json entry() {
    json e;
    switch (one(5)) {
      case 0:
        e["domain"] = one(2) == 0 ? "vendor.com" : "evil.net";
        break;
      case 1:
        e["cidr"] = one(2) == 0 ? "198.51.100.0/24" : "45.77.12.9";
        break;
      case 2:
        e["process"] = one(2) == 0 ? std::string("powershell.exe") : std::string(one_of(kImages));
        break;
      case 3:
        e["host"] = one(2) == 0 ? "WS01" : "ws02.corp.example";
        break;
      default:
        e["cidr"] = "203.0.113.0/24";
        e["process"] = "powershell.exe";
    }
    if (one(3) == 0) e["host"] = one_of(kHosts);
    if (one(3) == 0)
      e["detector"] = one_of(
          std::array{"c2_port", "task_callback", "dns_burst", "interval_beacon", "hourly_beacon"});
    e["reason"] = "test";
    return e;
  }

 private:
  std::uint32_t one(std::uint32_t of) { return static_cast<std::uint32_t>(random_() % of); }
  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& all) {
    return all[one(N)];
  }
  Time any_time() { return kStart + std::chrono::seconds(one(8 * 3600)); }
  static std::string guid(std::uint32_t number) {
    return "{b59756a9-b239-5f17-5307-00000000040" + std::to_string(number) + "}";
  }
  void add(SysmonJson e) {
    if (e.at < kEnd) events_.push_back(std::move(e));
  }

  // Regular, through the whole world.
  void beacon() {
    const Server& s = one_of(kServers);
    const std::string host = one_of(kHosts);
    const std::string image = one_of(kImages);
    const auto every = std::chrono::seconds(120 + one(1200));
    const int port = one_of(kPorts);
    const std::string process = guid(one(9));
    const bool by_name = one(4) == 0;
    for (Time t = kStart + std::chrono::seconds(one(600)); t < kEnd;
         t += every + std::chrono::milliseconds(one(3000))) {
      if (by_name)
        add(sysmon_lookup(t, host, process, image, one(2) == 0 ? "t.vendor.com" : "t.vendor.com"));
      else
        add(sysmon_connection(t, host, process, image, s.ip, s.name, port));
    }
  }

  void burst() {
    const std::string host = one_of(kHosts);
    const Time t = any_time();
    const std::string process = guid(one(9));
    const std::uint32_t names = 2 + one(7);
    for (std::uint32_t i = 0; i < names; ++i) {
      const std::string name = one(3) == 0 ? "h" + std::to_string(one(90)) + ".vendor.com"
                                           : "a" + std::to_string(one(90)) + ".net";
      add(sysmon_lookup(t + std::chrono::seconds(10 * i), host, process, kPowershellPath, name));
    }
  }

  void task() {
    const std::string host = one_of(kHosts);
    const std::string process = guid(one(9));
    Time t = any_time();
    const std::string name = "\\Task" + std::to_string(one(3));
    if (one(2) == 0)
      add(security_task(t, host, name, "powershell.exe",
                        "-NoProfile -WindowStyle Hidden -File x.ps1"));
    for (std::uint32_t run = 0; run < 1 + one(3); ++run) {
      t += std::chrono::seconds(30 + one(3600));
      add(sysmon_start(t, host, process, kPowershellPath, kHiddenPowershell, kScheduler,
                       kSchedulerLine));
      for (std::uint32_t i = 0; i < one(15); ++i) {
        const Server& s = one_of(kServers);
        add(sysmon_connection(t + std::chrono::seconds(i + 1), host, process, kPowershellPath, s.ip,
                              s.name, 443));
      }
    }
  }

  std::mt19937 random_;
  std::vector<SysmonJson> events_;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

// An entry's demands but for its detector, on texts.
bool covers(const json& entry, const std::string& host, const std::string& image,
            const std::string& ip, const std::vector<std::string>& names) {
  const std::string wanted_host = lower(entry.value("host", ""));
  if (!wanted_host.empty() && wanted_host != lower(host) &&
      wanted_host != lower(host.substr(0, host.find('.'))))
    return false;
  const std::string process = entry.value("process", "");
  const std::string file = image.substr(image.rfind('\\') + 1);
  if (!process.empty() && process != image && process != file) return false;
  const std::string cidr = entry.value("cidr", "");
  const std::string net = cidr.substr(0, cidr.find("0/24"));
  if (!cidr.empty() && (cidr == net ? ip != cidr : !ip.starts_with(net))) return false;
  const std::string domain = entry.value("domain", "");
  return domain.empty() || (!names.empty() && std::ranges::all_of(names, [&](const std::string& n) {
           return n == domain || n.ends_with("." + domain);
         }));
}

bool covers(const json& entry, const SysmonJson& e) {
  return covers(entry, e.computer, e["Image"], e["DestinationIp"],
                {e.event_id == 22 ? e["QueryName"] : e["DestinationHostname"]});
}

// null is "".
std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

bool asks_for(const json& entry, const json& finding) {
  return !entry.contains("detector") || entry["detector"] == finding["detector"];
}

class Told final : public Listener {
 public:
  void finding(std::string_view text) override { findings.push_back(json::parse(text)); }
  void log(LogLevel, std::string_view) override {}

  std::vector<json> findings;
};

EngineSettings settings(const json& allowlist) {
  const json config = {
      {"allowlist", allowlist},
      {"detectors", {{"interval_beacon", {{"min_fleet", 1}, {"report_from", "informational"}}}}}};
  auto read = read_config(config.dump());
  EXPECT_TRUE(read) << read.error().message;
  return *read;
}

// What an engine tells about those events for which `wanted` holds. `reload_at`: the list is empty
// from then on.
template <class Wanted>
std::vector<json> told(const std::vector<SysmonJson>& events, const json& allowlist, Wanted wanted,
                       Time reload_at = kEnd) {
  Told all;
  Engine engine(settings(allowlist), all, 7);
  bool reloaded = false;
  for (const SysmonJson& e : events) {
    if (!reloaded && e.at >= reload_at) {
      engine.reconfigure(settings(json::array()));
      reloaded = true;
    }
    if (wanted(e)) engine.observe(Format::json, e.text());
  }
  return std::move(all.findings);
}

std::map<std::string, int> severities(const std::vector<json>& findings) {
  constexpr std::array kNames = {"informational", "low", "medium", "high", "critical"};
  std::map<std::string, int> by_id;
  for (const json& f : findings) {
    const auto at = std::ranges::find(kNames, f["severity"].get<std::string>());
    int& most = by_id[f["id"]];
    most = std::max(most, static_cast<int>(at - kNames.begin()));
  }
  return by_id;
}

TEST(AllowlistProperty, adding_covered_events_removes_no_alert_about_others) {
  std::map<std::string, int> alerts;  // by detector: the property is not empty
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    World world(seed);
    const json entry = world.entry();
    // Starts and tasks are not what a destination's entry covers; they stay.
    const auto is_other = [&](const SysmonJson& e) {
      return (e.event_id != 3 && e.event_id != 22) || !covers(entry, e);
    };
    std::vector<json> alone = told(world.events(), json::array({entry}), is_other);
    std::erase_if(alone, [&](const json& f) { return !asks_for(entry, f); });
    const auto with = severities(
        told(world.events(), json::array({entry}), [](const SysmonJson&) { return true; }));
    for (const json& f : alone) ++alerts[f["detector"]];
    for (const auto& [id, severity] : severities(alone)) {
      const auto at = with.find(id);
      const auto lost = [&, wanted = id] {
        for (const json& f : alone)
          if (f["id"] == wanted) return f.dump();
        return std::string();
      };
      ASSERT_TRUE(at != with.end()) << "world " << seed << ", " << entry << " hides " << lost();
      EXPECT_GE(at->second, severity) << "world " << seed << ", " << entry << ": " << lost();
    }
  }
  EXPECT_EQ(alerts.size(), 5u) << json(alerts);
}

// Whom and what an alert is about, whenever it began.
using About = std::tuple<std::string, std::string, std::string, std::string>;
About about(const json& f) {
  const std::string detector = f["detector"];
  const bool one_server = detector == "hourly_beacon" || detector == "interval_beacon";
  const json& to = f["destination"];
  return {detector, f["host"], detector == "task_callback" ? "" : text_of(f["process"], "image"),
          one_server ? text_of(to, "ip") + " " + text_of(to, "hostname") : ""};
}

class EndedEntry : public testing::TestWithParam<bool> {};

TEST_P(EndedEntry, brings_back_what_it_hid) {
  const bool expires = GetParam();
  const auto by_midnight = [&](Time t) { return expires ? t + 12h : t; };  // kMiddle is 12:00
  std::map<std::string, int> returned;
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    World world(1000 + seed);
    json entry = world.entry();
    if (expires) entry["expires"] = "2026-03-02";
    std::vector<SysmonJson> events = world.events();
    for (SysmonJson& e : events) e.at = by_midnight(e.at);
    const Time end = by_midnight(kMiddle);

    const auto everything = [](const SysmonJson&) { return true; };
    const auto later = [&](const SysmonJson& e) { return e.at >= end; };
    const std::vector<json> fresh = told(events, json::array(), later, kEnd + 24h);
    const std::vector<json> all =
        told(events, json::array({entry}), everything, expires ? kEnd + 24h : end);
    const std::vector<json> before = told(
        events, json::array({entry}), [&](const SysmonJson& e) { return !later(e); }, kEnd + 24h);

    std::set<About> heard;
    for (const json& f : all) heard.insert(about(f));
    std::set<About> not_hidden;
    for (const json& f : before) not_hidden.insert(about(f));
    for (const json& f : fresh) {
      EXPECT_TRUE(heard.contains(about(f)))
          << "world " << seed << ", " << entry << " still hides " << f.dump();
      returned[f["detector"]] += heard.contains(about(f)) && !not_hidden.contains(about(f));
    }
  }
  for (const char* detector :
       {"c2_port", "task_callback", "dns_burst", "interval_beacon", "hourly_beacon"})
    EXPECT_GT(returned[detector], 0) << detector;
}

INSTANTIATE_TEST_SUITE_P(, EndedEntry, testing::Bool(), [](const auto& p) {
  return p.param ? "that_expired" : "that_was_removed";
});

TEST(AllowlistProperty, what_is_told_is_not_covered) {
  int hidden = 0;
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    World world(2000 + seed);
    const json entry = world.entry();
    const auto everything = [](const SysmonJson&) { return true; };
    const std::vector<json> all = told(world.events(), json::array({entry}), everything);
    hidden += told(world.events(), json::array(), everything).size() > all.size();
    for (const json& f : all) {
      if (!asks_for(entry, f)) continue;
      const json& to = f["destination"];
      std::vector<std::string> names = f["evidence"].value("domains", std::vector<std::string>());
      if (names.empty()) names = {text_of(to, "hostname")};
      EXPECT_FALSE(
          covers(entry, f["host"], text_of(f["process"], "image"), text_of(to, "ip"), names))
          << "world " << seed << ", " << entry << ": " << f.dump();
    }
  }
  EXPECT_GT(hidden, kWorlds / 2);
}

}  // namespace
}  // namespace c2watch::engine
