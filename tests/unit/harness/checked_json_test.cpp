#include "harness/base/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/json_positions.h"
#include "harness/verify/expectation.h"
#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kSchema = json::parse(R"({
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
    "n": {"type": "integer", "minimum": 1, "maximum": 9},
    "kind": {"enum": ["a", "b"]},
    "version": {"const": 1},
    "list": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/pair"}},
    "map": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "boolean"}}
  },
  "$defs": {"pair": {"type": "object", "properties": {"x": {"type": ["number", "string"]}}}}
})");

struct Case {
  std::string name;
  std::string text;
  std::string want;  // in the error; "" when it is right

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class CheckedJsonTest : public testing::TestWithParam<Case> {};

TEST_P(CheckedJsonTest, NamesLineAndPlace) {
  const Case& c = GetParam();
  const Result<json> got = read_json_with_schema(c.text, "f.json", kSchema);
  if (c.want.empty()) {
    EXPECT_TRUE(got) << got.error();
    return;
  }
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error(), HasSubstr(c.want));
}

INSTANTIATE_TEST_SUITE_P(
    , CheckedJsonTest,
    testing::Values(
        Case{"right",
             R"({"name": "x", "n": 9, "kind": "b", "list": [{"x": 1.5}], "map": {"k": true}})", ""},
        Case{"comments", "{ // why\n\"name\": \"x\"}", ""},
        Case{"broken", "{\n\"name\":\n}", "f.json:3:1: "}, Case{"empty_text", "", "f.json:1:1: "},
        Case{"twice", "{\"name\": \"x\",\n\"name\": \"y\"}",
             "f.json:2:6: the key \"name\" stands twice"},
        Case{"wrong_root", "[]", "f.json:1:1: (the file): must be object, is array"},
        Case{"unknown_key", "{\"name\": \"x\",\n\n\"nmae\": 1}",
             "f.json:3:1: /nmae: is not known here"},
        Case{"missing", "{}", "lacks \"name\""},
        Case{"type", "{\"name\": 1}", "/name: must be string, is integer"},
        Case{"no_fraction", "{\"name\": \"x\", \"n\": 1.5}", "/n: must be integer, is number"},
        Case{"below", "{\"name\": \"x\", \"n\": 0}", "/n: must be at least 1, is 0"},
        Case{"above", "{\"name\": \"x\", \"n\": 10}", "/n: must be at most 9, is 10"},
        Case{"choice", "{\"name\": \"x\", \"kind\": \"c\"}", "/kind: must be one of \"a\", \"b\""},
        Case{"constant", "{\"name\": \"x\", \"version\": 2}", "/version: must be 1, is 2"},
        Case{"pattern", "{\"name\": \"X\"}", "/name: must look like"},
        Case{"too_short", "{\"name\": \"\"}", "/name: must not be empty"},
        Case{"few_items", "{\"name\": \"x\", \"list\": []}", "/list: must have at least 1 items"},
        Case{"inside_a_list", "{\"name\": \"x\", \"list\": [\n{},\n{\"x\": true}]}",
             "f.json:3:2: /list/1/x: must be number or string, is boolean"},
        Case{"few_members", "{\"name\": \"x\", \"map\": {}}", "/map: must have at least 1 members"},
        Case{"member", "{\"name\": \"x\", \"map\": {\"a/b\": 1}}", "/map/a~1b: must be boolean"}),
    [](const auto& p) { return p.param.name; });

TEST(CheckedJson, EveryMistakeIsReportedAtOnce) {
  const Result<json> got = read_json_with_schema(R"({"n": 0, "kind": "c"})", "f", kSchema);
  ASSERT_FALSE(got);
  EXPECT_EQ(std::count(got.error().begin(), got.error().end(), '\n'), 2);
}

TEST(CheckedJson, ASchemaPromisesNothingThatIsNotChecked) {
  EXPECT_THROW(static_cast<void>(read_json_with_schema("1", "f", {{"multipleOf", 2}})),
               std::logic_error);
}

TEST(JsonPositions, FollowsNestingCommentsAndEscapes) {
  const JsonPositions places(R"({ // "a": 1
  "list": [1, "]\"", {"x~/y": null}], /* { */ "n":-1.5e3,
  "o": {"p": [[], [true]]}
})");
  EXPECT_EQ(places.of(""), "1:1");
  EXPECT_EQ(places.of("/list"), "2:3");
  EXPECT_EQ(places.of("/list/1"), "2:15");
  EXPECT_EQ(places.of("/list/2/x~0~1y"), "2:23");
  EXPECT_EQ(places.of("/n"), "2:47");
  EXPECT_EQ(places.of("/o/p/1/0"), "3:20");
  EXPECT_EQ(places.of("/o/q"), "3:3") << "what is not there has the place of what lacks it";
}

json expectation_schema() {
  return json::parse(slurp(C2WATCH_SHARE "/schemas/expectation.schema.json"));
}

TEST(Expectations, TheShippedOnesAreRightAndCoverTheFourTests) {
  const auto all = load_expectations(C2WATCH_SHARE "/expectations", expectation_schema());
  ASSERT_TRUE(all) << all.error();
  ASSERT_EQ(all->size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ((*all)[i].test, static_cast<int>(i) + 1);
}

// The honest table: the seed's tests, as written, raise nothing under the seed's query.
TEST(Expectations, UnderSeedEveryTestAsWrittenIsExpectedToBeSilent) {
  const auto all = load_expectations(C2WATCH_SHARE "/expectations", expectation_schema());
  ASSERT_TRUE(all);
  for (const Expectation& e : *all) {
    const Variant* variant = e.variant("as_written");
    ASSERT_NE(variant, nullptr) << e.name;
    int seed_runs = 0;
    for (const RunExpectation& run : e.runs_in(*variant)) {
      if (run.profile != "seed") continue;
      ++seed_runs;
      EXPECT_TRUE(run.findings.empty() && run.allowed.empty()) << e.name;
    }
    EXPECT_EQ(seed_runs, 1) << e.name;
  }
}

struct Reference {
  std::string name;
  std::string from;  // in the smallest right file
  std::string to;
  std::string want;

  friend void PrintTo(const Reference& r, std::ostream* os) { *os << r.name; }
};

constexpr const char* kSmallest = R"({
  "schema": "c2watch.expectation/1", "test": 1, "name": "x", "title": "X",
  "variants": {"w": {"title": "W", "simulate": ["--tests", "1"]}},
  "signals": [{"id": "a", "title": "A", "event_id": 1, "where": {}},
              {"id": "b", "title": "B", "event_id": 3, "where": {}, "same_process_as": "a"}],
  "runs": [{"profile": "lab", "variant": "w", "findings": [
    {"detector": "d", "where": {"/x": {"present": true}}, "within": {"signal": "b"}}]}]
})";

class ReferenceTest : public testing::TestWithParam<Reference> {};

TEST_P(ReferenceTest, LeadsSomewhere) {
  const Reference& r = GetParam();
  std::string text = kSmallest;
  const auto at = text.find(r.from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, r.from.size(), r.to);
  const auto got = parse_expectation(text, "f.json", expectation_schema());
  if (r.want.empty()) {
    EXPECT_TRUE(got) << got.error();
  } else {
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error(), HasSubstr(r.want));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , ReferenceTest,
    testing::Values(
        Reference{"all_right", "x", "x", ""},
        Reference{"process_of_nobody", "\"same_process_as\": \"a\"", "\"same_process_as\": \"z\"",
                  "f.json:5:69: /signals/1/same_process_as: no earlier signal"},
        Reference{"signal_twice", "\"id\": \"b\"", "\"id\": \"a\"", "/signals/1/id: stands twice"},
        Reference{"no_such_world", "\"variant\": \"w\"", "\"variant\": \"v\"",
                  "/runs/0/variant: no variant"},
        Reference{"within_nothing", "{\"signal\": \"b\"}", "{\"signal\": \"c\"}",
                  "no signal \"c\""},
        Reference{"not_a_pointer", "\"/x\"", "\"x\"", "is no JSON pointer"}),
    [](const auto& p) { return p.param.name; });

struct Rule {
  std::string name;
  json rules;
  json value;
  bool want;

  friend void PrintTo(const Rule& r, std::ostream* os) { *os << r.name; }
};

class PredicateTest : public testing::TestWithParam<Rule> {};

TEST_P(PredicateTest, Holds) {
  EXPECT_EQ(Predicate(GetParam().rules).holds(GetParam().value), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    , PredicateTest,
    testing::Values(
        Rule{"equal_whatever_the_case", {{"equals", "Tcp"}}, "tCP", true},
        Rule{"number_equals_its_text", {{"equals", 8888}}, "8888", true},
        Rule{"another_number", {{"equals", 8888}}, "888", false},
        Rule{"ends", {{"ends_with", "\\powershell.exe"}}, "C:\\PowerShell.EXE", true},
        Rule{"only_contains", {{"ends_with", "shell"}}, "shell.exe", false},
        Rule{"contains", {{"contains", "-windowstyle hidden"}}, "a -WindowStyle Hidden", true},
        Rule{"starts", {{"starts_with", "ab"}}, "ABC", true},
        Rule{"any_of", {{"any_of", {4444, 8080}}}, "8080", true},
        Rule{"none_of", {{"any_of", {4444, 8080}}}, "80", false},
        Rule{"at_least_itself", {{"at_least", 2}}, 2, true},
        Rule{"below", {{"at_least", 2}}, 1, false},
        Rule{"severities_have_an_order", {{"at_least", "medium"}}, "high", true},
        Rule{"severity_below", {{"at_least", "high"}}, "medium", false},
        Rule{"at_most", {{"at_most", 3}}, "3", true},
        Rule{"no_number_is_in_no_order", {{"at_least", 0}}, "x", false},
        Rule{"present", {{"present", true}}, "x", true},
        Rule{"absent", {{"present", true}}, nullptr, false},
        Rule{"must_be_absent", {{"present", false}}, nullptr, true},
        Rule{"all_rules_count", {{"contains", "a"}, {"ends_with", "b"}}, "ac", false}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::harness
