// Hostile text in one field changes that field and nothing else, in every shape of every collector.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/wire_shapes.h"

namespace c2watch::testing_support {
void PrintTo(const Shape& shape, std::ostream* os) { *os << shape.name; }
}  // namespace c2watch::testing_support

namespace c2watch::parse {
namespace {

using testing_support::describe;
using testing_support::Shape;
using testing_support::shapes;
using testing_support::WireRecord;

using namespace std::string_literals;

// What begins, ends or separates records and fields in one format or another.
const std::string kHostile[] = {
    "<Event ",
    "<Event xmlns='x'><System><EventID>4</EventID></System></Event>",
    "</Event>",
    "</Data></EventData></Event>",
    "<!DOCTYPE x>",
    "<Task>",
    "]]>",
    "-->",
    "&lt;Event &gt;&amp;",
    "&#0;",
    "{\"",
    "{\"EventID\":4}",
    "{ \"message\" : \"",
    "\\",
    "\"",
    "'",
    "\";",
    "\";\n};\n",
    "\";\r\n\tRecordNumber = 1;\r\n\tSourceName = \"x\";\r\n\tEventData = {};\r\n\tUser = \"x",
    "\r\n",
    "\n",
    "\t",
    "\t1\t2\t3",
    "\0"s,
    "MSWinEventLog\t",
    "\r\nMSWinEventLog\t1\tSystem\t2\tx\t4\t",
    "\r\nEventID=4\r\nEventCode=4\r\nChannel=x\r\nMessage=y",
    "Message=\"",
    "instance of Win32_NTLogEvent\n{\n\tEventCode = 4;\n",
    "Image: ",
    "\r\nOriginalFileName: x\r\nCommandLine: y",
    "\r\nUser: x\r\nProtocol: x\r\nDestinationIp: x",
    "\r\nParentUser: x",
    ", type 1, query options 0 with status 0 Results 1",
    "\r\nScriptBlock ID: x\r\nPath: ",
    "winlog.event_data.Image",
    "EventData",
    "StringInserts",
    std::string(65'536, 'x'),
    std::string(65'536, '"'),
};

struct TextField {
  std::string_view name;
  std::string_view Event::*member;
};

// Windows' free texts. Others have a form that the operating system gives them. Null: only carried.
const TextField kTextFields[] = {
    {"RuleName", nullptr},
    {"Image", &Event::image},
    {"FileVersion", nullptr},
    {"Description", nullptr},
    {"Product", nullptr},
    {"Company", nullptr},
    {"OriginalFileName", &Event::original_file_name},
    {"CommandLine", &Event::command_line},
    {"CurrentDirectory", nullptr},
    {"User", &Event::user},
    {"IntegrityLevel", nullptr},
    {"Hashes", nullptr},
    {"ParentImage", &Event::parent_image},
    {"ParentCommandLine", &Event::parent_command_line},
    {"ParentUser", nullptr},
    {"SourceHostname", &Event::source_hostname},
    {"SourcePortName", nullptr},
    {"DestinationHostname", &Event::destination_hostname},
    {"DestinationPortName", nullptr},
    {"QueryName", &Event::query_name},
    {"QueryResults", &Event::query_results},
    {"SubjectUserName", &Event::subject_user_name},
    {"SubjectDomainName", &Event::subject_domain_name},
    {"TaskName", &Event::task_name},
    {"TaskContent", &Event::task_content},
    {"ScriptBlockText", &Event::script_block_text},
    {"Path", nullptr},
};

const TextField* text_field(std::string_view name) {
  const auto* f = std::find_if(std::begin(kTextFields), std::end(kTextFields),
                               [&](const TextField& t) { return t.name == name; });
  return f == std::end(kTextFields) ? nullptr : f;
}

WireRecord (*const kRecords[])() = {
    testing_support::process_create_record, testing_support::network_connect_record,
    testing_support::dns_query_record,      testing_support::task_created_record,
    testing_support::script_block_record,   testing_support::dns_client_record};

// The fields are pairs in a text without escapes.
bool is_message_only(const Shape& shape) {
  return shape.name == "sumo_legacy" || shape.name == "snare";
}
bool is_positional(const Shape& shape) {
  return shape.name == "fluent_bit_inserts" || shape.name == "fluent_bit_text";
}
bool has_xml(const Shape& shape) {
  const std::string text = shape.write(testing_support::network_connect_record());
  return text.find("<Event") != std::string::npos || text.find("u003cEvent") != std::string::npos;
}

class Framing : public testing::TestWithParam<Shape> {
 protected:
  // What is read of `record` with `text` in its field `i`.
  std::string read(WireRecord record, std::size_t i, const std::string& text, bool plain,
                   Event& event) {
    record.data[i].second = text;
    testing_support::json_escapes_angles = !plain;
    bytes_ = GetParam().write(record);
    testing_support::json_escapes_angles = true;
    return std::string(name_of(reader_.read_auto(bytes_, event)));
  }

  Reader reader_;
  std::string bytes_;
};

TEST_P(Framing, HostileTextChangesItsFieldAlone) {
  const Shape& shape = GetParam();
  const bool xml = has_xml(shape);
  for (WireRecord (*make)() : kRecords) {
    const WireRecord record = make();
    for (std::size_t i = 0; i < record.data.size(); ++i) {
      const auto& [name, benign] = record.data[i];
      const TextField* const field = text_field(name);
      if (field == nullptr) continue;
      Event event;
      // An empty value is left out by some shapes, and by none when it is a word.
      ASSERT_EQ(read(record, i, benign + "w", false, event), "none");
      if (field->member != nullptr) event.*field->member = {};
      const std::string others = describe(event);
      for (const std::string& hostile : kHostile) {
        if (xml && hostile.find('\0') != std::string::npos) continue;  // XML cannot carry it
        for (const bool alone : {false, true}) {
          // Alone, it would not look like its column, or not like a task.
          if (alone && (is_positional(shape) || name == "TaskContent" || hostile.size() > 1'000))
            continue;
          const std::string text = alone ? hostile : benign + hostile + "w";
          // Nothing but blanks is no value in XML.
          if (xml && text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
          for (const bool plain : {false, true}) {
            if (plain && hostile.find('<') == std::string::npos) continue;
            SCOPED_TRACE(name + " = " + text.substr(0, 80) + (plain ? " plain" : ""));
            ASSERT_EQ(read(record, i, text, plain, event), "none");
            if (field->member != nullptr) {
              ASSERT_EQ(event.*field->member, text);
              event.*field->member = {};
            }
            ASSERT_EQ(describe(event), others);
          }
        }
      }
    }
  }
}

// A Message has no escapes, so hostile text may look like the fields behind it. It never makes the
// record unreadable, changes nothing of what names the record, nor what stands before it, nor how it
// begins itself.
class MessageFraming : public Framing {};

TEST_P(MessageFraming, HostileTextChangesNothingBeforeIt) {
  const Shape& shape = GetParam();
  for (WireRecord (*make)() : kRecords) {
    const WireRecord record = make();
    if (shape.sysmon_only && record.channel.find("Sysmon") == std::string::npos) continue;
    for (std::size_t i = 0; i < record.data.size(); ++i) {
      const auto& [name, benign] = record.data[i];
      const TextField* const field = text_field(name);
      if (field == nullptr) continue;
      // An event ends with the field: what is behind it may be forged.
      const auto before = [&](Event event) {
        for (std::size_t later = i; later < record.data.size(); ++later) {
          const TextField* const f = text_field(record.data[later].first);
          if (f != nullptr && f->member != nullptr) event.*f->member = {};
          const std::string& n = record.data[later].first;
          if (n == "ProcessGuid") event.process_guid = {};
          if (n == "ProcessId") event.process_id = 0;
          if (n == "ParentProcessGuid") event.parent_process_guid = {};
          if (n == "Protocol") event.protocol = {};
          if (n == "Initiated") event.initiated = Initiated::unknown;
          if (n == "SourceIp") event.source_ip = {};
          if (n == "SourcePort") event.source_port = kNoPort;
          if (n == "DestinationIp") event.destination_ip = {};
          if (n == "DestinationPort") event.destination_port = kNoPort;
          if (n == "QueryStatus") event.query_status = 0, event.has_query_status = false;
        }
        return describe(event);
      };
      Event event;
      ASSERT_EQ(read(record, i, benign + "w", false, event), "none") << bytes_;
      const std::string want = before(event);
      for (const std::string& hostile : kHostile) {
        SCOPED_TRACE(name + " = " + benign + hostile.substr(0, 80));
        ASSERT_EQ(read(record, i, benign + hostile + "w", false, event), "none");
        ASSERT_EQ(before(event), want);
        if (field->member == nullptr) continue;
        ASSERT_TRUE((event.*field->member).starts_with(benign)) << event.*field->member;
      }
    }
  }
}

std::vector<Shape> shapes_with(bool message_only) {
  std::vector<Shape> some;
  for (const Shape& shape : shapes())
    if (is_message_only(shape) == message_only) some.push_back(shape);
  return some;
}

INSTANTIATE_TEST_SUITE_P(, Framing, testing::ValuesIn(shapes_with(false)),
                         [](const auto& p) { return p.param.name; });
INSTANTIATE_TEST_SUITE_P(, MessageFraming, testing::ValuesIn(shapes_with(true)),
                         [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::parse
