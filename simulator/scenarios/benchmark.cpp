// The standard corpus for measurements: every event is cheap to make and looks like any other.
//
// Shape at 1,000,000 events, 200 hosts, 24 hours: 60 % EID 3, 25 % EID 1, 14 % EID 22, 1 % 4698;
// about 168,000 connections outlive the exclusions of the seed's query, on about 144,000 keys
// (host, image, address, name), of which about 94 % have one event.
#include <algorithm>
#include <array>
#include <cmath>

#include "attacks/attack.h"
#include "scenarios/scenario.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

constexpr double kConnects = 0.60, kCreates = 0.25, kQueries = 0.14;  // the rest: 4698
constexpr double kKept = 0.281;    // of the connections: 168,600 of 600,000
constexpr double kExponent = 0.9;  // Zipf; with kDestinations gives the number of keys
constexpr double kDestinations = 8e5;

// Images that the seed's query lets pass, and those of its 12 that run on every desktop.
constexpr std::array kPassing = {App::svchost, App::powershell,    App::edr,       App::rmm,
                                 App::backup,  App::google_update, App::acrobat,   App::excel,
                                 App::spotify, App::msmpeng,       App::adobe_arm, App::rundll32};
constexpr std::array kBrowsing = {App::msedge,  App::chrome,   App::teams,
                                  App::outlook, App::onedrive, App::edge_webview};
constexpr std::array kStarting = {App::conhost,
                                  App::taskhostw,
                                  App::runtime_broker,
                                  App::dllhost,
                                  App::background_task_host,
                                  App::search_protocol_host,
                                  App::wmi_prvse,
                                  App::cmd,
                                  App::smartscreen,
                                  App::msedge,
                                  App::powershell,
                                  App::wermgr};

// Shared by all hosts; built once.
struct Tables {
  explicit Tables(World& world) {
    for (int i = 0; i < 400; ++i) {
      const std::string n = std::to_string(i);
      excluded.push_back(
          world.network.site("svc" + n + (i % 2 == 0 ? ".microsoft.com" : ".office365.com")));
      excluded_names.push_back(world.text(i % 2 == 0 ? "a23-45-" + std::to_string(i % 250) +
                                                           "-7.deploy.static.akamaitechnologies.com"
                                                     : "svc" + n + ".events.data.microsoft.com"));
      queried.push_back(
          world.network.site("host" + n + ".service-" + std::to_string(i % 37) + ".net"));
    }
    for (int i = 0; i < 16; ++i) {
      lines.push_back(
          world.text("--type=utility --channel=" + std::to_string(2100 + 16 * i) + " /prefetch:8"));
      TaskDefinition task;
      task.created = world.start - std::chrono::hours{i};
      task.every_minutes = 60;
      task.author = "Microsoft Corporation";
      task.user_id = "S-1-5-18";
      task.uri = "\\Updater\\Channel" + std::to_string(i);
      task.command =
          "C:\\Program Files\\Common Files\\Microsoft Shared\\ClickToRun\\OfficeC2RClient.exe";
      task.arguments = "/frequentupdate SCHEDULEDTASK displaylevel=False";
      tasks.push_back({world.text(task.uri), world.text(task_xml(task))});
    }
  }

  std::vector<const Site*> excluded, queried;
  std::vector<const Text*> excluded_names, lines;
  std::vector<std::pair<const Text*, const Text*>> tasks;
};

// Rank 1.. to an address outside of all special ranges.
Address public_address(std::uint64_t rank) {
  constexpr std::array<unsigned, 16> kFirst = {5,  31, 37, 45, 46, 62, 77, 78,
                                               82, 85, 88, 91, 93, 94, 95, 109};
  const std::uint64_t h = mix(rank);
  return ipv4(kFirst[h & 15], (h >> 4) & 255, (h >> 12) & 255, 1 + ((h >> 20) & 127));
}

class BenchmarkHost final : public Actor {
 public:
  BenchmarkHost(World& world, Host& host, const std::shared_ptr<Tables>& tables, double mean_gap)
      : world_(world),
        host_(host),
        tables_(tables),
        random_(Random::of(world.seed, "benchmark", host.index)),
        mean_gap_(mean_gap) {
    const Instant since{std::chrono::seconds{host.explorer.guid.time + 30}};
    for (App app : kPassing) passing_.push_back(start(app, since));
    for (App app : kBrowsing) browsing_.push_back(start(app, since));
  }

  Instant act(Instant now, Stage& stage) override {
    const double kind = random_.unit();
    if (kind < kConnects) {
      connection(now, stage);
    } else if (kind < kConnects + kCreates) {
      creation(now, stage);
    } else if (kind < kConnects + kCreates + kQueries) {
      query(now, stage);
    } else {
      task(now, stage);
    }
    return now + seconds(random_.exponential(mean_gap_)) + Ticks{1};
  }

 private:
  Process start(App app, Instant since) {
    const Program& program = world_.program(app);
    return host_.start({.program = &program,
                        .command_line = program.quoted,
                        .directory = program.directory,
                        .account = &host_.user,
                        .resident = true},
                       since);
  }

  template <class List>
  const auto& any(const List& list) {
    return list[random_.below(static_cast<std::uint32_t>(list.size()))];
  }

  void connection(Instant now, Stage& stage) {
    Connection c;
    const double where = random_.unit();
    if (where < kKept) {
      // Inverse of the distribution of a continuous power law, cut to a rank.
      const double top = std::pow(kDestinations, 1 - kExponent) - 1;
      const auto rank =
          static_cast<std::uint64_t>(std::pow(top * random_.unit() + 1, 1 / (1 - kExponent)));
      c.destination = public_address(rank);
      c.destination_host = world_.network.none;
      // One image a host and destination: a key is a destination.
      connect(host_, stage, passing_[mix(rank ^ host_.index << 32) % passing_.size()], now, c);
      return;
    }
    if (where < kKept + 0.3) {
      c.destination = ipv4(10, 20, random_.below(4), 1 + random_.below(200));
      c.destination_host = world_.network.none;
      c.port = random_.chance(0.5) ? 445 : 88;
      connect(host_, stage, host_.system, now, c);
      return;
    }
    const Site& site = *any(tables_->excluded);
    c.destination = site.addresses.front();
    c.destination_host = any(tables_->excluded_names);
    connect(host_, stage, any(browsing_), now, c);
  }

  void creation(Instant now, Stage& stage) {
    const Program& program = world_.program(any(kStarting));
    launch(host_, stage,
           {.program = &program, .command_line = any(tables_->lines), .account = &host_.user},
           any(browsing_), now);
  }

  void query(Instant now, Stage& stage) {
    const Site& site = *any(tables_->queried);
    const bool fails = random_.chance(0.03);
    resolve(host_, stage, any(browsing_), now, site.name, fails ? 9003 : 0,
            fails ? world_.network.none : site.answer);
  }

  void task(Instant now, Stage& stage) {
    const auto& [name, content] = any(tables_->tasks);
    Event e;
    e.host = &host_;
    e.utc = now;
    e.what = TaskCreated{.subject = &host_.local_system,
                         .task = name,
                         .content = content,
                         .client = host_.bits,
                         .client_parent_pid = host_.services.pid,
                         .activity = {static_cast<std::uint32_t>(random_.next()),
                                      static_cast<std::uint32_t>(random_.next()), random_.next()}};
    stage.emit(e);
  }

  World& world_;
  Host& host_;
  std::shared_ptr<Tables> tables_;  // outlives the hosts that read it, owned by no single one
  Random random_;
  double mean_gap_;
  std::vector<Process> passing_, browsing_;
};

}  // namespace

void populate_benchmark(const Settings& settings, World& world, Stage& stage) {
  const auto tables = std::make_shared<Tables>(world);
  const double mean_gap = settings.hours * 3600 * static_cast<double>(settings.hosts) /
                          static_cast<double>(settings.events);
  for (Host& host : world.hosts) {
    stage.add(std::make_unique<BenchmarkHost>(world, host, tables, mean_gap), host,
              world.start + seconds(mean_gap * Random::of(world.seed, "first", host.index).unit()));
  }
}

}  // namespace c2sim
