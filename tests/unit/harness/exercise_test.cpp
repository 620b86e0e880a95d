// verify --telemetry: an exercise in telemetry that nobody labelled, from end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/json_schema.h"
#include "unit/harness/program.h"
#include "unit/harness/verify_program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string simulate(const Scratch& s, const std::string& name,
                     const std::vector<std::string>& arguments) {
  std::string command = quoted(C2WATCH_BUILD "/bin/c2sim");
  for (const std::string& a : arguments) command += " " + quoted(a);
  command += " --out " + quoted(s.path(name)) + " --truth " + quoted(s.path(name + ".truth"));
  if (std::system(command.c_str()) != 0) throw std::runtime_error("c2sim failed: " + command);
  return s.path(name);
}

const json& named(const json& list, const char* key, const std::string& name) {
  for (const json& item : list)
    if (item[key] == name) return item;
  throw std::runtime_error("no " + name + " in " + list.dump());
}

const json& signal_of(const Verified& v, const std::string& test, const std::string& id) {
  return named(named(v.report["tests"], "name", test)["variants"][0]["signals"], "id", id);
}

class ExerciseShape : public testing::TestWithParam<const char*> {};

TEST_P(ExerciseShape, FindsTheTestsAndLearnsTheServer) {
  const Scratch s;
  const auto file =
      simulate(s, "events",
               {"--scenario", "atomic-remote", "--server", "198.51.100.77", "--shape", GetParam()});
  const Verified v = verify({"--telemetry", file, "--profile", "default"});
  EXPECT_EQ(v.code, 0) << v.report.dump(1);
  EXPECT_EQ(v.report["telemetry"], "pass");
  EXPECT_EQ(v.report["detection"], "pass");
  const json& beacon = named(v.report["tests"], "name", "beacon")["variants"][0];
  EXPECT_EQ(beacon["variant"], "server");
  EXPECT_EQ(beacon["variables"]["server"], "198.51.100.77");
}

INSTANTIATE_TEST_SUITE_P(, ExerciseShape,
                         testing::Values("xml", "nxlog", "winlogbeat7", "flb-winevtlog", "otel"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Exercise, AsWrittenIsToldFromAgainstAServer) {
  const Scratch s;
  const auto file = simulate(s, "events", {"--scenario", "atomic", "--shape", "nxlog"});
  const Verified v = verify({"--telemetry", file, "--profile", "lab"});
  EXPECT_EQ(v.code, 0) << v.report.dump(1);
  for (const char* test : {"beacon", "ports", "task"})
    EXPECT_EQ(named(v.report["tests"], "name", test)["variants"][0]["variant"], "as_written");
}

TEST(Exercise, AmongAnOfficeTheTestsAreFoundAllTheSame) {
  const Scratch s;
  const auto file = simulate(s, "events",
                             {"--scenario", "office", "--hosts", "5", "--hours", "2", "--tests",
                              "1,2,3,4", "--server", "198.51.100.9", "--shape", "nxlog"});
  const Verified v = verify({"--telemetry", file, "--profile", "default"});
  EXPECT_EQ(v.report["telemetry"], "pass") << v.report["tests"].dump(1);
  EXPECT_EQ(v.report["detection"], "pass") << v.report["tests"].dump(1);
}

TEST(Exercise, AnotherPortIsPartialAndSaysSo) {
  const Scratch s;
  const auto file =
      simulate(s, "events", {"--scenario", "atomic-remote", "--tests", "1", "--port", "8443"});
  const Verified v = verify({"--telemetry", file, "--test", "1", "--profile", "default"});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "fail");
  const json& connections = signal_of(v, "beacon", "connections");
  EXPECT_EQ(connections["cause"], "partial");
  ASSERT_EQ(connections["differences"].size(), 1u) << connections.dump(1);
  EXPECT_EQ(connections["differences"][0]["field"], "DestinationPort");
  EXPECT_EQ(connections["differences"][0]["seen"], "8443");
  // The detector does not care for the port: what fired, fired.
  EXPECT_EQ(v.report["detection"], "pass");
}

// What is not collected, which signal that costs, and the words of the reason and the cure.
struct Gap {
  std::string name;
  std::vector<std::string> simulate;
  std::string test, signal, reason, fix;

  friend void PrintTo(const Gap& g, std::ostream* os) { *os << g.name; }
};

class ExerciseGap : public testing::TestWithParam<Gap> {};

TEST_P(ExerciseGap, HasItsLikelyReasonAndItsCure) {
  const Gap& g = GetParam();
  const Scratch s;
  const auto file = simulate(s, "events", g.simulate);
  const Verified v = verify({"--telemetry", file, "--test", g.test, "--profile", "lab"});
  EXPECT_EQ(v.code, 1);
  EXPECT_EQ(v.report["telemetry"], "fail");
  EXPECT_NE(v.report["detection"], "fail") << "a telemetry gap is no detection gap";
  const json& signal = signal_of(v, g.test, g.signal);
  EXPECT_EQ(signal["cause"], "missing");
  EXPECT_THAT(signal["reason"].get<std::string>(), HasSubstr(g.reason));
  EXPECT_THAT(signal["fix"].get<std::string>(), HasSubstr(g.fix));
}

INSTANTIATE_TEST_SUITE_P(, ExerciseGap,
                         testing::Values(Gap{"no_connections",
                                             {"--scenario", "atomic", "--without", "3"},
                                             "beacon",
                                             "connections",
                                             "no EID 3",
                                             "<NetworkConnect onmatch=\"exclude\"/>"},
                                         Gap{"no_queries",
                                             {"--scenario", "atomic", "--without", "22"},
                                             "dns",
                                             "queries",
                                             "no EID 22",
                                             "<DnsQuery onmatch=\"exclude\"/>"},
                                         Gap{"no_security_channel",
                                             {"--scenario", "atomic", "--without", "4698"},
                                             "task",
                                             "task_created",
                                             "nothing of the Security channel",
                                             "0CCE9227-69AE-11D9-BED3-505054503030"},
                                         Gap{"no_sysmon",
                                             {"--scenario", "atomic", "--without", "1,3,22"},
                                             "task",
                                             "schtasks",
                                             "no Sysmon event at all",
                                             "sysmon64"}),
                         [](const auto& p) { return p.param.name; });

std::string connection(const std::string& image, const std::string& to, const std::string& port,
                       int second) {
  return R"({"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"H1",)"
         R"("TimeCreated":"2026-03-02T08:00:)" +
         std::string(second < 10 ? "0" : "") + std::to_string(second) +
         R"(.000Z","Image":"C:\\x\\)" + image + R"(","Initiated":"true","DestinationIp":")" + to +
         R"(","DestinationPort":")" + port + R"(","ProcessGuid":"{1}"})" + "\n";
}

TEST(Exercise, ConnectionsElsewhereButNoneToLoopback) {
  const Scratch s;
  const Verified v =
      verify({"--telemetry", s.write("e", connection("svchost.exe", "192.0.2.1", "443", 1)),
              "--test", "1"});
  EXPECT_THAT(signal_of(v, "beacon", "connections")["reason"].get<std::string>(),
              HasSubstr("none to loopback"));
}

TEST(Exercise, SecurityEventsWithoutTheTaskAreTheAuditPolicy) {
  const Scratch s;
  const Verified v =
      verify({"--telemetry",
              s.write("e",
                      "{\"EventID\":4624,\"Channel\":\"Security\",\"Computer\":\"H1\","
                      "\"TimeCreated\":\"2026-03-02T08:00:00Z\",\"TargetUserName\":\"a\"}\n"),
              "--test", "4"});
  EXPECT_THAT(signal_of(v, "task", "task_created")["reason"].get<std::string>(),
              HasSubstr("Other Object Access Events"));
}

TEST(Exercise, AFindingAboutSomethingElseIsNoProof) {
  const Scratch s;
  const auto task = simulate(
      s, "task",
      {"--scenario", "atomic", "--tests", "4", "--task-name", "SomethingElse", "--without", "1,3"});
  const Verified v = verify({"--telemetry", task, "--test", "4", "--profile", "lab"});
  EXPECT_FALSE(v.report["raised"]["lab"].empty());
  const json run = named(v.report["tests"], "name", "task")["variants"][0]["runs"][0];
  for (const json& finding : run["expected"]) EXPECT_NE(finding["cause"], "missed");
}

// The test is carried out as written, to loopback, and somebody expects that profile default sees it.
TEST(Exercise, ASilentFindingHasTheNearestKeyOfTheTestsOwnProgram) {
  json file = json::parse(slurp(C2WATCH_SHARE "/expectations/test3_ports.json"));
  file["runs"] = json::array();
  for (const char* detector : {"c2_port", "interval_beacon"})
    file["runs"].push_back({{"profile", detector[0] == 'c' ? "default" : "lab"},
                            {"variant", "as_written"},
                            {"findings",
                             {{{"detector", detector},
                               {"where", {{"/process/image", {{"ends_with", "powershell.exe"}}}}},
                               {"needs", json::array({"attempts"})}}}}});
  const Scratch s;
  std::filesystem::create_directory(s.path("tests"));
  s.write("tests/test3.json", file.dump());
  const auto events = simulate(s, "events",
                               {"--scenario", "office", "--hosts", "3", "--hours", "1", "--tests",
                                "3", "--server", "127.0.0.1", "--shape", "nxlog"});
  const std::vector<std::string> options = {"--format", "json", "--expectations", s.path("tests"),
                                            "--telemetry"};
  const auto nearest = [&](const std::string& telemetry, const std::string& input) {
    std::vector<std::string> arguments = {"verify"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.push_back(telemetry);
    const ProgramResult r = run_c2watch(arguments, input);
    EXPECT_EQ(r.code, 1) << r.err;
    std::map<std::string, json> out;
    const json report = json::parse(r.out);
    EXPECT_EQ(testing_support::violations(
                  json::parse(slurp(C2WATCH_SHARE "/schemas/report.schema.json")), report),
              "");
    for (const json& run : report["tests"][0]["variants"][0]["runs"])
      out[run["profile"]] = run["expected"][0].value("nearest", json());
    return out;
  };
  const auto found = nearest(events, "/dev/null");
  EXPECT_EQ(found.at("default")["dropped"][0]["by"], "scope.excluded_networks");
  EXPECT_THAT(found.at("lab")["key"].get<std::string>(), HasSubstr("powershell.exe on WS-0001"));
  EXPECT_THAT(found.at("lab")["conditions"].dump(),
              HasSubstr("check-ins of at least 5: 2 more are missing"));
  EXPECT_EQ(nearest("-", events), found) << "what came by a pipe is explained as well";
}

TEST(Exercise, TheWindowLeavesOutWhatLiesBesideIt) {
  const Scratch s;
  const auto file = simulate(s, "events", {"--scenario", "atomic", "--tests", "1"});
  EXPECT_EQ(verify({"--telemetry", file, "--test", "1", "--window", "2026-03-02T08..2026-03-02T09",
                    "--profile", "lab"})
                .code,
            0);
  const Verified half = verify({"--telemetry", file, "--test", "1", "--window",
                                "2026-03-02T08:00..2026-03-02T08:02", "--profile", "lab"});
  EXPECT_EQ(half.code, 1);
  EXPECT_GT(half.report["source"]["outside_window"], 0);
  EXPECT_EQ(signal_of(half, "beacon", "connections")["differences"][0]["field"], "count");
}

TEST(Exercise, SeveralFilesAreOneExercise) {
  const Scratch s;
  const auto a = simulate(s, "a", {"--scenario", "atomic", "--tests", "1", "--shape", "xml"});
  const auto b = simulate(s, "b", {"--scenario", "atomic", "--tests", "2", "--shape", "otel"});
  EXPECT_EQ(verify({"--telemetry", a, b, "--tests", "1,2", "--profile", "lab"}).code, 0);
}

TEST(Exercise, DamagedInputCostsThatRecordAlone) {
  const Scratch s;
  const auto whole =
      slurp(simulate(s, "events", {"--scenario", "atomic", "--tests", "2", "--shape", "nxlog"}));
  const auto broken = s.write("broken", "hello\n" + whole.substr(0, 300) + "\n" + whole +
                                            "{\"EventID\":22,\"Image\":\"\xff\xfe");
  const Verified v = verify({"--telemetry", broken, "--test", "2", "--profile", "default"});
  EXPECT_EQ(v.code, 0) << v.report["tests"].dump(1);
  EXPECT_GE(v.report["source"]["unparsed"], 2);
  EXPECT_EQ(v.report["source"]["non_records"], 1);
}

struct Mistake {
  std::string name;
  std::vector<std::string> arguments;
  int code;
  std::string says;

  friend void PrintTo(const Mistake& m, std::ostream* os) { *os << m.name; }
};

class ExerciseMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ExerciseMistake, IsNamed) {
  const Scratch s;
  std::vector<std::string> arguments = {"verify"};
  for (const std::string& a : GetParam().arguments)
    arguments.push_back(a == "@text"    ? s.write("text", "hello\n")
                        : a == "@event" ? s.write("event", connection("a.exe", "192.0.2.1", "1", 1))
                                        : a);
  const ProgramResult r = run_c2watch(arguments);
  EXPECT_EQ(r.code, GetParam().code) << r.out;
  EXPECT_THAT(r.err, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    , ExerciseMistake,
    testing::Values(
        Mistake{"no_such_file", {"--telemetry", "/nowhere"}, 3, "/nowhere: No such file"},
        Mistake{"no_records", {"--telemetry", "@text"}, 3, "nothing readable"},
        Mistake{"nothing_in_the_window",
                {"--telemetry", "@event", "--window", "2027-01-01..2027-01-02"},
                3,
                "no event within --window"},
        Mistake{"no_window",
                {"--telemetry", "x", "--window", "monday"},
                2,
                "--window must be FROM..TO"},
        Mistake{"backwards",
                {"--telemetry", "x", "--window", "2026-03-03..2026-03-02"},
                2,
                "begin before it ends"},
        Mistake{"watch_of_nothing", {"--watch"}, 2, "belong to --telemetry"},
        Mistake{"watch_of_a_pipe", {"--watch", "--telemetry", "-"}, 2, "not standard input"},
        Mistake{"no_duration",
                {"--watch", "--telemetry", "x", "--duration", "ten"},
                2,
                "90s, 30m or 2h"},
        Mistake{"no_such_test", {"--telemetry", "@event", "--tests", "1,9"}, 3, "no such test"},
        Mistake{"world_of_two_files",
                {"--telemetry", "x", "y", "--variant", "server", "--test", "1"},
                2,
                "one file"}),
    [](const auto& p) { return p.param.name; });

// ---- --watch -------------------------------------------------------------------------------

// The events of test 1 as lines.
std::vector<std::string> beacon_lines(const Scratch& s) {
  const auto text =
      slurp(simulate(s, "source", {"--scenario", "atomic", "--tests", "1", "--shape", "nxlog"}));
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

// Longer than a poll.
void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(400)); }

// Watches `path` while `writing` writes there. `--for` only ends a test that went wrong.
ProgramResult watched(const std::string& path, const std::function<void()>& writing,
                      const std::string& at_most = "30s", const std::string& format = "text") {
  ProgramResult r;
  std::thread watcher([&] {
    r = run_c2watch({"verify", "--watch", "--telemetry", path, "--test", "1", "--profile", "lab",
                     "--duration", at_most, "--format", format});
  });
  const auto start = std::chrono::steady_clock::now();
  writing();
  watcher.join();
  // Everything was found: nobody waits for the end of the time.
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_TRUE(r.code != 0 || took < std::chrono::seconds(25)) << r.out;
  return r;
}

TEST(Watch, AGrowingFileEndsWithTheLastSignal) {
  const Scratch s;
  const auto lines = beacon_lines(s);
  const std::string log = s.path("log");
  const ProgramResult r = watched(log, [&] {
    pause();  // the file is not there yet
    for (std::size_t i = 0; i < lines.size(); ++i) {
      append(log, lines[i].substr(0, lines[i].size() / 2));
      if (i % 4 == 0) pause();  // half a line stands there for a while
      append(log, lines[i].substr(lines[i].size() / 2));
    }
  });
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_THAT(r.out, HasSubstr("signal 1.process pass"));
  EXPECT_THAT(r.out, HasSubstr("finding 1.lab.interval_beacon.1 pass"));
  EXPECT_THAT(r.out, HasSubstr("Verdicts"));
  EXPECT_EQ(r.out.find('\x1b'), std::string::npos) << "a pipe is no terminal";
}

class WatchRotation : public testing::TestWithParam<bool> {};

// By renaming, or by emptying the file and going on in it; of a folder the renamed file is a new
// name for what was read already.
TEST_P(WatchRotation, LosesAndRepeatsNothing) {
  const bool rename = GetParam();
  const Scratch s;
  const auto lines = beacon_lines(s);
  const Scratch folder;
  const std::string log = folder.path("log");
  const ProgramResult r = watched(
      folder.path(),
      [&] {
        for (std::size_t i = 0; i < lines.size(); ++i) {
          append(log, lines[i]);
          if (i != lines.size() / 2) continue;
          pause();
          if (rename)
            std::filesystem::rename(log, folder.path("log.1"));
          else
            std::filesystem::resize_file(log, 0);
          pause();
        }
      },
      "30s", "json");
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  const std::string last = r.out.substr(r.out.rfind('\n', r.out.size() - 2) + 1);
  EXPECT_EQ(json::parse(last)["source"]["records"], lines.size());
}

INSTANTIATE_TEST_SUITE_P(, WatchRotation, testing::Bool(), [](const auto& p) {
  return std::string(p.param ? "by_renaming" : "by_emptying");
});

TEST(Watch, EndsAfterItsTimeWithWhatThereWas) {
  const Scratch s;
  const auto lines = beacon_lines(s);
  const std::string log = s.write("log", lines[0]);
  // The last line has no end: it is judged when the watching is over.
  append(log, lines[1].substr(0, lines[1].size() - 1));
  const ProgramResult r = watched(
      log, [] {}, "1s", "json");
  EXPECT_EQ(r.code, 1);
  const std::string last = r.out.substr(r.out.rfind('\n', r.out.size() - 2) + 1);
  EXPECT_EQ(json::parse(last)["source"]["records"], 2);
}

TEST(Watch, AnInterruptStillBringsTheVerdict) {
  const Scratch s;
  const std::string log = s.write("log", beacon_lines(s)[0]);
  const std::string command =
      quoted(C2WATCH_BUILD "/bin/c2watch") + " verify --watch --telemetry " + quoted(log) +
      " --test 1 --profile lab >" + quoted(s.path("out")) +
      " & pid=$!; sleep 1; kill -INT $pid; wait $pid; echo $? >" + quoted(s.path("code"));
  // An interactive shell's children are the ones that hear SIGINT.
  ASSERT_EQ(std::system(("bash -mc " + quoted(command) + " 2>" + quoted(s.path("err"))).c_str()),
            0);
  EXPECT_EQ(slurp(s.path("code")), "1\n");
  EXPECT_THAT(slurp(s.path("out")), HasSubstr("Verdicts"));
}

// ---- real captures ---------------------------------------------------------------------------

struct Capture {
  std::string name;
  std::string file;
  std::function<void(const Verified&)> check;

  friend void PrintTo(const Capture& c, std::ostream* os) { *os << c.name; }
};

class ExerciseCapture : public testing::TestWithParam<Capture> {};

TEST_P(ExerciseCapture, IsUnderstood) {
  const std::string path = std::string(C2WATCH_SHARED) + "/telemetry/" + GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared/telemetry/" << GetParam().file;
  GetParam().check(verify({"--telemetry", path, "--profile", "default"}));
}

INSTANTIATE_TEST_SUITE_P(
    , ExerciseCapture,
    testing::Values(Capture{"empire_with_a_task", "S01_otrf_empire_elevated_schtasks.tar.gz",
                            [](const Verified& v) {
                              EXPECT_EQ(v.code, 1);
                              const json& task =
                                  named(v.report["tests"], "name", "task")["variants"][0];
                              EXPECT_EQ(task["variables"]["server"], "10.0.10.106");
                              EXPECT_EQ(signal_of(v, "task", "schtasks")["verdict"], "pass");
                              EXPECT_EQ(signal_of(v, "beacon", "connections")["cause"], "partial");
                            }},
                    Capture{"task_without_powershell", "S02_otrf_schtask_create.zip",
                            [](const Verified& v) {
                              EXPECT_EQ(signal_of(v, "task", "schtasks")["verdict"], "pass");
                              EXPECT_EQ(signal_of(v, "task", "task_created")["cause"], "missing");
                              EXPECT_EQ(signal_of(v, "task", "task_created")["differences"].size(),
                                        2u);
                              EXPECT_EQ(named(v.report["tests"], "name",
                                              "beacon")["variants"][0]["absent"],
                                        true);
                            }}),
    [](const auto& p) { return p.param.name; });

TEST(ExerciseEvtx, FilesOfOneChannelLackTheOthers) {
  const std::string path = std::string(C2WATCH_SHARED) + "/telemetry/S13_mdecrevoisier_evtx.tar.xz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared/telemetry/S13...";
#ifndef C2WATCH_HAVE_EVTX
  GTEST_SKIP() << "built without libevtx";
#endif
  const Verified v = verify({"--telemetry", path, "--profile", "default"});
  EXPECT_THAT(signal_of(v, "task", "schtasks")["reason"].get<std::string>(),
              HasSubstr("no Sysmon event at all"));
  EXPECT_THAT(signal_of(v, "task", "task_created")["reason"].get<std::string>(),
              HasSubstr("EID 4698 arrives"));
  // A task_callback was raised, for a task that is not the exercise's.
  EXPECT_FALSE(v.report["raised"]["default"].empty());
  EXPECT_EQ(v.report["detection"], "inconclusive");
}

}  // namespace
}  // namespace c2watch::harness
