// The corpus for measurements has the shape that the measurements are quoted for.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "simulator/simulated.h"

namespace c2sim {
namespace {

constexpr std::size_t kEvents = 200'000;

Settings benchmark(std::uint64_t events) {
  Settings s;
  s.scenario = "benchmark";
  s.tests.clear();
  s.hosts = 200;
  s.hours = 24;
  s.events = events;
  s.format.message = false;
  return s;
}

TEST(Benchmark, HasItsMixItsHostsAndItsKeys) {
  const Simulated run = simulated(benchmark(kEvents));
  ASSERT_EQ(run.events.size(), kEvents);

  std::map<std::uint32_t, double> share;
  std::set<const Host*> hosts;
  std::map<std::tuple<const Host*, const Text*, std::uint32_t>, int> keys;
  double kept = 0;
  for (const Event& e : run.events) {
    share[event_id(e)] += 1.0 / kEvents;
    hosts.insert(e.host);
    const auto* c = std::get_if<NetworkConnect>(&e.what);
    if (c == nullptr || c->destination.v4 >> 24 == 10 || c->destination_host->raw != "-") continue;
    kept += 1.0 / kEvents;
    ++keys[{e.host, c->process.program->image, c->destination.v4}];
  }
  EXPECT_NEAR(share[3], 0.60, 0.005);
  EXPECT_NEAR(share[1], 0.25, 0.005);
  EXPECT_NEAR(share[22], 0.14, 0.005);
  EXPECT_NEAR(share[4698], 0.01, 0.002);
  EXPECT_EQ(hosts.size(), 200u);
  EXPECT_NEAR(kept, 0.1686, 0.003);

  double once = 0;
  for (const auto& [key, count] : keys) once += count == 1;
  EXPECT_GT(once / static_cast<double>(keys.size()), 0.93);
  EXPECT_GT(static_cast<double>(keys.size()), 0.80 * kept * kEvents);
}

TEST(Benchmark, EventsAreAboutThirteenHundredBytes) {
  const Simulated run = simulated(benchmark(20'000));
  double bytes = 0;
  for (const Event& e : run.events)
    bytes += static_cast<double>(line_of(e, "nxlog", {.message = false}).size() + 1);
  const double mean = bytes / static_cast<double>(run.events.size());
  EXPECT_GT(mean, 1200);
  EXPECT_LT(mean, 1400);
}

TEST(Benchmark, StretchesOverItsHours) {
  const Simulated run = simulated(benchmark(20'000));
  const double hours = to_seconds(run.events.back().created - run.events.front().created) / 3600;
  EXPECT_NEAR(hours, 24, 0.6);
}

}  // namespace
}  // namespace c2sim
