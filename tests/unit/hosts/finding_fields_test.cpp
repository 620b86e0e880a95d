#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include "hosts/syslog-ng/finding_fields.h"
}

namespace {

struct Case {
  std::string name;
  std::string json;
  std::string detector;
  std::string id;
  std::string severity;
  std::string host;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::string text(const FindingText& t) { return std::string(t.data, t.len); }

class FindingFieldsTest : public testing::TestWithParam<Case> {};

TEST_P(FindingFieldsTest, Reads) {
  const Case& c = GetParam();
  FindingFields fields;
  finding_fields_read(c.json.data(), c.json.size(), &fields);
  EXPECT_EQ(text(fields.detector), c.detector);
  EXPECT_EQ(text(fields.id), c.id);
  EXPECT_EQ(text(fields.severity), c.severity);
  EXPECT_EQ(text(fields.host), c.host);
}

INSTANTIATE_TEST_SUITE_P(
    , FindingFieldsTest,
    testing::Values(
        Case{"all_four", R"({"id":"f1","detector":"c2_port","severity":"high","host":"WS-1"})",
             "c2_port", "f1", "high", "WS-1"},
        Case{"white_space_and_other_members",
             R"({ "schema" : 1, "id" : "f1" , "n":[1,2,{"id":"no"}], "host":"WS-1" })", "", "f1",
             "", "WS-1"},
        Case{"nested_ones_are_not_ours",
             R"({"process":{"id":"no","host":"no"},"list":["id","no"],"id":"f1"})", "", "f1", "",
             ""},
        Case{"a_value_that_reads_like_a_name", R"({"title":"id","x":"host","host":"WS-1"})", "", "",
             "", "WS-1"},
        Case{"an_escaped_value_reads_as_empty", R"({"host":"a\"b","id":"f1"})", "", "f1", "", ""},
        Case{"an_escaped_quote_elsewhere_does_not_shift",
             R"({"title":"\"id\":\"no\"\\","id":"f1"})", "", "f1", "", ""},
        Case{"null_and_numbers_read_as_empty", R"({"host":null,"id":7,"severity":"low"})", "", "",
             "low", ""},
        Case{"empty_object", "{}", "", "", "", ""}, Case{"no_bytes", "", "", "", "", ""},
        Case{"cut_in_a_string", R"({"id":"f1","host":"WS)", "", "f1", "", ""},
        Case{"cut_after_a_backslash", R"({"id":"f1","host":"WS\)", "", "f1", "", ""}),
    [](const auto& p) { return p.param.name; });

// The host may hand over memory that ends where the finding does.
TEST(FindingFields, NeverReadBeyondTheEnd) {
  const std::string whole = R"({"id":"f1","detector":"d","severity":"high","host":"W\\S"})";
  for (std::size_t len = 0; len <= whole.size(); ++len) {
    // A vector: AddressSanitizer guards the very byte behind it.
    const std::vector<char> exact(whole.data(), whole.data() + len);
    FindingFields fields;
    finding_fields_read(exact.data(), exact.size(), &fields);
    EXPECT_LE(fields.host.len + fields.id.len, len);
  }
}

}  // namespace
