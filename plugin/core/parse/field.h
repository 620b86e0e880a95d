// Field: one field of a record as a collector hands it over.
#pragma once

#include <string_view>

namespace c2watch::parse {

// "Image" or "winlog.event_data.Image", and its text. Positional values are fields named
// "StringInserts", one each, in their order.
struct Field {
  std::string_view name;
  std::string_view value;
};

}  // namespace c2watch::parse
