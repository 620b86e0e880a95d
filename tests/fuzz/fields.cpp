// Any fields: names and values, each ended by a NUL, in turn. No crash, the same answer twice, a
// sound event, and no view that lies outside what was handed in unless something had to be decoded.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2watch;
  using namespace c2watch::testing_support;
  std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto next = [&] {
    const std::string_view piece = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    return piece;
  };
  std::vector<parse::Field> fields;
  while (!text.empty()) {
    const std::string_view name = next();
    fields.push_back({name, next()});
  }
  static parse::Reader used;
  parse::Reader fresh;
  Event a, b;
  const parse::Unreadable why = used.read_fields(fields, a);
  require(why == fresh.read_fields(fields, b), "the same reason twice");
  if (why != parse::Unreadable::none) return 0;
  require_sound(a);
  require(describe(a) == describe(b), "the same event twice");
  return 0;
}
