#include "background/habit.h"

#include <algorithm>
#include <array>

#include "world/deeds.h"

namespace c2sim {
namespace {

using Names = std::string_view;
constexpr Ticks s(std::int64_t n) { return std::chrono::seconds{n}; }
constexpr Rhythm every(std::int64_t seconds_, double jitter) {
  return {s(seconds_), jitter, Law::symmetric};
}
constexpr Rhythm about_every(std::int64_t seconds_) { return {s(seconds_), 0, Law::exponential}; }

constexpr Names kEdr[] = {"sensor-eu.northwall-cloud.com"};
constexpr Names kRmm[] = {"agent.kestrel-rmm.io"};
constexpr Names kBackup[] = {"eu-gateway.tidemark-backup.net"};
constexpr Names kVpn[] = {"portal.fennec-vpn.net"};
constexpr Names kLockbox[] = {"sync.lockbox.app"};
constexpr Names kForwarder[] = {"10.20.0.30"};
constexpr Names kInventory[] = {"10.20.0.40"};
constexpr Names kPrinter[] = {"10.20.0.50"};
constexpr Names kDomainController[] = {"10.20.0.10", "10.20.0.11"};
constexpr Names kFileServer[] = {"10.20.0.20"};
constexpr Names kPush[] = {"client.wns.windows.com"};
constexpr Names kTime[] = {"time.windows.com"};
constexpr Names kGoogleUpdate[] = {"update.googleapis.com", "edgedl.me.gvt1.com"};
constexpr Names kEdgeUpdate[] = {"msedge.api.cdp.microsoft.com", "config.edge.skype.com"};
constexpr Names kOneDriveUpdate[] = {"oneclient.sfx.ms", "g.live.com"};
constexpr Names kAdobe[] = {"armmf.adobe.com", "acroipm2.adobe.com"};
constexpr Names kMozilla[] = {"aus5.mozilla.org", "incoming.telemetry.mozilla.org"};
constexpr Names kOffice[] = {"officecdn.microsoft.com", "mrodevicemgr.officeapps.live.com"};
constexpr Names kDelivery[] = {"geo.prod.do.dsp.mp.microsoft.com",
                               "kv801.prod.do.dsp.mp.microsoft.com",
                               "array801.prod.do.dsp.mp.microsoft.com"};
constexpr Names kWindowsUpdate[] = {"slscr.update.microsoft.com", "fe3cr.delivery.mp.microsoft.com",
                                    "ctldl.windowsupdate.com"};
constexpr Names kDefender[] = {"wdcp.microsoft.com", "wd.microsoft.com",
                               "europe.smartscreen.microsoft.com"};
constexpr Names kTelemetry[] = {"v10.events.data.microsoft.com", "settings-win.data.microsoft.com"};
constexpr Names kTeams[] = {"teams.microsoft.com", "presence.teams.microsoft.com",
                            "eu-api.asm.skype.com", "statics.teams.cdn.office.net"};
constexpr Names kOutlook[] = {"outlook.office365.com", "substrate.office.com",
                              "nexusrules.officeapps.live.com"};
constexpr Names kOneDrive[] = {"corp-my.sharepoint.com", "skydrivesync.policies.live.net",
                               "self.events.data.microsoft.com"};
constexpr Names kSlack[] = {"wss-primary.slack.com", "edgeapi.slack.com", "files.slack.com"};
constexpr Names kZoom[] = {"us05web.zoom.us", "log-gateway.zoom.us"};
constexpr Names kSpotify[] = {"apresolve.spotify.com", "gew1-spclient.spotify.com", "i.scdn.co"};
constexpr Names kCertificates[] = {"ocsp.digicert.com", "crl3.digicert.com", "r10.o.lencr.org"};
constexpr Names kIntune[] = {"graph.microsoft.com", "manage.microsoft.com"};
constexpr Names kNone[] = {""};
constexpr std::span<const Names> kNowhere{kNone, 0};

constexpr Names kSchedulerUpdate = "--wake --system";

constexpr std::array kAgents = {
    Habit{.app = App::edr, .pace = every(60, 0.1), .sites = kEdr, .asks_dns = 0.1},
    Habit{.app = App::siem_forwarder,
          .pace = every(120, 0.02),
          .sites = kForwarder,
          .port = 6514,
          .asks_dns = 0},
    Habit{.app = App::rmm, .pace = every(300, 0.05), .sites = kRmm, .asks_dns = 0.2, .owners = 0.9},
    Habit{.app = App::backup, .pace = every(900, 0.2), .sites = kBackup, .owners = 0.4},
    Habit{.app = App::inventory,
          .pace = every(3600, 0.1),
          .sites = kInventory,
          .port = 80,
          .asks_dns = 0},
    Habit{.app = App::print_client,
          .pace = every(60, 0.0),
          .sites = kPrinter,
          .port = 9191,
          .asks_dns = 0,
          .owners = 0.6},
    Habit{.app = App::vpn,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = every(120, 0.02),
          .sites = kVpn,
          .owners = 0.2},
    Habit{.app = App::password_manager,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = every(600, 0.1),
          .sites = kLockbox,
          .owners = 0.3},
    // Push: the connection is renewed when the server lets it go.
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s WpnService",
          .pace = every(2700, 0.03),
          .sites = kPush},
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k LocalService -p -s W32Time",
          .who = Who::local_service,
          .pace = every(1024, 0.0),
          .sites = kTime,
          .port = 123,
          .udp = true},
    Habit{.app = App::google_update,
          .command_line = kSchedulerUpdate,
          .parent = Parent::schedule,
          .pace = every(3600, 0.02),
          .sites = kGoogleUpdate,
          .sites_at_once = 2,
          .owners = 0.7,
          .every_time_new = true},
    Habit{.app = App::edge_update,
          .command_line = "/ua /installsource scheduler",
          .parent = Parent::schedule,
          .pace = every(3600, 0.02),
          .sites = kEdgeUpdate,
          .every_time_new = true},
};

constexpr std::array kOffices = {
    Habit{.app = App::onedrive_updater,
          .who = Who::user,
          .parent = Parent::schedule,
          .pace = every(86400, 0.2),
          .sites = kOneDriveUpdate,
          .sites_at_once = 2,
          .every_time_new = true},
    Habit{.app = App::adobe_arm,
          .who = Who::user,
          .parent = Parent::schedule,
          .pace = every(14400, 0.1),
          .sites = kAdobe,
          .owners = 0.8,
          .every_time_new = true},
    Habit{.app = App::firefox_updater,
          .command_line = "do-task \"308046B0AF4A39CB\"",
          .who = Who::user,
          .parent = Parent::schedule,
          .pace = every(86400, 0.1),
          .sites = kMozilla,
          .sites_at_once = 2,
          .owners = 0.1,
          .every_time_new = true},
    Habit{.app = App::office_c2r,
          .command_line = "/frequentupdate SCHEDULEDTASK displaylevel=False",
          .parent = Parent::schedule,
          .pace = every(21600, 0.3),
          .sites = kOffice,
          .every_time_new = true},
    Habit{.app = App::mpcmdrun,
          .command_line = "SignatureUpdate -ScheduleJob -RestrictPrivileges",
          .parent = Parent::schedule,
          .pace = every(14400, 0.1),
          .sites = kDefender,
          .every_time_new = true},
    Habit{.app = App::gpupdate,
          .command_line = "/target:computer",
          .parent = Parent::schedule,
          .pace = every(6300, 0.14),
          .sites = kDomainController,
          .port = 389,
          .asks_dns = 0,
          .every_time_new = true},
    Habit{.app = App::powershell,
          .command_line = "-NoProfile -ExecutionPolicy AllSigned -File "
                          "\"C:\\ProgramData\\Corp\\Inventory\\collect.ps1\"",
          .parent = Parent::inventory,
          .pace = every(28800, 0.3),
          .sites = kIntune,
          .asks_dns = 1,
          .owners = 0.5,
          .every_time_new = true},
    Habit{.app = App::usoclient,
          .command_line = "StartScan",
          .parent = Parent::schedule,
          .pace = every(21600, 0.4),
          .sites = kNowhere,
          .every_time_new = true},
    Habit{.app = App::mousocoreworker,
          .command_line = "-Embedding",
          .parent = Parent::dcom_launch,
          .pace = about_every(14400),
          .sites = kWindowsUpdate,
          .sites_at_once = 2,
          .every_time_new = true},
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s DoSvc",
          .who = Who::network_service,
          .pace = about_every(1800),
          .sites = kDelivery,
          .sites_at_once = 2},
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s wuauserv",
          .pace = about_every(5400),
          .sites = kWindowsUpdate,
          .sites_at_once = 3},
    Habit{.command_line = "C:\\Windows\\System32\\svchost.exe -k utcsvc -p",
          .pace = about_every(900),
          .sites = kTelemetry},
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s CryptSvc",
          .who = Who::network_service,
          .pace = about_every(2400),
          .sites = kCertificates,
          .port = 80,
          .asks_dns = 0.8},
    Habit{.command_line = "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s Dnscache",
          .who = Who::network_service,
          .pace = about_every(150),
          .sites = kDomainController,
          .port = 53,
          .udp = true,
          .asks_dns = 0},
    Habit{.app = App::msmpeng, .pace = about_every(1800), .sites = kDefender},
    Habit{.app = App::lsass,
          .command_line = "C:\\Windows\\system32\\lsass.exe",
          .pace = about_every(1200),
          .sites = kDomainController,
          .port = 88,
          .asks_dns = 0},
    Habit{.app = App::explorer,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(900),
          .sites = kFileServer,
          .port = 445,
          .asks_dns = 0,
          .working_hours = true},
    Habit{.app = App::spoolsv,
          .command_line = "C:\\Windows\\System32\\spoolsv.exe",
          .pace = about_every(5400),
          .sites = kPrinter,
          .port = 9100,
          .asks_dns = 0,
          .working_hours = true},
    Habit{.app = App::teams,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(120),
          .sites = kTeams,
          .sites_at_once = 2,
          .working_hours = true},
    Habit{.app = App::outlook,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(180),
          .sites = kOutlook,
          .sites_at_once = 2,
          .working_hours = true},
    Habit{.app = App::onedrive,
          .command_line = "/background",
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = every(300, 0.3),
          .sites = kOneDrive},
    Habit{.app = App::slack,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(400),
          .sites = kSlack,
          .owners = 0.3,
          .working_hours = true},
    Habit{.app = App::zoom,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(3600),
          .sites = kZoom,
          .sites_at_once = 2,
          .owners = 0.5,
          .working_hours = true},
    Habit{.app = App::spotify,
          .who = Who::user,
          .parent = Parent::explorer,
          .pace = about_every(300),
          .sites = kSpotify,
          .sites_at_once = 2,
          .owners = 0.15,
          .working_hours = true},
};

class HabitActor final : public Actor {
 public:
  HabitActor(World& world, Host& host, const Habit& habit, Instant resident_since)
      : host_(host),
        habit_(habit),
        random_(Random::of(world.seed, habit.command_line,
                           host.index * 256 + static_cast<std::size_t>(habit.app))) {
    const Program& program = world.program(habit.app);
    // A full path is a whole command line; anything else are arguments.
    const bool whole = habit.command_line.size() > 2 && habit.command_line[1] == ':';
    launch_ = {.program = &program,
               .command_line = whole ? world.text(habit.command_line)
                                     : world.text(std::string(program.quoted->raw) +
                                                  std::string(habit.command_line)),
               .account = &account_of(host, habit.who)};
    if (!habit.every_time_new) become_resident(resident_since);
    for (std::string_view site : habit.sites) {
      std::uint32_t ip = 0;
      sites_.push_back(parse_ipv4(site, ip)
                           ? world.network.site_at(site, {Address{ip, nullptr}}, "")
                           : world.network.site(site));
      local_.push_back(ip != 0);
    }
  }

  Instant act(Instant now, Stage& stage) override {
    if (habit_.working_hours && !working_hours(now))
      return next_working_hour(now) + seconds(random_.exponential(600) + 1);
    Instant t = now;
    if (habit_.every_time_new) {
      process_ = launch(host_, stage, launch_, parent_of(host_, habit_.parent), now);
      t += seconds(random_.between(0.2, 2.0));
    }
    visit(t, stage);
    return now + std::max(habit_.pace.draw(random_), seconds(0.001));
  }

 private:
  // Some are there already: Windows starts them at boot.
  void become_resident(Instant since) {
    switch (habit_.app) {
      case App::msmpeng:
        process_ = host_.msmpeng;
        return;
      case App::lsass:
        process_ = host_.lsass;
        return;
      case App::explorer:
        process_ = host_.explorer;
        return;
      case App::spoolsv:
        process_ = host_.spoolsv;
        return;
      case App::inventory:
        process_ = host_.inventory;
        return;
      default:
        break;
    }
    if (launch_.command_line == host_.dns_cache.command_line) {
      process_ = host_.dns_cache;
      return;
    }
    Launch resident = launch_;
    resident.resident = true;
    process_ = host_.start(resident, since);
  }

  void visit(Instant t, Stage& stage) {
    if (sites_.empty()) return;
    const auto count = 1 + random_.below(static_cast<std::uint32_t>(habit_.sites_at_once));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t which = random_.below(static_cast<std::uint32_t>(sites_.size()));
      const Site& site = *sites_[which];
      if (!local_[which] && random_.chance(habit_.asks_dns)) {
        resolve(host_, stage, process_, t, site.name, 0, site.answer);
        t += seconds(random_.between(0.005, 0.06));
      }
      const auto addresses = static_cast<std::uint32_t>(site.addresses.size());
      connect(host_, stage, process_, t,
              {.destination = site.addresses[random_.below(addresses)],
               .destination_host = site.reverse,
               .port = habit_.port,
               .udp = habit_.udp});
      t += seconds(random_.between(0.02, 0.8));
    }
  }

  Host& host_;
  Habit habit_;
  Random random_;
  Launch launch_;
  Process process_;
  std::vector<const Site*> sites_;
  std::vector<bool> local_;
};

}  // namespace

std::span<const Habit> agent_habits() { return kAgents; }
std::span<const Habit> office_habits() { return kOffices; }

std::unique_ptr<Actor> make_habit(World& world, Host& host, const Habit& habit,
                                  Instant resident_since) {
  return std::make_unique<HabitActor>(world, host, habit, resident_since);
}

const Account& account_of(const Host& host, Who who) {
  switch (who) {
    case Who::system:
      return host.local_system;
    case Who::network_service:
      return host.network_service;
    case Who::local_service:
      return host.local_service;
    case Who::user:
      return host.user;
  }
  return host.user;
}

const Process& parent_of(const Host& host, Parent parent) {
  switch (parent) {
    case Parent::services:
      return host.services;
    case Parent::schedule:
      return host.schedule;
    case Parent::dcom_launch:
      return host.dcom_launch;
    case Parent::explorer:
      return host.explorer;
    case Parent::search_indexer:
      return host.search_indexer;
    case Parent::inventory:
      return host.inventory;
  }
  return host.services;
}

}  // namespace c2sim
