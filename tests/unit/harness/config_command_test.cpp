// c2watch config, with the real plugin and the real simulator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSite = R"({
  // ours
  "extends": "lab",
  "lateness_seconds": 60,
  "max_future_seconds": 300,
  "allowlist": [
    {"process": "powershell.exe", "detector": "c2_port", "reason": "the admins' scripts"},
    {"process": "powershell.exe", "reason": "an old agent", "expires": "2025-01-31"},
    {"host": "WS-99", "reason": "the scanner"}
  ]
}
)";

json of(const ProgramResult& r) { return json::parse(r.out); }

json setting(const json& report, const std::string& path) {
  for (const json& s : report["settings"])
    if (s["path"] == path) return s;
  return {};
}

TEST(ConfigCheck, a_mistake_is_named_with_file_line_column_key_and_remedy) {
  const Scratch s;
  const std::string file =
      s.write("bad.json", "{\n \"detectors\": {\"c2_prot\": {}},\n \"lateness_seconds\": -1\n}");
  const ProgramResult text = run_c2watch({"config", "check", file});
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.out, HasSubstr(file + ":2:16: detectors.c2_prot: no such setting; did you mean "
                                         "\"c2_port\"?\n"));
  EXPECT_THAT(text.out, HasSubstr(file + ":3:2: lateness_seconds: -1 is out of range; must be 0 to "
                                         "86400 seconds\n"));

  const json report = of(run_c2watch({"config", "check", "--format", "json", file}));
  EXPECT_EQ(report[0]["right"], false);
  ASSERT_EQ(report[0]["errors"].size(), 2u);
  const json& first = report[0]["errors"][0];
  EXPECT_EQ(first["file"], file);
  EXPECT_EQ(first["line"], 2);
  EXPECT_EQ(first["column"], 16);
  EXPECT_EQ(first["key"], "detectors.c2_prot");
  EXPECT_EQ(first["message"], "no such setting; did you mean \"c2_port\"?");
}

TEST(ConfigCheck, text_that_is_no_json_has_its_place_too) {
  const Scratch s;
  const std::string file = s.write("bad.json", "{\n \"extends\": \n}");
  const ProgramResult r = run_c2watch({"config", "check", file});
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.out, HasSubstr(file + ":3:1: "));
}

TEST(ConfigCheck, an_entry_that_hides_an_attack_fails_the_check_and_others_do_not) {
  const Scratch s;
  const ProgramResult r = run_c2watch({"config", "check", "--format", "json", "--as-of",
                                       "2026-03-02", s.write("site.json", kSite)});
  EXPECT_EQ(r.code, 1) << r.err;
  const json report = of(r);
  EXPECT_EQ(report[0]["errors"].size(), 0u);
  const json& entries = report[0]["allowlist"];
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0]["line"], 7);
  EXPECT_EQ(entries[0]["column"], 5);
  EXPECT_EQ(entries[0]["expired"], false);
  ASSERT_FALSE(entries[0]["hides"].empty());
  for (const json& what : entries[0]["hides"])
    EXPECT_THAT(what.get<std::string>(), HasSubstr(": c2_port, "));
  const auto names_test_3 = [](const json& what) {
    return what.get<std::string>().starts_with("test 3 ports");
  };
  EXPECT_TRUE(std::any_of(entries[0]["hides"].begin(), entries[0]["hides"].end(), names_test_3));
  EXPECT_EQ(entries[1]["expired"], true);
  EXPECT_TRUE(entries[1]["hides"].empty());  // it does nothing any more
  EXPECT_TRUE(entries[2]["hides"].empty());
}

TEST(ConfigCheck, the_expired_entry_hid_everything_while_it_held) {
  const Scratch s;
  const json report = of(run_c2watch({"config", "check", "--format", "json", "--as-of",
                                      "2025-01-31", s.write("site.json", kSite)}));
  const json& entry = report[0]["allowlist"][1];
  EXPECT_EQ(entry["expired"], false);
  EXPECT_GT(entry["hides"].size(), report[0]["allowlist"][0]["hides"].size());
}

TEST(ConfigCheck, without_an_entry_that_hides_it_is_right) {
  const Scratch s;
  const std::string file =
      s.write("site.json", R"({"allowlist": [{"host": "WS-99", "reason": "the scanner"}]})");
  const ProgramResult r = run_c2watch({"config", "check", file});
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_THAT(r.out, HasSubstr(file + ": right; extends default, sets 0 values, allows 1 entry"));
}

TEST(ConfigCheck, hits_are_counted_over_telemetry) {
  const Scratch s;
  const std::string input = C2WATCH_FIXTURES "/cases/ports_lab/input.json";
  const ProgramResult r =
      run_c2watch({"config", "check", "--no-tests", "--format", "json", "--as-of", "2026-03-02",
                   "--telemetry", input, s.write("site.json", kSite)});
  EXPECT_EQ(r.code, 0) << r.err;
  const json report = of(r);
  const json& entries = report[0]["allowlist"];
  EXPECT_GT(entries[0]["hits"].get<int>(), 0);
  EXPECT_EQ(entries[1]["hits"], 0);
  EXPECT_EQ(entries[2]["hits"], 0);
}

TEST(ConfigShow, every_value_says_where_it_is_from) {
  const Scratch s;
  const std::string file = s.write("site.json", kSite);
  const json report =
      of(run_c2watch({"config", "show", "--format", "json", "--set",
                      "detectors.c2_port.many_ports=2", "--set", "output.format=ecs", file}));
  EXPECT_EQ(report["profile"], "lab");
  const json late = setting(report, "lateness_seconds");
  EXPECT_EQ(late["value"], 60);
  EXPECT_EQ(late["default"], 300);
  EXPECT_EQ(late["origin"], "config");
  EXPECT_EQ(late["where"], file + ":4:3");
  EXPECT_NE(late["reason"], "");
  // The same as the profile has, and yet said here.
  EXPECT_EQ(setting(report, "max_future_seconds")["where"], file + ":5:3");
  EXPECT_EQ(setting(report, "scope.excluded_networks")["where"], "profile lab");
  EXPECT_EQ(setting(report, "repeats.drop")["where"], "built in");
  const json ports = setting(report, "detectors.c2_port.many_ports");
  EXPECT_EQ(ports["value"], 2);
  EXPECT_EQ(ports["where"], "command line");
  EXPECT_EQ(setting(report, "output.format")["value"], "ecs");
}

TEST(ConfigShow, changed_shows_only_what_differs) {
  const Scratch s;
  const json report =
      of(run_c2watch({"config", "show", "--changed", "--format", "json", s.write("f", kSite)}));
  EXPECT_EQ(report["settings"].size(), 2u);  // lateness_seconds, scope.excluded_networks
}

TEST(ConfigShow, a_wrong_override_is_refused_by_name) {
  const ProgramResult r = run_c2watch({"config", "show", "--set", "lateness_second=1", "lab"});
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("--set: lateness_second: no such setting; did you mean "
                               "\"lateness_seconds\"?"));
  EXPECT_THAT(run_c2watch({"config", "show", "--set", "lateness_seconds", "lab"}).err,
              HasSubstr("right is PATH=VALUE"));
}

TEST(ConfigDiff, tells_values_places_and_reasons) {
  const Scratch s;
  const std::string file = s.write("site.json", kSite);
  const ProgramResult r = run_c2watch({"config", "diff", "--format", "json", "lab", file});
  EXPECT_EQ(r.code, 1);
  const json report = of(r);
  ASSERT_EQ(report["settings"].size(), 1u);
  EXPECT_EQ(report["settings"][0]["path"], "lateness_seconds");
  EXPECT_EQ(report["settings"][0]["a"], 300);
  EXPECT_EQ(report["settings"][0]["a_where"], "built in");
  EXPECT_EQ(report["settings"][0]["b"], 60);
  EXPECT_EQ(report["settings"][0]["b_where"], file + ":4:3");
  EXPECT_EQ(report["allowlist_only_a"].size(), 0u);
  EXPECT_EQ(report["allowlist_only_b"].size(), 3u);

  const ProgramResult text = run_c2watch({"config", "diff", "default", "lab"});
  EXPECT_THAT(text.out, HasSubstr("127.0.0.0/8"));
  EXPECT_THAT(text.out, HasSubstr("why: Nobody rents a server at a special-purpose address"));
  EXPECT_EQ(run_c2watch({"config", "diff", "lab", "lab"}).code, 0);
}

TEST(ConfigSchema, is_the_shipped_one) {
  EXPECT_EQ(run_c2watch({"config", "schema"}).out, slurp(C2WATCH_FIXTURES "/config/schema.json"));
}

TEST(ConfigCommand, wrong_usage_is_told) {
  EXPECT_EQ(run_c2watch({"config"}).code, 2);
  EXPECT_EQ(run_c2watch({"config", "chekc", "x"}).code, 2);
  EXPECT_EQ(run_c2watch({"config", "diff", "lab"}).code, 2);
  EXPECT_EQ(run_c2watch({"config", "check"}).code, 2);
  EXPECT_EQ(run_c2watch({"config", "check", "/nowhere"}).code, 3);
  EXPECT_EQ(run_c2watch({"config", "check", "--set", "a=1", "lab"}).code, 2);
  EXPECT_EQ(run_c2watch({"config", "--help"}).code, 0);
}

}  // namespace
}  // namespace c2watch::harness
