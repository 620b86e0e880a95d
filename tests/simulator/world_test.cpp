// The stage, addresses and random numbers: what everything else stands on.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "simulator/simulated.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

TEST(Random, IsTheSameEverywhere) {
  Random r = Random::of(1, "host", 2);
  const std::uint64_t first = r.next();
  Random again = Random::of(1, "host", 2);
  EXPECT_EQ(again.next(), first);
  EXPECT_NE(Random::of(1, "host", 3).next(), first);
  EXPECT_NE(Random::of(2, "host", 2).next(), first);
  EXPECT_NE(Random::of(1, "hosts", 2).next(), first);
}

TEST(Random, BelowIsEvenAndInBounds) {
  Random r(5);
  std::vector<int> seen(10);
  for (int i = 0; i < 100'000; ++i) ++seen.at(r.below(10));
  for (int count : seen) EXPECT_NEAR(count, 10'000, 5 * std::sqrt(9000.0));
}

TEST(Random, ExponentialHasItsMean) {
  Random r(5);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += r.exponential(60);
  EXPECT_NEAR(sum / 100'000, 60, 60 * 5 / std::sqrt(100'000.0));
}

TEST(Address, ReadsWhatItWrites) {
  std::uint32_t ip = 0;
  for (const char* text : {"0.0.0.0", "10.20.0.1", "203.0.113.10", "255.255.255.255"}) {
    ASSERT_TRUE(parse_ipv4(text, ip)) << text;
    EXPECT_EQ(to_string(Address{ip, nullptr}), text);
  }
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "a.b.c.d", "1.2.3.4 ",
                           "www.example.com"})
    EXPECT_FALSE(parse_ipv4(text, ip)) << text;
}

TEST(Network, ASiteIsTheSameInEveryWorld) {
  TextPool one_pool, other_pool;
  Network one(one_pool), other(other_pool);
  other.site("something.else.example");
  const Site* a = one.site("outlook.office365.com");
  const Site* b = other.site("outlook.office365.com");
  ASSERT_EQ(a->addresses.size(), b->addresses.size());
  EXPECT_EQ(a->addresses[0].v4, b->addresses[0].v4);
  EXPECT_EQ(a->answer->raw, b->answer->raw);
  EXPECT_EQ(one.site("outlook.office365.com"), a);
}

struct Counting final : RecordSink {
  void record(const Event& e) override { events.push_back(e); }
  std::vector<Event> events;
};

// Emits one connection a second, `count` times.
class Ticker final : public Actor {
 public:
  Ticker(Host& host, const Text* none, int count) : host_(host), none_(none), left_(count) {}
  Instant act(Instant now, Stage& stage) override {
    connect(host_, stage, host_.explorer, now,
            {.destination = ipv4(203, 0, 113, 1), .destination_host = none_});
    return --left_ == 0 ? kNever : now + std::chrono::seconds{1};
  }

 private:
  Host& host_;
  const Text* none_;
  int left_;
};

StageSettings collecting_all() {
  StageSettings s;
  s.collected.fill(true);
  return s;
}

TEST(Stage, DeliversEverythingOnceInTheOrderOfWriting) {
  const auto world = make_world({});
  Host& host = world->hosts[0];
  Counting sink;
  Stage stage(collecting_all(), sink);
  for (int i = 0; i < 50; ++i)
    stage.add(std::make_unique<Ticker>(host, world->network.none, 40), host, world->start);
  stage.run();
  EXPECT_EQ(sink.events.size(), 2000u);
  EXPECT_EQ(stage.delivered(), 2000u);
  EXPECT_TRUE(std::is_sorted(sink.events.begin(), sink.events.end(),
                             [](const Event& a, const Event& b) { return a.created < b.created; }));
}

TEST(Stage, EndsOnTheDot) {
  const auto world = make_world({});
  Host& host = world->hosts[0];
  Counting sink;
  StageSettings settings = collecting_all();
  settings.end = world->start + std::chrono::seconds{10};  // acts at 0..9 s, not at 10 s
  Stage stage(settings, sink);
  stage.add(std::make_unique<Ticker>(host, world->network.none, 1000), host, world->start);
  stage.run();
  EXPECT_EQ(sink.events.size(), 10u);
}

TEST(Stage, StopsAfterTheAskedNumberOfRecords) {
  const auto world = make_world({});
  Host& host = world->hosts[0];
  Counting sink;
  StageSettings settings = collecting_all();
  settings.max_records = 123;
  Stage stage(settings, sink);
  stage.add(std::make_unique<Ticker>(host, world->network.none, 1000), host, world->start);
  stage.run();
  EXPECT_EQ(sink.events.size(), 123u);
}

TEST(Host, PortsStayEphemeralAroundTheEnd) {
  const auto world = make_world({});
  Host& host = world->hosts[0];
  std::uint16_t previous = host.next_port();
  int wraps = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::uint16_t port = host.next_port();
    ASSERT_GE(port, 49152);
    ASSERT_NE(port, previous);
    wraps += port < previous;
    previous = port;
  }
  EXPECT_GE(wraps, 3);
}

TEST(Host, ProcessIdsOfResidentsAreNeverGivenAway) {
  const auto world = make_world({});
  Host& host = world->hosts[0];
  const std::set<std::uint32_t> residents = {host.services.pid, host.lsass.pid, host.explorer.pid,
                                             host.schedule.pid, host.sysmon.pid};
  EXPECT_EQ(residents.size(), 5u);
  for (int i = 0; i < 20'000; ++i) {
    const Process p = host.start({.program = &world->program(App::cmd),
                                  .command_line = world->network.none,
                                  .account = &host.user},
                                 world->start);
    ASSERT_EQ(residents.count(p.pid), 0u);
  }
}

}  // namespace
}  // namespace c2sim
