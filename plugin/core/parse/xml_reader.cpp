#include "core/parse/xml_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <pugixml.hpp>

#include "core/model/limits.h"
#include "core/parse/field_names.h"

namespace c2watch::parse {
namespace {

constexpr std::string_view kEventTag = "<Event";
constexpr std::string_view kEventEnd = "</Event>";

// Text as it stands, entities decoded. Without parse_eol and parse_wconv_attribute, line ends in
// command lines and tasks stay what they were.
constexpr unsigned kParseFlags = pugi::parse_escapes | pugi::parse_cdata;

std::string_view view(const char* text) { return text; }

bool deeper_than(pugi::xml_node root, int limit) {
  struct Deepest : pugi::xml_tree_walker {
    int depth_seen = 0;
    bool for_each(pugi::xml_node&) override {
      depth_seen = std::max(depth_seen, depth());
      return true;
    }
  } deepest;
  root.traverse(deepest);
  return deepest.depth_seen >= limit;
}

void take_system(pugi::xml_node system, RawRecord& record) {
  for (const pugi::xml_node node : system.children()) {
    const Name name = find_name(Scope::system, view(node.name()));
    if (name.slot != Slot::none) record.set(name.slot, view(node.text().get()));
    if (name.opens != Scope::provider && name.opens != Scope::time_created) continue;
    for (const pugi::xml_attribute attribute : node.attributes()) {
      const Slot slot = find_name(name.opens, view(attribute.name())).slot;
      if (slot != Slot::none) record.set(slot, view(attribute.value()));
    }
  }
}

void take_data(pugi::xml_node data, RawRecord& record) {
  for (const pugi::xml_node node : data.children()) {
    const pugi::xml_attribute named = node.attribute("Name");
    if (!named && view(node.name()) == "Data") {
      record.add_insert(view(node.text().get()));
      continue;
    }
    const Slot slot = find_name(Scope::data, named ? view(named.value()) : view(node.name())).slot;
    if (slot != Slot::none && slot != Slot::data_list) record.set(slot, view(node.text().get()));
  }
}

}  // namespace

std::size_t find_event(std::string_view text, std::size_t at) {
  for (at = text.find(kEventTag, at); at != std::string_view::npos;
       at = text.find(kEventTag, at + 1)) {
    const std::size_t next = at + kEventTag.size();
    if (next < text.size() &&
        std::string_view(" \t\r\n>/").find(text[next]) != std::string_view::npos) {
      return at;
    }
  }
  return std::string_view::npos;
}

Unreadable XmlReader::read(std::string_view text, RawRecord& record) {
  if (text.find("<!DOCTYPE") != std::string_view::npos) return Unreadable::dtd;
  if (!simdjson::validate_utf8(text.data(), text.size())) return Unreadable::not_utf8;
  const std::size_t begin = find_event(text);
  if (begin == std::string_view::npos) return Unreadable::not_xml;
  std::size_t end = text.find(kEventEnd, begin);
  if (end == std::string_view::npos) return Unreadable::not_xml;
  end += kEventEnd.size();
  if (find_event(text, end) != std::string_view::npos) return Unreadable::not_xml;
  text = text.substr(begin, end - begin);
  if (text.find('\0') != std::string_view::npos) return Unreadable::not_xml;

  // pugixml terminates values inside the text it is given, so it gets a copy.
  char* const copy = scratch_.reserve(text.size());
  std::copy(text.begin(), text.end(), copy);
  scratch_.commit(text.size());
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer_inplace(copy, text.size(), kParseFlags, pugi::encoding_utf8);
  if (parsed.status == pugi::status_out_of_memory) throw std::bad_alloc();
  if (!parsed) return Unreadable::not_xml;
  if (deeper_than(document, kMaxRecordDepth)) return Unreadable::too_deep;

  for (const pugi::xml_node node : document.child("Event").children()) {
    const std::string_view name = view(node.name());
    if (name == "System") {
      take_system(node, record);
    } else if (name == "EventData") {
      take_data(node, record);
    } else if (name == "UserData") {
      take_data(node.first_child(), record);
    }
  }
  return Unreadable::none;
}

}  // namespace c2watch::parse
