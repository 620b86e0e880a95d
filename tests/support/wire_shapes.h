// One record, written in every shape in which a collector may hand it over.
//
//   for (const Shape& shape : shapes()) read(shape.write(network_record()));
//
// Written from the vendors' documents and from what real captures look like; shares no code with
// the readers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace c2watch::testing_support {

// What Windows logged. `data` has the event's names in Windows' order; text as in EventData.
struct WireRecord {
  int event_id = 0;
  int version = 5;
  std::string channel;
  std::string provider;
  std::string computer;
  std::string record_id;
  std::string system_time;  // "2026-08-21T08:00:02.1234567Z"
  std::string headline;     // the first line of the message
  std::vector<std::pair<std::string, std::string>> data;

  std::string_view operator[](std::string_view name) const {
    for (const auto& [key, value] : data) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Shape {
  std::string name;
  std::string (*write)(const WireRecord&);
  // What the shape itself loses, whoever reads it.
  bool whole_seconds = false;  // TimeCreated without fraction
  bool no_record_id = false;
  bool no_time_created = false;
  bool no_channel = false;
  bool sysmon_only = false;
};

std::vector<Shape> shapes();

// The events of the atomic tests, with values that need escaping.
WireRecord process_create_record();
WireRecord network_connect_record();
WireRecord dns_query_record();
WireRecord task_created_record();
WireRecord script_block_record();
WireRecord dns_client_record();

// Whether JSON is written with "\u003c" for '<', as PowerShell does.
inline bool json_escapes_angles = true;

// The pieces, for tests that build their own shapes.
std::string json_text(std::string_view text);
std::string xml_text(std::string_view text);
std::string event_xml(const WireRecord& r, char quote = '\'');
std::string message_text(const WireRecord& r);

}  // namespace c2watch::testing_support
