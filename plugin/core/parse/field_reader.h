// FieldReader: a record whose fields came apart already, names and texts, into a RawRecord.
//
// NAMES     Dotted paths as collectors flatten them ("winlog.event_data.Image"), or Sysmon's own names
//           alone. They are guessed from the records before (NameOrder).
// TEXT      Values are views into the caller's bytes.
// THREADS   none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/parse/field.h"
#include "core/parse/field_names.h"
#include "core/parse/name_order.h"
#include "core/parse/raw_record.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class FieldReader {
 public:
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

  NameOrder<KnownName> names_;
  std::string_view prefix_;    // of the last dotted name that was looked up in this record
  Scope scope_ = Scope::none;  // what it opens; an empty one opens nothing
};

}  // namespace c2watch::parse
