#include "harness/io/framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace c2watch::harness {
namespace {

using testing::ElementsAreArray;

// Pieces as text: "R:" and the record, or the kind of junk and the line.
class Collect final : public FrameSink {
 public:
  void record(std::string_view bytes, std::uint64_t offset) override {
    pieces.push_back("R:" + std::string(bytes));
    offsets.push_back(offset);
  }
  void non_record(NonRecord why, std::string_view line, std::uint64_t offset) override {
    const char* name = why == NonRecord::text ? "T:" : why == NonRecord::binary ? "B:" : "O:";
    pieces.push_back(name + std::string(line));
    offsets.push_back(offset);
  }
  std::vector<std::string> pieces;
  std::vector<std::uint64_t> offsets;
};

Collect frame(std::string_view input, std::size_t chunk) {
  Collect out;
  Framer framer(out);
  for (std::size_t at = 0; at < input.size(); at += chunk) framer.feed(input.substr(at, chunk));
  framer.finish();
  return out;
}

struct Case {
  std::string name;
  std::string input;
  std::vector<std::string> want;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class FramerTest : public testing::TestWithParam<Case> {};

TEST_P(FramerTest, CutsAlikeWhateverTheChunks) {
  const Case& c = GetParam();
  EXPECT_THAT(frame(c.input, c.input.size() + 1).pieces, ElementsAreArray(c.want));
  for (std::size_t chunk = 1; chunk <= c.input.size(); ++chunk)
    ASSERT_THAT(frame(c.input, chunk).pieces, ElementsAreArray(c.want)) << "chunks of " << chunk;
}

TEST_P(FramerTest, OffsetsPointAtThePieces) {
  const Case& c = GetParam();
  const Collect out = frame(c.input, 7);
  for (std::size_t i = 0; i < out.pieces.size(); ++i) {
    const std::string body = out.pieces[i].substr(2);
    EXPECT_EQ(c.input.substr(out.offsets[i], body.size()), body);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , FramerTest,
    testing::Values(
        Case{"nothing", "", {}}, Case{"only_white_space", " \r\n\t\n", {}},
        Case{"json_lines", "{\"a\":1}\n{\"b\":2}\n", {"R:{\"a\":1}", "R:{\"b\":2}"}},
        Case{"json_lines_of_windows", "{\"a\":1}\r\n{\"b\":2}\r\n", {"R:{\"a\":1}", "R:{\"b\":2}"}},
        Case{"no_line_end_at_the_end", "{\"a\":1}\n{\"b\":2}", {"R:{\"a\":1}", "R:{\"b\":2}"}},
        Case{"byte_order_mark", "\xEF\xBB\xBF{\"a\":1}\n", {"R:{\"a\":1}"}},
        Case{"two_objects_on_a_line",
             "{\"a\":1}{\"b\":2}\n{\"c\":3}\n",
             {"R:{\"a\":1}", "R:{\"b\":2}", "R:{\"c\":3}"}},
        Case{"two_objects_on_a_line_with_a_blank",
             "{\"a\":1} {\"b\":2}\n{\"c\":3}\n",
             {"R:{\"a\":1}", "R:{\"b\":2}", "R:{\"c\":3}"}},
        Case{"pretty_printed",
             "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n  \"c\": 2\n}\n",
             {"R:{\n  \"a\": {\n    \"b\": 1\n  }\n}", "R:{\n  \"c\": 2\n}"}},
        Case{"array_of_objects", "[{\"a\":1},{\"b\":2}]", {"R:{\"a\":1}", "R:{\"b\":2}"}},
        Case{"array_over_lines",
             "[\n{\"a\":1},\n{\"b\":[{},{}]}\n]\n",
             {"R:{\"a\":1}", "R:{\"b\":[{},{}]}"}},
        Case{"empty_array", "[]\n", {}},
        Case{"brackets_inside_strings",
             "{\"a\":\"}{\\\"}\"}\n{\"b\":\"{\"}\n",
             {"R:{\"a\":\"}{\\\"}\"}", "R:{\"b\":\"{\"}"}},
        Case{"json_sequence", "\x1e{\"a\":1}\n\x1e{\"b\":2}\n", {"R:{\"a\":1}", "R:{\"b\":2}"}},
        Case{"cut_inside_a_string", "{\"a\":\"b\n{\"c\":2}\n", {"R:{\"a\":\"b", "R:{\"c\":2}"}},
        Case{"cut_after_a_backslash",
             "{\"a\":\"b\\\n{\"c\":2}\n",
             {"R:{\"a\":\"b\\", "R:{\"c\":2}"}},
        Case{"cut_after_a_comma", "{\"a\":1,\n{\"c\":2}\n", {"R:{\"a\":1,", "R:{\"c\":2}"}},
        Case{"cut_before_a_brace",
             "{\"a\":{\"b\":1}\n{\"c\":2}\n",
             {"R:{\"a\":{\"b\":1}", "R:{\"c\":2}"}},
        Case{"cut_at_the_end_of_the_file", "{\"a\":1}\n{\"b\":", {"R:{\"a\":1}", "R:{\"b\":"}},
        Case{"cut_after_a_colon_swallows_no_more_than_it_must",
             "{\"a\":\n{\"c\":2}\n{\"d\":3}\n",
             {"R:{\"a\":\n{\"c\":2}", "R:{\"d\":3}"}},
        Case{"cut_before_text",
             "{\"a\":\nsome text\n{\"b\":1}\n",
             {"R:{\"a\":", "T:some text", "R:{\"b\":1}"}},
        Case{"literals_over_lines",
             "{\"a\":\n-1.5e+3,\n\"b\":[true,false,null]\n}\n",
             {"R:{\"a\":\n-1.5e+3,\n\"b\":[true,false,null]\n}"}},
        Case{"wrong_bracket", "{\"a\":[1}\n{\"c\":2}\n", {"R:{\"a\":[1}", "R:{\"c\":2}"}},
        Case{"text_between", "hello\n{\"a\":1}\nworld\n\n", {"T:hello", "R:{\"a\":1}", "T:world"}},
        Case{"a_bracket_that_is_text", "[note] x\n{\"a\":1}\n", {"T:[note] x", "R:{\"a\":1}"}},
        Case{"comma_that_is_text", ",x\n", {"T:,x"}},
        Case{"binary",
             std::string("\0\x01\x02\n{\"a\":1}\n", 12),
             {std::string("B:\0\x01\x02", 5), "R:{\"a\":1}"}},
        Case{"xml_lines",
             "<Event xmlns='x'><A/></Event>\n<Event><B/></Event>\n",
             {"R:<Event xmlns='x'><A/></Event>", "R:<Event><B/></Event>"}},
        Case{"xml_without_a_line_end_between",
             "<Event><A/></Event><Event><B/></Event>",
             {"R:<Event><A/></Event>", "R:<Event><B/></Event>"}},
        Case{"xml_document",
             "<?xml version='1.0'?>\n<Events>\n<Event>\n<A/>\n</Event>\n</Events>\n",
             {"R:<Event>\n<A/>\n</Event>"}},
        Case{"xml_comment", "<!-- <Event> -->\n<Event>x</Event>\n", {"R:<Event>x</Event>"}},
        Case{"document_type_goes_with_its_event",
             "<!DOCTYPE a [<!ENTITY b 'c'>]><Event>&b;</Event>\n",
             {"R:<!DOCTYPE a [<!ENTITY b 'c'>]><Event>&b;</Event>"}},
        Case{"event_data_is_no_event",
             "<EventData>x</EventData>\n<Event>x</Event>\n",
             {"T:<EventData>x</EventData>", "R:<Event>x</Event>"}},
        Case{"xml_cut_before_the_next_event",
             "<Event><A>\n<Event><B/></Event>\n",
             {"R:<Event><A>", "R:<Event><B/></Event>"}},
        Case{"xml_cut_at_the_end_of_the_file",
             "<Event><A/></Event>\n<Event><B",
             {"R:<Event><A/></Event>", "R:<Event><B"}},
        Case{"text_block_between_xml",
             "<Event><A/></Event>\n01/14/2021 11:41:39 PM\nLogName=x\nMessage={ "
             "}\n<Event><B/></Event>\n",
             {"R:<Event><A/></Event>", "T:01/14/2021 11:41:39 PM", "T:LogName=x", "T:Message={ }",
              "R:<Event><B/></Event>"}},
        Case{"syslog_with_xml",
             "<13>Mar  2 08:00:00 ws1 sysmon: <Event><A/></Event>\n",
             {"R:<Event><A/></Event>"}},
        Case{"syslog_with_json",
             "<134>1 2026-03-02T08:00:00Z ws1 app - - - {\"a\":{\"b\":1}}\n",
             {"R:{\"a\":{\"b\":1}}"}},
        Case{"a_brace_in_prose_is_no_record",
             "call me {\"a\":1} maybe\n",
             {"T:call me {\"a\":1} maybe"}},
        Case{"mixture",
             "{\"a\":1}\n<Event>x</Event>\n[{\"b\":2}]\nend",
             {"R:{\"a\":1}", "R:<Event>x</Event>", "R:{\"b\":2}", "T:end"}}),
    [](const auto& p) { return p.param.name; });

TEST(Framer, LookingAgainHandsOnWhatIsWhole) {
  Collect out;
  Framer framer(out);
  for (const char* piece : {"{\"a\":", "1}\n", "{\"b\"", ":{\"c\":2}", "}\n"}) framer.feed(piece);
  framer.flush_complete();
  EXPECT_THAT(out.pieces, ElementsAreArray({"R:{\"a\":1}", "R:{\"b\":{\"c\":2}}"}));
  framer.feed("{\"half");
  framer.flush_complete();
  EXPECT_EQ(out.pieces.size(), 2u);
}

TEST(Framer, ReadsARecordOfTenMegabytes) {
  const std::string big = "{\n\"a\":\"" + std::string(10'000'000, 'x') + "\"\n}";
  const Collect out = frame(big + "\n{\"b\":1}\n", 65536);
  ASSERT_EQ(out.pieces.size(), 2u);
  EXPECT_EQ(out.pieces[0].size(), big.size() + 2);
  EXPECT_EQ(out.pieces[1], "R:{\"b\":1}");
}

TEST(Framer, SkipsWhatNeverEndsAndFindsTheNextRecord) {
  Collect out;
  Framer framer(out);
  framer.feed("{\"a\":\"");
  const std::string chunk(1'000'000, 'x');
  for (std::size_t fed = 0; fed <= kMaxFramedBytes; fed += chunk.size()) framer.feed(chunk);
  framer.feed("\n{\"b\":1}\n");
  framer.finish();
  ASSERT_EQ(out.pieces.size(), 2u);
  EXPECT_EQ(out.pieces[0].substr(0, 2), "O:");
  EXPECT_EQ(out.pieces[1], "R:{\"b\":1}");
}

TEST(Framer, NestingBeyondReasonIsNotFollowed) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":\n";
  const Collect out = frame(deep + "{\"b\":1}\n", 65536);
  ASSERT_FALSE(out.pieces.empty());
  EXPECT_LT(out.pieces.size(), 100'000u);
}

TEST(Framer, AMegabyteWithoutALineEndIsHandedOnInPieces) {
  const Collect out = frame(std::string(5'000'000, 'x'), 65536);
  EXPECT_GE(out.pieces.size(), 4u);
  for (const std::string& piece : out.pieces) EXPECT_EQ(piece.substr(0, 2), "T:");
}

}  // namespace
}  // namespace c2watch::harness
