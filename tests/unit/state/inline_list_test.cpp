#include "core/state/inline_list.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace c2watch::state {
namespace {

using List = InlineList<int, 2>;

std::vector<int> values(const List& list) { return {list.begin(), list.end()}; }

void push(List& list, int value) {
  list.reserve(list.size() + 1);
  list.insert(list.end(), value);
}

TEST(InlineList, NeedsNoMemoryUpToN) {
  List list;
  push(list, 1);
  push(list, 2);
  EXPECT_EQ(list.heap_bytes(), 0u);
  push(list, 3);
  EXPECT_EQ(list.heap_bytes(), 4 * sizeof(int));
  EXPECT_EQ(values(list), (std::vector{1, 2, 3}));
}

TEST(InlineList, GivesItsBlockBackOnlyWhenTheValuesFit) {
  List list;
  for (int i = 0; i < 3; ++i) push(list, i);
  list.shrink_to_fit();
  EXPECT_GT(list.heap_bytes(), 0u);
  list.erase(list.begin(), list.begin() + 1);
  list.shrink_to_fit();
  EXPECT_EQ(list.heap_bytes(), 0u);
  EXPECT_EQ(values(list), (std::vector{1, 2}));
}

TEST(InlineList, AMovedFromListIsEmptyAndUsable) {
  for (const int size : {0, 1, 2, 3, 9}) {
    List from;
    for (int i = 0; i < size; ++i) push(from, i);
    const std::vector<int> want = values(from);
    List to = std::move(from);
    EXPECT_EQ(values(to), want);
    EXPECT_TRUE(from.empty());
    push(from, 7);
    EXPECT_EQ(values(from), std::vector{7});
    from = std::move(to);
    EXPECT_EQ(values(from), want);
  }
}

TEST(InlineList, AgreesWithAVector) {
  std::mt19937 rng(3);
  List list;
  std::vector<int> want;
  for (int step = 0; step < 50'000; ++step) {
    const std::size_t at = rng() % (want.size() + 1);
    switch (rng() % 5) {
      case 0:
      case 1:
      case 2:
        list.reserve(list.size() + 1);
        list.insert(list.begin() + at, step);
        want.insert(want.begin() + static_cast<std::ptrdiff_t>(at), step);
        break;
      case 3: {
        const std::size_t last = at + rng() % (want.size() - at + 1);
        list.erase(list.begin() + at, list.begin() + last);
        want.erase(want.begin() + static_cast<std::ptrdiff_t>(at),
                   want.begin() + static_cast<std::ptrdiff_t>(last));
        break;
      }
      default:
        list.shrink_to_fit();
    }
    ASSERT_EQ(values(list), want);
  }
}

}  // namespace
}  // namespace c2watch::state
