#include "core/parse/message_text.h"

#include <algorithm>
#include <span>

#include "core/parse/schemas.h"

namespace c2watch::parse {
namespace {

constexpr auto kNone = std::string_view::npos;

// 4698 has captions of its own in its message.
constexpr Column kTaskCaptions[] = {
    {"Security ID"},
    {"Account Name", Slot::subject_user_name},
    {"Account Domain", Slot::subject_domain_name},
    {"Logon ID"},
    {"Task Information"},
    {"Task Name", Slot::task_name},
    {"Task Content", Slot::task_content},
    {"Other Information"},
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// One blank belongs to "Key: ", the rest of the value is kept up to the line's end.
std::string_view value_of(std::string_view text, bool one_line) {
  if (one_line) return trimmed(text);
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Where "name:" begins, at a line's start; in text that was folded into one line, at a word's
// start.
std::size_t find_key(std::string_view text, std::string_view name, std::size_t from,
                     bool one_line) {
  for (std::size_t at = text.find(name, from); at != kNone; at = text.find(name, at + 1)) {
    const std::size_t colon = at + name.size();
    if (colon >= text.size() || text[colon] != ':') continue;
    std::size_t before = at;
    while (before > 0 && text[before - 1] == '\t') --before;  // captions may be indented
    if (before == 0 || text[before - 1] == '\n' || (one_line && is_blank(text[before - 1]))) {
      return at;
    }
  }
  return kNone;
}

// Where the next column begins that every version of the event has. Columns that some versions lack
// stand before it, or not at all: behind it, their names are part of a value.
std::size_t find_next_required(std::string_view text, std::span<const Column> columns,
                               std::size_t from, bool one_line) {
  const auto column =
      std::find_if(columns.begin(), columns.end(), [](const Column& c) { return !c.may_be_empty; });
  return column == columns.end() ? kNone : find_key(text, column->name, from, one_line);
}

bool read_pairs(std::string_view text, std::span<const Column> columns, RawRecord& record) {
  const bool one_line = text.find('\n') == kNone;
  bool found = false;
  Slot open = Slot::none;
  std::size_t value = 0, from = 0, required = 0;
  bool required_known = false;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const Column& column = columns[c];
    if (column.may_be_empty && !required_known) {
      required = find_next_required(text, columns.subspan(c), from, one_line);
      required_known = true;
    }
    const std::size_t key = !column.may_be_empty && required_known
                                ? required
                                : find_key(text, column.name, from, one_line);
    if (!column.may_be_empty) required_known = false;
    if (key == kNone || (column.may_be_empty && key > required)) continue;
    if (open != Slot::none) record.set(open, value_of(text.substr(value, key - value), one_line));
    found |= column.slot != Slot::none;
    open = column.slot;
    value = from = key + column.name.size() + 1;
  }
  if (open != Slot::none) record.set(open, value_of(text.substr(value), one_line));
  return found;
}

// Takes what stands before `end` off `text`, and `end` with it. False if there is no `end`.
bool take_until(std::string_view& text, std::string_view end, std::string_view& taken) {
  const std::size_t at = text.find(end);
  if (at == kNone) return false;
  taken = trimmed(text.substr(0, at));
  text.remove_prefix(at + end.size());
  return true;
}

// "DNS query is completed for the name x, type 1, query options 0 with status 9003 Results ..."
bool read_dns_client(std::string_view text, RawRecord& record) {
  std::string_view ignored, name, status;
  if (!take_until(text, "for the name ", ignored) || !take_until(text, ", type ", name) ||
      !take_until(text, " with status ", ignored) || !take_until(text, " Results", status)) {
    return false;
  }
  record.set(Slot::query_name, name);
  record.set(Slot::query_status, status);
  record.set(Slot::query_results, trimmed(text));
  return true;
}

// "Creating Scriptblock text (1 of 1):", the script, "ScriptBlock ID: ..."
bool read_script_block(std::string_view text, RawRecord& record) {
  std::string_view ignored;
  const std::size_t end = text.rfind("ScriptBlock ID:");  // the script may hold others
  if (end == kNone) return false;
  text = text.substr(0, end);
  if (!take_until(text, "):", ignored)) return false;
  record.set(Slot::script_block_text, trimmed(text));
  return true;
}

}  // namespace

bool read_message(std::string_view message, Kind kind, RawRecord& record) {
  switch (kind) {
    case Kind::process_create:
    case Kind::network_connect:
    case Kind::dns_query:
      return read_pairs(message, columns_of(kind), record);
    case Kind::task_created: {
      const bool found = read_pairs(message, kTaskCaptions, record);
      // Captions are indented by tabs, also before their value.
      for (const Slot slot : {Slot::subject_user_name, Slot::subject_domain_name, Slot::task_name,
                              Slot::task_content}) {
        if (record.has(slot)) record.replace(slot, trimmed(record[slot]));
      }
      return found;
    }
    case Kind::script_block:
      return read_script_block(message, record);
    case Kind::dns_client:
      return read_dns_client(message, record);
    case Kind::network_record:
    case Kind::other:
      return false;
  }
  return false;
}

}  // namespace c2watch::parse
