// Test 2: PowerShell resolves five domains that look rented; most do not exist.
#include <array>

#include "attacks/attack.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

// Invented names on five public suffixes, so that five registered domains are asked for.
constexpr std::array kDomains = {"c2-update-check.com", "cdn-telemetry-sync.net",
                                 "secure-health-gateway.org", "ms-network-status.info",
                                 "api-metrics-relay.co.uk"};

constexpr std::uint32_t kNameError = 9003;  // DNS_ERROR_RCODE_NAME_ERROR

class DnsTest final : public Actor {
 public:
  DnsTest(World& world, Host& host, const AttackSettings& settings)
      : world_(world),
        host_(host),
        settings_(settings),
        domains_(settings.domains),
        random_(Random::of(world.seed, "test2", host.index)) {
    if (domains_.empty()) domains_.assign(kDomains.begin(), kDomains.end());
  }

  Instant act(Instant now, Stage& stage) override {
    if (next_ == kNotStarted) return start(now, stage);

    // The last one is parked somewhere and answers, as one in five of such names does.
    const bool answered = next_ + 1 == domains_.size() && domains_.size() > 1;
    const Text* name = world_.text(domains_[next_]);
    const std::uint32_t status = answered ? 0 : kNameError;
    const Text* parked = world_.text("::ffff:203.0.113.80;");
    resolve(host_, stage, shell_, now, name, status, answered ? parked : world_.network.none,
            {"2", "2.dns"});
    if (settings_.dns_client) {
      Event e;
      e.host = &host_;
      e.utc = now;
      e.label = {"2", "2.dns_client"};
      e.what = DnsClient{shell_, name, status, answered ? parked : world_.text("")};
      stage.emit(e);
    }
    if (++next_ == domains_.size()) return kNever;
    return now + settings_.interval.value_or(seconds(1)) + seconds(random_.between(0.02, 0.4));
  }

 private:
  static constexpr std::size_t kNotStarted = SIZE_MAX;

  Instant start(Instant now, Stage& stage) {
    next_ = 0;
    std::string script = "@(";
    for (const std::string& d : domains_) script += (d == domains_.front() ? "'" : ",'") + d + "'";
    script +=
        ") | ForEach-Object { Resolve-DnsName -Name $_ -ErrorAction SilentlyContinue; Start-Sleep "
        "-Seconds 1 }";
    const Program& program = attacker(world_, App::powershell, settings_);
    shell_ = launch(host_, stage,
                    {.program = &program,
                     .command_line = world_.text(std::string(program.quoted->raw) +
                                                 "-NoProfile -Command \"" + script + "\""),
                     .account = &host_.user},
                    host_.explorer, now, {"2", "2.process"});
    launch_console(world_, host_, stage, shell_, now + seconds(0.012), {"2", "2.conhost"});
    if (settings_.script_block) {
      log_script(host_, stage, shell_, now + seconds(random_.between(0.4, 0.7)),
                 world_.text(script), random_, {"2", "2.script_block"});
    }
    return now + seconds(random_.between(0.9, 1.6));
  }

  World& world_;
  Host& host_;
  AttackSettings settings_;
  std::vector<std::string> domains_;
  Random random_;
  std::size_t next_ = kNotStarted;
  Process shell_;
};

}  // namespace

std::unique_ptr<Actor> make_dns_test(World& world, Host& host, const AttackSettings& settings) {
  return std::make_unique<DnsTest>(world, host, settings);
}

}  // namespace c2sim
