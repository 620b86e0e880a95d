// dns_burst, c2_port and task_callback against slow and obvious batch versions that keep
// everything, and the properties that every streaming analytic has: time shift, calls in between,
// strangers, bounds. All worlds come from fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/analytics/c2_port.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/lineage.h"
#include "core/analytics/scope.h"
#include "core/analytics/task_callback.h"
#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing_support::Collect;
using testing_support::evidence;

constexpr Time kStart = Time{std::chrono::hours{24 * 365 * 50}};
constexpr int kWorlds = 200;

// Events with the texts that they view.
struct Stream {
  std::deque<std::string> texts;
  std::vector<Event> events;

  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

std::string guid_of(std::uint32_t host, std::uint32_t process) {
  char text[64];
  std::snprintf(text, sizeof text, "{%08X-6084-8944-2FF0-%012X}", host, process + 1);
  return text;
}

std::uint32_t roll(std::mt19937& rng, std::size_t sides) {
  return static_cast<std::uint32_t>(rng() % sides);
}

enum class Which { dns_burst, c2_port, task_callback };

// A detector with what it refers to.
class Rig {
 public:
  explicit Rig(Which which, std::size_t max_keys = 4096)
      : scope_(std::move(*DestinationScope::create(ScopeSettings::standard()))) {
    if (which == Which::dns_burst) {
      DnsBurstSettings s;
      s.max_keys = max_keys;
      detector_ = std::make_unique<DnsBurst>(s, scope_, lineage_, 7);
    } else if (which == Which::c2_port) {
      C2PortSettings s;
      s.max_keys = max_keys;
      detector_ = std::make_unique<C2Port>(s, scope_, lineage_, 7);
    } else {
      TaskCallbackSettings s;
      s.max_chains = max_keys;
      s.max_processes = max_keys;
      detector_ = std::make_unique<TaskCallback>(s, scope_, lineage_, 7);
    }
  }

  void observe(const Event& e) {
    lineage_.observe(e);
    if ((detector_->kinds() & mask(e.kind)) != 0) detector_->observe(e, out);
  }

  Analytic& detector() { return *detector_; }

  Collect out;

 private:
  Lineage lineage_{LineageSettings{}, 7};
  DestinationScope scope_;
  std::unique_ptr<Analytic> detector_;
};

std::vector<Finding> run(Which which, const Stream& stream, Duration shift = Duration{0},
                         std::size_t advance_every = 0) {
  Rig rig(which);
  Time newest = kNoTime;
  for (std::size_t i = 0; i < stream.events.size(); ++i) {
    Event e = stream.events[i];
    e.utc_time += shift;
    e.time_created += shift;
    newest = std::max(newest, e.time_created);
    rig.observe(e);
    if (advance_every != 0 && i % advance_every == 0) rig.detector().advance(newest, rig.out);
  }
  return rig.out.found;
}

// Everything of a finding but its id, with times taken back by `shift`.
std::string flat(const Finding& f, Duration shift = Duration{0}) {
  std::string text = std::string(f.detector) + '|' + std::to_string(f.update) + '|' + f.title +
                     '|' + f.description + '|' + std::to_string(static_cast<int>(f.severity)) +
                     '|' + std::to_string(static_cast<int>(f.confidence)) + '|' +
                     std::to_string(f.risk_score) + '|' + f.host + '|' + f.process.image + '|' +
                     f.process.guid + '|' + f.destination.ip;
  for (const Time t : {f.first_seen, f.last_seen, f.emitted_at}) {
    text += '|' + std::to_string((t - shift).time_since_epoch().count());
  }
  for (const std::string& r : f.reasons) text += '|' + r;
  for (const Evidence& e : f.evidence) text += '|' + e.name + std::to_string(e.value.index());
  return text;
}

std::vector<std::string> flat(const std::vector<Finding>& findings, Duration shift = Duration{0}) {
  std::vector<std::string> texts;
  for (const Finding& f : findings) texts.push_back(flat(f, shift));
  return texts;
}

constexpr std::string_view kImages[] = {"C:\\W\\powershell.exe", "C:\\W\\mshta.exe",
                                        "C:\\W\\svchost.exe"};

// ---------------------------------------------------------------------------- worlds

Stream dns_world(std::mt19937& rng, std::uint32_t first_host = 0) {
  Stream s;
  Time t = kStart;
  for (int i = 0; i < 120; ++i) {
    t += std::chrono::seconds{rng() % 100};
    const std::uint32_t host = first_host + roll(rng, 2);
    const std::uint32_t process = roll(rng, 3);
    const auto computer = s.keep("ws" + std::to_string(host));
    const auto name = s.keep("www.d" + std::to_string(rng() % 7) + ".com");
    s.events.push_back(testing_support::dns_query(t, computer, s.keep(guid_of(host, process)),
                                                  kImages[process], name,
                                                  rng() % 4 == 0 ? 9003 : 0));
  }
  return s;
}

Stream port_world(std::mt19937& rng, std::uint32_t first_host = 0) {
  constexpr std::int32_t kPorts[] = {4444, 8080, 8443, 443, 80, 8888, 1234};
  Stream s;
  Time t = kStart;
  for (int i = 0; i < 150; ++i) {
    t += std::chrono::seconds{rng() % 40 == 0 ? 4000 : rng() % 900};
    const std::uint32_t host = first_host + roll(rng, 2);
    const std::uint32_t process = roll(rng, 3);
    const auto computer = s.keep("ws" + std::to_string(host));
    const auto guid = s.keep(guid_of(host, process));
    if (rng() % 30 == 0) {
      s.events.push_back(testing_support::process_create(t, computer, guid, kImages[process],
                                                         "powershell -w hidden"));
    }
    Event e = testing_support::network_connect(t, computer, guid, kImages[process],
                                               rng() % 5 == 0 ? "10.0.0.1" : "203.0.114.7",
                                               kPorts[rng() % std::size(kPorts)]);
    e.initiated = rng() % 6 == 0 ? Initiated::no : Initiated::yes;
    s.events.push_back(e);
  }
  return s;
}

// What each task of the world runs; all programs or traits differ, so that nothing is ambiguous.
struct TaskKind {
  std::string_view program;
  std::string_view arguments;
  int strong;
};
constexpr TaskKind kTasks[] = {
    {"powershell.exe", "-w hidden -File x.ps1", 1},
    {"pwsh.exe", "-w hidden -c iwr http://a", 2},
    {"cmd.exe", "/c dir", 0},
    {"mshta.exe", "http://a/b.hta", 1},
};

Stream task_world(std::mt19937& rng, std::uint32_t first_host = 0) {
  Stream s;
  Time t = kStart;
  for (int i = 0; i < 60; ++i) {
    t += std::chrono::seconds{rng() % 600};
    const std::uint32_t host = first_host + roll(rng, 2);
    const auto computer = s.keep("ws" + std::to_string(host));
    const std::uint32_t which = roll(rng, std::size(kTasks));
    const TaskKind& task = kTasks[which];
    const auto name = s.keep("\\Task" + std::to_string(which));
    const auto guid = s.keep(guid_of(host, which));
    const auto line = s.keep(std::string(task.program) + " " + std::string(task.arguments));
    switch (rng() % 4) {
      case 0:
        s.events.push_back(testing_support::task_created(
            t, computer, name,
            s.keep("<Task><Actions><Exec><Command>" + std::string(task.program) +
                   "</Command><Arguments>" + std::string(task.arguments) +
                   "</Arguments></Exec></Actions></Task>")));
        break;
      case 1:
        s.events.push_back(testing_support::process_create(
            t, computer, s.keep(guid_of(host, 100)), "C:\\W\\schtasks.exe",
            s.keep("schtasks /create /tn " + std::string(name.substr(1)) + " /tr \"" +
                   std::string(line) + "\"")));
        break;
      case 2: {
        const auto image = s.keep("C:\\W\\" + std::string(task.program));
        Event e = testing_support::process_create(t, computer, guid, image, line);
        e.parent_image = "C:\\W\\svchost.exe";
        e.parent_command_line = "svchost.exe -k netsvcs -p -s Schedule";
        s.events.push_back(e);
        break;
      }
      default:
        s.events.push_back(testing_support::network_connect(t, computer, guid, "C:\\W\\x.exe",
                                                            "203.0.114.7", 443));
    }
  }
  return s;
}

Stream world(Which which, std::mt19937& rng, std::uint32_t first_host = 0) {
  if (which == Which::dns_burst) return dns_world(rng, first_host);
  if (which == Which::c2_port) return port_world(rng, first_host);
  return task_world(rng, first_host);
}

// ---------------------------------------------------------------------------- oracles

// dns_burst: by process, the most registered domains in any window of ten minutes with a failure.
TEST(DnsBurstOracle, same_bursts_as_looking_at_every_window) {
  std::size_t bursts = 0;
  for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
    std::mt19937 rng(seed);
    Stream s = dns_world(rng);

    std::map<std::string, std::size_t> want;
    for (const Event& end : s.events) {
      std::set<std::string_view> domains;
      bool fails = false;
      for (const Event& e : s.events) {
        const bool inside = e.process_guid == end.process_guid && e.utc_time <= end.utc_time &&
                            end.utc_time - e.utc_time <= 10min;
        if (!inside || e.image == kImages[2]) continue;
        domains.insert(e.query_name);
        fails |= e.query_status != 0;
      }
      std::size_t& most = want[std::string(end.process_guid)];
      if (fails && domains.size() >= 4) most = std::max(most, domains.size());
    }
    std::erase_if(want, [](const auto& w) { return w.second == 0; });
    bursts += want.size();

    // Late by at most the lateness: the answer must not change.
    Stream shuffled;
    shuffled.events = s.events;
    std::vector<std::pair<Time, std::size_t>> arrival;
    for (std::size_t i = 0; i < s.events.size(); ++i) {
      arrival.emplace_back(s.events[i].utc_time + std::chrono::seconds{rng() % 300}, i);
    }
    std::sort(arrival.begin(), arrival.end());
    for (std::size_t i = 0; i < arrival.size(); ++i) {
      shuffled.events[i] = s.events[arrival[i].second];
    }
    for (const Stream* order : {&s, &shuffled}) {
      std::map<std::string, std::size_t> got;
      for (const Finding& f : run(Which::dns_burst, *order)) {
        std::size_t& most = got[f.process.guid];
        most = std::max(most,
                        static_cast<std::size_t>(*evidence<std::int64_t>(f, "distinct_domains")));
      }
      ASSERT_EQ(got, want) << "seed " << seed << (order == &s ? "" : ", shuffled");
    }
  }
  EXPECT_GT(bursts, 100u) << "the worlds must hold something to find";
}

struct PortEpisode {
  std::set<std::int32_t> ports;
  int severity = 0;

  bool operator==(const PortEpisode&) const = default;
  friend void PrintTo(const PortEpisode& e, std::ostream* os) {
    *os << testing::PrintToString(e.ports) << " severity " << e.severity;
  }
};

// c2_port: by machine and program, episodes cut at quiet hours, each with its ports and severity.
TEST(C2PortOracle, same_episodes_as_cutting_the_whole_list) {
  const auto rules = default_c2_ports();
  const auto listed = [&](std::int32_t port) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const PortRule& r) { return r.first <= port && port <= r.last; });
  };
  using Name = std::tuple<std::string, std::string, Time>;
  std::size_t episodes = 0;
  for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
    std::mt19937 rng(seed);
    const Stream s = port_world(rng);

    std::map<Name, PortEpisode> want;
    std::set<std::string_view> hidden;
    std::map<std::pair<std::string, std::string>, std::vector<std::pair<Time, std::int32_t>>> open;
    std::map<std::pair<std::string, std::string>, bool> suspicious;
    for (const Event& e : s.events) {
      if (e.kind == Kind::process_create) {
        // The flags are PowerShell's; mshta.exe would make nothing of them.
        if (e.image == kImages[0]) hidden.insert(e.process_guid);
        continue;
      }
      const bool ours = e.initiated == Initiated::yes && e.image != kImages[2] &&
                        e.destination_ip != "10.0.0.1" && listed(e.destination_port);
      if (!ours) continue;
      const std::pair<std::string, std::string> key(e.computer, e.image);
      auto& list = open[key];
      if (!list.empty() && e.utc_time - list.back().first > 1h) {
        list.clear();
        suspicious[key] = false;
      }
      list.emplace_back(e.utc_time, e.destination_port);
      suspicious[key] = suspicious[key] || hidden.contains(e.process_guid);

      std::set<std::int32_t> recent;
      for (const auto& [at, port] : list) {
        if (e.utc_time - at <= 1h) recent.insert(port);
      }
      const bool bad = suspicious[key];
      const Severity severity = recent.size() >= 3   ? (bad ? Severity::critical : Severity::high)
                                : recent.size() == 2 ? Severity::high
                                : bad                ? Severity::high
                                                     : Severity::medium;
      PortEpisode& episode = want[{key.first, key.second, list.front().first}];
      episode.ports.insert(e.destination_port);
      episode.severity = std::max(episode.severity, static_cast<int>(severity));
    }
    episodes += want.size();

    std::map<Name, PortEpisode> got;
    std::map<Name, std::string> ids;
    for (const Finding& f : run(Which::c2_port, s)) {
      const Name name{f.host, f.process.image, f.first_seen};
      PortEpisode& episode = got[name];
      for (const std::int64_t p : *evidence<std::vector<std::int64_t>>(f, "ports")) {
        episode.ports.insert(static_cast<std::int32_t>(p));
      }
      episode.severity = std::max(episode.severity, static_cast<int>(f.severity));
      const auto [id, first] = ids.emplace(name, f.id);
      ASSERT_EQ(id->second, f.id) << "one id an episode, seed " << seed;
      ASSERT_EQ(first, f.update == 0) << "seed " << seed;
    }
    for (const auto& [name, episode] : want) {
      ASSERT_EQ(got[name], episode) << std::get<1>(name) << ", seed " << seed;
    }
    ASSERT_EQ(got.size(), want.size()) << "seed " << seed;
  }
  EXPECT_GT(episodes, 500u);
}

// task_callback: by machine and task, the severity that the table of its header gives for the
// stages.
TEST(TaskCallbackOracle, same_severity_as_the_table_gives_for_all_stages) {
  std::size_t chains = 0;
  for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
    std::mt19937 rng(seed);
    const Stream s = task_world(rng);

    struct Stages {
      bool planned = false, ran = false, called = false;
    };
    std::map<std::pair<std::string, std::size_t>, Stages> seen;
    for (const Event& e : s.events) {
      for (std::size_t which = 0; which < std::size(kTasks); ++which) {
        Stages& st = seen[{std::string(e.computer), which}];
        const std::string guid =
            guid_of(e.computer == "ws0" ? 0 : 1, static_cast<std::uint32_t>(which));
        const std::string task = "Task" + std::to_string(which);
        if (e.kind == Kind::task_created && e.task_name == "\\" + task) st.planned = true;
        if (e.kind == Kind::process_create &&
            e.command_line.find("/tn " + task) != std::string::npos) {
          st.planned = true;
        }
        if (e.kind == Kind::process_create && e.process_guid == guid) st.ran = true;
        if (e.kind == Kind::network_connect && e.process_guid == guid && st.ran) st.called = true;
      }
    }
    std::map<std::pair<std::string, std::string>, int> want;
    for (const auto& [key, st] : seen) {
      const TaskKind& task = kTasks[key.second];
      if (task.strong == 0 || !(st.planned || st.ran)) continue;
      const bool much = task.strong >= 2;
      Severity severity = Severity::low;
      if (st.planned && st.called)
        severity = Severity::critical;
      else if (st.planned)
        severity = st.ran || much ? Severity::high : Severity::medium;
      else if (st.called)
        severity = much ? Severity::high : Severity::medium;
      else
        severity = much ? Severity::medium : Severity::low;
      const std::string program(task.program.substr(0, task.program.find('.')));
      want[{key.first, program}] = static_cast<int>(severity);
    }
    chains += want.size();

    std::map<std::pair<std::string, std::string>, int> got;
    std::map<std::pair<std::string, std::string>, std::string> ids;
    for (const Finding& f : run(Which::task_callback, s)) {
      const std::string& command = *evidence<std::string>(f, "command");
      const std::string name = command.substr(command.rfind('\\') + 1);
      const std::pair<std::string, std::string> key(f.host, name.substr(0, name.find('.')));
      got[key] = std::max(got[key], static_cast<int>(f.severity));
      ASSERT_EQ(ids.emplace(key, f.id).first->second, f.id) << "one id a chain, seed " << seed;
    }
    ASSERT_EQ(got, want) << "seed " << seed;
  }
  EXPECT_GT(chains, 500u);
}

// ---------------------------------------------------------------------------- streaming properties

class Streaming : public testing::TestWithParam<Which> {};

TEST_P(Streaming, worlds_hold_something_to_find) {
  std::size_t found = 0;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 rng(seed);
    found += run(GetParam(), world(GetParam(), rng)).size();
  }
  EXPECT_GT(found, 40u);
}

TEST_P(Streaming, all_times_later_all_findings_later) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 rng(seed);
    const Stream s = world(GetParam(), rng);
    const Duration shift = std::chrono::seconds{rng() % 100'000'000} + Duration{rng() % 1'000'000};
    ASSERT_EQ(flat(run(GetParam(), s)), flat(run(GetParam(), s, shift), shift)) << "seed " << seed;
  }
}

TEST_P(Streaming, calls_of_advance_in_between_change_nothing) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 rng(seed);
    const Stream s = world(GetParam(), rng);
    const auto quiet = flat(run(GetParam(), s));
    ASSERT_EQ(quiet, flat(run(GetParam(), s, Duration{0}, 1))) << "seed " << seed;
    ASSERT_EQ(quiet, flat(run(GetParam(), s, Duration{0}, 17))) << "seed " << seed;
  }
}

TEST_P(Streaming, strangers_change_nothing) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 rng(seed);
    const Stream s = world(GetParam(), rng);
    const Stream strangers = world(GetParam(), rng, 10);
    Stream both;
    for (const Stream* part : {&s, &strangers}) {
      both.events.insert(both.events.end(), part->events.begin(), part->events.end());
    }
    std::stable_sort(both.events.begin(), both.events.end(), [](const Event& a, const Event& b) {
      return a.time_created < b.time_created;
    });
    std::vector<Finding> ours = run(GetParam(), both);
    std::erase_if(ours, [](const Finding& f) { return f.host.size() > 3; });  // "ws10", "ws11"
    ASSERT_EQ(flat(run(GetParam(), s)), flat(ours)) << "seed " << seed;
  }
}

TEST_P(Streaming, ids_are_the_same_after_a_restart) {
  std::mt19937 rng(1);
  const Stream s = world(GetParam(), rng);
  const auto first = run(GetParam(), s);
  const auto again = run(GetParam(), s);
  ASSERT_EQ(first.size(), again.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].id, again[i].id);
}

TEST_P(Streaming, flood_of_keys_stays_in_bounds) {
  constexpr std::size_t kKeys = 64;
  // A key of the costliest detector takes at most 16 KiB with its texts; fixed tables 256 KiB.
  constexpr std::uint64_t kBudget = kKeys * 16 * 1024 + 256 * 1024;
  Rig rig(GetParam(), kKeys);
  Time t = kStart;
  std::mt19937 rng(3);
  const std::string longish(600, 'x');
  for (std::uint32_t flood = 0; flood < 150; ++flood) {
    Stream s = world(GetParam(), rng, flood * 2);
    const auto image_tail = s.keep(longish);
    for (Event e : s.events) {
      e.user = image_tail;
      e.destination_hostname = image_tail;
      rig.observe(e);
      t = std::max(t, e.time_created);
    }
    const AnalyticStats stats = rig.detector().stats();
    ASSERT_LE(stats.entries, kKeys);
    ASSERT_EQ(stats.capacity, kKeys);
    ASSERT_LE(stats.bytes, kBudget);
    rig.out.found.clear();
  }
  EXPECT_GT(rig.detector().stats().evictions, 0u);
}

INSTANTIATE_TEST_SUITE_P(, Streaming,
                         testing::Values(Which::dns_burst, Which::c2_port, Which::task_callback),
                         [](const auto& p) {
                           return p.param == Which::dns_burst ? "dns_burst"
                                  : p.param == Which::c2_port ? "c2_port"
                                                              : "task_callback";
                         });

}  // namespace
}  // namespace c2watch::analytics
