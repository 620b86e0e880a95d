#include "core/state/saved_state.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/model/time.h"
#include "support/saved_chunks.h"

namespace c2watch::state {
namespace {

using testing_support::restore;
using testing_support::save;
using testing_support::SavedChunks;

// An owner as detectors are: a table of values that name texts, and a number.
struct Owner {
  struct Value {
    TextId name = kNullText;
    std::uint64_t count = 0;
  };

  explicit Owner(std::size_t capacity) : names(7), table(capacity), texts(names) {
    saved.around([this] { texts.begin(); }, [this] { texts.finish(); });
    saved.values([this](auto& a) { a(events); });
    saved.table(
        table,
        [this](auto& a, Value& v) {
          texts.fields(a, v.name);
          a(v.count);
        },
        [](const Value& v) { return v.count > 0; }, SavedState::kMaxValueBytes,
        [this](Value& v) { names.release(v.name); });
  }

  void event(std::uint64_t key) {
    ++events;
    const Hash128 hash{key * 0x9E3779B97F4A7C15u, key};
    Value* v = table.touch(hash);
    if (v == nullptr) {
      const TextId name = names.intern("name " + std::to_string(key % 50));
      v = &table.insert(hash, {name, 0},
                        [this](const Hash128&, Value& gone) { names.release(gone.name); });
    }
    ++v->count;
  }

  using Row = std::tuple<std::uint64_t, Segment, bool, std::string, std::uint64_t>;
  std::vector<Row> rows() const {
    std::vector<Row> all;
    table.for_each([&](const Hash128& key, const Value& v, Place place) {
      all.emplace_back(key.high, place.segment, place.touched, names.text(v.name), v.count);
    });
    return all;
  }

  Interner names;
  BoundedTable<Value> table;
  std::uint64_t events = 0;
  SavedTexts texts;
  SavedState saved;
};

// Everything that a table can do happens while it is being saved.
TEST(SavedState, is_what_the_table_was_at_one_moment_however_it_changes_meanwhile) {
  std::mt19937_64 random(11);
  for (int world = 0; world < 60; ++world) {
    const std::size_t capacity = 1 + random() % 400;
    Owner owner(capacity);
    const auto key = [&] { return random() % (capacity * 2); };
    for (std::size_t i = random() % (capacity * 6); i > 0; --i) owner.event(key());
    for (int saves = 0; saves < 3; ++saves) {
      const auto at_begin = owner.rows();
      const std::uint64_t events = owner.events;
      SavedChunks chunks;
      owner.saved.begin(chunks);
      while (!owner.saved.some(1 + random() % 2'000)) {
        for (std::size_t i = random() % 20; i > 0; --i) owner.event(key());
        if (random() % 8 == 0) owner.table.erase({key() * 0x9E3779B97F4A7C15u, key()});
      }
      ASSERT_FALSE(owner.saved.broken());
      owner.saved.stop();

      Owner again(capacity);
      ASSERT_TRUE(restore(again.saved, chunks));
      ASSERT_EQ(again.rows(), at_begin) << "world " << world;
      ASSERT_EQ(again.events, events);
    }
  }
}

TEST(SavedState, a_restored_table_evicts_as_the_old_one_would_have) {
  Owner owner(100);
  std::mt19937_64 random(5);
  for (int i = 0; i < 3'000; ++i) owner.event(random() % 300);
  const SavedChunks chunks = save(owner.saved, 100);
  Owner again(100);
  ASSERT_TRUE(restore(again.saved, chunks));
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t key = random() % 300;
    owner.event(key);
    again.event(key);
  }
  EXPECT_EQ(again.rows(), owner.rows());
}

TEST(SavedState, a_visit_of_all_keys_ends_it_and_it_can_begin_again) {
  Owner owner(100);
  for (std::uint64_t i = 0; i < 90; ++i) owner.event(i);
  for (int round = 0; round < 600; ++round) {  // the numbers of savings come again after 255
    SavedChunks given_up;
    owner.saved.begin(given_up);
    owner.saved.some(1);
    owner.table.erase_if([](const Hash128& key, Owner::Value&) { return key.high == 1'000; });
    ASSERT_TRUE(owner.saved.broken());
    ASSERT_TRUE(owner.saved.some(1));
    owner.saved.stop();
    if (round % 7 != 0) continue;
    const SavedChunks whole = save(owner.saved);
    Owner again(100);
    ASSERT_TRUE(restore(again.saved, whole));
    ASSERT_EQ(again.rows(), owner.rows()) << round;
  }
}

TEST(SavedState, an_invalid_key_costs_that_key) {
  Owner owner(300);
  for (std::uint64_t i = 0; i < 100; ++i) owner.event(i);
  const auto rows = owner.rows();
  owner.table.insert({1, 1'000}, {owner.names.intern("of nobody else"), 0},
                     [](const Hash128&, Owner::Value&) {});
  for (std::uint64_t i = 100; i < 200; ++i) owner.event(i);
  Owner again(300);
  ASSERT_TRUE(restore(again.saved, save(owner.saved)));
  EXPECT_EQ(again.saved.dropped(), 1u);
  EXPECT_EQ(again.table.size(), 200u);
  EXPECT_EQ(again.table.find({1, 1'000}), nullptr);
  Owner without(300);
  for (std::uint64_t i = 0; i < 200; ++i) without.event(i);
  EXPECT_EQ(again.rows(), without.rows());
  EXPECT_EQ(again.names.text_bytes(), without.names.text_bytes()) << "its text has gone with it";
}

TEST(SavedState, drops_what_no_table_of_its_capacity_can_hold) {
  Owner owner(100);
  for (std::uint64_t i = 0; i < 100; ++i) owner.event(i);
  SavedChunks chunks = save(owner.saved, 10'000);
  Owner smaller(99);
  EXPECT_TRUE(restore(smaller.saved, chunks));
  EXPECT_EQ(smaller.table.size(), 99u);
  EXPECT_EQ(smaller.saved.dropped(), 1u);
  Owner twice(300);
  ASSERT_TRUE(restore(twice.saved, chunks));
  Owner doubled(300);
  chunks.all.push_back(chunks.all.back());
  EXPECT_TRUE(restore(doubled.saved, chunks));
  EXPECT_EQ(doubled.rows(), owner.rows());
  EXPECT_GT(doubled.saved.dropped(), 0u);
  chunks.all.back().second.pop_back();
  Owner cut(300);
  EXPECT_FALSE(restore(cut.saved, chunks));
}

// What an older version wrote is read by a newer one, which fills in what that did not know.
struct Counter {
  std::uint32_t hits = 0;
  std::uint32_t misses = 77;  // since version 2
  template <class Archive>
  void fields(Archive& a) {
    a(hits);
    if (a.version() >= 2) a(misses);
  }
};

TEST(Archive, a_newer_reader_takes_what_an_older_writer_left) {
  std::string old;
  Writer{old}(std::uint32_t{5});
  Counter counter;
  Reader r(old, 1);
  r(counter);
  EXPECT_TRUE(r.ok() && r.at_end());
  EXPECT_EQ(counter.hits, 5u);
  EXPECT_EQ(counter.misses, 77u);

  std::string now;
  Writer{now}(Counter{.hits = 1, .misses = 2});
  Reader again(now, 2);
  again(counter);
  EXPECT_TRUE(again.ok() && again.at_end());
  EXPECT_EQ(counter.misses, 2u);
}

TEST(Archive, every_kind_of_value_comes_back) {
  std::string bytes;
  const std::vector<std::string> texts = {"", "a", std::string("\0\xff", 2)};
  InlineList<std::uint16_t, 4> list;
  for (std::uint16_t i = 0; i < 9; ++i) {
    list.reserve(list.size() + 1);
    list.insert(list.end(), i);
  }
  Writer{bytes}(true, std::int8_t{-1}, 2.5, texts, list, Time{}, kNoTime, Hash128{1, 2});
  bool yes = false;
  std::int8_t small = 0;
  double number = 0;
  std::vector<std::string> read_texts;
  InlineList<std::uint16_t, 4> read_list;
  Time zero = kNoTime, none{};
  Hash128 hash;
  Reader r(bytes);
  r(yes, small, number, read_texts, read_list, zero, none, hash);
  ASSERT_TRUE(r.ok() && r.at_end());
  EXPECT_TRUE(yes && small == -1 && number == 2.5 && read_texts == texts);
  EXPECT_TRUE(zero == Time{} && none == kNoTime && hash == (Hash128{1, 2}));
  ASSERT_EQ(read_list.size(), 9u);
  EXPECT_EQ(read_list[8], 8u);
}

TEST(Archive, a_count_that_promises_too_much_fails) {
  for (const std::uint32_t count : {1u, 4u, 0x7fffffffu, 0xffffffffu}) {
    std::string bytes;
    Writer{bytes}(count);
    std::string text = "old";
    Reader r(bytes);
    r(text);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(text, "");
    std::vector<std::uint64_t> list;
    Reader other(bytes);
    other(list);
    EXPECT_FALSE(other.ok());
    EXPECT_LE(list.size(), 1u);
  }
}

}  // namespace
}  // namespace c2watch::state
