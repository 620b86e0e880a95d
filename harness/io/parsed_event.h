// ParsedEvent: one event as the harness reads it, to say whether the telemetry is there.
//
// This reader shares nothing with the plugin: what the plugin's parser misses must not be missed
// here as well. It is slow and plain (pugixml, nlohmann) and knows the shapes in which collectors
// deliver Windows events with their field names or positions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/input_format.h"

namespace c2watch::harness {

struct ParsedEvent {
  InputFormat input_format = InputFormat::unknown;
  std::uint32_t event_id = 0;
  std::uint64_t record_id = 0;  // 0: not given
  std::string channel;
  std::string provider;
  std::string computer;
  std::optional<std::int64_t> utc_us;                      // EventData/UtcTime
  std::optional<std::int64_t> created_us;                  // System/TimeCreated or its like
  std::string created;                                     // the same as it is written
  std::map<std::string, std::string, std::less<>> fields;  // Windows' names; placeholders left out
  std::vector<std::string> blank;    // names of the fields that had nothing or a placeholder
  std::vector<std::string> inserts;  // values by position, if the shape has no names
  bool named = true;                 // false: as many inserts as no known schema has

  std::optional<std::int64_t> time_us() const { return utc_us ? utc_us : created_us; }
  // "" when there is none.
  std::string_view field(std::string_view name) const;
};

// Nothing when the record is in no shape that this reader knows.
std::optional<ParsedEvent> read_event(std::string_view record);

// "2026-03-02 08:15:30.250", "2026-03-02T08:15:30.2500000Z", "2026-03-02T09:15:30+01:00".
// Without a zone: UTC.
std::optional<std::int64_t> parse_time_us(std::string_view text);

// A ProcessGuid without what varies: no braces, lower case.
std::string plain_guid(std::string_view guid);

}  // namespace c2watch::harness
