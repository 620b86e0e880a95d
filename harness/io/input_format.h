// InputFormat: how a collector wrote an event down, and which collector writes so.
//
// A format is recognised by the members that only it has. It decides which line of which collector's
// configuration fixes what is wrong with a stream.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace c2watch::harness {

enum class InputFormat {
  unknown,
  event_xml,           // as Windows renders it: WEF, NXLog's CaptureEventXML, .evtx files
  xml_in_json,         // the same as text in a JSON member
  fluent_bit_inserts,  // in_winevtlog: values by position
  fluent_bit_map,      // in_winevtlog with event_data_as_map
  fluent_bit_xml,      // in_winevtlog with render_event_as_xml
  nxlog,
  winlogbeat6,
  winlogbeat7,  // and 8
  open_telemetry,
  sentinel,
  wazuh,
  sumo_json,
  sumo_cse,   // normalised network records
  evtx_dump,  // evtx_dump and the like: Event.System, EventData with names
  xml_as_json,
  flat,  // Get-WinEvent | ConvertTo-Json and the like
};

enum class CollectorKind {
  unknown,
  windows_forwarding,
  fluent_bit,
  nxlog,
  winlogbeat,
  open_telemetry,
  sentinel,
  wazuh,
  sumo,
};

std::string_view input_format_name(InputFormat input_format);   // "nxlog": for machines
std::string_view input_format_title(InputFormat input_format);  // "NXLog JSON": for people
CollectorKind collector_kind_of(InputFormat input_format);

// Of one JSON object that is not wrapped into another.
InputFormat input_format_of(const nlohmann::json& object);

}  // namespace c2watch::harness
