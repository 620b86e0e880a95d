// The background: benign, varied, and as regular as it has to be to be a fair opponent.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "simulator/simulated.h"

namespace c2sim {
namespace {

const Simulated& workday() {
  static const Simulated run = simulated([] {
    Settings s = office(5, 24);
    s.start = *parse_instant("2026-03-03T00:00:00Z");
    return s;
  }());
  return run;
}

std::string base_name(const Process& p) {
  const std::string_view image = p.program->image->raw;
  return std::string(image.substr(image.rfind('\\') + 1));
}

TEST(Background, NothingOfItIsLabelled) {
  for (const Event& e : workday().events) ASSERT_TRUE(e.label.test.empty());
}

TEST(Background, HasThePeopleTheSystemAndTheAgents) {
  std::set<std::string> images;
  for (const Event& e : workday().with_id(3)) images.insert(base_name(process_of(e)));
  for (const char* expected :
       {"svchost.exe", "ms-teams.exe", "OUTLOOK.EXE", "OneDrive.exe", "NorthwallSensor.exe",
        "nxlog.exe", "MicrosoftEdgeUpdate.exe", "MsMpEng.exe", "lsass.exe", "System"})
    EXPECT_TRUE(images.count(expected) != 0) << expected;
  EXPECT_TRUE(images.count("msedge.exe") + images.count("chrome.exe") > 0);
}

TEST(Background, PeopleWorkByDay) {
  std::size_t day = 0, night = 0;
  for (const Event& e : workday().with_id(3)) {
    const std::string name = base_name(process_of(e));
    if (name != "msedge.exe" && name != "chrome.exe" && name != "firefox.exe") continue;
    (working_hours(e.utc) || working_hours(e.utc - seconds(10)) ? day : night) += 1;
  }
  EXPECT_GT(day, 500u);
  EXPECT_EQ(night, 0u);
}

TEST(Background, TheSensorIsAsRegularAsAnImplant) {
  std::map<const Host*, std::vector<Event>> calls;
  for (const Event& e : workday().with_id(3))
    if (base_name(process_of(e)) == "NorthwallSensor.exe") calls[e.host].push_back(e);
  ASSERT_EQ(calls.size(), 5u);
  for (const auto& [host, events] : calls) {
    const std::vector<double> g = gaps(events);
    const double n = static_cast<double>(g.size());
    const double mean = std::accumulate(g.begin(), g.end(), 0.0) / n;
    double square = 0;
    for (double x : g) square += (x - mean) * (x - mean);
    EXPECT_NEAR(mean, 60, 1);
    EXPECT_LT(std::sqrt(square / n) / mean, 0.08);  // U[54, 66]: 0.058
  }
}

TEST(Background, DnsFailsForManyBenignReasons) {
  std::map<std::uint32_t, int> status;
  for (const Event& e : workday().with_id(22)) ++status[std::get<DnsQuery>(e.what).status];
  for (std::uint32_t expected : {0u, 9003u, 9002u, 9501u, 1460u})
    EXPECT_GT(status[expected], 0) << expected;
  EXPECT_GT(status[0], 10 * (status[9003] + status[9002]));
}

TEST(Background, NoScriptEngineAsksForNamesThatDoNotExist) {
  for (const Event& e : workday().with_id(22)) {
    if (std::get<DnsQuery>(e.what).status == 0) continue;
    EXPECT_NE(base_name(process_of(e)), "powershell.exe");
  }
}

TEST(Background, RegistersTasksThatAreNotHiddenScripts) {
  const auto tasks = workday().with_id(4698);
  EXPECT_GT(tasks.size(), 2u);
  for (const Event& e : tasks) {
    const std::string_view xml = std::get<TaskCreated>(e.what).content->raw;
    EXPECT_EQ(xml.find("powershell"), std::string_view::npos);
    EXPECT_NE(xml.find("<Exec>"), std::string_view::npos);
  }
}

TEST(Background, HasInboundMulticastAndUnknownProcesses) {
  bool inbound = false, multicast4 = false, multicast6 = false, unknown = false;
  for (const Event& e : workday().with_id(3)) {
    const auto& c = std::get<NetworkConnect>(e.what);
    inbound |= !c.initiated;
    multicast4 |= c.destination.v6 == nullptr && c.destination.v4 >> 28 == 14;
    multicast6 |= c.destination.v6 != nullptr && c.destination.v6->raw == "ff02:0:0:0:0:0:1:3";
    unknown |= c.process.program->image->raw == "<unknown process>" && c.process.guid == Guid{};
  }
  EXPECT_TRUE(inbound && multicast4 && multicast6 && unknown);
}

TEST(Background, AgentsAloneHaveNoPeople) {
  Settings s = office(2, 2);
  s.background = Background::agents;
  std::set<std::string> images;
  const Simulated run = simulated(s);
  for (const Event& e : run.with_id(3)) images.insert(base_name(process_of(e)));
  EXPECT_TRUE(images.count("NorthwallSensor.exe") != 0);
  EXPECT_EQ(images.count("ms-teams.exe") + images.count("msedge.exe") + images.count("chrome.exe"),
            0u);
}

TEST(Background, AnAttackChangesNothingOfItOnOtherHosts) {
  Settings quiet = office(3, 1), attacked = quiet;
  attacked.tests = {1, 2, 3, 4};
  const auto of_last_host = [](const Simulated& run) {
    std::vector<std::string> lines;
    for (const Event& e : run.events)
      if (e.host->index == 2) lines.push_back(line_of(e, "xml"));
    return lines;
  };
  EXPECT_EQ(of_last_host(simulated(quiet)), of_last_host(simulated(attacked)));
}

}  // namespace
}  // namespace c2sim
