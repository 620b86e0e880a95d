#include "world/text.h"

namespace c2sim {
namespace {

std::string without_carriage_returns(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') continue;
    out += raw[i];
  }
  return out;
}

}  // namespace

std::string escape_entities(std::string_view raw) {
  std::string out;
  out.reserve(raw.size() + raw.size() / 8);
  for (char c : raw) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_xml(std::string_view raw) {
  // Character references keep an event on one line and survive the line end normalisation of XML
  // 1.0 section 2.11: a parser gives back CR LF.
  std::string out;
  for (char c : escape_entities(raw)) {
    switch (c) {
      case '\r':
        out += "&#xD;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_json(std::string_view raw) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(raw.size() + raw.size() / 8);
  for (char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string_view TextPool::keep(std::string text) { return bytes_.emplace_back(std::move(text)); }

const Text* TextPool::intern(std::string_view raw) {
  if (auto hit = index_.find(raw); hit != index_.end()) return hit->second;

  Text& t = texts_.emplace_back();
  t.raw = keep(std::string(raw));
  const auto form = [&](std::string escaped) {
    return escaped == t.raw ? t.raw : keep(std::move(escaped));
  };
  t.xml = form(escape_xml(raw));
  t.json = form(escape_json(raw));
  const std::string lf = without_carriage_returns(raw);
  t.json_lf = lf == raw ? t.json : keep(escape_json(lf));
  const std::string entities = escape_entities(raw);
  t.json_xml = entities == raw ? t.json : keep(escape_json(entities));
  index_.emplace(t.raw, &t);
  return &t;
}

}  // namespace c2sim
