// FieldReader: a record whose fields came apart already, names and texts, into a RawRecord.
//
// NAMES     Dotted paths as collectors flatten them ("winlog.event_data.Image"), or Sysmon's own names
//           alone: the table of the JSON readers. They are guessed from the records before (NameOrder).
// LISTS     The elements of a list repeat its name. {"Name": "Image", "text": "a.exe"} in a list comes
//           as two fields. Where it cannot be known which two belong together, neither is read.
// TEXT      Values are views into the caller's bytes, or into the scratch where they were joined.
// THREADS   none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/parse/field.h"
#include "core/parse/field_names.h"
#include "core/parse/name_order.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class FieldReader {
 public:
  explicit FieldReader(Scratch& scratch) : scratch_(scratch) {}

  // Adds to `record` what the fields hold.
  Unreadable read(std::span<const Field> fields, RawRecord& record);

 private:
  struct KnownName {
    static constexpr std::size_t kRoom = 60;

    bool is(std::string_view name) const;

    char text[kRoom] = {};
    std::uint8_t size = 0;
    Name found;
  };
  static_assert(sizeof(KnownName) == 64, "one cache line");

  Name meaning(std::string_view name);
  Name look_up(std::string_view name);
  void take(Name name, std::string_view value, RawRecord& record);
  void take_item_part(Slot part, std::string_view text);
  void pair_items(RawRecord& record) const;

  // 128: twice the parts of the widest event.
  static constexpr std::size_t kItemParts = 128;
  struct ItemPart {
    Slot part = Slot::none;
    std::string_view text;
  };

  Scratch& scratch_;
  NameOrder<KnownName> names_;
  std::array<ItemPart, kItemParts> items_;
  std::size_t item_count_ = 0;
  std::string answers_;        // being joined, as Sysmon writes them
  std::string_view prefix_;    // of the last dotted name that was looked up in this record
  Scope scope_ = Scope::none;  // what it opens; an empty one opens nothing
};

}  // namespace c2watch::parse
