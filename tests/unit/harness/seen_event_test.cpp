#include "harness/io/parsed_event.h"

#include <gtest/gtest.h>

namespace c2watch::harness {
namespace {

struct Shape {
  std::string name;
  InputFormat input_format;
  std::string record;

  friend void PrintTo(const Shape& s, std::ostream* os) { *os << s.name; }
};

// The event as XML in one member of a JSON object.
std::string xml_in(const std::string& member) {
  return "{\"" + member +
         "\":\"<Event><System><EventID>3</EventID><TimeCreated SystemTime='2026-03-02T08:00:01Z'/>"
         "<EventRecordID>77</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel>"
         "<Computer>WS-01</Computer></System><EventData><Data Name='UtcTime'>2026-03-02 "
         "08:00:00.250"
         "</Data><Data Name='Image'>C:\\\\x.exe</Data><Data Name='DestinationPort'>8888</Data>"
         "</EventData></Event>\"}";
}

class SeenEventTest : public testing::TestWithParam<Shape> {};

// One connection, as each shape tells it.
TEST_P(SeenEventTest, ReadsTheSameConnection) {
  const auto e = read_event(GetParam().record);
  ASSERT_TRUE(e);
  EXPECT_EQ(input_format_name(e->input_format), input_format_name(GetParam().input_format));
  EXPECT_EQ(e->event_id, 3u);
  EXPECT_EQ(e->record_id, 77u);
  EXPECT_EQ(e->channel, "Microsoft-Windows-Sysmon/Operational");
  EXPECT_EQ(e->computer, "WS-01");
  EXPECT_EQ(e->field("Image"), "C:\\x.exe");
  EXPECT_EQ(e->field("DestinationPort"), "8888");
  EXPECT_EQ(e->field("RuleName"), "");  // a placeholder, or not there at all
  EXPECT_EQ(e->utc_us, parse_time_us("2026-03-02 08:00:00.250"));
  EXPECT_EQ(e->created_us, parse_time_us("2026-03-02 08:00:01"));
}

INSTANTIATE_TEST_SUITE_P(
    , SeenEventTest,
    testing::Values(
        Shape{"xml", InputFormat::event_xml,
              "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
              "<EventID>3</EventID><TimeCreated SystemTime='2026-03-02T08:00:01.000000000Z'/>"
              "<EventRecordID>77</EventRecordID>"
              "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>WS-01</Computer>"
              "</System><EventData><Data Name='RuleName'>-</Data>"
              "<Data Name='UtcTime'>2026-03-02 08:00:00.250</Data>"
              "<Data Name='Image'>C:\\x.exe</Data><Data Name='DestinationPort'>8888</Data>"
              "</EventData></Event>"},
        Shape{
            "nxlog", InputFormat::nxlog,
            R"({"EventTime":"2026-03-02 08:00:01","Hostname":"WS-01","EventID":3,"RecordNumber":77,
                  "Channel":"Microsoft-Windows-Sysmon/Operational","RuleName":"-",
                  "UtcTime":"2026-03-02 08:00:00.250","Image":"C:\\x.exe","DestinationPort":"8888"})"},
        Shape{"winlogbeat7", InputFormat::winlogbeat7,
              R"({"@timestamp":"2026-03-02T08:00:01.000Z","host":{"name":"collector"},"winlog":{
                  "event_id":"3","record_id":77,"computer_name":"WS-01",
                  "channel":"Microsoft-Windows-Sysmon/Operational","event_data":{
                  "UtcTime":"2026-03-02 08:00:00.250","Image":"C:\\x.exe","DestinationPort":"8888"}}})"},
        Shape{"winlogbeat6", InputFormat::winlogbeat6,
              R"({"@timestamp":"2026-03-02T08:00:01.000Z","event_id":3,"record_number":"77",
                  "computer_name":"WS-01","log_name":"Microsoft-Windows-Sysmon/Operational",
                  "event_data":{"UtcTime":"2026-03-02 08:00:00.250","Image":"C:\\x.exe",
                  "DestinationPort":"8888"}})"},
        Shape{"fluent_bit_positions", InputFormat::fluent_bit_inserts,
              R"({"EventID":3,"TimeCreated":"2026-03-02 09:00:01 +0100","EventRecordID":77,
                  "Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-01","StringInserts":
                  ["-","2026-03-02 08:00:00.250","{A}",5,"C:\\x.exe","u","tcp",true,false,"10.0.0.1",
                  "-",50000,"-",false,"127.0.0.1","-",8888,"-"]})"},
        Shape{"fluent_bit_positions_without_rule_name", InputFormat::fluent_bit_inserts,
              R"({"EventID":3,"TimeCreated":"2026-03-02 08:00:01 +0000","EventRecordID":77,
                  "Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-01","StringInserts":
                  ["2026-03-02 08:00:00.250","{A}",5,"C:\\x.exe","u","tcp",true,false,"10.0.0.1",
                  "-",50000,"-",false,"127.0.0.1","-",8888,"-"]})"},
        Shape{"opentelemetry_list", InputFormat::open_telemetry,
              R"({"event_id":{"id":3},"system_time":"2026-03-02T08:00:01.0Z","record_id":77,
                  "channel":"Microsoft-Windows-Sysmon/Operational","computer":"WS-01","event_data":
                  {"data":[{"UtcTime":"2026-03-02 08:00:00.250"},{"Image":"C:\\x.exe"},
                  {"DestinationPort":"8888"}]}})"},
        Shape{"sentinel", InputFormat::sentinel,
              R"({"EventID":3,"TimeGenerated":"2026-03-02T08:00:01Z","EventRecordID":"77",
                  "Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-01","EventData":
                  "{\"UtcTime\":\"2026-03-02T08:00:00.2500000Z\",\"Image\":\"C:\\\\x.exe\",\"DestinationPort\":\"8888\"}"})"},
        Shape{"xml_as_json", InputFormat::xml_as_json,
              R"({"Event":{"System":{"EventID":"3","EventRecordID":"77","Computer":"WS-01",
                  "Channel":"Microsoft-Windows-Sysmon/Operational",
                  "TimeCreated":{"SystemTime":"2026-03-02T08:00:01Z"}},"EventData":{"Data":[
                  {"Name":"RuleName"},{"Name":"UtcTime","text":"2026-03-02 08:00:00.250"},
                  {"Name":"Image","text":"C:\\x.exe"},{"Name":"DestinationPort","text":"8888"}]}}})"},
        Shape{"wazuh", InputFormat::wazuh,
              R"({"data":{"win":{"system":{"eventID":"3","eventRecordID":"77","computer":"WS-01",
                  "channel":"Microsoft-Windows-Sysmon/Operational",
                  "systemTime":"2026-03-02T08:00:01.0Z"},"eventdata":{"ruleName":"-",
                  "utcTime":"2026-03-02 08:00:00.250","image":"C:\\x.exe",
                  "destinationPort":"8888"}}}})"},
        Shape{"fluent_bit_xml", InputFormat::fluent_bit_xml, xml_in("System")},
        Shape{"xml_in_message", InputFormat::xml_in_json, xml_in("message")},
        Shape{"elasticsearch_hit", InputFormat::winlogbeat6,
              R"({"_source":{"@timestamp":"2026-03-02T08:00:01.000Z","event_id":3,
                  "record_number":"77","computer_name":"WS-01",
                  "log_name":"Microsoft-Windows-Sysmon/Operational","event_data":{
                  "UtcTime":"2026-03-02 08:00:00.250","Image":"C:\\x.exe",
                  "DestinationPort":"8888"}}})"}),
    [](const auto& p) { return p.param.name; });

TEST(ParsedEvent, WhatIsNoEventIsNotGuessed) {
  for (const char* record : {"", "{", "{}", "[]", "<Event/>", "<Event><System/></Event>",
                             R"({"EventID":"three"})", R"({"winlog":{}})", "text"})
    EXPECT_FALSE(read_event(record)) << record;
}

// Fewer values than the oldest schema has: nobody can say which is which.
TEST(ParsedEvent, InsertsOfNoSchemaGetNoNames) {
  const auto e = read_event(
      R"({"EventID":22,"StringInserts":["2026-03-02 08:00:00.250","{A}",5,"a.example","0","x"]})");
  ASSERT_TRUE(e);
  EXPECT_FALSE(e->named);
  EXPECT_EQ(e->inserts.size(), 6u);
  EXPECT_TRUE(e->fields.empty());
}

TEST(ParsedEvent, WhatWasBlankIsTold) {
  const auto e =
      read_event(R"({"EventID":3,"EventData":{"Image":"","RuleName":"-","DestinationPort":"1"}})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->blank, (std::vector<std::string>{"Image", "RuleName"}));
}

struct Moment {
  std::string text;
  std::optional<std::int64_t> want;

  friend void PrintTo(const Moment& m, std::ostream* os) { *os << m.text; }
};

class ParseTimeTest : public testing::TestWithParam<Moment> {};

TEST_P(ParseTimeTest, Microseconds) { EXPECT_EQ(parse_time_us(GetParam().text), GetParam().want); }

constexpr std::int64_t kEight = 1'772'438'400'000'000;  // 2026-03-02T08:00:00Z

INSTANTIATE_TEST_SUITE_P(
    , ParseTimeTest,
    testing::Values(Moment{"2026-03-02 08:00:00", kEight}, Moment{"2026-03-02T08:00:00Z", kEight},
                    Moment{"2026-03-02 08:00:00.1", kEight + 100'000},
                    Moment{"2026-03-02T08:00:00.1234567Z", kEight + 123'456},
                    Moment{"2026-03-02T08:00:00.123456789Z", kEight + 123'456},
                    Moment{"2026-03-02T09:00:00+01:00", kEight},
                    Moment{"2026-03-02 02:30:00 -0530", kEight}, Moment{"1970-01-01 00:00:00", 0},
                    Moment{"1969-12-31 23:59:59", -1'000'000},
                    Moment{"2026-02-29 08:00:00", std::nullopt},
                    Moment{"2026-03-02 24:00:00", std::nullopt}, Moment{"2026-03-02", std::nullopt},
                    Moment{"", std::nullopt},
                    Moment{"2026-03-02 08:00:00 somewhere", std::nullopt}));

TEST(PlainGuid, WithoutWhatVaries) {
  EXPECT_EQ(plain_guid("{247090F2-6084-8944-2FF0-ECC5709CE3AE}"),
            "247090f2-6084-8944-2ff0-ecc5709ce3ae");
  EXPECT_EQ(plain_guid(""), "");
}

}  // namespace
}  // namespace c2watch::harness
