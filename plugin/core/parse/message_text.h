// Message text: the sentence and the `Key: value` pairs that Windows renders an event into.
//
// A fallback, for collectors that send nothing else (Sumo's legacy text, Snare) or whose positional
// values have shifted. The text is not a format: a command line with a line break and a known key
// in it can pass for the next pair. Named and positional values are therefore always preferred. What
// holds: no value changes a value that stands before it, nor its own beginning.
#pragma once

#include <string_view>

#include "core/model/event.h"
#include "core/parse/raw_record.h"

namespace c2watch::parse {

// Adds what the message of an event of that kind holds. False if it holds nothing we know.
bool read_message(std::string_view message, Kind kind, RawRecord& record);

}  // namespace c2watch::parse
