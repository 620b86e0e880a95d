// Unreadable: why a record could not become an Event. The collector passes such a record on
// untouched; the engine counts it under this name.
#pragma once

#include <cstdint>
#include <string_view>

namespace c2watch::parse {

// The order is that of c2watch_record in abi/c2watch.h, from C2WATCH_RECORD_EMPTY on.
enum class Unreadable : std::uint8_t {
  none,            // it is readable
  empty,           // no bytes, or only white space
  too_large,       // above kMaxRecordBytes
  too_deep,        // nested deeper than kMaxRecordDepth
  not_utf8,        // invalid UTF-8
  not_json,        // broken, truncated or concatenated JSON
  not_xml,         // broken, truncated or concatenated XML
  dtd,             // XML with a DOCTYPE: refused before anything is expanded
  unknown_format,  // neither JSON, XML nor one of the text renderings
  unknown_shape,   // well-formed, but no event id where any known shape has one
  bad_event_id,    // an event id that is not a number
  no_time,         // neither UtcTime nor TimeCreated could be read
  bad_time,        // a time outside 1970..2100, or a UtcTime that is there but is no time
  shifted_fields,  // positional values that fit no known schema
  missing_fields,  // not one of the fields that say what happened
};
inline constexpr int kUnreadables = 15;

// "not_json"; static storage. "" for a value outside the enumeration.
std::string_view name_of(Unreadable why);

}  // namespace c2watch::parse
