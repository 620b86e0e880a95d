// interval_beacon on captures of real machines, attacked and not. They are no part of the project:
// MANIFEST.md beside them says where each comes from and what happened in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/analytics/interval_beacon.h"
#include "core/analytics/process_class.h"
#include "core/parse/reader.h"
#include "support/event_builder.h"
#include "support/telemetry.h"

namespace c2watch::analytics {
namespace {

using namespace testing_support;
using testing::UnorderedElementsAre;

// In the laboratories that were captured, the servers had private addresses.
class CapturesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_telemetry()) GTEST_SKIP() << "no captures in ../shared/telemetry";
  }

  std::string folder_file(const std::string& prefix) const {
    for (const auto& entry : std::filesystem::directory_iterator(telemetry_folder()))
      if (entry.path().filename().string().starts_with(prefix)) return entry.path().string();
    ADD_FAILURE() << "no capture " << prefix;
    return "";
  }

  void observe(const Event& event) {
    if (event.kind == Kind::process_create) lineage_.observe(event);
    if ((detector_.kinds() & mask(event.kind)) != 0) detector_.observe(event, out_);
  }

  void replay_sysmon(const std::string& prefix) {
    std::size_t read = 0;
    for (const PackedFile& file : unpack(folder_file(prefix))) {
      for (const std::string_view record : split_records(file.bytes)) {
        Event event;
        if (reader_.read_auto(record, event) != parse::Unreadable::none) continue;
        ++read;
        observe(event);
      }
    }
    ASSERT_GT(read, 1'000u);
  }

  // Zeek knows times and addresses; the program is the caller's guess.
  void replay_zeek(const std::string& prefix, const std::string& file_name, std::string_view from,
                   std::string_view image) {
    std::size_t read = 0;
    for (const PackedFile& file : unpack(folder_file(prefix))) {
      if (!file.name.ends_with(file_name)) continue;
      std::istringstream lines(file.bytes);
      for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string ts, uid, source, source_port, destination, port;
        if (!(fields >> ts >> uid >> source >> source_port >> destination >> port)) continue;
        if (ts[0] == '#' || source != from) continue;
        const Time at{
            std::chrono::microseconds(std::llround(std::strtod(ts.c_str(), nullptr) * 1e6))};
        observe(network_connect(at, source, "", image, destination, std::atoi(port.c_str())));
        ++read;
      }
    }
    ASSERT_GT(read, 300u);
  }

  // "program pid" of each finding at or above medium.
  std::multiset<std::string> alarms() const {
    std::multiset<std::string> all;
    std::set<std::string> ids;
    for (const Finding& f : out_.found)
      if (f.severity >= Severity::medium && ids.insert(f.id).second)
        all.insert(std::string(file_name(f.process.image)) + " " + std::to_string(f.process.pid));
    return all;
  }

  DestinationScope scope_ = *DestinationScope::create(ScopeSettings::lab());
  Lineage lineage_{LineageSettings{}, 5};
  IntervalBeacon detector_{IntervalBeaconSettings{}, scope_, lineage_, 5};
  parse::Reader reader_;
  Collect out_;
};

TEST_F(CapturesTest, TwoEmpireAgentsInOneImageAreTwoFindings) {
  replay_sysmon("S01_");
  EXPECT_THAT(alarms(), UnorderedElementsAre("powershell.exe 5172", "powershell.exe 5452"));
  for (const Finding& f : out_.found) EXPECT_NEAR(*evidence<double>(f, "interval_s"), 5.1, 0.1);
}

TEST_F(CapturesTest, AnEmpireAgentIsSeenInTheFirstHalfMinute) {
  replay_sysmon("S03_");
  EXPECT_THAT(alarms(), UnorderedElementsAre("powershell.exe 9076"));
}

TEST_F(CapturesTest, AnAgentAndTheNotepadItMovedInto) {
  replay_sysmon("S04_");
  EXPECT_THAT(alarms(), UnorderedElementsAre("powershell.exe 6008", "notepad.exe 2576"));
}

TEST_F(CapturesTest, ADayThroughAProxy) {
  replay_zeek("S16_", "http.log", "10.136.0.18", "C:\\Users\\u\\AppData\\Roaming\\x.exe");
  EXPECT_THAT(alarms(), UnorderedElementsAre("x.exe 0"));
}

TEST_F(CapturesTest, AMeterpreterThatKeepsItsSessionDoesNotBeacon) {
  replay_sysmon("S06_");
  EXPECT_TRUE(alarms().empty());
}

TEST_F(CapturesTest, BurstsOfProvisioningAreNoBeacon) {
  replay_sysmon("S08_");
  EXPECT_TRUE(alarms().empty());
}

TEST_F(CapturesTest, ADayOfAnHonestHostIsSilent) {
  replay_zeek("S17_", "conn.log.labeled", "147.32.83.165", "C:\\Program Files\\Vendor\\client.exe");
  EXPECT_TRUE(alarms().empty());
  EXPECT_GT(detector_.unreported(), 0u);  // it has regular connections; they are no finding
}

TEST_F(CapturesTest, PingsEveryFiveSecondsAreNoConnections) {
  std::size_t read = 0;
  for (const PackedFile& file : unpack(folder_file("S18_"))) {
    for (const std::string& record : evtx_records(file.bytes)) {
      Event event;
      if (reader_.read_xml(record, event) != parse::Unreadable::none) continue;
      ++read;
      observe(event);
    }
  }
  if (!have_evtx()) GTEST_SKIP() << "built without libevtx";
  EXPECT_GT(read, 200u);
  EXPECT_TRUE(alarms().empty());
}

}  // namespace
}  // namespace c2watch::analytics
