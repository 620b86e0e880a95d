// RawRecord: what a reader found, by meaning but still as text: the step between a wire shape and
// an Event. Every shape's reader fills one; normalise() alone turns it into an Event.
//
// TEXT      Numbers and booleans are kept as they were written: 443, "443" and 443.0 meet again in
//           normalise(). Views live as long as the reader's input and scratch.
// FIRST     wins: a slot that has a value keeps it, unless the value was set_weak().
// COST      clear() touches two words, not the slots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace c2watch::parse {

// A meaning that a name in some shape can have. Where shapes disagree on how trustworthy a name is,
// each rank has its own slot and normalise() picks the best one that is filled.
enum class Slot : std::uint8_t {
  none,
  // Which record this is.
  event_id,
  channel,
  provider,
  record_id,
  computer,   // Computer, winlog.computer_name: the machine that logged
  hostname,   // NXLog's Hostname: the same, when there is no Computer
  host_name,  // ECS host.name: perhaps the collector's
  // When, best first.
  utc_time,
  time_created,
  at_timestamp,    // @timestamp: Winlogbeat's TimeCreated, Logstash's arrival
  time_generated,  // Sentinel
  event_time,      // NXLog: no zone, local in some set-ups
  received_time,   // NXLog's EventReceivedTime, by the same clock
  cse_timestamp,   // Sumo CSE, milliseconds
  // The acting process.
  process_guid,
  process_id,
  image,
  user,
  command_line,
  original_file_name,
  parent_process_guid,
  parent_image,
  parent_command_line,
  // The connection.
  application,
  source_hostname,
  source_ip,
  source_port,
  destination_ip,
  destination_hostname,
  destination_port,
  protocol,
  initiated,
  direction,  // ECS network.direction
  // The lookup.
  query_name,
  query_status,
  query_results,
  // The task.
  task_name,
  task_content,
  subject_user_name,
  subject_domain_name,
  // The script.
  script_block_text,
  // Text that may hold the record itself, or its fields once more.
  event_data,  // EventData as JSON or XML text
  system_xml,  // Fluent Bit's System, which holds the whole Event XML
  xml,
  original,
  message,
  log,
  body,
  // Marks of a shape; their values mean nothing.
  nxlog_mark,
  cse_mark,
  // Lists: StringInserts, and EventData/Data with or without names.
  inserts,
  data_list,
  // An element of EventData as a list, by parts: its name and its text.
  item_name,
  item_text,
};
inline constexpr std::size_t kSlots = static_cast<std::size_t>(Slot::item_text) + 1;
constexpr bool is_list(Slot s) { return s == Slot::inserts || s == Slot::data_list; }
static_assert(kSlots <= 64, "one bit a slot in RawRecord");

// More than any positional schema we know (EID 1 has 23).
inline constexpr std::size_t kMaxInserts = 32;

class RawRecord {
 public:
  void clear() {
    filled_ = seen_ = escaped_ = weak_ = 0;
    insert_count_ = 0;
  }

  // The text of a slot, empty if it has none.
  std::string_view operator[](Slot s) const {
    return (filled_ & bit(s)) != 0 ? text_[index(s)] : std::string_view{};
  }
  // True if the shape had the name at all, with or without a value.
  bool seen(Slot s) const { return (seen_ & bit(s)) != 0; }
  bool has(Slot s) const { return (filled_ & bit(s)) != 0; }
  bool any() const { return seen_ != 0; }
  bool any(Slot first, Slot last) const {
    return (filled_ & ((bit(last) << 1) - 1) & ~(bit(first) - 1)) != 0;
  }

  void set(Slot s, std::string_view text) {
    seen_ |= bit(s);
    if (text.empty() || (filled_ & ~weak_ & bit(s)) != 0) return;
    filled_ |= bit(s);
    weak_ &= ~bit(s);
    text_[index(s)] = text;
  }
  // A value that gives way to any other: ECS says `user.name` about the log's owner, too.
  void set_weak(Slot s, std::string_view text) {
    seen_ |= bit(s);
    if (text.empty() || has(s)) return;
    filled_ |= bit(s);
    weak_ |= bit(s);
    text_[index(s)] = text;
  }
  bool weak(Slot s) const { return (weak_ & bit(s)) != 0; }

  // Swaps the text of a filled slot for its decoded form.
  void replace(Slot s, std::string_view text) {
    escaped_ &= ~bit(s);
    text_[index(s)] = text;
    if (text.empty()) filled_ &= ~bit(s), weak_ &= ~bit(s);
  }

  // A text that is still JSON-escaped: large and seldom needed, so decoded when asked for.
  void set_escaped(Slot s, std::string_view text) {
    if (!has(s) && !text.empty()) escaped_ |= bit(s);
    set(s, text);
  }
  bool escaped(Slot s) const { return (escaped_ & bit(s)) != 0; }

  // Positional values. Those beyond kMaxInserts are counted, not kept.
  void add_insert(std::string_view text) {
    if (insert_count_ < kMaxInserts) inserts_[insert_count_] = text;
    ++insert_count_;
  }
  std::size_t insert_count() const { return insert_count_; }
  std::string_view insert(std::size_t i) const { return inserts_[i]; }

 private:
  static constexpr std::size_t index(Slot s) { return static_cast<std::size_t>(s); }
  static constexpr std::uint64_t bit(Slot s) { return std::uint64_t{1} << index(s); }

  // INVARIANT: filled_ is a subset of seen_; escaped_ and weak_ are subsets of filled_.
  std::uint64_t filled_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t escaped_ = 0;
  std::uint64_t weak_ = 0;
  std::array<std::string_view, kSlots> text_;
  std::array<std::string_view, kMaxInserts> inserts_;
  std::size_t insert_count_ = 0;
};

}  // namespace c2watch::parse
