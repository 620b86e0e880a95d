#include "harness/base/text.h"

#include <gtest/gtest.h>

#include "harness/base/terminal.h"

namespace c2watch::harness {
namespace {

struct Case {
  std::string name;
  std::string input;
  std::string want;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class PrintableTest : public testing::TestWithParam<Case> {};

TEST_P(PrintableTest, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable(GetParam().input), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(, PrintableTest,
                         testing::Values(Case{"plain", "C:\\Windows\\x.exe", "C:\\Windows\\x.exe"},
                                         Case{"umlaut_and_cyrillic", "Müller Задача",
                                              "Müller Задача"},
                                         Case{"line_ends_and_tabs", "a\r\nb\tc", "a  b c"},
                                         Case{"escape_sequence", "\x1b[2Jx", "\\x1B[2Jx"},
                                         Case{"bell_and_delete", "\a\x7f", "\\x07\\x7F"},
                                         Case{"zero_byte", std::string("a\0b", 3), "a\\x00b"},
                                         Case{"eight_bit_controls", "\xC2\x9B", "\\u{009B}"},
                                         Case{"right_to_left_override",
                                              "gpj\xE2\x80\xAE"
                                              "exe",
                                              "gpj\\u{202E}exe"},
                                         Case{"zero_width_space",
                                              "a\xE2\x80\x8B"
                                              "b",
                                              "a\\u{200B}b"},
                                         Case{"tag_characters", "\xF3\xA0\x81\x81", "\\u{E0041}"},
                                         Case{"not_utf8", "a\xFFz", "a\\xFFz"},
                                         Case{"overlong", "\xC0\xAF", "\\xC0\\xAF"},
                                         Case{"surrogate", "\xED\xA0\x80", "\\xED\\xA0\\x80"},
                                         Case{"cut_off", "\xE2\x82", "\\xE2\\x82"}),
                         [](const auto& p) { return p.param.name; });

TEST(Text, ClipsByColumnsNotBytes) {
  EXPECT_EQ(clip_end("ääää", 4, true), "ääää");
  EXPECT_EQ(clip_end("äääää", 4, true), "äää…");
  EXPECT_EQ(clip_end("abcdef", 4, false), "ab..");
  EXPECT_EQ(clip_middle("abcdefghij", 7, true), "ab…ghij");
  EXPECT_EQ(clip_middle("abcdefghij", 10, true), "abcdefghij");
}

TEST(Text, WrapsAtBlanksAndCutsWordsThatAreTooLong) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrap("one  two", 5), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(wrap("", 3), (std::vector<std::string>{""}));
}

TEST(Text, WritesNumbersAsPeopleReadThem) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1'000), "1,000");
  EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
  EXPECT_EQ(plural(1, "event"), "1 event");
  EXPECT_EQ(plural(2, "event"), "2 events");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1'000), "1.0 kB");
  EXPECT_EQ(bytes_text(12'345'678), "12 MB");
  EXPECT_EQ(seconds_text(0.42), "0.4 s");
  EXPECT_EQ(seconds_text(128.4), "128 s");
  EXPECT_EQ(seconds_text(7'500), "2 h 05 min");
  EXPECT_EQ(time_text(1'772'438'400'250'000), "2026-03-02 08:00:00.250");
}

TEST(Page, WithoutColourThereIsNoEscapeSequence) {
  Page page(Terminal{});
  page.title("x");
  page.spans({{"a", Style::bad}, {"b", Style::good}});
  EXPECT_EQ(page.text().find('\x1b'), std::string::npos);
  Page coloured(Terminal{true, true, 100});
  coloured.spans({{"a", Style::bad}});
  EXPECT_NE(coloured.text().find('\x1b'), std::string::npos);
}

TEST(Page, TablesFitTheTerminal) {
  Table table({{"Name", Align::left, true}, {"N", Align::right}});
  table.row({{std::string(300, 'x')}, {"1"}});
  for (const bool unicode : {true, false}) {
    Page page(Terminal{false, unicode, 80});
    page.table(table);
    std::size_t begin = 0;
    for (std::size_t end; (end = page.text().find('\n', begin)) != std::string::npos;
         begin = end + 1)
      EXPECT_LE(columns(page.text().substr(begin, end - begin)), 80u);
  }
}

TEST(Page, WhatTellsMostAtItsStartIsClippedAtItsEnd) {
  Table table({{.title = "Host", .shrinks = true, .keeps_start = true}});
  table.row({{"WS-0001" + std::string(100, '.') + "com"}});
  Page page(Terminal{false, true, 40});
  page.table(table);
  EXPECT_NE(page.text().find("WS-0001....."), std::string::npos);
  EXPECT_EQ(page.text().find("com"), std::string::npos);
}

TEST(Page, AnAddressIsNeverCut) {
  const std::string name = std::string(80, 'n') + ".example";
  for (const std::size_t width : {std::size_t{120}, std::size_t{60}, std::size_t{30}}) {
    Table table({{"Destination", Align::left, true}});
    table.row({{name + " (203.0.113.7):443", Style::plain, "203.0.113.7:443"}});
    Page page(Terminal{false, true, width});
    page.table(table);
    const bool fits = width == 120;
    EXPECT_NE(page.text().find(fits ? "(203.0.113.7):443" : "  203.0.113.7:443\n"),
              std::string::npos)
        << page.text();
  }
}

TEST(Page, LabelsInColourTakeNoRoom) {
  Page page(Terminal{true, true, 40});
  page.item({{"label ", Style::bad}}, "one two three four five six seven eight", 2);
  const auto nl = page.text().find('\n');
  EXPECT_EQ(page.text().substr(nl + 1, 8), "        ");  // indent and label, not the escapes
  EXPECT_NE(page.text()[nl + 9], ' ');
}

}  // namespace
}  // namespace c2watch::harness
