#include "core/analytics/registered_domain.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace c2watch::analytics {
namespace {

struct Case {
  std::string name, query, want;
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class RegisteredDomain : public testing::TestWithParam<Case> {};

TEST_P(RegisteredDomain, Of) {
  RegisteredDomains domains(7);
  EXPECT_EQ(domains.of(GetParam().query), GetParam().want);
  EXPECT_EQ(domains.of(GetParam().query), GetParam().want) << "from the cache";
}

INSTANTIATE_TEST_SUITE_P(
    , RegisteredDomain,
    testing::Values(Case{"registered_itself", "evil.com", "evil.com"},
                    Case{"below_it", "a.b.evil.com", "evil.com"},
                    Case{"final_dot", "www.evil.com.", "evil.com"},
                    Case{"upper_case", "WWW.Evil.COM", "Evil.COM"},
                    Case{"suffix_of_two_labels", "a.b.co.uk", "b.co.uk"},
                    Case{"suffix_itself", "co.uk", ""}, Case{"top_level_domain", "com", ""},
                    Case{"rented_subdomains", "a.github.io", "a.github.io"},
                    Case{"unknown_top_level_domain", "a.b.test", "b.test"},
                    Case{"single_label", "printer", ""}, Case{"nothing", "", ""},
                    Case{"dot", ".", ""}, Case{"reverse_lookup", "7.2.0.192.in-addr.arpa", ""},
                    Case{"reverse_lookup_of_ipv6", "1.0.0.0.ip6.arpa.", ""},
                    Case{"inside_a_network", "dc1.shire.local", ""},
                    Case{"inside_another_network", "dc1.corp", ""},
                    Case{"name_that_ends_alike", "a.notlocal.com", "notlocal.com"},
                    Case{"top_level_that_ends_alike", "a.xlocal", "a.xlocal"},
                    Case{"address", "192.0.2.7", ""},
                    Case{"digits_below_a_domain", "1.2.evil.com", "evil.com"},
                    Case{"longest_name", std::string(245, 'a') + ".bbb.com", "bbb.com"},
                    Case{"too_long", std::string(246, 'a') + ".bbb.com", ""}),
    [](const auto& p) { return p.param.name; });

TEST(RegisteredDomains, more_names_than_the_cache_holds_change_no_answer) {
  RegisteredDomains domains(7);
  const std::size_t bytes = domains.bytes();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10'000; ++i) {
      const std::string domain = "d" + std::to_string(i) + ".com";
      const std::string name = "www." + domain + (i % 2 == 0 ? "" : ".");
      ASSERT_EQ(domains.of(name), domain);
    }
  }
  EXPECT_EQ(domains.bytes(), bytes);
}

}  // namespace
}  // namespace c2watch::analytics
