#include "core/engine/allowlist.h"

#include <gtest/gtest.h>

#include "sample_findings.h"

namespace c2watch::engine {
namespace {

struct Case {
  const char* name;
  AllowlistEntry entry;
  bool suppresses;  // beacon_finding(), changed by `finding`
  void (*finding)(Finding&) = [](Finding&) {};

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

AllowlistEntry network(std::string_view text) {
  return {.cidr = parse_cidr(text), .cidr_text = std::string(text)};
}

class AllowlistTest : public testing::TestWithParam<Case> {};

TEST_P(AllowlistTest, Holds) {
  const Case& c = GetParam();
  Finding finding = beacon_finding();
  c.finding(finding);
  Allowlist allowlist({c.entry});
  EXPECT_EQ(allowlist.suppresses(finding).has_value(), c.suppresses);
  EXPECT_EQ(allowlist.entries()[0].suppressed, c.suppresses ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(
    , AllowlistTest,
    testing::Values(
        Case{"the_domain_itself", {.domain = "c2.example.net"}, true},
        Case{"a_domain_above", {.domain = "Example.NET."}, true},
        Case{"a_domain_that_only_ends_alike", {.domain = "ample.net"}, false},
        Case{"a_domain_below", {.domain = "x.c2.example.net"}, false},
        Case{"the_finding_has_no_name",
             {.domain = "example.net"},
             false,
             [](Finding& f) { f.destination.hostname.clear(); }},
        Case{"every_name_of_a_burst",
             {.domain = "example"},
             true,
             [](Finding& f) { f.destination.hostname.clear(); }},
        Case{"one_name_of_a_burst",
             {.domain = "a.example"},
             false,
             [](Finding& f) { f.destination.hostname.clear(); }},
        Case{"the_file_name", {.process = "PowerShell.exe"}, true},
        Case{"part_of_the_file_name", {.process = "shell.exe"}, false},
        Case{"the_whole_path",
             {.process = "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe"},
             true},
        Case{"the_same_name_elsewhere", {.process = "C:\\Temp\\powershell.exe"}, false},
        Case{"the_host", {.host = "ws-01.CORP.example"}, true},
        Case{"the_host_by_its_first_label", {.host = "WS-01"}, true},
        Case{"another_host", {.host = "WS-0"}, false},
        Case{"another_domain_of_the_host", {.host = "WS-01.other.example"}, false},
        Case{"the_address", network("203.0.113.7"), true},
        Case{"the_next_address", network("203.0.113.8"), false},
        Case{"its_network", network("203.0.113.0/24"), true},
        Case{"first_address_of_a_small_network", network("203.0.113.4/30"), true},
        Case{"just_outside_a_small_network", network("203.0.113.0/30"), false},
        Case{"every_address", network("0.0.0.0/0"), true},
        Case{"ipv6_network", network("2001:db8::/33"), true,
             [](Finding& f) { f.destination.ip = "2001:db8:0:0:0:0:0:1"; }},
        Case{"other_half_of_the_ipv6_network", network("2001:db8::/33"), false,
             [](Finding& f) { f.destination.ip = "2001:db8:8000::1"; }},
        Case{"ipv4_written_as_ipv6", network("203.0.113.0/24"), true,
             [](Finding& f) { f.destination.ip = "::ffff:203.0.113.7"; }},
        Case{"ipv6_is_not_every_ipv4_address", network("0.0.0.0/0"), false,
             [](Finding& f) { f.destination.ip = "2001:db8::1"; }},
        Case{"no_address_at_all", network("0.0.0.0/0"), false,
             [](Finding& f) { f.destination.ip = "not an address"; }},
        Case{"the_task",
             {.task = "\\vendor\\update"},
             true,
             [](Finding& f) {
               f.evidence.push_back({"task_name", std::string("\\Vendor\\Update")});
             }},
        Case{"no_task_in_it", {.task = "\\Vendor\\Update"}, false},
        Case{"all_that_it_names", {.domain = "example.net", .process = "powershell.exe"}, true},
        Case{"half_of_what_it_names", {.domain = "example.net", .process = "cmd.exe"}, false},
        Case{"this_detector", {.host = "WS-01", .detector = "hourly_beacon"}, true},
        Case{"another_detector", {.host = "WS-01", .detector = "c2_port"}, false},
        Case{"on_its_last_day", {.host = "WS-01", .ends = sample_time(10, 6)}, true},
        Case{"after_its_last_day", {.host = "WS-01", .ends = sample_time(10, 5, 123)}, false}),
    [](const auto& p) { return std::string(p.param.name); });

TEST(Allowlist, the_first_entry_that_holds_is_counted) {
  Allowlist allowlist({{.host = "other"}, {.host = "WS-01"}, {.process = "powershell.exe"}});
  EXPECT_TRUE(allowlist.suppresses(beacon_finding()));
  EXPECT_TRUE(allowlist.suppresses(beacon_finding()));
  EXPECT_EQ(allowlist.entries()[0].suppressed, 0u);
  EXPECT_EQ(allowlist.entries()[1].suppressed, 2u);
  EXPECT_EQ(allowlist.entries()[2].suppressed, 0u);
}

TEST(Allowlist, a_new_list_keeps_the_counts_of_entries_that_stay) {
  Allowlist allowlist(std::vector{AllowlistEntry{.host = "WS-01", .reason = "r"}});
  allowlist.suppresses(beacon_finding());
  allowlist.replace({{.host = "new", .reason = "r"}, {.host = "WS-01", .reason = "r"}});
  EXPECT_EQ(allowlist.entries()[0].suppressed, 0u);
  EXPECT_EQ(allowlist.entries()[1].suppressed, 1u);
  allowlist.replace({{.host = "WS-01", .reason = "another"}});
  EXPECT_EQ(allowlist.entries()[0].suppressed, 0u);
}

TEST(ParseCidr, takes_addresses_and_networks_only) {
  EXPECT_TRUE(parse_cidr("0.0.0.0/0"));
  EXPECT_TRUE(parse_cidr("192.0.2.1/32"));
  EXPECT_TRUE(parse_cidr("::/0"));
  EXPECT_TRUE(parse_cidr("2001:db8::1/128"));
  for (const char* bad : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8",
                          "::/129", "10.0.0.0/8 ", "10.0.0.0/8/8", "example.net"})
    EXPECT_FALSE(parse_cidr(bad)) << bad;
}

}  // namespace
}  // namespace c2watch::engine
