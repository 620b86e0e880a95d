// The four atomic tests: every expected signal, how often, how far apart, between which processes.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "simulator/simulated.h"

namespace c2sim {
namespace {

Simulated atomic(const std::string& scenario = "atomic") {
  Settings s;
  s.scenario = scenario;
  s.attack.script_block = s.attack.dns_client = true;
  if (scenario == "atomic-remote") s.attack.server = ipv4(203, 0, 113, 10);
  return simulated(s);
}

const ProcessCreate& creation(const Event& e) { return std::get<ProcessCreate>(e.what); }
const NetworkConnect& connection(const Event& e) { return std::get<NetworkConnect>(e.what); }

bool contains(const Text* text, std::string_view part) {
  return text->raw.find(part) != std::string_view::npos;
}

TEST(Atomic, EverySignalComesAsOftenAsTheTestsSay) {
  std::map<std::string, int> count;
  for (const Event& e : atomic().events) ++count[std::string(e.label.signal)];
  const std::map<std::string, int> want = {
      {"1.process", 1},      {"1.conhost", 1},  {"1.connect", 5},  {"1.script_block", 1},
      {"2.process", 1},      {"2.conhost", 1},  {"2.dns", 5},      {"2.dns_client", 5},
      {"2.script_block", 1}, {"3.process", 1},  {"3.conhost", 1},  {"3.connect", 3},
      {"3.script_block", 1}, {"4.shell", 1},    {"4.conhost", 4},  {"4.schtasks", 1},
      {"4.task_created", 1}, {"4.task_run", 3}, {"4.callback", 3}, {"4.script_block", 3},
      {"4.cleanup", 1}};
  EXPECT_EQ(count, want);
}

TEST(Atomic, OptionalEventsAreAbsentUnlessAsked) {
  const Simulated run = simulated({});
  EXPECT_TRUE(run.with_id(4104).empty());
  EXPECT_TRUE(run.with_id(3008).empty());
  EXPECT_FALSE(run.events.empty());
}

TEST(Atomic, TestsCanBeChosen) {
  Settings s;
  s.tests = {3};
  for (const Event& e : simulated(s).events) EXPECT_EQ(e.label.test, "3");
}

TEST(AtomicBeacon, CallsLoopbackFiveTimesAboutThirtySecondsApart) {
  const Simulated run = atomic();
  const auto connects = run.with_signal("1.connect");
  for (const Event& e : connects) {
    EXPECT_EQ(to_string(connection(e).destination), "127.0.0.1");
    EXPECT_EQ(connection(e).destination_port, 8888);
    EXPECT_TRUE(contains(connection(e).process.program->image, "\\powershell.exe"));
    EXPECT_EQ(connection(e).process.guid, creation(run.with_signal("1.process")[0]).process.guid);
  }
  // A refused connection takes Windows two seconds; the loop sleeps thirty after it.
  for (double gap : gaps(connects)) {
    EXPECT_GE(gap, 30.0);
    EXPECT_LE(gap, 32.1);
  }
}

TEST(AtomicBeacon, AgainstAServerTheGapsAreTheSleepAlone) {
  const Simulated run = atomic("atomic-remote");
  const auto connects = run.with_signal("1.connect");
  ASSERT_EQ(connects.size(), 5u);
  for (const Event& e : connects) EXPECT_EQ(to_string(connection(e).destination), "203.0.113.10");
  for (double gap : gaps(connects)) {
    EXPECT_GE(gap, 30.0);
    EXPECT_LE(gap, 30.2);
  }
}

TEST(AtomicBeacon, StartsUnderExplorerWithItsScriptOnTheCommandLine) {
  const Simulated run = atomic();
  const ProcessCreate c = creation(run.with_signal("1.process")[0]);
  EXPECT_EQ(c.parent.program->image->raw, "C:\\Windows\\explorer.exe");
  EXPECT_TRUE(contains(c.process.command_line, "Invoke-WebRequest -Uri 'http://127.0.0.1:8888/'"));
  EXPECT_TRUE(contains(c.process.command_line, "1..5"));
  EXPECT_TRUE(contains(c.process.command_line, "Start-Sleep -Seconds 30"));
  const auto block = std::get<ScriptBlock>(run.with_signal("1.script_block")[0].what);
  EXPECT_TRUE(contains(block.script, "Invoke-WebRequest"));
  EXPECT_EQ(block.process.guid, c.process.guid);
}

TEST(AtomicDns, AsksForFiveRegisteredDomainsMostOfWhichDoNotExist) {
  const Simulated run = atomic();
  std::set<std::string_view> names;
  int missing = 0;
  for (const Event& e : run.with_signal("2.dns")) {
    const auto& q = std::get<DnsQuery>(e.what);
    names.insert(q.name->raw);
    missing += q.status == 9003;
    EXPECT_EQ(q.results->raw == "-", q.status != 0);
    EXPECT_TRUE(contains(q.process.program->image, "\\powershell.exe"));
  }
  EXPECT_EQ(names.size(), 5u);
  EXPECT_EQ(missing, 4);
  const auto queries = run.with_signal("2.dns");
  EXPECT_LT(queries.back().utc - queries.front().utc, std::chrono::minutes{1});
}

TEST(AtomicPorts, TriesThreePortsInTurn) {
  std::vector<int> ports;
  const Simulated run = atomic();
  for (const Event& e : run.with_signal("3.connect"))
    ports.push_back(connection(e).destination_port);
  std::sort(ports.begin(), ports.end());
  EXPECT_EQ(ports, (std::vector<int>{4444, 8080, 8443}));
}

TEST(AtomicTask, IsRegisteredRunBySchedulerAndCallsBack) {
  const Simulated run = atomic();
  const Event schtasks = run.with_signal("4.schtasks")[0];
  const Event created = run.with_signal("4.task_created")[0];
  const auto runs = run.with_signal("4.task_run");
  const auto callbacks = run.with_signal("4.callback");
  ASSERT_EQ(runs.size(), 3u);
  ASSERT_EQ(callbacks.size(), 3u);

  EXPECT_TRUE(contains(creation(schtasks).process.command_line, "/Create"));
  EXPECT_TRUE(contains(creation(schtasks).process.command_line, "/TN WindowsNetworkHealth"));
  EXPECT_TRUE(contains(creation(schtasks).process.command_line, "/SC MINUTE"));
  EXPECT_EQ(std::get<TaskCreated>(created.what).task->raw, "\\WindowsNetworkHealth");
  EXPECT_LT(schtasks.utc, created.utc);
  EXPECT_LT(created.utc, runs[0].utc);

  for (std::size_t i = 0; i < runs.size(); ++i) {
    const ProcessCreate& c = creation(runs[i]);
    EXPECT_EQ(c.parent.command_line->raw,
              "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule");
    EXPECT_EQ(c.process.command_line->raw.rfind(
                  "powershell.exe -NoProfile -WindowStyle Hidden -Command ", 0),
              0u);
    EXPECT_EQ(connection(callbacks[i]).process.guid, c.process.guid) << "that very process";
    EXPECT_EQ(connection(callbacks[i]).destination_port, 8888);
    // The scheduler starts on the minute.
    EXPECT_LT(to_seconds(runs[i].utc - std::chrono::floor<std::chrono::minutes>(runs[i].utc)), 1.0);
  }
  for (double gap : gaps(runs)) EXPECT_NEAR(gap, 60, 1);
}

TEST(AtomicTask, TheDefinitionRunsWhatTheCommandLineSays) {
  const Simulated run = atomic();
  const std::string_view xml =
      std::get<TaskCreated>(run.with_signal("4.task_created")[0].what).content->raw;
  EXPECT_NE(xml.find("<Command>powershell.exe</Command>"), std::string_view::npos);
  EXPECT_NE(xml.find("<Arguments>-NoProfile -WindowStyle Hidden"), std::string_view::npos);
  EXPECT_NE(xml.find("<Interval>PT1M</Interval>"), std::string_view::npos);
  EXPECT_NE(xml.find("<Hidden>false</Hidden>"), std::string_view::npos);
  EXPECT_EQ(xml.find("\r\n") == std::string_view::npos, false);
}

TEST(Atomic, EveryHostRunsEveryTest) {
  Settings s;
  s.hosts = 4;
  std::map<const Host*, std::set<std::string_view>> tests;
  for (const Event& e : simulated(s).events) tests[e.host].insert(e.label.test);
  EXPECT_EQ(tests.size(), 4u);
  for (const auto& [host, seen] : tests) EXPECT_EQ(seen.size(), 4u);
}

}  // namespace
}  // namespace c2sim
