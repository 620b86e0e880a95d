#include "core/parse/json_reader.h"

#include <algorithm>

#include "core/model/limits.h"
#include "core/parse/bytes.h"

namespace c2watch::parse {
namespace {

// Texts that may hold a whole record, or its fields once more. Most records never need them.
constexpr bool is_carrier(Slot s) { return s >= Slot::event_data && s <= Slot::body; }

// A tag that needs no escaping. Anything else in a nested task is no Task element.
bool is_tag(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// A member of an element that may hold more than a scalar that goes by the member's name.
bool is_special_in_item(std::string_view key, Name found) {
  return key == "Task" || found.opens != Scope::none || found.slot == Slot::item_name ||
         found.slot == Slot::item_text;
}

void append_escaped(std::string& xml, std::string_view text) {
  for (const char c : text) {
    if (c == '<')
      xml += "&lt;";
    else if (c == '>')
      xml += "&gt;";
    else if (c == '&')
      xml += "&amp;";
    else
      xml += c;
  }
}

}  // namespace

Unreadable JsonReader::read(std::string_view json, Scope scope, RawRecord& record) {
  names_.start();
  task_bytes_ = 0;
  failure_ = cursor_.start(json);
  if (failure_ != Unreadable::none) return failure_;
  const bool walked = cursor_.skip_if('{')   ? walk(scope, 1, record)
                      : cursor_.skip_if('[') ? walk_list(Slot::none, 1, record)
                                             : fail(Unreadable::not_json);
  // After a whole document there is nothing left; anything else is one document too many.
  if (walked && !cursor_.at_end()) fail(Unreadable::not_json);
  return failure_;
}

std::string_view JsonReader::decode(Slot slot, RawRecord& record) {
  const std::string_view text = record[slot];
  if (!record.escaped(slot)) return text;
  std::string_view decoded;
  if (!cursor_.unescape(text, scratch_, decoded)) decoded = {};
  record.replace(slot, decoded);
  return decoded;
}

inline bool JsonReader::skip_if(const KnownName& known, Scope scope) {
  return known.scope == scope && known.text.size != 0 && cursor_.skip_if_name(known.text);
}

// Passes over a member's name and its colon, and says what the name means in `scope`, when it is
// the one that came here before. Inlined: it answers for nearly every member.
inline bool JsonReader::guess(Scope scope, Name& found) {
  const KnownName* const hit = names_.next([&](const KnownName& k) { return skip_if(k, scope); });
  if (hit != nullptr) found = hit->found;
  return hit != nullptr;
}

bool JsonReader::walk(Scope scope, int depth, RawRecord& record) {
  if (cursor_.skip_if('}')) return true;
  for (bool done = false; !done;) {
    Name found;
    if (!guess(scope, found) && !member_name(scope, found)) return false;
    // Most members are texts that nobody wants.
    if (found.slot == Slot::none && cursor_.peek() == '"') {
      cursor_.skip();
    } else if (!take(found, depth, record)) {
      return false;
    }
    if (!more('}', done)) return false;
  }
  return true;
}

bool JsonReader::guess_another(Scope scope, Name& found) {
  const KnownName* const hit =
      names_.next_of_others([&](const KnownName& k) { return skip_if(k, scope); });
  if (hit != nullptr) found = hit->found;
  return hit != nullptr;
}

// The same for a name that was not guessed.
bool JsonReader::member_name(Scope scope, Name& found) {
  if (scope == Scope::none) {
    std::string_view name;
    return key(name);
  }
  if (guess_another(scope, found)) return true;
  std::string_view name;
  if (!key(name)) return false;
  const std::string_view written = name;
  found = find_name(scope, name);
  if (found.slot == Slot::none && found.opens == Scope::none) {
    if (!find_rare_name(scope, name, found)) return false;
  }
  remember(scope, written, found);
  return true;
}

void JsonReader::remember(Scope scope, std::string_view name, Name found) {
  if (!KeyText::fits(name)) return names_.skip();
  KnownName* const known = names_.learn();
  if (known == nullptr) return;
  known->scope = scope;
  known->found = found;
  known->text.assign(name);
}

// A name that is not in the table as it stands may be a dotted path, or have escapes in it.
bool JsonReader::find_rare_name(Scope scope, std::string_view name, Name& found) {
  const char* const end = name.data() + name.size();
  const char* const odd = find_either(name.data(), end, '.', '\\', end + 1);  // its quote
  if (odd == end) return true;
  if (!cursor_.unescape(name, scratch_, name)) return fail(Unreadable::not_json);
  found = find_path(scope, name);
  return true;
}

// The value of a member or an element that goes by `name`.
bool JsonReader::take(Name name, int depth, RawRecord& record) {
  if (cursor_.skip_if('{')) {
    if (!deeper(depth)) return false;
    if (name.slot == Slot::data_list) return walk_data_item(depth + 1, record);
    if (name.slot != Slot::task_content) return walk(name.opens, depth + 1, record);
    task_.clear();
    if (!rebuild_task(depth + 1)) return false;
    record.set(Slot::task_content, keep_task());
    return true;
  }
  if (cursor_.skip_if('[')) return deeper(depth) && walk_list(name.slot, depth + 1, record);
  return take_scalar(name, record);
}

bool JsonReader::take_scalar(Name name, RawRecord& record) {
  if (name.slot == Slot::none) return cursor_.skip_scalar() || fail(Unreadable::not_json);
  JsonToken token;
  if (!cursor_.take_scalar(token)) return fail(Unreadable::not_json);
  if (is_list(name.slot)) {
    std::string_view text;
    if (token.first != 'n' && !text_of(token, text)) return false;
    record.add_insert(text);
    return true;
  }
  if (token.first == 'n') {
    record.set(name.slot, {});
    return true;
  }
  if (is_carrier(name.slot)) {
    record.set_escaped(name.slot, token.text);
    return true;
  }
  std::string_view text;
  if (!text_of(token, text)) return false;
  if (name.weak) {
    record.set_weak(name.slot, text);
  } else {
    record.set(name.slot, text);
  }
  return true;
}

bool JsonReader::walk_list(Slot slot, int depth, RawRecord& record) {
  if (cursor_.skip_if(']')) return true;
  if (slot == Slot::query_results) joined_.clear();
  for (bool done = false; !done;) {
    const char first = cursor_.peek();
    if (is_list(slot) && first != '[') {
      if (!take({.slot = slot}, depth, record)) return false;
    } else if (slot == Slot::query_results && first == '"') {
      std::string_view text;
      JsonToken token;
      if (!cursor_.take_scalar(token) || !text_of(token, text)) return fail(Unreadable::not_json);
      joined_.append(text).append(";");
    } else if (!skip_value(depth)) {
      return false;
    }
    if (!more(']', done)) return false;
  }
  if (slot == Slot::query_results) record.set_weak(slot, scratch_.keep(joined_));
  return true;
}

// {"Image": "..."}: nearly always one member, and the one that came here in the records before.
bool JsonReader::take_known_item(int depth, RawRecord& record, bool& taken) {
  Name found;
  taken = guess(Scope::data_item, found) || guess_another(Scope::data_item, found);
  if (!taken) return true;
  const char first = cursor_.peek();
  if (first == '{' || first == '[') return skip_value(depth);
  return take_scalar(found, record);
}

// {"Name": "Image", "text": "C:\\..."} in the spellings of several converters, or {"Image": "..."}.
bool JsonReader::walk_data_item(int depth, RawRecord& record) {
  std::string_view item_name, item_text;
  bool has_text = false;
  if (cursor_.skip_if('}')) return true;
  for (bool done = false; !done;) {
    bool taken = false;
    if (!take_known_item(depth, record, taken)) return false;
    if (taken) {
      if (!more('}', done)) return false;
      continue;
    }
    std::string_view name;
    if (!key(name)) return false;
    const char first = cursor_.peek();
    const Name found = find_name(Scope::data_item, name);
    if (first == '{' && name == "Task") {
      task_ = "<Task>";
      cursor_.skip();
      if (!deeper(depth) || !rebuild_task(depth + 1)) return false;
      task_ += "</Task>";
      item_text = keep_task();
      has_text = true;
    } else if (first == '{' && name == "#attributes") {
      cursor_.skip();
      if (!deeper(depth) || !walk_attributes(depth + 1, item_name)) return false;
    } else if (first == '[' && name == "#text") {
      if (!take({.slot = Slot::data_list}, depth, record)) return false;
    } else if (first == '{' || first == '[') {
      if (!skip_value(depth)) return false;
    } else if (found.slot == Slot::item_name || found.slot == Slot::item_text) {
      JsonToken token;
      std::string_view text;
      if (!cursor_.take_scalar(token)) return fail(Unreadable::not_json);
      if (token.first != 'n' && !text_of(token, text)) return false;
      if (found.slot == Slot::item_name) {
        item_name = text;
      } else {
        item_text = text;
        has_text = true;
      }
    } else {
      if (!is_special_in_item(name, found)) remember(Scope::data_item, name, found);
      if (!take_scalar(found, record)) return false;
    }
    if (!more('}', done)) return false;
  }
  if (item_name.empty()) {
    if (has_text) record.add_insert(item_text);
    return true;
  }
  const Slot slot = find_name(Scope::data, item_name).slot;
  if (slot != Slot::none && slot != Slot::data_list) record.set(slot, item_text);
  return true;
}

bool JsonReader::walk_attributes(int depth, std::string_view& item_name) {
  if (cursor_.skip_if('}')) return true;
  for (bool done = false; !done;) {
    std::string_view name;
    if (!key(name)) return false;
    if (name == "Name" && cursor_.peek() == '"') {
      JsonToken token;
      if (!cursor_.take_scalar(token) || !text_of(token, item_name)) {
        return fail(Unreadable::not_json);
      }
    } else if (!skip_value(depth)) {
      return false;
    }
    if (!more('}', done)) return false;
  }
  return true;
}

// Writes the members as elements. Attributes become elements as well, which no reader of a task
// minds.
bool JsonReader::rebuild_task(int depth) {
  if (cursor_.skip_if('}')) return true;
  for (bool done = false; !done;) {
    std::string_view tag;
    if (!key(tag) || !rebuild_element(tag, depth) || !more('}', done)) return false;
  }
  return true;
}

bool JsonReader::rebuild_element(std::string_view tag, int depth) {
  if (cursor_.skip_if('[')) {
    if (!deeper(depth)) return false;
    if (cursor_.skip_if(']')) return true;
    for (bool done = false; !done;) {
      if (!rebuild_element(tag, depth + 1) || !more(']', done)) return false;
    }
    return true;
  }
  const bool tagged = is_tag(tag);
  if (tagged) task_.append("<").append(tag).append(">");
  if (cursor_.skip_if('{')) {
    if (!deeper(depth) || !rebuild_task(depth + 1)) return false;
  } else {
    JsonToken token;
    std::string_view text;
    if (!cursor_.take_scalar(token)) return fail(Unreadable::not_json);
    if (token.first != 'n' && !text_of(token, text)) return false;
    if (tagged || tag == "#text") append_escaped(task_, text);
  }
  if (tagged) task_.append("</").append(tag).append(">");
  // A name over a list is written once for each element: long ones must not come to gigabytes.
  return task_bytes_ + task_.size() <= kMaxRecordBytes || fail(Unreadable::too_large);
}

std::string_view JsonReader::keep_task() {
  task_bytes_ += task_.size();
  return scratch_.keep(task_);
}

// Passes over any value, checking it all the same.
bool JsonReader::skip_value(int depth) {
  const bool object = cursor_.skip_if('{');
  if (!object && !cursor_.skip_if('[')) {
    return cursor_.skip_scalar() || fail(Unreadable::not_json);
  }
  if (!deeper(depth)) return false;
  const char closing = object ? '}' : ']';
  if (cursor_.skip_if(closing)) return true;
  for (bool done = false; !done;) {
    std::string_view name;
    if (object && !key(name)) return false;
    if (!skip_value(depth + 1) || !more(closing, done)) return false;
  }
  return true;
}

// A member's name, still escaped, and the colon behind it.
bool JsonReader::key(std::string_view& name) {
  return (cursor_.take_string(name) && cursor_.skip_if(':')) || fail(Unreadable::not_json);
}

// Between members or elements: a comma, or the closing bracket and then `done`.
bool JsonReader::more(char closing, bool& done) {
  if (cursor_.skip_if(',')) return true;
  done = cursor_.skip_if(closing);
  return done || fail(Unreadable::not_json);
}

bool JsonReader::deeper(int depth) { return depth < kMaxRecordDepth || fail(Unreadable::too_deep); }

bool JsonReader::text_of(const JsonToken& token, std::string_view& text) {
  text = token.text;
  return token.first != '"' || cursor_.unescape(token.text, scratch_, text) ||
         fail(Unreadable::not_json);
}

// Keeps the first reason. Always false, so that it can be returned.
bool JsonReader::fail(Unreadable why) {
  if (failure_ == Unreadable::none) failure_ = why;
  return false;
}

}  // namespace c2watch::parse
