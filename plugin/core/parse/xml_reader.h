// XmlReader: one Windows <Event> element into a RawRecord.
//
// TWO WAYS  A scanner takes what Windows, libevtx and the collectors write: elements, attributes
// and
//           entities. It declines anything else (comments, CDATA, odd spacing, references it does
//           not know, tags that do not match), and then pugixml decides. Where the scanner answers,
//           pugixml gives the same answer; a fuzz target holds it to that.
// AROUND    What stands before <Event (an XML declaration, a byte order mark, a syslog header) and
//           after </Event> is passed over; a second <Event is concatenation, and refused.
// REFUSES   a DOCTYPE anywhere, before anything is expanded; NUL bytes; invalid UTF-8.
// COST      a third of pugixml's, and no allocation. pugixml allocates.
// THREADS   none.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class XmlReader {
 public:
  explicit XmlReader(Scratch& scratch) : scratch_(scratch) {}

  // Fills `record`, which must be clear, with what the event in `text` holds.
  Unreadable read(std::string_view text, RawRecord& record);

  // The same without the scanner: what the scanner is measured against.
  Unreadable read_strictly(std::string_view text, RawRecord& record);

  // Adds the <Data> elements of an <EventData> fragment, as Azure keeps it in a text field.
  Unreadable read_event_data(std::string_view text, RawRecord& record);

 private:
  Scratch& scratch_;
};

// Whether `text` begins with "<Event" as a tag of its own.
bool is_event(std::string_view text);

// Where "<Event" begins as a tag of its own, from `at` on; npos if nowhere.
std::size_t find_event(std::string_view text, std::size_t at = 0);

}  // namespace c2watch::parse
