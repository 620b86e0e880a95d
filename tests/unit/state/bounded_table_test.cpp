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
      std::geometric_distribution<int> often(std::min(0.9, 2.0 / static_cast<double>(capacity)));
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

// ---- owners ----

// A world in which key i belongs to owner i / 1'000'000, and 0 to nobody.
int owner_number(int i) { return i / 1'000'000; }

int come_owned(Table& table, int i, std::uint64_t seed = 1) {
  if (table.touch(key(i, seed)) != nullptr) return -1;
  int evicted = -1;
  const int number = owner_number(i);
  table.insert(key(i, seed), i,
               number == 0 ? Owner{} : owner_of(seed, "host-" + std::to_string(number)),
               [&](const Hash128&, int& gone) { evicted = gone; });
  return evicted;
}

// The policy with owners, as plainly as it can be written.
class SlowFairTable {
 public:
  explicit SlowFairTable(std::size_t capacity)
      : capacity_(capacity), share_(std::max<std::size_t>(1, capacity / 64)) {}

  int come(int i) {
    for (Key& k : keys_) {
      if (k.i != i) continue;
      if (!k.shielded) promote(i);
      std::find_if(keys_.begin(), keys_.end(), [&](Key& at) { return at.i == i; })->touched = true;
      return -1;
    }
    int evicted = -1;
    if (keys_.size() == capacity_) {
      const auto gone = next_to_go();
      evicted = gone->i;
      keys_.erase(gone);
    }
    keys_.push_back({i, false, false, is_full(owner_number(i))});
    return evicted;
  }
  void erase(int i) {
    keys_.remove_if([&](const Key& k) { return k.i == i; });
  }

 private:
  struct Key {
    int i;
    bool shielded, touched, beyond;
  };
  using At = std::list<Key>::iterator;
  static constexpr int kCommon = -1;

  static int group(const Key& k) { return k.beyond ? owner_number(k.i) : kCommon; }
  std::size_t count(auto&& which) const {
    return static_cast<std::size_t>(std::count_if(keys_.begin(), keys_.end(), which));
  }
  bool is_full(int owner) const {
    return owner != 0 &&
           count([&](const Key& k) { return !k.beyond && owner_number(k.i) == owner; }) >= share_;
  }
  At oldest(int of, bool shielded) {
    return std::find_if(keys_.begin(), keys_.end(),
                        [&](const Key& k) { return group(k) == of && k.shielded == shielded; });
  }
  void to_the_end(At at, bool shielded) {
    Key k = *at;
    keys_.erase(at);
    k.shielded = shielded;
    k.beyond = k.beyond && is_full(owner_number(k.i));
    keys_.push_back(k);
  }
  void second_chances(int of) {
    for (int turn = 0; turn < 64; ++turn) {
      const At at = oldest(of, true);
      if (count([&](const Key& k) { return group(k) == of && k.shielded; }) < 2 || !at->touched)
        return;
      at->touched = false;
      to_the_end(at, true);
    }
  }
  static std::size_t most(std::size_t keys) {
    return keys - std::min(keys, std::max<std::size_t>(1, keys / 8));
  }
  void promote(int i) {
    const auto is_it = [&](const Key& k) { return k.i == i; };
    const At at = std::find_if(keys_.begin(), keys_.end(), is_it);
    const int of = at->beyond && is_full(owner_number(i)) ? owner_number(i) : kCommon;
    const std::size_t room =
        most(of == kCommon ? capacity_ : count([&](const Key& k) { return group(k) == of; }));
    if (room == 0) return;
    if (count([&](const Key& k) { return group(k) == of && k.shielded; }) >= room) {
      second_chances(of);
      oldest(of, true)->touched = false;
      to_the_end(oldest(of, true), false);
    }
    to_the_end(std::find_if(keys_.begin(), keys_.end(), is_it), true);
  }
  At next_to_go() {
    for (;;) {
      std::map<int, std::size_t> beyond;
      for (const Key& k : keys_)
        if (k.beyond) ++beyond[owner_number(k.i)];
      if (beyond.empty()) return next_of(kCommon);
      // Of two that hold equally many, the rank decides.
      const auto largest = std::max_element(beyond.begin(), beyond.end(), [](auto& l, auto& r) {
        return std::pair(l.second, ~rank(l.first)) < std::pair(r.second, ~rank(r.first));
      });
      if (is_full(largest->first)) return next_of(largest->first);
      // Readmitted: the newest, protected ones first.
      const bool room =
          count([&](const Key& k) { return group(k) == kCommon && k.shielded; }) < most(capacity_);
      const auto newest = [&](bool shielded) {
        At found = keys_.end();
        for (At at = keys_.begin(); at != keys_.end(); ++at)
          if (group(*at) == largest->first && at->shielded == shielded) found = at;
        return found;
      };
      const At shielded = newest(true), other = newest(false);
      if (shielded != keys_.end() && (room || other == keys_.end()))
        to_the_end(shielded, room);
      else
        to_the_end(other, false);
    }
  }
  At next_of(int of) {
    if (const At at = oldest(of, false); at != keys_.end()) return at;
    second_chances(of);
    return oldest(of, true);
  }
  static std::uint32_t rank(int owner) { return owner_of(0, "host-" + std::to_string(owner)).rank; }

  std::size_t capacity_, share_;
  std::list<Key> keys_;  // in the order in which they last became the newest of a list
};

TEST(BoundedTableOwners, AgreesWithThePolicyWrittenPlainly) {
  for (const std::size_t capacity : {1u, 2u, 3u, 20u, 130u, 300u}) {
    for (const std::uint64_t seed : {1u, 2u}) {
      std::mt19937 rng(7);
      Table table(capacity);
      SlowFairTable slow(capacity);
      for (int step = 0; step < 4'000; ++step) {
        // Some owners send much, some little, and their turn changes.
        const int owner = rng() % 4 == 0 ? static_cast<int>(rng() % 12) : step / 500 % 5;
        const int i = owner * 1'000'000 + static_cast<int>(rng() % (capacity + 10));
        ASSERT_EQ(come_owned(table, i, seed), slow.come(i)) << step << " of " << capacity;
        if (rng() % 10 != 0) continue;
        const int gone = owner * 1'000'000 + static_cast<int>(rng() % (capacity + 10));
        table.erase(key(gone, seed));
        slow.erase(gone);
      }
    }
  }
}

// Fifty owners with keys that came once and keys that came twice, and what one name can do to them.
class OneFloods : public testing::Test {
 protected:
  static constexpr int kOwners = 50, kKeys = 40, kCapacity = 5'000;  // a share is 78

  void SetUp() override {
    for (int owner = 1; owner <= kOwners; ++owner)
      for (int k = 0; k < kKeys; ++k) {
        come_owned(table, owner * 1'000'000 + k);
        if (k % 2 == 0) come_owned(table, owner * 1'000'000 + k);
      }
  }
  int kept() const {
    int n = 0;
    for (int owner = 1; owner <= kOwners; ++owner)
      for (int k = 0; k < kKeys; ++k) n += table.find(key(owner * 1'000'000 + k)) != nullptr;
    return n;
  }
  Table table{kCapacity};
};

TEST_F(OneFloods, NoKeyOfOthersGoes) {
  for (int k = 0; k < 100'000; ++k) {
    come_owned(table, 99'000'000 + k);
    if (k % 3 == 0) come_owned(table, 99'000'000 + k);
  }
  EXPECT_EQ(kept(), kOwners * kKeys);
  EXPECT_EQ(table.size(), table.capacity());
  EXPECT_EQ(table.evictions(), 100'000u - (kCapacity - kOwners * kKeys));
  EXPECT_EQ(table.crowded_out(), 0u);
}

TEST_F(OneFloods, NorWhenRoomIsAskedFor) {
  for (int k = 0; k < 1'000; ++k) come_owned(table, 99'000'000 + k);
  while (table.size() > kOwners * kKeys + table.share())
    ASSERT_TRUE(table.evict_one(key(99'000'000), kIgnore));
  EXPECT_EQ(kept(), kOwners * kKeys);
}

TEST_F(OneFloods, ASmallOwnersNewKeysFindRoomInTheFlood) {
  for (int k = 0; k < 100'000; ++k) come_owned(table, 99'000'000 + k);
  for (int k = 1'000; k < 1'030; ++k) EXPECT_GE(come_owned(table, 1'000'000 + k), 99'000'000);
  EXPECT_EQ(kept(), kOwners * kKeys);
}

// Under a name of its own for each key, a flood is as the order of eviction has it, and counted.
TEST_F(OneFloods, InventedNamesLeaveTheOrderOfEviction) {
  for (int k = 0; k < 20'000; ++k) {
    const std::string name = "invented-" + std::to_string(k);
    table.insert(key(-1 - k), -1, owner_of(1, name), kIgnore);
  }
  EXPECT_EQ(kept(), kOwners * kKeys / 2) << "what came twice stays: promise 1";
  EXPECT_GT(table.crowded_out(), 10'000u);
  EXPECT_LE(table.owners(), table.size());
}

TEST(BoundedTableOwners, OneAloneMayFillTheTable) {
  Table table(1'000);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(come_owned(table, 1'000'000 + i), -1);
  EXPECT_EQ(table.owners(), 1u);
}

TEST(BoundedTableOwners, ANameIsOneOwnerInAnyCaseAndNotUnderAnotherSeed) {
  EXPECT_EQ(owner_of(3, "WS-01.Corp.Example"), owner_of(3, "ws-01.corp.example"));
  EXPECT_NE(owner_of(3, "ws-01"), owner_of(3, "ws-02"));
  EXPECT_NE(owner_of(3, "ws-01").id, owner_of(4, "ws-01").id);
  EXPECT_EQ(owner_of(3, "ws-01").rank, owner_of(4, "ws-01").rank);
  EXPECT_NE(owner_of(3, "").id, 0u) << "nameless senders are an owner too";
}

TEST(BoundedTableOwners, AccountsAreBoundedAndGivenBack) {
  Table table(200'000);
  for (int i = 0; i < 200'000; ++i)
    table.insert(key(i), i, owner_of(1, std::to_string(i)), kIgnore);
  EXPECT_EQ(table.owners(), Accounts::kMost);
  table.clear();
  EXPECT_EQ(table.owners(), 0u);
  come_owned(table, 1'000'000);
  EXPECT_EQ(table.owners(), 1u);
}

// ---- saving ----

struct Saved {
  Hash128 key;
  int value;
  SavedPlace place;
};

std::vector<Saved> saved(Table& table) {
  std::vector<Saved> all;
  table.begin_saving([&](const Hash128& k, int& value, const SavedPlace& place) {
    all.push_back({k, value, place});
  });
  while (!table.save_some(7)) {
  }
  return all;
}

TEST(BoundedTable, ARestoredTableBehavesTheSameForEver) {
  std::mt19937 rng(11);
  const auto any_key = [&] {
    return static_cast<int>(rng() % 5 * 1'000'000 + rng() % (rng() % 2 == 0 ? 400 : 20));
  };
  Table table(200);
  for (int step = 0; step < 5'000; ++step) come_owned(table, any_key());
  for (int i = 0; i < 20; ++i) table.erase(key(any_key()));

  Table copy(200);
  std::vector<Saved> all = saved(table);
  std::shuffle(all.begin(), all.end(), rng);
  for (const Saved& s : all) ASSERT_TRUE(copy.restore_aged(s.key, s.value, s.place));
  ASSERT_TRUE(copy.finish_restoring());
  for (int step = 0; step < 5'000; ++step) {
    const int i = any_key();
    ASSERT_EQ(come_owned(copy, i), come_owned(table, i)) << step;
  }
}

TEST(BoundedTable, RestoreRefusesWhatNoTableCanHoldKeys) {
  Table table(8);
  const auto restore = [&](int i, Segment segment) {
    return table.restore_aged(key(i), i, {.place = {.segment = segment}});
  };
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(restore(i, Segment::protection));
  EXPECT_FALSE(restore(0, Segment::probation)) << "twice";
  EXPECT_TRUE(restore(7, Segment::protection));
  EXPECT_FALSE(restore(8, Segment::probation)) << "full";
  EXPECT_FALSE(table.finish_restoring()) << "more protected than it protects";
}

}  // namespace
}  // namespace c2watch::state
