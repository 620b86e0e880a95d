#include "core/engine/located_json.h"

#include <gtest/gtest.h>

namespace c2watch::engine {
namespace {

std::string where(const LocatedJson& node) {
  return std::to_string(node.place.line) + ":" + std::to_string(node.place.column);
}

TEST(LocatedJson, knows_where_every_member_and_item_stands) {
  const auto root = read_located_json(R"({
  // a comment with "quotes", and {braces}
  "a": 1, /* in between */ "b": [ true,
    -2.5e3,"x\"\u00e4" ],
  "c" : { "d": null}
})");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(where(*root), "1:1");
  EXPECT_EQ(where(*root->find("a")), "3:3");
  EXPECT_EQ(where(*root->find("b")), "3:28");
  ASSERT_EQ(root->find("b")->children.size(), 3u);
  EXPECT_EQ(where(root->find("b")->children[0]), "3:35");
  EXPECT_EQ(where(root->find("b")->children[1]), "4:5");
  EXPECT_EQ(where(root->find("b")->children[2]), "4:12");
  EXPECT_EQ(where(*root->find("c")), "5:3");
  EXPECT_EQ(where(*root->find("c")->find("d")), "5:11");
}

TEST(LocatedJson, a_number_ended_by_a_comment_or_a_line_does_not_shift_what_follows) {
  const auto root = read_located_json("[1/* x */,\n2// y\n,3\n]");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(where(root->children[1]), "2:1");
  EXPECT_EQ(where(root->children[2]), "3:2");
}

TEST(LocatedJson, a_byte_order_mark_takes_no_column) {
  const auto root = read_located_json("\xEF\xBB\xBF{\"a\": 1}");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(where(*root->find("a")), "1:2");
}

struct Bad {
  const char* name;
  std::string text;
  const char* begins;

  friend void PrintTo(const Bad& b, std::ostream* os) { *os << b.name; }
};

class BadJson : public testing::TestWithParam<Bad> {};

TEST_P(BadJson, is_refused_at_its_place) {
  const auto root = read_located_json(GetParam().text);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message.rfind(GetParam().begins, 0), 0u) << root.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    , BadJson,
    testing::Values(Bad{"nothing_at_all", "", "1:1: not JSON: "},
                    Bad{"cut_in_the_middle", "{\n \"a\": ", "2:"},
                    Bad{"a_comma_too_many", "{\n  \"a\": 1,\n}", "3:1: not JSON: "},
                    Bad{"two_values", "{} {}", "1:4: not JSON: "},
                    Bad{"a_key_twice", "{\"a\": 1,\n \"a\": 2}",
                        "2:2: \"a\" is given twice; the first is on line 1"},
                    Bad{"deeper_than_any_setting", std::string(200, '['), "1:11: nested deeper"},
                    Bad{"not_utf8", "{\"a\": \"\xff\"}", "1:"}),
    [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace c2watch::engine
