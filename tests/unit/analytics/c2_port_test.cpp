#include "core/analytics/c2_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::Collect;
using testing_support::evidence;
using testing_support::network_connect;
using testing_support::process_create;

constexpr Time kNoon = Time{std::chrono::hours{12}};
constexpr std::string_view kGuid = "{247090F2-6084-8944-2FF0-ECC5709CE3AE}";
constexpr std::string_view kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::string_view kRented = "203.0.114.7";  // a public address

class World {
 public:
  explicit World(C2PortSettings settings = {}, ScopeSettings scope = ScopeSettings::standard())
      : scope_(std::move(*DestinationScope::create(scope))),
        detector_(std::move(*checked(std::move(settings))), scope_, lineage_, 7) {}

  std::size_t connect(Time at, std::int32_t port, std::string_view ip = kRented,
                      std::string_view image = kPowershell, std::string_view guid = kGuid,
                      std::string_view computer = "ws1") {
    Event e = network_connect(at, computer, guid, image, ip, port);
    e.record_id = ++records_;
    return observe(e);
  }

  std::size_t observe(const Event& e) {
    const std::size_t before = out.found.size();
    detector_.observe(e, out);
    return out.found.size() - before;
  }

  const Finding& last() const { return out.found.back(); }

  Collect out;
  Lineage lineage_{LineageSettings{}, 7};
  DestinationScope scope_;
  C2Port detector_;
  std::uint64_t records_ = 0;
};

TEST(C2Port, atomic_test_3_in_the_lab) {
  World w({}, ScopeSettings::lab());
  ASSERT_EQ(w.connect(kNoon, 4444, "127.0.0.1"), 1u);
  EXPECT_EQ(w.last().severity, Severity::medium);
  const std::string id = w.last().id;
  ASSERT_EQ(w.connect(kNoon + 2s, 8080, "127.0.0.1"), 1u);
  EXPECT_EQ(w.last().severity, Severity::high);
  ASSERT_EQ(w.connect(kNoon + 4s, 8443, "127.0.0.1"), 1u);

  const Finding& f = w.last();
  EXPECT_EQ(f.severity, Severity::high);
  EXPECT_GT(f.risk_score, w.out.found[1].risk_score);
  EXPECT_EQ(f.detector, "c2_port");
  EXPECT_EQ(f.id, id) << "one finding that grows";
  EXPECT_EQ(f.update, 2u);
  EXPECT_THAT(f.techniques, ElementsAre("T1571", "T1583.004"));
  EXPECT_EQ(f.host, "ws1");
  EXPECT_EQ(f.process.image, kPowershell);
  EXPECT_EQ(f.process.guid, kGuid);
  EXPECT_EQ(f.first_seen, kNoon);
  EXPECT_EQ(f.last_seen, kNoon + 4s);
  EXPECT_THAT(*evidence<std::vector<std::int64_t>>(f, "ports"), ElementsAre(4444, 8080, 8443));
  EXPECT_EQ(*evidence<std::int64_t>(f, "distinct_ports_in_window"), 3);
  EXPECT_EQ(*evidence<std::int64_t>(f, "many_ports"), 3);
  EXPECT_EQ(*evidence<std::int64_t>(f, "connections"), 3);
  EXPECT_THAT(f.reasons, Contains(HasSubstr("4444: default of Metasploit")));
  ASSERT_EQ(f.records.size(), 3u);
  EXPECT_EQ(f.records[0].record_id, 1u);
  EXPECT_EQ(f.records[2].record_id, 3u);
  EXPECT_EQ(f.records[0].event_id, 3u);
  EXPECT_EQ(f.records[0].channel, testing_support::kSysmonChannel);
}

TEST(C2Port, atomic_test_3_is_out_of_scope_in_default) {
  World w;
  for (const int port : {4444, 8080, 8443}) EXPECT_EQ(w.connect(kNoon, port, "127.0.0.1"), 0u);
}

struct Case {
  std::string name;
  std::int32_t port;
  std::string ip;
  std::string image;
  std::size_t want;
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class C2PortEvent : public testing::TestWithParam<Case> {};

TEST_P(C2PortEvent, Fires) {
  World w;
  EXPECT_EQ(w.connect(kNoon, GetParam().port, GetParam().ip, GetParam().image), GetParam().want);
}

const std::string kPs(kPowershell);
const std::string kOut(kRented);

INSTANTIATE_TEST_SUITE_P(
    , C2PortEvent,
    testing::Values(Case{"listed_port", 4444, kOut, kPs, 1},
                    Case{"first_of_a_range", 6660, kOut, kPs, 1},
                    Case{"last_of_a_range", 6669, kOut, kPs, 1},
                    Case{"one_below_the_range", 6659, kOut, kPs, 0},
                    Case{"one_above_the_range", 6670, kOut, kPs, 0},
                    Case{"https", 443, kOut, kPs, 0}, Case{"http", 80, kOut, kPs, 0},
                    Case{"port_absent", kNoPort, kOut, kPs, 0}, Case{"port_0", 0, kOut, kPs, 0},
                    Case{"port_65535", 65535, kOut, kPs, 0},
                    Case{"private_network", 4444, "10.10.10.5", kPs, 0},
                    Case{"loopback_of_ipv6", 4444, "0:0:0:0:0:0:0:1", kPs, 0},
                    Case{"server_by_ipv6", 4444, "2a01:4f8:0:0:0:0:0:7", kPs, 1},
                    Case{"browser", 8443, kOut, "C:\\x\\chrome.exe", 0},
                    Case{"service", 8443, kOut, "C:\\x\\svchost.exe", 0},
                    Case{"name_only_ends_alike", 8443, kOut, "C:\\x\\notcmd.exe", 0},
                    Case{"other_case", 8443, kOut, "C:\\X\\REGSVR32.EXE", 1},
                    Case{"script_host", 4443, kOut, "C:\\W\\wscript.exe", 1},
                    Case{"unknown_process", 4444, kOut, "<unknown process>", 0}),
    [](const auto& p) { return p.param.name; });

TEST(C2Port, inbound_connection_is_none_of_ours) {
  World w;
  Event e = network_connect(kNoon, "ws1", kGuid, kPowershell, kRented, 4444);
  e.initiated = Initiated::no;
  EXPECT_EQ(w.observe(e), 0u);
  e.initiated = Initiated::unknown;
  EXPECT_EQ(w.observe(e), 0u);
}

TEST(C2Port, same_port_again_is_no_news) {
  World w;
  EXPECT_EQ(w.connect(kNoon, 8888), 1u);
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(w.connect(kNoon + i * 30s, 8888), 0u);
}

TEST(C2Port, beacon_that_never_changes_is_told_once_a_day) {
  World w;
  std::size_t told = 0;
  for (Time t = kNoon; t < kNoon + 72h; t += 10min) told += w.connect(t, 8888);
  EXPECT_EQ(told, 3u);
  EXPECT_EQ(w.last().update, 2u);
  EXPECT_EQ(w.last().id, w.out.found[0].id);
}

TEST(C2Port, quiet_for_longer_than_an_hour_is_another_finding) {
  World w;
  w.connect(kNoon, 8888);
  EXPECT_EQ(w.connect(kNoon + 1h, 8888), 0u);
  EXPECT_EQ(w.connect(kNoon + 2h + 1us, 8888), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id);
  EXPECT_EQ(w.last().update, 0u);
}

TEST(C2Port, ports_count_together_only_within_the_window) {
  C2PortSettings s;
  s.window = 10min;
  World at_the_edge(s);
  at_the_edge.connect(kNoon, 4444);
  at_the_edge.connect(kNoon + 10min, 8080);
  EXPECT_EQ(at_the_edge.last().severity, Severity::high);

  World beyond(s);
  beyond.connect(kNoon, 4444);
  EXPECT_EQ(beyond.connect(kNoon + 10min + 1us, 8080), 1u) << "a port not told about yet";
  EXPECT_EQ(beyond.last().severity, Severity::medium);
  EXPECT_EQ(*evidence<std::int64_t>(beyond.last(), "distinct_ports_in_window"), 1);
}

TEST(C2Port, many_ports_is_a_setting) {
  C2PortSettings s;
  s.many_ports = 4;
  World w(s);
  EXPECT_TRUE(w.lineage_.stats().entries == 0);
  Event start = process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w hidden");
  w.lineage_.observe(start);
  for (const int port : {4444, 8080, 8443}) w.connect(kNoon, port);
  EXPECT_EQ(w.last().severity, Severity::high) << "three of four";
  w.connect(kNoon, 8888);
  EXPECT_EQ(w.last().severity, Severity::critical);
}

TEST(C2Port, hidden_process_is_worse) {
  World w;
  w.lineage_.observe(process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w 1 -c dir"));
  w.connect(kNoon + 1s, 4444);
  EXPECT_EQ(w.last().severity, Severity::high);
  EXPECT_EQ(w.last().process.command_line, "powershell -w 1 -c dir");
  EXPECT_THAT(w.last().reasons, Contains(HasSubstr("without a window")));
  w.connect(kNoon + 2s, 8080);
  EXPECT_EQ(w.last().severity, Severity::high);
  w.connect(kNoon + 3s, 8443);
  EXPECT_EQ(w.last().severity, Severity::critical);
}

TEST(C2Port, a_new_port_is_an_update_though_the_severity_has_fallen) {
  World w;
  w.lineage_.observe(process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w 1"));
  for (const int port : {4444, 8080, 8443}) w.connect(kNoon, port);
  ASSERT_EQ(w.last().severity, Severity::critical);
  EXPECT_EQ(w.connect(kNoon + 50min, 8443), 0u);
  EXPECT_EQ(w.connect(kNoon + 100min, 8443), 0u);
  ASSERT_EQ(w.connect(kNoon + 105min, 8888), 1u);
  EXPECT_EQ(w.last().severity, Severity::high);
  EXPECT_THAT(*evidence<std::vector<std::int64_t>>(w.last(), "ports"),
              ElementsAre(4444, 8080, 8443, 8888));
}

TEST(C2Port, lineage_that_arrives_late_lets_the_finding_grow) {
  World w;
  EXPECT_EQ(w.connect(kNoon, 4444), 1u);
  EXPECT_EQ(w.last().severity, Severity::medium);
  w.lineage_.observe(process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w 1"));
  EXPECT_EQ(w.connect(kNoon + 5s, 4444), 1u);
  EXPECT_EQ(w.last().severity, Severity::high);
  EXPECT_EQ(w.last().update, 1u);
}

TEST(C2Port, an_innocent_sibling_does_not_hide_the_suspicious_process) {
  World w;
  w.lineage_.observe(process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w 1"));
  w.connect(kNoon, 4444);
  w.connect(kNoon + 1s, 8080, kRented, kPowershell, "{347090F2-6084-8944-2FF0-ECC5709CE3AE}");
  EXPECT_EQ(w.last().process.guid, kGuid);
  EXPECT_TRUE(*evidence<bool>(w.last(), "lineage_suspicious"));
}

TEST(C2Port, machines_and_programs_are_apart) {
  World w;
  w.connect(kNoon, 4444);
  w.connect(kNoon, 8080, kRented, kPowershell, kGuid, "ws2");
  w.connect(kNoon, 8443, kRented, "C:\\W\\mshta.exe");
  ASSERT_EQ(w.out.found.size(), 3u);
  for (const Finding& f : w.out.found) EXPECT_EQ(f.severity, Severity::medium);
}

TEST(C2Port, more_ports_than_are_kept) {
  World w;
  for (const int port : {1080, 1177, 1337, 1604, 2404, 3333, 4443, 4444, 4445, 4782, 5552, 5555,
                         6606, 6660, 6661, 6662, 6663, 6664}) {
    w.connect(kNoon, port);
  }
  EXPECT_EQ(w.out.found.size(), C2Port::kMaxPorts);
  EXPECT_EQ(evidence<std::vector<std::int64_t>>(w.last(), "ports")->size(), C2Port::kMaxPorts);
}

TEST(C2Port, event_without_time_or_computer_is_counted) {
  World w;
  Event e = network_connect(kNoTime, "ws1", kGuid, kPowershell, kRented, 4444);
  EXPECT_EQ(w.observe(e), 0u);
  e = network_connect(kNoon, "", kGuid, kPowershell, kRented, 4444);
  EXPECT_EQ(w.observe(e), 0u);
  EXPECT_EQ(w.detector_.stats().rejected, 2u);
  EXPECT_EQ(w.detector_.stats().entries, 0u);
}

TEST(C2Port, answer_gives_the_open_episodes_in_their_order) {
  World w;
  w.connect(kNoon + 30min, 8080, kRented, kPowershell, kGuid, "ws2");
  w.connect(kNoon, 4444);
  Collect answer;
  w.detector_.answer(answer);
  ASSERT_EQ(answer.found.size(), 2u);
  EXPECT_EQ(answer.found[0].host, "ws1");
  EXPECT_EQ(answer.found[1].host, "ws2");

  Collect later;
  w.detector_.advance(kNoon + 1h + 1us, later);
  w.detector_.answer(later);
  ASSERT_EQ(later.found.size(), 1u) << "the older one is over";
  EXPECT_EQ(later.found[0].host, "ws2");
}

TEST(C2Port, finished_episodes_are_cleared_out_but_not_before_late_events_can_come) {
  World w;
  Collect none;
  w.connect(kNoon, 4444);
  w.detector_.advance(kNoon + 24h, none);
  EXPECT_EQ(w.detector_.stats().entries, 1u);
  w.detector_.advance(kNoon + 25h + 1us, none);
  EXPECT_EQ(w.detector_.stats().entries, 0u);
}

TEST(C2PortSettings, refuse_what_cannot_be_meant) {
  const auto error = [](auto change) {
    C2PortSettings s;
    change(s);
    const auto result = checked(std::move(s));
    return result ? std::string() : result.error().message;
  };
  EXPECT_EQ(error([](C2PortSettings&) {}), "");
  EXPECT_EQ(error([](C2PortSettings& s) { s.ports = {}; }), "");
  const auto rule = [](std::uint16_t a, std::uint16_t b, std::string why = "x") {
    return [=](C2PortSettings& s) { s.ports = {{a, b, Confidence::low, why}}; };
  };
  EXPECT_THAT(error(rule(80, 80)), HasSubstr("holds 80"));
  EXPECT_THAT(error(rule(79, 81)), HasSubstr("holds 80"));
  EXPECT_THAT(error(rule(443, 443)), HasSubstr("holds 443"));
  EXPECT_THAT(error(rule(400, 500)), HasSubstr("holds 443"));
  EXPECT_EQ(error(rule(81, 442)), "");
  EXPECT_EQ(error(rule(444, 65535)), "");
  EXPECT_THAT(error(rule(0, 5)), HasSubstr("no range"));
  EXPECT_THAT(error(rule(9, 8)), HasSubstr("no range"));
  EXPECT_THAT(error(rule(9, 9, "")), HasSubstr("reason"));
  EXPECT_THAT(error([](C2PortSettings& s) { s.window = 59s; }), HasSubstr("c2_port.window"));
  EXPECT_EQ(error([](C2PortSettings& s) { s.window = 60s; }), "");
  EXPECT_THAT(error([](C2PortSettings& s) { s.many_ports = 1; }), HasSubstr("many_ports"));
  EXPECT_THAT(error([](C2PortSettings& s) { s.many_ports = 17; }), HasSubstr("many_ports"));
  EXPECT_EQ(error([](C2PortSettings& s) { s.many_ports = 16; }), "");
  EXPECT_THAT(error([](C2PortSettings& s) { s.episode.quiet = 0s; }), HasSubstr("episode.quiet"));
  EXPECT_THAT(error([](C2PortSettings& s) { s.max_keys = 15; }), HasSubstr("max_keys"));
}

TEST(C2PortSettings, every_shipped_rule_holds_and_explains_itself) {
  EXPECT_TRUE(checked(C2PortSettings{}));
  for (const PortRule& r : default_c2_ports()) EXPECT_GT(r.reason.size(), 5u);
}

}  // namespace
}  // namespace c2watch::analytics
