// Timestamps: every way in which a known shape writes a time.
//
//   TimeParser parser;
//   Time t;
//   if (parser.parse("2026-08-21 08:00:00.004", t) == TimeText::ok) use(t);
//
// READS     YYYY-MM-DD{T or blank}hh:mm:ss, then up to any number of fractional digits after '.' or
//           ',' (those beyond microseconds are dropped, not rounded), then one zone: Z, +hh:mm,
//           +hhmm, +hh, each with or without a blank before it, or none. None means UTC.
//           Sumo's Installed Collector writes "...:00+000123400Z": nine digits of nanoseconds.
//           WMI writes "20260821080000.004000-000": digits without separators, minutes of offset.
//           Nine or more bare digits are seconds, milliseconds, microseconds or nanoseconds since
//           1970, by magnitude: anything below 10^11 is seconds, and so on in steps of 1,000.
// RANGE     years 1970 to 2100; beyond that the answer is out_of_range, whatever the day.
//           A leap second (":60") is the next minute's first.
// COST      about 10 ns; the calendar is worked out once per minute of log time.
// THREADS   none. One reader owns one parser.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/model/time.h"

namespace c2watch::parse {

enum class TimeText : std::uint8_t { ok, not_a_time, out_of_range };

class TimeParser {
 public:
  // Sets `out` only when the answer is ok.
  TimeText parse(std::string_view text, Time& out);

 private:
  // "YYYY-MM-DDThh:mm" of the last text with a calendar date, and what it came to.
  static constexpr std::size_t kMinuteChars = 16;
  std::array<char, kMinuteChars> minute_text_{};
  Time minute_{};
};

// True for "YYYY-MM-DD hh:mm:ss" and anything after it: how a positional UtcTime is recognised.
bool looks_like_time(std::string_view text);

}  // namespace c2watch::parse
