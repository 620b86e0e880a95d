#include "core/analytics/ip_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace c2watch::analytics {
namespace {

TEST(ParseIp, EveryFormOfOneAddressIsOneNumber) {
  const IpAddress mapped = ipv4(10u << 24 | 1);
  for (const char* text : {"10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:a00:1",
                           "0000:0000:0000:0000:0000:FFFF:0a00:0001", "0:0:0:0:0:ffff:10.0.0.1"}) {
    ASSERT_TRUE(parse_ip(text)) << text;
    EXPECT_TRUE(*parse_ip(text) == mapped) << text;
    EXPECT_TRUE(is_ipv4(*parse_ip(text))) << text;
  }
  EXPECT_TRUE(*parse_ip("0:0:0:0:0:0:0:1") == *parse_ip("::1"));
  EXPECT_FALSE(is_ipv4(*parse_ip("::1")));
}

TEST(ParseIp, AZoneIsNoPartOfTheAddress) {
  ASSERT_TRUE(parse_ip("fe80::1%12"));
  EXPECT_TRUE(*parse_ip("fe80::1%12") == *parse_ip("fe80::1"));
  EXPECT_FALSE(parse_ip("fe80::1%"));
  EXPECT_FALSE(parse_ip("10.0.0.1%eth0"));
}

TEST(ParseIp, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"",         "-",        "1.2.3",     "1.2.3.4.5",     "1.2.3.256",
        "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",  "1..2.3",        "1.2.3.",
        ":",        ":::",      "1::2::3",   "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "12345::",  "::1.2.3",  "1.2.3.4::", "g::",           "1:",
        ":1",       "::1:",     "localhost", "10.0.0.1:443",  "[::1]"})
    EXPECT_FALSE(parse_ip(text)) << text;
}

TEST(IpNetworks, BothEdgesOfANetworkBelongToItAndTheirNeighboursDoNot) {
  const auto networks =
      IpNetworks::create(std::vector<std::string>{"172.16.0.0/12", "fc00::/7", "198.51.100.7"});
  ASSERT_TRUE(networks) << networks.error().message;
  const auto in = [&](const char* ip) { return networks->contains(*parse_ip(ip)); };
  EXPECT_FALSE(in("172.15.255.255"));
  EXPECT_TRUE(in("172.16.0.0"));
  EXPECT_TRUE(in("172.31.255.255"));
  EXPECT_FALSE(in("172.32.0.0"));
  EXPECT_TRUE(in("::ffff:172.16.0.0"));
  EXPECT_FALSE(in("fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_TRUE(in("fc00::"));
  EXPECT_TRUE(in("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(in("fe00::"));
  EXPECT_TRUE(in("198.51.100.7"));
  EXPECT_FALSE(in("198.51.100.6"));
  EXPECT_FALSE(in("198.51.100.8"));
}

TEST(IpNetworks, EverythingAndNothing) {
  const auto all = IpNetworks::create(std::vector<std::string>{"::/0", "10.0.0.0/8"});
  EXPECT_TRUE(all->contains(*parse_ip("8.8.8.8")));
  EXPECT_TRUE(all->contains(*parse_ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  const auto all4 = IpNetworks::create(std::vector<std::string>{"0.0.0.0/0"});
  EXPECT_TRUE(all4->contains(*parse_ip("255.255.255.255")));
  EXPECT_FALSE(all4->contains(*parse_ip("::1")));
  EXPECT_FALSE(IpNetworks().contains(*parse_ip("8.8.8.8")));
}

TEST(IpNetworks, RefusalsNameTheTextAndWhatWouldBeRight) {
  const auto refusal = [](const std::string& network) {
    const auto made = IpNetworks::create(std::vector{network});
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(refusal("10.0.0/8"), "network \"10.0.0/8\": must begin with an IPv4 or IPv6 address");
  EXPECT_EQ(refusal("10.0.0.0/33"), "network \"10.0.0.0/33\": the prefix length must be 0..32");
  EXPECT_EQ(refusal("fc00::/129"), "network \"fc00::/129\": the prefix length must be 0..128");
  EXPECT_EQ(refusal("10.0.0.0/"), "network \"10.0.0.0/\": the prefix length must be 0..32");
  EXPECT_EQ(refusal("10.0.0.0/8 "), "network \"10.0.0.0/8 \": the prefix length must be 0..32");
  EXPECT_EQ(refusal("10.0.0.0/-1"), "network \"10.0.0.0/-1\": the prefix length must be 0..32");
  EXPECT_EQ(refusal("10.0.0.1/8"),
            "network \"10.0.0.1/8\": the address has bits behind the prefix length");
  EXPECT_EQ(refusal("10.0.0.0/8"), "");
}

}  // namespace
}  // namespace c2watch::analytics
