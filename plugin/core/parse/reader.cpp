#include "core/parse/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/model/limits.h"
#include "core/parse/bytes.h"
#include "core/parse/field_names.h"
#include "core/parse/field_reader.h"
#include "core/parse/json_cursor.h"
#include "core/parse/json_reader.h"
#include "core/parse/message_text.h"
#include "core/parse/normalise.h"
#include "core/parse/positional.h"
#include "core/parse/raw_record.h"
#include "core/parse/scratch.h"
#include "core/parse/text_reader.h"
#include "core/parse/timestamps.h"
#include "core/parse/xml_reader.h"

namespace c2watch::parse {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Texts that may be the record itself, the most telling name first.
constexpr std::array kCarriers = {Slot::system_xml, Slot::xml, Slot::original,
                                  Slot::message,    Slot::log, Slot::body};

std::string_view without_blanks_before(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == kNone ? std::string_view{} : text.substr(first);
}

// Where a record in JSON or XML begins, at `{"` or "<Event"; npos if nowhere.
std::size_t find_record(std::string_view text) {
  if (text.front() == '{' || text.front() == '[') return 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  for (const char* p = begin; (p = find_either(p, end, '{', '<', end)) != end; ++p) {
    const auto at = static_cast<std::size_t>(p - begin);
    if (*p == '<') {
      if (is_event(text.substr(at))) return at;
      continue;
    }
    const std::size_t next = text.find_first_not_of(kBlanks, at + 1);
    if (next != kNone && text[next] == '"') return at;
  }
  return kNone;
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
    return finish(fields_.read(fields, record_), event);
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
    // A syslog header may stand before the record. What comes first is the record: all that looks
    // like one behind it is part of its values.
    const std::size_t begin = find_record(text);
    if (begin == kNone || is_text(text.substr(0, begin))) {
      if (!simdjson::validate_utf8(text.data(), text.size())) return Unreadable::not_utf8;
      if (read_text(text, record_)) return Unreadable::none;
      record_.clear();
    }
    if (begin != kNone) {
      const bool xml = text[begin] == '<';
      return xml ? xml_.read(text, record_) : read_outer_json(text.substr(begin));
    }
    if (text.find("<!DOCTYPE") != kNone) return Unreadable::dtd;
    return text.front() == '<' ? Unreadable::not_xml : Unreadable::unknown_format;
  }

  std::string_view text_of(Slot slot) {
    return holder_ != nullptr ? holder_->decode(slot, record_) : record_[slot];
  }

  // A record without an event id of its own may hold one in a text.
  Unreadable follow() {
    for (const Slot slot : kCarriers) {
      const std::string_view text = without_blanks_before(text_of(slot));
      if (text.empty()) continue;
      if (text.front() == '{') {
        record_.clear();
        holder_ = &inner_;
        return inner_.read(text, Scope::record, record_);
      }
      RawRecord& record = spare_;
      record.clear();
      const std::size_t xml = find_event(text);
      if ((xml != kNone && !is_text(text.substr(0, xml))) || !read_text(text, record)) {
        if (xml == kNone) continue;
        record_.clear();
        holder_ = nullptr;
        return xml_.read(text, record_);
      }
      // Positional values stand beside the text, not in it.
      for (std::size_t i = 0; i < std::min(record_.insert_count(), kMaxInserts); ++i) {
        record.add_insert(record_.insert(i));
      }
      std::swap(record_, spare_);
      holder_ = nullptr;
      return Unreadable::none;
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
      if (why = complete(identity.kind); why != Unreadable::none) return why;
    }
    why = normalise(record_, identity, times_, scratch_, event);
    return why == Unreadable::none && lacks_all_fields(event) ? Unreadable::missing_fields : why;
  }

  bool has_fields() const {
    return record_.has(Slot::utc_time) || record_.any(Slot::process_guid, Slot::script_block_text);
  }

  // Fields that are not there under their names: in EventData as text, by position, or in the
  // message, in the order in which they can be trusted.
  Unreadable complete(Kind kind) {
    if (record_.has(Slot::event_data)) {
      const Unreadable why = complete_from_event_data();
      if (why != Unreadable::none) return why;
    }
    if (kind == Kind::network_record || has_fields()) return Unreadable::none;
    if (record_.insert_count() != 0 && name_inserts(kind, record_)) return Unreadable::none;
    const std::string_view message = text_of(Slot::message);
    if (!message.empty() && read_message(message, kind, record_)) return Unreadable::none;
    if (record_.insert_count() == 0 || align_inserts(kind, record_)) return Unreadable::none;
    return Unreadable::shifted_fields;
  }

  Unreadable complete_from_event_data() {
    const std::string_view data = without_blanks_before(text_of(Slot::event_data));
    if (data.empty() || (data.front() != '{' && data.front() != '<')) return Unreadable::none;
    if (data.front() == '<') return xml_.read_event_data(data, record_);
    // `data` is in the scratch by now; the holder's own copy still carries other views.
    return (holder_ == &inner_ ? outer_ : inner_).read(data, Scope::data, record_);
  }

  Scratch scratch_;
  RawRecord record_;
  RawRecord spare_;
  JsonReader outer_{scratch_};
  JsonReader inner_{scratch_};  // a JSON object inside a JSON string
  XmlReader xml_{scratch_};
  FieldReader fields_{scratch_};
  TimeParser times_;
  JsonReader* holder_ = nullptr;  // whose text the record's slots view; null: not JSON
};

Reader::Reader() : impl_(std::make_unique<Impl>()) { JsonCursor::choose_implementation(); }
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
