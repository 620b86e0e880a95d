#include "background/people.h"

#include <array>
#include <cmath>
#include <string_view>

#include "attacks/attack.h"
#include "background/habit.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

constexpr std::array<std::string_view, 40> kWeb = {"www.google.com",
                                                   "fonts.gstatic.com",
                                                   "www.bing.com",
                                                   "edge.microsoft.com",
                                                   "www.msn.com",
                                                   "fonts.googleapis.com",
                                                   "www.youtube.com",
                                                   "login.microsoftonline.com",
                                                   "www.linkedin.com",
                                                   "static.licdn.com",
                                                   "github.com",
                                                   "cdn.jsdelivr.net",
                                                   "stackoverflow.com",
                                                   "en.wikipedia.org",
                                                   "www.spiegel.de",
                                                   "www.bbc.co.uk",
                                                   "www.heise.de",
                                                   "www.amazon.de",
                                                   "m.media-amazon.com",
                                                   "securepubads.g.doubleclick.net",
                                                   "cdn.consentmanager.net",
                                                   "static.cloudflareinsights.com",
                                                   "www.deepl.com",
                                                   "app.asana.com",
                                                   "jira.corp-tools.io",
                                                   "www.bahn.de",
                                                   "www.booking.com",
                                                   "maps.googleapis.com",
                                                   "www.nytimes.com",
                                                   "api.segment.io",
                                                   "browser.sentry-cdn.com",
                                                   "js.stripe.com",
                                                   "www.figma.com",
                                                   "www.notion.so",
                                                   "www.dropbox.com",
                                                   "web.whatsapp.com",
                                                   "www.weather.com",
                                                   "www.sap.com",
                                                   "www.salesforce.com",
                                                   "collector.tracking-metrics.net"};

// Zipf over a list: the first names are the popular ones.
std::size_t popular(Random& random, std::size_t size) {
  const double x = std::exp(random.unit() * std::log(static_cast<double>(size) + 1));
  return std::min(size - 1, static_cast<std::size_t>(x) - 1);
}

class Browser final : public Actor {
 public:
  Browser(World& world, Host& host, Instant since)
      : host_(host), random_(Random::of(world.seed, "browser", host.index)) {
    const double which = random_.unit();
    const App app = which < 0.6 ? App::msedge : which < 0.95 ? App::chrome : App::firefox;
    program_ = &world.program(app);
    process_ = host.start({.program = program_,
                           .command_line = program_->quoted,
                           .directory = program_->directory,
                           .account = &host.user,
                           .resident = true},
                          since);
    for (std::string_view name : kWeb) sites_.push_back(world.network.site(name));
    for (int i = 0; i < 64; ++i) {
      renderers_.push_back(world.text(
          std::string(program_->quoted->raw) +
          "--type=renderer --lang=en-US --device-scale-factor=1 --num-raster-threads=4 "
          "--renderer-client-id=" +
          std::to_string(5 + i) + " --time-ticks-at-unix-epoch=-1709366400" +
          std::to_string(100000 + 7919 * i) +
          " --launch-time-ticks=" + std::to_string(84000000 + 104729 * i) + " /prefetch:1"));
    }
  }

  Instant act(Instant now, Stage& stage) override {
    if (!working_hours(now)) return next_working_hour(now) + seconds(random_.exponential(1200) + 1);
    Instant t = now;
    if (random_.chance(0.4)) {
      launch(host_, stage,
             {.program = program_,
              .command_line = renderers_[random_.below(64)],
              .directory = program_->directory,
              .account = &host_.user},
             process_, t);
      t += seconds(random_.between(0.02, 0.2));
    }
    const std::uint32_t resources = 1 + random_.below(8);
    for (std::uint32_t i = 0; i < resources; ++i) {
      const Site& site = *sites_[popular(random_, sites_.size())];
      if (random_.chance(0.5)) {
        resolve(host_, stage, process_, t, site.name, 0, site.answer);
        t += seconds(random_.between(0.003, 0.05));
      }
      const auto addresses = static_cast<std::uint32_t>(site.addresses.size());
      connect(host_, stage, process_, t,
              {.destination = site.addresses[random_.below(addresses)],
               .destination_host = site.reverse,
               .udp = random_.chance(0.25)});  // QUIC
      t += seconds(random_.between(0.005, 0.6));
    }
    // Reading a page, or being elsewhere for a while.
    return t + seconds(random_.exponential(random_.chance(0.15) ? 1800 : 70) + 0.5);
  }

 private:
  Host& host_;
  Random random_;
  const Program* program_;
  Process process_;
  std::vector<const Site*> sites_;
  std::vector<const Text*> renderers_;
};

struct Noise {
  App app;
  std::string_view command_line;  // whole
  Who who;
  Parent parent;
  int weight;
};

constexpr std::array kNoises = {
    Noise{App::taskhostw, "taskhostw.exe", Who::user, Parent::schedule, 8},
    Noise{App::taskhostw, "taskhostw.exe Install $(Arg0)", Who::user, Parent::schedule, 2},
    Noise{App::taskhostw, "taskhostw.exe KEYROAMING", Who::user, Parent::schedule, 2},
    Noise{App::runtime_broker, "C:\\Windows\\System32\\RuntimeBroker.exe -Embedding", Who::user,
          Parent::dcom_launch, 10},
    Noise{App::dllhost,
          "C:\\Windows\\system32\\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
          Who::user, Parent::dcom_launch, 10},
    Noise{App::background_task_host,
          "\"C:\\Windows\\system32\\backgroundTaskHost.exe\" "
          "-ServerName:BackgroundTaskHost.WebAccountProvider",
          Who::user, Parent::dcom_launch, 6},
    Noise{App::search_protocol_host,
          "\"C:\\Windows\\system32\\SearchProtocolHost.exe\" Global\\UsGthrFltPipeMssGthrPipe45_ "
          "Global\\UsGthrCtrlFltPipeMssGthrPipe45 1 -2147483646 \"Software\\Microsoft\\Windows "
          "Search\" \"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT; MS Search 4.0 Robot)\" "
          "\"C:\\ProgramData\\Microsoft\\Search\\Data\\Temp\\usgthrsvc\" \"DownLevelDaemon\" ",
          Who::system, Parent::search_indexer, 8},
    Noise{App::search_filter_host,
          "\"C:\\Windows\\system32\\SearchFilterHost.exe\" 0 828 832 840 8192 836 812 ",
          Who::system, Parent::search_indexer, 8},
    Noise{App::wmi_prvse, "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding",
          Who::network_service, Parent::dcom_launch, 5},
    Noise{App::svchost, "C:\\Windows\\system32\\svchost.exe -k wsappx -p -s AppXSvc", Who::system,
          Parent::services, 3},
    Noise{App::svchost, "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s BITS", Who::system,
          Parent::services, 3},
    Noise{App::sppsvc, "C:\\Windows\\system32\\sppsvc.exe", Who::network_service, Parent::services,
          2},
    Noise{App::comppkgsrv, "C:\\Windows\\System32\\CompPkgSrv.exe -Embedding", Who::user,
          Parent::dcom_launch, 2},
    Noise{App::smartscreen, "C:\\Windows\\System32\\smartscreen.exe -Embedding", Who::user,
          Parent::dcom_launch, 3},
    Noise{App::tiworker, "C:\\Windows\\winsxs\\TiWorker.exe -Embedding", Who::system,
          Parent::dcom_launch, 1},
    Noise{App::winword,
          "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE\" /n "
          "\"S:\\Projects\\2026\\offer.docx\" /o \"\"",
          Who::user, Parent::explorer, 2},
    Noise{App::excel,
          "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE\" "
          "\"S:\\Controlling\\budget.xlsx\"",
          Who::user, Parent::explorer, 2},
    Noise{App::notepad, "\"C:\\Windows\\system32\\NOTEPAD.EXE\" C:\\Temp\\notes.txt", Who::user,
          Parent::explorer, 1},
    Noise{App::cmd, "C:\\Windows\\system32\\cmd.exe /c \"\\\\corp.example.com\\netlogon\\map.cmd\"",
          Who::user, Parent::explorer, 1},
    Noise{App::rundll32,
          "C:\\Windows\\system32\\rundll32.exe C:\\Windows\\system32\\PcaSvc.dll,PcaPatchSdbTask",
          Who::system, Parent::schedule, 1},
};

class SystemNoise final : public Actor {
 public:
  SystemNoise(World& world, Host& host)
      : world_(world), host_(host), random_(Random::of(world.seed, "system noise", host.index)) {
    for (std::size_t i = 0; i < kNoises.size(); ++i)
      lot_.insert(lot_.end(), static_cast<std::size_t>(kNoises[i].weight), i);
  }

  Instant act(Instant now, Stage& stage) override {
    const Noise& n = kNoises[lot_[random_.below(static_cast<std::uint32_t>(lot_.size()))]];
    if (n.parent != Parent::explorer || working_hours(now)) {
      launch(host_, stage,
             {.program = &world_.program(n.app),
              .command_line = world_.text(n.command_line),
              .account = &account_of(host_, n.who)},
             parent_of(host_, n.parent), now);
    }
    return now + seconds(random_.exponential(working_hours(now) ? 60 : 300) + 0.001);
  }

 private:
  World& world_;
  Host& host_;
  Random random_;
  std::vector<std::size_t> lot_;
};

class DnsNoise final : public Actor {
 public:
  DnsNoise(World& world, Host& host)
      : world_(world), host_(host), random_(Random::of(world.seed, "dns noise", host.index)) {
    for (int i = 0; i < 199; ++i) {
      burst_.push_back(world.text("fp-" + std::to_string(mix(41, std::to_string(i)) % 100000) +
                                  ".prod.cloud-reputation.example"));
    }
  }

  Instant act(Instant now, Stage& stage) override {
    const double what = random_.unit();
    const Text* none = world_.network.none;
    if (what < 0.0008) {
      // Defender asks for many names at once when its cloud is out of reach.
      Instant t = now;
      for (const Text* name : burst_) {
        resolve(host_, stage, host_.msmpeng, t, name, 9701, none);
        t += seconds(random_.between(0.01, 0.09));
      }
    } else if (what < 0.35) {
      resolve(host_, stage, host_.network_services, now, world_.text("wpad"), 9003, none);
    } else if (what < 0.55) {
      resolve(host_, stage, host_.msmpeng, now, world_.text("wdcpalt.microsoft.com"), 1460, none);
    } else if (what < 0.70) {
      const Process wermgr =
          launch(host_, stage,
                 {.program = &world_.program(App::wermgr),
                  .command_line = world_.text("C:\\Windows\\system32\\wermgr.exe -upload"),
                  .account = &host_.local_system},
                 host_.schedule, now);
      resolve(host_, stage, wermgr, now + seconds(0.4),
              world_.text("umwatson.events.data.microsoft.com"), 9002, none);
    } else if (what < 0.85) {
      resolve(host_, stage, host_.lsass, now, world_.text("_ldap._tcp.dc._msdcs.corp.example.com"),
              0, world_.text("type:  33 ;::ffff:10.20.0.10;::ffff:10.20.0.11;"));
    } else {
      resolve(host_, stage, host_.spoolsv, now, world_.text("print-old.corp.example.com"), 9501,
              none);
    }
    return now + seconds(random_.exponential(900) + 0.001);
  }

 private:
  World& world_;
  Host& host_;
  Random random_;
  std::vector<const Text*> burst_;
};

class LanNoise final : public Actor {
 public:
  LanNoise(World& world, Host& host)
      : world_(world), host_(host), random_(Random::of(world.seed, "lan noise", host.index)) {}

  Instant act(Instant now, Stage& stage) override {
    const double what = random_.unit();
    const Text* none = world_.network.none;
    if (what < 0.3) {
      connect(host_, stage, host_.dns_cache, now,
              {.destination = ipv4(224, 0, 0, 252),
               .destination_host = none,
               .port = 5355,
               .udp = true});
    } else if (what < 0.5) {
      connect(host_, stage, host_.dns_cache, now,
              {.destination = {0, world_.text("ff02:0:0:0:0:0:1:3")},
               .destination_host = none,
               .port = 5355,
               .udp = true});
    } else if (what < 0.7) {
      connect(host_, stage, host_.network_services, now,
              {.destination = ipv4(239, 255, 255, 250),
               .destination_host = none,
               .port = 1900,
               .udp = true});
    } else if (what < 0.95) {
      accept(now, stage);
    } else {
      const Site& site = *world_.network.site(kWeb[popular(random_, kWeb.size())]);
      connect(host_, stage, vanished(), now,
              {.destination = site.addresses.front(), .destination_host = site.reverse});
    }
    return now + seconds(random_.exponential(420) + 0.001);
  }

 private:
  // A process that ended before Sysmon could look at it: no image, a GUID of zeros.
  Process vanished() {
    Process p = host_.start({.program = &world_.program(App::unknown),
                             .command_line = world_.network.none,
                             .account = &host_.local_system},
                            world_.start);
    p.guid = {};
    return p;
  }

  // A scan by the inventory server, or a colleague's machine looking around.
  void accept(Instant now, Stage& stage) {
    NetworkConnect c;
    c.process = host_.system;
    c.initiated = false;
    c.source = ipv4(10, 20, 0, 40 + random_.below(3));
    c.source_host = world_.network.none;
    c.source_port = static_cast<std::uint16_t>(49152 + random_.below(16384));
    c.destination = {host_.ip, nullptr};
    c.destination_host = host_.name;
    c.destination_port = 445;
    Event e;
    e.host = &host_;
    e.utc = now;
    e.what = c;
    stage.emit(e);
  }

  World& world_;
  Host& host_;
  Random random_;
};

struct TaskSpec {
  std::string_view uri, author, command, arguments;
};

constexpr std::array kTasks = {
    TaskSpec{"\\OneDrive Reporting Task-S-1-5-21", "Microsoft Corporation",
             "%localappdata%\\Microsoft\\OneDrive\\OneDriveStandaloneUpdater.exe", "/reporting"},
    TaskSpec{"\\GoogleSystem\\GoogleUpdater\\GoogleUpdaterTaskSystem126.0.6462.0", "Google LLC",
             "C:\\Program Files (x86)\\Google\\GoogleUpdater\\126.0.6462.0\\updater.exe",
             "--wake --system"},
    TaskSpec{"\\Microsoft\\Office\\Office Automatic Updates 2.0", "Microsoft Office",
             "C:\\Program Files\\Common Files\\Microsoft Shared\\ClickToRun\\OfficeC2RClient.exe",
             "/frequentupdate SCHEDULEDTASK displaylevel=False"},
    TaskSpec{"\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Work", "SYSTEM",
             "%systemroot%\\system32\\usoclient.exe", "StartWork"},
};

class TaskNoise final : public Actor {
 public:
  TaskNoise(World& world, Host& host)
      : world_(world), host_(host), random_(Random::of(world.seed, "task noise", host.index)) {}

  Instant act(Instant now, Stage& stage) override {
    if (first_) {
      first_ = false;
      return now + seconds(random_.exponential(kMean) + 0.001);
    }
    const TaskSpec& spec = kTasks[random_.below(kTasks.size())];
    TaskDefinition task;
    // Registered on another day: few definitions, so that texts stay bounded.
    task.created = std::chrono::floor<std::chrono::hours>(world_.start);
    task.every_minutes = 60;
    task.author = spec.author;
    task.user_id = "S-1-5-18";
    task.uri = spec.uri;
    task.command = spec.command;
    task.arguments = spec.arguments;
    Event e;
    e.host = &host_;
    e.utc = now;
    e.what = TaskCreated{.subject = &host_.local_system,
                         .task = world_.text(task.uri),
                         .content = world_.text(task_xml(task)),
                         .client = host_.bits,
                         .client_parent_pid = host_.services.pid,
                         .activity = {static_cast<std::uint32_t>(random_.next()),
                                      static_cast<std::uint32_t>(random_.next()), random_.next()}};
    stage.emit(e);
    return now + seconds(random_.exponential(kMean) + 0.001);
  }

 private:
  static constexpr double kMean = 12 * 3600;  // twice a day and host

  World& world_;
  Host& host_;
  Random random_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Actor> make_browser(World& world, Host& host, Instant since) {
  return std::make_unique<Browser>(world, host, since);
}
std::unique_ptr<Actor> make_system_noise(World& world, Host& host) {
  return std::make_unique<SystemNoise>(world, host);
}
std::unique_ptr<Actor> make_dns_noise(World& world, Host& host) {
  return std::make_unique<DnsNoise>(world, host);
}
std::unique_ptr<Actor> make_lan_noise(World& world, Host& host) {
  return std::make_unique<LanNoise>(world, host);
}
std::unique_ptr<Actor> make_task_noise(World& world, Host& host) {
  return std::make_unique<TaskNoise>(world, host);
}

}  // namespace c2sim
