// Text renderings of an event that are neither JSON nor XML:
//
//   key=value lines    Fluent Bit's render_event_as_text, Splunk's WinEventLog
//   key = "value";     Sumo's legacy text ("instance of Win32_NTLogEvent { ... };")
//   tab-separated      Snare ("MSWinEventLog", eleven columns, then the message)
//
// They name the record; its fields come from the Message text in it, see message_text.h.
#pragma once

#include <string_view>

#include "core/parse/raw_record.h"

namespace c2watch::parse {

// True if `text` is such a rendering and names an event id.
bool read_text(std::string_view text, RawRecord& record);

}  // namespace c2watch::parse
