#include "core/parse/entities.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace c2watch::parse {
namespace {

// The longest reference that means something: "&#x10FFFF;" with some leading zeros.
constexpr std::size_t kMaxReferenceChars = 16;

// Four: one more than any converter we know. More would only serve someone who hides.
constexpr int kMaxTaskRounds = 4;

std::size_t put_utf8(std::uint32_t code, char* out) {
  const auto byte = [](std::uint32_t b) {
    return static_cast<char>(static_cast<unsigned char>(b));
  };
  if (code < 0x80) return out[0] = byte(code), 1;
  if (code < 0x800) return out[0] = byte(0xC0 | code >> 6), out[1] = byte(0x80 | (code & 0x3F)), 2;
  if (code < 0x10000) {
    out[0] = byte(0xE0 | code >> 12);
    out[1] = byte(0x80 | (code >> 6 & 0x3F));
    out[2] = byte(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = byte(0xF0 | code >> 18);
  out[1] = byte(0x80 | (code >> 12 & 0x3F));
  out[2] = byte(0x80 | (code >> 6 & 0x3F));
  out[3] = byte(0x80 | (code & 0x3F));
  return 4;
}

// The code point of "#123" or "#x7B", or 0 if it is none that XML allows.
std::uint32_t code_point(std::string_view digits) {
  digits.remove_prefix(1);
  const bool hex = !digits.empty() && digits.front() == 'x';
  if (hex) digits.remove_prefix(1);
  if (digits.empty()) return 0;
  std::uint32_t code = 0;
  for (const char c : digits) {
    std::uint32_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (hex && c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (hex && c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit == 16) return 0;
    code = code * (hex ? 16 : 10) + digit;
    if (code > 0x10FFFF) return 0;
  }
  return code >= 0xD800 && code <= 0xDFFF ? 0 : code;
}

// What the reference between '&' and ';' stands for, or 0.
std::uint32_t meaning(std::string_view name) {
  if (name == "amp") return '&';
  if (name == "lt") return '<';
  if (name == "gt") return '>';
  if (name == "quot") return '"';
  if (name == "apos") return '\'';
  return !name.empty() && name.front() == '#' ? code_point(name) : 0;
}

}  // namespace

bool decode_entities(std::string_view text, Scratch& scratch, std::string_view& decoded) {
  if (text.find('&') == std::string_view::npos) return decoded = text, true;
  char* const begin = scratch.reserve(text.size());  // a reference is longer than its meaning
  char* out = begin;
  bool all_known = true;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('&'), text.size());
    std::memcpy(out, text.data(), plain);
    out += plain;
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t semicolon = text.substr(0, kMaxReferenceChars).find(';');
    const std::uint32_t code =
        semicolon == std::string_view::npos ? 0 : meaning(text.substr(1, semicolon - 1));
    if (code == 0) {
      all_known = false;
      *out++ = '&';
      text.remove_prefix(1);
    } else {
      out += put_utf8(code, out);
      text.remove_prefix(semicolon + 1);
    }
  }
  decoded = scratch.commit(static_cast<std::size_t>(out - begin));
  return all_known;
}

std::string_view decode_entities(std::string_view text, Scratch& scratch) {
  std::string_view decoded;
  decode_entities(text, scratch, decoded);
  return decoded;
}

std::string_view decode_task(std::string_view text, Scratch& scratch) {
  std::string_view decoded = text;
  for (int round = 0; round < kMaxTaskRounds; ++round) {
    if (decoded.find("<Task") != std::string_view::npos) return decoded;
    const std::string_view next = decode_entities(decoded, scratch);
    if (next.size() == decoded.size()) break;
    decoded = next;
  }
  return decoded.find("<Task") != std::string_view::npos ? decoded : text;
}

}  // namespace c2watch::parse
