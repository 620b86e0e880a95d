#include "core/analytics/episode.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr Time kNoon = Time{std::chrono::hours{12}};
constexpr EpisodeSettings kSettings{.quiet = 1h, .re_alert = 24h};

TEST(Episode, nothing_happened_yet) {
  const Episode e;
  EXPECT_FALSE(e.open());
  EXPECT_FALSE(e.holds(kNoon, kSettings));
}

TEST(Episode, tells_the_first_time_and_then_only_what_grew) {
  Episode e;
  EXPECT_EQ(e.observe(kNoon, 1, kSettings), Tell::first);
  EXPECT_EQ(e.updates(), 0u);
  EXPECT_EQ(e.observe(kNoon + 1s, 1, kSettings), Tell::nothing);
  EXPECT_EQ(e.observe(kNoon + 2s, 2, kSettings), Tell::update);
  EXPECT_EQ(e.updates(), 1u);
  EXPECT_EQ(e.observe(kNoon + 3s, 1, kSettings), Tell::nothing) << "shrinking is no news";
  EXPECT_EQ(e.observe(kNoon + 4s, 2, kSettings), Tell::nothing) << "told before";
  EXPECT_EQ(e.start(), kNoon);
  EXPECT_EQ(e.last(), kNoon + 4s);
}

TEST(Episode, begins_where_the_window_began) {
  Episode e;
  EXPECT_EQ(e.observe(kNoon, kNoon - 5min, 1, kSettings), Tell::first);
  EXPECT_EQ(e.start(), kNoon - 5min);
}

TEST(Episode, never_begins_after_its_last_event) {
  Episode e;
  EXPECT_EQ(e.observe(kNoon, kNoon + 1min, 1, kSettings), Tell::first);
  EXPECT_EQ(e.start(), kNoon);
  EXPECT_TRUE(e.sane());
}

TEST(Episode, times_at_the_ends_of_a_century_do_not_overflow) {
  Episode e;
  e.observe(Time{Duration{std::int64_t{1} << 60}}, 1, kSettings);
  EXPECT_TRUE(e.holds(kNoTime, kSettings));
  EXPECT_TRUE(e.holds(Time{-Duration{std::int64_t{1} << 60}}, kSettings));
}

TEST(Episode, exactly_quiet_is_still_the_same_episode) {
  Episode e;
  e.observe(kNoon, 1, kSettings);
  EXPECT_EQ(e.observe(kNoon + 1h, 1, kSettings), Tell::nothing);
  EXPECT_EQ(e.start(), kNoon);
}

TEST(Episode, longer_than_quiet_is_another_one) {
  Episode e;
  e.observe(kNoon, 7, kSettings);
  e.observe(kNoon, 9, kSettings);
  EXPECT_EQ(e.observe(kNoon + 1h + 1us, 1, kSettings), Tell::first);
  EXPECT_EQ(e.start(), kNoon + 1h + 1us);
  EXPECT_EQ(e.updates(), 0u) << "numbers start over";
}

TEST(Episode, unchanged_but_still_open_is_repeated_after_re_alert) {
  Episode e;
  int told = 0;
  Time last_told = kNoTime;
  for (Time t = kNoon; t <= kNoon + 48h; t += 30min) {
    if (e.observe(t, 1, kSettings) == Tell::nothing) continue;
    ++told;
    if (known(last_told)) {
      EXPECT_EQ(t - last_told, 24h);
    }
    last_told = t;
  }
  EXPECT_EQ(told, 3);  // at 0, 24 and 48 hours
  EXPECT_EQ(e.updates(), 2u);
}

TEST(Episode, late_event_neither_rewinds_nor_ends_it) {
  Episode e;
  e.observe(kNoon, 1, kSettings);
  EXPECT_EQ(e.observe(kNoon - 3h, 1, kSettings), Tell::nothing);
  EXPECT_EQ(e.start(), kNoon);
  EXPECT_EQ(e.last(), kNoon);
}

TEST(Episode, late_event_that_adds_something_is_told) {
  Episode e;
  e.observe(kNoon, 1, kSettings);
  EXPECT_EQ(e.observe(kNoon - 1min, 2, kSettings), Tell::update);
  EXPECT_EQ(e.last(), kNoon);
}

TEST(EpisodeId, is_a_number_that_anyone_can_compute_again) {
  // XXH3-128 of the parts, each after its length; pinned, because stored findings carry it.
  EXPECT_EQ(episode_id("c2_port", {"host", "image"}, kNoon),
            episode_id("c2_port", {"host", "image"}, kNoon));
  EXPECT_EQ(episode_id("c2_port", {"host", "image"}, kNoon).size(), 32u);
  EXPECT_EQ(episode_id("c2_port", {"host", "image"}, kNoon), "b5daa00111a273768335a3880d62a672");
}

TEST(EpisodeId, differs_in_every_part) {
  const std::set<std::string> ids = {
      episode_id("c2_port", {"host", "image"}, kNoon),
      episode_id("dns_burst", {"host", "image"}, kNoon),
      episode_id("c2_port", {"hosti", "mage"}, kNoon),
      episode_id("c2_port", {"hostimage"}, kNoon),
      episode_id("c2_port", {"hostimage", ""}, kNoon),
      episode_id("c2_port", {"host", "image"}, kNoon + 1us),
  };
  EXPECT_EQ(ids.size(), 6u);
}

TEST(EpisodeStamp, carries_times_and_number) {
  Episode e;
  e.observe(kNoon, kNoon - 1min, 1, kSettings);
  e.observe(kNoon + 1min, 2, kSettings);
  Finding f;
  f.detector = "c2_port";
  stamp(f, e, {"host", "image"});
  EXPECT_EQ(f.id, episode_id("c2_port", {"host", "image"}, kNoon - 1min));
  EXPECT_EQ(f.update, 1u);
  EXPECT_EQ(f.first_seen, kNoon - 1min);
  EXPECT_EQ(f.last_seen, kNoon + 1min);
  EXPECT_EQ(f.emitted_at, kNoon + 1min);
}

TEST(StepsWorthTelling, every_one_up_to_the_line_then_doublings) {
  EXPECT_EQ(steps_worth_telling(0, 4), 0u);
  EXPECT_EQ(steps_worth_telling(4, 4), 4u);
  EXPECT_EQ(steps_worth_telling(5, 4), 4u);
  EXPECT_EQ(steps_worth_telling(7, 4), 4u);
  EXPECT_EQ(steps_worth_telling(8, 4), 5u);
  EXPECT_EQ(steps_worth_telling(15, 4), 5u);
  EXPECT_EQ(steps_worth_telling(16, 4), 6u);
  EXPECT_LT(steps_worth_telling(UINT64_MAX, 4), 70u);
}

}  // namespace
}  // namespace c2watch::analytics
