// interval_beacon against an oracle that keeps every event and judges from scratch at each, and the
// properties that every streaming detector must have.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "core/analytics/interval_beacon.h"
#include "support/event_builder.h"
#include "support/traffic.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

constexpr Time kStart{std::chrono::hours{24 * 20'000}};
constexpr std::string_view kShell = "C:\\Windows\\System32\\cmd.exe";

// An event of a world: what differs from event to event, as values that outlive everything.
struct Call {
  Duration after{};
  std::string host;
  std::string ip;
};

// A finding, as far as time and place go.
using Told = std::tuple<Duration, std::string, std::string, std::uint32_t>;

using World = std::vector<Call>;

// A few hosts that each call a few addresses: some as beacons, some at random.
World make_world(std::uint64_t seed) {
  Random random(seed);
  const std::vector<TrafficProfile> beacons = beacon_profiles();
  const std::vector<TrafficProfile> others = benign_profiles();
  World world;
  for (int host = 0; host < 3; ++host) {
    for (int destination = 0; destination < 4; ++destination) {
      const auto& profiles = random() % 2 == 0 ? beacons : others;
      for (const std::int64_t ms : profiles[random() % profiles.size()].times(random, 5h))
        world.push_back({std::chrono::milliseconds(ms), "host" + std::to_string(host),
                         "45.61.1." + std::to_string(destination)});
    }
  }
  std::stable_sort(world.begin(), world.end(),
                   [](const Call& a, const Call& b) { return a.after < b.after; });
  return world;
}

Event event_of(const Call& c, Duration shift) {
  return network_connect(kStart + shift + c.after, c.host, "", kShell, c.ip, 443);
}

class Detector {
 public:
  explicit Detector(IntervalBeaconSettings settings = {})
      : detector_(*checked(std::move(settings)), scope_, lineage_, 3) {}

  void observe(const Call& c, Duration shift = 0s) { detector_.observe(event_of(c, shift), out_); }
  void advance(Time now) { detector_.advance(now, out_); }
  AnalyticStats stats() const { return detector_.stats(); }

  std::vector<Told> told(Duration shift = 0s) const {
    std::vector<Told> all;
    for (const Finding& f : out_.found)
      all.emplace_back(f.emitted_at - kStart - shift, f.host, f.destination.ip, f.update);
    return all;
  }

 private:
  DestinationScope scope_ = *DestinationScope::create(ScopeSettings::standard());
  Lineage lineage_{LineageSettings{}, 3};
  IntervalBeacon detector_;
  Collect out_;
};

std::vector<Told> detect(const World& world, Duration shift = 0s) {
  Detector d;
  for (const Call& c : world) d.observe(c, shift);
  return d.told(shift);
}

// The first finding of each key, by the definition: after each event, the whole history of its key
// is cut into check-ins anew; when their number is a look's, the last 64 of them are judged. Knows
// nothing of lists that slide, late events, tables or episodes.
class Oracle {
 public:
  void observe(const Call& c) {
    const Key key{c.host, c.ip};
    std::vector<std::int64_t>& history = history_[key];
    const auto [before, unused] = check_ins(history);
    history.push_back(std::chrono::floor<std::chrono::milliseconds>(c.after).count());
    const auto [first, gaps] = check_ins(history);
    const bool new_check_in = first.size() > before.size();
    if (!new_check_in || first_.contains(key) || !look(first)) return;
    const std::size_t n = std::min<std::size_t>(gaps.size(), kMaxGaps);
    const Regularity r = judge_regularity(std::span(gaps).last(n), {.dead_ms = 1'000});
    if (r.p <= 0.01 * std::clamp(r.mean_s, 30.0, 28'800.0) / 28'800) first_[key] = c.after;
  }

  const auto& first() const { return first_; }

 private:
  using Key = std::pair<std::string, std::string>;

  struct Cut {
    std::vector<std::int64_t> first;
    std::vector<std::uint32_t> gaps;
  };

  static Cut check_ins(const std::vector<std::int64_t>& history) {
    Cut cut;
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (i > 0 && history[i] - history[i - 1] <= 1'000) continue;
      if (i > 0) cut.gaps.push_back(static_cast<std::uint32_t>(history[i] - history[i - 1]));
      cut.first.push_back(history[i]);
    }
    return cut;
  }

  static bool look(const std::vector<std::int64_t>& first) {
    const std::size_t n = first.size();
    if (n < 3) return false;
    if (n > 64) return n % 32 == 0;
    const bool slow =
        (first.back() - first.front()) / static_cast<std::int64_t>(n - 1) >= 1'200'000;
    if (n < 5) return slow;
    for (const std::size_t at : {5u, 6u, 8u, 10u, 12u, 16u, 20u, 28u, 40u, 64u})
      if (n == at) return true;
    return false;
  }

  std::map<Key, std::vector<std::int64_t>> history_;
  std::map<Key, Duration> first_;
};

TEST(IntervalBeaconProperty, FirstFindingsAreTheOracles) {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const World world = make_world(seed);
    Oracle oracle;
    for (const Call& c : world) oracle.observe(c);
    std::map<std::pair<std::string, std::string>, Duration> first;
    for (const auto& [at, host, ip, update] : detect(world)) first.try_emplace({host, ip}, at);
    ASSERT_EQ(first, oracle.first()) << "seed " << seed;
    found += first.size();
  }
  EXPECT_GE(found, 100u);  // the worlds are worth comparing
}

TEST(IntervalBeaconProperty, ShiftedTimesShiftTheFindings) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const World world = make_world(seed);
    EXPECT_EQ(detect(world), detect(world, 24h * 1'000 + 17ms)) << "seed " << seed;
  }
}

TEST(IntervalBeaconProperty, AdvanceBetweenEventsChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const World world = make_world(seed);
    Detector often;
    for (const Call& c : world) {
      often.observe(c);
      often.advance(kStart + c.after);
    }
    EXPECT_EQ(detect(world), often.told()) << "seed " << seed;
  }
}

TEST(IntervalBeaconProperty, StrangersChangeNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const World world = make_world(seed);
    Detector crowded;
    Random random(seed);
    for (const Call& c : world) {
      crowded.observe(c);
      crowded.observe({c.after, "stranger" + std::to_string(random() % 1'000), "45.61.2.1"});
    }
    std::vector<Told> told = crowded.told();
    std::erase_if(told, [](const Told& t) { return std::get<1>(t).starts_with("stranger"); });
    EXPECT_EQ(detect(world), told) << "seed " << seed;
  }
}

TEST(IntervalBeaconProperty, LateEventsDoNotHideABeacon) {
  // Arrival up to 20 s late: every key that fires in order fires all the same.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world = make_world(seed);
    const std::vector<Told> in_order = detect(world);
    Random random(seed);
    std::vector<std::pair<Duration, Call>> arrivals;
    for (const Call& c : world)
      arrivals.emplace_back(c.after + std::chrono::milliseconds(random() % 20'000), c);
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Detector d;
    for (const auto& [unused, c] : arrivals) d.observe(c);
    std::map<std::pair<std::string, std::string>, int> keys;
    for (const auto& [at, host, ip, update] : d.told()) ++keys[{host, ip}];
    int missed = 0;
    for (const auto& [at, host, ip, update] : in_order)
      missed += update == 0 && !keys.contains({host, ip});
    EXPECT_EQ(missed, 0) << "seed " << seed;
  }
}

TEST(IntervalBeaconProperty, BoundsHoldWhateverComes) {
  IntervalBeaconSettings settings;
  settings.capacity = 512;
  settings.max_destinations = 128;
  settings.max_open = 32;
  Detector d(settings);
  Random random(1);
  for (int i = 0; i < 60'000; ++i) {
    const auto key = random() % (i % 2 == 0 ? 40 : 1'000'000);
    d.observe({std::chrono::milliseconds(i * 700), "host" + std::to_string(key % 97),
               "45." + std::to_string(key >> 16 & 255) + "." + std::to_string(key >> 8 & 255) +
                   "." + std::to_string(key & 255)});
    if (i % 1'000 != 0) continue;
    const AnalyticStats s = d.stats();
    ASSERT_LE(s.entries, s.capacity);
    // 512 tracks of at most 640 bytes, 128 destinations, 32 findings of 3 KiB, 96 KiB of domains.
    ASSERT_LE(s.bytes, 640u * 1024);
  }
}

}  // namespace
}  // namespace c2watch::analytics
