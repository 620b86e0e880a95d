#include "core/parse/text_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/parse/field_names.h"

namespace c2watch::parse {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kSnare = "MSWinEventLog\t";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == kNone) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view line_at_front(std::string_view text) { return text.substr(0, text.find('\n')); }

// Snare's columns after its name: only what names the record, and the message.
constexpr std::array kSnareColumns = {
    Slot::none, Slot::channel, Slot::none, Slot::none,     Slot::event_id, Slot::provider,
    Slot::none, Slot::none,    Slot::none, Slot::computer, Slot::none,     Slot::none,
};

// The message may hold tabs of its own. The column behind it, where there is one, is one word: a
// counter or a checksum.
std::string_view without_last_column(std::string_view text) {
  const std::size_t tab = text.rfind('\t');
  if (tab == kNone) return text;
  const std::string_view column = trimmed(text.substr(tab + 1));
  return column.find(' ') == kNone ? text.substr(0, tab) : text;
}

void read_snare(std::string_view text, RawRecord& record) {
  for (const Slot slot : kSnareColumns) {
    const std::size_t tab = text.find('\t');
    if (slot != Slot::none) record.set(slot, trimmed(text.substr(0, tab)));
    if (tab == kNone) return;
    text.remove_prefix(tab + 1);
  }
  record.set(Slot::message, trimmed(without_last_column(text)));
}

std::string_view value_of(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.back() == ';') text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

// The name before the '=' of a line, and its meaning. None: the line names nothing of a record.
Slot name_at_front(std::string_view line, std::size_t& equals) {
  equals = line.find('=');
  if (equals == kNone) return Slot::none;
  const Slot slot = find_name(Scope::system, trimmed(line.substr(0, equals))).slot;
  return slot == Slot::inserts ? Slot::none : slot;
}

// What stands behind the message in Sumo's text. Windows' management sorts attributes by name.
struct Attribute {
  std::string_view name;
  Slot slot = Slot::none;
};
constexpr Attribute kAfterMessage[] = {
    {"RecordNumber", Slot::record_id},
    {"SourceName", Slot::provider},
    {"TimeGenerated", Slot::time_generated},
    {"TimeWritten"},
    {"Type"},
    {"User"},
};

// Takes the attributes off the end, the last one first. Each comes once and in its order, so that no
// line of the message can pass for one.
void take_attributes(std::string_view& text, RawRecord& record) {
  std::span<const Attribute> left(kAfterMessage);
  const std::size_t first_line_end = std::min(text.find('\n'), text.size());
  while (text.size() > first_line_end) {
    const std::size_t begin = text.rfind('\n') + 1;
    const std::string_view line = trimmed(text.substr(begin));
    if (!line.empty() && line != "};") {
      const std::size_t equals = std::min(line.find('='), line.size());
      const std::string_view name = trimmed(line.substr(0, equals));
      while (!left.empty() && left.back().name != name) left = left.first(left.size() - 1);
      if (left.empty() || line.back() != ';') return;
      const Slot slot = left.back().slot;
      if (slot != Slot::none) record.set(slot, value_of(line.substr(equals + 1)));
      left = left.first(left.size() - 1);
    }
    text = text.substr(0, begin - 1);
  }
}

// The message runs over many lines, and may hold any text. Splunk's and Fluent Bit's is the last
// value. Sumo's stands in quotes, with attributes behind it.
void read_message_and_rest(std::string_view text, RawRecord& record) {
  text = trimmed(text);
  if (text.empty() || text.front() != '"') return record.set(Slot::message, text);
  text.remove_prefix(1);
  take_attributes(text, record);
  text = trimmed(text);
  if (text.ends_with("\";")) text.remove_suffix(2);
  record.set(Slot::message, text);
}

void read_lines(std::string_view text, RawRecord& record) {
  while (!text.empty()) {
    const std::string_view line = line_at_front(text);
    std::size_t equals = 0;
    const Slot slot = name_at_front(line, equals);
    if (slot == Slot::message) return read_message_and_rest(text.substr(equals + 1), record);
    if (slot != Slot::none) record.set(slot, value_of(line.substr(equals + 1)));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

bool is_snare(std::string_view text) { return line_at_front(text).find(kSnare) != kNone; }

}  // namespace

bool is_text(std::string_view head) {
  if (is_snare(head)) return true;
  while (!head.empty()) {
    const std::string_view line = line_at_front(head);
    std::size_t equals = 0;
    if (name_at_front(line, equals) != Slot::none) return true;
    head.remove_prefix(std::min(line.size() + 1, head.size()));
  }
  return false;
}

bool read_text(std::string_view text, RawRecord& record) {
  if (is_snare(text)) {
    read_snare(text.substr(text.find(kSnare) + kSnare.size()), record);
  } else {
    read_lines(text, record);
  }
  return record.has(Slot::event_id);
}

}  // namespace c2watch::parse
