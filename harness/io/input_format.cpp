#include "harness/io/input_format.h"

#include <array>
#include <string>

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string_view;

struct Row {
  WireShape shape;
  string_view name;
  string_view title;
  Collector collector;
};

constexpr std::array kRows = {
    Row{WireShape::unknown, "unknown", "no shape that the judge knows", Collector::unknown},
    Row{WireShape::event_xml, "event_xml", "Event XML", Collector::windows_forwarding},
    Row{WireShape::xml_in_json, "xml_in_json", "Event XML in a JSON member",
        Collector::windows_forwarding},
    Row{WireShape::fluent_bit_inserts, "fluent_bit_inserts", "Fluent Bit winevtlog, StringInserts",
        Collector::fluent_bit},
    Row{WireShape::fluent_bit_map, "fluent_bit_map", "Fluent Bit winevtlog, EventData by name",
        Collector::fluent_bit},
    Row{WireShape::fluent_bit_xml, "fluent_bit_xml", "Fluent Bit winevtlog, XML",
        Collector::fluent_bit},
    Row{WireShape::nxlog, "nxlog", "NXLog JSON", Collector::nxlog},
    Row{WireShape::winlogbeat6, "winlogbeat6", "Winlogbeat 6", Collector::winlogbeat},
    Row{WireShape::winlogbeat7, "winlogbeat7", "Winlogbeat 7 or 8", Collector::winlogbeat},
    Row{WireShape::open_telemetry, "open_telemetry", "OpenTelemetry windowseventlog",
        Collector::open_telemetry},
    Row{WireShape::sentinel, "sentinel", "Sentinel WindowsEvent", Collector::sentinel},
    Row{WireShape::wazuh, "wazuh", "Wazuh", Collector::wazuh},
    Row{WireShape::sumo_json, "sumo_json", "Sumo Logic collector, JSON", Collector::sumo},
    Row{WireShape::sumo_cse, "sumo_cse", "Sumo Logic Cloud SIEM record", Collector::sumo},
    Row{WireShape::evtx_dump, "evtx_dump", "evtx_dump JSON", Collector::unknown},
    Row{WireShape::xml_as_json, "xml_as_json", "Event XML as JSON", Collector::unknown},
    Row{WireShape::flat, "flat", "flat JSON (Get-WinEvent)", Collector::unknown},
};

const Row& row(WireShape shape) {
  for (const Row& r : kRows)
    if (r.shape == shape) return r;
  return kRows[0];
}

bool holds_text(const json& object, const char* name, string_view start) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() &&
         string_view(at->get_ref<const std::string&>()).starts_with(start);
}

WireShape shape_of_event_data(const json& object, const json& data) {
  if (data.is_string()) return WireShape::sentinel;
  if (object.contains("ProviderName") || object.contains("StringInserts"))
    return WireShape::fluent_bit_map;
  return WireShape::sumo_json;
}

}  // namespace

string_view shape_name(WireShape shape) { return row(shape).name; }
string_view shape_title(WireShape shape) { return row(shape).title; }
Collector collector_of(WireShape shape) { return row(shape).collector; }

WireShape shape_of(const json& o) {
  if (!o.is_object()) return WireShape::unknown;
  if (const auto event = o.find("Event"); event != o.end() && event->is_object()) {
    const auto data = event->find("EventData");
    const bool list =
        data != event->end() && data->is_object() && data->contains("Data") && data->size() == 1;
    return list ? WireShape::xml_as_json : WireShape::evtx_dump;
  }
  if (o.contains("winlog")) return WireShape::winlogbeat7;
  if (o.contains("metadata_deviceEventId")) return WireShape::sumo_cse;
  if (holds_text(o, "System", "<Event")) return WireShape::fluent_bit_xml;
  if (const auto data = o.find("data"); data != o.end() && data->is_object())
    if (data->contains("win")) return WireShape::wazuh;
  if (const auto id = o.find("event_id"); id != o.end())
    return id->is_object() || !o.contains("log_name") ? WireShape::open_telemetry
                                                      : WireShape::winlogbeat6;
  if (const auto data = o.find("EventData"); data != o.end() && !data->is_null())
    return shape_of_event_data(o, *data);
  if (o.contains("StringInserts")) return WireShape::fluent_bit_inserts;
  if (o.contains("EventID"))
    return o.contains("Hostname") && o.contains("EventTime") ? WireShape::nxlog : WireShape::flat;
  return WireShape::unknown;
}

}  // namespace c2watch::harness
