// A framework's implant: one process that checks in with its server for as long as the world lasts.
#include "attacks/attack.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

class Beacon final : public Actor {
 public:
  Beacon(World& world, Host& host, const AttackSettings& settings, const Framework& framework)
      : world_(world),
        host_(host),
        settings_(settings),
        framework_(framework),
        server_(settings, ipv4(203, 0, 113, 10)),
        random_(Random::of(world.seed, framework.name, host.index)),
        rhythm_{settings.interval.value_or(framework.rhythm.interval),
                settings.jitter.value_or(framework.rhythm.jitter),
                settings.law.value_or(framework.rhythm.law)},
        left_(settings.check_ins.value_or(UINT32_MAX)),
        port_(settings.port.value_or(framework.port)) {
    const bool over_dns = framework.transport == Transport::dns;
    if (!settings.domains.empty()) {
      domain_ = settings.domains.front();
    } else if (over_dns) {
      domain_ = "c2-update-check.com";
    }
    if (!domain_.empty() && !over_dns) {
      name_ = world.text(domain_);
      answer_ = world.text("::ffff:" + to_string(server_.first()) + ";");
    }
  }

  Instant act(Instant now, Stage& stage) override {
    if (settings_.working_hours && !working_hours(now))
      return next_working_hour(now) + rhythm_.draw(random_);
    if (!started_) return start(now, stage);
    check_in(now, stage);
    if (--left_ == 0) return kNever;
    // The implant sleeps after its work is done: a round trip, now and then a task.
    const double work = random_.between(0.05, 0.25) + (random_.chance(0.02) ? 2.0 : 0.0);
    return now + rhythm_.draw(random_) + seconds(work);
  }

 private:
  Instant start(Instant now, Stage& stage) {
    started_ = true;
    const Program& program = attacker(world_, framework_.app, settings_);
    const Text* line = framework_.command_line.empty() || !settings_.image.empty()
                           ? program.quoted
                           : world_.text(framework_.command_line);
    process_ =
        launch(host_, stage, {.program = &program, .command_line = line, .account = &host_.user},
               host_.explorer, now, {framework_.name, "beacon.process"});
    return now + seconds(random_.between(0.5, 2.0));
  }

  void check_in(Instant now, Stage& stage) {
    const Label dns{framework_.name, "beacon.dns"};
    if (framework_.transport == Transport::dns) {
      resolve(host_, stage, process_, now, subdomain(), 0, world_.text("type:  16 ;"), dns);
      return;
    }
    // Windows asks again once the answer has left its cache.
    if (name_ != nullptr && (asked_until_ <= now)) {
      resolve(host_, stage, process_, now, name_, 0, answer_, dns);
      asked_until_ = now + std::chrono::minutes{5};
    }
    connect(host_, stage, process_, now + seconds(random_.between(0.004, 0.03)),
            {.destination = server_.pick(random_),
             .destination_host = world_.network.none,
             .port = port_},
            {framework_.name, "beacon.connect"});
  }

  // Data in the label, a pool of 512 so that texts stay bounded.
  const Text* subdomain() {
    const std::uint64_t data = mix(world_.seed ^ host_.index * 512 ^ random_.below(512));
    std::string label;
    for (int shift = 0; shift < 60; shift += 5)
      label += "abcdefghijklmnopqrstuvwxyz234567"[(data >> shift) & 31];
    return world_.text(label + "." + domain_);
  }

  World& world_;
  Host& host_;
  AttackSettings settings_;
  Framework framework_;
  Server server_;
  Random random_;
  Rhythm rhythm_;
  std::uint32_t left_;
  std::uint16_t port_;
  std::string domain_;
  const Text* name_ = nullptr;
  const Text* answer_ = nullptr;
  Instant asked_until_{};
  bool started_ = false;
  Process process_;
};

}  // namespace

std::unique_ptr<Actor> make_beacon(World& world, Host& host, const AttackSettings& settings,
                                   const Framework& framework) {
  return std::make_unique<Beacon>(world, host, settings, framework);
}

}  // namespace c2sim
