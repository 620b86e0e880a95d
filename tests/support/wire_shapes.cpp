#include "support/wire_shapes.h"

#include <algorithm>
#include <cctype>

namespace c2watch::testing_support {
namespace {

std::string number(int n) { return std::to_string(n); }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Member and value, with a comma before unless it is the first.
void member(std::string& json, std::string_view name, std::string_view raw_value) {
  if (json.back() != '{' && json.back() != '[') json += ',';
  json += json_text(name) + ":" + std::string(raw_value);
}

std::string data_map(const WireRecord& r, bool small_first_letter = false) {
  std::string out = "{";
  for (auto [name, value] : r.data) {
    if (small_first_letter) name[0] = static_cast<char>(std::tolower(name[0]));
    member(out, name, json_text(value));
  }
  return out + "}";
}

// Integers and booleans as such, everything else as text: what typed manifests make of it.
std::string typed(const std::string& name, const std::string& value) {
  if (value == "true" || value == "false") return value;
  if (all_digits(value) && name != "QueryStatus") return value;
  return json_text(value);
}

std::string seconds_only(const std::string& system_time) { return system_time.substr(0, 19); }

std::string space_for_t(std::string text) {
  text[10] = ' ';
  return text;
}

std::string xml_single(const WireRecord& r) { return event_xml(r, '\''); }
std::string xml_double(const WireRecord& r) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n" + event_xml(r, '"') + "\r\n";
}
std::string xml_pretty(const WireRecord& r) {
  std::string out;
  for (const char c : event_xml(r, '"')) {
    if (c == '<' && !out.empty() && out.back() == '>') out += "\n  ";
    out += c;
  }
  return out;
}
std::string xml_in_syslog(const WireRecord& r) {
  return "<134>1 2026-08-21T10:00:03+02:00 wec01 nxlog - - - " + event_xml(r);
}
std::string xml_in_events(const WireRecord& r) {
  return "\xEF\xBB\xBF<Events>" + event_xml(r) + "</Events>";
}
std::string xml_with_comment(const WireRecord& r) {
  std::string out = event_xml(r);
  out.insert(out.find("<EventData>"), "<!-- seen by <nobody> -->");
  return out;
}

std::string nxlog(const WireRecord& r) {
  std::string out = "{";
  member(out, "EventTime", json_text(space_for_t(seconds_only(r.system_time))));
  member(out, "Hostname", json_text(r.computer));
  member(out, "Keywords", "-9223372036854775808");
  member(out, "EventID", number(r.event_id));
  member(out, "SourceName", json_text(r.provider));
  member(out, "Version", number(r.version));
  member(out, "RecordNumber", r.record_id);
  member(out, "ProcessID", "2804");
  member(out, "Channel", json_text(r.channel));
  member(out, "Domain", json_text("NT AUTHORITY"));
  member(out, "AccountName", json_text("SYSTEM"));
  member(out, "Message", json_text(message_text(r)));
  for (const auto& [name, value] : r.data) {
    if (!value.empty()) member(out, name, json_text(xml_text(value)));
  }
  member(out, "EventReceivedTime", json_text("2026-08-21 08:00:04"));
  member(out, "SourceModuleType", json_text("im_msvistalog"));
  return out + "}";
}

std::string flat(const WireRecord& r) {
  std::string out = "{";
  member(out, "SourceName", json_text(r.provider));
  member(out, "Level", json_text("4"));
  member(out, "Keywords", json_text("0x8000000000000000"));
  member(out, "Channel", json_text(r.channel));
  member(out, "Hostname", json_text(r.computer));
  member(out, "TimeCreated", json_text(r.system_time));
  member(out, "@timestamp", json_text(r.system_time));
  member(out, "EventID", number(r.event_id));
  member(out, "Message", json_text(message_text(r)));
  for (const auto& [name, value] : r.data) member(out, name, json_text(value));
  return out + "}";
}

std::string winlogbeat6(const WireRecord& r) {
  std::string out = "{";
  member(out, "@timestamp", json_text(r.system_time));
  member(out, "@metadata", R"({"beat":"winlogbeat","type":"doc"})");
  member(out, "beat", R"({"hostname":"WECserver","name":"WECserver"})");
  member(out, "host", R"({"name":"WECserver"})");
  member(out, "user", R"({"name":"SYSTEM","domain":"NT AUTHORITY"})");
  member(out, "process_id", "2440");
  member(out, "computer_name", json_text(r.computer));
  member(out, "event_data", data_map(r));
  member(out, "source_name", json_text(r.provider));
  member(out, "log_name", json_text(r.channel));
  member(out, "event_id", number(r.event_id));
  member(out, "record_number", json_text(r.record_id));
  return out + "}";
}

std::string winlog_object(const WireRecord& r) {
  std::string out = "{";
  member(out, "provider_name", json_text(r.provider));
  member(out, "process", R"({"pid":2860,"thread":{"id":3684}})");
  member(out, "user", R"({"name":"SYSTEM","domain":"NT AUTHORITY"})");
  member(out, "channel", json_text(r.channel));
  member(out, "computer_name", json_text(r.computer));
  member(out, "event_id", json_text(number(r.event_id)));
  member(out, "record_id", r.record_id);
  member(out, "event_data", data_map(r));
  return out + "}";
}
std::string winlogbeat7(const WireRecord& r) {
  std::string out = "{";
  member(out, "@timestamp", json_text(r.system_time));
  member(out, "user", R"({"name":"SYSTEM","domain":"NT AUTHORITY"})");
  member(out, "host", R"({"name":"WECServer"})");
  member(out, "event", R"({"kind":"event","code":)" + number(r.event_id) + "}");
  member(out, "winlog", winlog_object(r));
  member(out, "agent", R"({"hostname":"WECServer"})");
  return out + "}";
}
std::string elasticsearch_hit(const WireRecord& r) {
  return R"({"_index":"winlogbeat","_id":"1","_source":)" + winlogbeat7(r) + "}";
}

std::string dotted(const WireRecord& r) {
  std::string out = "{";
  member(out, "@timestamp", json_text(r.system_time));
  member(out, "event.code", json_text(number(r.event_id)));
  member(out, "host.name", json_text("WECServer"));
  member(out, "user.name", json_text("SYSTEM"));
  member(out, "winlog.provider_name", json_text(r.provider));
  member(out, "winlog.channel", json_text(r.channel));
  member(out, "winlog.computer_name", json_text(r.computer));
  member(out, "winlog.record_id", r.record_id);
  for (const auto& [name, value] : r.data)
    member(out, "winlog.event_data." + name, json_text(value));
  return out + "}";
}

std::string sentinel(const WireRecord& r) {
  std::string out = "{";
  member(out, "TimeGenerated", json_text(r.system_time));
  member(out, "Provider", json_text(r.provider));
  member(out, "Channel", json_text(r.channel));
  member(out, "Computer", json_text(r.computer));
  member(out, "EventData", json_text(data_map(r)));
  member(out, "EventID", number(r.event_id));
  member(out, "EventRecordId", json_text(r.record_id));
  return out + "}";
}
std::string azure_event(const WireRecord& r) {
  std::string data =
      R"(<DataItem type="System.XmlData" time="x"><EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event">)";
  for (const auto& [name, value] : r.data)
    data += "<Data Name=\"" + name + "\">" + xml_text(value) + "</Data>";
  data += "</EventData></DataItem>";
  std::string out = "{";
  member(out, "TimeGenerated", json_text(r.system_time));
  member(out, "Source", json_text(r.provider));
  member(out, "Channel", json_text(r.channel));
  member(out, "Computer", json_text(r.computer));
  member(out, "EventID", number(r.event_id));
  member(out, "EventRecordId", r.record_id);
  member(out, "EventData", json_text(data));
  return out + "}";
}

std::string system_object(const WireRecord& r, std::string_view at) {
  const std::string prefix(at);
  std::string out = "{";
  member(out, "Provider", "{" + json_text(prefix + "Name") + ":" + json_text(r.provider) + "}");
  member(out, "EventID", json_text(number(r.event_id)));
  member(out, "TimeCreated",
         "{" + json_text(prefix + "SystemTime") + ":" + json_text(r.system_time) + "}");
  member(out, "EventRecordID", json_text(r.record_id));
  member(out, "Correlation", "null");
  member(out, "Execution", R"({"ProcessID":"2684","ThreadID":"2736"})");
  member(out, "Channel", json_text(r.channel));
  member(out, "Computer", json_text(r.computer));
  return out + "}";
}
std::string xml_as_json(const WireRecord& r) {
  std::string list = "[";
  for (const auto& [name, value] : r.data) {
    if (list.back() != '[') list += ',';
    list += value.empty()
                ? R"({"Name":)" + json_text(name) + "}"
                : R"({"text":)" + json_text(value) + R"(,"Name":)" + json_text(name) + "}";
  }
  return R"({"Event":{"xmlns":"x","System":)" + system_object(r, "") + R"(,"EventData":{"Data":)" +
         list + "]}}}";
}
std::string xmltodict(const WireRecord& r) {
  std::string list = "[";
  for (const auto& [name, value] : r.data) {
    if (list.back() != '[') list += ',';
    list += R"({"@Name":)" + json_text(name) + R"(,"#text":)" + json_text(value) + "}";
  }
  return R"({"Event":{"@xmlns":"x","EventData":{"Data":)" + list + R"(]},"System":)" +
         system_object(r, "@") + "}}";
}
std::string evtx_dump(const WireRecord& r) {
  std::string system = "{";
  member(system, "Provider", R"({"#attributes":{"Name":)" + json_text(r.provider) + "}}");
  member(system, "EventID",
         R"({"#attributes":{"Qualifiers":0},"#text":)" + number(r.event_id) + "}");
  member(system, "TimeCreated",
         R"({"#attributes":{"SystemTime":)" + json_text(r.system_time) + "}}");
  member(system, "EventRecordID", r.record_id);
  member(system, "Channel", json_text(r.channel));
  member(system, "Computer", json_text(r.computer));
  std::string data = "{";
  for (const auto& [name, value] : r.data) member(data, name, typed(name, value));
  return R"({"Event":{"#attributes":{"xmlns":"x"},"System":)" + system + R"(},"EventData":)" +
         data + "}}}";
}

std::string otel_head(const WireRecord& r) {
  std::string out = "{";
  member(out, "channel", json_text(r.channel));
  member(out, "computer", json_text(r.computer));
  member(out, "event_id", R"({"id":)" + number(r.event_id) + R"(,"qualifiers":0})");
  member(out, "provider", R"({"guid":"x","name":)" + json_text(r.provider) + "}");
  member(out, "record_id", r.record_id);
  member(out, "system_time", json_text(r.system_time));
  return out;
}
std::string otel_map(const WireRecord& r) {
  std::string body = otel_head(r);
  member(body, "event_data", data_map(r));
  return R"({"body":)" + body + R"(},"attributes":{}})";
}
std::string otel_list(const WireRecord& r) {
  std::string list = R"({"data":[)";
  for (const auto& [name, value] : r.data) {
    if (list.back() != '[') list += ',';
    list += "{" + json_text(name) + ":" + json_text(value) + "}";
  }
  std::string out = otel_head(r);
  member(out, "event_data", list + "]}");
  return out + "}";
}
std::string otel_raw(const WireRecord& r) {
  return R"({"body":)" + json_text(event_xml(r)) + R"(,"severity_text":"INFO"})";
}

std::string fluent_bit_head(const WireRecord& r) {
  std::string out = "{";
  member(out, "ProviderName", json_text(r.provider));
  member(out, "Qualifiers", json_text(""));
  member(out, "EventID", number(r.event_id));
  member(out, "Version", number(r.version));
  // Local time, two hours east.
  std::string local = space_for_t(seconds_only(r.system_time)) + " +0200";
  local.replace(11, 2, "10");
  member(out, "TimeCreated", json_text(local));
  member(out, "EventRecordID", r.record_id);
  member(out, "ProcessID", "3428");
  member(out, "Channel", json_text(r.channel));
  member(out, "Computer", json_text(r.computer));
  member(out, "UserID", json_text(R"(NT AUTHORITY\SYSTEM)"));
  member(out, "Message", json_text(message_text(r)));
  return out;
}
std::string inserts(const WireRecord& r) {
  std::string list = "[";
  for (const auto& [name, value] : r.data) {
    if (list.back() != '[') list += ',';
    list += typed(name, value);
  }
  return list + "]";
}
std::string fluent_bit_inserts(const WireRecord& r) {
  std::string out = fluent_bit_head(r);
  member(out, "StringInserts", inserts(r));
  return out + "}";
}
std::string fluent_bit_map(const WireRecord& r) {
  std::string out = fluent_bit_head(r);
  std::string data = "{";
  for (const auto& [name, value] : r.data) member(data, name, typed(name, value));
  member(out, "EventData", data + "}");
  member(out, "StringInserts", inserts(r));
  return out + "}";
}
std::string fluent_bit_xml(const WireRecord& r) {
  std::string out = "{";
  member(out, "System", json_text(event_xml(r)));
  member(out, "Message", json_text(message_text(r)));
  member(out, "StringInserts", inserts(r));
  return out + "}";
}

std::string wazuh(const WireRecord& r) {
  std::string system = "{";
  member(system, "providerName", json_text(r.provider));
  member(system, "eventID", json_text(number(r.event_id)));
  member(system, "systemTime", json_text(r.system_time));
  member(system, "eventRecordID", json_text(r.record_id));
  member(system, "processID", json_text("2840"));
  member(system, "channel", json_text(r.channel));
  member(system, "computer", json_text(r.computer));
  std::string out =
      R"({"timestamp":"2026-08-21T08:00:09.000+0000","rule":{"id":"92000"},"agent":{"id":"001","name":"agent"},"id":"1.2","data":{"win":{"system":)";
  return out + system + R"(},"eventdata":)" + data_map(r, true) + "}}}";
}

std::string sumo_json(const WireRecord& r) {
  std::string out = "{";
  member(out, "TimeCreated", json_text(seconds_only(r.system_time) + "+000123400Z"));
  member(out, "EventID", json_text(number(r.event_id)));
  member(out, "Provider", R"({"Name":)" + json_text(r.provider) + "}");
  member(out, "Channel", json_text(r.channel));
  member(out, "Computer", json_text(r.computer));
  member(out, "EventRecordID", json_text(r.record_id));
  member(out, "EventData", data_map(r));
  return out + "}";
}
std::string sumo_legacy(const WireRecord& r) {
  return "instance of Win32_NTLogEvent\n{\n\tCategory = 3;\n\tComputerName = \"" + r.computer +
         "\";\n\tEventCode = " + number(r.event_id) + ";\n\tLogfile = \"" + r.channel +
         "\";\n\tMessage = \"" + message_text(r) + "\";\n\tRecordNumber = " + r.record_id +
         ";\n\tSourceName = \"" + r.provider +
         "\";\n\tTimeGenerated = \"20260821080002.123456-000\";\n\tUser = \"NT "
         "AUTHORITY\\\\SYSTEM\";\n};\n";
}
std::string snare(const WireRecord& r) {
  std::string message = message_text(r);
  std::string folded;
  for (const char c : message) {
    if (c != '\r') folded += c == '\n' ? ' ' : c;
  }
  return "<14>Aug 21 08:00:02 wec01 MSWinEventLog\t1\t" + r.channel +
         "\t4711\tFri Aug 21 08:00:02 2026\t" + number(r.event_id) + "\t" + r.provider +
         "\tSYSTEM\tUser\tInformation\t" + r.computer + "\t" + r.headline + "\t\t" + folded +
         "\t4711\n";
}
std::string key_value_log(const WireRecord& r) {
  std::string text = "ProviderName=" + r.provider + "\nEventID=" + number(r.event_id) +
                     "\nTimeCreated=" + space_for_t(seconds_only(r.system_time)) +
                     " +0000\nEventRecordID=" + r.record_id + "\nChannel=" + r.channel +
                     "\nComputer=" + r.computer + "\nMessage=" + message_text(r);
  return R"({"log":)" + json_text(text) + R"(,"StringInserts":)" + inserts(r) + "}";
}

std::string json_in_syslog(const WireRecord& r) {
  return "<134>Aug 21 08:00:03 wec01 nxlog[77]: " + flat(r);
}
std::string json_in_message(const WireRecord& r) {
  return R"({"@timestamp":"2026-08-21T09:00:00Z","host":"relay","message":)" +
         json_text(winlogbeat7(r)) + "}";
}
std::string xml_in_original(const WireRecord& r) {
  return R"({"@timestamp":"2026-08-21T09:00:00Z","event":{"original":)" + json_text(event_xml(r)) +
         R"(},"message":"network"})";
}

}  // namespace

std::vector<Shape> shapes() {
  return {
      {.name = "event_xml", .write = xml_single},
      {.name = "event_xml_double_quotes", .write = xml_double},
      {.name = "event_xml_pretty", .write = xml_pretty},
      {.name = "event_xml_in_syslog", .write = xml_in_syslog},
      {.name = "event_xml_in_events", .write = xml_in_events},
      {.name = "event_xml_with_comment", .write = xml_with_comment},
      {.name = "nxlog", .write = nxlog, .whole_seconds = true},
      {.name = "flat", .write = flat, .no_record_id = true},
      {.name = "winlogbeat6", .write = winlogbeat6},
      {.name = "winlogbeat7", .write = winlogbeat7},
      {.name = "elasticsearch_hit", .write = elasticsearch_hit},
      {.name = "dotted_names", .write = dotted},
      {.name = "sentinel", .write = sentinel},
      {.name = "azure_event", .write = azure_event},
      {.name = "xml_as_json", .write = xml_as_json},
      {.name = "xmltodict", .write = xmltodict},
      {.name = "evtx_dump", .write = evtx_dump},
      {.name = "opentelemetry_map", .write = otel_map},
      {.name = "opentelemetry_list", .write = otel_list},
      {.name = "opentelemetry_raw", .write = otel_raw},
      {.name = "fluent_bit_inserts", .write = fluent_bit_inserts, .whole_seconds = true},
      {.name = "fluent_bit_map", .write = fluent_bit_map, .whole_seconds = true},
      {.name = "fluent_bit_xml", .write = fluent_bit_xml},
      {.name = "fluent_bit_text", .write = key_value_log, .whole_seconds = true},
      {.name = "wazuh", .write = wazuh},
      {.name = "sumo_json", .write = sumo_json, .whole_seconds = true},
      {.name = "sumo_legacy", .write = sumo_legacy},
      {.name = "snare",
       .write = snare,
       .no_record_id = true,
       .no_time_created = true,
       .sysmon_only = true},
      {.name = "json_in_syslog", .write = json_in_syslog, .no_record_id = true},
      {.name = "json_in_message", .write = json_in_message},
      {.name = "xml_in_original", .write = xml_in_original},
  };
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '<' && json_escapes_angles)
      out += "\\u003c";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\0')
      out += "\\u0000";
    else
      out += c;
  }
  return out + "\"";
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string event_xml(const WireRecord& r, char quote) {
  const std::string q(1, quote);
  std::string out =
      "<Event xmlns=" + q + "http://schemas.microsoft.com/win/2004/08/events/event" + q +
      "><System><Provider Name=" + q + r.provider + q + " Guid=" + q +
      "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}" + q + "/><EventID>" + number(r.event_id) +
      "</EventID><Version>" + number(r.version) +
      "</Version><Level>4</Level><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=" +
      q + r.system_time + q + "/><EventRecordID>" + r.record_id +
      "</EventRecordID><Correlation/><Execution ProcessID=" + q + "2716" + q + " ThreadID=" + q +
      "3400" + q + "/><Channel>" + r.channel + "</Channel><Computer>" + r.computer +
      "</Computer><Security UserID=" + q + "S-1-5-18" + q + "/></System><EventData>";
  for (const auto& [name, value] : r.data) {
    out += "<Data Name=" + q + name + q +
           (value.empty() && quote == '"' ? "/>" : ">" + xml_text(value) + "</Data>");
  }
  return out + "</EventData></Event>";
}

std::string message_text(const WireRecord& r) {
  if (r.event_id == 4698) {
    return r.headline + "\r\n\r\nSubject:\r\n\tSecurity ID:\t\t" +
           std::string(r["SubjectUserSid"]) + "\r\n\tAccount Name:\t\t" +
           std::string(r["SubjectUserName"]) + "\r\n\tAccount Domain:\t\t" +
           std::string(r["SubjectDomainName"]) + "\r\n\tLogon ID:\t\t" +
           std::string(r["SubjectLogonId"]) + "\r\n\r\nTask Information:\r\n\tTask Name: \t\t" +
           std::string(r["TaskName"]) + "\r\n\tTask Content: \t\t" + std::string(r["TaskContent"]) +
           "\r\n\t";
  }
  if (r.event_id == 4104) {
    return "Creating Scriptblock text (1 of 1):\r\n" + std::string(r["ScriptBlockText"]) +
           "\r\n\r\nScriptBlock ID: " + std::string(r["ScriptBlockId"]) + "\r\nPath: ";
  }
  if (r.event_id == 3008) {
    return "DNS query is completed for the name " + std::string(r["QueryName"]) +
           ", type 1, query options 1073766400 with status " + std::string(r["QueryStatus"]) +
           " Results " + std::string(r["QueryResults"]);
  }
  std::string out = r.headline;
  for (const auto& [name, value] : r.data) out += "\r\n" + name + ": " + value;
  return out;
}

namespace {

WireRecord sysmon(int event_id, std::string headline) {
  WireRecord r;
  r.event_id = event_id;
  r.channel = "Microsoft-Windows-Sysmon/Operational";
  r.provider = "Microsoft-Windows-Sysmon";
  r.computer = "WS-0135.corp.example.com";
  r.record_id = "561649";
  r.system_time = "2026-08-21T08:00:02.1234567Z";
  r.headline = std::move(headline);
  return r;
}

constexpr const char* kGuid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
constexpr const char* kUtcTime = "2026-08-21 08:00:00.004";
constexpr const char* kPowershell = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";

}  // namespace

WireRecord process_create_record() {
  WireRecord r = sysmon(1, "Process Create:");
  r.data = {
      {"RuleName", "-"},
      {"UtcTime", kUtcTime},
      {"ProcessGuid", kGuid},
      {"ProcessId", "576"},
      {"Image", kPowershell},
      {"FileVersion", "10.0.19041.546 (WinBuild.160101.0800)"},
      {"Description", "Windows PowerShell"},
      {"Product", "Microsoft® Windows® Operating System"},
      {"Company", "Microsoft Corporation"},
      {"OriginalFileName", "PowerShell.EXE"},
      {"CommandLine",
       R"("powershell.exe" -NoProfile -WindowStyle Hidden -Command "iwr 'http://127.0.0.1:8888/?a=1&b=2' | % { $_ -gt 3 }")"},
      {"CurrentDirectory", R"(C:\Users\Zoë\)"},
      {"User", R"(CORP\Zoë)"},
      {"LogonGuid", "{247090f2-77f2-5fd2-843c-4f0100000000}"},
      {"LogonId", "0x14f3c84"},
      {"TerminalSessionId", "2"},
      {"IntegrityLevel", "Medium"},
      {"Hashes", "MD5=7353F60B1739074EB17C5F4DDDEFE239"},
      {"ParentProcessGuid", "{247090f2-95d0-5fdc-e086-000000000700}"},
      {"ParentProcessId", "7744"},
      {"ParentImage", R"(C:\Windows\System32\svchost.exe)"},
      {"ParentCommandLine", R"(C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule)"},
      {"ParentUser", R"(NT AUTHORITY\SYSTEM)"}};
  return r;
}

WireRecord network_connect_record() {
  WireRecord r = sysmon(3, "Network connection detected:");
  r.data = {{"RuleName", "Usermode"},
            {"UtcTime", kUtcTime},
            {"ProcessGuid", kGuid},
            {"ProcessId", "576"},
            {"Image", kPowershell},
            {"User", R"(CORP\user306)"},
            {"Protocol", "tcp"},
            {"Initiated", "true"},
            {"SourceIsIpv6", "false"},
            {"SourceIp", "10.9.254.189"},
            {"SourceHostname", "WS-0135.corp.example.com"},
            {"SourcePort", "51449"},
            {"SourcePortName", "-"},
            {"DestinationIsIpv6", "false"},
            {"DestinationIp", "203.0.113.90"},
            {"DestinationHostname", "-"},
            {"DestinationPort", "8443"},
            {"DestinationPortName", "-"}};
  return r;
}

WireRecord dns_query_record() {
  WireRecord r = sysmon(22, "Dns query:");
  r.data = {{"RuleName", "-"},
            {"UtcTime", kUtcTime},
            {"ProcessGuid", kGuid},
            {"ProcessId", "576"},
            {"QueryName", "c2.example.net"},
            {"QueryStatus", "9003"},
            {"QueryResults", "type:  5 edge.example.net;::ffff:203.0.113.90;"},
            {"Image", kPowershell},
            {"User", R"(CORP\user306)"}};
  return r;
}

WireRecord task_created_record() {
  WireRecord r = sysmon(4698, "A scheduled task was created.");
  r.channel = "Security";
  r.provider = "Microsoft-Windows-Security-Auditing";
  r.version = 0;
  r.data = {
      {"SubjectUserSid", "S-1-5-21-1-2-3-1104"},
      {"SubjectUserName", "dadmin"},
      {"SubjectDomainName", "CORP"},
      {"SubjectLogonId", "0x364eb"},
      {"TaskName", "\\WindowsNetworkHealth"},
      {"TaskContent",
       "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\">\r\n  <Actions>\r\n   "
       " <Exec>\r\n      <Command>powershell.exe</Command>\r\n"
       "      <Arguments>-w hidden -c \"iwr 'http://127.0.0.1:8888/?a=1&amp;b=2'\"</Arguments>\r\n "
       "   </Exec>\r\n  </Actions>\r\n</Task>"}};
  return r;
}

WireRecord script_block_record() {
  WireRecord r = sysmon(4104, "Creating Scriptblock text (1 of 1):");
  r.channel = "Microsoft-Windows-PowerShell/Operational";
  r.provider = "Microsoft-Windows-PowerShell";
  r.version = 1;
  r.data = {{"MessageNumber", "1"},
            {"MessageTotal", "1"},
            {"ScriptBlockText",
             "1..5 | % { Invoke-WebRequest 'http://127.0.0.1:8888/'; sleep 30 } # <&>"},
            {"ScriptBlockId", "5a4fa6b8-2478-401a-be72-d1d40c3c754c"},
            {"Path", ""}};
  return r;
}

WireRecord dns_client_record() {
  WireRecord r = sysmon(3008, "DNS query is completed");
  r.channel = "Microsoft-Windows-DNS-Client/Operational";
  r.provider = "Microsoft-Windows-DNS-Client";
  r.version = 0;
  r.data = {{"QueryName", "c2.example.net"},
            {"QueryType", "1"},
            {"QueryOptions", "1073766400"},
            {"QueryStatus", "9003"},
            {"QueryResults", ""}};
  return r;
}

}  // namespace c2watch::testing_support
