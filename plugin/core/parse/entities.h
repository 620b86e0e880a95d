// Entities: XML character references, decoded.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/parse/scratch.h"

namespace c2watch::parse {

// `text` with the five named entities and numeric references replaced by what they stand for.
// Anything else that begins with '&' stays as it is. Returns `text` itself when there is no '&'.
std::string_view decode_entities(std::string_view text, Scratch& scratch);

// The same, but false if an '&' was found that begins no reference we know.
bool decode_entities(std::string_view text, Scratch& scratch, std::string_view& decoded);

// The Task XML in `text`, decoded as often as it takes for "<Task" to appear: converters escape it
// once, twice or three times. Text without a task in it comes back as it is.
std::string_view decode_task(std::string_view text, Scratch& scratch);

}  // namespace c2watch::parse
