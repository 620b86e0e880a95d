#include "harness/io/parsed_event.h"

#include <algorithm>
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

void put(ParsedEvent& e, string name, string value) {
  if (value.empty() || value == "-") return e.blank.push_back(std::move(name));
  e.fields.insert_or_assign(std::move(name), std::move(value));
}

void put_all(ParsedEvent& e, const json& data) {
  for (const auto& [name, value] : data.items())
    if (!value.is_null() && !value.is_array()) put(e, name, text_of(value));
}

// OpenTelemetry may say {"data": [{"Image": "..."}, ...]}.
void put_list(ParsedEvent& e, const json& list) {
  for (const json& item : list) {
    const json* name = nullptr;
    for (const char* key : {"Name", "@Name", "name"})
      if (name == nullptr) name = member(item, key);
    if (name != nullptr && name->is_string())
      put(e, name->get<string>(), text_at(item, {"text", "#text", "Value", "value", "content"}));
    else if (item.is_object())
      put_all(e, item);
  }
}

void put_data(ParsedEvent& e, const json& data) {
  if (const json* list = member(data, "data"); list != nullptr && list->is_array())
    return put_list(e, *list);
  if (const json* list = member(data, "Data"); list != nullptr && list->is_array())
    return put_list(e, *list);
  if (data.is_object()) return put_all(e, data);
  if (data.is_array()) return put_list(e, data);
  if (!data.is_string()) return;  // Sentinel: the object, or its XML, as text
  if (const string& text = data.get_ref<const string&>(); text.starts_with('<')) {
    pugi::xml_document document;
    if (!document.load_string(text.c_str())) return;
    for (const pugi::xpath_node node : document.select_nodes("//*[local-name()='Data']"))
      put(e, node.node().attribute("Name").value(), node.node().child_value());
    return;
  }
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

// The columns of EID 1 that older schemas lack, the oldest last.
std::vector<string_view> process_names(std::size_t count) {
  std::vector<string_view> names(kProcess.begin(), kProcess.end());
  const auto without = [&names](std::initializer_list<string_view> absent) {
    std::erase_if(names, [&](string_view name) {
      return std::find(absent.begin(), absent.end(), name) != absent.end();
    });
  };
  if (count < 23) without({"ParentUser"});
  if (count < 22) without({"OriginalFileName"});
  if (count < 21) without({"RuleName"});
  if (count < 20) without({"FileVersion", "Description", "Product", "Company"});
  return names;
}

// Empty when no schema has so many values.
std::vector<string_view> names_of(std::uint32_t event_id, std::size_t count) {
  std::vector<string_view> names;
  const auto first = [&](Names all) {
    if (count <= all.size()) names.assign(all.begin(), all.begin() + static_cast<long>(count));
  };
  if (event_id == 1) names = process_names(count);
  if (event_id == 3 && count == 17) names.assign(kConnect.begin() + 1, kConnect.end());
  if (event_id == 3 && count == 18) first(kConnect);
  if (event_id == 22 && count >= 8) first(kDns);
  if (event_id == 4698 && (count == 6 || count == 11)) first(kTask);
  if (event_id == 4104) first(kScript);
  if (event_id == 3008) first(kClient);
  return names.size() == count ? names : std::vector<string_view>{};
}

bool has_schema(std::uint32_t event_id) {
  return event_id == 1 || event_id == 3 || event_id == 22 || event_id == 4698;
}

void put_positions(ParsedEvent& e, const json& values) {
  for (const json& value : values) e.inserts.push_back(text_of(value));
  const auto names = names_of(e.event_id, values.size());
  e.named = !names.empty() || !has_schema(e.event_id);
  for (std::size_t i = 0; i < names.size(); ++i) put(e, string(names[i]), e.inserts[i]);
}

bool put_event_id(ParsedEvent& e, const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const json* value = member(object, name);
    if (value == nullptr) continue;
    const string text =
        value->is_object() ? text_at(*value, {"id", "#text", "text"}) : text_of(*value);
    return number_of(string_view(text), e.event_id);
  }
  return false;
}

void put_created(ParsedEvent& e, string when) {
  e.created_us = parse_time_us(when);
  e.created = std::move(when);
}

string provider_of(const json& object) {
  for (const char* name : {"Provider", "provider"}) {
    const json* provider = member(object, name);
    if (provider == nullptr) continue;
    if (provider->is_string()) return provider->get<string>();
    if (const json* attributes = member(*provider, "#attributes")) provider = attributes;
    return text_at(*provider, {"Name", "name", "@Name"});
  }
  return text_at(object, {"ProviderName", "SourceName", "provider_name", "source_name",
                          "providerName", "Source"});
}

void put_system(ParsedEvent& e, const json& object) {
  e.channel = text_at(object, {"Channel", "channel", "log_name"});
  e.computer = text_at(object, {"Computer", "computer", "computer_name", "Hostname"});
  e.provider = provider_of(object);
  const string id = text_at(
      object, {"EventRecordID", "EventRecordId", "RecordNumber", "record_id", "record_number"});
  if (!number_of(string_view(id), e.record_id)) e.record_id = 0;
  const json* created = member(object, "TimeCreated");
  string when;
  if (created != nullptr && created->is_object()) {
    const json* attributes = member(*created, "#attributes");
    when = text_at(attributes == nullptr ? *created : *attributes, {"SystemTime", "@SystemTime"});
  } else {
    when =
        text_at(object, {"TimeCreated", "system_time", "@timestamp", "TimeGenerated", "EventTime"});
  }
  put_created(e, when);
}

std::optional<ParsedEvent> read_xml(string_view record) {
  pugi::xml_document document;
  if (!document.load_buffer(record.data(), record.size())) return std::nullopt;
  const pugi::xml_node event = document.child("Event");
  const pugi::xml_node system = event.child("System");
  ParsedEvent e;
  if (!number_of(string_view(system.child_value("EventID")), e.event_id)) return std::nullopt;
  if (!number_of(string_view(system.child_value("EventRecordID")), e.record_id)) e.record_id = 0;
  e.channel = system.child_value("Channel");
  e.computer = system.child_value("Computer");
  e.input_format = InputFormat::event_xml;
  e.provider = system.child("Provider").attribute("Name").value();
  put_created(e, system.child("TimeCreated").attribute("SystemTime").value());
  for (const pugi::xml_node data : event.child("EventData").children("Data"))
    put(e, data.attribute("Name").value(), data.child_value());
  return e;
}

// Wazuh writes the first letter of every name small.
bool put_wazuh(ParsedEvent& e, const json& win) {
  const json* system = member(win, "system");
  if (system == nullptr || !put_event_id(e, *system, {"eventID"})) return false;
  e.channel = text_at(*system, {"channel"});
  e.computer = text_at(*system, {"computer"});
  e.provider = provider_of(*system);
  const string id = text_at(*system, {"eventRecordID"});
  if (!number_of(string_view(id), e.record_id)) e.record_id = 0;
  put_created(e, text_at(*system, {"systemTime"}));
  const json* data = member(win, "eventdata");
  if (data == nullptr || !data->is_object()) return true;
  for (const auto& [name, value] : data->items()) {
    string windows = name;
    if (!windows.empty() && windows[0] >= 'a' && windows[0] <= 'z')
      windows[0] = static_cast<char>(windows[0] - 'a' + 'A');
    put(e, windows, text_of(value));
  }
  return true;
}

// Sumo's normalised record of EID 3: "Microsoft-Windows-Sysmon/Operational-3".
bool put_normalised(ParsedEvent& e, const json& root) {
  const string id = text_at(root, {"metadata_deviceEventId"});
  const std::size_t dash = id.rfind('-');
  if (dash == string::npos || !number_of(string_view(id).substr(dash + 1), e.event_id))
    return false;
  e.channel = id.substr(0, dash);
  e.computer = text_at(root, {"device_hostname", "srcDevice_hostname"});
  constexpr std::pair<const char*, const char*> kNames[] = {
      {"baseImage", "Image"},
      {"dstDevice_ip", "DestinationIp"},
      {"dstDevice_hostname", "DestinationHostname"},
      {"dstPort", "DestinationPort"},
      {"srcDevice_hostname", "SourceHostname"}};
  for (const auto& [normalised, windows] : kNames) put(e, windows, text_at(root, {normalised}));
  std::int64_t ms = 0;
  const string when = text_at(root, {"timestamp"});
  if (number_of(string_view(when), ms)) e.created_us = ms * 1000;
  e.created = when;
  return true;
}

// An event as XML in a JSON member: `System` (Fluent Bit), `body`, `log`, `message`, ...
const string* xml_member(const json& object) {
  for (const json& value : object) {
    if (!value.is_string()) continue;
    const string& text = value.get_ref<const string&>();
    if (text.starts_with("<Event ") || text.starts_with("<Event>")) return &text;
  }
  return nullptr;
}

std::optional<ParsedEvent> read_event_object(const json& root) {
  if (const json* source = member(root, "_source"); source != nullptr && source->is_object())
    return read_event_object(*source);
  ParsedEvent e;
  // OpenTelemetry may carry the event as the body of a log record.
  const json* body = member(root, "body");
  const json& flat = body != nullptr && body->is_object() ? *body : root;
  e.input_format = input_format_of(flat);
  if (const json* event = member(root, "Event"); event != nullptr && event->is_object()) {
    const json* system = member(*event, "System");
    if (system == nullptr || !put_event_id(e, *system, {"EventID"})) return std::nullopt;
    put_system(e, *system);
    if (const json* data = member(*event, "EventData")) put_data(e, *data);
  } else if (const json* winlog = member(root, "winlog"); winlog != nullptr) {
    if (!put_event_id(e, *winlog, {"event_id"})) return std::nullopt;
    put_system(e, *winlog);
    put_created(e, text_at(root, {"@timestamp"}));
    if (const json* data = member(*winlog, "event_data")) put_data(e, *data);
  } else if (e.input_format == InputFormat::wazuh) {
    if (!put_wazuh(e, root["data"]["win"])) return std::nullopt;
  } else if (e.input_format == InputFormat::sumo_cse) {
    if (!put_normalised(e, root)) return std::nullopt;
  } else if (const string* xml = xml_member(root)) {
    std::optional<ParsedEvent> inner = read_xml(*xml);
    if (inner)
      inner->input_format =
          e.input_format == InputFormat::fluent_bit_xml ? e.input_format : InputFormat::xml_in_json;
    return inner;
  } else {
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

std::optional<ParsedEvent> read_json(string_view record) {
  const json root = json::parse(record, nullptr, false);
  return root.is_object() ? read_event_object(root) : std::nullopt;
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

string_view ParsedEvent::field(string_view name) const {
  const auto at = fields.find(name);
  return at == fields.end() ? string_view() : string_view(at->second);
}

std::optional<ParsedEvent> read_event(string_view record) {
  if (record.empty()) return std::nullopt;
  std::optional<ParsedEvent> e = record[0] == '<' ? read_xml(record) : read_json(record);
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
