// Any bytes as Event XML: no crash, and where the scanner answers, pugixml gives the same answer.
#include <cstdint>
#include <string_view>

#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/xml_reader.h"
#include "support/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2watch::parse;
  using c2watch::testing_support::require;
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  Scratch scratch;
  XmlReader reader(scratch);
  RawRecord fast, strict;
  const Unreadable why = reader.read(text, fast);
  const Unreadable strict_why = reader.read_strictly(text, strict);
  if (why == Unreadable::too_deep) {  // the scanner stops there, whatever else may be wrong behind
    return require(strict_why != Unreadable::none, "neither way reads what is too deep"), 0;
  }
  require(why == strict_why, "the same reason both ways");
  if (why != Unreadable::none) return 0;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const auto slot = static_cast<Slot>(i);
    require(fast[slot] == strict[slot] && fast.seen(slot) == strict.seen(slot), "the same slots");
  }
  require(fast.insert_count() == strict.insert_count(), "the same number of inserts");
  for (std::size_t i = 0; i < fast.insert_count() && i < kMaxInserts; ++i) {
    require(fast.insert(i) == strict.insert(i), "the same inserts");
  }
  return 0;
}
