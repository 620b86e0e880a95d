#include "core/engine/seen_records.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "support/event_builder.h"

namespace c2watch::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2}};

Event record(std::string_view computer, std::uint64_t id, Time at) {
  Event e = testing_support::event_at(Kind::network_connect, 3, at, computer);
  e.record_id = id;
  return e;
}

class SeenRecordsTest : public testing::Test {
 protected:
  bool repeated(std::string_view computer, std::uint64_t id, Time at = kStart) {
    return seen_.test_and_set(record(computer, id, at));
  }

  SeenRecords seen_{{.window_records = 64, .max_streams = 16}, 42};
};

TEST_F(SeenRecordsTest, the_second_delivery_is_a_repeat) {
  EXPECT_FALSE(repeated("ws1", 7));
  EXPECT_TRUE(repeated("ws1", 7));
  EXPECT_TRUE(repeated("ws1", 7));
}

TEST_F(SeenRecordsTest, another_computer_channel_or_record_is_none) {
  EXPECT_FALSE(repeated("ws1", 7));
  EXPECT_FALSE(repeated("ws2", 7));
  EXPECT_FALSE(repeated("ws1", 8));
  Event security = record("ws1", 7, kStart);
  security.channel = "Security";
  EXPECT_FALSE(seen_.test_and_set(security));
}

TEST_F(SeenRecordsTest, names_do_not_run_into_each_other) {
  Event a = record("ab", 7, kStart), b = record("a", 7, kStart);
  a.channel = "c";
  b.channel = "bc";
  EXPECT_FALSE(seen_.test_and_set(a));
  EXPECT_FALSE(seen_.test_and_set(b));
}

TEST_F(SeenRecordsTest, a_record_without_a_full_name_is_always_new) {
  Event nameless = record("", 7, kStart);
  Event numberless = record("ws1", 0, kStart);
  Event channelless = record("ws1", 7, kStart);
  channelless.channel = "";
  for (const Event& e : {nameless, numberless, channelless}) {
    EXPECT_FALSE(seen_.test_and_set(e));
    EXPECT_FALSE(seen_.test_and_set(e));
  }
  EXPECT_EQ(seen_.streams(), 0u);
}

TEST_F(SeenRecordsTest, a_batch_out_of_order_comes_again_out_of_order) {
  for (const std::uint64_t id : {130u, 100u, 129u, 101u, 128u}) EXPECT_FALSE(repeated("ws1", id));
  for (const std::uint64_t id : {101u, 128u, 130u, 129u, 100u}) EXPECT_TRUE(repeated("ws1", id));
  EXPECT_FALSE(repeated("ws1", 110)) << "a gap that fills later";
}

TEST_F(SeenRecordsTest, remembers_exactly_the_window) {
  for (std::uint64_t id = 1; id <= 65; ++id) EXPECT_FALSE(repeated("ws1", id));
  EXPECT_TRUE(repeated("ws1", 2)) << "the oldest of the latest 64";
  EXPECT_FALSE(repeated("ws1", 1)) << "one further back is beyond what is promised";
}

TEST_F(SeenRecordsTest, a_cleared_log_counts_from_one_again) {
  for (std::uint64_t id = 1; id <= 40; ++id) repeated("ws1", id, kStart + seconds(id));
  for (std::uint64_t id = 1; id <= 40; ++id)
    EXPECT_FALSE(repeated("ws1", id, kStart + std::chrono::hours(1) + seconds(id))) << id;
  EXPECT_TRUE(repeated("ws1", 40, kStart + std::chrono::hours(1) + seconds(40)));
}

// A snapshot was restored, or two clones share a name: old ids, other times.
TEST_F(SeenRecordsTest, the_same_id_at_an_earlier_time_is_another_record) {
  EXPECT_FALSE(repeated("ws1", 7, kStart));
  EXPECT_FALSE(repeated("ws1", 7, kStart - seconds(1)));
}

TEST_F(SeenRecordsTest, an_absurd_id_does_not_make_the_honest_ones_forgotten) {
  for (std::uint64_t id = 1; id <= 40; ++id) repeated("ws1", id);
  EXPECT_FALSE(repeated("ws1", ~std::uint64_t{0}));
  int kept = 0;
  for (std::uint64_t id = 1; id <= 40; ++id) kept += repeated("ws1", id);
  EXPECT_GE(kept, 39);
}

TEST_F(SeenRecordsTest, streams_are_bounded_and_evictions_counted) {
  for (int i = 0; i < 1000; ++i) repeated("flood" + std::to_string(i), 1);
  EXPECT_EQ(seen_.streams(), 16u);
  EXPECT_EQ(seen_.evictions(), 984u);
  EXPECT_LT(seen_.bytes(), 64u * 1024);
}

// Against an oracle that remembers everything: within the window, exactly its answers.
TEST(SeenRecords, agrees_with_perfect_memory_within_the_window) {
  SeenRecords seen({.window_records = 1024, .max_streams = 64}, 7);
  std::set<std::tuple<int, std::uint64_t>> perfect;
  std::vector<std::uint64_t> next(8, 1);
  std::mt19937 random(20260202);
  int repeats = 0;
  for (int i = 0; i < 200'000; ++i) {
    const int host = static_cast<int>(random() % 8);
    std::uint64_t id = next[static_cast<std::size_t>(host)];
    if (random() % 4 == 0 && id > 1)
      id -= 1 + random() % std::min<std::uint64_t>(id - 1, 1000);  // again, or a gap that fills
    else
      next[static_cast<std::size_t>(host)] += 1 + random() % 3;
    const std::string computer = "ws" + std::to_string(host);
    const bool want = !perfect.insert({host, id}).second;
    repeats += want;
    ASSERT_EQ(seen.test_and_set(record(computer, id, kStart + milliseconds(id))), want) << i;
  }
  EXPECT_GT(repeats, 10'000);
}

TEST(SeenRecords, the_seed_shows_in_no_answer) {
  SeenRecords a({.window_records = 64, .max_streams = 16}, 1);
  SeenRecords b({.window_records = 64, .max_streams = 16}, 2);
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string computer = "ws" + std::to_string(random() % 40);
    const Event e = record(computer, 1 + random() % 90, kStart);
    ASSERT_EQ(a.test_and_set(e), b.test_and_set(e)) << i;
  }
}

}  // namespace
}  // namespace c2watch::engine
