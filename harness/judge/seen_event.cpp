#include "harness/judge/seen_event.h"

#include <array>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <span>
#include <vector>

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using std::string_view;

template <class Number>
bool number_of(string_view text, Number& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size() && !text.empty();
}

string text_of(const json& value) {
  if (value.is_string()) return value.get<string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number() || value.is_object()) return value.dump();
  return "";
}

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

string text_at(const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const json* value = member(object, name); value != nullptr && !value->is_null())
      return text_of(*value);
  return "";
}

void put(SeenEvent& e, string name, string value) {
  if (value.empty() || value == "-") return;
  e.fields.insert_or_assign(std::move(name), std::move(value));
}

void put_all(SeenEvent& e, const json& data) {
  for (const auto& [name, value] : data.items())
    if (!value.is_null() && !value.is_array()) put(e, name, text_of(value));
}

// OpenTelemetry may say {"data": [{"Image": "..."}, ...]}.
void put_list(SeenEvent& e, const json& list) {
  for (const json& item : list) {
    const json* name = member(item, "Name");
    if (name != nullptr && name->is_string())
      put(e, name->get<string>(), text_at(item, {"text", "#text", "Value"}));
    else if (item.is_object())
      put_all(e, item);
  }
}

void put_data(SeenEvent& e, const json& data) {
  if (const json* list = member(data, "data"); list != nullptr && list->is_array())
    return put_list(e, *list);
  if (const json* list = member(data, "Data"); list != nullptr && list->is_array())
    return put_list(e, *list);
  if (data.is_object()) return put_all(e, data);
  if (data.is_array()) return put_list(e, data);
  if (!data.is_string()) return;  // Sentinel: the object as text
  const json inner = json::parse(data.get_ref<const string&>(), nullptr, false);
  if (inner.is_object()) put_all(e, inner);
}

// EventData in Windows' order, for collectors that send positions. A schema without RuleName or
// User has fewer values, and is told by their number.
using Names = std::span<const string_view>;

constexpr std::array<string_view, 23> kProcess = {"RuleName",
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
constexpr std::array<string_view, 18> kConnect = {"RuleName",        "UtcTime",
                                                  "ProcessGuid",     "ProcessId",
                                                  "Image",           "User",
                                                  "Protocol",        "Initiated",
                                                  "SourceIsIpv6",    "SourceIp",
                                                  "SourceHostname",  "SourcePort",
                                                  "SourcePortName",  "DestinationIsIpv6",
                                                  "DestinationIp",   "DestinationHostname",
                                                  "DestinationPort", "DestinationPortName"};
constexpr std::array<string_view, 9> kDns = {"RuleName",     "UtcTime",   "ProcessGuid",
                                             "ProcessId",    "QueryName", "QueryStatus",
                                             "QueryResults", "Image",     "User"};
constexpr std::array<string_view, 11> kTask = {"SubjectUserSid",
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
constexpr std::array<string_view, 5> kScript = {"MessageNumber", "MessageTotal", "ScriptBlockText",
                                                "ScriptBlockId", "Path"};
constexpr std::array<string_view, 5> kClient = {"QueryName", "QueryType", "QueryOptions",
                                                "QueryStatus", "QueryResults"};

Names names_of(std::uint32_t event_id, std::size_t count) {
  const auto first = [count](Names all) {
    return count <= all.size() ? all.first(count) : Names{};
  };
  switch (event_id) {
    case 1:
      return count >= 22 ? first(kProcess) : Names{};
    case 3:
      return count == 17 ? Names(kConnect).subspan(1) : count == 18 ? Names(kConnect) : Names{};
    case 22:
      return count >= 8 ? first(kDns) : Names{};
    case 4698:
      return count == 6 || count == 11 ? first(kTask) : Names{};
    case 4104:
      return count == 5 ? Names(kScript) : Names{};
    case 3008:
      return count == 5 ? Names(kClient) : Names{};
    default:
      return {};
  }
}

void put_positions(SeenEvent& e, const json& values) {
  const Names names = names_of(e.event_id, values.size());
  for (std::size_t i = 0; i < names.size(); ++i) put(e, string(names[i]), text_of(values[i]));
}

bool put_event_id(SeenEvent& e, const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const json* value = member(object, name);
    if (value == nullptr) continue;
    const string text =
        value->is_object() ? text_at(*value, {"id", "#text", "text"}) : text_of(*value);
    return number_of(string_view(text), e.event_id);
  }
  return false;
}

void put_system(SeenEvent& e, const json& object) {
  e.channel = text_at(object, {"Channel", "channel", "log_name"});
  e.computer = text_at(object, {"Computer", "computer", "computer_name", "Hostname"});
  const string id =
      text_at(object, {"EventRecordID", "RecordNumber", "record_id", "record_number"});
  if (!number_of(string_view(id), e.record_id)) e.record_id = 0;
  const json* created = member(object, "TimeCreated");
  string when;
  if (created != nullptr && created->is_object()) {
    const json* attributes = member(*created, "#attributes");
    when = text_at(attributes == nullptr ? *created : *attributes, {"SystemTime"});
  } else {
    when =
        text_at(object, {"TimeCreated", "system_time", "@timestamp", "TimeGenerated", "EventTime"});
  }
  e.created_us = parse_time_us(when);
}

std::optional<SeenEvent> read_json(string_view record) {
  const json root = json::parse(record, nullptr, false);
  if (!root.is_object()) return std::nullopt;
  SeenEvent e;
  if (const json* event = member(root, "Event"); event != nullptr) {
    const json* system = member(*event, "System");
    if (system == nullptr || !put_event_id(e, *system, {"EventID"})) return std::nullopt;
    put_system(e, *system);
    if (const json* data = member(*event, "EventData")) put_data(e, *data);
  } else if (const json* winlog = member(root, "winlog"); winlog != nullptr) {
    if (!put_event_id(e, *winlog, {"event_id"})) return std::nullopt;
    put_system(e, *winlog);
    e.created_us = parse_time_us(text_at(root, {"@timestamp"}));
    if (const json* data = member(*winlog, "event_data")) put_data(e, *data);
  } else {
    // OpenTelemetry may carry the event as the body of a log record.
    const json* body = member(root, "body");
    const json& flat = body != nullptr && body->is_object() ? *body : root;
    if (!put_event_id(e, flat, {"EventID", "event_id"})) return std::nullopt;
    put_system(e, flat);
    if (const json* data = member(flat, "event_data"))
      put_data(e, *data);
    else if (const json* named = member(flat, "EventData"))
      put_data(e, *named);
    else if (const json* values = member(flat, "StringInserts"); values && values->is_array())
      put_positions(e, *values);
    else
      put_all(e, flat);
  }
  return e;
}

std::optional<SeenEvent> read_xml(string_view record) {
  pugi::xml_document document;
  if (!document.load_buffer(record.data(), record.size())) return std::nullopt;
  const pugi::xml_node event = document.child("Event");
  const pugi::xml_node system = event.child("System");
  SeenEvent e;
  if (!number_of(string_view(system.child_value("EventID")), e.event_id)) return std::nullopt;
  if (!number_of(string_view(system.child_value("EventRecordID")), e.record_id)) e.record_id = 0;
  e.channel = system.child_value("Channel");
  e.computer = system.child_value("Computer");
  e.created_us = parse_time_us(system.child("TimeCreated").attribute("SystemTime").value());
  for (const pugi::xml_node data : event.child("EventData").children("Data"))
    put(e, data.attribute("Name").value(), data.child_value());
  return e;
}

// "123456789" as microseconds: the first six digits of a fraction.
std::int64_t fraction_us(string_view digits) {
  std::int64_t us = 0;
  for (std::size_t i = 0; i < 6; ++i) us = us * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return us;
}

// "Z", "+01:00", "+0100" or nothing, in seconds east of UTC; blanks before it are skipped.
std::optional<std::int64_t> zone_seconds(string_view zone) {
  while (!zone.empty() && zone.front() == ' ') zone.remove_prefix(1);
  if (zone.empty() || zone == "Z") return 0;
  if (zone[0] != '+' && zone[0] != '-') return std::nullopt;
  string digits;
  for (const char c : zone.substr(1))
    if (c != ':') digits += c;
  int value = 0;
  if (digits.size() != 4 || !number_of(string_view(digits), value)) return std::nullopt;
  const std::int64_t seconds = (value / 100) * 3600 + (value % 100) * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

}  // namespace

string_view SeenEvent::field(string_view name) const {
  const auto at = fields.find(name);
  return at == fields.end() ? string_view() : string_view(at->second);
}

std::optional<SeenEvent> read_event(string_view record) {
  if (record.empty()) return std::nullopt;
  std::optional<SeenEvent> e = record[0] == '<' ? read_xml(record) : read_json(record);
  if (e) e->utc_us = parse_time_us(e->field("UtcTime"));
  return e;
}

std::optional<std::int64_t> parse_time_us(string_view text) {
  using namespace std::chrono;
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  int y = 0;
  unsigned mo = 0;
  unsigned d = 0;
  int h = 0;
  int mi = 0;
  int s = 0;
  if (!number_of(text.substr(0, 4), y) || !number_of(text.substr(5, 2), mo) ||
      !number_of(text.substr(8, 2), d) || !number_of(text.substr(11, 2), h) ||
      !number_of(text.substr(14, 2), mi) || !number_of(text.substr(17, 2), s))
    return std::nullopt;
  const year_month_day date{year{y}, month{mo}, day{d}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  text.remove_prefix(19);
  std::int64_t us = 0;
  if (!text.empty() && text[0] == '.') {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    us = fraction_us(text.substr(1, end - 1));
    text.remove_prefix(end);
  }
  const auto zone = zone_seconds(text);
  if (!zone) return std::nullopt;
  const auto at = sys_days{date} + hours{h} + minutes{mi} + seconds{s - *zone};
  return duration_cast<microseconds>(at.time_since_epoch()).count() + us;
}

string plain_guid(string_view guid) {
  string out;
  for (const char c : guid)
    if (c != '{' && c != '}') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace c2watch::harness
