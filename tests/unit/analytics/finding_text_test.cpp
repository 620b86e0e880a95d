#include "core/analytics/finding_text.h"

#include <gtest/gtest.h>

namespace c2watch::analytics {
namespace {

TEST(FindingText, NamesAreCutSoThatTwoStayTwo) {
  const std::string name(512, 'x');
  EXPECT_EQ(cut_apart(name), name);
  EXPECT_EQ(cut_apart(name + "1").size(), 512u);
  EXPECT_NE(cut_apart(name + "1"), cut_apart(name + "2"));
  std::string accents;
  while (accents.size() < 600) accents += "\xC3\xA9";
  EXPECT_EQ(cut_apart(accents)[cut_apart(accents).find('~') - 1], '\xA9') << "whole characters";
  EXPECT_EQ(cut_view(accents).size() % 2, 0u);
}

TEST(FindingText, TwoDecimalsUnlessTheNumberWouldLookLikeTheOther) {
  EXPECT_EQ(two_decimals(0.125), "0.12");  // to even, as printf does
  EXPECT_EQ(decimals_apart(0.82, 0.5), "0.82");
  EXPECT_EQ(decimals_apart(0.494, 0.5), "0.49");
  EXPECT_EQ(decimals_apart(0.496, 0.5), "0.496");
  EXPECT_EQ(decimals_apart(0.5004, 0.5), "0.5004");
  EXPECT_EQ(decimals_apart(0.4999999, 0.5), "0.500000");  // six at most
  EXPECT_EQ(decimals_apart(0.5, 0.5), "0.50");
}

}  // namespace
}  // namespace c2watch::analytics
