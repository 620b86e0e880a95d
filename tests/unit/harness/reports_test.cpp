// The forms of a report: each valid by its own schema, none that a value can break out of, and a
// page that a real browser takes without complaint. And findings in other systems' words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/base/interval_plot.h"
#include "harness/base/markdown.h"
#include "harness/cli/output_formats.h"
#include "harness/cli/results.h"
#include "harness/verify/finding.h"
#include "support/json_schema.h"
#include "support/xml_schema.h"
#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

// ---- findings in other forms --------------------------------------------------------------------

class FindingFormTest : public testing::TestWithParam<const char*> {};

std::string sample(const std::string& name, const std::string& form) {
  std::string line = slurp(C2WATCH_FIXTURES "/findings/" + name + "." + form + ".json");
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

TEST_P(FindingFormTest, TellsWhatTheNativeFormTells) {
  for (const char* name : {"beacon", "hostile"}) {
    const Finding native = read_finding(sample(name, "native"));
    const Finding f = read_finding(sample(name, GetParam()));
    EXPECT_EQ(format_name(f.form), GetParam());
    EXPECT_EQ(f.id, native.id);
    EXPECT_EQ(f.update, native.update);
    EXPECT_EQ(f.detector, native.detector);
    EXPECT_EQ(f.title, native.title);
    EXPECT_EQ(f.severity, native.severity);
    EXPECT_EQ(f.destination, native.destination);
    EXPECT_EQ(f.first_seen, native.first_seen);
  }
}

TEST_P(FindingFormTest, IsCountedPassedOnAndGatedByScan) {
  const Scratch s;
  const std::string input = C2WATCH_FIXTURES "/cases/tests_as_written_seed/input.xml";
  const std::string config =
      s.write("config.json",
              std::string(R"({"extends": "lab", "output": {"format": ")") + GetParam() + "\"}}");
  const ProgramResult r = run_c2watch({"scan", "--config", config, "--format", "json", "--fail-on",
                                       "high", "--summary", s.path("summary"), input});
  EXPECT_EQ(r.code, 1) << r.err;
  const ProgramResult native = run_c2watch({"scan", "--profile", "lab", "--format", "json", input});
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_GT(lines(native.out), 3);
  EXPECT_EQ(lines(r.out), lines(native.out));
  EXPECT_EQ(json::parse(slurp(s.path("summary")))["findings"], lines(native.out));
  EXPECT_EQ(read_finding(r.out.substr(0, r.out.find('\n'))).form,
            read_finding(sample("beacon", GetParam())).form);
  // The option asks for the same as the config, and nothing is above critical.
  EXPECT_EQ(run_c2watch({"scan", "--profile", "lab", "--format", "json", "--findings-format",
                         GetParam(), input})
                .out,
            r.out);
}

INSTANTIATE_TEST_SUITE_P(, FindingFormTest, testing::Values("native", "ocsf", "ecs", "sumo"),
                         [](const auto& p) { return std::string(p.param); });

TEST(FindingFormat, WhatNobodyCanReadStaysAFindingAndClosesTheGate) {
  const std::vector<Finding> found = latest({"{\"x\":1}", "not JSON", "{\"x\":1}"});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[1].line, "not JSON");
  EXPECT_EQ(severity_rank(found[0].severity), -1);
}

TEST(FindingFormat, AnUnknownOneIsAUsageError) {
  EXPECT_EQ(run_c2watch({"scan", "--findings-format", "cef", "x"}).code, 2);
}

// ---- the forms of a report ----------------------------------------------------------------------

// One run for all: a test with a telemetry gap and everything else as it should be.
const ordered_json& report_with_gaps() {
  static const ordered_json* const kReport = [] {
    const Scratch s;
    const ProgramResult r = run_c2watch({"verify", "--sim-arg=--without", "--sim-arg=22",
                                         "--format", "json", "--output", s.path("report")});
    EXPECT_EQ(r.code, 1) << r.err;
    return new ordered_json(ordered_json::parse(slurp(s.path("report"))));
  }();
  return *kReport;
}

const std::string kHostile =
    "a\nb\r\t\"'<script>alert(1)</script>]]>--><!-- &amp; | `x` [l](http://e.example) "
    "![i](x) \xE2\x80\xAE reversed \x1b[2J \x01 \xFF end";

// The report with a hostile value wherever a free text stands.
ordered_json hostile(ordered_json value) {
  static const std::vector<std::string> kFree = {
      "title", "found", "detail", "reason",       "variant",  "detector", "oracle_mismatch", "name",
      "file",  "host",  "image",  "command_line", "hostname", "id",       "input_format"};
  if (value.is_array()) {
    for (ordered_json& v : value) v = hostile(v);
  } else if (value.is_object()) {
    for (const auto& [name, v] : value.items())
      if (v.is_string() && std::find(kFree.begin(), kFree.end(), name) != kFree.end())
        v = name + kHostile;
      else
        v = hostile(v);
  }
  return value;
}

// "" when `document` is what share/schemas describes.
std::string violations(const std::string& schema_name, const json& document) {
  return testing_support::violations(json::parse(slurp(C2WATCH_SHARE "/schemas/" + schema_name)),
                                     document);
}

// An recorded without EID 22 and with test 3 left out: missing signals, partial ones, findings that
// were not judged, and findings of the office around it.
const ordered_json& recorded_with_gaps() {
  static const ordered_json* const kRecorded = [] {
    const Scratch s;
    const std::string simulate = quoted(C2WATCH_BUILD "/bin/c2sim") +
                                 " --scenario office --hosts 5 --hours 2 --tests 1,2,4 --without 22"
                                 " --server 198.51.100.9 --shape nxlog --out " +
                                 quoted(s.path("events"));
    EXPECT_EQ(std::system(simulate.c_str()), 0);
    const ProgramResult r =
        run_c2watch({"verify", "--telemetry", s.path("events"), "--format", "json"});
    EXPECT_EQ(r.code, 1) << r.err;
    return new ordered_json(ordered_json::parse(r.out));
  }();
  return *kRecorded;
}

void expect_plain(const std::string& text) {
  for (const char* deceiver :
       {"\xE2\x80\xAE", "\x1b", "\x01", "\xFF", "\r", "<script", "alert(1)</"})
    EXPECT_EQ(text.find(deceiver), std::string::npos) << deceiver;
}

TEST(Report, JsonIsWhatItsSchemaSays) {
  EXPECT_EQ(violations("report.schema.json", json::parse(report_with_gaps().dump())), "");
  EXPECT_NE(violations("report.schema.json", json::parse(R"({"schema": "c2watch.report/2"})")), "");
}

TEST(Report, NavigatorScoresWhatIsCovered) {
  for (const ordered_json& report : {report_with_gaps(), hostile(report_with_gaps())}) {
    const json layer = json::parse(*render("navigator", report));
    EXPECT_EQ(violations("navigator-layer.schema.json", layer), "");
  }
  std::map<std::string, int> scores;
  const json layer = json::parse(*render("navigator", report_with_gaps()));
  for (const json& t : layer["techniques"]) scores[t["techniqueID"]] = t["score"];
  // Without EID 22 nothing is left of the one way of test 2; eight of nine ways remain.
  EXPECT_EQ(scores, (std::map<std::string, int>{{"T1583.004", 89},
                                                {"T1071.001", 100},
                                                {"T1071.004", 0},
                                                {"T1571", 100},
                                                {"T1053.005", 100}}));
}

TEST(Report, SarifTellsTheGapsApart) {
  const json log = json::parse(*render("sarif", report_with_gaps()));
  EXPECT_EQ(violations("sarif.schema.json", log), "");
  std::map<std::string, int> rules;
  for (const json& r : log["runs"][0]["results"]) {
    ++rules[r["ruleId"]];
    EXPECT_EQ(log["runs"][0]["tool"]["driver"]["rules"][r["ruleIndex"].get<std::size_t>()]["id"],
              r["ruleId"]);
    EXPECT_THAT(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
                HasSubstr("test2_dns.json"));
  }
  EXPECT_GT(rules["telemetry-gap"], 0);
  EXPECT_GT(rules["inconclusive"], 0);
  EXPECT_EQ(rules["detection-gap"], 0);
  const std::string text = *render("sarif", hostile(report_with_gaps()));
  EXPECT_EQ(violations("sarif.schema.json", json::parse(text)), "");
  for (const char* deceiver : {"\xE2\x80\xAE", "\x1b", "\x01", "\xFF"})
    EXPECT_EQ(text.find(deceiver), std::string::npos);
}

// What every reader of JUnit XML relies on: its schema, counts that add up, and one result a case.
void check_junit(const std::string& xml, int failures) {
  EXPECT_EQ(testing_support::xsd_violations(C2WATCH_SHARE "/schemas/junit.xsd", xml), "");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(xml.c_str()));
  const pugi::xml_node all = document.child("testsuites");
  int tests = 0;
  int failed = 0;
  int skipped = 0;
  for (const pugi::xml_node suite : all) {
    ASSERT_STREQ(suite.name(), "testsuite");
    int here = 0;
    for (const pugi::xml_node test : suite) {
      ASSERT_STREQ(test.name(), "testcase");
      ++here;
      EXPECT_STRNE(test.attribute("classname").value(), "");
      EXPECT_STRNE(test.attribute("name").value(), "");
      ASSERT_EQ(std::distance(test.begin(), test.end()), 1);
      const std::string result = test.first_child().name();
      failed += result == "failure";
      skipped += result == "skipped";
      if (result == "failure") {
        const std::string type = test.child("failure").attribute("type").value();
        EXPECT_TRUE(type == "telemetry-gap" || type == "detection-gap") << type;
      } else {
        EXPECT_TRUE(result == "skipped" || result == "system-out") << result;
      }
    }
    EXPECT_EQ(suite.attribute("tests").as_int(), here);
    tests += here;
  }
  EXPECT_EQ(all.attribute("tests").as_int(), tests);
  EXPECT_EQ(all.attribute("failures").as_int(), failed);
  EXPECT_EQ(all.attribute("skipped").as_int(), skipped);
  EXPECT_EQ(failed, failures);
}

TEST(Report, JunitTellsTheGapsApart) {
  const auto checks = checks_of(report_with_gaps());
  const auto gaps =
      static_cast<int>(std::count_if(checks.begin(), checks.end(), [](const Check& c) {
        return c.gap() == "telemetry gap" || c.gap() == "detection gap";
      }));
  EXPECT_GT(gaps, 0);
  const std::string xml = *render("junit", report_with_gaps());
  check_junit(xml, gaps);
  EXPECT_THAT(xml, HasSubstr("type=\"telemetry-gap\""));
  EXPECT_THAT(xml, Not(HasSubstr("type=\"detection-gap\"")));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"inconclusive"));

  const std::string broken = *render("junit", hostile(report_with_gaps()));
  check_junit(broken, gaps + 1);  // the benchmark's answer is said to be wrong
  expect_plain(broken);
  EXPECT_THAT(broken, Not(HasSubstr("]]>")));
}

TEST(Report, TheSchemaOfJunitXmlRefusesWhatReadersCannotRead) {
  const std::string right =
      R"(<testsuites name="n" tests="1" failures="0" errors="0" skipped="0">)"
      R"(<testsuite name="s" tests="1" failures="0" errors="0" skipped="0">)"
      R"(<testcase classname="c2watch.x" name="c"><system-out>t</system-out></testcase>)"
      R"(</testsuite></testsuites>)";
  const std::string schema = C2WATCH_SHARE "/schemas/junit.xsd";
  EXPECT_EQ(testing_support::xsd_violations(schema, right), "");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"tests=\"1\"", "tests=\"one\""},
           {"<system-out>t</system-out>", ""},
           {"<system-out>t</system-out>", "<failure type=\"odd\" message=\"m\"/>"},
           {"<system-out>t</system-out>", "<error/>"},
           {"classname=\"c2watch.x\" ", ""},
           {"</testsuites>", ""}}) {
    std::string wrong = right;
    wrong.replace(wrong.find(from), from.size(), to);
    EXPECT_NE(testing_support::xsd_violations(schema, wrong), "") << wrong;
  }
}

TEST(Report, MarkdownKeepsItsTablesWhateverStandsInThem) {
  EXPECT_EQ(markdown_escaped("a|b"), "a\\|b");
  EXPECT_EQ(markdown_escaped("![x](http://y)"), "\\!\\[x\\](http\\://y)");
  const auto input_format = [](const std::string& text) {
    std::vector<std::size_t> cells;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string line = text.substr(at, text.find('\n', at) - at);
      std::size_t bars = 0;
      for (std::size_t i = 0; i < line.size(); ++i)
        bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
      if (line.starts_with("|")) cells.push_back(bars);
    }
    return cells;
  };
  const std::string plain = *render("markdown", report_with_gaps());
  EXPECT_THAT(plain, HasSubstr("## Telemetry gaps"));
  ordered_json nasty = report_with_gaps();
  for (ordered_json& test : nasty["tests"]) test["title"] = "| x |\n| y |" + kHostile;
  const std::string broken = *render("markdown", nasty);
  EXPECT_EQ(input_format(broken), input_format(plain));
  expect_plain(broken);
}

TEST(Report, ThePageStandsAloneWhateverStandsInIt) {
  for (const ordered_json& report : {report_with_gaps(), hostile(report_with_gaps())}) {
    const std::string page = *render("html", report);
    expect_plain(page);
    for (const char* loads : {"<link", "src=", "url(", "@import", "javascript:", "<iframe", "<!--"})
      EXPECT_EQ(page.find(loads), std::string::npos) << loads;
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  }
}

TEST(RecordedReport, JsonIsWhatItsSchemaSays) {
  json report = json::parse(recorded_with_gaps().dump());
  EXPECT_EQ(violations("report.schema.json", report), "");
  report["tests"][0]["variants"][0]["signals"][0]["verdict"] = "there";
  EXPECT_NE(violations("report.schema.json", report), "");
}

TEST(RecordedReport, EveryFormIsValidAndTellsTheSame) {
  for (const ordered_json& recorded : {recorded_with_gaps(), hostile(recorded_with_gaps())}) {
    const auto gaps = [&] {
      int n = 0;
      for (const ordered_json& test : recorded["tests"])
        for (const ordered_json& variant : test["variants"]) {
          for (const ordered_json& s : variant["signals"]) n += s["verdict"] == "fail";
          for (const ordered_json& run : variant["runs"])
            for (const ordered_json& f : run["expected"]) n += f["verdict"] == "fail";
        }
      return n;
    }();
    EXPECT_GT(gaps, 2);
    const bool is_hostile = !recorded["oracle_mismatch"].get<std::string>().empty();
    check_junit(*render("junit", recorded), gaps + is_hostile);
    const json sarif = json::parse(*render("sarif", recorded));
    EXPECT_EQ(violations("sarif.schema.json", sarif), "");
    EXPECT_EQ(std::count_if(sarif["runs"][0]["results"].begin(), sarif["runs"][0]["results"].end(),
                            [](const json& r) { return r["kind"] == "fail"; }),
              gaps + is_hostile);
    EXPECT_EQ(
        violations("navigator-layer.schema.json", json::parse(*render("navigator", recorded))), "");
    for (const char* form : {"junit", "markdown", "html"}) expect_plain(*render(form, recorded));
    EXPECT_EQ(ordered_json::parse(*render("json", recorded))["schema"], "c2watch.report/2");
  }
}

TEST(RecordedReport, WhatIsMissingSaysWhyAndWhatMendsIt) {
  const std::string xml = *render("junit", recorded_with_gaps());
  EXPECT_THAT(xml, HasSubstr("the Sysmon configuration leaves out DnsQuery. Fix it with "
                             "&lt;DnsQuery onmatch=&quot;exclude&quot;/&gt;"));
  const std::string markdown = *render("markdown", recorded_with_gaps());
  EXPECT_THAT(markdown, HasSubstr("in part\\: DestinationPort\\: expected any of"));
  EXPECT_THAT(markdown, HasSubstr("server 198.51.100.9 (inferred from the telemetry)"));
  // Others than the tests' are told as well.
  EXPECT_THAT(markdown, HasSubstr("NorthwallSensor.exe"));
  std::map<std::string, int> scores;
  const json layer = json::parse(*render("navigator", recorded_with_gaps()));
  for (const json& t : layer["techniques"]) scores[t["techniqueID"]] = t["score"];
  EXPECT_EQ(scores["T1071.001"], 100);  // test 1 was carried out, and found
  EXPECT_EQ(scores["T1071.004"], 0);    // nothing of test 2 arrived
}

TEST(RecordedReport, ThePageHasTheTimeAxisAndTheRhythmOfTheBeacon) {
  const std::string page = *render("html", recorded_with_gaps());
  EXPECT_THAT(page, HasSubstr("data-check-ins=\"5\""));
  EXPECT_THAT(page, HasSubstr("data-median-interval-s=\"30."));
  EXPECT_THAT(page, HasSubstr("raised: interval_beacon, +121 s in default, lab"));
  EXPECT_THAT(page, HasSubstr("Everything raised"));
}

TEST(RecordedReport, AllAreWrittenInOneRunWithTheVerdictAsExitCode) {
  const Scratch s;
  const std::string events = C2WATCH_FIXTURES "/cases/ports_lab/input.json";
  const ProgramResult r = run_c2watch({"verify",
                                       "--telemetry",
                                       events,
                                       "--test",
                                       "3",
                                       "--profile",
                                       "lab",
                                       "--report",
                                       "junit=" + s.path("a.xml"),
                                       "--report",
                                       "sarif=" + s.path("b"),
                                       "--report",
                                       "markdown=" + s.path("c"),
                                       "--report",
                                       "navigator=" + s.path("d"),
                                       "--html",
                                       s.path("e"),
                                       "--format",
                                       "json",
                                       "--output",
                                       s.path("f")});
  EXPECT_EQ(r.code, 0) << r.err << r.out;
  EXPECT_EQ(s.files(), 6u);
  check_junit(slurp(s.path("a.xml")), 0);
  EXPECT_EQ(*render("html", ordered_json::parse(slurp(s.path("f")))), slurp(s.path("e")));
}

TEST(Report, SeveralAreWrittenInOneRun) {
  const Scratch s;
  const ProgramResult r = run_c2watch(
      {"verify", "--test", "3", "--report", "junit=" + s.path("a.xml"), "--report",
       "sarif=" + s.path("b"), "--report", "json=" + s.path("c"), "--html", s.path("d.html")});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("Coverage"));
  check_junit(slurp(s.path("a.xml")), 0);
  EXPECT_EQ(s.files(), 4u);
  EXPECT_EQ(*render("sarif", ordered_json::parse(slurp(s.path("c")))), slurp(s.path("b")));
}

TEST(Report, MistakesAreUsageErrors) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--format", "yaml"},
                                             {"--report", "junit"},
                                             {"--report", "yaml=x"},
                                             {"--report", "junit=x", "--report", "sarif=x"},
                                             {"--output", "x", "--html", "x"}}) {
    std::vector<std::string> all = {"verify", "--test", "3"};
    all.insert(all.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run_c2watch(all).code, 2) << wrong.back();
  }
}

// ---- the page in a browser ----------------------------------------------------------------------

// How often `name="value"` stands in the page.
std::size_t times(const std::string& page, const std::string& text) {
  std::size_t n = 0;
  for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++n;
  return n;
}

struct Browsed {
  std::string dom;
  std::string log;  // with a line CONSOLE for every complaint, refused requests among them
};

Browsed browse(const std::string& page) {
  const Scratch s;
  s.write("page.html", page);
  const std::string command =
      "HOME=" + quoted(s.path()) +
      " timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage"
      " --virtual-time-budget=2000 --enable-logging=stderr --user-data-dir=" +
      quoted(s.path("profile")) + " --dump-dom " + quoted("file://" + s.path("page.html")) + " >" +
      quoted(s.path("dom")) + " 2>" + quoted(s.path("log"));
  EXPECT_EQ(std::system(command.c_str()), 0) << slurp(s.path("log"));
  return {slurp(s.path("dom")), slurp(s.path("log"))};
}

TEST(ReportPage, ABrowserTakesItWithoutComplaintAndShowsTheNumbersOfTheJson) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "chromium is not installed; scripts/setup installs it";
  ordered_json report = report_with_gaps();
  report["tests"][0]["title"] = kHostile;
  std::string page = *render("html", report);
  const auto [dom, log] = browse(page);
  EXPECT_THAT(log, Not(HasSubstr("CONSOLE"))) << log;
  // The page's policy would refuse any request, and the browser would say so.
  EXPECT_THAT(browse(page.insert(page.find("</main>"), "<img src=\"x.png\" alt=\"\">")).log,
              HasSubstr("Content Security Policy"));
  for (const char* name : {"signals", "runs"})
    EXPECT_THAT(dom,
                HasSubstr("data-" + std::string(name) + "=\"" + report["counts"][name].dump()));
  EXPECT_THAT(dom,
              HasSubstr("data-runs-passed=\"" + report["counts"]["runs_passed"].dump() + "\""));
  EXPECT_EQ(times(dom, "<script"), 0u);
  std::map<std::string, std::size_t> outcomes;
  std::size_t signals = 0;
  for (const ordered_json& test : report["tests"])
    for (const ordered_json& variant : test["variants"]) {
      for (const ordered_json& signal : variant["signals"]) {
        ++signals;
        EXPECT_THAT(dom, HasSubstr("data-signal=\"" + signal["id"].get<std::string>() +
                                   "\" data-events=\"" + signal["events"].dump() + "\""));
      }
      for (const ordered_json& run : variant["runs"]) ++outcomes[run["verdict"]];
    }
  EXPECT_EQ(times(dom, "data-events=\""), signals);
  for (const auto& [outcome, n] : outcomes)
    EXPECT_EQ(times(dom, "data-run-verdict=\"" + outcome + "\""), n);
}

TEST(Rhythm, ByHand) {
  const Rhythm r = rhythm_of({3'500, 3'560, 3'620, 3'680, 3'980});
  EXPECT_EQ(r.median_gap_s, 60);
  EXPECT_EQ(r.intervals.size(), kIntervalBars);
  EXPECT_EQ(r.intervals[kIntervalBars / 2].count, 3u);
  EXPECT_EQ(r.intervals.back().count, 1u);  // 300 s: beyond twice the median
  ASSERT_EQ(r.hours.size(), 2u);
  EXPECT_EQ(r.hours[0].count, 2u);
  EXPECT_EQ(r.hours[1].count, 3u);
}

}  // namespace
}  // namespace c2watch::harness
