// Times without a zone, as NXLog writes them on both sides of Greenwich.
#include "core/engine/local_times.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/engine/instant.h"
#include "core/parse/reader.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;
using Source = LocalTimes::Source;

constexpr Time kNoon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} + 12h};

// "2026-03-29 12:00:00": the wall's clock, `zone` east of Greenwich.
std::string wall(Time utc, minutes zone) {
  std::string text = instant_text(utc + zone).substr(0, 19);
  text[10] = ' ';
  return text;
}

class LocalTimesTest : public testing::Test {
 protected:
  // Source and the event's time, or the reader's complaint.
  Event read(const std::string& json) {
    text_ = json;
    Event event;
    EXPECT_EQ(reader_.read_json(text_, event), parse::Unreadable::none) << json;
    return event;
  }

  Source task(Time at, minutes zone, const std::string& computer = "WS-01") {
    event_ = read(R"({"EventTime":")" + wall(at, zone) + R"(","Hostname":")" + computer +
                  R"(","EventID":4698,"Channel":"Security","TaskName":"\\T",)" +
                  R"("EventReceivedTime":")" + wall(at + 1s, zone) +
                  R"(","SourceModuleType":"im_msvistalog"})");
    return times_.resolve(event_, host_);
  }

  Source sysmon(Time at, minutes zone, Duration behind = 0s) {
    std::string utc = instant_text(at - behind).substr(0, 23);
    utc[10] = ' ';
    event_ =
        read(R"({"EventTime":")" + wall(at, zone) + R"(","Hostname":"WS-01","EventID":3,)" +
             R"("Channel":"Microsoft-Windows-Sysmon/Operational","Image":"a.exe","UtcTime":")" +
             utc + R"(","SourceModuleType":"im_msvistalog"})");
    return times_.resolve(event_, host_);
  }

  std::vector<std::string> learned_;
  LocalTimes times_{42, [this](std::string_view computer, std::int16_t zone, Source source) {
                      learned_.push_back(std::string(computer) + " " + std::to_string(zone) + " " +
                                         std::to_string(static_cast<int>(source)));
                    }};
  Time host_ = kNoTime;  // batch, unless set
  parse::Reader reader_;
  std::string text_;
  Event event_;
};

// Lord Howe, Nepal and the Chathams have odd zones; the ends are Baker Island and Kiritimati.
constexpr minutes kZones[] = {0min,    60min,   120min,  345min,  330min,  630min, 765min, 840min,
                              -210min, -300min, -480min, -570min, -720min, 15min,  -15min};

TEST_F(LocalTimesTest, a_sysmon_event_says_which_zone_its_computer_is_in) {
  for (const minutes zone : kZones) {
    EXPECT_EQ(sysmon(kNoon, zone, 1500ms), Source::none);
    EXPECT_EQ(event_.time_created, kNoon) << zone.count();
    EXPECT_EQ(task(kNoon + 5s, zone), Source::utc_time) << zone.count();
    EXPECT_EQ(event_.utc_time, kNoon + 5s) << zone.count();
    EXPECT_EQ(event_.time_created, kNoon + 5s) << zone.count();
  }
  EXPECT_EQ(learned_.size(), std::size(kZones));
}

TEST_F(LocalTimesTest, summer_time_begins_and_ends) {
  sysmon(kNoon, 60min);
  EXPECT_EQ(task(kNoon, 60min), Source::utc_time);
  sysmon(kNoon + 1h, 120min);
  EXPECT_EQ(task(kNoon + 1h, 120min), Source::utc_time);
  EXPECT_EQ(event_.utc_time, kNoon + 1h);
  sysmon(kNoon + 2h, 60min);
  EXPECT_EQ(task(kNoon + 2h, 60min), Source::utc_time);
  EXPECT_EQ(event_.utc_time, kNoon + 2h);
  EXPECT_EQ(learned_, (std::vector<std::string>{"WS-01 60 2", "WS-01 120 2", "WS-01 60 2"}));
}

TEST_F(LocalTimesTest, one_computer_says_nothing_about_another) {
  sysmon(kNoon, 120min);
  EXPECT_EQ(task(kNoon, 120min, "WS-02"), Source::unknown);
}

// Both sides of a minute; and of the zones' ends.
TEST_F(LocalTimesTest, what_no_zone_explains_teaches_nothing) {
  for (const Duration apart : {Duration{61s}, Duration{-61s}, Duration{7min}, Duration{48h},
                               Duration{840min + 2min}, Duration{-720min - 2min}}) {
    sysmon(kNoon, 0min, apart);
    EXPECT_TRUE(learned_.empty()) << apart.count();
  }
  sysmon(kNoon, 0min, 60s);
  EXPECT_EQ(learned_.size(), 1u);
  // A machine that was suspended: its log is right all the same.
  sysmon(kNoon, 120min);
  sysmon(kNoon + 1h, 120min, 49h);
  EXPECT_EQ(event_.time_created, kNoon + 1h);
  EXPECT_EQ(learned_.size(), 2u);
}

TEST_F(LocalTimesTest, without_sysmon_the_hosts_clock_says_it) {
  for (const minutes zone : kZones) {
    const std::string computer = "WS" + std::to_string(zone.count());
    host_ = kNoon + 3s;
    EXPECT_EQ(task(kNoon, zone, computer), Source::clock);
    EXPECT_EQ(event_.utc_time, kNoon) << zone.count();
    // Delivered again, later: the same time.
    host_ = kNoon + 2h + 5min;
    EXPECT_EQ(task(kNoon, zone, computer), Source::clock);
    EXPECT_EQ(event_.utc_time, kNoon) << zone.count();
  }
}

TEST_F(LocalTimesTest, the_hosts_clock_follows_summer_time_and_yields_to_sysmon) {
  host_ = kNoon + 2s;
  task(kNoon, 60min);
  EXPECT_EQ(task(kNoon, 120min), Source::clock);
  EXPECT_EQ(event_.utc_time, kNoon);
  task(kNoon, 240min);  // two hours more: no summer time
  EXPECT_EQ(event_.utc_time, kNoon + 2h);
  sysmon(kNoon, 240min);
  EXPECT_EQ(task(kNoon, 240min), Source::utc_time);
  EXPECT_EQ(event_.utc_time, kNoon);
}

// Nothing is known: UTC, and not later than now.
TEST_F(LocalTimesTest, an_unknown_zone_is_said) {
  EXPECT_EQ(task(kNoon, 120min), Source::unknown);
  EXPECT_EQ(event_.utc_time, kNoon + 2h);
  host_ = kNoon + 5min;  // it waited, no whole quarter of an hour
  EXPECT_EQ(task(kNoon, 120min), Source::unknown);
  EXPECT_EQ(event_.utc_time, host_);
  EXPECT_EQ(task(kNoon, 0min), Source::unknown);
  EXPECT_EQ(event_.utc_time, kNoon);
  EXPECT_EQ(task(kNoon + 24h, 0min), Source::unknown);  // no zone: a wrong clock
  EXPECT_EQ(event_.utc_time, kNoon + 24h);
  EXPECT_TRUE(learned_.empty());
}

TEST_F(LocalTimesTest, a_time_with_a_zone_is_left_alone) {
  for (const std::string time : {"2026-03-29T12:00:00Z", "2026-03-29 14:00:00 +0200",
                                 "2026-03-29T12:00:00.000000+00:00", "1774785600"}) {
    event_ = read(R"({"EventTime":")" + time + R"(","Hostname":"WS-01","EventID":4698,)" +
                  R"("Channel":"Security","TaskName":"\\T"})");
    EXPECT_EQ(times_.resolve(event_, host_), Source::none) << time;
    EXPECT_EQ(event_.utc_time, kNoon) << time;
  }
}

TEST_F(LocalTimesTest, what_was_learned_can_be_learned_again) {
  LocalTimes again(7, {});
  again.learn("WS-01", 345, Source::utc_time);
  again.learn("WS-02", 900, Source::utc_time);  // no such zone
  event_ = read(R"({"EventTime":"2026-03-29 17:45:00","Hostname":"WS-01","EventID":4698,)"
                R"("Channel":"Security","TaskName":"\\T"})");
  EXPECT_EQ(again.resolve(event_, kNoTime), Source::utc_time);
  EXPECT_EQ(event_.utc_time, kNoon);
  event_.computer = "WS-02";
  EXPECT_EQ(again.resolve(event_, kNoTime), Source::unknown);
}

}  // namespace
}  // namespace c2watch::engine
