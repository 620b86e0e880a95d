#include "core/analytics/scope.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace c2watch::analytics {
namespace {

struct Case {
  std::string name;
  std::string ip, hostname, process;
  bool seed, standard, lab;  // in scope?

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class ScopeTest : public testing::TestWithParam<Case> {};

TEST_P(ScopeTest, Contains) {
  const Case& c = GetParam();
  const auto in = [&](const ScopeSettings& settings) {
    return DestinationScope::create(settings)->contains(c.ip, c.hostname, c.process);
  };
  EXPECT_EQ(in(ScopeSettings::seed()), c.seed) << "seed";
  EXPECT_EQ(in(ScopeSettings::standard()), c.standard) << "standard";
  EXPECT_EQ(in(ScopeSettings::lab()), c.lab) << "lab";
}

constexpr bool kIn = true, kOut = false;

INSTANTIATE_TEST_SUITE_P(
    Addresses, ScopeTest,
    testing::Values(Case{"null_is_never_excluded", "", "", "", kIn, kIn, kIn},
                    Case{"a_public_address", "142.254.39.90", "", "", kIn, kIn, kIn},
                    Case{"loopback", "127.0.0.1", "", "", kOut, kOut, kIn},
                    Case{"ten", "10.1.2.3", "", "", kOut, kOut, kIn},
                    Case{"below_172_16", "172.15.0.1", "", "", kIn, kIn, kIn},
                    Case{"the_first_of_172_16", "172.16.0.0", "", "", kOut, kOut, kIn},
                    Case{"inside_172_16", "172.31.9.9", "", "", kOut, kOut, kIn},
                    Case{"above_172_31", "172.32.0.1", "", "", kIn, kIn, kIn},
                    Case{"class_c", "192.168.0.9", "", "", kOut, kOut, kIn},
                    Case{"carrier_nat", "100.64.0.9", "", "", kIn, kOut, kOut},
                    Case{"below_carrier_nat", "100.63.255.255", "", "", kIn, kIn, kIn},
                    Case{"above_carrier_nat", "100.128.0.0", "", "", kIn, kIn, kIn},
                    Case{"link_local", "169.254.169.254", "", "", kIn, kOut, kOut},
                    Case{"documentation", "203.0.113.7", "", "", kIn, kIn, kIn},
                    Case{"documentation_of_ipv6", "2001:db8::7", "", "", kIn, kIn, kIn},
                    Case{"multicast", "239.255.255.250", "", "", kIn, kOut, kOut},
                    Case{"broadcast", "255.255.255.255", "", "", kIn, kOut, kOut},
                    Case{"loopback_of_ipv6", "::1", "", "", kIn, kOut, kIn},
                    Case{"loopback_as_sysmon_writes_it", "0:0:0:0:0:0:0:1", "", "", kIn, kOut, kIn},
                    Case{"mapped_private", "::ffff:10.0.0.1", "", "", kIn, kOut, kIn},
                    Case{"mapped_private_in_hex", "0:0:0:0:0:ffff:a00:1", "", "", kIn, kOut, kIn},
                    Case{"mapped_public", "::ffff:8.8.8.8", "", "", kIn, kIn, kIn},
                    Case{"unique_local", "fd12:3456::1", "", "", kIn, kOut, kIn},
                    Case{"link_local_of_ipv6", "fe80:0:0:0:5cb9:6d15:e592:60fe", "", "", kIn, kOut,
                         kOut},
                    Case{"multicast_of_ipv6", "ff02:0:0:0:0:0:1:3", "", "", kIn, kOut, kOut},
                    Case{"a_public_address_of_ipv6", "2a00:1450:4001::5e", "", "", kIn, kIn, kIn},
                    Case{"nat64_to_a_public_address", "64:ff9b::808:808", "", "", kIn, kIn, kIn},
                    Case{"nat64_to_a_private_address", "64:ff9b::a00:1", "", "", kIn, kOut, kIn},
                    Case{"sixtofour_to_a_public_address", "2002:808:808::1", "", "", kIn, kIn, kIn},
                    Case{"sixtofour_to_a_private_address", "2002:a00:1::1", "", "", kIn, kOut, kIn},
                    Case{"no_address_at_all", "not-an-address", "", "", kIn, kIn, kIn},
                    Case{"a_text_that_begins_like_one", "10.example", "", "", kOut, kIn, kIn}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Hostnames, ScopeTest,
    testing::Values(Case{"the_domain_itself", "", "live.com", "", kOut, kOut, kOut},
                    Case{"below_the_domain", "", "login.live.com", "", kOut, kOut, kOut},
                    Case{"not_on_a_label_boundary", "", "olive.com", "", kOut, kIn, kIn},
                    Case{"another_case", "", "Login.LIVE.com", "", kIn, kOut, kOut},
                    Case{"a_trailing_dot", "", "login.live.com.", "", kIn, kOut, kOut},
                    Case{"two_trailing_dots", "", "login.live.com..", "", kIn, kIn, kIn},
                    Case{"the_domain_in_front", "", "live.com.evil.net", "", kIn, kIn, kIn},
                    Case{"akamai_anywhere", "", "akamai.evil.net", "", kOut, kIn, kIn},
                    Case{"akamais_own", "", "a23-1-2-3.deploy.static.akamaitechnologies.com", "",
                         kOut, kOut, kOut},
                    Case{"a_rented_server_at_amazon", "", "ec2-3-4-5-6.compute.amazonaws.com", "",
                         kOut, kIn, kIn},
                    Case{"a_rented_server_at_azure", "", "vm.westeurope.cloudapp.azure.com", "",
                         kOut, kIn, kIn},
                    Case{"behind_cloudflare", "", "x.cloudflare.com", "", kOut, kIn, kIn},
                    Case{"at_googleapis", "", "storage.googleapis.com", "", kOut, kIn, kIn}),
    [](const auto& p) { return p.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Processes, ScopeTest,
    testing::Values(
        Case{"a_browser", "", "", R"(C:\Program Files\Google\Chrome\Application\chrome.exe)", kOut,
             kOut, kOut},
        Case{"a_browser_without_its_path", "", "", "chrome.exe", kOut, kOut, kOut},
        Case{"a_browser_in_another_case", "", "", "C:\\x\\Chrome.EXE", kIn, kOut, kOut},
        Case{"outlook_as_it_is_installed", "", "", "C:\\Office16\\OUTLOOK.EXE", kIn, kOut, kOut},
        Case{"a_name_that_ends_like_one", "", "", "C:\\x\\notchrome.exe", kOut, kIn, kIn},
        Case{"a_folder_named_like_one", "", "", "C:\\chrome.exe\\x.exe", kIn, kIn, kIn},
        Case{"powershell", "", "", "powershell.exe", kIn, kIn, kIn}),
    [](const auto& p) { return p.param.name; });

TEST(Scope, TheSeedsListsAreComplete) {
  const ScopeSettings seed = ScopeSettings::seed();
  EXPECT_EQ(seed.excluded_networks.size(), 19u);  // 10, sixteen of 172, 192.168, 127
  EXPECT_EQ(seed.excluded_domains.size(), 14u);
  EXPECT_EQ(seed.excluded_processes.size(), 12u);
}

std::string refusal(const ScopeSettings& settings) {
  const auto made = DestinationScope::create(settings);
  return made ? "" : made.error().message;
}

TEST(Scope, RefusalsNameTheEntryAndWhatWouldBeRight) {
  EXPECT_EQ(refusal({.excluded_networks = {"10.*"}}),
            "network \"10.*\": must begin with an IPv4 or IPv6 address");
  EXPECT_EQ(refusal({.excluded_domains = {"*.live.com"}}),
            "domain \"*.live.com\": write the name alone (\"example.com\"); all below it match");
  EXPECT_NE(refusal({.excluded_domains = {"live.com."}}), "");
  EXPECT_NE(refusal({.excluded_domains = {""}}), "");
  EXPECT_EQ(refusal({.excluded_processes = {"C:\\x\\chrome.exe"}}),
            "process \"C:\\x\\chrome.exe\": write a whole file name (\"chrome.exe\"), without "
            "folder");
  EXPECT_NE(refusal({.excluded_processes = {""}}), "");
  EXPECT_EQ(refusal({.matching = ScopeMatching::globs, .excluded_domains = {"a*b"}}),
            "pattern \"a*b\": '*' may stand at the beginning and at the end only");
  EXPECT_EQ(refusal({.matching = ScopeMatching::globs, .excluded_domains = {"*"}}),
            "pattern \"*\": would match everything or nothing");
  EXPECT_EQ(refusal({.matching = ScopeMatching::globs, .excluded_networks = {""}}),
            "pattern \"\": would match everything or nothing");
}

TEST(Scope, GlobsMatchWholeTextsPrefixesSuffixesAndInfixes) {
  const auto scope = *DestinationScope::create({.matching = ScopeMatching::globs,
                                                .excluded_networks = {"1.1.1.1", "9.*"},
                                                .excluded_domains = {"*.a", "*mid*"}});
  EXPECT_TRUE(scope.excludes_ip("1.1.1.1"));
  EXPECT_FALSE(scope.excludes_ip("1.1.1.11"));
  EXPECT_TRUE(scope.excludes_ip("9."));
  EXPECT_TRUE(scope.excludes_hostname(".a"));
  EXPECT_FALSE(scope.excludes_hostname("a"));
  EXPECT_TRUE(scope.excludes_hostname("mid"));
  EXPECT_TRUE(scope.excludes_hostname("xmidx"));
}

}  // namespace
}  // namespace c2watch::analytics
