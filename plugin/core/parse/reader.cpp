#include "core/parse/reader.h"

#include <simdjson.h>

#include <array>

#include "core/model/limits.h"
#include "core/parse/field_names.h"
#include "core/parse/json_reader.h"
#include "core/parse/normalise.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/timestamps.h"
#include "core/parse/xml_reader.h"

namespace c2watch::parse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Texts that may be the record itself, the most telling name first.
constexpr std::array kCarriers = {Slot::system_xml, Slot::xml, Slot::original,
                                  Slot::message,    Slot::log, Slot::body};

std::string_view without_blanks_before(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

class Reader::Impl {
 public:
  Unreadable json(std::string_view text, Event& event) {
    if (const Unreadable why = begin(text, event); why != Unreadable::none) return why;
    return finish(read_outer_json(text), event);
  }

  Unreadable xml(std::string_view text, Event& event) {
    if (const Unreadable why = begin(text, event); why != Unreadable::none) return why;
    return finish(xml_.read(text, record_), event);
  }

  Unreadable bytes(std::string_view text, Event& event) {
    if (const Unreadable why = begin(text, event); why != Unreadable::none) return why;
    return finish(read_any(text), event);
  }

  Unreadable fields(std::span<const Field> fields, Event& event) {
    start(event);
    if (fields.empty()) return Unreadable::empty;
    return finish(take_fields(fields), event);
  }

 private:
  void start(Event& event) {
    event = Event{};
    scratch_.reset();
    record_.clear();
    holder_ = nullptr;
  }

  // Checks what can be checked before looking at the format, and takes away what may stand around.
  Unreadable begin(std::string_view& text, Event& event) {
    start(event);
    if (text.size() > kMaxRecordBytes) return Unreadable::too_large;
    text = without_blanks_before(text);
    return text.empty() ? Unreadable::empty : Unreadable::none;
  }

  Unreadable read_outer_json(std::string_view text) {
    holder_ = &outer_;
    return outer_.read(text, Scope::record, record_);
  }

  Unreadable read_any(std::string_view text) {
    if (text.front() == '{' || text.front() == '[') return read_outer_json(text);
    if (find_event(text) != std::string_view::npos || text.front() == '<') {
      return xml_.read(text, record_);
    }
    return Unreadable::unknown_format;
  }

  Unreadable take_fields(std::span<const Field> fields) {
    std::size_t total = 0;
    std::string_view prefix;
    Scope scope = Scope::record;
    for (const auto& [name, value] : fields) {
      total += name.size() + value.size();
      if (total > kMaxRecordBytes) return Unreadable::too_large;
      Name found = find_name(Scope::record, name);
      Scope in = Scope::record;
      if (found.slot == Slot::none) {
        const std::size_t dot = name.rfind('.');
        if (dot == std::string_view::npos) continue;
        if (name.substr(0, dot) != prefix) {
          prefix = name.substr(0, dot);
          scope = find_scope(Scope::record, prefix);
        }
        in = scope;
        found = find_name(in, name.substr(dot + 1));
      }
      if (found.slot == Slot::none) continue;
      if (!simdjson::validate_utf8(value.data(), value.size())) return Unreadable::not_utf8;
      if (found.slot == Slot::inserts) {
        record_.add_insert(value);
      } else if (is_ecs(in)) {
        record_.set_weak(found.slot, value);
      } else {
        record_.set(found.slot, value);
      }
    }
    return Unreadable::none;
  }

  std::string_view text_of(Slot slot) {
    return holder_ != nullptr ? holder_->decode(slot, record_) : record_[slot];
  }

  // A record without an event id of its own may hold one in a text.
  Unreadable follow() {
    for (const Slot slot : kCarriers) {
      const std::string_view text = without_blanks_before(text_of(slot));
      if (text.empty()) continue;
      if (find_event(text) != std::string_view::npos) {
        record_.clear();
        return xml_.read(text, record_);
      }
      if (text.front() == '{') {
        record_.clear();
        holder_ = &inner_;
        return inner_.read(text, Scope::record, record_);
      }
    }
    return Unreadable::unknown_shape;
  }

  Unreadable finish(Unreadable read, Event& event) {
    if (read != Unreadable::none) return read;
    Identity identity;
    Unreadable why = identify(record_, identity);
    if (why == Unreadable::unknown_shape) {
      if (why = follow(); why != Unreadable::none) return why;
      why = identify(record_, identity);
    }
    if (why != Unreadable::none) return why;
    event.event_id = identity.event_id;
    if (identity.kind != Kind::other) {
      if (why = complete(); why != Unreadable::none) return why;
    }
    return normalise(record_, identity, times_, scratch_, event);
  }

  // Fields that are not there under their names: in EventData as text.
  Unreadable complete() {
    if (!record_.has(Slot::event_data)) return Unreadable::none;
    const std::string_view data = without_blanks_before(text_of(Slot::event_data));
    if (data.empty() || data.front() != '{') return Unreadable::none;
    // `data` is in the scratch by now; the holder's own copy still carries other views.
    return (holder_ == &inner_ ? outer_ : inner_).read(data, Scope::data, record_);
  }

  Scratch scratch_;
  RawRecord record_;
  JsonReader outer_{scratch_};
  JsonReader inner_{scratch_};  // a JSON object inside a JSON string
  XmlReader xml_{scratch_};
  TimeParser times_;
  JsonReader* holder_ = nullptr;  // whose text the record's slots view; null: not JSON
};

Reader::Reader() : impl_(std::make_unique<Impl>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Unreadable Reader::read_json(std::string_view json, Event& event) {
  return impl_->json(json, event);
}
Unreadable Reader::read_xml(std::string_view xml, Event& event) { return impl_->xml(xml, event); }
Unreadable Reader::read_auto(std::string_view bytes, Event& event) {
  return impl_->bytes(bytes, event);
}
Unreadable Reader::read_fields(std::span<const Field> fields, Event& event) {
  return impl_->fields(fields, event);
}

}  // namespace c2watch::parse
