#include "core/parse/field_reader.h"

#include <simdjson.h>

#include <cstring>

#include "core/model/limits.h"
#include "core/parse/bytes.h"

namespace c2watch::parse {

inline bool FieldReader::KnownName::is(std::string_view name) const {
  return size == name.size() && size != 0 && equal_bytes(text, name.data(), name.size());
}

Unreadable FieldReader::read(std::span<const Field> fields, RawRecord& record) {
  std::size_t total = 0;
  names_.start();
  prefix_ = {};
  scope_ = Scope::none;
  item_count_ = 0;
  answers_.clear();
  for (const auto& [name, value] : fields) {
    total += name.size() + value.size();
    if (total > kMaxRecordBytes) return Unreadable::too_large;
    const Name found = meaning(name);
    if (found.slot == Slot::none) continue;
    if (!is_ascii(value) && !simdjson::validate_utf8(value.data(), value.size())) {
      return Unreadable::not_utf8;
    }
    take(found, value, record);
  }
  if (item_count_ != 0) pair_items(record);
  if (!answers_.empty()) record.set_weak(Slot::query_results, scratch_.keep(answers_));
  return Unreadable::none;
}

inline void FieldReader::take(Name name, std::string_view value, RawRecord& record) {
  if (is_list(name.slot)) {
    record.add_insert(value);
  } else if (name.slot >= Slot::item_name) {
    take_item_part(name.slot, value);
  } else if (!name.weak) {
    record.set(name.slot, value);
  } else if (name.slot == Slot::query_results) {
    answers_.append(value).append(";");
  } else {
    record.set_weak(name.slot, value);
  }
}

void FieldReader::take_item_part(Slot part, std::string_view text) {
  if (item_count_ < kItemParts) items_[item_count_] = {part, text};
  ++item_count_;
}

// An element without a text has a name alone, so the order within elements shows only where the
// first begins with a text or the last ends with one.
void FieldReader::pair_items(RawRecord& record) const {
  if (item_count_ > kItemParts) return;
  const std::span parts(items_.data(), item_count_);
  const bool text_first = parts.front().part == Slot::item_text;
  const bool text_last = parts.back().part == Slot::item_text;
  if (text_first == text_last) return;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const ItemPart& name = text_first ? parts[i] : parts[i - 1];
    const ItemPart& text = text_first ? parts[i - 1] : parts[i];
    if (name.part != Slot::item_name || text.part != Slot::item_text) continue;
    const Slot slot = find_name(Scope::data, name.text).slot;
    if (slot != Slot::none && !is_list(slot)) record.set(slot, text.text);
  }
}

inline Name FieldReader::meaning(std::string_view name) {
  const auto is = [&](const KnownName& known) { return known.is(name); };
  const KnownName* hit = names_.next(is);
  if (hit == nullptr) hit = names_.next_of_others(is);
  return hit != nullptr ? hit->found : look_up(name);
}

Name FieldReader::look_up(std::string_view name) {
  Name found = find_name(Scope::record, name);
  const std::size_t dot = name.rfind('.');
  if (found.slot == Slot::none && dot != std::string_view::npos) {
    if (name.substr(0, dot) != prefix_) {
      prefix_ = name.substr(0, dot);
      scope_ = find_scope(Scope::record, prefix_);
    }
    found = find_name(scope_, name.substr(dot + 1));
  }
  if (name.empty() || name.size() > KnownName::kRoom) {
    names_.skip();
  } else if (KnownName* const known = names_.learn()) {
    std::memcpy(known->text, name.data(), name.size());
    known->size = static_cast<std::uint8_t>(name.size());
    known->found = found;
  }
  return found;
}

}  // namespace c2watch::parse
