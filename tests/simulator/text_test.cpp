// Escapes, numbers and times: the small things that every line is made of.
#include "world/text.h"

#include <gtest/gtest.h>

#include "formats/buffer.h"
#include "world/time.h"

namespace c2sim {
namespace {

struct Case {
  std::string name;
  std::string raw, xml, json, json_lf, json_xml;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class TextForms : public testing::TestWithParam<Case> {};

TEST_P(TextForms, AreEscapedForTheirPlace) {
  const Case& c = GetParam();
  TextPool pool;
  const Text* t = pool.intern(c.raw);
  EXPECT_EQ(t->raw, c.raw);
  EXPECT_EQ(t->xml, c.xml);
  EXPECT_EQ(t->json, c.json);
  EXPECT_EQ(t->json_lf, c.json_lf);
  EXPECT_EQ(t->json_xml, c.json_xml);
}

INSTANTIATE_TEST_SUITE_P(
    , TextForms,
    testing::Values(
        Case{"plain", "powershell.exe", "powershell.exe", "powershell.exe", "powershell.exe",
             "powershell.exe"},
        Case{"empty", "", "", "", "", ""},
        Case{"path", R"(C:\a)", R"(C:\a)", R"(C:\\a)", R"(C:\\a)", R"(C:\\a)"},
        Case{"quotes", R"("a" 'b')", R"("a" 'b')", R"(\"a\" 'b')", R"(\"a\" 'b')", R"(\"a\" 'b')"},
        Case{"markup", "<a> & b", "&lt;a&gt; &amp; b", "<a> & b", "<a> & b", "&lt;a&gt; &amp; b"},
        Case{"line_ends", "a\r\nb", "a&#xD;&#xA;b", R"(a\r\nb)", R"(a\nb)", R"(a\r\nb)"},
        Case{"control", std::string("a\x01") + "b", std::string("a\x01") + "b", "a\\u0001b",
             "a\\u0001b", "a\\u0001b"},
        Case{"beyond_ascii", "Windows®", "Windows®", "Windows®", "Windows®", "Windows®"}),
    [](const auto& p) { return p.param.name; });

TEST(TextPool, GivesOneTextPerString) {
  TextPool pool;
  const Text* first = pool.intern("a");
  for (int i = 0; i < 10'000; ++i) pool.intern(std::to_string(i));
  EXPECT_EQ(pool.intern("a"), first);
  EXPECT_EQ(first->raw, "a");
}

TEST(Buffer, WritesGuidsAsSysmonDoes) {
  // The identity of a process on a real host, taken apart: started at 0x6a58fc89, number 0x35d of
  // boot 0x277.
  const Guid g{0x869c0a82, 0x6a58fc89, 0x0277'0000'0000'035d};
  Buffer b;
  b.guid(g);
  EXPECT_EQ(b.view(), "{869c0a82-fc89-6a58-5d03-000000007702}");
  b.clear();
  b.guid(g, true);
  EXPECT_EQ(b.view(), "{869C0A82-FC89-6A58-5D03-000000007702}");
  b.clear();
  b.bare_guid(g);
  EXPECT_EQ(b.view(), "869c0a82-fc89-6a58-5d03-000000007702");
}

TEST(Buffer, WritesALogonGuidAroundItsLogonId) {
  Buffer b;
  b.guid({0x869c0a82, 0x6a58f20c, 0xa832b});
  EXPECT_EQ(b.view(), "{869c0a82-f20c-6a58-2b83-0a0000000000}");
}

TEST(Buffer, WritesTimes) {
  const Instant t = *parse_instant("2026-03-02T23:59:59.9876543Z");
  Buffer b;
  b.date(t), b.put(' '), b.clock(t), b.put('.'), b.fraction(t, 3);
  EXPECT_EQ(b.view(), "2026-03-02 23:59:59.987");
  b.clear();
  b.date(t + seconds(1)), b.fraction(t, 7);
  EXPECT_EQ(b.view(), "2026-03-039876543");
}

TEST(Buffer, WritesNumbersAndAddresses) {
  Buffer b;
  b.number(0), b.put(' '), b.number(18446744073709551615u), b.put(' ');
  b.hex(0x3e7), b.put(' '), b.hex_upper(0x3a3bc), b.put(' ');
  b.address(ipv4(203, 0, 113, 10));
  EXPECT_EQ(b.view(), "0 18446744073709551615 0x3e7 0x3A3BC 203.0.113.10");
}

TEST(Buffer, Grows) {
  Buffer b;
  const std::string part(100'000, 'x');
  for (int i = 0; i < 5; ++i) b.put(part);
  EXPECT_EQ(b.size(), 500'000u);
  EXPECT_EQ(b.view().back(), 'x');
}

TEST(Time, InstantsReadBack) {
  for (const char* text : {"1970-01-01T00:00:00.0000000Z", "2026-03-02T08:00:00.1234567Z",
                           "2028-02-29T23:59:59.9999999Z"})
    EXPECT_EQ(iso(*parse_instant(text)), text);
}

TEST(Time, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "2026-03-02", "2026-03-02T08:00:00", "2026-3-02T08:00:00Z", "2026-02-30T08:00:00Z",
        "2026-03-02T24:00:00Z", "2026-03-02T08:60:00Z", "2026-03-02T08:00:00.Z",
        "2026-03-02T08:00:00Z ", "2026-03-02T08:00:00+01:00", "1969-12-31T23:59:59Z"})
    EXPECT_FALSE(parse_instant(text)) << text;
}

TEST(Time, ReadsDurations) {
  EXPECT_EQ(parse_duration("90"), seconds(90));
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("1.5m"), seconds(90));
  EXPECT_EQ(parse_duration("2h"), seconds(7200));
  EXPECT_EQ(parse_duration("250ms"), seconds(0.25));
  for (const char* text : {"", "s", "-1s", "1d", "1 s", "nan", "inf"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace c2sim
