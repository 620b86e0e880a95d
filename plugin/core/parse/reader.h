// Reader: one record, as bytes or as fields, in any shape of any known collector, into an Event.
//
//   Reader reader;
//   Event event;
//   Unreadable why = reader.read_json(line, event);
//   if (why == Unreadable::none) engine.observe(event); else ++counted[why];
//
// SHAPES    Windows Event XML; JSON by NXLog, Winlogbeat 6 to 8, Elastic's Sysmon module (ECS), Fluent
//           Bit (StringInserts, EventData or XML), OpenTelemetry, Sumo, Sentinel, Wazuh, evtx_dump
//           and other XML-to-JSON converters; Sumo CSE normalised records; `Key: value` and
//           `key=value` text renderings. A record inside a record (XML or JSON in a message field)
//           is followed.
// LIFETIME  Views in the Event point into the reader's scratch or into the caller's bytes. Both must
//           be left alone as long as the Event is used; the next read invalidates them.
// COST      no allocation per record once the buffers have grown to the largest record seen.
// MEMORY    about 16 times the largest record seen, which kMaxRecordBytes bounds. XML that pugixml has
//           to decide (see xml_reader.h) allocates a tree on top, and gives it back.
// THREADS   none. One engine owns one reader.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/model/event.h"
#include "core/parse/field.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // Each sets every member of `event`; when the answer is not `none`, `event.event_id` is what
  // could be made out (0 if nothing) and the rest must not be used. Throws std::bad_alloc, after
  // which the reader can be used again.
  Unreadable read_json(std::string_view json, Event& event);
  Unreadable read_xml(std::string_view xml, Event& event);
  Unreadable read_auto(std::string_view bytes, Event& event);  // the record's first bytes decide
  Unreadable read_fields(std::span<const Field> fields, Event& event);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace c2watch::parse
