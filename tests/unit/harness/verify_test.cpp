// The whole of it: c2sim's telemetry, the real plugin, the shipped expectations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/json_schema.h"
#include "unit/harness/program.h"
#include "unit/harness/verify_program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class EveryShapeTest : public testing::TestWithParam<const char*> {};

TEST_P(EveryShapeTest, AllExpectationsHold) {
  const Verified v = verify({"--input-format", GetParam()});
  EXPECT_EQ(v.code, 0) << v.report.dump(1);
  EXPECT_EQ(v.report["telemetry"], "pass");
  EXPECT_EQ(v.report["detection"], "pass");
  EXPECT_EQ(v.report["tests"].size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(, EveryShapeTest,
                         testing::Values("xml", "nxlog", "winlogbeat7", "flb-winevtlog", "otel"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Test 3 on thirty hosts: a finding of c2_port for each.
TEST(ScanReport, TellsTheGravestInFullAndCountsTheOthers) {
  const Scratch s;
  const std::string simulate = quoted(C2WATCH_BUILD "/bin/c2sim") +
                               " --tests 3 --hosts 30 --shape nxlog --out " +
                               quoted(s.path("events")) + " 2>" + quoted(s.path("log"));
  ASSERT_EQ(std::system(simulate.c_str()), 0);
  const auto table_rows = [&](const std::string& most) {
    const ProgramResult r =
        run_c2watch({"scan", "--profile", "lab", "--brief", "--findings", most, s.path("events")});
    std::size_t rows = 0;
    for (std::size_t at = r.out.find("c2_port  "); at != std::string::npos;
         at = r.out.find("c2_port  ", at + 1))
      ++rows;
    return std::pair(rows, r.out);
  };
  const auto [all, everything] = table_rows("0");
  EXPECT_EQ(all, 30u);
  EXPECT_THAT(everything, Not(HasSubstr(" more ")));
  const auto [few, shortened] = table_rows("29");
  EXPECT_EQ(few, 29u);
  EXPECT_THAT(shortened, HasSubstr("and 1 more critical c2_port"));
  EXPECT_THAT(table_rows("30").second, Not(HasSubstr(" more ")));
}

TEST(Verify, HoldsForAnotherSeedAsWell) { EXPECT_EQ(verify({"--seed", "4711"}).code, 0); }

// The seed's honest table: its tests, as written, raise nothing under its own query.
TEST(Verify, UnderSeedTheTestsAsWrittenRaiseNothing) {
  const Verified v = verify({"--profile", "seed"});
  EXPECT_EQ(v.code, 0);
  int silent = 0;
  int fired = 0;
  for (const json& test : v.report["tests"])
    for (const json& variant : test["variants"])
      for (const json& run : variant["runs"]) {
        EXPECT_EQ(run["profile"], "seed");
        if (variant["variant"] == "as_written") silent += run["raised"].empty();
        if (variant["variant"] == "sustained")
          fired += !run["raised"].empty() && run["raised"][0]["detector"] == "hourly_beacon";
      }
  EXPECT_EQ(silent, 4);
  EXPECT_EQ(fired, 2);
}

TEST(Verify, DroppingEid3IsATelemetryGapAndNoDetectionGap) {
  const Verified v = verify({"--test", "1", "--sim-arg=--without", "--sim-arg=3"});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "fail");
  EXPECT_EQ(v.report["detection"], "inconclusive");
  for (const json& variant : v.report["tests"][0]["variants"])
    for (const json& run : variant["runs"]) EXPECT_EQ(run["verdict"], "inconclusive");
}

// Under `seed` test 2 cannot be found. Whoever expects it gets a detection gap and no telemetry gap.
TEST(Verify, AProfileThatCannotFireIsADetectionGapAndNoTelemetryGap) {
  json file = json::parse(slurp(C2WATCH_SHARE "/expectations/test2_dns.json"));
  file["runs"] = json::array({{{"profile", "seed"},
                               {"variant", "as_written"},
                               {"findings", {{{"detector", "dns_burst"}}}}}});
  const Scratch s;
  s.write("test2.json", file.dump());
  const Verified v = verify({"--expectations", s.path()});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "pass");
  EXPECT_EQ(v.report["detection"], "fail");
}

// What does not come is explained by the key that was nearest: what it had, and what it lacked.
TEST(Verify, ASilenceHasTheNearestKeyAndWhyItWasNotEnough) {
  json file = json::parse(slurp(C2WATCH_SHARE "/expectations/test3_ports.json"));
  const auto run = [](const char* profile, const char* variant, const char* detector) {
    return json{
        {"profile", profile}, {"variant", variant}, {"findings", {{{"detector", detector}}}}};
  };
  file["runs"] = {run("default", "as_written", "c2_port"), run("lab", "server", "interval_beacon"),
                  run("lab", "as_written", "c2_port"), run("seed", "server", "dns_burst")};
  const Scratch s;
  s.write("test3.json", file.dump());
  const Verified v = verify({"--expectations", s.path()});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(testing_support::violations(
                json::parse(slurp(C2WATCH_SHARE "/schemas/report.schema.json")), v.report),
            "");
  const auto finding = [&](std::size_t variant, const char* profile) -> json {
    for (const json& r : v.report["tests"][0]["variants"][variant]["runs"])
      if (r["profile"] == profile) return r["expected"][0];
    return {};
  };
  const json dropped = finding(0, "default")["nearest"];
  EXPECT_THAT(dropped["key"].get<std::string>(), HasSubstr("powershell.exe on WS-0001"));
  EXPECT_EQ(dropped["dropped"][0]["by"], "scope.excluded_networks");
  EXPECT_EQ(dropped["dropped"][0]["events"], 3);
  const json short_of = finding(1, "lab")["nearest"];
  EXPECT_EQ(short_of["conditions"][0]["text"], "1 check-in of at least 5: 4 more are missing");
  EXPECT_FALSE(finding(0, "lab").contains("nearest")) << "it fired";
  EXPECT_FALSE(finding(1, "seed").contains("nearest")) << "seed has no such detector";

  const ProgramResult text = run_c2watch({"verify", "--expectations", s.path()});
  EXPECT_THAT(text.out, HasSubstr("nearest: powershell.exe on WS-0001"));
  const ProgramResult junit =
      run_c2watch({"verify", "--expectations", s.path(), "--format", "junit"});
  EXPECT_THAT(junit.out, HasSubstr("not counted: 3 events by scope.excluded_networks"));
}

TEST(Verify, RecordedTelemetryIsJudgedAsWell) {
  const Scratch s;
  const std::string simulate = quoted(C2WATCH_BUILD "/bin/c2sim") +
                               " --scenario atomic --tests 3 --shape nxlog --out " +
                               quoted(s.path("capture.json"));
  ASSERT_EQ(std::system(simulate.c_str()), 0);
  EXPECT_EQ(
      verify({"--telemetry", s.path("capture.json"), "--test", "ports", "--variant", "as_written"})
          .code,
      0);
  // Judged by what another variant expects, the destination is wrong: a telemetry gap.
  const Verified v =
      verify({"--telemetry", s.path("capture.json"), "--test", "ports", "--variant", "server"});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "fail");
}

TEST(Verify, AShapeThatHasNoPlaceForTheEventsIsATelemetryGap) {
  const Verified v = verify({"--test", "2", "--input-format", "sumo-cse"});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "fail");
  EXPECT_EQ(v.report["detection"], "inconclusive");
}

TEST(Verify, SaysWithFileAndLineWhatIsWrongWithAnExpectation) {
  const Scratch s;
  s.write("mine.json", "{\n \"schema\": \"c2watch.expectation/2\"\n}");
  const ProgramResult r = run_c2watch({"verify", "--expectations", s.path()});
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("mine.json:2:2: /schema: must be \"c2watch.expectation/1\""));
}

// 26 check-ins an hour: two hours are a beacon, one hour is not.
TEST(ScanBatch, AnswersForWholeHours) {
  const std::string input = C2WATCH_FIXTURES "/cases/hourly_seed/input.json";
  const auto findings = [&](const char* from, const char* to) {
    const ProgramResult r = run_c2watch(
        {"scan", "--profile", "seed", "--from", from, "--to", to, "--format", "json", input});
    EXPECT_EQ(r.code, 0) << r.err;
    return std::count(r.out.begin(), r.out.end(), '\n');
  };
  EXPECT_EQ(findings("2026-03-02T08", "2026-03-02T10"), 1);
  EXPECT_EQ(findings("2026-03-02T08", "2026-03-02T09"), 0);
}

TEST(Run, ShowsItAllAndTheSameInAPipe) {
  const ProgramResult first = run_c2watch({"verify", "--demo", "--events", "0"});
  EXPECT_EQ(first.code, 0) << first.out;
  for (const char* part :
       {"Coverage", "Test 1", "Test 4", "Findings", "Verdicts", "interval_beacon", "dns_burst",
        "c2_port", "task_callback", "hourly_beacon"})
    EXPECT_THAT(first.out, HasSubstr(part));
  EXPECT_EQ(run_c2watch({"verify", "--demo", "--events", "0"}).out, first.out);
  // What sums it up is the last that a terminal shows.
  EXPECT_LT(first.out.find("\nFindings\n"), first.out.find("\nCoverage\n"));
  EXPECT_LT(first.out.find("\nCoverage\n"), first.out.find("\nVerdicts\n"));
}

TEST(Run, InBriefHasTheTableOfFindingsAlone) {
  const std::string full = run_c2watch({"verify", "--demo", "--events", "0", "--test", "3"}).out;
  const std::string brief =
      run_c2watch({"verify", "--demo", "--events", "0", "--test", "3", "--brief"}).out;
  EXPECT_THAT(full, HasSubstr("\n    evidence\n"));
  EXPECT_THAT(brief, Not(HasSubstr("\n    evidence\n")));
  for (const std::string& out : {full, brief}) {
    EXPECT_THAT(out, HasSubstr("  Severity  Detector"));
    EXPECT_THAT(out, HasSubstr("c2_port"));
  }
}

TEST(Bench, ChecksTheAnswerOfEveryProfileAndShape) {
  const Scratch s;
  const ProgramResult r = run_bench({"bench", "--events", "8000", "--hosts", "2", "--repetitions",
                                     "2", "--format", "json", "--output", s.path("report")});
  ASSERT_EQ(r.code, 0) << r.err;
  const json report = json::parse(slurp(s.path("report")));
  EXPECT_EQ(report["rows"].size(), 18u);  // 6 shapes in 3 profiles
  for (const json& row : report["rows"]) {
    EXPECT_EQ(row["events"], 8000);
    EXPECT_GT(row["events_per_second"], 0);
    if (row["profile"] == "seed") {
      EXPECT_GT(row["reference_rows_compared"], 0) << row.dump();
    }
  }
}

}  // namespace
}  // namespace c2watch::harness
