// The same event, in every shape of every collector, reads to the same Event.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/wire_shapes.h"

namespace c2watch::parse {
namespace {

using testing_support::describe;
using testing_support::Shape;
using testing_support::shapes;
using testing_support::WireRecord;

Time at(std::int64_t us) { return Time{std::chrono::microseconds(us)}; }
const Time kLogged = at(1'787'299'202'123'456);
const Time kHappened = at(1'787'299'200'004'000);

// What each record means, written by hand: the twin of all its renderings.
Event process_create() {
  Event e;
  e.kind = Kind::process_create;
  e.event_id = 1;
  e.utc_time = kHappened;
  e.process_guid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
  e.process_id = 576;
  e.image = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";
  e.user = R"(CORP\Zoë)";
  e.command_line =
      R"("powershell.exe" -NoProfile -WindowStyle Hidden -Command "iwr 'http://127.0.0.1:8888/?a=1&b=2' | % { $_ -gt 3 }")";
  e.original_file_name = "PowerShell.EXE";
  e.parent_process_guid = "{247090f2-95d0-5fdc-e086-000000000700}";
  e.parent_image = R"(C:\Windows\System32\svchost.exe)";
  e.parent_command_line = R"(C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule)";
  return e;
}

Event network_connect() {
  Event e;
  e.kind = Kind::network_connect;
  e.event_id = 3;
  e.utc_time = kHappened;
  e.process_guid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
  e.process_id = 576;
  e.image = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";
  e.user = R"(CORP\user306)";
  e.protocol = "tcp";
  e.initiated = Initiated::yes;
  e.source_ip = "10.9.254.189";
  e.source_hostname = "WS-0135.corp.example.com";
  e.source_port = 51449;
  e.destination_ip = "203.0.113.90";
  e.destination_port = 8443;
  return e;
}

Event dns_query() {
  Event e;
  e.kind = Kind::dns_query;
  e.event_id = 22;
  e.utc_time = kHappened;
  e.process_guid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
  e.process_id = 576;
  e.image = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";
  e.user = R"(CORP\user306)";
  e.query_name = "c2.example.net";
  e.query_results = "type:  5 edge.example.net;::ffff:203.0.113.90;";
  e.query_status = 9003;
  e.has_query_status = true;
  return e;
}

Event task_created() {
  Event e;
  e.kind = Kind::task_created;
  e.event_id = 4698;
  e.channel = "Security";
  e.task_name = "\\WindowsNetworkHealth";
  e.task_content =
      "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\">\r\n  <Actions>\r\n    "
      "<Exec>\r\n"
      "      <Command>powershell.exe</Command>\r\n      <Arguments>-w hidden -c \"iwr "
      "'http://127.0.0.1:8888/?a=1&amp;b=2'\"</Arguments>\r\n    </Exec>\r\n  "
      "</Actions>\r\n</Task>";
  e.subject_user_name = "dadmin";
  e.subject_domain_name = "CORP";
  return e;
}

Event script_block() {
  Event e;
  e.kind = Kind::script_block;
  e.event_id = 4104;
  e.channel = "Microsoft-Windows-PowerShell/Operational";
  e.script_block_text = "1..5 | % { Invoke-WebRequest 'http://127.0.0.1:8888/'; sleep 30 } # <&>";
  return e;
}

Event dns_client() {
  Event e;
  e.kind = Kind::dns_client;
  e.event_id = 3008;
  e.channel = "Microsoft-Windows-DNS-Client/Operational";
  e.query_name = "c2.example.net";
  e.query_status = 9003;
  e.has_query_status = true;
  return e;
}

struct Twin {
  std::string name;
  WireRecord (*written)();
  Event (*meant)();
};

const Twin kTwins[] = {
    {"process_create", testing_support::process_create_record, process_create},
    {"network_connect", testing_support::network_connect_record, network_connect},
    {"dns_query", testing_support::dns_query_record, dns_query},
    {"task_created", testing_support::task_created_record, task_created},
    {"script_block", testing_support::script_block_record, script_block},
    {"dns_client", testing_support::dns_client_record, dns_client},
};

struct Case {
  std::string name;
  Shape shape;
  Twin twin;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::vector<Case> every_event_in_every_shape() {
  std::vector<Case> cases;
  for (const Shape& shape : shapes()) {
    for (const Twin& twin : kTwins) {
      if (shape.sysmon_only && twin.written().channel.find("Sysmon") == std::string::npos) continue;
      cases.push_back({shape.name + "_" + twin.name, shape, twin});
    }
  }
  return cases;
}

class Shapes : public testing::TestWithParam<Case> {};

TEST_P(Shapes, ReadToTheSameEvent) {
  const auto& [name, shape, twin] = GetParam();
  Event want = twin.meant();
  want.time_created = kLogged;
  want.computer = "WS-0135.corp.example.com";
  if (want.channel.empty()) want.channel = "Microsoft-Windows-Sysmon/Operational";
  want.record_id = 561649;
  if (shape.no_record_id) want.record_id = 0;
  if (shape.whole_seconds) want.time_created = std::chrono::floor<std::chrono::seconds>(kLogged);
  if (shape.name == "sumo_json") want.time_created += std::chrono::microseconds(123);
  if (shape.no_time_created) want.time_created = want.utc_time;
  if (!known(want.utc_time)) want.utc_time = want.time_created;

  Reader reader;
  Event got;
  const std::string text = shape.write(twin.written());
  ASSERT_EQ(name_of(reader.read_auto(text, got)), "none") << text;
  EXPECT_EQ(describe(got), describe(want)) << text;
}

INSTANTIATE_TEST_SUITE_P(, Shapes, testing::ValuesIn(every_event_in_every_shape()),
                         [](const auto& p) { return p.param.name; });

TEST(Reader, ReadsFieldsLikeTheRecordTheyCameFrom) {
  for (const Twin& twin : kTwins) {
    for (const std::string prefix : {"", "winlog.event_data.", "EventData."}) {
      const WireRecord r = twin.written();
      const std::string id = std::to_string(r.event_id);
      std::vector<std::string> names;
      names.reserve(r.data.size());
      std::vector<Field> fields = {
          {"EventID", id},          {"Channel", r.channel},         {"ProviderName", r.provider},
          {"Computer", r.computer}, {"TimeCreated", r.system_time}, {"EventRecordID", r.record_id}};
      for (const auto& [name, value] : r.data) {
        names.push_back(prefix + name);
        fields.push_back({names.back(), value});
      }
      Reader reader;
      Event got, want;
      ASSERT_EQ(reader.read_fields(fields, got), Unreadable::none) << twin.name << " " << prefix;
      Reader other;
      const std::string xml = testing_support::event_xml(r);
      ASSERT_EQ(other.read_xml(xml, want), Unreadable::none);
      EXPECT_EQ(describe(got), describe(want)) << twin.name << " " << prefix;
    }
  }
}

// As a collector flattens JSON: nested names joined with dots, a list's name for each element.
void flatten(const nlohmann::ordered_json& value, const std::string& name,
             std::vector<std::pair<std::string, std::string>>& out) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items())
      flatten(member, name.empty() ? key : name + "." + key, out);
  } else if (value.is_array()) {
    for (const auto& element : value) flatten(element, name, out);
  } else {
    out.emplace_back(name, value.is_string() ? value.get<std::string>()
                           : value.is_null() ? ""
                                             : value.dump());
  }
}

std::string read_flattened(const std::string& json) {
  std::vector<std::pair<std::string, std::string>> pairs;
  flatten(nlohmann::ordered_json::parse(json), "", pairs);
  std::vector<Field> fields;
  fields.reserve(pairs.size());
  for (const auto& [name, value] : pairs) fields.push_back({name, value});
  Reader reader;
  Event event;
  const Unreadable why = reader.read_fields(fields, event);
  return why == Unreadable::none ? describe(event) : std::string(name_of(why));
}

TEST_P(Shapes, ReadTheSameAsFields) {
  const std::string text = GetParam().shape.write(GetParam().twin.written());
  if (text.front() != '{') return;  // no collector makes fields of it
  Reader reader;
  Event want;
  ASSERT_EQ(reader.read_json(text, want), Unreadable::none);
  EXPECT_EQ(read_flattened(text), describe(want)) << text;
}

// Elements whose text is missing leave it open which name a text belongs to, unless the first field
// or the last one shows it.
TEST(Reader, FieldsOfAListArePairedOnlyWhereThatIsCertain) {
  const auto read = [](const std::string& data) {
    return read_flattened(
        R"({"System":{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","TimeCreated":)"
        R"({"SystemTime":"2026-08-21T08:00:00Z"}},"EventData":{"Data":[)" +
        data + "]}}");
  };
  const std::string want = read(R"({"Image":"a.exe"},{"DestinationIp":"203.0.113.90"})");
  EXPECT_NE(want.find("image = a.exe\ndestination_ip = 203.0.113.90\n"), std::string::npos) << want;
  const std::string image = R"({"text":"a.exe","Name":"Image"})";
  const std::string ip = R"({"text":"203.0.113.90","Name":"DestinationIp"})";
  const std::string user = R"({"Name":"User"})";
  EXPECT_EQ(read(image + "," + ip), want);
  EXPECT_EQ(read(image + "," + user + "," + ip), want);
  EXPECT_EQ(read(image + "," + ip + "," + user), want);
  EXPECT_EQ(read(user + "," + image + "," + ip), "missing_fields");
  const std::string image_2 = R"({"@Name":"Image","#text":"a.exe"})";
  const std::string ip_2 = R"({"@Name":"DestinationIp","#text":"203.0.113.90"})";
  EXPECT_EQ(read(image_2 + "," + ip_2), want);
  EXPECT_EQ(read(user + "," + image_2 + "," + user + "," + ip_2), want);
  EXPECT_EQ(read(image_2 + "," + ip_2 + "," + user), "missing_fields");
}

}  // namespace
}  // namespace c2watch::parse
