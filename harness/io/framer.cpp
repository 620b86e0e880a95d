#include "harness/io/framer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

namespace c2watch::harness {
namespace {

using std::string_view;
constexpr auto npos = string_view::npos;

constexpr string_view kEventEnd = "</Event>";
constexpr string_view kByteOrderMark = "\xEF\xBB\xBF";

// 64: twice what the plugin reads. Deeper is hostile, and the limit keeps rescans linear.
constexpr std::size_t kMaxDepth = 64;

// Lines longer than this without an end are handed on in pieces: junk needs no memory.
constexpr std::size_t kMaxJunkBytes = std::size_t{1} << 20;

// More open brackets than this are hostile; forgetting some only makes their ']' junk.
constexpr int kMaxOpenArrays = 1024;

// \x1e separates the records of RFC 7464 JSON sequences.
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\x1e';
}

std::size_t first_not_space(string_view s, std::size_t from = 0) {
  while (from < s.size() && is_space(s[from])) ++from;
  return from;
}

// Where `needle` begins in `s`, by memmem: the standard library's find is a byte loop.
std::size_t find(string_view s, string_view needle, std::size_t from = 0) {
  if (from > s.size()) return npos;
  const void* hit = memmem(s.data() + from, s.size() - from, needle.data(), needle.size());
  return hit == nullptr ? npos : static_cast<std::size_t>(static_cast<const char*>(hit) - s.data());
}

// "<Event" and then the end of the name: not <EventData>, not <Events>.
std::size_t find_event_start(string_view s, std::size_t from = 0) {
  for (std::size_t at = find(s, "<Event", from); at != npos; at = find(s, "<Event", at + 1)) {
    const std::size_t after = at + 6;
    if (after == s.size() || s[after] == '>' || s[after] == '/' || is_space(s[after])) return at;
  }
  return npos;
}

bool begins_record(string_view line) {
  return !line.empty() && (line[0] == '{' || find_event_start(line.substr(0, 7)) == 0);
}

// The first line after the first that begins a record; npos if none does.
std::size_t next_record_line(string_view s) {
  for (std::size_t nl = s.find('\n'); nl != npos; nl = s.find('\n', nl + 1))
    if (begins_record(s.substr(nl + 1))) return nl + 1;
  return npos;
}

enum class Scan { complete, incomplete, broken };
struct ScanResult {
  Scan how;
  std::size_t at;  // complete: one past the end; broken: where it went wrong
};

// Follows the brackets of the JSON object that `s` begins with. Not a parser: it checks only what
// tells a record that breaks off from one that goes on, which is a line end inside a string, a
// closing bracket of the wrong kind, '{' where JSON allows none, and bytes that JSON has no use
// for.
ScanResult scan_object(string_view s) {
  char stack[kMaxDepth];
  std::size_t depth = 0;
  char last = ':';  // the last byte outside strings that is not white space
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (is_space(c)) continue;
    switch (c) {
      case '"':
        for (++i; i < s.size() && s[i] != '"'; ++i) {
          if (s[i] == '\\') ++i;
          if (i < s.size() && s[i] == '\n') return {Scan::broken, i};
        }
        break;
      case '{': {
        const bool allowed =
            last == ':' || last == '[' || (last == ',' && depth > 0 && stack[depth - 1] == '[');
        if (!allowed || depth == kMaxDepth) return {Scan::broken, i};
        stack[depth++] = c;
        break;
      }
      case '[':
        if (depth == kMaxDepth) return {Scan::broken, i};
        stack[depth++] = c;
        break;
      case '}':
      case ']':
        if (stack[depth - 1] != (c == '}' ? '{' : '[')) return {Scan::broken, i};
        if (--depth == 0) return {Scan::complete, i + 1};
        break;
      default:
        // What numbers, true, false and null are made of; anything else is text.
        if (string_view(":,0123456789+-.eEtrufalsn").find(c) == npos) return {Scan::broken, i};
        break;
    }
    last = c;
  }
  return {Scan::incomplete, s.size()};
}

// True when `line` is surely one object: it ends with '}', and no '{' follows a '}' directly, as it
// does when two objects share a line.
bool is_one_object(string_view line) {
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  if (line.size() < 2 || line.back() != '}') return false;
  for (std::size_t at = line.find('{', 1); at != npos; at = line.find('{', at + 1)) {
    std::size_t before = at;
    while (before > 0 && is_space(line[before - 1])) --before;
    if (before > 0 && line[before - 1] == '}') return false;
  }
  return true;
}

NonRecord classify(string_view line) {
  for (const char c : line)
    if (static_cast<unsigned char>(c) < 0x20 && !is_space(c) && c != '\f' && c != '\x1b')
      return NonRecord::binary;
  return NonRecord::text;
}

}  // namespace

void Framer::feed(string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    consumed_ += begin_;
    begin_ = 0;
  }
  buffer_.append(bytes);
  while (begin_ < buffer_.size() && buffer_.size() - begin_ >= needed_ && step(false)) needed_ = 0;
}

void Framer::flush_complete() {
  needed_ = 0;
  flushing_ = true;
  feed({});
  flushing_ = false;
}

void Framer::finish() {
  while (begin_ < buffer_.size() && step(true)) {
  }
  assert(begin_ == buffer_.size());
  consumed_ += begin_;
  buffer_.clear();
  begin_ = needed_ = 0;
  arrays_ = 0;
  skipping_line_ = false;
}

bool Framer::step(bool at_end) {
  string_view rest(buffer_);
  rest.remove_prefix(begin_);

  if (skipping_line_) {
    const std::size_t nl = rest.find('\n');
    skipping_line_ = nl == npos;
    skip(nl == npos ? rest.size() : nl + 1);
    return true;
  }
  if (const std::size_t spaces = first_not_space(rest); spaces > 0) return skip(spaces), true;
  if (rest[0] == kByteOrderMark[0]) {
    if (rest.size() < kByteOrderMark.size() && !at_end) return false;
    if (rest.starts_with(kByteOrderMark)) return skip(kByteOrderMark.size()), true;
  }
  switch (rest[0]) {
    case '{':
      return step_json(rest, at_end);
    case '<':
      return step_xml(rest, at_end);
    case '[': {  // an array of objects is its objects
      const std::size_t next = first_not_space(rest, 1);
      if (next == rest.size() && !at_end && next < kMaxJunkBytes) return false;
      if (next == rest.size() || rest[next] == '{' || rest[next] == '[' || rest[next] == ']')
        return arrays_ = std::min(arrays_ + 1, kMaxOpenArrays), skip(1), true;
      return step_line(rest, at_end);
    }
    case ',':
    case ']':
      if (arrays_ == 0) return step_line(rest, at_end);
      arrays_ -= rest[0] == ']';
      return skip(1), true;
    default:
      return step_line(rest, at_end);
  }
}

bool Framer::step_json(string_view rest, bool at_end) {
  const std::size_t nl = rest.find('\n');
  if (nl != npos && is_one_object(rest.substr(0, nl))) {
    const std::size_t next = first_not_space(rest, nl);
    const bool last_so_far = next == rest.size() && !at_end && next - nl < kMaxJunkBytes;
    if (last_so_far && !flushing_) return false;
    // The line after it begins afresh, so this line is a record, whole or broken.
    if (!last_so_far && (next == rest.size() || rest[next] == '{')) return take_record(nl), true;
  }
  const ScanResult scan = scan_object(rest);
  if (scan.how == Scan::complete) return take_record(scan.at), true;
  if (scan.how == Scan::incomplete) return wait_or_cut(rest, at_end);

  // Broken: what stands before the line in which it broke, or that line if it is the first.
  std::size_t cut = rest.rfind('\n', scan.at);
  if (cut == npos) cut = nl;
  if (cut == npos) return wait_or_cut(rest, at_end);
  return take_record(cut), true;
}

bool Framer::step_xml(string_view rest, bool at_end) {
  if (rest.size() < 10 && !at_end) return false;  // "<!DOCTYPE " is the longest opening
  if (rest.starts_with("<?") || rest.starts_with("<!--")) {
    const string_view end = rest[1] == '?' ? "?>" : "-->";
    const std::size_t at = find(rest, end);
    if (at != npos) return skip(at + end.size()), true;
    return wait_or_cut(rest, at_end);
  }
  if (rest.starts_with("<Events") || rest.starts_with("</Events")) {
    const std::size_t at = rest.find('>');
    if (at != npos) return skip(at + 1), true;
    return wait_or_cut(rest, at_end);
  }
  // A document type goes to the plugin with the event that it decorates: refusing it is its job.
  const bool doctype = rest.starts_with("<!DOCTYPE");
  const std::size_t start = doctype ? find_event_start(rest) : 0;
  if (!doctype && find_event_start(rest.substr(0, 7)) != 0) return step_line(rest, at_end);
  if (start == npos) return wait_or_cut(rest, at_end);

  const std::size_t end = find(rest, kEventEnd, start);
  const std::size_t again = find_event_start(rest.substr(0, end), start + 1);
  if (again != npos && (end != npos || rest.size() > again + 6)) return take_record(again), true;
  if (end != npos) return take_record(end + kEventEnd.size()), true;
  return wait_or_cut(rest, at_end);
}

// A line that begins no record. It may carry one behind a header, as syslog lines do.
bool Framer::step_line(string_view rest, bool at_end) {
  const std::size_t nl = rest.find('\n');
  if (nl == npos && !at_end && rest.size() < kMaxJunkBytes) {
    needed_ = rest.size() + 1;
    return false;
  }
  const string_view line = rest.substr(0, nl);
  if (const std::size_t event = find_event_start(line); event != npos && event > 0)
    return skip(event), true;
  if (const std::size_t object = line.find("{\""); object != npos) {
    const ScanResult scan = scan_object(line.substr(object));
    const bool alone =
        scan.how == Scan::complete && first_not_space(line, object + scan.at) == line.size();
    if (alone) return skip(object), true;
  }
  take_non_record(line.size());
  return true;
}

// The record at the front has no end yet. Looks again when there is twice as much, so that a
// record of n bytes costs 2n; at the end of the stream, or when it outgrows every bound, cuts it
// before the next line that begins a record.
bool Framer::wait_or_cut(string_view rest, bool at_end) {
  if (!at_end && rest.size() < kMaxFramedBytes) {
    needed_ = std::min(rest.size() * 2, kMaxFramedBytes);
    return false;
  }
  const std::size_t next = next_record_line(rest);
  if (next != npos) return take_record(next), true;
  if (at_end && rest.size() < kMaxFramedBytes) return take_record(rest.size()), true;
  sink_.non_record(NonRecord::oversize, rest.substr(0, kMaxJunkBytes), consumed_ + begin_);
  skipping_line_ = rest.back() != '\n';
  skip(rest.size());
  return true;
}

void Framer::take_record(std::size_t len) {
  string_view record(buffer_.data() + begin_, len);
  while (!record.empty() && is_space(record.back())) record.remove_suffix(1);
  sink_.record(record, consumed_ + begin_);
  skip(len);
}

void Framer::take_non_record(std::size_t len) {
  string_view line(buffer_.data() + begin_, len);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  sink_.non_record(classify(line), line, consumed_ + begin_);
  skip(len);
}

}  // namespace c2watch::harness
