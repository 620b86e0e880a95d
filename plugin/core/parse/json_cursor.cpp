#include "core/parse/json_cursor.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <new>

#include "core/model/limits.h"

namespace c2watch::parse {
namespace {

// simdjson counts in bytes, we in characters: the same memory.
const std::uint8_t* as_bytes(const char* p) {
  return static_cast<const std::uint8_t*>(static_cast<const void*>(p));
}
std::uint8_t* as_bytes(char* p) { return static_cast<std::uint8_t*>(static_cast<void*>(p)); }

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// JSON's own grammar for a number: values are taken as text, so nobody else checks them.
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

}  // namespace

void JsonCursor::choose_implementation() {
  // simdjson chooses its code at the first call of a process, in a function that allocates a few
  // bytes and is noexcept: without them it would end the process. So see first that there are some.
  ::operator delete(::operator new(4096));
  simdjson::get_active_implementation();
}

Unreadable JsonCursor::start(std::string_view text) {
  if (text.size() > capacity_) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(text.size(), 4096));
    const simdjson::error_code made =
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, kMaxRecordDepth, stage_1_);
    capacity_ = made == simdjson::SUCCESS ? capacity : 0;
    if (made != simdjson::SUCCESS) throw std::bad_alloc();
  }
  text_ = text;
  next_ = last_ = nullptr;
  switch (stage_1_->stage1(as_bytes(text.data()), text.size(), simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::UTF8_ERROR:
      return Unreadable::not_utf8;
    case simdjson::EMPTY:
      return Unreadable::empty;
    default:
      return Unreadable::not_json;
  }
  next_ = stage_1_->structural_indexes.get();
  last_ = next_ + stage_1_->n_structural_indexes;
  assert(*last_ == text.size());
  return Unreadable::none;
}

bool JsonCursor::take_other_scalar(JsonToken& token) {
  if (at_end()) return false;
  const char* const first = text_.data() + *next_++;
  const char* end = text_.data() + *next_;
  while (end > first && is_blank(end[-1])) --end;
  token.text = {first, static_cast<std::size_t>(end - first)};
  switch (token.first) {
    case 't':
      return token.text == "true";
    case 'f':
      return token.text == "false";
    case 'n':
      return token.text == "null";
    default:
      return is_number(token.text);
  }
}

bool JsonCursor::undo_escapes(std::string_view escaped, Scratch& scratch,
                              std::string_view& text) const {
  const char* const end = escaped.data() + escaped.size();
  const char* const readable = text_.data() + text_.size();
  // simdjson reads and writes in steps: beyond the closing quote, and beyond what it decodes.
  constexpr std::size_t kStep = simdjson::SIMDJSON_PADDING;
  const char* from = escaped.data();
  if (readable - end < static_cast<std::ptrdiff_t>(kStep)) {
    char* const copy = scratch.reserve(escaped.size() + 1 + kStep);
    std::copy_n(escaped.data(), escaped.size() + 1, copy);
    std::fill_n(copy + escaped.size() + 1, kStep, ' ');
    scratch.commit(escaped.size() + 1 + kStep);
    from = copy;
  }
  char* const room = scratch.reserve(escaped.size() + kStep);
  const std::uint8_t* const written = stage_1_->parse_string(as_bytes(from), as_bytes(room));
  if (written == nullptr) return false;
  text = scratch.commit(static_cast<std::size_t>(written - as_bytes(room)));
  return true;
}

}  // namespace c2watch::parse
