// c2watch explain, with the real plugin, on the golden cases' telemetry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kPorts = C2WATCH_FIXTURES "/cases/ports_lab/input.json";
const std::string kOffice = C2WATCH_FIXTURES "/cases/office_default/input.json";
const std::string kTask = C2WATCH_FIXTURES "/cases/task_lab/input.json";

TEST(Explain, loopback_in_profile_default_is_dropped_by_name) {
  const ProgramResult r = run_c2watch({"explain", "--destination", "127.0.0.0/8", kPorts});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("dropped  powershell.exe on WS-0001"));
  EXPECT_THAT(r.out,
              HasSubstr("scope.excluded_networks: 127.0.0.1 matches the entry \"127.0.0.0/8\""));
}

TEST(Explain, in_profile_lab_it_fired) {
  const ProgramResult r =
      run_c2watch({"explain", "--profile", "lab", "--process", "powershell.exe", kPorts});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("fired  powershell.exe on WS-0001"));
  EXPECT_THAT(r.out, HasSubstr("port 8443 is listed: "));
}

TEST(Explain, a_program_needs_no_extension) {
  const auto matched = [](const std::string& name) {
    return json::parse(
        run_c2watch({"explain", "--process", name, "--format", "json", kPorts}).out)["matched"];
  };
  EXPECT_GT(matched("powershell")["process"], 0);
  EXPECT_EQ(matched("powershell"), matched("powershell.exe"));
  EXPECT_EQ(matched("powershell.ex")["process"], 0) << "a name with a dot is as it stands";
}

TEST(Explain, an_entry_that_takes_a_finding_is_named_with_its_reason) {
  const Scratch s;
  const std::string config = s.write("site.json", R"({"extends": "lab", "allowlist": [
      {"process": "powershell.exe", "reason": "the admins' scripts"}]})");
  const ProgramResult r =
      run_c2watch({"explain", "--config", config, "--process", "powershell.exe", kPorts});
  EXPECT_THAT(r.out, HasSubstr("suppressed  powershell.exe"));
  EXPECT_THAT(r.out, HasSubstr("allowlist[0] takes it: the admins' scripts"));
}

TEST(Explain, a_task_is_one_key_with_its_stages) {
  const ProgramResult r = run_c2watch(
      {"explain", "--profile", "lab", "--task", "WindowsNetworkHealth", "--format", "json", kTask});
  EXPECT_EQ(r.code, 0) << r.err;
  const json answer = json::parse(r.out);
  ASSERT_EQ(answer["keys"].size(), 1u);
  EXPECT_EQ(answer["keys"][0]["fired"], true);
  EXPECT_EQ(answer["keys"][0]["evidence"]["missing_stages"], json::array());
}

TEST(Explain, what_nothing_matches_says_which_part_of_the_question) {
  const ProgramResult r = run_c2watch(
      {"explain", "--process", "powershell.exe", "--destination", "192.0.2.99", kPorts});
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.out, HasSubstr("destination: no event has it"));
  EXPECT_THAT(r.out, Not(HasSubstr("process: no event has it")));
}

TEST(Explain, what_if_comes_from_set) {
  const ProgramResult r = run_c2watch({"explain", "--profile", "lab", "--host", "WS-0001", "--set",
                                       "detectors.c2_port.enabled=false", kPorts});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, Not(HasSubstr("c2_port")));
  const ProgramResult wrong =
      run_c2watch({"explain", "--host", "x", "--set", "detectors.c2_prot.enabled=false", kPorts});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"c2_port\"?"));
}

// One check-in of five is met by any program that ever connected.
TEST(Explain, nearest_leaves_out_what_is_not_near_unless_asked) {
  const auto keys = [](const std::vector<std::string>& further) {
    std::vector<std::string> arguments = {"explain", "--profile", "default", "--nearest",
                                          "50",      "--format",  "json",    kOffice};
    arguments.insert(arguments.end(), further.begin(), further.end());
    const ProgramResult r = run_c2watch(arguments);
    EXPECT_EQ(r.code, 0) << r.err;
    return json::parse(r.out)["keys"];
  };
  const json all = keys({"--min-score", "0"});
  const json near = keys({});
  std::size_t expected = 0;
  for (const json& key : all) expected += key["nearness"].get<double>() >= 0.1;
  EXPECT_LT(near.size(), all.size());
  EXPECT_EQ(near.size(), expected);
  EXPECT_THAT(run_c2watch({"explain", "--profile", "default", "--nearest", "50", kOffice}).out,
              HasSubstr("less than 10 % of the way: --min-score 0 shows"));
}

TEST(Explain, wrong_usage_is_told) {
  EXPECT_EQ(run_c2watch({"explain", kPorts}).code, 2);
  EXPECT_EQ(run_c2watch({"explain", "--host", "x"}).code, 2);
  EXPECT_EQ(run_c2watch({"explain", "--host", "x", "--min-score", "0.2", kPorts}).code, 2);
  EXPECT_EQ(run_c2watch({"explain", "--nearest", "5", "--min-score", "2", kPorts}).code, 2);
  EXPECT_EQ(run_c2watch({"explain", "--host", "x", "/nowhere"}).code, 3);
  const ProgramResult record = run_c2watch({"explain", "--record", "x", kPorts});
  EXPECT_EQ(record.code, 3);
  EXPECT_THAT(record.err, HasSubstr("Computer/Channel/EventRecordID"));
}

}  // namespace
}  // namespace c2watch::harness
