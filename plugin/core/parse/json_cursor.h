// JsonCursor: the tokens of a JSON text, one after the other, as simdjson's stage 1 finds them.
//
//   if (!cursor.start(text)) return cursor.failure();
//   if (cursor.peek() == '{') cursor.skip();
//
// Stage 1 checks UTF-8, control characters and quotes, and says where each token begins; a token
// ends where the next one begins. The grammar is the caller's business: it walks every token
// anyway.
//
// WHY       not simdjson's own on-demand layer: the walk costs half, because a key's length is
// known
//           from the tokens around it and nothing is looked at twice.
// MEMORY    four bytes for each byte of the largest text seen.
// THREADS   none.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/parse/bytes.h"
#include "core/parse/scratch.h"
#include "core/parse/unreadable.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace c2watch::parse {

struct JsonToken {
  char first = 0;         // what the token begins with; 0 behind the last one
  std::string_view text;  // as written; a string without its quotes, still escaped
};

// A member's name as compact JSON writes it, quotes and colon included.
struct KeyText {
  static constexpr std::size_t kRoom = 48;

  static bool fits(std::string_view name) { return name.size() + kQuotesAndColon <= kRoom; }

  // Requires fits(name).
  void assign(std::string_view name) {
    size = name.size() + kQuotesAndColon;
    std::memset(bytes, 0, sizeof bytes);
    bytes[0] = '"';
    std::memcpy(bytes + 1, name.data(), name.size());
    bytes[name.size() + 1] = '"';
    bytes[name.size() + 2] = ':';
  }

  // Whether [at, end) begins with it. Names are short, and a call of memcmp costs more than the
  // comparison; so does a loop whose length the processor has to guess.
  bool begins(const char* at, const char* end) const {
    const auto left = static_cast<std::size_t>(end - at);
    if (left < size) return false;
#if defined(__SSE2__)
    if (left >= kRoom) {
      const std::uint64_t wanted = ~std::uint64_t{0} >> (64 - size);
      std::uint64_t equal = equal_bits(at, bytes) | equal_bits(at + 16, bytes + 16) << 16;
      if (size > 32) equal |= equal_bits(at + 32, bytes + 32) << 32;
      return (equal & wanted) == wanted;
    }
#endif
    return std::memcmp(at, bytes, size) == 0;
  }

  std::size_t size = 0;  // 0: none
  char bytes[kRoom] = {};

 private:
  static constexpr std::size_t kQuotesAndColon = 3;

#if defined(__SSE2__)
  // Bit i: the i-th of sixteen bytes is equal.
  static std::uint64_t equal_bits(const char* a, const char* b) {
    __m128i x, y;
    std::memcpy(&x, a, sizeof x);
    std::memcpy(&y, b, sizeof y);
    return static_cast<std::uint64_t>(
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, y))));
  }
#endif
};

class JsonCursor {
 public:
  // To be called once before the first start(). Throws std::bad_alloc.
  static void choose_implementation();

  // Finds the tokens of `text`, which must stay as it is. Throws std::bad_alloc.
  Unreadable start(std::string_view text);

  bool at_end() const { return next_ == last_; }

  // The first character of the next token, 0 at the end.
  char peek() const { return at_end() ? '\0' : text_[*next_]; }

  // Passes over the next token; requires !at_end().
  void skip() { ++next_; }

  // Passes over the next token if it is `c`.
  bool skip_if(char c) {
    if (peek() != c) return false;
    ++next_;
    return true;
  }

  // Passes over a member's name and the colon behind it if they are written exactly like `name`:
  // with quotes, the colon, and no blanks between.
  bool skip_if_name(const KeyText& name) {
    const std::size_t begin = *next_;  // at the end: the text's size
    if (!name.begins(text_.data() + begin, text_.data() + text_.size())) return false;
    next_ += 2;
    return true;
  }

  // The next token, which must be a string: no quotes, still escaped. False if it is none.
  bool take_string(std::string_view& text) {
    if (peek() != '"') return false;
    text = string_at(*next_++);
    return true;
  }

  // The next token, which must be a scalar. False if it is none.
  bool take_scalar(JsonToken& token) {
    token.first = peek();
    if (token.first != '"') return take_other_scalar(token);
    token.text = string_at(*next_++);
    return true;
  }

  // The same for a scalar that nobody wants.
  bool skip_scalar() {
    if (peek() == '"') return ++next_, true;
    JsonToken token;
    return take_scalar(token);
  }

  // `escaped` is the text of a string token. False if its escapes are broken.
  bool unescape(std::string_view escaped, Scratch& scratch, std::string_view& text) const {
    const char* const end = escaped.data() + escaped.size();
    if (find_byte(escaped.data(), end, '\\', text_.data() + text_.size()) != end) {
      return undo_escapes(escaped, scratch, text);
    }
    text = escaped;
    return true;
  }

 private:
  // INVARIANT: between start() and the next, *last_ == text_.size(): stage 1 puts it there.

  // A token that begins with a quote is one whole string and the blanks behind it: a quote that
  // closed nothing, or anything that touches the closing one, makes stage 1 see another token.
  std::string_view string_at(std::size_t begin) const {
    const char* const first = text_.data() + begin + 1;
    const char* end = text_.data() + next_[0];
    while (end > first && end[-1] != '"') --end;
    return {first, static_cast<std::size_t>(end - first) - (end > first ? 1 : 0)};
  }

  bool take_other_scalar(JsonToken& token);
  bool undo_escapes(std::string_view escaped, Scratch& scratch, std::string_view& text) const;

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_1_;
  std::size_t capacity_ = 0;
  std::string_view text_;
  const std::uint32_t* next_ = nullptr;
  const std::uint32_t* last_ = nullptr;  // one behind
};

}  // namespace c2watch::parse
