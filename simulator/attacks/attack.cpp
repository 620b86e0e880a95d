#include "attacks/attack.h"

#include "world/deeds.h"

namespace c2sim {

const Program& attacker(World& world, App app, const AttackSettings& settings) {
  const Program& program = world.program(app);
  return settings.image.empty() ? program : world.programs.renamed(program, settings.image);
}

Server::Server(const AttackSettings& settings, Address fallback)
    : first_(settings.server.value_or(fallback)), count_(settings.addresses) {}

Address Server::pick(Random& random) const {
  return {first_.v4 + (count_ > 1 ? random.below(count_) : 0), nullptr};
}

Ticks time_to_connect(const Server& server, Random& random) {
  return server.loopback() ? seconds(random.between(2.02, 2.06))   // nobody listens
                           : seconds(random.between(0.03, 0.12));  // a round trip or two
}

void log_script(Host& host, Stage& stage, const Process& process, Instant when, const Text* script,
                Random& random, Label label) {
  const auto any_guid = [&] {
    return Guid{static_cast<std::uint32_t>(random.next()),
                static_cast<std::uint32_t>(random.next()), random.next()};
  };
  Event e;
  e.host = &host;
  e.utc = when;
  e.label = label;
  e.what = ScriptBlock{process, script, any_guid(), any_guid()};
  stage.emit(e);
}

void launch_console(World& world, Host& host, Stage& stage, const Process& owner, Instant when,
                    Label label) {
  launch(
      host, stage,
      {.program = &world.program(App::conhost),
       .command_line = world.text("\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1"),
       .directory = world.text("C:\\Windows"),
       .account = owner.account},
      owner, when, label);
}

}  // namespace c2sim
