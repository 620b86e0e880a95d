#include "harness/io/input_format.h"

#include <array>
#include <string>

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string_view;

struct Row {
  InputFormat input_format;
  string_view name;
  string_view title;
  CollectorKind collector;
};

constexpr std::array kRows = {
    Row{InputFormat::unknown, "unknown", "no input format that the harness knows",
        CollectorKind::unknown},
    Row{InputFormat::event_xml, "event_xml", "Event XML", CollectorKind::windows_forwarding},
    Row{InputFormat::xml_in_json, "xml_in_json", "Event XML in a JSON member",
        CollectorKind::windows_forwarding},
    Row{InputFormat::fluent_bit_inserts, "fluent_bit_inserts",
        "Fluent Bit winevtlog, StringInserts", CollectorKind::fluent_bit},
    Row{InputFormat::fluent_bit_map, "fluent_bit_map", "Fluent Bit winevtlog, EventData by name",
        CollectorKind::fluent_bit},
    Row{InputFormat::fluent_bit_xml, "fluent_bit_xml", "Fluent Bit winevtlog, XML",
        CollectorKind::fluent_bit},
    Row{InputFormat::nxlog, "nxlog", "NXLog JSON", CollectorKind::nxlog},
    Row{InputFormat::winlogbeat6, "winlogbeat6", "Winlogbeat 6", CollectorKind::winlogbeat},
    Row{InputFormat::winlogbeat7, "winlogbeat7", "Winlogbeat 7 or 8", CollectorKind::winlogbeat},
    Row{InputFormat::open_telemetry, "open_telemetry", "OpenTelemetry windowseventlog",
        CollectorKind::open_telemetry},
    Row{InputFormat::sentinel, "sentinel", "Sentinel WindowsEvent", CollectorKind::sentinel},
    Row{InputFormat::wazuh, "wazuh", "Wazuh", CollectorKind::wazuh},
    Row{InputFormat::sumo_json, "sumo_json", "Sumo Logic collector, JSON", CollectorKind::sumo},
    Row{InputFormat::sumo_cse, "sumo_cse", "Sumo Logic Cloud SIEM record", CollectorKind::sumo},
    Row{InputFormat::evtx_dump, "evtx_dump", "evtx_dump JSON", CollectorKind::unknown},
    Row{InputFormat::xml_as_json, "xml_as_json", "Event XML as JSON", CollectorKind::unknown},
    Row{InputFormat::flat, "flat", "flat JSON (Get-WinEvent)", CollectorKind::unknown},
};

const Row& row(InputFormat input_format) {
  for (const Row& r : kRows)
    if (r.input_format == input_format) return r;
  return kRows[0];
}

bool holds_text(const json& object, const char* name, string_view start) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() &&
         string_view(at->get_ref<const std::string&>()).starts_with(start);
}

InputFormat shape_of_event_data(const json& object, const json& data) {
  if (data.is_string()) return InputFormat::sentinel;
  if (object.contains("ProviderName") || object.contains("StringInserts"))
    return InputFormat::fluent_bit_map;
  return InputFormat::sumo_json;
}

}  // namespace

string_view input_format_name(InputFormat input_format) { return row(input_format).name; }
string_view input_format_title(InputFormat input_format) { return row(input_format).title; }
CollectorKind collector_kind_of(InputFormat input_format) { return row(input_format).collector; }

InputFormat input_format_of(const json& o) {
  if (!o.is_object()) return InputFormat::unknown;
  if (const auto event = o.find("Event"); event != o.end() && event->is_object()) {
    const auto data = event->find("EventData");
    const bool list =
        data != event->end() && data->is_object() && data->contains("Data") && data->size() == 1;
    return list ? InputFormat::xml_as_json : InputFormat::evtx_dump;
  }
  if (o.contains("winlog")) return InputFormat::winlogbeat7;
  if (o.contains("metadata_deviceEventId")) return InputFormat::sumo_cse;
  if (holds_text(o, "System", "<Event")) return InputFormat::fluent_bit_xml;
  if (const auto data = o.find("data"); data != o.end() && data->is_object())
    if (data->contains("win")) return InputFormat::wazuh;
  if (const auto id = o.find("event_id"); id != o.end())
    return id->is_object() || !o.contains("log_name") ? InputFormat::open_telemetry
                                                      : InputFormat::winlogbeat6;
  if (const auto data = o.find("EventData"); data != o.end() && !data->is_null())
    return shape_of_event_data(o, *data);
  if (o.contains("StringInserts")) return InputFormat::fluent_bit_inserts;
  if (o.contains("EventID"))
    return o.contains("Hostname") && o.contains("EventTime") ? InputFormat::nxlog
                                                             : InputFormat::flat;
  return InputFormat::unknown;
}

}  // namespace c2watch::harness
