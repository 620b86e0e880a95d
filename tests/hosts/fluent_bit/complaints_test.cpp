// How often the filter complains about failures that may come with every record.
#include <gtest/gtest.h>

#include <cstdint>

extern "C" {
#include "complaints.h"
}

namespace {

TEST(FluentBitComplaints, the_first_comes_at_once) {
  complaint_limit c{};
  EXPECT_EQ(complaint_due(&c, 0), 1u) << "right after the machine's start";
  complaint_limit later{};
  EXPECT_EQ(complaint_due(&later, 1'000'000), 1u);
}

TEST(FluentBitComplaints, a_line_a_minute_counts_the_others) {
  complaint_limit c{};
  ASSERT_EQ(complaint_due(&c, 100), 1u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(complaint_due(&c, 100), 0u);
  EXPECT_EQ(complaint_due(&c, 100 + COMPLAINT_INTERVAL_S - 1), 0u);
  EXPECT_EQ(complaint_due(&c, 100 + COMPLAINT_INTERVAL_S), 1002u);
  EXPECT_EQ(complaint_due(&c, 100 + 2 * COMPLAINT_INTERVAL_S - 1), 0u);
  EXPECT_EQ(c.unlogged, 1u) << "left for the end";
}

TEST(FluentBitComplaints, no_failure_is_left_out_of_the_count) {
  complaint_limit c{};
  unsigned long counted = 0;
  unsigned long lines = 0;
  for (std::int64_t s = 0; s < 3600; ++s) {
    for (int i = 0; i < 7; ++i) {
      const unsigned long due = complaint_due(&c, s);
      counted += due;
      lines += due > 0;
    }
  }
  EXPECT_EQ(lines, 3600u / COMPLAINT_INTERVAL_S);
  EXPECT_EQ(counted + c.unlogged, 3600u * 7u);
}

}  // namespace
