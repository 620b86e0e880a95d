#include "core/analytics/dns_burst.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/event_builder.h"
#include "support/saved_chunks.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::Collect;
using testing_support::dns_query;
using testing_support::event_at;
using testing_support::evidence;
using testing_support::restore;
using testing_support::save;

constexpr Time kNoon = Time{std::chrono::hours{12}};
constexpr std::string_view kGuid = "{247090F2-6084-8944-2FF0-ECC5709CE3AE}";
constexpr std::string_view kOtherGuid = "{347090F2-6084-8944-2FF0-ECC5709CE3AE}";
constexpr std::string_view kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::uint32_t kNxDomain = 9003;

class World {
 public:
  explicit World(DnsBurstSettings settings = {})
      : scope_(std::move(*DestinationScope::create(ScopeSettings::standard()))),
        detector_(std::move(*checked(std::move(settings))), scope_, lineage_, 7) {}

  std::size_t look_up(Time at, std::string_view name, std::uint32_t status = kNxDomain,
                      std::string_view image = kPowershell, std::string_view guid = kGuid) {
    Event e = dns_query(at, "ws1.corp.example.com", guid, image, name, status);
    e.process_id = 4711;
    e.record_id = ++records_;
    return observe(e);
  }

  // The DNS client's own record of a failure.
  void give_up(Time at, std::string_view name) {
    Event e = event_at(Kind::dns_client, 3008, at, "ws1.corp.example.com");
    e.channel = "Microsoft-Windows-DNS-Client/Operational";
    e.query_name = name;
    e.record_id = ++records_;
    observe(e);
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
  DnsBurst detector_;
  std::uint64_t records_ = 0;
};

// The failure lies between two lookups of its domain that one window holds, so it leaves no mark of
// its own; the burst that it completes begins no later all the same.
TEST(DnsBurst, a_late_failure_before_all_other_lookups_of_its_window) {
  DnsBurstSettings settings;
  settings.lateness = 10min;
  World w(settings);
  w.look_up(kNoon, "first.com", 0);
  w.look_up(kNoon + 590s, "first.com", 0);
  w.look_up(kNoon + 650s, "second.com", 0);
  w.look_up(kNoon + 690s, "third.com", 0);
  ASSERT_EQ(w.look_up(kNoon + 700s, "fourth.com", 0), 0u) << "none has failed";
  ASSERT_EQ(w.look_up(kNoon + 300s, "first.com"), 1u);
  EXPECT_EQ(w.last().first_seen, kNoon + 300s);
  EXPECT_LE(w.last().first_seen, w.last().last_seen);

  World again(settings);
  ASSERT_TRUE(restore(again.detector_.saved(), save(w.detector_.saved())));
  EXPECT_EQ(again.detector_.saved().dropped(), 0u);
  EXPECT_EQ(again.detector_.stats().entries, w.detector_.stats().entries);
}

TEST(DnsBurst, atomic_test_2) {
  World w;
  EXPECT_EQ(w.look_up(kNoon, "update-srv1.com"), 0u);
  EXPECT_EQ(w.look_up(kNoon + 2s, "cdn-srv2.net"), 0u);
  EXPECT_EQ(w.look_up(kNoon + 4s, "api-srv3.org"), 0u);
  ASSERT_EQ(w.look_up(kNoon + 6s, "www.mail-srv4.info"), 1u) << "by the fourth failing domain";
  const std::string id = w.last().id;
  ASSERT_EQ(w.look_up(kNoon + 8s, "c2.srv5.co.uk"), 1u);

  const Finding& f = w.last();
  EXPECT_EQ(f.detector, "dns_burst");
  EXPECT_EQ(f.id, id);
  EXPECT_EQ(f.update, 1u);
  EXPECT_EQ(f.severity, Severity::medium);
  EXPECT_EQ(f.confidence, Confidence::high);
  EXPECT_THAT(f.techniques, ElementsAre("T1071.004", "T1583.004"));
  EXPECT_EQ(f.process.image, kPowershell);
  EXPECT_EQ(f.first_seen, kNoon);
  EXPECT_EQ(f.last_seen, kNoon + 8s);
  EXPECT_THAT(*evidence<std::vector<std::string>>(f, "domains"),
              ElementsAre("update-srv1.com", "cdn-srv2.net", "api-srv3.org", "mail-srv4.info",
                          "srv5.co.uk"));
  EXPECT_THAT(*evidence<std::vector<std::int64_t>>(f, "statuses"),
              ElementsAre(9003, 9003, 9003, 9003, 9003));
  EXPECT_EQ(*evidence<std::int64_t>(f, "distinct_domains"), 5);
  EXPECT_EQ(*evidence<std::int64_t>(f, "threshold"), 4);
  EXPECT_EQ(*evidence<std::int64_t>(f, "nxdomain"), 5);
  EXPECT_EQ(f.records.size(), 5u);
  EXPECT_THAT(f.reasons, Contains(HasSubstr("NXDOMAIN")));
}

struct Case {
  std::string name;
  int domains;
  int failing;  // the last so many
  Duration gap;
  std::string image;
  std::size_t want;
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class DnsBurstTable : public testing::TestWithParam<Case> {};

TEST_P(DnsBurstTable, Fires) {
  const Case& c = GetParam();
  World w;
  for (int i = 0; i < c.domains; ++i) {
    const std::string name = "d" + std::to_string(i) + ".com";
    w.look_up(kNoon + i * c.gap, name, i >= c.domains - c.failing ? 9002 : 0, c.image);
  }
  EXPECT_EQ(w.out.found.empty() ? 0u : 1u, c.want);
}

const std::string kPs(kPowershell);

INSTANTIATE_TEST_SUITE_P(
    , DnsBurstTable,
    testing::Values(Case{"exactly_enough_domains", 4, 4, 1s, kPs, 1},
                    Case{"one_domain_short", 3, 3, 1s, kPs, 0},
                    Case{"one_failure_is_enough", 4, 1, 1s, kPs, 1},
                    Case{"all_answered", 10, 0, 1s, kPs, 0},
                    Case{"exactly_as_long_as_the_window", 4, 4, 200s, kPs, 1},
                    Case{"longer_than_the_window", 4, 4, 200s + 1us, kPs, 0},
                    Case{"slow_for_ever", 50, 50, 201s, kPs, 0},
                    Case{"antivirus_with_199_failures", 199, 199, 50ms, "C:\\D\\MsMpEng.exe", 0},
                    Case{"error_reporting", 20, 20, 1s, "C:\\W\\wermgr.exe", 0},
                    Case{"browser", 50, 50, 1s, "C:\\x\\msedge.exe", 0},
                    Case{"service_host", 50, 50, 1s, "C:\\W\\svchost.exe", 0},
                    Case{"unknown_process", 50, 50, 1s, "<unknown process>", 0},
                    Case{"other_script_engine", 4, 4, 1s, "c:\\w\\MSHTA.EXE", 1}),
    [](const auto& p) { return p.param.name; });

TEST(DnsBurst, failure_outside_the_window_does_not_count) {
  World inside;
  inside.look_up(kNoon, "a.com", kNxDomain);
  for (const auto* name : {"b.com", "c.com", "d.com"}) inside.look_up(kNoon + 10min, name, 0);
  EXPECT_EQ(inside.out.found.size(), 1u);

  World outside;
  outside.look_up(kNoon, "a.com", kNxDomain);
  for (const auto* name : {"b.com", "c.com", "d.com", "e.com"}) {
    outside.look_up(kNoon + 10min + 1us, name, 0);
  }
  EXPECT_EQ(outside.out.found.size(), 0u);
}

TEST(DnsBurst, answer_without_a_status_is_no_failure) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com"}) {
    Event e = dns_query(kNoon, "ws1", kGuid, kPowershell, name, 0);
    e.has_query_status = false;
    EXPECT_EQ(w.observe(e), 0u);
  }
}

TEST(DnsBurst, what_does_not_count) {
  World w;
  for (const auto* name : {"a.com",
                           "b.com",
                           "c.com",  // three that do
                           "www.a.com",
                           "A.COM.",
                           "x.y.b.com",  // the same again
                           "printer",
                           "dc1.shire.local",
                           "x.corp",  // inside networks
                           "7.2.0.192.in-addr.arpa",
                           "1.0.ip6.arpa",  // reverse lookups
                           "ws2.corp.example.com",
                           "wpad.example.com",
                           "EXAMPLE.com",  // the machine's own domain
                           "www.microsoft.com",
                           "login.live.com.",  // allowlisted
                           "192.0.2.7",
                           "com",
                           "",
                           "."}) {
    EXPECT_EQ(w.look_up(kNoon, name), 0u) << name;
  }
  EXPECT_EQ(w.look_up(kNoon, "d.com"), 1u);
  EXPECT_THAT(*evidence<std::vector<std::string>>(w.last(), "domains"),
              ElementsAre("a.com", "b.com", "c.com", "d.com"));
}

TEST(DnsBurst, rented_cloud_names_count) {
  World w;
  for (const auto* name :
       {"a.amazonaws.com", "b.cloudflare.com", "c.googleapis.com", "d.azure.com"}) {
    w.look_up(kNoon, name);
  }
  EXPECT_EQ(w.out.found.size(), 1u);
}

TEST(DnsBurst, two_processes_are_not_one_burst) {
  World w;
  w.look_up(kNoon, "a.com");
  w.look_up(kNoon, "b.com");
  w.look_up(kNoon, "c.com", kNxDomain, kPowershell, kOtherGuid);
  EXPECT_EQ(w.look_up(kNoon, "d.com", kNxDomain, kPowershell, kOtherGuid), 0u);
}

TEST(DnsBurst, process_without_a_guid_is_known_by_image_and_pid) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com"}) w.look_up(kNoon, name, 9003, kPs, "");
  Event e = dns_query(kNoon, "ws1.corp.example.com", "", kPowershell, "d.com", 9003);
  e.process_id = 4712;
  EXPECT_EQ(w.observe(e), 0u) << "another pid";
  e.process_id = 4711;
  EXPECT_EQ(w.observe(e), 1u);
}

TEST(DnsBurst, grows_one_by_one_then_by_doublings) {
  World w;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "d" + std::to_string(i) + ".com";
    w.look_up(kNoon + i * 1s, name);
  }
  std::vector<std::int64_t> told;
  for (const Finding& f : w.out.found) {
    told.push_back(*evidence<std::int64_t>(f, "distinct_domains"));
    EXPECT_EQ(f.id, w.out.found[0].id);
  }
  EXPECT_THAT(told, ElementsAre(4, 5, 6, 7, 8, 16, 32));
  EXPECT_EQ(w.out.found[3].severity, Severity::medium);
  EXPECT_EQ(w.out.found[4].severity, Severity::high) << "twice as many as are enough";
}

TEST(DnsBurst, suspicious_lineage_is_worse) {
  World w;
  w.lineage_.observe(testing_support::process_create(kNoon, "ws1.corp.example.com", kGuid,
                                                     kPowershell, "powershell -w hidden -c x"));
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com"}) w.look_up(kNoon, name);
  ASSERT_EQ(w.out.found.size(), 1u);
  EXPECT_EQ(w.last().severity, Severity::high);
  EXPECT_EQ(w.last().process.command_line, "powershell -w hidden -c x");
}

TEST(DnsBurst, dns_client_corroborates_whichever_comes_first) {
  World w;
  w.look_up(kNoon, "a.com");
  w.give_up(kNoon + 5s, "a.com.");
  w.give_up(kNoon + 1s, "B.com");
  w.look_up(kNoon + 2s, "b.com");
  w.look_up(kNoon + 3s, "c.com");
  w.give_up(kNoon + 8s + 1us, "c.com");  // too late to be the same lookup
  w.give_up(kNoon + 3s, "other.com");    // nobody of ours
  ASSERT_EQ(w.look_up(kNoon + 9s, "d.com"), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "corroborated_by_dns_client"), 2);
  EXPECT_THAT(w.last().reasons, Contains(HasSubstr("event 3008")));
  ASSERT_EQ(w.last().records.size(), 6u);
  EXPECT_EQ(w.last().records[1].event_id, 3008u);
  EXPECT_EQ(w.last().records[1].channel, "Microsoft-Windows-DNS-Client/Operational");
}

TEST(DnsBurst, one_dns_client_record_speaks_for_one_lookup) {
  World w;
  w.give_up(kNoon, "a.com");
  for (const auto* name : {"a.com", "a.com", "b.com", "c.com", "d.com"}) w.look_up(kNoon, name);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "corroborated_by_dns_client"), 1);
}

TEST(DnsBurst, dns_client_alone_says_nothing) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com", "e.com"}) w.give_up(kNoon, name);
  EXPECT_TRUE(w.out.found.empty());
}

TEST(DnsBurst, order_of_arrival_does_not_matter_within_lateness) {
  World w;
  w.look_up(kNoon + 9min, "d.com");
  w.look_up(kNoon + 3min, "b.com");
  w.look_up(kNoon + 6min, "c.com");
  EXPECT_EQ(w.look_up(kNoon, "a.com"), 1u);
  EXPECT_EQ(w.last().first_seen, kNoon);
}

TEST(DnsBurst, late_window_is_found_after_newer_lookups_of_the_same_domains) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com"}) w.look_up(kNoon, name);
  w.look_up(kNoon + 12min, "a.com");
  EXPECT_EQ(w.look_up(kNoon + 1min, "d.com"), 1u) << "four at noon, whatever came since";
}

TEST(DnsBurst, later_than_window_and_lateness_is_counted_and_dropped) {
  World w;
  w.look_up(kNoon + 15min, "a.com");
  w.look_up(kNoon, "b.com");
  EXPECT_EQ(w.detector_.stats().late, 0u) << "exactly at the line";
  w.look_up(kNoon - 1us, "c.com");
  EXPECT_EQ(w.detector_.stats().late, 1u);
}

TEST(DnsBurst, next_burst_after_a_quiet_hour_is_another_finding) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com"}) w.look_up(kNoon, name);
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com"}) w.look_up(kNoon + 1h + 1s, name);
  ASSERT_EQ(w.out.found.size(), 2u);
  EXPECT_NE(w.out.found[0].id, w.out.found[1].id);
  EXPECT_EQ(w.last().update, 0u);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "lookups"), 4) << "counts start over";
}

TEST(DnsBurst, more_answered_domains_than_are_kept_before_the_first_failure) {
  World w;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "d" + std::to_string(i) + ".com";
    w.look_up(kNoon + i * 1s, name, 0);
  }
  EXPECT_TRUE(w.out.found.empty());
  ASSERT_EQ(w.look_up(kNoon + 100s, "e.com"), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "distinct_domains"), 32);
  EXPECT_EQ(w.last().confidence, Confidence::low) << "one of a hundred failed";
}

TEST(DnsBurst, answer_gives_open_episodes_only) {
  World w;
  for (const auto* name : {"a.com", "b.com", "c.com", "d.com"}) w.look_up(kNoon, name);
  Collect open;
  w.detector_.answer(open);
  EXPECT_EQ(open.found.size(), 1u);
  EXPECT_EQ(open.found[0].id, w.last().id);
  Collect over;
  w.detector_.advance(kNoon + 1h + 1us, over);
  w.detector_.answer(over);
  EXPECT_TRUE(over.found.empty());
}

TEST(DnsBurst, rejected_without_time_or_computer) {
  World w;
  w.observe(dns_query(kNoTime, "ws1", kGuid, kPowershell, "a.com", 9003));
  w.observe(dns_query(kNoon, "", kGuid, kPowershell, "a.com", 9003));
  EXPECT_EQ(w.detector_.stats().rejected, 2u);
  EXPECT_EQ(w.detector_.stats().entries, 0u);
}

TEST(DnsBurstSettings, refuse_what_is_out_of_range) {
  const auto error = [](auto change) {
    DnsBurstSettings s;
    change(s);
    const auto result = checked(s);
    return result ? std::string() : result.error().message;
  };
  EXPECT_EQ(error([](DnsBurstSettings&) {}), "");
  EXPECT_THAT(error([](auto& s) { s.distinct_domains = 1; }), HasSubstr("distinct_domains"));
  EXPECT_EQ(error([](auto& s) { s.distinct_domains = 2; }), "");
  EXPECT_EQ(error([](auto& s) { s.distinct_domains = 16; }), "");
  EXPECT_THAT(error([](auto& s) { s.distinct_domains = 17; }), HasSubstr("distinct_domains"));
  EXPECT_THAT(error([](auto& s) { s.window = 9s; }), HasSubstr("window"));
  EXPECT_THAT(error([](auto& s) { s.lateness = 11min; }), HasSubstr("lateness: 0 to window"));
  EXPECT_EQ(error([](auto& s) { s.lateness = 10min; }), "");
  EXPECT_THAT(error([](auto& s) { s.corroboration = 0s; }), HasSubstr("corroboration"));
  EXPECT_THAT(error([](auto& s) { s.episode.re_alert = 0s; }), HasSubstr("episode.re_alert"));
  EXPECT_THAT(error([](auto& s) { s.max_keys = 0; }), HasSubstr("max_keys"));
}

}  // namespace
}  // namespace c2watch::analytics
