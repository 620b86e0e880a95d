// Normalise: from what was found (RawRecord) to what it means (Event). One place for all shapes, so
// that the same event reads the same whatever road it came by.
//
// NULL      "-", "," and "" become empty views.
// NUMBERS   whole, with or without ".0" and exponent; a port outside 0..65535 or not a number is kNoPort.
// TIMES     utc_time is UtcTime, else the record's time. time_created is the record's time (the
// best
//           of TimeCreated, @timestamp, TimeGenerated, EventTime that can be read), else UtcTime.
//           EventTime has no zone: local_time says that it is not known to be UTC.
//           A UtcTime that is there but cannot be read is bad_time: nothing is invented for it.
//           Records that no detector asks for (Kind::other) are readable without a time.
// IDS       an event id counts only in the log it belongs to: 1, 3, 22 where channel or provider
//           says Sysmon, 4698 in Security, 4104 in PowerShell, 3008 in DNS-Client; or where the
//           record names neither. Else it is Kind::other.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/model/event.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/timestamps.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

// What a record is, before its fields are looked at.
struct Identity {
  std::uint32_t event_id = 0;
  Kind kind = Kind::other;
};

Unreadable identify(const RawRecord& record, Identity& identity);

// Fills `event`, which must be fresh.
Unreadable normalise(const RawRecord& record, const Identity& identity, TimeParser& times,
                     Scratch& scratch, Event& event);

// True if an event that detectors ask for has not one of the fields that they ask it for: names that
// no shape has, or a kind of record that only looks like one.
bool lacks_all_fields(const Event& event);

// A whole number up to `max`, as decimal digits, with or without a ".0" part and an exponent: 780000,
// "780000.0" and 7.8e+05 are the same, exactly. Leaves `out` alone when false.
bool parse_number(std::string_view text, std::uint64_t max, std::uint64_t& out);

// "-", "," and "" are how Windows and its collectors write nothing.
constexpr bool is_null(std::string_view text) { return text.empty() || text == "-" || text == ","; }

}  // namespace c2watch::parse
