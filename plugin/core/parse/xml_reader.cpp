#include "core/parse/xml_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <pugixml.hpp>

#include "core/model/limits.h"
#include "core/parse/field_names.h"
#include "core/parse/xml_scanner.h"

namespace c2watch::parse {
namespace {

constexpr std::string_view kEventTag = "<Event";
constexpr std::string_view kAfterTag = " \t\r\n>/";
constexpr std::string_view kEventEnd = "</Event>";
constexpr std::string_view kDoctype = "<!DOCTYPE";

// Text as it stands, entities decoded. Without parse_eol and parse_wconv_attribute, line ends in
// command lines and tasks stay what they were.
constexpr unsigned kParseFlags = pugi::parse_escapes | pugi::parse_cdata;

bool deeper_than(pugi::xml_node root, int limit) {
  struct Deepest : pugi::xml_tree_walker {
    int seen = 0;
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_element) seen = std::max(seen, depth());
      return true;
    }
  } deepest;
  root.traverse(deepest);
  return deepest.seen >= limit;
}

// All text directly inside `node`: a comment or a CDATA section cuts it into several pieces.
std::string_view text_of(pugi::xml_node node, Scratch& scratch) {
  std::string_view first;
  std::size_t pieces = 0, bytes = 0;
  const auto is_text = [](pugi::xml_node child) {
    return child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata;
  };
  for (const pugi::xml_node child : node.children()) {
    if (!is_text(child)) continue;
    if (pieces++ == 0) first = child.value();
    bytes += std::strlen(child.value());
  }
  if (pieces <= 1) return first;
  char* const room = scratch.reserve(bytes);
  char* out = room;
  for (const pugi::xml_node child : node.children()) {
    if (is_text(child)) out = std::copy_n(child.value(), std::strlen(child.value()), out);
  }
  return scratch.commit(bytes);
}

void take_system(pugi::xml_node system, Scratch& scratch, RawRecord& record) {
  for (const pugi::xml_node node : system.children()) {
    const Name name = find_name(Scope::system, node.name());
    if (name.slot != Slot::none) record.set(name.slot, text_of(node, scratch));
    if (name.opens != Scope::provider && name.opens != Scope::time_created) continue;
    for (const pugi::xml_attribute attribute : node.attributes()) {
      const Slot slot = find_name(name.opens, attribute.name()).slot;
      if (slot != Slot::none) record.set(slot, attribute.value());
    }
  }
}

void take_data(pugi::xml_node data, Scratch& scratch, RawRecord& record) {
  for (const pugi::xml_node node : data.children()) {
    if (node.type() != pugi::node_element) continue;
    const std::string_view element = node.name();
    const pugi::xml_attribute named = node.attribute("Name");
    if (!named && element == "Data") {
      record.add_insert(text_of(node, scratch));
      continue;
    }
    const Slot slot = find_name(Scope::data, named ? named.value() : element).slot;
    if (slot != Slot::none && slot != Slot::data_list) record.set(slot, text_of(node, scratch));
  }
}

// pugixml ends values inside the text it is given, so it gets a copy.
Unreadable load(std::string_view text, Scratch& scratch, pugi::xml_document& document) {
  char* const copy = scratch.reserve(text.size());
  std::copy(text.begin(), text.end(), copy);
  scratch.commit(text.size());
  const pugi::xml_parse_result parsed =
      document.load_buffer_inplace(copy, text.size(), kParseFlags, pugi::encoding_utf8);
  if (parsed.status == pugi::status_out_of_memory) throw std::bad_alloc();
  if (!parsed) return Unreadable::not_xml;
  return deeper_than(document, kMaxRecordDepth) ? Unreadable::too_deep : Unreadable::none;
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace

bool is_event(std::string_view text) {
  return text.size() > kEventTag.size() && text.starts_with(kEventTag) &&
         kAfterTag.find(text[kEventTag.size()]) != std::string_view::npos;
}

std::size_t find_event(std::string_view text, std::size_t at) {
  for (at = text.find(kEventTag, at); at != std::string_view::npos;
       at = text.find(kEventTag, at + 1)) {
    if (is_event(text.substr(at))) return at;
  }
  return std::string_view::npos;
}

Unreadable XmlReader::read(std::string_view text, RawRecord& record) {
  const std::size_t begin = find_event(text);
  if (begin == std::string_view::npos) return read_strictly(text, record);
  XmlScanner scanner(text.substr(begin), scratch_, record);
  const XmlScanner::Answer answer = scanner.scan();
  if (answer == XmlScanner::Answer::too_deep) return Unreadable::too_deep;
  const std::string_view behind =
      text.substr(static_cast<std::size_t>(scanner.position() - text.data()));
  if (answer == XmlScanner::Answer::declined ||
      text.substr(0, begin).find(kDoctype) != std::string_view::npos ||
      behind.find('<') != std::string_view::npos) {
    record.clear();
    return read_strictly(text, record);
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) return Unreadable::not_utf8;
  return has_nul(text) ? Unreadable::not_xml : Unreadable::none;
}

Unreadable XmlReader::read_strictly(std::string_view text, RawRecord& record) {
  if (text.find(kDoctype) != std::string_view::npos) return Unreadable::dtd;
  if (!simdjson::validate_utf8(text.data(), text.size())) return Unreadable::not_utf8;
  const std::size_t begin = find_event(text);
  if (begin == std::string_view::npos) return Unreadable::not_xml;
  std::size_t end = text.find(kEventEnd, begin);
  if (end == std::string_view::npos) return Unreadable::not_xml;
  end += kEventEnd.size();
  if (find_event(text, end) != std::string_view::npos || has_nul(text)) return Unreadable::not_xml;

  pugi::xml_document document;
  const Unreadable why = load(text.substr(begin, end - begin), scratch_, document);
  if (why != Unreadable::none) return why;
  for (const pugi::xml_node node : document.child("Event").children()) {
    const std::string_view name = node.name();
    if (name == "System") take_system(node, scratch_, record);
    if (name == "EventData") take_data(node, scratch_, record);
    if (name != "UserData") continue;
    for (const pugi::xml_node wrapper : node.children()) take_data(wrapper, scratch_, record);
  }
  return Unreadable::none;
}

Unreadable XmlReader::read_event_data(std::string_view text, RawRecord& record) {
  if (text.find(kDoctype) != std::string_view::npos) return Unreadable::dtd;
  if (has_nul(text)) return Unreadable::not_xml;
  pugi::xml_document document;
  const Unreadable why = load(text, scratch_, document);
  if (why != Unreadable::none) return why;
  const pugi::xml_node data = document.find_node(
      [](const pugi::xml_node& node) { return std::string_view(node.name()) == "EventData"; });
  take_data(data, scratch_, record);
  return Unreadable::none;
}

}  // namespace c2watch::parse
