// Text for terminals: what telemetry says is shown, never obeyed.
//
// Host names, command lines and task names are the attacker's words. printable() takes everything
// out of them that a terminal would act on: escape sequences, control characters, characters that
// reorder a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::harness {

// `text` with line ends and tabs as blanks and everything else that is not plain text as \xNN or
// \u{NNNN}. Invalid UTF-8 becomes \xNN, byte by byte.
std::string printable(std::string_view text);

// `text`, printable, with what XML and HTML read as markup written out: for text and for attributes
// in either quotes.
std::string markup_escaped(std::string_view text);

// Columns that `text` takes: one for each code point (of printable text).
std::size_t columns(std::string_view text);

// At most `width` columns: the end is cut off and marked, or the middle, which keeps file names.
std::string clip_end(std::string_view text, std::size_t width, bool unicode);
std::string clip_middle(std::string_view text, std::size_t width, bool unicode);

// Lines of at most `width` columns, broken at blanks where possible.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

std::string with_thousands(std::uint64_t n);                 // 1,234,567
std::string plural(std::uint64_t n, std::string_view noun);  // "1 record", "1,234 records"
std::string bytes_text(double bytes);                        // "1.1 kB", "34 MB": powers of 1000
std::string fixed(double value, int digits);                 // "0.250"
std::string seconds_text(double seconds);                    // "0.4 s", "90 s", "2 h 05 min"

// "2026-03-02 08:15:30.250" from microseconds since 1970; the milliseconds only when there are any.
std::string time_text(std::int64_t us);

}  // namespace c2watch::harness
