// The shim's own msgpack reader and writer against nlohmann's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "batch.h"
#include "msgpack.h"
#include "record_fields.h"
}

namespace {

using nlohmann::json;
using Bytes = std::vector<std::uint8_t>;

json random_json(std::mt19937& rng, int depth) {
  const auto below = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
  switch (below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(rng()) * (below(2) == 0 ? 1 : -1) * below(1u << 31);
    case 3:
      return below(300);
    case 4:
      return static_cast<double>(rng()) / 7.0;
    case 5:
      return std::string(below(3) == 0 ? below(70000) : below(40),
                         static_cast<char>('a' + below(26)));
    case 6: {
      json list = json::array();
      for (unsigned i = below(20); i > 0; --i) list.push_back(random_json(rng, depth - 1));
      return list;
    }
    default: {
      json object = json::object();
      for (unsigned i = below(20); i > 0; --i) {
        object["k" + std::to_string(i)] = random_json(rng, depth - 1);
      }
      return object;
    }
  }
}

TEST(Msgpack, skips_exactly_one_value_of_any_kind) {
  std::mt19937 rng(7);
  for (int i = 0; i < 500; ++i) {
    Bytes bytes = json::to_msgpack(random_json(rng, 4));
    const std::size_t whole = bytes.size();
    bytes.push_back(0xc0);
    mp_cursor in{bytes.data(), bytes.data() + bytes.size()};
    ASSERT_TRUE(mp_skip(&in));
    ASSERT_EQ(static_cast<std::size_t>(in.at - bytes.data()), whole);
  }
}

TEST(Msgpack, a_cut_value_is_refused_and_the_cursor_stays) {
  std::mt19937 rng(8);
  for (int i = 0; i < 100; ++i) {
    const Bytes whole = json::to_msgpack(random_json(rng, 3));
    for (std::size_t keep = 0; keep < whole.size(); keep += 1 + keep / 16) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(keep));
      mp_cursor in{cut.data(), cut.data() + cut.size()};
      ASSERT_FALSE(mp_skip(&in)) << i << " cut to " << keep;
      ASSERT_EQ(in.at, cut.data());
    }
  }
}

TEST(Msgpack, a_head_that_promises_more_than_the_buffer_holds_is_broken) {
  const Bytes four_billion_elements{0xdd, 0xff, 0xff, 0xff, 0xff, 0x01};
  mp_cursor in{four_billion_elements.data(), four_billion_elements.data() + 6};
  mp_value v;
  EXPECT_FALSE(mp_read(&in, &v));
  EXPECT_FALSE(mp_skip(&in));
}

TEST(Msgpack, random_bytes_never_lead_outside) {
  std::mt19937 rng(9);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(rng() % 64);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(rng());
    mp_cursor in{bytes.data(), bytes.data() + bytes.size()};
    while (mp_skip(&in)) ASSERT_LE(in.at, in.end);
    batch_record record;
    in = {bytes.data(), bytes.data() + bytes.size()};
    while (batch_next(&in, &record)) ASSERT_LE(record.end, in.end);
  }
}

TEST(Msgpack, json_becomes_what_an_independent_reader_reads_back) {
  std::mt19937 rng(10);
  for (int i = 0; i < 500; ++i) {
    const json value = random_json(rng, 4);
    const std::string text = value.dump(i % 2 == 0 ? -1 : 2);
    mp_buffer out{};
    ASSERT_TRUE(mp_put_json(&out, text.data(), text.size())) << text.substr(0, 200);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(out.bytes);
    EXPECT_EQ(json::from_msgpack(begin, begin + out.len), value);
    mp_free(&out);
  }
}

TEST(Msgpack, escapes_of_json_become_their_characters) {
  const std::string text = R"({"a":"\u00e9\n\t\"\\\/ \ud83d\ude00 \u202e"})";
  mp_buffer out{};
  ASSERT_TRUE(mp_put_json(&out, text.data(), text.size()));
  const auto* begin = reinterpret_cast<const std::uint8_t*>(out.bytes);
  EXPECT_EQ(json::from_msgpack(begin, begin + out.len), json::parse(text));
  mp_free(&out);
}

TEST(Msgpack, broken_json_is_refused_and_leaves_the_buffer_as_it_was) {
  for (const std::string text :
       {"", "{", "{\"a\"", "{\"a\":}", "[1,", "\"\\ud83d\"", "\"\\x\"", "nul", "{\"a\":1,}"}) {
    mp_buffer out{};
    ASSERT_TRUE(mp_put_str(&out, "before", 6));
    EXPECT_FALSE(mp_put_json(&out, text.data(), text.size())) << text;
    EXPECT_EQ(out.len, 7u) << text;
    mp_free(&out);
  }
}

std::vector<std::pair<std::string, std::string>> fields_of(const json& body) {
  const Bytes bytes = json::to_msgpack(body);
  mp_cursor in{bytes.data(), bytes.data() + bytes.size()};
  const auto fields = std::make_unique<record_fields>();
  std::vector<std::pair<std::string, std::string>> out;
  if (!read_record_fields(&in, fields.get())) return out;
  EXPECT_EQ(in.at, in.end);
  EXPECT_FALSE(fields->cut);
  for (std::size_t i = 0; i < fields->count; ++i) {
    const c2watch_field& f = fields->fields[i];
    out.emplace_back(std::string(f.name, f.name_len), std::string(f.value, f.value_len));
  }
  release_record_fields(fields.get());
  return out;
}

using testing::ElementsAre;
using testing::Pair;

TEST(RecordFields, nested_names_are_joined_with_dots) {
  EXPECT_THAT(fields_of({{"winlog", {{"event_data", {{"Image", "x.exe"}}}, {"event_id", 3}}}}),
              ElementsAre(Pair("winlog.event_data.Image", "x.exe"), Pair("winlog.event_id", "3")));
}

TEST(RecordFields, positional_values_keep_their_places_whatever_their_type) {
  EXPECT_THAT(fields_of({{"StringInserts", {"-", 576, true, nullptr, ""}}}),
              ElementsAre(Pair("StringInserts", "-"), Pair("StringInserts", "576"),
                          Pair("StringInserts", "true"), Pair("StringInserts", ""),
                          Pair("StringInserts", "")));
}

// Both sides of each enlargement, and the end: who writes leaves must not hide those behind them.
TEST(RecordFields, leaves_hide_nothing_behind_them) {
  for (const int leaves : {0, 190, 191, 192, 193, 1'535, 1'536, 12'288, 98'304, 200'000}) {
    // "z" comes last: the library's JSON sorts names.
    const json wide = {{"a", std::vector<int>(static_cast<std::size_t>(leaves), 1)},
                       {"z", {{"Image", "x.exe"}}}};
    const auto fields = fields_of(wide);
    ASSERT_EQ(fields.size(), static_cast<std::size_t>(leaves) + 1);
    EXPECT_THAT(fields.back(), Pair("z.Image", "x.exe"));
  }
}

TEST(RecordFields, long_names_hide_nothing_behind_them) {
  for (const int bytes : {16'000, 16'384, 16'400, 131'072, 400'000, 520'000}) {
    const std::string name(static_cast<std::size_t>(bytes), 'a');
    const auto fields = fields_of({{name, {{"b", 1}}}, {"z", {{"Image", "x.exe"}}}});
    ASSERT_EQ(fields.size(), 2u) << bytes;
    EXPECT_EQ(fields.front().first, name + ".b");
    EXPECT_THAT(fields.back(), Pair("z.Image", "x.exe"));
  }
}

// A prefix is written once for each leaf: 200 KiB of record could come to gigabytes of names.
TEST(RecordFields, names_come_to_no_more_than_a_record_may_be) {
  json leaves = json::object();
  for (int i = 0; i < 20'000; ++i) leaves[std::to_string(i)] = 1;
  const json body = {{std::string(100'000, 'a'), leaves}};
  const Bytes bytes = json::to_msgpack(body);
  mp_cursor in{bytes.data(), bytes.data() + bytes.size()};
  const auto fields = std::make_unique<record_fields>();
  ASSERT_TRUE(read_record_fields(&in, fields.get()));
  EXPECT_TRUE(fields->cut);
  std::size_t total = 0;
  for (std::size_t i = 0; i < fields->count; ++i) total += fields->fields[i].name_len;
  EXPECT_LE(total, static_cast<std::size_t>(MAX_TEXT_BYTES));
  // The next record gives the room back.
  const Bytes small = json::to_msgpack(json{{"Image", "x.exe"}});
  in = {small.data(), small.data() + small.size()};
  ASSERT_TRUE(read_record_fields(&in, fields.get()));
  EXPECT_EQ(fields->heap, nullptr);
  EXPECT_FALSE(fields->cut);
}

TEST(RecordFields, a_real_number_is_written_so_that_it_can_be_read_back) {
  EXPECT_THAT(fields_of({{"EventRecordID", 7801234.0}, {"a", {0.5, -1e300}}}),
              ElementsAre(Pair("EventRecordID", "7801234"), Pair("a", "0.5"),
                          Pair("a", "-1.0000000000000001e+300")));
}

TEST(RecordFields, a_record_deeper_than_we_follow_is_cut_not_refused) {
  json deep = "end";
  for (int i = 0; i < 200; ++i) deep = json{{"k", deep}};
  EXPECT_TRUE(fields_of({{"Image", "x"}, {"deep", deep}}).size() >= 1);
}

}  // namespace
