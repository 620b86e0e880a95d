#include "core/engine/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace c2watch::engine {
namespace {

template <class T>
std::string written(const T& value) {
  std::string text;
  JsonWriter(text).value(value);
  return text;
}

TEST(JsonWriter, separates_what_it_nests) {
  std::string text;
  JsonWriter w(text);
  w.object([&] {
    w.member("a", 1);
    w.object("b", [] {});
    w.list("c", [&] {
      w.value("x");
      w.list([] {});
      w.object([&] { w.member("d", true); });
    });
    w.text_or_null("e", "");
    w.text_if_any("f", "");
    w.member("g", nullptr);
  });
  EXPECT_EQ(text, R"({"a":1,"b":{},"c":["x",[],{"d":true}],"e":null,"g":null})");
}

TEST(JsonWriter, numbers_read_back_as_they_were) {
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(0.25), "0.25");
  for (const double d : {0.1, 1e300, -2.15e-300, 1.0 / 3})
    EXPECT_EQ(nlohmann::json::parse(written(d)).get<double>(), d);
  EXPECT_EQ(written(std::nan("")), "null");
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, what_is_no_utf8_becomes_a_replacement_each_byte) {
  const std::string kReplaced = "\xEF\xBF\xBD";
  EXPECT_EQ(written("a\xFFz"), "\"a" + kReplaced + "z\"");
  EXPECT_EQ(written("\xC0\xAF"), "\"" + kReplaced + kReplaced + "\"") << "overlong";
  EXPECT_EQ(written("\xED\xA0\x80"), "\"" + kReplaced + kReplaced + kReplaced + "\"")
      << "a surrogate";
  EXPECT_EQ(written("\xE2\x82"), "\"" + kReplaced + kReplaced + "\"") << "cut";
  EXPECT_EQ(written("\xF4\x90\x80\x80").size(), 2 + 4 * kReplaced.size()) << "above U+10FFFF";
  EXPECT_EQ(written("\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

// Any bytes at all: valid JSON, nothing that deceives, and the same text for what was valid.
TEST(JsonWriter, any_bytes_make_json_that_a_strict_reader_takes) {
  std::mt19937 random(20260202);
  const char* const pieces[] = {"a",        "\"",       "\\",       "\n",   "\x01", "\x7f",
                                "\xC2",     "\x85",     "\xE2\x80", "\xAE", "\xA8", "\xF0\x9F",
                                "\x98\x80", "\xED\xA0", "\xD8\x9C", "\xFF"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const std::string json = written(text);
    ASSERT_TRUE(nlohmann::json::accept(json)) << json;
    const auto back = nlohmann::json::parse(json).get<std::string>();
    const std::string replaced = nlohmann::json::parse(
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore));
    std::string without;  // the replacements, which the other writer leaves out
    for (std::size_t at = 0; at < back.size();) {
      if (back.compare(at, 3, "\xEF\xBF\xBD") == 0)
        at += 3;
      else
        without += back[at++];
    }
    ASSERT_EQ(without, replaced) << json;
    for (const char* deceiver : {"\x7f", "\xC2\x85", "\xE2\x80\xAE", "\xE2\x80\xA8", "\xD8\x9C"})
      ASSERT_EQ(json.find(deceiver), json.npos) << json;
  }
}

}  // namespace
}  // namespace c2watch::engine
