// verify --collector: the real collectors carry the telemetry, and what they make of it is what the
// plugin makes of it in process. Where a collector is not there, its tests say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/json_schema.h"
#include "support/xml_schema.h"
#include "unit/harness/program.h"
#include "unit/harness/verify_program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Strings = std::vector<std::string>;

struct CollectorKind {
  std::string name;
  std::string program;    // "": not there
  std::string who_looks;  // where it was looked for

  friend void PrintTo(const CollectorKind& c, std::ostream* os) { *os << c.name; }
};

std::string fluent_bit() {
  const char* named = std::getenv("C2WATCH_FLUENT_BIT");
  return named == nullptr ? "" : named;
}

std::vector<CollectorKind> collectors() {
  const std::string rsyslogd = C2WATCH_RSYSLOGD;
  return {{"syslog-ng", C2WATCH_SYSLOG_NG, ""},
          {"fluent-bit", fluent_bit(), "C2WATCH_FLUENT_BIT does not name one"},
          {"rsyslog", rsyslogd.ends_with("-NOTFOUND") ? "" : rsyslogd,
           "neither installed nor unpacked by scripts/setup"}};
}

Strings operator+(Strings a, const Strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Strings through(const std::string& name, const std::string& program) {
  return {"--collector", name, "--collector-program", program};
}

// A program that stands before the real syslog-ng and does something first.
std::string before_syslog_ng(const Scratch& s, const std::string& deed) {
  const auto script = s.write("collector", "#!/bin/sh\n[ \"$1\" = --version ] && exec " +
                                               quoted(C2WATCH_SYSLOG_NG) + " --version\n" + deed);
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  return script;
}
const std::string kGoOn = quoted(C2WATCH_SYSLOG_NG) + " \"$@\"\n";

std::string simulate(const Scratch& s, const Strings& arguments) {
  std::string command = quoted(C2WATCH_BUILD "/bin/c2sim");
  for (const std::string& a : arguments) command += " " + quoted(a);
  if (std::system((command + " --out " + quoted(s.path("events"))).c_str()) != 0)
    throw std::runtime_error("c2sim failed: " + command);
  return s.path("events");
}

// All verdicts and ids; of a finding's evidence a collector may write numbers in another way.
json verdicts_of(json report) {
  report.erase("collector");
  report.erase("counts");
  report.erase("collector_runs");
  report.erase("transport");
  for (json& test : report["tests"]) {
    const auto strip = [](json& run) {
      if (!run.contains("raised")) return;
      for (json& finding : run["raised"]) finding = {finding["id"], finding["update"]};
    };
    if (test.contains("variants")) {
      for (json& variant : test["variants"]) {
        variant.erase("transport");
        for (json& run : variant["runs"]) strip(run);
      }
    }
  }
  if (report.contains("raised"))
    for (json& findings : report["raised"])
      for (json& finding : findings) finding = {finding["id"], finding["update"]};
  return report;
}

class Through : public testing::TestWithParam<CollectorKind> {
 protected:
  void SetUp() override {
    if (GetParam().program.empty())
      GTEST_SKIP() << "no " << GetParam().name << ": " << GetParam().who_looks;
  }
  Strings options() const { return through(GetParam().name, GetParam().program); }
};

TEST_P(Through, EveryTestWorldAndProfileIsJudgedAsInProcess) {
  const Verified here = verify({});
  const Verified there = verify(options());
  EXPECT_EQ(there.code, 0);
  EXPECT_EQ(there.report["transport"], "pass");
  EXPECT_THAT(there.report["collector"].get<std::string>(), HasSubstr("."));  // a version
  EXPECT_EQ(verdicts_of(there.report), verdicts_of(here.report));
  std::size_t findings = 0;
  for (const json& test : there.report["tests"])
    for (const json& variant : test["variants"]) {
      EXPECT_EQ(variant["transport"].size(), variant["runs"].size());
      for (const json& collector_run : variant["transport"]) {
        EXPECT_EQ(collector_run["records"], variant["records"]);
        EXPECT_EQ(collector_run["records_out"], variant["records"]);
        findings += collector_run["findings_out"].get<std::size_t>();
      }
    }
  EXPECT_GT(findings, 10u);
}

TEST_P(Through, AnExerciseAmongAnOfficeIsJudgedAsInProcess) {
  const Scratch s;
  const auto file = simulate(s, {"--scenario", "office", "--hosts", "5", "--hours", "2", "--tests",
                                 "1,2,3,4", "--server", "198.51.100.9", "--shape", "nxlog"});
  const Strings exercise = {"--telemetry", file, "--profile", "default"};
  const Verified here = verify(exercise);
  const Verified there = verify(exercise + options());
  EXPECT_EQ(there.code, 0);
  EXPECT_EQ(verdicts_of(there.report), verdicts_of(here.report));
  ASSERT_EQ(there.report["collector_runs"].size(), 1u);
  EXPECT_EQ(there.report["collector_runs"][0]["records_out"], here.report["source"]["records"]);
  EXPECT_GT(there.report["collector_runs"][0]["findings_out"], 3);
}

TEST_P(Through, RecordsOfSeveralLinesAndOddTextComeOutWhole) {
  const Scratch s;
  const std::string pretty =
      "{\n  \"EventID\": 3,\n  \"Channel\": \"Microsoft-Windows-Sysmon/Operational\",\n"
      "  \"Hostname\": \"W\\u00dc \\u202e$(x) ${HOST} %msg%\", \"RecordNumber\": 7,\n"
      "  \"UtcTime\": \"2026-03-02 07:30:00.123\", \"Initiated\": \"true\",\n"
      "  \"ProcessGuid\": \"{b59756a9-b239-5f17-5307-000000000400}\", \"Protocol\": \"tcp\",\n"
      "  \"Image\": \"C:\\\\W\\\\powershell.exe\", \"User\": \"a\\tb\xc3\xa4\",\n"
      "  \"DestinationIp\": \"203.0.113.10\", \"DestinationPort\": \"4444\"\n}\n";
  std::string twice = pretty;
  twice.replace(twice.find("\": 7,"), 5, "\": 8,").append(pretty);  // the first one comes again
  const Verified v = verify(
      Strings{"--telemetry", s.write("events", pretty + twice), "--test", "3", "--profile", "lab"} +
      options());
  EXPECT_EQ(v.report["collector_runs"][0]["verdict"], "pass") << v.report["collector_runs"].dump(1);
  EXPECT_EQ(v.report["collector_runs"][0]["records_out"], 3);
  EXPECT_EQ(v.report["collector_runs"][0]["findings_out"], 1);
}

TEST_P(Through, AnyNameOfTheTemporaryFolderWillDo) {
  const Scratch s;
  const std::string odd = s.path("a b'c\"d$e`f`g\\h%i{j}");
  std::filesystem::create_directory(odd);
  const char* before = std::getenv("TMPDIR");
  const std::string old = before == nullptr ? "" : before;
  setenv("TMPDIR", odd.c_str(), 1);
  const ProgramResult r =
      run_c2watch(Strings{"verify", "--test", "3", "--profile", "lab"} + options());
  EXPECT_TRUE(std::filesystem::is_empty(odd));
  old.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", old.c_str(), 1);
  EXPECT_EQ(r.code, 0) << r.out << r.err;
}

INSTANTIATE_TEST_SUITE_P(, Through, testing::ValuesIn(collectors()), [](const auto& p) {
  std::string name = p.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// ---- what goes wrong ----------------------------------------------------------------------------

const json& lab_journey(const Verified& v) {
  return v.report["tests"][0]["variants"][0]["transport"][0];
}

TEST(TransportGap, ALostRecordIsNoTelemetryGapAndTakesItsFindingAlong) {
  const Scratch s;
  const auto program = before_syslog_ng(s, "grep -v '>4444<' | " + kGoOn);
  const Verified v =
      verify(Strings{"--test", "3", "--profile", "lab"} + through("syslog-ng", program));
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "pass");
  EXPECT_EQ(v.report["transport"], "fail");
  EXPECT_EQ(lab_journey(v)["records_out"], lab_journey(v)["records"].get<int>() - 1);
  EXPECT_THAT(lab_journey(v)["detail"].get<std::string>(), HasSubstr("1 record did not come out"));
}

TEST(TransportGap, FindingsThatTheCollectorDoesNotDeliverAreNamedById) {
  const Scratch s;
  const auto program =
      before_syslog_ng(s, kGoOn + "grep -v c2watch.finding out >rest; mv rest out\n");
  const Verified v =
      verify(Strings{"--test", "3", "--profile", "lab"} + through("syslog-ng", program));
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["detection"], "fail");  // judged is what came out
  ASSERT_EQ(lab_journey(v)["differences"].size(), 1u);
  EXPECT_EQ(lab_journey(v)["differences"][0]["disposition"], "missing");
  EXPECT_EQ(lab_journey(v)["differences"][0]["detector"], "c2_port");
  const Verified here = verify(Strings{"--test", "3", "--profile", "lab"});
  EXPECT_EQ(lab_journey(v)["differences"][0]["id"],
            here.report["tests"][0]["variants"][0]["runs"][0]["raised"][0]["id"]);
}

TEST(TransportGap, AnotherConfigInTheCollectorRaisesMore) {
  const Scratch s;
  const auto program = before_syslog_ng(s, "sed -i s/seed/lab/ c2watch.json\n" + kGoOn);
  const Verified v =
      verify(Strings{"--test", "3", "--profile", "seed"} + through("syslog-ng", program));
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(lab_journey(v)["differences"][0]["disposition"], "extra");
  const ProgramResult text = run_c2watch(Strings{"verify", "--test", "3", "--profile", "seed"} +
                                         through("syslog-ng", program));
  EXPECT_THAT(text.out, HasSubstr("raised by the collector alone: c2_port"));
  EXPECT_THAT(text.out, HasSubstr("transport  0 of 2 collector runs"));
}

TEST(TransportGap, AForeignLineIsTold) {
  const Scratch s;
  const auto program = before_syslog_ng(s, "{ echo hello; cat; } | " + kGoOn);
  const Verified v =
      verify(Strings{"--test", "3", "--profile", "lab"} + through("syslog-ng", program));
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(lab_journey(v)["unexpected"], 1);
}

std::string violations(const std::string& schema_name, const json& document) {
  return testing_support::violations(json::parse(slurp(C2WATCH_SHARE "/schemas/" + schema_name)),
                                     document);
}

TEST(TransportGap, EveryFormOfTheReportTellsIt) {
  const Scratch s;
  const auto program = before_syslog_ng(s, "grep -v '>4444<' | " + kGoOn);
  Strings arguments = {"verify", "--test", "3", "--profile", "lab"};
  for (const char* form : {"json", "junit", "sarif", "markdown", "html", "navigator"})
    arguments = arguments + Strings{"--report", form + ("=" + s.path(form))};
  EXPECT_EQ(run_c2watch(arguments + through("syslog-ng", program)).code, 1);
  EXPECT_EQ(violations("report.schema.json", json::parse(slurp(s.path("json")))), "");
  const json sarif = json::parse(slurp(s.path("sarif")));
  EXPECT_EQ(violations("sarif.schema.json", sarif), "");
  EXPECT_EQ(sarif["runs"][0]["results"].back()["ruleId"], "transport-gap");
  EXPECT_EQ(violations("navigator-layer.schema.json", json::parse(slurp(s.path("navigator")))), "");
  EXPECT_EQ(
      testing_support::xsd_violations(C2WATCH_SHARE "/schemas/junit.xsd", slurp(s.path("junit"))),
      "");
  EXPECT_THAT(slurp(s.path("junit")), HasSubstr("<failure type=\"transport-gap\""));
  EXPECT_THAT(slurp(s.path("markdown")), HasSubstr("## Transport gaps"));
  EXPECT_THAT(slurp(s.path("html")), HasSubstr("data-collector-run=\"fail\""));
}

void expect_mistake(const Strings& arguments, int code, const std::string& words) {
  const ProgramResult r = run_c2watch(Strings{"verify", "--test", "3"} + arguments);
  EXPECT_EQ(r.code, code);
  EXPECT_THAT(r.err, HasSubstr(words));
  EXPECT_EQ(r.out, "");
}

TEST(ThroughMistake, IsNamedWithWhatWouldBeRight) {
  expect_mistake({"--collector", "logstash"}, 2, "must be syslog-ng, fluent-bit or rsyslog");
  expect_mistake({"--module", "x"}, 2, "belong to --collector");
  expect_mistake({"--collector", "syslog-ng", "--watch", "--telemetry", "x"}, 2, "--watch");
  expect_mistake(through("syslog-ng", "/nowhere/syslog-ng"), 3, "/nowhere/syslog-ng is no program");
  expect_mistake(through("syslog-ng", "/bin/true"), 3, "is no syslog-ng");
  expect_mistake(through("fluent-bit", "/bin/true"), 3, "is no Fluent Bit");
  expect_mistake(through("syslog-ng", C2WATCH_SYSLOG_NG) + Strings{"--module", "/nowhere/m.so"}, 3,
                 "--module /nowhere/m.so: no such file");
}

TEST(ThroughMistake, ACollectorThatIsNotInstalledIsSaidSo) {
  const std::string path = std::getenv("PATH");
  const std::string named = fluent_bit();
  unsetenv("C2WATCH_FLUENT_BIT");
  setenv("PATH", "/nowhere", 1);
  const ProgramResult r = run_c2watch({"verify", "--collector", "fluent-bit"});
  setenv("PATH", path.c_str(), 1);
  if (!named.empty()) setenv("C2WATCH_FLUENT_BIT", named.c_str(), 1);
  if (r.code == 0) GTEST_SKIP() << "fluent-bit is installed where packages put it";
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("there is no fluent-bit on the PATH"));
  EXPECT_THAT(r.err, HasSubstr("--collector-program"));
}

TEST(ThroughMistake, WhatTheDaemonSaysAtItsEndIsTold) {
  const Scratch s;
  expect_mistake(through("syslog-ng", before_syslog_ng(s, "echo wrong '\033[2J' >&2; exit 4\n")), 3,
                 "ended with exit code 4\n  wrong \\x1B[2J");
}

// Waits for it, as long as anything may take.
bool becomes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

TEST(ThroughDaemon, DoesNotOutliveAKilledJudge) {
  const Scratch s;
  const auto program =
      before_syslog_ng(s, "echo $$ >" + quoted(s.path("daemon")) + "; exec sleep 600\n");
  const std::string command =
      "TMPDIR=" + quoted(s.path()) + " " + quoted(C2WATCH_BUILD "/bin/c2watch") +
      " verify --test 3 --collector syslog-ng --collector-program " + quoted(program) +
      " >/dev/null 2>&1 & echo $! >" + quoted(s.path("judge"));
  ASSERT_EQ(std::system(command.c_str()), 0);
  ASSERT_TRUE(becomes_true([&] { return slurp(s.path("daemon")).ends_with("\n"); }));
  const pid_t daemon = std::stoi(slurp(s.path("daemon")));
  ASSERT_EQ(kill(daemon, 0), 0);
  kill(std::stoi(slurp(s.path("judge"))), SIGKILL);
  // Gone, or waiting for somebody to ask how it ended.
  EXPECT_TRUE(becomes_true([&] {
    const std::string status = slurp("/proc/" + std::to_string(daemon) + "/status");
    return status.empty() || status.find("State:\tZ") != std::string::npos;
  }));
}

}  // namespace
}  // namespace c2watch::harness
