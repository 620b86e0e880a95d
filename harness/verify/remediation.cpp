#include "harness/verify/remediation.h"

namespace c2watch::harness {

using std::string;
using std::string_view;

string_view sysmon_rule(std::uint32_t event_id) {
  switch (event_id) {
    case 1:
      return "ProcessCreate";
    case 3:
      return "NetworkConnect";
    case 22:
      return "DnsQuery";
    default:
      return "";
  }
}

string sysmon_record_all(std::uint32_t event_id) {
  const string rule(sysmon_rule(event_id));
  return rule.empty() ? "" : "<" + rule + " onmatch=\"exclude\"/>";
}

string sysmon_record_program(std::uint32_t event_id, string_view image_ending) {
  const string rule(sysmon_rule(event_id));
  if (rule.empty() || image_ending.empty()) return "";
  return "<" + rule + " onmatch=\"include\"><Image condition=\"end with\">" + string(image_ending) +
         "</Image></" + rule + ">";
}

string sysmon_record_loopback() {
  return "<NetworkConnect onmatch=\"include\"><DestinationIp condition=\"is\">127.0.0.1"
         "</DestinationIp></NetworkConnect>";
}

string sysmon_install() {
  return "sysmon64 -accepteula -i config.xml; collect Microsoft-Windows-Sysmon/Operational";
}

string audit_task_creation() {
  // The subcategory by its GUID, because its name depends on the language of Windows.
  return "auditpol /set /subcategory:\"{0CCE9227-69AE-11D9-BED3-505054503030}\" /success:enable";
}

string enable_script_block_logging() {
  return R"(reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging)"
         " /v EnableScriptBlockLogging /t REG_DWORD /d 1 /f";
}

string enable_dns_client_log() {
  return "wevtutil set-log Microsoft-Windows-DNS-Client/Operational /enabled:true";
}

string collect_channel(CollectorKind collector, string_view name) {
  const string channel(name);
  // The Security log is large, and of it one event is wanted.
  const bool security = name == kSecurityChannel;
  switch (collector) {
    case CollectorKind::windows_forwarding:
      return "<Select Path=\"" + channel + "\">*" + (security ? "[System[(EventID=4698)]]" : "") +
             "</Select>   in the subscription's <QueryList><Query>";
    case CollectorKind::fluent_bit:
      return "channels: Microsoft-Windows-Sysmon/Operational,Security   in the input winevtlog";
    case CollectorKind::nxlog:
      return "Query <QueryList><Query Id=\"0\"><Select Path=\"" + channel + "\">*" +
             (security ? "[System[(EventID=4698)]]" : "") +
             "</Select></Query></QueryList>   in im_msvistalog";
    case CollectorKind::winlogbeat:
      return "winlogbeat.event_logs: [{name: " + channel + (security ? ", event_id: 4698" : "") +
             "}]";
    case CollectorKind::open_telemetry:
      return "receivers: {windowseventlog/" + string(security ? "security" : "sysmon") +
             ": {channel: " + channel + "}}   and name it in the logs pipeline";
    case CollectorKind::sentinel:
      return "xPathQueries: [\"" + channel + "!*" + (security ? "[System[(EventID=4698)]]" : "") +
             "\"]   in the data collection rule";
    case CollectorKind::wazuh:
      return "<localfile><location>" + channel +
             "</location><log_format>eventchannel</log_format></localfile>";
    case CollectorKind::sumo:
    case CollectorKind::unknown:
      return "let the collector take the channel " + channel;
  }
  return "";
}

string pass_event_data(CollectorKind collector) {
  switch (collector) {
    case CollectorKind::windows_forwarding:
      return "wecutil set-subscription NAME /cf:RenderedText   and no filter that rewrites the XML";
    case CollectorKind::fluent_bit:
      return "take filters that remove or rename keys (modify, record_modifier, nest) off "
             "StringInserts and EventData";
    case CollectorKind::nxlog:
      return "Exec to_json();   after no delete(), and no xm_rewrite with Keep or Delete before it";
    case CollectorKind::winlogbeat:
      return "take winlog.event_data.* out of drop_fields, and put it into include_fields if there "
             "are any";
    case CollectorKind::open_telemetry:
      return "take transform, attributes and filter processors off the body's event_data";
    case CollectorKind::sentinel:
      return "transformKql: source   in the data collection rule";
    case CollectorKind::wazuh:
    case CollectorKind::sumo:
    case CollectorKind::unknown:
      return "let the collector pass EventData unchanged";
  }
  return "";
}

string send_names(CollectorKind collector) {
  if (collector == CollectorKind::fluent_bit)
    return "event_data_as_map: true   in the input winevtlog (4.2.8, 5.1.0 and later), else "
           "render_event_as_xml: true; of forwarded events: wecutil set-subscription NAME "
           "/cf:RenderedText";
  return "wecutil set-subscription NAME /cf:RenderedText   where events are forwarded; "
         "without forwarding: " +
         pass_event_data(collector);
}

string pass_system(CollectorKind collector, string_view member) {
  const auto named = [&](string_view record, string_view computer, string_view channel) {
    return string(member == "EventRecordID" ? record : member == "Computer" ? computer : channel);
  };
  switch (collector) {
    case CollectorKind::winlogbeat:
      return "take " + named("winlog.record_id", "winlog.computer_name", "winlog.channel") +
             " out of drop_fields";
    case CollectorKind::nxlog:
      return "keep $" + named("RecordNumber", "Hostname", "Channel") + " before Exec to_json();";
    case CollectorKind::open_telemetry:
      return "let the body's " + named("record_id", "computer", "channel") + " pass";
    default:
      return "let System/" + string(member) + " pass";
  }
}

string send_utc(CollectorKind collector) {
  if (collector == CollectorKind::nxlog)
    return "<Extension json>  Module xm_json  DateFormat YYYY-MM-DDThh:mm:ss.sUTC  </Extension>";
  if (collector == CollectorKind::unknown)
    return "Get-WinEvent ... | Select-Object *, @{n='TimeCreated';e={$_.TimeCreated"
           ".ToUniversalTime().ToString('o')}} | ConvertTo-Json";
  return "let the collector write times in UTC, with Z";
}

string set_clock() { return "w32tm /config /syncfromflags:domhier /update & w32tm /resync"; }

}  // namespace c2watch::harness
