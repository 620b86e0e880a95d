#include "core/state/bounded_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace c2watch::state {
namespace {

using Table = BoundedTable<int>;

Hash128 key(int i, std::uint64_t seed = 1) { return hash_key(seed, {std::to_string(i)}); }

constexpr auto kIgnore = [](const Hash128&, int&) {};

// As a detector does it: touch, else insert. Returns the value evicted, -1 if none.
int come(Table& table, int i, std::uint64_t seed = 1) {
  int evicted = -1;
  if (table.touch(key(i, seed)) == nullptr)
    table.insert(key(i, seed), i, [&](const Hash128&, int& gone) { evicted = gone; });
  return evicted;
}

TEST(BoundedTable, ANewKeyInAFullTableEvictsTheOldestOneEventKey) {
  Table table(8);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(come(table, i), -1);
  EXPECT_EQ(come(table, 8), 0);
  EXPECT_EQ(table.size(), 8u);
  EXPECT_EQ(table.evictions(), 1u);
  EXPECT_EQ(table.find(key(0)), nullptr);
}

TEST(BoundedTable, LookingLeavesNoTrace) {
  Table table(8);
  for (int i = 0; i < 8; ++i) come(table, i);
  ASSERT_NE(table.find(key(0)), nullptr);
  EXPECT_EQ(come(table, 8), 0);
}

// Promise 1, at its edge: exactly 7/8 of the table has come twice.
TEST(BoundedTable, AFloodOfKeysThatComeOnceEvictsNoneThatCameTwice) {
  for (const int capacity : {1, 2, 7, 8, 9, 64, 1000}) {
    Table table(static_cast<std::size_t>(capacity));
    const int twice = capacity - std::max(1, capacity / 8);
    for (int i = 0; i < twice; ++i) come(table, i);
    for (int i = 0; i < twice; ++i) come(table, i);
    for (int i = 0; i < 20 * capacity; ++i) come(table, 1'000'000 + i);
    for (int i = 0; i < twice; ++i)
      ASSERT_NE(table.find(key(i)), nullptr) << i << " of " << capacity;
    EXPECT_EQ(table.size(), static_cast<std::size_t>(capacity));
  }
}

// ... and one more: now one of them has to go to probation, where the flood finds it.
TEST(BoundedTable, BeyondSevenEighthsTheOldestUntouchedKeyIsLost) {
  Table table(64);
  for (int i = 0; i < 57; ++i) come(table, i);
  for (int i = 0; i < 57; ++i) come(table, i);
  for (int i = 0; i < 1000; ++i) come(table, 1'000'000 + i);
  int lost = 0;
  for (int i = 0; i < 57; ++i) lost += table.find(key(i)) == nullptr;
  EXPECT_EQ(lost, 1);
}

// Promise 2, both sides: the eighth of a table of 64 is 8.
TEST(BoundedTable, AKeyOnProbationOutlivesAnEighthOfTheTableInInsertions) {
  Table table(64);
  for (int i = 0; i < 56; ++i) come(table, i);
  for (int i = 0; i < 56; ++i) come(table, i);
  for (int i = 100; i < 108; ++i) come(table, i);
  come(table, 500);
  for (int i = 600; i < 607; ++i) come(table, i);
  EXPECT_NE(table.find(key(500)), nullptr);
  EXPECT_EQ(come(table, 607), 500);
}

TEST(BoundedTable, ATouchedKeyGetsASecondChance) {
  Table table(16);  // protection holds 14
  for (int i = 0; i < 14; ++i) come(table, i);
  for (int i = 0; i < 14; ++i) come(table, i);  // all protected and touched
  come(table, 100);
  come(table, 100);  // clears all marks on its turn and sends back the oldest
  come(table, 1);    // touched again, now the oldest
  come(table, 101);
  come(table, 101);
  come(table, 0);  // still on probation: comes back
  EXPECT_NE(table.find(key(1)), nullptr);
  for (int i = 0; i < 100; ++i) come(table, 1000 + i);
  EXPECT_NE(table.find(key(1)), nullptr);
  EXPECT_EQ(table.find(key(2)), nullptr) << "untouched since its last turn";
}

TEST(BoundedTable, EvictOneSparesTheKeyInHand) {
  Table table(8);
  come(table, 1);
  EXPECT_FALSE(table.evict_one(key(1), kIgnore));
  come(table, 2);
  EXPECT_TRUE(table.evict_one(key(1), kIgnore));
  EXPECT_NE(table.find(key(1)), nullptr);
  EXPECT_EQ(table.find(key(2)), nullptr);
  EXPECT_EQ(table.evictions(), 1u);
  come(table, 1);  // protected
  come(table, 3);
  come(table, 3);  // protected, and probation is empty
  EXPECT_TRUE(table.evict_one(key(1), kIgnore));
  EXPECT_EQ(table.find(key(3)), nullptr);
}

TEST(BoundedTable, ReferencesStayGoodWhileTheTableGrows) {
  BoundedTable<int> table(100'000);
  int* first = &table.insert(key(-1), 4711, kIgnore);
  for (int i = 0; i < 99'999; ++i) table.insert(key(i), i, kIgnore);
  EXPECT_EQ(*first, 4711);
  EXPECT_EQ(table.touch(key(-1)), first);
}

TEST(BoundedTable, ErasedKeysMakeRoomWithoutEviction) {
  Table table(8);
  for (int i = 0; i < 8; ++i) come(table, i);
  EXPECT_TRUE(table.erase(key(3)));
  EXPECT_FALSE(table.erase(key(3)));
  EXPECT_EQ(come(table, 9), -1);
  table.erase_if([](const Hash128&, int& value) { return value % 2 == 0; });
  EXPECT_EQ(table.size(), 4u);  // 1 5 7 9
  EXPECT_EQ(table.evictions(), 0u);
}

TEST(BoundedTable, DestroysEveryValueOnce) {
  const auto alive = std::make_shared<int>(0);
  {
    BoundedTable<std::shared_ptr<int>> table(10);
    for (int i = 0; i < 100; ++i)
      table.insert(key(i), alive, [](const Hash128&, std::shared_ptr<int>&) {});
    table.erase(key(99));
    EXPECT_EQ(alive.use_count(), 1 + 9);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// The policy again, as plainly as it can be written.
class SlowTable {
 public:
  explicit SlowTable(std::size_t capacity)
      : capacity_(capacity), protection_(capacity - std::max<std::size_t>(1, capacity / 8)) {}

  int come(int i) {
    for (auto* list : {&probation, &protection}) {
      const auto at =
          std::find_if(list->begin(), list->end(), [&](auto& e) { return e.first == i; });
      if (at == list->end()) continue;
      if (list == &protection || protection_ == 0) {
        at->second = true;
        return -1;
      }
      probation.erase(at);
      if (protection.size() == protection_) send_one_back();
      protection.emplace_back(i, true);
      return -1;
    }
    int evicted = -1;
    if (probation.size() + protection.size() == capacity_) {
      evicted = probation.front().first;
      probation.pop_front();
    }
    probation.emplace_back(i, false);
    return evicted;
  }

  std::list<std::pair<int, bool>> probation, protection;  // key, touched; oldest first

 private:
  void send_one_back() {
    for (int turn = 0; turn < 64 && protection.front().second; ++turn) {
      protection.emplace_back(protection.front().first, false);
      protection.pop_front();
    }
    probation.emplace_back(protection.front().first, false);
    protection.pop_front();
  }

  std::size_t capacity_, protection_;
};

using Order = std::vector<std::tuple<int, Segment, bool>>;

Order order(const Table& table) {
  Order out;
  table.for_each([&](const Hash128&, const int& value, Table::Place place) {
    out.emplace_back(value, place.segment, place.touched);
  });
  return out;
}

Order order(const SlowTable& table) {
  Order out;
  // A touched key can stand on probation only where nothing is ever promoted.
  for (const auto& [i, touched] : table.probation) out.emplace_back(i, Segment::probation, touched);
  for (const auto& [i, touched] : table.protection)
    out.emplace_back(i, Segment::protection, touched);
  return out;
}

TEST(BoundedTable, AgreesWithThePolicyWrittenPlainly) {
  for (const std::size_t capacity : {1u, 2u, 3u, 8u, 20u, 100u, 600u}) {
    for (const std::uint64_t seed : {1u, 2u}) {  // promise 3: the seed is of no consequence
      std::mt19937 rng(7);
      std::geometric_distribution<int> often(2.0 / static_cast<double>(capacity));
      Table table(capacity);
      SlowTable slow(capacity);
      for (int step = 0; step < 10'000; ++step) {
        const int i = rng() % 3 == 0 ? 10'000 + step : often(rng);
        ASSERT_EQ(come(table, i, seed), slow.come(i)) << "step " << step << " of " << capacity;
        if (step % 100 == 0) {
          ASSERT_EQ(order(table), order(slow));
        }
      }
    }
  }
}

TEST(BoundedTable, ARestoredTableBehavesTheSameForEver) {
  std::mt19937 rng(11);
  Table table(200);
  for (int step = 0; step < 5'000; ++step) come(table, static_cast<int>(rng() % 400));
  for (int i = 0; i < 20; ++i) table.erase(key(static_cast<int>(rng() % 400)));

  Table copy(200);
  table.for_each([&](const Hash128& k, const int& value, Table::Place place) {
    ASSERT_NE(copy.restore(k, value, place), nullptr);
  });
  ASSERT_EQ(order(copy), order(table));
  for (int step = 0; step < 5'000; ++step) {
    const int i = static_cast<int>(rng() % 400);
    ASSERT_EQ(come(copy, i), come(table, i)) << step;
  }
  EXPECT_EQ(order(copy), order(table));
}

TEST(BoundedTable, RestoreRefusesWhatNoTableCanHoldKeys) {
  Table table(8);
  for (int i = 0; i < 7; ++i)
    ASSERT_NE(table.restore(key(i), i, {Segment::protection, false}), nullptr);
  EXPECT_EQ(table.restore(key(7), 7, {Segment::protection, false}), nullptr) << "segment full";
  EXPECT_EQ(table.restore(key(0), 0, {Segment::probation, false}), nullptr) << "twice";
  EXPECT_NE(table.restore(key(7), 7, {Segment::probation, false}), nullptr);
  EXPECT_EQ(table.restore(key(8), 8, {Segment::probation, false}), nullptr) << "full";
}

}  // namespace
}  // namespace c2watch::state
