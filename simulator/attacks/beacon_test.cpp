// Test 1: a PowerShell loop that calls the same address five times, 30 s apart.
#include "attacks/attack.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

constexpr std::uint32_t kCheckIns = 5;
constexpr std::uint16_t kPort = 8888;

class BeaconTest final : public Actor {
 public:
  BeaconTest(World& world, Host& host, const AttackSettings& settings)
      : world_(world),
        host_(host),
        settings_(settings),
        server_(settings, ipv4(127, 0, 0, 1)),
        random_(Random::of(world.seed, "test1", host.index)),
        rhythm_{settings.interval.value_or(std::chrono::seconds{30}), settings.jitter.value_or(0),
                settings.law.value_or(Law::symmetric)},
        left_(settings.check_ins.value_or(kCheckIns)),
        port_(settings.port.value_or(kPort)) {}

  Instant act(Instant now, Stage& stage) override {
    if (!started_) return start(now, stage);
    connect(host_, stage, shell_, now,
            {.destination = server_.pick(random_),
             .destination_host = world_.network.none,
             .port = port_},
            {"1", "1.connect"});
    if (--left_ == 0) return kNever;
    return now + rhythm_.draw(random_) + time_to_connect(server_, random_);
  }

 private:
  Instant start(Instant now, Stage& stage) {
    started_ = true;
    const std::string script =
        "1.." + std::to_string(left_) +
        " | ForEach-Object { try { Invoke-WebRequest -Uri 'http://" + to_string(server_.first()) +
        ":" + std::to_string(port_) +
        "/' -UseBasicParsing -TimeoutSec 5 | Out-Null } catch { }; Start-Sleep -Seconds " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(rhythm_.interval).count()) +
        " }";
    const Program& program = attacker(world_, App::powershell, settings_);
    shell_ = launch(host_, stage,
                    {.program = &program,
                     .command_line = world_.text(std::string(program.quoted->raw) +
                                                 "-NoProfile -Command \"" + script + "\""),
                     .account = &host_.user},
                    host_.explorer, now, {"1", "1.process"});
    launch_console(world_, host_, stage, shell_, now + seconds(0.012), {"1", "1.conhost"});
    if (settings_.script_block) {
      log_script(host_, stage, shell_, now + seconds(random_.between(0.4, 0.7)),
                 world_.text(script), random_, {"1", "1.script_block"});
    }
    return now + seconds(random_.between(0.8, 1.4));  // PowerShell takes its time to start
  }

  World& world_;
  Host& host_;
  AttackSettings settings_;
  Server server_;
  Random random_;
  Rhythm rhythm_;
  std::uint32_t left_;
  std::uint16_t port_;
  bool started_ = false;
  Process shell_;
};

}  // namespace

std::unique_ptr<Actor> make_beacon_test(World& world, Host& host, const AttackSettings& settings) {
  return std::make_unique<BeaconTest>(world, host, settings);
}

}  // namespace c2sim
