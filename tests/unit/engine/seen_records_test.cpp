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

  SeenRecords seen_{{.window_records = 64, .max_streams = 16, .max_bytes = 1 << 20}, 42};
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

TEST_F(SeenRecordsTest, remembers_the_window_and_says_what_is_older) {
  const auto at = [](std::uint64_t id) { return kStart + seconds(id); };
  for (std::uint64_t id = 1; id <= 100; ++id) EXPECT_FALSE(repeated("ws1", id, at(id)));
  for (std::uint64_t id = 37; id <= 100; ++id) EXPECT_TRUE(repeated("ws1", id, at(id))) << id;
  EXPECT_EQ(seen_.unchecked(), 0u);
  for (std::uint64_t id = 1; id <= 15; ++id) EXPECT_FALSE(repeated("ws1", id, at(id)));
  EXPECT_EQ(seen_.unchecked(), 15u);
  for (std::uint64_t id = 37; id <= 100; ++id)
    EXPECT_TRUE(repeated("ws1", id, at(id))) << id << ": what is older displaces nothing";
}

// A queue longer than the window: what the window holds is recognised all the same.
TEST_F(SeenRecordsTest, a_redelivery_longer_than_the_window_is_recognised_as_far_as_that_goes) {
  for (std::uint64_t id = 1; id <= 1000; ++id) repeated("ws1", id, kStart + seconds(id));
  int again = 0;
  for (std::uint64_t id = 1; id <= 1000; ++id) again += repeated("ws1", id, kStart + seconds(id));
  EXPECT_GE(again, 64);
  EXPECT_EQ(static_cast<std::uint64_t>(again) + seen_.unchecked(), 1000u);
}

// A sender spends the window of its own stream only: by ids that jump, by the largest there is, and
// by a log that is cleared over and over.
TEST_F(SeenRecordsTest, chosen_ids_cost_nobody_elses_window) {
  for (std::uint64_t id = 1; id <= 64; ++id) repeated("ws1", id, kStart + seconds(id));
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    repeated("evil", i * 0x1'0001, kStart + milliseconds(i));
    repeated("evil", ~i, kStart + milliseconds(i));
    repeated("evil", 1 + i % 3, kStart + milliseconds(i));
  }
  for (std::uint64_t id = 1; id <= 64; ++id)
    EXPECT_TRUE(repeated("ws1", id, kStart + seconds(id))) << id;
  EXPECT_LT(seen_.bytes(), 64u * 1024);
}

TEST_F(SeenRecordsTest, ids_that_wrap_around_are_new_records_and_remembered) {
  const auto id = [](std::uint64_t i) { return i < 50 ? i - 50 : i - 49; };  // 0 is no id
  for (std::uint64_t i = 0; i < 80; ++i) EXPECT_FALSE(repeated("ws1", id(i), kStart + seconds(i)));
  for (std::uint64_t i = 30; i < 80; ++i) EXPECT_TRUE(repeated("ws1", id(i), kStart + seconds(i)));
  EXPECT_EQ(seen_.unchecked(), 0u);
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

// 60,000 lines of one machine, or of many, in whatever shares.
TEST(SeenRecords, the_defaults_cover_a_queue_of_60000_records) {
  for (const std::uint64_t machines : {1u, 7u, 4000u}) {
    SeenRecords seen({}, 3);
    const auto deliver = [&](std::uint64_t i) {
      return seen.test_and_set(record("ws" + std::to_string(i % machines), 1000 + i / machines,
                                      kStart + milliseconds(i)));
    };
    for (std::uint64_t i = 0; i < 200'000; ++i) ASSERT_FALSE(deliver(i));
    for (std::uint64_t i = 140'000; i < 200'000; ++i) ASSERT_TRUE(deliver(i)) << machines;
    EXPECT_EQ(seen.unchecked(), 0u);
  }
}

// When memory is full, it is whoever has most that gives up.
TEST(SeenRecords, a_busy_stream_does_not_displace_quiet_ones) {
  constexpr std::size_t kBytes = 1 << 20;
  SeenRecords seen({.window_records = 1 << 18, .max_streams = 256, .max_bytes = kBytes}, 3);
  for (int machine = 0; machine < 100; ++machine)
    for (std::uint64_t id = 1; id <= 500; ++id)
      seen.test_and_set(record("ws" + std::to_string(machine), id, kStart + seconds(id)));
  for (std::uint64_t id = 1; id <= 500'000; ++id)
    seen.test_and_set(record("busy", id, kStart + milliseconds(id)));
  for (int machine = 0; machine < 100; ++machine)
    for (std::uint64_t id = 1; id <= 500; ++id)
      ASSERT_TRUE(
          seen.test_and_set(record("ws" + std::to_string(machine), id, kStart + seconds(id))));
  EXPECT_TRUE(seen.test_and_set(record("busy", 499'000, kStart + milliseconds(499'000))));
  EXPECT_LT(seen.bytes(), kBytes + kBytes / 4);
}

TEST(SeenRecords, memory_stays_below_what_the_settings_say_whatever_the_ids) {
  constexpr std::size_t kBytes = 4 << 20;
  SeenRecords seen({.window_records = 65'536, .max_streams = 1024, .max_bytes = kBytes}, 3);
  std::mt19937_64 random(5);
  for (int i = 0; i < 300'000; ++i)
    seen.test_and_set(
        record("ws" + std::to_string(random() % 3000), random(), kStart + seconds(i)));
  EXPECT_LE(seen.streams(), 1024u);
  EXPECT_LT(seen.bytes(), kBytes + kBytes / 4);
}

// Against an oracle that remembers everything: within the window, exactly its answers.
TEST(SeenRecords, agrees_with_perfect_memory_within_the_window) {
  SeenRecords seen({.window_records = 1024, .max_streams = 64, .max_bytes = 1 << 20}, 7);
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
  SeenRecords a({.window_records = 64, .max_streams = 16, .max_bytes = 1 << 20}, 1);
  SeenRecords b({.window_records = 64, .max_streams = 16, .max_bytes = 1 << 20}, 2);
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string computer = "ws" + std::to_string(random() % 40);
    const Event e = record(computer, 1 + random() % 90, kStart);
    ASSERT_EQ(a.test_and_set(e), b.test_and_set(e)) << i;
  }
}

}  // namespace
}  // namespace c2watch::engine
