// What one computer sends never costs another its place in the engine's own buffers.
#include <gtest/gtest.h>

#include <string>

#include "core/engine/evictors.h"
#include "core/engine/outbox.h"
#include "core/engine/reorder.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;

constexpr Time kNoon{std::chrono::hours{24 * 20'000 + 12}};

// How many of the records 1 .. n raised a finding that is still there.
int told_again(Outbox& outbox, std::uint64_t n) {
  int told = 0;
  for (std::uint64_t record = 1; record <= n; ++record)
    outbox.again(record, [&](const std::string&, const Finding&) { return ++told > 0; });
  return told;
}

Finding of(Severity severity) {
  Finding f;
  f.severity = severity;
  return f;
}

TEST(OutboxFairness, findings_of_one_computer_push_out_its_own) {
  Outbox outbox;
  for (std::uint64_t record = 1; record <= 60; ++record)
    outbox.add(record, "{}", of(Severity::high), false, 1'000 + record);
  for (std::uint64_t record = 1'000; record < 9'000; ++record)
    outbox.add(record, std::string(record % 2 == 0 ? 100'000 : 10, 'x'), of(Severity::low), false,
               7);
  EXPECT_LE(outbox.size(), Outbox::kMost);
  EXPECT_LE(outbox.bytes(), Outbox::kMaxBytes);
  EXPECT_EQ(told_again(outbox, 60), 60);
  // And a small one's next finding does not push out the other small ones.
  outbox.add(61, "{}", of(Severity::high), false, 1'061);
  EXPECT_EQ(told_again(outbox, 61), 1) << "the others were told above";
}

// With a name for each finding nobody has a share: the oldest go, as many as must.
TEST(OutboxFairness, under_invented_names_the_oldest_go) {
  Outbox outbox;
  for (std::uint64_t record = 1; record <= 2'000; ++record)
    outbox.add(record, "{}", of(Severity::high), false, record);
  EXPECT_EQ(outbox.size(), Outbox::kMost);
  EXPECT_EQ(told_again(outbox, 2'000 - Outbox::kMost), 0);
}

Event event(std::string_view computer, Time at) {
  Event e;
  e.kind = Kind::network_connect;
  e.computer = computer;
  e.utc_time = at;
  return e;
}

TEST(ReorderFairness, a_flood_loses_its_own_order_alone) {
  Reorder reorder(std::size_t{64} << 10, 3);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(reorder.hold(event("quiet", kNoon + i * 1s)));
  int through = 0;
  for (int i = 0; i < 10'000; ++i) through += !reorder.hold(event("flood", kNoon - 1h));
  EXPECT_GT(through, 9'000);
  EXPECT_EQ(reorder.early(), static_cast<std::uint64_t>(through));
  int quiet = 0;
  reorder.release(kNoon - 1s, [&](const Event& e) { quiet += e.computer == "quiet"; });
  EXPECT_EQ(quiet, 0) << "none of the others is let go early";
  EXPECT_EQ(reorder.size(), 50u);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(reorder.hold(event("flood", kNoon))) << "room again";
}

TEST(Evictors, whoever_causes_most_is_named_whatever_others_invent) {
  Evictors evictors;
  for (int i = 0; i < 10'000; ++i) {
    evictors.add("invented-" + std::to_string(i), 1);
    if (i % 2 == 0) evictors.add("flood", 1);
  }
  const auto rows = evictors.rows();
  EXPECT_EQ(rows[0].computer(), "flood");
  EXPECT_GE(rows[0].evictions(), 5'000u);
  EXPECT_LE(rows[0].evictions(), 5'000u + 15'000u / Evictors::kMost + 1);
  const std::string longest(1 << 20, 'x');
  evictors.add(longest, 100'000);
  EXPECT_EQ(evictors.rows()[0].computer(), longest.substr(0, Evictors::kMaxName));
}

}  // namespace
}  // namespace c2watch::engine
