// XmlReader: one Windows <Event> element into a RawRecord, by pugixml.
//
// AROUND    What stands before <Event (an XML declaration, a byte order mark, a syslog header) and
//           after </Event> is passed over; a second <Event is concatenation, and refused.
// REFUSES   a DOCTYPE anywhere, before anything is expanded; NUL bytes; invalid UTF-8.
// THREADS   none.
#pragma once

#include <string_view>

#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class XmlReader {
 public:
  explicit XmlReader(Scratch& scratch) : scratch_(scratch) {}

  // Adds to `record` what the event in `text` holds.
  Unreadable read(std::string_view text, RawRecord& record);

 private:
  Scratch& scratch_;
};

// Where "<Event" begins as a tag of its own, from `at` on; npos if nowhere.
std::size_t find_event(std::string_view text, std::size_t at = 0);

}  // namespace c2watch::parse
