// Text renderings of an event that are neither JSON nor XML:
//
//   key=value lines    Fluent Bit's render_event_as_text, Splunk's WinEventLog
//   key = "value";     Sumo's legacy text ("instance of Win32_NTLogEvent { ... };")
//   tab-separated      Snare ("MSWinEventLog", eleven columns, then the message)
//
// They name the record; its fields come from the Message text in it, see message_text.h.
//
// HOSTILE   The message may hold any text, that of the rendering included. What stands before it
//           wins over it. What stands behind it (Sumo's attributes) is read from the end.
// COST      linear: every line is looked at once.
#pragma once

#include <string_view>

#include "core/parse/raw_record.h"

namespace c2watch::parse {

// True if such a rendering begins in `head`, the text before something that looks like a record in
// another format: that is then part of a message.
bool is_text(std::string_view head);

// True if `text` is such a rendering and names an event id.
bool read_text(std::string_view text, RawRecord& record);

}  // namespace c2watch::parse
