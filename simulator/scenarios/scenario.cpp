#include "scenarios/scenario.h"

#include <algorithm>
#include <array>

#include "background/background.h"

namespace c2sim {
namespace {

constexpr std::array<ScenarioName, 5> kScenarios = {{
    {"atomic", "the four tests as written, to 127.0.0.1"},
    {"atomic-remote", "the four tests against a routable test server (203.0.113.10)"},
    {"office", "a working office; --tests puts the four tests, --framework a beacon, into it"},
    {"beacon", "one framework's implant on every attacked host"},
    {"benchmark", "60 % EID 3, 25 % EID 1, 14 % EID 22, 1 % 4698; 200 hosts, Zipf destinations"},
}};

// The tests follow one another with room between them, so that each can be judged alone.
constexpr auto kFirstTest = std::chrono::seconds{60};
constexpr auto kBetweenTests = std::chrono::minutes{8};

std::unique_ptr<Actor> make_test(int test, World& world, Host& host, const AttackSettings& s) {
  switch (test) {
    case 1:
      return make_beacon_test(world, host, s);
    case 2:
      return make_dns_test(world, host, s);
    case 3:
      return make_port_test(world, host, s);
    default:
      return make_task_test(world, host, s);
  }
}

void add_tests(const Settings& settings, World& world, Stage& stage, Host& host) {
  Random random = Random::of(settings.seed, "tests", host.index);
  Instant when = settings.start + kFirstTest + seconds(random.between(0, 30));
  for (int test : settings.tests) {
    stage.add(make_test(test, world, host, settings.attack), host, when);
    when += kBetweenTests + seconds(random.between(0, 30));
  }
}

void add_beacon(const Settings& settings, World& world, Stage& stage, Host& host) {
  const Framework& framework = *find_framework(settings.framework);
  Random random = Random::of(settings.seed, "beacon", host.index);
  stage.add(make_beacon(world, host, settings.attack, framework), host,
            settings.start + seconds(random.between(5, 120)));
}

}  // namespace

std::span<const ScenarioName> scenarios() { return kScenarios; }

void populate(const Settings& settings, World& world, Stage& stage) {
  if (settings.scenario == "benchmark") return populate_benchmark(settings, world, stage);

  for (Host& host : world.hosts) {
    if (settings.offline > 0) {
      Random random = Random::of(settings.seed, "calendar", host.index);
      host.calendar = Calendar::with_gaps(world.start, world.end, settings.offline, random);
    }
    if (settings.background != Background::none)
      add_background(world, host, stage, settings.background == Background::office);
  }

  const bool office = settings.scenario == "office";
  const std::size_t attacked = std::min(settings.hosts, settings.attacked > 0 ? settings.attacked
                                                        : office              ? std::size_t{1}
                                                                              : settings.hosts);
  for (std::size_t i = 0; i < attacked; ++i) {
    Host& host = world.hosts[i];
    if (settings.scenario != "beacon") add_tests(settings, world, stage, host);
    if (settings.scenario == "beacon" || (office && !settings.framework.empty()))
      add_beacon(settings, world, stage, host);
  }
}

}  // namespace c2sim
