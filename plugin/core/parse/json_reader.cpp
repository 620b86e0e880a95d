#include "core/parse/json_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "core/model/limits.h"
#include "core/parse/bytes.h"

namespace c2watch::parse {
namespace {

// Texts that may hold a whole record, or its fields once more. Most records never need them.
constexpr bool is_carrier(Slot s) { return s >= Slot::event_data && s <= Slot::body; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// JSON's own grammar for a number, for the values that we take without converting them.
bool is_number(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto digits = [&] {
    const char* const first = p;
    while (p != end && is_digit(*p)) ++p;
    return p != first;
  };
  if (p != end && *p == '-') ++p;
  const bool leading_zero = p != end && *p == '0';
  const char* const whole = p;
  if (!digits() || (leading_zero && p - whole > 1)) return false;
  if (p != end && *p == '.' && (++p, !digits())) return false;
  if (p != end && (*p == 'e' || *p == 'E')) {
    if (++p; p != end && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return false;
  }
  return p == end;
}

// A tag that needs no escaping. Anything else in a nested task is no Task element.
bool is_tag(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || is_digit(c); });
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

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' ||
                           text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

Unreadable JsonReader::read(std::string_view json, Scope scope, RawRecord& record) {
  using simdjson::SIMDJSON_PADDING;
  failure_ = Unreadable::none;
  task_.clear();

  if (padded_bytes_ < json.size() + SIMDJSON_PADDING) {
    const std::size_t bytes = std::bit_ceil(json.size() + SIMDJSON_PADDING);
    padded_ = std::make_unique<char[]>(bytes);
    padded_bytes_ = bytes;
    if (!fail(parser_.allocate(bytes))) return padded_bytes_ = 0, failure_;
  }
  std::memcpy(padded_.get(), json.data(), json.size());
  std::memset(padded_.get() + json.size(), 0, SIMDJSON_PADDING);

  simdjson::ondemand::document document;
  if (!fail(parser_.iterate(padded_.get(), json.size(), json.size() + SIMDJSON_PADDING)
                .get(document))) {
    return failure_;
  }
  simdjson::ondemand::json_type type{};
  if (!fail(document.type().get(type))) return failure_;
  if (type == simdjson::ondemand::json_type::object) {
    Object object;
    if (fail(document.get_object().get(object))) walk(object, scope, 1, record);
  } else if (type == simdjson::ondemand::json_type::array) {
    Array array;
    if (fail(document.get_array().get(array))) take_array(array, Slot::none, 1, record);
  } else {
    fail(Unreadable::not_json);
  }
  // After a whole document there is nowhere left to be; anything else is one document too many.
  if (!failed() && document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    fail(Unreadable::not_json);
  }
  return failure_;
}

std::string_view JsonReader::decode(Slot slot, RawRecord& record) {
  const std::string_view text = record[slot];
  if (!record.escaped(slot)) return text;
  std::string_view decoded;
  if (!unescape(text, decoded)) decoded = {};
  record.replace(slot, decoded);
  return decoded;
}

// Keeps the first failure; true if there is none.
bool JsonReader::fail(simdjson::error_code error) {
  switch (error) {
    case simdjson::SUCCESS:
      return true;
    case simdjson::MEMALLOC:
      throw std::bad_alloc();
    case simdjson::UTF8_ERROR:
      return fail(Unreadable::not_utf8), false;
    case simdjson::EMPTY:
      return fail(Unreadable::empty), false;
    default:
      return fail(Unreadable::not_json), false;
  }
}

void JsonReader::walk(Object object, Scope scope, int depth, RawRecord& record) {
  for (auto each : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (!fail(std::move(each).get(field)) || !key_of(field, key)) return;
    Name name;
    if (scope != Scope::none) {
      name = find_name(scope, key);
      if (name.slot == Slot::none && name.opens == Scope::none &&
          key.find('.') != std::string_view::npos) {
        name = find_path(scope, key);
      }
    }
    take(field.value(), name, depth, record);
    if (failed()) return;
  }
}

void JsonReader::take(Value value, Name name, int depth, RawRecord& record) {
  Token token;
  if (!look(value, token)) return;
  if (token.first == '{') {
    Object object;
    if (!descend(value, object, depth)) return;
    if (name.slot == Slot::data_list) return take_data_item(object, depth + 1, record);
    if (name.slot == Slot::task_content) {
      rebuild_task(object, depth + 1);
      return record.set(Slot::task_content, task_);
    }
    return walk(object, name.opens, depth + 1, record);
  }
  if (token.first == '[') {
    Array array;
    if (descend(value, array, depth)) take_array(array, name.slot, depth + 1, record);
    return;
  }
  if (name.slot != Slot::none) take_scalar(token, name, record);
}

void JsonReader::take_scalar(const Token& token, Name name, RawRecord& record) {
  const Slot slot = name.slot;
  if (token.first == 'n') return record.set(slot, {});
  if (is_carrier(slot)) return record.set_escaped(slot, token.text);
  const std::string_view text = text_of(token);
  if (name.weak) return record.set_weak(slot, text);
  if (slot == Slot::inserts || slot == Slot::data_list) return record.add_insert(text);
  record.set(slot, text);
}

void JsonReader::take_array(Array array, Slot slot, int depth, RawRecord& record) {
  std::string_view joined;
  for (auto each : array) {
    Value value;
    Token token;
    if (!fail(std::move(each).get(value)) || !look(value, token)) return;
    if (token.first == '{') {
      Object object;
      if (!descend(value, object, depth)) return;
      if (slot == Slot::data_list) {
        take_data_item(object, depth + 1, record);
      } else {
        walk(object, Scope::none, depth + 1, record);
      }
    } else if (token.first == '[') {
      Array inner;
      if (!descend(value, inner, depth)) return;
      take_array(inner, Slot::none, depth + 1, record);
    } else if (slot == Slot::inserts || slot == Slot::data_list) {
      record.add_insert(token.first == 'n' ? std::string_view{} : text_of(token));
    } else if (slot == Slot::query_results && token.first != 'n') {
      // Sysmon's own way of writing several answers: "a;b;".
      const std::string_view text = text_of(token);
      char* const room = scratch_.reserve(joined.size() + text.size() + 1);
      std::copy(joined.begin(), joined.end(), room);
      std::copy(text.begin(), text.end(), room + joined.size());
      room[joined.size() + text.size()] = ';';
      joined = scratch_.commit(joined.size() + text.size() + 1);
    }
    if (failed()) return;
  }
  if (!joined.empty()) record.set_weak(slot, joined);
}

// {"Name": "Image", "text": "C:\\..."} in the spellings of several converters, or {"Image":
// "C:\\..."}.
void JsonReader::take_data_item(Object item, int depth, RawRecord& record) {
  std::string_view item_name, item_text;
  bool has_text = false;
  for (auto each : item) {
    simdjson::ondemand::field field;
    std::string_view key;
    Token token;
    if (!fail(std::move(each).get(field)) || !key_of(field, key)) return;
    Value value = field.value();
    if (!look(value, token)) return;
    if (token.first == '{') {
      Object object;
      if (!descend(value, object, depth)) return;
      if (key == "Task") {
        task_ = "<Task>";
        rebuild_task(object, depth + 1);
        task_ += "</Task>";
        item_text = task_;
        has_text = true;
      } else if (key == "#attributes") {
        for (auto attribute : object) {
          Token attribute_token;
          if (!fail(std::move(attribute).get(field)) || !key_of(field, key)) return;
          Value attribute_value = field.value();
          if (!look(attribute_value, attribute_token)) return;
          if (attribute_token.first == '{' || attribute_token.first == '[') {
            take(attribute_value, {}, depth + 1, record);
          } else if (key == "Name") {
            item_name = text_of(attribute_token);
          }
          if (failed()) return;
        }
      } else {
        walk(object, Scope::none, depth + 1, record);
      }
    } else if (token.first == '[') {
      Array array;
      if (!descend(value, array, depth)) return;
      take_array(array, key == "#text" ? Slot::data_list : Slot::none, depth + 1, record);
    } else if (key == "Name" || key == "name" || key == "@Name") {
      item_name = text_of(token);
    } else if (key == "text" || key == "#text" || key == "value" || key == "Value" ||
               key == "content") {
      item_text = token.first == 'n' ? std::string_view{} : text_of(token);
      has_text = true;
    } else {
      const Name name = find_name(Scope::data, key);
      if (name.slot != Slot::none && name.slot != Slot::data_list) take_scalar(token, name, record);
    }
    if (failed()) return;
  }
  if (item_name.empty()) {
    if (has_text) record.add_insert(item_text);
    return;
  }
  const Slot slot = find_name(Scope::data, item_name).slot;
  if (slot != Slot::none && slot != Slot::data_list) record.set(slot, item_text);
}

// Writes the members of `object` as elements. Attributes become elements as well, which no reader
// of a task minds.
void JsonReader::rebuild_task(Object object, int depth) {
  for (auto each : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (!fail(std::move(each).get(field)) || !key_of(field, key)) return;
    rebuild_element(key, field.value(), depth);
    if (failed()) return;
  }
}

void JsonReader::rebuild_element(std::string_view tag, Value value, int depth) {
  Token token;
  if (!look(value, token)) return;
  if (token.first == '[') {
    Array array;
    if (!descend(value, array, depth)) return;
    for (auto each : array) {
      Value element;
      if (!fail(std::move(each).get(element))) return;
      rebuild_element(tag, element, depth + 1);
      if (failed()) return;
    }
    return;
  }
  const bool tagged = is_tag(tag);
  if (tagged) task_.append("<").append(tag).append(">");
  if (token.first == '{') {
    Object object;
    if (!descend(value, object, depth)) return;
    rebuild_task(object, depth + 1);
  } else if (token.first != 'n' && (tagged || tag == "#text")) {
    append_escaped(task_, text_of(token));
  }
  if (tagged) task_.append("</").append(tag).append(">");
}

bool JsonReader::look(Value& value, Token& token) {
  const std::string_view raw = without_blanks_behind(value.raw_json_token());
  if (raw.empty()) return fail(Unreadable::not_json), false;
  token.first = raw.front();
  token.text = raw;
  switch (token.first) {
    case '{':
    case '[':
      return true;
    case '"':
      if (raw.size() < 2 || raw.back() != '"') return fail(Unreadable::not_json), false;
      token.text = raw.substr(1, raw.size() - 2);
      // Consumed here, because simdjson takes an unconsumed string before ':' for a key.
      return fail(value.get_raw_json_string().error());
    case 't':
      return raw == "true" || (fail(Unreadable::not_json), false);
    case 'f':
      return raw == "false" || (fail(Unreadable::not_json), false);
    case 'n':
      return raw == "null" || (fail(Unreadable::not_json), false);
    default:
      return is_number(raw) || (fail(Unreadable::not_json), false);
  }
}

// simdjson hands out a key without its length; its quote is there, because stage 1 saw it.
bool JsonReader::key_of(simdjson::ondemand::field& field, std::string_view& key) {
  const char* const begin = field.key().raw();
  const char* end = find_either(begin, padded_.get() + padded_bytes_, '"', '\\');
  key = {begin, static_cast<std::size_t>(end - begin)};
  if (*end == '"') return true;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return unescape({begin, static_cast<std::size_t>(end - begin)}, key) ||
         (fail(Unreadable::not_json), false);
}

std::string_view JsonReader::text_of(const Token& token) {
  std::string_view text = token.text;
  if (token.first == '"' && !unescape(token.text, text)) fail(Unreadable::not_json);
  return text;
}

bool JsonReader::descend(Value& value, Object& object, int depth) {
  if (depth >= kMaxRecordDepth) return fail(Unreadable::too_deep), false;
  return fail(value.get_object().get(object));
}

bool JsonReader::descend(Value& value, Array& array, int depth) {
  if (depth >= kMaxRecordDepth) return fail(Unreadable::too_deep), false;
  return fail(value.get_array().get(array));
}

// `escaped` lies in our padded copy and is followed by its closing quote.
bool JsonReader::unescape(std::string_view escaped, std::string_view& text) {
  if (std::memchr(escaped.data(), '\\', escaped.size()) == nullptr) return text = escaped, true;
  char* const room = scratch_.reserve(escaped.size() + simdjson::SIMDJSON_PADDING);
  // simdjson counts in bytes, we in characters: the same memory.
  auto* out = static_cast<std::uint8_t*>(static_cast<void*>(room));
  const simdjson::ondemand::raw_json_string in(
      static_cast<const std::uint8_t*>(static_cast<const void*>(escaped.data())));
  std::string_view decoded;
  if (parser_.unescape(in, out).get(decoded) != simdjson::SUCCESS) return false;
  text = scratch_.commit(decoded.size());
  return true;
}

}  // namespace c2watch::parse
