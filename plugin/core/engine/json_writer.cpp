#include "core/engine/json_writer.h"

#include <charconv>
#include <cmath>
#include <cstddef>

namespace c2watch::engine {
namespace {

// One character of a text: its code, and how many bytes it takes. Bytes that are no UTF-8 are a
// U+FFFD each.
struct Character {
  std::uint32_t code = 0xFFFD;
  std::size_t bytes = 1;
  bool valid = false;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const std::uint32_t lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0u) != 0x80u) return {};
    code = code << 6 | (byte(at + i) & 0x3Fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[length] || code > 0x10FFFF || surrogate) return {};
  return {code, length, true};
}

bool deceives(std::uint32_t c) {
  return (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// How many bytes of `text` from `at` on can be shown as they are.
std::size_t plain_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_plain(text[end])) ++end;
  return end - at;
}

// Only for characters below U+10000.
void append_escape(std::string& out, std::uint32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  const char escape[] = {
      '\\',           'u', kHex[code >> 12 & 15], kHex[code >> 8 & 15], kHex[code >> 4 & 15],
      kHex[code & 15]};
  out.append(escape, sizeof escape);
}

// `keep`: quotes and backslashes stay as they are.
void append_text(std::string& out, std::string_view text, bool keep) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = plain_run(text, i);
    out.append(text, i, plain);
    i += plain;
    if (i == text.size()) break;
    const Character c = character_at(text, i);
    if (!c.valid)
      out += "\xEF\xBF\xBD";
    else if ((c.code < 0x80 && !(keep && (c.code == '"' || c.code == '\\'))) || deceives(c.code))
      append_escape(out, c.code);
    else
      out.append(text, i, c.bytes);
    i += c.bytes;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_text(out, text, false);
  out += '"';
}

template <class T>
void append_number(std::string& out, T number) {
  char text[32];  // the longest shortest double has 24
  const auto end = std::to_chars(text, text + sizeof text, number);
  out.append(text, end.ptr);
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  append_text(out, text, true);
  return out;
}

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += ':';
  first_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_quoted(out_, text);
}

void JsonWriter::value(bool b) { raw(b ? "true" : "false"); }

void JsonWriter::value(std::nullptr_t) { raw("null"); }

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  separate();
  append_number(out_, number);
}

void JsonWriter::integer(std::int64_t number) {
  separate();
  append_number(out_, number);
}

void JsonWriter::natural(std::uint64_t number) {
  separate();
  append_number(out_, number);
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

void JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  if (text.empty())
    value(nullptr);
  else
    value(text);
}

void JsonWriter::text_if_any(std::string_view name, std::string_view text) {
  if (!text.empty()) member(name, text);
}

}  // namespace c2watch::engine
