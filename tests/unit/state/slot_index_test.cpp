#include "core/state/slot_index.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace c2watch::state {
namespace {

TEST(SlotIndex, EmptyFindsNothing) {
  const SlotIndex index;
  EXPECT_EQ(index.find(1, [](std::uint32_t) { return true; }), kNoSlot);
  EXPECT_EQ(index.bytes(), 0u);
}

TEST(SlotIndex, TellsEqualTagsApartByTheirOwner) {
  SlotIndex index;
  for (std::uint32_t slot = 0; slot < 5; ++slot) {
    index.prepare();
    index.insert(42, slot);
  }
  index.erase(42, 2);
  for (std::uint32_t slot = 0; slot < 5; ++slot)
    EXPECT_EQ(index.find(42, [&](std::uint32_t s) { return s == slot; }),
              slot == 2 ? kNoSlot : slot);
}

// Against std::set, with tags so few that every run of cells is long and wraps around.
TEST(SlotIndex, AgreesWithASetThroughInsertsAndErasures) {
  for (const std::uint32_t tags : {1u, 7u, 40u, 1u << 30}) {
    std::mt19937 rng(tags);
    SlotIndex index;
    std::set<std::uint32_t> held;
    const auto tag = [&](std::uint32_t slot) {
      return tags == 1u << 30 ? slot * 2654435761u : 0xFFFFFFF0u + slot % tags;
    };
    for (int step = 0; step < 20'000; ++step) {
      const std::uint32_t slot = static_cast<std::uint32_t>(rng() % 300);
      if (held.erase(slot) > 0) {
        index.erase(tag(slot), slot);
      } else {
        index.prepare();
        index.insert(tag(slot), slot);
        held.insert(slot);
      }
      ASSERT_EQ(index.size(), held.size());
      const std::uint32_t asked = static_cast<std::uint32_t>(rng() % 300);
      ASSERT_EQ(index.find(tag(asked), [&](std::uint32_t s) { return s == asked; }),
                held.count(asked) > 0 ? asked : kNoSlot);
    }
  }
}

TEST(SlotIndex, StaysAtMostThreeQuartersFull) {
  SlotIndex index;
  for (std::uint32_t slot = 0; slot < 100'000; ++slot) {
    index.prepare();
    index.insert(slot * 2654435761u, slot);
    ASSERT_LE(index.size() * 8 * 4, index.bytes() * 3);
  }
  EXPECT_LE(index.bytes(), 100'000u * 22);
}

}  // namespace
}  // namespace c2watch::state
