// What an attacker may do differently, and what may go missing on the way: each option changes what
// it names and nothing else.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "simulator/simulated.h"

namespace c2sim {
namespace {

const NetworkConnect& connection(const Event& e) { return std::get<NetworkConnect>(e.what); }

TEST(Evasion, TrafficIsSpreadOverTheAddressesAsked) {
  Settings s = beacon("empire-5-0", 1);
  s.attack.server = ipv4(203, 0, 113, 20);
  s.attack.addresses = 5;
  std::map<std::string, int> seen;
  const Simulated run = simulated(s);
  for (const Event& e : run.with_signal("beacon.connect"))
    ++seen[to_string(connection(e).destination)];
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen.begin()->first, "203.0.113.20");
  EXPECT_EQ(seen.rbegin()->first, "203.0.113.24");
  for (const auto& [address, count] : seen) EXPECT_GT(count, 80) << address;  // of about 690
}

TEST(Evasion, AnotherPortIsUsedAndWrittenIntoTheCommand) {
  Settings s;
  s.tests = {1};
  s.attack.port = 443;
  const Simulated run = simulated(s);
  for (const Event& e : run.with_signal("1.connect"))
    EXPECT_EQ(connection(e).destination_port, 443);
  EXPECT_NE(process_of(run.with_signal("1.process")[0]).command_line->raw.find("127.0.0.1:443/"),
            std::string_view::npos);
}

TEST(Evasion, ARenamedProgramKeepsItsVersionBlockAndHashes) {
  Settings plain, renamed;
  plain.tests = renamed.tests = {3};
  renamed.attack.image = "C:\\Users\\Public\\update.exe";
  const Simulated before = simulated(plain), after = simulated(renamed);
  const Program& a = *process_of(before.with_signal("3.process")[0]).program;
  const Program& b = *process_of(after.with_signal("3.process")[0]).program;
  EXPECT_EQ(b.image->raw, "C:\\Users\\Public\\update.exe");
  EXPECT_EQ(b.original_file_name->raw, "PowerShell.EXE");
  EXPECT_EQ(a.hashes->raw, b.hashes->raw);
  for (const Event& e : after.with_signal("3.connect"))
    EXPECT_EQ(process_of(e).program->image->raw, "C:\\Users\\Public\\update.exe");
}

TEST(Evasion, TheHiddenFlagIsSpelledAsAskedEverywhere) {
  Settings s;
  s.tests = {4};
  s.attack.hidden = "-w 1";
  s.attack.task_name = "Updater";
  const Simulated run = simulated(s);
  const auto task = std::get<TaskCreated>(run.with_signal("4.task_created")[0].what);
  EXPECT_EQ(task.task->raw, "\\Updater");
  EXPECT_NE(task.content->raw.find("<Arguments>-NoProfile -w 1 -Command"), std::string_view::npos);
  for (const char* signal : {"4.schtasks", "4.task_run"}) {
    const std::string_view line = process_of(run.with_signal(signal)[0]).command_line->raw;
    EXPECT_NE(line.find("-w 1"), std::string_view::npos) << line;
    EXPECT_EQ(line.find("Hidden"), std::string_view::npos) << line;
  }
}

TEST(Evasion, TestTwoAsksForTheGivenNames) {
  Settings s;
  s.tests = {2};
  s.attack.domains = {"one.example", "two.example"};
  std::set<std::string_view> names;
  const Simulated run = simulated(s);
  for (const Event& e : run.with_signal("2.dns"))
    names.insert(std::get<DnsQuery>(e.what).name->raw);
  EXPECT_EQ(names, (std::set<std::string_view>{"one.example", "two.example"}));
}

TEST(Evasion, ABeaconWithADomainResolvesItEveryFiveMinutes) {
  Settings s = beacon("cobalt-strike-60-0", 2);
  s.attack.domains = {"cdn.example"};
  const Simulated run = simulated(s);
  const auto queries = run.with_signal("beacon.dns");
  EXPECT_NEAR(static_cast<double>(queries.size()), 2 * 60 / 6.0, 5);  // each sixth check-in or so
  for (double gap : gaps(queries)) EXPECT_GE(gap, 300);
}

TEST(Evasion, IntervalJitterAndLawReplaceTheFrameworks) {
  Settings s = beacon("cobalt-strike-60-37", 2);
  s.attack.interval = seconds(20);
  s.attack.jitter = 0.5;
  s.attack.law = Law::additive;
  const Simulated run = simulated(s);
  for (double gap : gaps(run.with_signal("beacon.connect"))) {
    EXPECT_GE(gap, 20.0);
    EXPECT_LE(gap, 32.3);
  }
}

TEST(Evasion, CheckInsEndTheBeacon) {
  Settings s = beacon("empire-5-0", 1);
  s.attack.check_ins = 17;
  const Simulated run = simulated(s);
  EXPECT_EQ(run.with_signal("beacon.connect").size(), 17u);
}

TEST(Evasion, WorkingHoursAreKept) {
  Settings s = beacon("cobalt-strike-60-37", 72);
  s.start = *parse_instant("2026-03-06T06:00:00Z");  // Friday; then a weekend
  s.attack.working_hours = true;
  const Simulated run = simulated(s);
  const auto connects = run.with_signal("beacon.connect");
  EXPECT_GT(connects.size(), 500u);
  for (const Event& e : connects) {
    EXPECT_TRUE(working_hours(e.utc)) << iso(e.utc);
    EXPECT_EQ(iso(e.utc).substr(0, 10), "2026-03-06");
  }
}

TEST(Evasion, AnOfflineHostIsSilentAndItsImplantComesBack) {
  Settings s = beacon("cobalt-strike-60-37", 48);
  s.offline = 0.4;
  s.background = Background::agents;
  const Simulated run = simulated(s);
  const Calendar& calendar = run.world->hosts[0].calendar;
  ASSERT_GT(calendar.gaps().size(), 3u);
  for (const Event& e : run.events) {
    // What had begun in the seconds before may end in the gap.
    EXPECT_TRUE(calendar.online(e.utc) || calendar.online(e.utc - seconds(5))) << iso(e.utc);
  }
  const auto connects = run.with_signal("beacon.connect");
  EXPECT_EQ(run.with_signal("beacon.process").size(), 1u) << "sleep is not a restart";
  const Instant after = calendar.gaps()[0].to;
  EXPECT_TRUE(std::any_of(connects.begin(), connects.end(), [&](const Event& e) {
    return e.utc >= after && e.utc < after + seconds(60);
  }));
}

TEST(Evasion, LossTakesItsShareAndLeavesGapsInTheRecordIds) {
  Settings whole = beacon("empire-5-0", 4), lossy = whole;
  lossy.loss = 0.3;
  const std::size_t all = simulated(whole).events.size();
  const Simulated run = simulated(lossy);
  EXPECT_NEAR(static_cast<double>(run.events.size()) / static_cast<double>(all), 0.7, 0.03);
  const std::uint64_t ids = run.events.back().record_id - run.events.front().record_id + 1;
  EXPECT_GT(ids, run.events.size() + all / 5);
}

TEST(Evasion, EventsThatNobodyCollectsAreMissing) {
  Settings s;
  s.without = {1, 4698};
  const Simulated run = simulated(s);
  EXPECT_TRUE(run.with_id(1).empty());
  EXPECT_TRUE(run.with_id(4698).empty());
  EXPECT_EQ(run.with_id(3).size(), 11u);
}

TEST(Evasion, OnlyTheAskedHostsAreAttacked) {
  Settings s = beacon("empire-5-0", 0.2);
  s.hosts = 10;
  s.attacked = 3;
  std::set<const Host*> attacked;
  for (const Event& e : simulated(s).events) attacked.insert(e.host);
  EXPECT_EQ(attacked.size(), 3u);
}

}  // namespace
}  // namespace c2sim
