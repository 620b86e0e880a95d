#include "core/analytics/window_marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr Time at(int s) { return Time{std::chrono::seconds{s}}; }

TEST(WindowMarks, empty) {
  const WindowMarks m;
  EXPECT_TRUE(m.empty());
  EXPECT_FALSE(m.any_within(at(0), at(100)));
  EXPECT_FALSE(known(m.newest()));
}

TEST(WindowMarks, both_ends_of_the_window_count) {
  WindowMarks m;
  m.add(at(10), 10s);
  EXPECT_TRUE(m.any_within(at(10), at(20)));
  EXPECT_TRUE(m.any_within(at(0), at(10)));
  EXPECT_FALSE(m.any_within(at(11), at(21)));
  EXPECT_FALSE(m.any_within(at(-1), at(9)));
}

TEST(WindowMarks, one_between_two_that_a_window_spans_is_dropped) {
  WindowMarks m;
  m.add(at(0), 10s);
  m.add(at(10), 10s);
  m.add(at(5), 10s);
  EXPECT_EQ(m.size(), 2u);
  m.add(at(11), 10s);
  EXPECT_EQ(m.size(), 3u) << "11 - 0 is longer than the window";
  EXPECT_EQ(m.newest(), at(11));
}

TEST(WindowMarks, expired_ones_go) {
  WindowMarks m;
  m.add(at(0), 10s);
  m.add(at(11), 10s);
  m.expire(at(1));
  EXPECT_EQ(m.size(), 1u);
  m.expire(at(11));
  EXPECT_EQ(m.size(), 1u) << "not older than";
  m.expire(at(12));
  EXPECT_TRUE(m.empty());
}

// Against keeping everything: any order of arrival within the horizon, every window.
TEST(WindowMarks, answers_as_if_everything_had_been_kept) {
  constexpr int kWindow = 10;
  constexpr int kHorizon = 2 * kWindow - 1;
  std::mt19937 rng(20260201);
  for (int world = 0; world < 2000; ++world) {
    WindowMarks marks;
    std::vector<int> all;
    int newest = 0;
    for (int i = 0; i < 40; ++i) {
      newest += static_cast<int>(rng() % 4);
      const int t = newest - static_cast<int>(rng() % (kHorizon + 1));
      newest = std::max(newest, t);
      marks.expire(at(newest - kHorizon));
      marks.add(at(t), std::chrono::seconds{kWindow});
      all.push_back(t);
      ASSERT_LE(marks.size(), WindowMarks::kMost);
      for (int from = newest - kHorizon; from <= newest - kWindow; ++from) {
        const bool any = std::any_of(all.begin(), all.end(),
                                     [&](int x) { return x >= from && x <= from + kWindow; });
        ASSERT_EQ(marks.any_within(at(from), at(from + kWindow)), any) << "world " << world;
      }
    }
  }
}

}  // namespace
}  // namespace c2watch::analytics
