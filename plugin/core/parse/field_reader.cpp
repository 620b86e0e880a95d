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
  for (const auto& [name, value] : fields) {
    total += name.size() + value.size();
    if (total > kMaxRecordBytes) return Unreadable::too_large;
    const Name found = meaning(name);
    if (found.slot == Slot::none) continue;
    if (!is_ascii(value) && !simdjson::validate_utf8(value.data(), value.size())) {
      return Unreadable::not_utf8;
    }
    if (found.slot == Slot::inserts) {
      record.add_insert(value);
    } else if (found.weak) {
      record.set_weak(found.slot, value);
    } else {
      record.set(found.slot, value);
    }
  }
  return Unreadable::none;
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
