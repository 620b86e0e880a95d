#include "core/analytics/finding_text.h"

#include <gtest/gtest.h>

namespace c2watch::analytics {
namespace {

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
