// Every shape against what is documented of it; always runs, needs no real event.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "simulator/field_formats.h"
#include "simulator/simulated.h"

namespace c2sim {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::vector<std::string>;

constexpr const char* kProcessCreate[] = {"RuleName",
                                          "UtcTime",
                                          "ProcessGuid",
                                          "ProcessId",
                                          "Image",
                                          "FileVersion",
                                          "Description",
                                          "Product",
                                          "Company",
                                          "OriginalFileName",
                                          "CommandLine",
                                          "CurrentDirectory",
                                          "User",
                                          "LogonGuid",
                                          "LogonId",
                                          "TerminalSessionId",
                                          "IntegrityLevel",
                                          "Hashes",
                                          "ParentProcessGuid",
                                          "ParentProcessId",
                                          "ParentImage",
                                          "ParentCommandLine",
                                          "ParentUser"};
constexpr const char* kNetworkConnect[] = {"RuleName",        "UtcTime",
                                           "ProcessGuid",     "ProcessId",
                                           "Image",           "User",
                                           "Protocol",        "Initiated",
                                           "SourceIsIpv6",    "SourceIp",
                                           "SourceHostname",  "SourcePort",
                                           "SourcePortName",  "DestinationIsIpv6",
                                           "DestinationIp",   "DestinationHostname",
                                           "DestinationPort", "DestinationPortName"};
constexpr const char* kDnsQuery[] = {"RuleName",     "UtcTime",   "ProcessGuid",
                                     "ProcessId",    "QueryName", "QueryStatus",
                                     "QueryResults", "Image",     "User"};
constexpr const char* kTask0[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                  "SubjectLogonId", "TaskName",        "TaskContent"};
constexpr const char* kTask1[] = {"SubjectUserSid",
                                  "SubjectUserName",
                                  "SubjectDomainName",
                                  "SubjectLogonId",
                                  "TaskName",
                                  "TaskContent",
                                  "ClientProcessStartKey",
                                  "ClientProcessId",
                                  "ParentProcessId",
                                  "RpcCallClientLocality",
                                  "FQDN"};
constexpr const char* kScriptBlock[] = {"MessageNumber", "MessageTotal", "ScriptBlockText",
                                        "ScriptBlockId", "Path"};
constexpr const char* kDnsClient[] = {"QueryName", "QueryType", "QueryOptions", "QueryStatus",
                                      "QueryResults"};

template <std::size_t N>
Names list(const char* const (&names)[N]) {
  return Names(names, names + N);
}

Names field_names(std::uint32_t id) {
  switch (id) {
    case 1:
      return list(kProcessCreate);
    case 3:
      return list(kNetworkConnect);
    case 22:
      return list(kDnsQuery);
    case 4698:
      return list(kTask1);
    case 4104:
      return list(kScriptBlock);
    default:
      return list(kDnsClient);
  }
}

// The four tests with everything optional, and two hours of office around them.
const Simulated& sample() {
  static const Simulated run = [] {
    Settings s = office(2, 2);
    s.tests = {1, 2, 3, 4};
    s.attack.script_block = s.attack.dns_client = true;
    return simulated(s);
  }();
  return run;
}

class Formats : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t id : kEventIds) ASSERT_FALSE(sample().with_id(id).empty()) << id;
  }
};

TEST_F(Formats, XmlIsOneLineWithSingleQuotesAndTheFieldsInOrder) {
  for (const Event& e : sample().events) {
    const std::string line = line_of(e, "xml");
    ASSERT_EQ(line.find_first_of("\r\n"), std::string::npos);
    ASSERT_EQ(line.rfind("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>"
                         "<System><Provider Name='",
                         0),
              0u);
    pugi::xml_document document;
    ASSERT_TRUE(document.load_buffer(line.data(), line.size())) << line;
    Names names;
    for (const auto& data : document.child("Event").child("EventData")) {
      names.emplace_back(data.attribute("Name").value());
      const std::string value = data.text().get();
      if (event_id(e) == 3008 && names.back() == "QueryResults" && value.empty()) continue;
      ASSERT_TRUE(looks_right(names.back(), value)) << names.back() << " = '" << value << "'";
    }
    ASSERT_EQ(names, field_names(event_id(e)));
  }
}

TEST_F(Formats, XmlSystemHasWindowsOrder) {
  const std::string line = line_of(sample().with_id(3).front(), "xml");
  const std::regex order(
      "<Event xmlns='[^']*'><System><Provider Name='Microsoft-Windows-Sysmon' "
      "Guid='\\{5770385f-c22a-43e0-bf4c-06f5698ffbd9\\}'/><EventID>3</EventID><Version>5</Version>"
      "<Level>4</Level><Task>3</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
      "<TimeCreated SystemTime='\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7}Z'/>"
      "<EventRecordID>\\d+</EventRecordID><Correlation/>"
      "<Execution ProcessID='\\d+' ThreadID='\\d+'/>"
      "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>[\\w.-]+</Computer>"
      "<Security UserID='S-1-5-18'/></System><EventData>.*</EventData></Event>");
  EXPECT_TRUE(std::regex_match(line, order)) << line;
}

TEST_F(Formats, TaskVersionZeroHasSixFields) {
  const std::string line = line_of(sample().with_id(4698).front(), "xml", {.task_version = 0});
  pugi::xml_document document;
  ASSERT_TRUE(document.load_buffer(line.data(), line.size()));
  Names names;
  for (const auto& data : document.child("Event").child("EventData"))
    names.emplace_back(data.attribute("Name").value());
  EXPECT_EQ(names, list(kTask0));
  EXPECT_STREQ(document.child("Event").child("System").child("Version").text().get(), "0");
}

TEST_F(Formats, TaskContentKeepsItsCarriageReturnsThroughAParser) {
  const std::string line = line_of(sample().with_signal("4.task_created").front(), "xml");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_buffer(line.data(), line.size()));
  const std::string content = document.child("Event")
                                  .child("EventData")
                                  .find_child_by_attribute("Name", "TaskContent")
                                  .text()
                                  .get();
  EXPECT_EQ(content.rfind("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task ", 0), 0u);
  EXPECT_NE(content.find("<Hidden>false</Hidden>\r\n"), std::string::npos);
  EXPECT_NE(content.find("-NoProfile -WindowStyle Hidden"), std::string::npos);
}

TEST_F(Formats, NxLogDropsProcessIdAndEmptyFieldsAndKeepsOrder) {
  for (const Event& e : sample().events) {
    const Json line = Json::parse(line_of(e, "nxlog"));
    Names data;
    bool in_data = false;
    for (const auto& [key, value] : line.items()) {
      if (key == "EventReceivedTime") in_data = false;
      if (in_data) {
        data.push_back(key);
        ASSERT_TRUE(value.is_string());
        ASSERT_NE(value.get<std::string>(), "");
      }
      in_data |= key == "Opcode";
    }
    Names want = field_names(event_id(e));
    std::erase(want, "ProcessId");
    std::erase(want, "Path");
    if (event_id(e) == 3008 && data.back() != "QueryResults") std::erase(want, "QueryResults");
    ASSERT_EQ(data, want);
    ASSERT_TRUE(line["EventID"].is_number_integer());
    ASSERT_TRUE(std::regex_match(line["EventTime"].get<std::string>(),
                                 std::regex(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")));
  }
}

TEST_F(Formats, NxLogLeavesEntitiesInFieldsButNotInTheMessage) {
  const Json line = Json::parse(line_of(sample().with_signal("4.task_created").front(), "nxlog"));
  EXPECT_EQ(line["TaskContent"].get<std::string>().rfind("&lt;?xml", 0), 0u);
  EXPECT_NE(line["Message"].get<std::string>().find("<?xml"), std::string::npos);
  EXPECT_EQ(line["Keywords"].get<std::int64_t>(), -9214364837600034816);
}

TEST_F(Formats, WinlogbeatHasAllFieldsAndUnixLineEnds) {
  for (const Event& e : sample().events) {
    const Json line = Json::parse(line_of(e, "winlogbeat7"));
    ASSERT_EQ(line["message"].get<std::string>().find('\r'), std::string::npos);
    Names data;
    for (const auto& [key, value] : line["winlog"]["event_data"].items()) {
      data.push_back(key);
      ASSERT_EQ(value.get<std::string>().find('\r'), std::string::npos);
    }
    Names want = field_names(event_id(e));
    std::erase(want, "Path");
    if (event_id(e) == 3008 && data.back() != "QueryResults") std::erase(want, "QueryResults");
    ASSERT_EQ(data, want);
    ASSERT_EQ(line["winlog"]["event_id"], event_id(e));
    ASSERT_EQ(line["winlog"]["record_id"], e.record_id);
    ASSERT_EQ(line["winlog"]["computer_name"], std::string(e.host->name->raw));
  }
}

TEST_F(Formats, WinevtlogHasTypedPositions) {
  for (const Event& e : sample().events) {
    const Json line = Json::parse(line_of(e, "flb-winevtlog"));
    const Json& inserts = line["StringInserts"];
    const Names names = field_names(event_id(e));
    ASSERT_EQ(inserts.size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& n = names[i];
      const bool number = n == "ProcessId" || n == "ParentProcessId" || n == "TerminalSessionId" ||
                          n == "SourcePort" || n == "DestinationPort" || n == "QueryType" ||
                          n == "QueryOptions" || n == "MessageNumber" || n == "MessageTotal" ||
                          n == "ClientProcessStartKey" || n == "ClientProcessId" ||
                          n == "RpcCallClientLocality" ||
                          (n == "QueryStatus" && event_id(e) == 3008);
      const bool boolean = n == "Initiated" || n == "SourceIsIpv6" || n == "DestinationIsIpv6";
      ASSERT_EQ(inserts[i].is_number_unsigned(), number) << n;
      ASSERT_EQ(inserts[i].is_boolean(), boolean) << n;
      if (n == "ProcessGuid") {
        ASSERT_TRUE(
            std::regex_match(inserts[i].get<std::string>(),
                             std::regex(R"(\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\})")));
      }
    }
  }
}

TEST_F(Formats, WinevtlogKeysHaveThePluginsOrder) {
  const Json line = Json::parse(line_of(sample().with_id(3).front(), "flb-winevtlog"));
  Names keys;
  for (const auto& [key, value] : line.items()) keys.push_back(key);
  constexpr const char* kKeys[] = {
      "ProviderName",      "ProviderGuid", "Qualifiers",    "EventID",
      "Version",           "Level",        "Task",          "Opcode",
      "Keywords",          "TimeCreated",  "EventRecordID", "ActivityID",
      "RelatedActivityID", "ProcessID",    "ThreadID",      "Channel",
      "Computer",          "UserID",       "Message",       "StringInserts"};
  EXPECT_EQ(keys, list(kKeys));
  EXPECT_TRUE(std::regex_match(line["TimeCreated"].get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000)")));
}

TEST_F(Formats, OtelListsFieldsInOrderAndKeysAlphabetically) {
  for (const Event& e : sample().events) {
    const Json line = Json::parse(line_of(e, "otel"));
    Names keys, data;
    for (const auto& [key, value] : line.items()) keys.push_back(key);
    ASSERT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    for (const Json& member : line["event_data"]["data"]) {
      ASSERT_EQ(member.size(), 1u);
      data.push_back(member.items().begin().key());
    }
    ASSERT_EQ(data, field_names(event_id(e)));
    ASSERT_EQ(line["event_id"]["id"], event_id(e));
  }
}

TEST_F(Formats, SumoRecordsAreConnectionsWithoutAnApplication) {
  for (const Event& e : sample().events) {
    const std::string text = line_of(e, "sumo-cse");
    ASSERT_EQ(text.empty(), event_id(e) != 3);
    if (text.empty()) continue;
    const Json line = Json::parse(text);
    ASSERT_FALSE(line.contains("application"));
    ASSERT_EQ(line["timestamp"].get<std::int64_t>(), e.utc.time_since_epoch().count() / 10'000);
    const auto& c = std::get<NetworkConnect>(e.what);
    ASSERT_EQ(line["dstDevice_ip"], to_string(c.destination));
    ASSERT_EQ(line["dstPort"], c.destination_port);
    ASSERT_EQ(line.contains("dstDevice_hostname"), c.destination_host->raw != "-");
    ASSERT_EQ(line["baseImage"], std::string(c.process.program->image->raw));
  }
}

TEST_F(Formats, TheMessageCanBeLeftOut) {
  for (const Shape& shape : shapes()) {
    const std::string with = line_of(sample().with_id(3).front(), shape.name);
    const std::string without =
        line_of(sample().with_id(3).front(), shape.name, {.message = false});
    EXPECT_EQ(without.find("Network connection detected:"), std::string::npos) << shape.name;
    EXPECT_LE(without.size(), with.size());
  }
}

// All shapes tell the same story: same values wherever a shape has a place for them.
TEST_F(Formats, ShapesAgreeOnValues) {
  for (const Event& e : sample().events) {
    pugi::xml_document xml;
    const std::string xml_line = line_of(e, "xml");
    ASSERT_TRUE(xml.load_buffer(xml_line.data(), xml_line.size()));
    const Json nxlog = Json::parse(line_of(e, "nxlog"));
    const Json beat = Json::parse(line_of(e, "winlogbeat7"));
    const Json otel = Json::parse(line_of(e, "otel"));
    std::size_t i = 0;
    for (const auto& data : xml.child("Event").child("EventData")) {
      const std::string name = data.attribute("Name").value(), value = data.text().get();
      ASSERT_EQ(otel["event_data"]["data"][i++][name], value);
      if (value.empty()) continue;
      if (value.find_first_of("&<>\r") != std::string::npos) continue;
      ASSERT_EQ(beat["winlog"]["event_data"][name], value);
      if (name != "ProcessId") {
        ASSERT_EQ(nxlog[name], value);
      }
    }
  }
}

}  // namespace
}  // namespace c2sim
