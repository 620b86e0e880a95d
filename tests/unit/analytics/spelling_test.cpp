#include "core/analytics/spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace c2watch::analytics {
namespace {

std::string name(std::string_view text) { return std::string(FoldedName(text)); }
std::string address(std::string_view text) { return std::string(FoldedAddress(text)); }

TEST(FoldedName, lower_case_without_the_final_dot) {
  EXPECT_EQ(name("WS01.Corp.Example."), "ws01.corp.example");
  EXPECT_EQ(name("ws01"), "ws01");
  EXPECT_EQ(name("."), "");
  EXPECT_EQ(name(""), "");
  EXPECT_EQ(name("a.."), "a.") << "one dot is the root, two are no name";
  EXPECT_EQ(name("@AZ[`az{"), "@az[`az{") << "the neighbours of letters";
  EXPECT_EQ(name("\xC3\x84RGER"), "\xC3\x84rger") << "ASCII only";
}

TEST(FoldedName, of_any_length) {
  for (std::size_t n = 0; n < 600; ++n) {
    EXPECT_EQ(name(std::string(n, 'A')), std::string(n, 'a')) << n;
  }
  FoldedName again;
  again.set(std::string(300, 'X'));
  again.set("Y");
  EXPECT_EQ(std::string_view(again), "y");
}

TEST(FoldedAddress, one_spelling_for_each) {
  EXPECT_EQ(address("203.0.113.7"), "203.0.113.7");
  for (const char* mapped : {"::ffff:203.0.113.7", "::FFFF:cb00:7107", "0:0:0:0:0:ffff:cb00:7107"})
    EXPECT_EQ(address(mapped), "203.0.113.7") << mapped;
  for (const char* six : {"2001:db8::a:7", "2001:DB8:0:0:0:0:A:7",
                          "2001:0db8:0000:0000:0000:0000:000a:0007", "2001:db8::a:7%12"})
    EXPECT_EQ(address(six), "2001:db8:0:0:0:0:a:7") << six;
  EXPECT_EQ(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(address("::"), "0:0:0:0:0:0:0:0");
}

TEST(FoldedAddress, what_is_no_address_stays) {
  for (const char* text : {"", "-", "203.000.113.7", "a:b", "1:2:3:4:5:6:7:8:9", "host.name"})
    EXPECT_EQ(address(text), text);
}

}  // namespace
}  // namespace c2watch::analytics
