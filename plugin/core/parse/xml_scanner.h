// XmlScanner: the fast way through an <Event>, for the XML that Windows and the collectors write.
// See xml_reader.h for what it declines, and who decides then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/model/limits.h"
#include "core/parse/field_names.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"

namespace c2watch::parse {

class XmlScanner {
 public:
  enum class Answer : std::uint8_t { read, declined, too_deep };

  // `text` begins with "<Event".
  XmlScanner(std::string_view text, Scratch& scratch, RawRecord& record)
      : at_(text.data()), end_(text.data() + text.size()), scratch_(scratch), record_(record) {}

  // When declined, `record` is in between and must be cleared.
  Answer scan();

  // After `read`: the first byte behind </Event>.
  const char* position() const { return at_; }

 private:
  // What the innermost open element means to us.
  struct Leaf {
    Slot slot = Slot::none;
    bool insert = false;  // an unnamed <Data>
    bool wanted() const { return slot != Slot::none || insert; }
  };

  bool start_tag();
  bool start_named_data();
  bool end_tag();
  bool attributes(std::string_view element, bool& closed);
  Leaf leaf_of(std::string_view element, std::string_view data_name, bool has_data_name) const;
  bool finish_leaf(std::string_view text);

  const char* at_;
  const char* const end_;
  Scratch& scratch_;
  RawRecord& record_;

  std::array<std::string_view, kMaxRecordDepth> open_;  // the names of the open elements
  std::size_t depth_ = 0;
  Scope part_ = Scope::none;  // what the open child of Event holds
  bool user_data_ = false;    // that child is UserData: names one level deeper
  Leaf leaf_;
  const char* leaf_text_ = nullptr;
  bool leaf_has_references_ = false;  // an '&' since leaf_text_
  Answer answer_ = Answer::declined;
};

}  // namespace c2watch::parse
