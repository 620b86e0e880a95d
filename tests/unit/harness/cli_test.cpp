// The real executable: exit codes, what goes where, and what never reaches a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kQuiet = "{\"a\":1}\n{\"b\":2}\n";
constexpr const char* kLoud = "{\"a\":1}\n{\"b\":\"FAKE_RAISE\"}\n{\"c\":\"FAKE_RAISE\"}\n";

struct Case {
  std::string name;
  std::vector<std::string> arguments;  // @quiet, @loud, @empty, @text: files with that content
  int want;
  std::string says;  // on standard output or standard error

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class ExitCodeTest : public testing::TestWithParam<Case> {};

TEST_P(ExitCodeTest, IsAsDocumented) {
  const Scratch s;
  std::vector<std::string> arguments;
  for (const std::string& a : GetParam().arguments) {
    if (a == "@quiet")
      arguments.push_back(s.write("quiet", kQuiet));
    else if (a == "@loud")
      arguments.push_back(s.write("loud", kLoud));
    else if (a == "@empty")
      arguments.push_back(s.write("empty", ""));
    else if (a == "@text")
      arguments.push_back(s.write("text", "hello\nworld\n"));
    else if (a == "@wrong_config")
      arguments.push_back(s.write("config", "WRONG"));
    else if (a == "@good" || a == "@incomplete" || a == "@other_major")
      arguments.push_back(fake_plugin(a.substr(1)));
    else
      arguments.push_back(a);
  }
  const ProgramResult r = run_c2watch(arguments);
  EXPECT_EQ(r.code, GetParam().want) << r.err;
  EXPECT_THAT(r.out + r.err, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    , ExitCodeTest,
    testing::Values(
        Case{"no_command", {}, 2, "Usage: c2watch COMMAND"},
        Case{"help", {"--help"}, 0, "Exit codes"}, Case{"version", {"--version"}, 0, "c2watch "},
        Case{"no_such_command", {"scna"}, 2, "no command 'scna'"},
        Case{"scan_help", {"scan", "--help"}, 0, "Examples"},
        Case{"verify_help", {"verify", "--help"}, 0, "Examples"},
        Case{"events_without_demo", {"verify", "--events", "1"}, 2, "belong to --demo"},
        Case{"scan_of_nothing", {"scan"}, 2, "no FILE given"},
        Case{"unknown_option", {"scan", "--colour", "x"}, 2, "--colour"},
        Case{"no_guessing_of_options", {"scan", "--form", "json", "x"}, 2, "--form"},
        Case{"wrong_format", {"scan", "--format", "yaml", "x"}, 2, "text or json, not 'yaml'"},
        Case{"wrong_severity", {"scan", "--fail-on", "bad", "x"}, 2, "not 'bad'"},
        Case{"stream_into_a_file", {"scan", "--stream", "-o", "x", "y"}, 2, "--stream"},
        Case{"from_without_to", {"scan", "--from", "2026-03-02T08", "x"}, 2, "go together"},
        Case{"half_an_hour",
             {"scan", "--from", "2026-03-02T08:30", "--to", "2026-03-02T10", "x"},
             2,
             "no whole UTC hour"},
        Case{"backwards",
             {"scan", "--from", "2026-03-02T08", "--to", "2026-03-02", "x"},
             2,
             "must lie before"},
        Case{"scan", {"scan", "--plugin", "@good", "@quiet"}, 0, "2 readable records"},
        Case{"missing_file_beside_a_good_one",
             {"scan", "--plugin", "@good", "@quiet", "/nowhere"},
             3,
             "/nowhere: No such file"},
        Case{"empty_file", {"scan", "--plugin", "@good", "@empty"}, 3, "nothing readable"},
        Case{"only_text", {"scan", "--plugin", "@good", "@text"}, 3, "lines that are neither"},
        Case{"no_such_profile", {"scan", "--profile", "labs", "@quiet"}, 2, "default, seed or lab"},
        Case{"profile_and_config",
             {"scan", "--profile", "lab", "--config", "@quiet", "@quiet"},
             2,
             "exclude each other"},
        Case{"missing_config", {"scan", "--config", "/nowhere", "@quiet"}, 3, "/nowhere"},
        Case{"wrong_config",
             {"scan", "--plugin", "@good", "--config", "@wrong_config", "@quiet"},
             3,
             "config:1:1: WRONG is not right"},
        Case{"no_plugin", {"scan", "--plugin", "/nowhere.so", "@quiet"}, 3, "cannot load"},
        Case{"broken_plugin", {"scan", "--plugin", "@incomplete", "@quiet"}, 3, "lacks"},
        Case{"plugin_of_another_major", {"scan", "--plugin", "@other_major", "@quiet"}, 3, "major"},
        Case{"findings_are_no_failure", {"scan", "--plugin", "@good", "@loud"}, 0, "fake"},
        Case{
            "unless_asked", {"scan", "--plugin", "@good", "--fail-on", "high", "@loud"}, 1, "fake"},
        Case{"below_what_was_asked",
             {"scan", "--plugin", "@good", "--fail-on", "critical", "@loud"},
             0,
             "fake"},
        Case{"verify_wrong_profile", {"verify", "--profile", "x"}, 2, "not 'x'"},
        Case{"verify_truth_without_world",
             {"verify", "--telemetry", "x", "--ground-truth", "y"},
             2,
             "--ground-truth needs a --variant"},
        Case{"verify_no_such_test",
             {"verify", "--plugin", "@good", "--test", "9"},
             3,
             "no such test"},
        Case{"verify_no_simulator",
             {"verify", "--plugin", "@good", "--simulator", "/nowhere"},
             3,
             "cannot start"},
        Case{"verify_no_expectations",
             {"verify", "--plugin", "@good", "--expectations", "/nowhere"},
             3,
             "/nowhere"}),
    [](const auto& p) { return p.param.name; });

TEST(BenchProgram, HasTheSameExitCodes) {
  EXPECT_EQ(run_bench({}).code, 2);
  EXPECT_EQ(run_bench({"scan"}).code, 2);
  const ProgramResult help = run_bench({"bench", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Usage: c2watch-bench bench"));
  EXPECT_THAT(run_bench({"bench", "--events", "0"}).err, HasSubstr("at least 1"));
}

TEST(ScanOutput, FindingsAreJsonLinesWithTheirLastUpdate) {
  const Scratch s;
  const ProgramResult r = run_c2watch(
      {"scan", "--plugin", fake_plugin("good"), "--format", "json", s.write("loud", kLoud)});
  const auto finding = nlohmann::json::parse(r.out);  // throws unless it is exactly one
  EXPECT_EQ(finding["update"], 1);
  EXPECT_THAT(r.err, HasSubstr("3 readable records"));
}

TEST(ScanOutput, StreamHasEveryUpdate) {
  const Scratch s;
  const ProgramResult r =
      run_c2watch({"scan", "--plugin", fake_plugin("good"), "--stream", s.write("loud", kLoud)});
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 2);
}

TEST(ScanOutput, StandardInputIsReadOnRequest) {
  const Scratch s;
  const ProgramResult r =
      run_c2watch({"scan", "--plugin", fake_plugin("good"), "-"}, s.write("quiet", kQuiet));
  EXPECT_EQ(r.code, 0);
  EXPECT_THAT(r.out, HasSubstr("(standard input)"));
}

TEST(ScanOutput, EscapeSequencesOfTheAttackerAreShownNotObeyed) {
  const Scratch s;
  const ProgramResult r =
      run_c2watch({"scan", "--plugin", fake_plugin("good"), s.write("loud", kLoud),
                   s.write("junk", "\x1b[2Jcleared\n")});
  EXPECT_THAT(r.out, HasSubstr("\\x1B[31mred"));
  EXPECT_THAT(r.out, HasSubstr("\\x1B[2Jcleared"));
  EXPECT_THAT(r.out + r.err, Not(HasSubstr("\x1b")));
}

TEST(ScanOutput, ReportAppearsWholeAndLeavesNothingBeside) {
  const Scratch s;
  const std::string input = s.write("loud", kLoud);
  const ProgramResult r = run_c2watch({"scan", "--plugin", fake_plugin("good"), "-o",
                                       s.path("report"), "--summary", s.path("summary"), input});
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.out, "");
  EXPECT_THAT(slurp(s.path("report")), HasSubstr("Findings"));
  EXPECT_EQ(nlohmann::json::parse(slurp(s.path("summary")))["readable"], 3);
  EXPECT_EQ(s.files(), 3u);
}

TEST(ScanOutput, UnwritableReportIsAnInputError) {
  const Scratch s;
  EXPECT_EQ(run_c2watch({"scan", "--plugin", fake_plugin("good"), "-o", "/nowhere/x",
                         s.write("quiet", kQuiet)})
                .code,
            3);
}

TEST(ScanOutput, UnreadableRecordsAreCountedByReasonAndShown) {
  const Scratch s;
  run_c2watch({"scan", "--plugin", fake_plugin("good"), "--summary", s.path("summary"),
               s.write("x", "{\"a\":1}\n{\"cut\":\nsome text\n\x01\x02\n")});
  const auto summary = nlohmann::json::parse(slurp(s.path("summary")));
  EXPECT_EQ(summary["unreadable"]["not_json"]["count"], 1);
  EXPECT_EQ(summary["unreadable"]["not_json"]["examples"][0]["offset"], 8);
  EXPECT_EQ(summary["unreadable"]["binary"]["count"], 1);
}

}  // namespace
}  // namespace c2watch::harness
