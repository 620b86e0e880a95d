// Test 3: PowerShell opens TCP connections to three ports that only a C2 listener would have.

#include "attacks/attack.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

class PortTest final : public Actor {
 public:
  PortTest(World& world, Host& host, const AttackSettings& settings)
      : world_(world),
        host_(host),
        settings_(settings),
        server_(settings, ipv4(127, 0, 0, 1)),
        random_(Random::of(world.seed, "test3", host.index)) {
    if (settings.port) ports_ = {*settings.port};
  }

  Instant act(Instant now, Stage& stage) override {
    if (!started_) return start(now, stage);
    connect(host_, stage, shell_, now,
            {.destination = server_.pick(random_),
             .destination_host = world_.network.none,
             .port = ports_[next_]},
            {"3", "3.connect"});
    if (++next_ == ports_.size()) return kNever;
    return now + settings_.interval.value_or(Ticks{0}) + time_to_connect(server_, random_);
  }

 private:
  Instant start(Instant now, Stage& stage) {
    started_ = true;
    std::string list;
    for (std::uint16_t p : ports_) list += (list.empty() ? "" : ",") + std::to_string(p);
    const std::string script = "foreach ($p in " + list +
                               ") { try { $c = New-Object Net.Sockets.TcpClient; $c.Connect('" +
                               to_string(server_.first()) + "', $p); $c.Close() } catch { } }";
    const Program& program = attacker(world_, App::powershell, settings_);
    shell_ = launch(host_, stage,
                    {.program = &program,
                     .command_line = world_.text(std::string(program.quoted->raw) +
                                                 "-NoProfile -Command \"" + script + "\""),
                     .account = &host_.user},
                    host_.explorer, now, {"3", "3.process"});
    launch_console(world_, host_, stage, shell_, now + seconds(0.012), {"3", "3.conhost"});
    if (settings_.script_block) {
      log_script(host_, stage, shell_, now + seconds(random_.between(0.3, 0.6)),
                 world_.text(script), random_, {"3", "3.script_block"});
    }
    return now + seconds(random_.between(0.7, 1.2));
  }

  World& world_;
  Host& host_;
  AttackSettings settings_;
  Server server_;
  Random random_;
  std::vector<std::uint16_t> ports_{4444, 8080, 8443};
  std::size_t next_ = 0;
  bool started_ = false;
  Process shell_;
};

}  // namespace

std::unique_ptr<Actor> make_port_test(World& world, Host& host, const AttackSettings& settings) {
  return std::make_unique<PortTest>(world, host, settings);
}

}  // namespace c2sim
