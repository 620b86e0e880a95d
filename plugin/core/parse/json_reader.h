// JsonReader: one JSON object of any known shape into a RawRecord, by simdjson on demand.
//
// STRICT    The whole object is walked, wanted or not: broken, truncated or concatenated JSON is
//           never read in part. Only the escapes inside strings that nobody wants go unchecked.
// TEXT      Values without escapes are views into our padded copy of the input; the rest is decoded
//           into the scratch. Long texts that are seldom needed stay escaped until decode().
// THREADS   none.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/parse/field_names.h"
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
  using Object = simdjson::ondemand::object;
  using Array = simdjson::ondemand::array;
  using Value = simdjson::ondemand::value;

  // A value as far as it can be told without descending: its first character and, for a scalar,
  // its text as written, without quotes.
  struct Token {
    char first = 0;
    std::string_view text;
  };

  void walk(Object object, Scope scope, int depth, RawRecord& record);
  void take(Value value, Name name, int depth, RawRecord& record);
  void take_scalar(const Token& token, Name name, RawRecord& record);
  void take_array(Array array, Slot slot, int depth, RawRecord& record);
  void take_data_item(Object item, int depth, RawRecord& record);
  void rebuild_task(Object object, int depth);
  void rebuild_element(std::string_view tag, Value value, int depth);

  bool look(Value& value, Token& token);
  bool key_of(simdjson::ondemand::field& field, std::string_view& key);
  std::string_view text_of(const Token& token);
  bool descend(Value& value, Object& object, int depth);
  bool descend(Value& value, Array& array, int depth);
  bool unescape(std::string_view escaped, std::string_view& text);
  bool fail(simdjson::error_code error);
  void fail(Unreadable why) {
    if (failure_ == Unreadable::none) failure_ = why;
  }
  bool failed() const { return failure_ != Unreadable::none; }

  Scratch& scratch_;
  simdjson::ondemand::parser parser_;
  std::unique_ptr<char[]> padded_;
  std::size_t padded_bytes_ = 0;
  std::string task_;  // a Task that arrived as nested objects, written as XML again
  Unreadable failure_ = Unreadable::none;  // the first one; everything returns quickly once set
};

}  // namespace c2watch::parse
