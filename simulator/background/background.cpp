#include "background/background.h"

#include "background/habit.h"
#include "background/people.h"

namespace c2sim {
namespace {

void add_habits(World& world, Host& host, Stage& stage, std::span<const Habit> habits,
                Random& random, Instant& since) {
  for (const Habit& habit : habits) {
    if (!random.chance(habit.owners)) continue;
    since += seconds(random.between(0.1, 20));
    // Somewhere inside its first period: machines are not in step with one another.
    const Instant first = world.start + seconds(random.unit() * to_seconds(habit.pace.interval));
    stage.add(make_habit(world, host, habit, since), host, first);
  }
}

}  // namespace

void add_background(World& world, Host& host, Stage& stage, bool people) {
  Random random = Random::of(world.seed, "background", host.index);
  Instant since{std::chrono::seconds{host.explorer.guid.time + 30}};
  add_habits(world, host, stage, agent_habits(), random, since);
  if (!people) return;

  add_habits(world, host, stage, office_habits(), random, since);
  const auto soon = [&](double within) { return world.start + seconds(random.between(0, within)); };
  stage.add(make_browser(world, host, since), host, soon(600));
  stage.add(make_system_noise(world, host), host, soon(60));
  stage.add(make_dns_noise(world, host), host, soon(900));
  stage.add(make_lan_noise(world, host), host, soon(420));
  stage.add(make_task_noise(world, host), host, soon(60));
}

}  // namespace c2sim
