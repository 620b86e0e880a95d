#include "core/analytics/beacon_context.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace c2watch::analytics {
namespace {

constexpr std::array<std::uint16_t, 2> kUsual = {80, 443};
constexpr std::string_view kAgent = "C:\\Program Files\\Vendor\\agent.exe";
constexpr std::string_view kShell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\PowerShell.EXE";

std::optional<ProcessFacts> child_of_office() {
  ProcessFacts facts;
  facts.origins = origin_bit(Origin::office);
  facts.own_origins = facts.origins;
  return facts;
}

struct Case {
  std::string name;
  BeaconContext context;
  int points;
  Severity severity;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

BeaconContext base() {
  BeaconContext c;
  c.image = kAgent;
  c.destination_hostname = "update.example.com";
  c.destination_port = 443;
  c.usual_ports = kUsual;
  c.hosts = 50;
  c.fleet = 100;
  return c;
}

template <class Change>
BeaconContext with(Change change) {
  BeaconContext c = base();
  change(c);
  return c;
}

class AssessTest : public testing::TestWithParam<Case> {};

TEST_P(AssessTest, Weighs) {
  const BeaconAssessment a = assess(GetParam().context);
  EXPECT_EQ(a.points, GetParam().points);
  EXPECT_EQ(a.severity, GetParam().severity);
  EXPECT_EQ(a.reasons.empty(), a.points == 0);
}

using enum Severity;

INSTANTIATE_TEST_SUITE_P(
    , AssessTest,
    testing::Values(
        Case{"an_update_agent", base(), 0, informational},
        Case{"no_name", with([](auto& c) { c.destination_hostname = {}; }), 1, informational},
        Case{"odd_port", with([](auto& c) { c.destination_port = 8443; }), 1, informational},
        Case{"unknown_port", with([](auto& c) { c.destination_port = -1; }), 0, informational},
        Case{"no_name_and_odd_port", with([](auto& c) {
               c.destination_hostname = {};
               c.destination_port = 8443;
             }),
             2, low},
        Case{"two_hosts_of_ten", with([](auto& c) {
               c.hosts = 2;
               c.fleet = 10;
             }),
             1, informational},
        Case{"three_hosts_are_not_rare", with([](auto& c) {
               c.hosts = 3;
               c.fleet = 10;
             }),
             0, informational},
        Case{"nine_hosts_are_no_fleet", with([](auto& c) {
               c.hosts = 1;
               c.fleet = 9;
             }),
             0, informational},
        Case{"forgotten_destination", with([](auto& c) { c.hosts = 0; }), 0, informational},
        Case{"script_engine_in_any_case", with([](auto& c) { c.image = kShell; }), 3, medium},
        Case{"looks_like_a_script_engine",
             with([](auto& c) { c.image = "C:\\Program Files\\notpowershell.exe"; }), 0,
             informational},
        Case{"notepad", with([](auto& c) { c.image = "C:\\Windows\\System32\\notepad.exe"; }), 3,
             medium},
        Case{"user_folder",
             with([](auto& c) { c.image = "C:\\Users\\u\\AppData\\Roaming\\x.exe"; }), 3, medium},
        Case{"defender_in_its_own_folder", with([](auto& c) {
               c.image =
                   R"(C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.24\MsMpEng.exe)";
             }),
             0, informational},
        Case{"not_defender_beside_that_folder", with([](auto& c) {
               c.image = R"(C:\ProgramData\Microsoft\Windows Defender\Platform\..\x\MsMpEng.exe)";
             }),
             3, medium},
        Case{"not_defender_in_a_folder_called_alike", with([](auto& c) {
               c.image =
                   R"(C:\Temp\ProgramData\Microsoft\Windows Defender\Platform\4.18.24\MsMpEng.exe)";
             }),
             3, medium},
        Case{"child_of_office", with([](auto& c) { c.facts = child_of_office(); }), 3, medium},
        Case{"started_by_nobody_special", with([](auto& c) { c.facts = ProcessFacts{}; }), 0,
             informational},
        Case{"script_engine_to_an_odd_port", with([](auto& c) {
               c.image = kShell;
               c.destination_port = 8888;
             }),
             4, medium},
        Case{"script_engine_to_a_bare_odd_port", with([](auto& c) {
               c.image = kShell;
               c.destination_port = 8888;
               c.destination_hostname = {};
             }),
             5, high},
        Case{"all_of_it", with([](auto& c) {
               c.image = kShell;
               c.destination_port = 8888;
               c.destination_hostname = {};
               c.facts = child_of_office();
             }),
             8, critical},
        Case{"lookups_have_neither_address_nor_port", with([](auto& c) {
               c.by_name = true;
               c.destination_hostname = {};
               c.destination_port = 8888;
             }),
             0, informational}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
