// JsonReader: one JSON object of any known shape into a RawRecord.
//
// STRICT    The whole object is walked, wanted or not: broken, truncated or concatenated JSON is
//           never read in part. Only the escapes inside strings that nobody wants go unchecked.
// TEXT      Values without escapes are views into the input; the rest is decoded into the scratch.
//           Long texts that are seldom needed stay escaped until decode().
// GUESS     A name is first compared with the one that came there in the records before (NameOrder).
// THREADS   none.
#pragma once

#include <string>
#include <string_view>

#include "core/parse/field_names.h"
#include "core/parse/json_cursor.h"
#include "core/parse/name_order.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/unreadable.h"

namespace c2watch::parse {

class JsonReader {
 public:
  explicit JsonReader(Scratch& scratch) : scratch_(scratch) {}

  // Adds to `record` what the object in `json` holds, its top level being in `scope`.
  Unreadable read(std::string_view json, Scope scope, RawRecord& record);

  // The text of a slot, decoded if it was still escaped; empty if its escapes are broken.
  std::string_view decode(Slot slot, RawRecord& record);

 private:
  struct KnownName {
    Scope scope = Scope::none;
    Name found;
    KeyText text;
  };

  // Each stands behind the opening bracket and passes over everything up to the closing one. False
  // once failure_ is set.
  bool walk(Scope scope, int depth, RawRecord& record);
  bool walk_list(Slot slot, int depth, RawRecord& record);
  bool walk_data_item(int depth, RawRecord& record);
  bool take_known_item(int depth, RawRecord& record, bool& taken);
  bool walk_attributes(int depth, std::string_view& name);
  bool rebuild_task(int depth);

  bool member_name(Scope scope, Name& found);
  bool skip_if(const KnownName& known, Scope scope);
  bool guess(Scope scope, Name& found);
  bool guess_another(Scope scope, Name& found);
  void remember(Scope scope, std::string_view name, Name found);
  bool find_rare_name(Scope scope, std::string_view name, Name& found);
  bool take(Name name, int depth, RawRecord& record);
  bool take_scalar(Name name, RawRecord& record);
  bool rebuild_element(std::string_view tag, int depth);
  std::string_view keep_task();
  bool skip_value(int depth);
  bool key(std::string_view& key);
  bool more(char closing, bool& done);
  bool deeper(int depth);
  bool text_of(const JsonToken& token, std::string_view& text);
  bool fail(Unreadable why);

  Scratch& scratch_;
  JsonCursor cursor_;
  std::string task_;  // being written: a Task that arrived as nested objects, as XML again
  std::size_t task_bytes_ = 0;  // of the tasks kept for this record
  std::string joined_;          // being written: a list of answers, as Sysmon writes it
  Unreadable failure_ = Unreadable::none;

  NameOrder<KnownName> names_;
};

}  // namespace c2watch::parse
