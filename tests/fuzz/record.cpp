// Any bytes as a record: no crash, the same answer twice, and a sound event or a reason.
#include <cstdint>
#include <string_view>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2watch;
  using namespace c2watch::testing_support;
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  static parse::Reader used;
  parse::Reader fresh;
  Event a, b;
  const parse::Unreadable why = used.read_auto(text, a);
  require(why == fresh.read_auto(text, b), "the same reason twice");
  require(!parse::name_of(why).empty(), "a named reason");
  if (why != parse::Unreadable::none) return 0;
  require_sound(a);
  require(describe(a) == describe(b), "the same event twice");
  return 0;
}
