#include "core/parse/text_reader.h"

#include <array>

#include "core/parse/field_names.h"

namespace c2watch::parse {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kSnare = "MSWinEventLog\t";
constexpr std::string_view kMessage = "Message";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == kNone) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Snare's columns after its name: only what names the record, and the message.
constexpr std::array kSnareColumns = {
    Slot::none,     Slot::channel, Slot::none,    Slot::none, Slot::event_id,
    Slot::provider, Slot::none,    Slot::none,    Slot::none, Slot::computer,
    Slot::none,     Slot::none,    Slot::message,
};

void read_snare(std::string_view text, RawRecord& record) {
  for (const Slot slot : kSnareColumns) {
    const std::size_t tab = text.find('\t');
    if (slot != Slot::none) record.set(slot, trimmed(text.substr(0, tab)));
    if (tab == kNone) return;
    text.remove_prefix(tab + 1);
  }
}

// Sumo's and Splunk's message runs over many lines; Sumo's ends with a quote of its own.
std::string_view message_of(std::string_view rest) {
  rest = trimmed(rest);
  if (rest.empty() || rest.front() != '"') return rest;
  rest.remove_prefix(1);
  const std::size_t end = rest.find("\";\n");
  const std::size_t windows_end = rest.find("\";\r\n");
  return rest.substr(0, end < windows_end ? end : windows_end);
}

std::string_view value_of(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.back() == ';') text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

void read_lines(std::string_view text, RawRecord& record) {
  while (!text.empty()) {
    const std::size_t line_end = text.find('\n');
    const std::string_view line = text.substr(0, line_end);
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    std::size_t taken = line_end == kNone ? text.size() : line_end + 1;
    if (equals != kNone && key == kMessage) {
      const std::string_view message = message_of(text.substr(equals + 1));
      record.set(Slot::message, message);
      taken = static_cast<std::size_t>(message.data() + message.size() - text.data());
      if (message.empty()) taken = line_end == kNone ? text.size() : line_end + 1;
    } else if (equals != kNone) {
      const Slot slot = find_name(Scope::system, key).slot;
      if (slot != Slot::none && slot != Slot::inserts) {
        record.set(slot, value_of(line.substr(equals + 1)));
      }
    }
    text.remove_prefix(taken);
  }
}

}  // namespace

bool read_text(std::string_view text, RawRecord& record) {
  const std::size_t snare = text.find(kSnare);
  if (snare != kNone) {
    read_snare(text.substr(snare + kSnare.size()), record);
  } else {
    read_lines(text, record);
  }
  return record.has(Slot::event_id);
}

}  // namespace c2watch::parse
