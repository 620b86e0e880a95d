#include "core/parse/xml_scanner.h"

#include "core/parse/bytes.h"
#include "core/parse/entities.h"

namespace c2watch::parse {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool all_blank(std::string_view text) {
  for (const char c : text) {
    if (!is_blank(c)) return false;
  }
  return true;
}

}  // namespace

XmlScanner::Answer XmlScanner::scan() {
  do {
    at_ = find_either(at_, end_, '<', '&', end_);
    if (at_ != end_ && *at_ == '&') {
      leaf_has_references_ = true;
      at_ = find_byte(at_, end_, '<', end_);
    }
    if (end_ - at_ < 4) return Answer::declined;  // "<a/>" is the shortest tag
    if (!(at_[1] == '/' ? end_tag() : start_tag())) return answer_;
  } while (depth_ != 0);
  return Answer::read;
}

// At '<': takes the tag, opens the element or, for an empty one, finishes it.
bool XmlScanner::start_tag() {
  if (leaf_.wanted()) return false;  // an element inside a value
  if (part_ == Scope::data && depth_ == 2 && !user_data_ && start_named_data()) return true;
  const char* const begin = ++at_;
  if (!is_name_start(*at_)) return false;
  while (at_ != end_ && is_name_char(*at_)) ++at_;
  const std::string_view element(begin, static_cast<std::size_t>(at_ - begin));
  if (depth_ != 0 && element == "Event") return false;  // an event inside an event
  if (depth_ == open_.size()) return answer_ = Answer::too_deep, false;
  open_[depth_++] = element;

  if (depth_ == 2) {
    part_ = element == "System"                               ? Scope::system
            : element == "EventData" || element == "UserData" ? Scope::data
                                                              : Scope::none;
    user_data_ = element == "UserData";
  }
  bool closed = false;
  if (!attributes(element, closed)) return false;
  if (!closed) {
    leaf_text_ = at_;
    leaf_has_references_ = false;
    return true;
  }
  return --depth_ != 0 && finish_leaf({});  // <Event/> is no event
}

// Nine tags of ten: <Data Name='...'> with nothing odd in it. False, and nothing changed,
// otherwise.
bool XmlScanner::start_named_data() {
  constexpr std::string_view kOpening = "<Data Name=";
  const char* const name = at_ + kOpening.size() + 1;
  if (end_ - at_ <= static_cast<std::ptrdiff_t>(kOpening.size()) + 1 ||
      !equal_bytes(at_, kOpening.data(), kOpening.size()) ||
      (name[-1] != '\'' && name[-1] != '"')) {
    return false;
  }
  const char* const close = find_byte(name, end_, name[-1], end_);
  if (end_ - close < 2 || close[1] != '>' || find_either(name, close, '<', '&', end_) != close) {
    return false;
  }
  const Slot slot = find_name(Scope::data, {name, static_cast<std::size_t>(close - name)}).slot;
  leaf_ = {slot == Slot::data_list ? Slot::none : slot, false};
  open_[depth_++] = kOpening.substr(1, 4);
  leaf_text_ = at_ = close + 2;
  leaf_has_references_ = false;
  return true;
}

// After an element's name: its attributes, and the end of the tag.
bool XmlScanner::attributes(std::string_view element, bool& closed) {
  std::string_view data_name;
  bool has_data_name = false;
  if (at_ != end_ && *at_ == '>') {
    ++at_;
    leaf_ = leaf_of(element, data_name, has_data_name);
    return true;
  }
  const bool in_system = part_ == Scope::system && depth_ == 3;
  const Scope wanted = in_system && at_ != end_ && *at_ != '/'
                           ? find_name(Scope::system, element).opens
                           : Scope::none;
  for (;;) {
    const bool blank = at_ != end_ && is_blank(*at_);
    while (at_ != end_ && is_blank(*at_)) ++at_;
    if (at_ == end_) return false;
    if (*at_ == '>') {
      ++at_;
      break;
    }
    if (*at_ == '/') {
      if (end_ - at_ < 2 || at_[1] != '>') return false;
      at_ += 2;
      closed = true;
      break;
    }
    const char* const begin = at_;
    if (!blank || !is_name_start(*at_)) return false;
    // Namespaces are declared, never used as a prefix.
    while (at_ != end_ && (is_name_char(*at_) || *at_ == ':')) ++at_;
    const std::string_view name(begin, static_cast<std::size_t>(at_ - begin));
    if (end_ - at_ < 3 || at_[0] != '=' || (at_[1] != '"' && at_[1] != '\'')) return false;
    const char quote = at_[1];
    at_ += 2;
    const char* const close = find_byte(at_, end_, quote, end_);
    if (close == end_ || find_either(at_, close, '<', '&', end_) != close) return false;
    const std::string_view value(at_, static_cast<std::size_t>(close - at_));
    at_ = close + 1;
    if (!has_data_name && name == "Name" && part_ == Scope::data) {
      data_name = value;
      has_data_name = true;
    } else if (wanted == Scope::provider || wanted == Scope::time_created) {
      const Slot slot = find_name(wanted, name).slot;
      if (slot != Slot::none) record_.set(slot, value);
    }
  }
  leaf_ = leaf_of(element, data_name, has_data_name);
  return true;
}

XmlScanner::Leaf XmlScanner::leaf_of(std::string_view element, std::string_view data_name,
                                     bool has_data_name) const {
  if (part_ == Scope::system && depth_ == 3) return {find_name(Scope::system, element).slot, false};
  if (part_ != Scope::data || depth_ != (user_data_ ? 4u : 3u)) return {};
  if (!has_data_name && element == "Data") return {Slot::none, true};
  const Slot slot = find_name(Scope::data, has_data_name ? data_name : element).slot;
  return {slot == Slot::data_list ? Slot::none : slot, false};
}

// At "</": the element that is open last must be the one that ends.
bool XmlScanner::end_tag() {
  const char* const tag = at_;
  at_ += 2;
  if (depth_ == 0) return false;
  const std::string_view name = open_[--depth_];
  if (static_cast<std::size_t>(end_ - at_) <= name.size() ||
      !equal_bytes(at_, name.data(), name.size()) || at_[name.size()] != '>') {
    return false;
  }
  at_ += name.size() + 1;
  if (!leaf_.wanted()) return true;
  return finish_leaf({leaf_text_, static_cast<std::size_t>(tag - leaf_text_)});
}

bool XmlScanner::finish_leaf(std::string_view text) {
  const Leaf leaf = leaf_;
  leaf_ = {};
  if (!leaf.wanted()) return true;
  std::string_view decoded;
  if (!text.empty() && is_blank(text.front()) && all_blank(text)) text = {};
  if (!leaf_has_references_) {
    decoded = text;
  } else if (!decode_entities(text, scratch_, decoded)) {
    return false;
  }
  if (leaf.insert) {
    record_.add_insert(decoded);
  } else {
    record_.set(leaf.slot, decoded);
  }
  return true;
}

}  // namespace c2watch::parse
