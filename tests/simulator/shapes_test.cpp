// Simulated events beside real ones of the same shape: same fields, same order, same formats.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "simulator/field_formats.h"
#include "simulator/simulated.h"

namespace c2sim {
namespace {

using Json = nlohmann::ordered_json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string real_event(const std::string& name) {
  const auto path = std::filesystem::path(C2WATCH_SHARED) / "telemetry" / "shapes" / name;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

#define REAL_EVENT_OR_SKIP(variable, name)       \
  const std::string variable = real_event(name); \
  if (variable.empty()) GTEST_SKIP() << "no real event " << (name) << " in ../shared/telemetry"

// The first simulated event of an id: the four tests with their optional events.
Event example(std::uint32_t id) {
  static const Simulated run = [] {
    Settings s;
    s.attack.script_block = s.attack.dns_client = true;
    return simulated(s);
  }();
  return run.with_id(id).front();
}

Pairs data_of_xml(const std::string& xml) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_buffer(xml.data(), xml.size()));
  Pairs out;
  for (const auto& data : document.child("Event").child("EventData"))
    out.emplace_back(data.attribute("Name").value(), data.text().get());
  return out;
}

// Element and attribute names of System, in document order: "Provider@Name@Guid", "EventID", ...
std::vector<std::string> system_of_xml(const std::string& xml) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_buffer(xml.data(), xml.size()));
  std::vector<std::string> out;
  for (const auto& element : document.child("Event").child("System")) {
    std::string name = element.name();
    for (const auto& attribute : element.attributes()) name += std::string("@") + attribute.name();
    out.push_back(name);
  }
  return out;
}

std::vector<std::string> names(const Pairs& pairs) {
  std::vector<std::string> out;
  for (const auto& [name, value] : pairs) out.push_back(name);
  return out;
}

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

// What is left of `all` without `dropped`.
std::vector<std::string> without(std::vector<std::string> all,
                                 const std::set<std::string>& dropped) {
  std::erase_if(all, [&](const std::string& name) { return dropped.count(name) != 0; });
  return all;
}

void expect_formats(const Pairs& fields, const char* whose) {
  for (const auto& [name, value] : fields)
    EXPECT_TRUE(looks_right(name, value)) << whose << " " << name << " = '" << value << "'";
}

// --- Event XML -------------------------------------------------------------------------------

struct XmlCase {
  std::string name;
  std::uint32_t id;
  std::string file;
  std::set<std::string> newer;  // fields that the older producer of the real event did not have
  int task_version = 1;

  friend void PrintTo(const XmlCase& c, std::ostream* os) { *os << c.name; }
};

class RealXml : public testing::TestWithParam<XmlCase> {};

TEST_P(RealXml, HasOurFieldsInOurOrder) {
  const XmlCase& c = GetParam();
  REAL_EVENT_OR_SKIP(real, c.file);
  const std::string ours = line_of(example(c.id), "xml", {.task_version = c.task_version});
  EXPECT_EQ(without(names(data_of_xml(ours)), c.newer), names(data_of_xml(real)));
  EXPECT_EQ(system_of_xml(ours), system_of_xml(real));
}

TEST_P(RealXml, MeetsTheFormatsThatWeMeet) {
  const XmlCase& c = GetParam();
  REAL_EVENT_OR_SKIP(real, c.file);
  Pairs fields = data_of_xml(real);
  // This producer pads the LogonId of 4698 to sixteen digits; current Windows does not.
  std::erase_if(fields, [](const auto& f) { return f.first == "SubjectLogonId"; });
  expect_formats(fields, "real");
}

INSTANTIATE_TEST_SUITE_P(
    , RealXml,
    testing::Values(XmlCase{"process_creation_2026", 1, "xml_sysmon1_v5_sysmon15_2026.xml", {}},
                    XmlCase{"connection_2026", 3, "xml_sysmon3_v5_sysmon15_2026.xml", {}},
                    XmlCase{"dns_query_2021", 22, "xml_sysmon22_v5_2021.xml", {"User"}},
                    XmlCase{
                        "task_version_0", 4698, "xml_security4698_v0_libevtx_eviltask.xml", {}, 0}),
    [](const auto& p) { return p.param.name; });

TEST(RealXmlText, IsByteForByteOursBetweenTheValues) {
  REAL_EVENT_OR_SKIP(real, "xml_sysmon3_v5_sysmon15_2026.xml");
  // Blank out every value: what remains is quotes, spaces, order and spelling.
  const auto skeleton = [](std::string text) {
    text = std::regex_replace(text, std::regex("(Name='\\w+'>)[^<]*<"), "$1<");
    text = std::regex_replace(text, std::regex("(SystemTime|ProcessID|ThreadID)='[^']*'"), "$1=''");
    text = std::regex_replace(text, std::regex("<(EventRecordID|Computer)>[^<]*<"), "<$1><");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
  };
  EXPECT_EQ(skeleton(line_of(example(3), "xml")), skeleton(real));
}

TEST(RealTask, HasTheElementsOfOurTaskInOurOrder) {
  REAL_EVENT_OR_SKIP(real, "xml_security4698_v0_libevtx_eviltask.xml");
  const auto elements = [](const std::string& event_xml) {
    std::string content;
    for (const auto& [name, value] : data_of_xml(event_xml))
      if (name == "TaskContent") content = value;
    pugi::xml_document task;
    EXPECT_TRUE(
        task.load_buffer(content.data(), content.size(), pugi::parse_default, pugi::encoding_utf8));
    std::vector<std::string> out;
    struct Walker : pugi::xml_tree_walker {
      std::vector<std::string>* names = nullptr;
      bool for_each(pugi::xml_node& node) override {
        if (node.type() == pugi::node_element) names->push_back(node.name());
        return true;
      }
    } walker;
    walker.names = &out;
    task.traverse(walker);
    return out;
  };
  // The real task runs as SYSTEM (no LogonType) and a batch file (no Arguments).
  EXPECT_EQ(without(elements(line_of(example(4698), "xml")), {"Arguments", "LogonType"}),
            elements(real));
}

// --- JSON, field lists -----------------------------------------------------------------------

struct FlatCase {
  std::string name;
  std::uint32_t id;
  std::string file;

  friend void PrintTo(const FlatCase& c, std::ostream* os) { *os << c.name; }
};

// Get-WinEvent exports keep EventData in order, after the System part: the newest real field lists.
class RealFieldList : public testing::TestWithParam<FlatCase> {};

TEST_P(RealFieldList, IsOurs) {
  const FlatCase& c = GetParam();
  REAL_EVENT_OR_SKIP(real, c.file);
  const Json event = Json::parse(real);
  Pairs data;
  bool in_data = false;
  for (const auto& [key, value] : event.items()) {
    in_data |= key == "RuleName" || key == "SubjectUserSid";
    if (in_data) data.emplace_back(key, value.get<std::string>());
  }
  const Pairs ours = data_of_xml(line_of(example(c.id), "xml"));
  EXPECT_EQ(names(ours), names(data));
  expect_formats(data, "real");
}

INSTANTIATE_TEST_SUITE_P(
    , RealFieldList,
    testing::Values(FlatCase{"process_creation", 1, "json_flat_getwinevent_2023_sysmon1.json"},
                    FlatCase{"connection", 3, "json_flat_getwinevent_2023_sysmon3.json"},
                    FlatCase{"dns_query", 22, "json_flat_getwinevent_2023_sysmon22.json"},
                    FlatCase{"task_version_1", 4698, "json_flat_getwinevent_security4698.json"}),
    [](const auto& p) { return p.param.name; });

// --- NXLog -----------------------------------------------------------------------------------

class RealNxLog : public testing::TestWithParam<FlatCase> {};

TEST_P(RealNxLog, HasOurKeysInOurOrder) {
  const FlatCase& c = GetParam();
  REAL_EVENT_OR_SKIP(real, c.file);
  const Json theirs = Json::parse(real);
  const Json ours = Json::parse(line_of(example(c.id), "nxlog"));
  // Their Sysmon is older (no ParentUser, no User in 22) and leaves unknown values empty, which
  // NXLog drops; ours writes "-".
  const std::set<std::string> newer = {
      "RuleName",       "ParentUser",          "User",
      "SourcePortName", "DestinationHostname", "DestinationPortName"};
  std::set<std::string> missing;
  for (const std::string& key : keys(ours))
    if (!theirs.contains(key)) missing.insert(key);
  for (const std::string& key : missing) EXPECT_TRUE(newer.count(key) != 0) << key;
  EXPECT_EQ(without(keys(ours), missing), keys(theirs));
  for (const auto& [key, value] : theirs.items())
    EXPECT_EQ(std::string(value.type_name()), ours[key].type_name()) << key;
}

INSTANTIATE_TEST_SUITE_P(, RealNxLog,
                         testing::Values(FlatCase{"process_creation", 1,
                                                  "json_nxlog_raw_sysmon1.json"},
                                         FlatCase{"connection", 3, "json_nxlog_raw_sysmon3.json"},
                                         FlatCase{"dns_query", 22, "json_nxlog_raw_sysmon22.json"}),
                         [](const auto& p) { return p.param.name; });

// --- Winlogbeat ------------------------------------------------------------------------------

// Winlogbeat writes Go maps: its keys have no order. Paths of all members, with their types.
std::set<std::string> paths(const Json& value, const std::string& prefix = "") {
  if (!value.is_object()) return {prefix + ":" + value.type_name()};
  std::set<std::string> out;
  for (const auto& [key, member] : value.items()) out.merge(paths(member, prefix + "/" + key));
  return out;
}

class RealWinlogbeat : public testing::TestWithParam<FlatCase> {};

TEST_P(RealWinlogbeat, HasOurMembersAndTypes) {
  const FlatCase& c = GetParam();
  REAL_EVENT_OR_SKIP(real, c.file);
  const std::set<std::string> theirs = paths(Json::parse(real));
  const std::set<std::string> ours = paths(Json::parse(line_of(example(c.id), "winlogbeat7")));
  for (const std::string& path : theirs) EXPECT_TRUE(ours.count(path) != 0) << "missing " << path;
  const std::set<std::string> newer = {
      "/winlog/event_data/RuleName:string", "/winlog/event_data/ParentUser:string",
      "/winlog/event_data/SourcePortName:string", "/winlog/event_data/DestinationPortName:string"};
  for (const std::string& path : ours)
    EXPECT_TRUE(theirs.count(path) != 0 || newer.count(path) != 0) << "invented " << path;
}

INSTANTIATE_TEST_SUITE_P(
    , RealWinlogbeat,
    testing::Values(FlatCase{"process_creation", 1, "json_winlogbeat7_sysmon1.json"},
                    FlatCase{"connection", 3, "json_winlogbeat7_sysmon3.json"}),
    [](const auto& p) { return p.param.name; });

TEST(RealMessage, IsWordedAsOurs) {
  REAL_EVENT_OR_SKIP(real, "json_flat_getwinevent_2023_sysmon3.json");
  const auto headings = [](const std::string& message) {
    std::vector<std::string> out;
    std::istringstream in(message);
    for (std::string row; std::getline(in, row);) out.push_back(row.substr(0, row.find(": ")));
    return out;
  };
  const Json ours = Json::parse(line_of(example(3), "flb-winevtlog"));
  EXPECT_EQ(headings(ours["Message"]), headings(Json::parse(real)["Message"]));
}

TEST(RealMessage, OfATaskIsWordedAsOurs) {
  REAL_EVENT_OR_SKIP(real, "json_flat_getwinevent_security4698.json");
  const auto skeleton = [](std::string text) {
    text = std::regex_replace(text, std::regex("<[^]*>"), "<Task/>");
    return std::regex_replace(text, std::regex("(:\\s*\\t)[^\\r\\n]+"), "$1");
  };
  const Json ours = Json::parse(line_of(example(4698), "flb-winevtlog"));
  EXPECT_EQ(skeleton(ours["Message"]), skeleton(Json::parse(real)["Message"]));
}

}  // namespace
}  // namespace c2sim
