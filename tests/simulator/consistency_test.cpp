// A log must agree with itself: processes, identities, numbers and times across event ids.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "simulator/simulated.h"

namespace c2sim {
namespace {

// A working day's morning with the four tests in it.
const Simulated& day() {
  static const Simulated run = [] {
    Settings s = office(3, 4);
    s.tests = {1, 2, 3, 4};
    s.attack.script_block = s.attack.dns_client = true;
    return simulated(s);
  }();
  return run;
}

bool is_sysmon(const Event& e) { return channel_of(e) == Channel::sysmon; }

bool vanished(const Event& e) { return process_of(e).guid == Guid{}; }

TEST(Consistency, RecordIdsGrowByOnePerComputerAndChannel) {
  std::map<std::pair<const Host*, Channel>, std::uint64_t> last;
  for (const Event& e : day().events) {
    std::uint64_t& previous = last[{e.host, channel_of(e)}];
    if (previous != 0) {
      ASSERT_EQ(e.record_id, previous + 1);
    }
    previous = e.record_id;
  }
  EXPECT_GE(last.size(), 6u);  // Sysmon and Security of three hosts, and the attacked one's others
}

TEST(Consistency, TimeCreatedNeverGoesBackAndTrailsUtcTimeByUpToTwoSeconds) {
  Instant previous{};
  for (const Event& e : day().events) {
    ASSERT_GE(e.created, previous);
    previous = e.created;
    ASSERT_GE(e.created, e.utc);
    ASSERT_LE(e.created - e.utc, seconds(2));
  }
}

TEST(Consistency, AProcessIsTheSameInEveryEventOfIt) {
  struct Known {
    std::uint32_t pid;
    const Text* image;
    const Text* user;
  };
  std::map<std::pair<const Host*, std::uint64_t>, Known> processes;
  for (const Event& e : day().events) {
    if (!is_sysmon(e) || vanished(e)) continue;
    const Process& p = process_of(e);
    const auto [it, fresh] =
        processes.insert({{e.host, p.guid.key}, {p.pid, p.program->image, p.account->name}});
    ASSERT_EQ(it->second.pid, p.pid);
    ASSERT_EQ(it->second.image, p.program->image);
    ASSERT_EQ(it->second.user, p.account->name);
  }
  EXPECT_GT(processes.size(), 500u);
}

TEST(Consistency, AProcessThatStartsInTheCaptureHasItsEidOneBeforeAllElse) {
  std::set<std::pair<const Host*, std::uint64_t>> created;
  for (const Event& e : day().events) {
    if (!is_sysmon(e) || vanished(e)) continue;
    const Process& p = process_of(e);
    const Instant started{std::chrono::seconds{p.guid.time}};
    if (event_id(e) == 1) {
      ASSERT_TRUE(created.insert({e.host, p.guid.key}).second) << "created twice";
      ASSERT_EQ(unix_seconds(e.utc), p.guid.time) << "the GUID holds the start time";
    } else if (started >= day().world->start) {
      ASSERT_TRUE(created.count({e.host, p.guid.key}) != 0)
          << p.program->image->raw << " acts before it is created";
    }
    ASSERT_LE(started, e.utc);
  }
}

TEST(Consistency, AParentIsAKnownProcessAndStartedEarlier) {
  std::map<std::pair<const Host*, std::uint64_t>, Process> created;
  for (const Event& e : day().events) {
    const auto* c = std::get_if<ProcessCreate>(&e.what);
    if (c == nullptr) continue;
    ASSERT_LE(c->parent.guid.time, c->process.guid.time);
    ASSERT_LT(c->parent.guid.key, c->process.guid.key);
    ASSERT_EQ(c->parent.guid.machine, c->process.guid.machine);
    if (const auto it = created.find({e.host, c->parent.guid.key}); it != created.end()) {
      ASSERT_EQ(it->second.pid, c->parent.pid);
      ASSERT_EQ(it->second.command_line, c->parent.command_line);
    } else {
      ASSERT_LT(Instant{std::chrono::seconds{c->parent.guid.time}}, day().world->start)
          << "an unknown parent can only be older than the capture";
    }
    created.emplace(std::pair{e.host, c->process.guid.key}, c->process);
  }
}

TEST(Consistency, StartKeysGrowInTheOrderOfStarts) {
  std::map<const Host*, std::pair<Instant, std::uint64_t>> last;
  std::vector<Event> creations = day().with_id(1);
  std::stable_sort(creations.begin(), creations.end(),
                   [](const Event& a, const Event& b) { return a.utc < b.utc; });
  std::uint64_t later = 0;
  for (const Event& e : creations) {
    auto& [when, key] = last[e.host];
    const std::uint64_t own = process_of(e).guid.key;
    // A console host is started by the very act that starts its owner, milliseconds ahead of the
    // clock: two processes in the same instant may carry their keys in either order.
    if (key != 0 && own < key) {
      ASSERT_LT(e.utc - when, seconds(0.05));
    } else {
      ++later;
    }
    when = e.utc;
    key = own;
  }
  EXPECT_GT(later, 500u);
}

TEST(Consistency, ProcessIdsAreMultiplesOfFourAndNotSharedByTheLiving) {
  std::map<std::pair<const Host*, std::uint32_t>, std::pair<std::uint64_t, std::size_t>> holder;
  std::map<const Host*, std::size_t> starts;
  for (const Event& e : day().events) {
    if (!is_sysmon(e)) continue;
    const Process& p = process_of(e);
    ASSERT_EQ(p.pid % 4, 0u);
    ASSERT_GT(p.pid, 0u);
    if (vanished(e)) continue;
    if (event_id(e) == 1) ++starts[e.host];
    auto& [key, at] = holder[{e.host, p.pid}];
    if (key != 0 && key != p.guid.key) {
      ASSERT_GE(starts[e.host] - at, 100u) << "reused at once";
    }
    key = p.guid.key;
    at = starts[e.host];
  }
}

TEST(Consistency, PortsAreEphemeralAndSourcesAreTheHost) {
  for (const Event& e : day().with_id(3)) {
    const auto& c = std::get<NetworkConnect>(e.what);
    ASSERT_GE(c.source_port, 49152);
    if (!c.initiated) continue;
    ASSERT_EQ(c.source.v6 != nullptr, c.destination.v6 != nullptr);
    if (c.source.v6 != nullptr) continue;
    const bool loopback = c.destination.v4 >> 24 == 127;
    ASSERT_EQ(c.source.v4, loopback ? 0x7f000001u : e.host->ip);
    if (loopback) {
      ASSERT_EQ(c.destination_host, e.host->name);
    }
  }
}

TEST(Consistency, HashesAreOnePerImage) {
  std::map<const Text*, const Text*> hashes;
  for (const Event& e : day().with_id(1)) {
    const Program& p = *process_of(e).program;
    ASSERT_EQ(hashes.insert({p.image, p.hashes}).first->second, p.hashes);
  }
  std::set<const Text*> distinct;
  for (const auto& [image, hash] : hashes) distinct.insert(hash);
  EXPECT_EQ(distinct.size(), hashes.size());
}

TEST(Consistency, ATaskRegistrationNamesTheProcessThatAskedForIt) {
  const auto created = day().with_signal("4.task_created");
  const auto schtasks = day().with_signal("4.schtasks");
  ASSERT_EQ(created.size(), 1u);
  ASSERT_EQ(schtasks.size(), 1u);
  const auto& task = std::get<TaskCreated>(created[0].what);
  const auto& creation = std::get<ProcessCreate>(schtasks[0].what);
  EXPECT_EQ(task.client.guid.key, creation.process.guid.key);
  EXPECT_EQ(task.client.pid, creation.process.pid);
  EXPECT_EQ(task.client_parent_pid, creation.parent.pid);
  EXPECT_EQ(task.subject->logon.key, creation.process.account->logon.key);
}

TEST(Consistency, PeopleAndMachinesAreDistinct) {
  Settings s;
  s.hosts = 3000;
  const auto world = make_world(s);
  std::set<std::string_view> names, users;
  std::set<std::uint32_t> addresses;
  for (const Host& h : world->hosts) {
    EXPECT_TRUE(names.insert(h.name->raw).second) << h.name->raw;
    EXPECT_TRUE(users.insert(h.user.name->raw).second) << h.user.name->raw;
    EXPECT_TRUE(addresses.insert(h.ip).second);
  }
}

TEST(Consistency, LoggersAreTheProcessesThatReallyWrite) {
  for (const Event& e : day().events) {
    if (is_sysmon(e)) {
      ASSERT_EQ(e.logger_pid, e.host->sysmon.pid);
    }
    if (event_id(e) == 4698) {
      ASSERT_EQ(e.logger_pid, e.host->lsass.pid);
    }
    if (event_id(e) == 4104) {
      ASSERT_EQ(e.logger_pid, std::get<ScriptBlock>(e.what).process.pid);
    }
    ASSERT_EQ(e.logger_tid % 4, 0u);
  }
}

}  // namespace
}  // namespace c2sim
