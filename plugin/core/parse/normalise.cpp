#include "core/parse/normalise.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "core/parse/entities.h"

namespace c2watch::parse {
namespace {

constexpr std::uint64_t kMaxPort = 65'535;
constexpr std::uint64_t kMaxEventId = 65'535;  // 16 bits in Windows' own header
constexpr std::uint64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char x, char y) { return lower(x) == lower(y); }) != text.end();
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) {
    return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
  };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view or_null(std::string_view text) {
  return is_null(text) ? std::string_view{} : text;
}

// True where the record does not say otherwise: no channel and no provider, or one of them fits.
bool from(const RawRecord& record, std::string_view usual_channel, std::string_view log) {
  const std::string_view channel = record[Slot::channel], provider = record[Slot::provider];
  if (channel == usual_channel || (channel.empty() && provider.empty())) return true;
  return contains_ignoring_case(channel, log) || contains_ignoring_case(provider, log);
}

bool from_security(const RawRecord& record) {
  const std::string_view channel = record[Slot::channel], provider = record[Slot::provider];
  if (channel.empty() && provider.empty()) return true;
  return equals_ignoring_case(channel, "Security") ||
         contains_ignoring_case(provider, "Security-Auditing");
}

bool from_sysmon(const RawRecord& record) {
  return from(record, "Microsoft-Windows-Sysmon/Operational", "sysmon");
}

Kind kind_of(std::uint32_t event_id, const RawRecord& record) {
  switch (event_id) {
    case 1:
      return from_sysmon(record) ? Kind::process_create : Kind::other;
    case 3:
      return from_sysmon(record) ? Kind::network_connect : Kind::other;
    case 22:
      return from_sysmon(record) ? Kind::dns_query : Kind::other;
    case 4698:
      return from_security(record) ? Kind::task_created : Kind::other;
    case 4104:
      return from(record, "Microsoft-Windows-PowerShell/Operational", "powershell")
                 ? Kind::script_block
                 : Kind::other;
    case 3008:
      return from(record, "Microsoft-Windows-DNS-Client/Operational", "dns-client")
                 ? Kind::dns_client
                 : Kind::other;
    default:
      return Kind::other;
  }
}

// Sumo's mapping gives names of its own; any of them marks a record without an event id as CSE.
bool is_cse(const RawRecord& record) {
  return record.seen(Slot::cse_mark) ||
         (record.seen(Slot::cse_timestamp) &&
          (record.seen(Slot::destination_ip) || record.seen(Slot::destination_hostname) ||
           record.seen(Slot::source_hostname) || record.seen(Slot::destination_port)));
}

std::int32_t port(std::string_view text) {
  std::uint64_t value = 0;
  return parse_number(text, kMaxPort, value) ? static_cast<std::int32_t>(value) : kNoPort;
}

std::uint32_t uint32_or_zero(std::string_view text) {
  std::uint64_t value = 0;
  parse_number(text, kMaxUint32, value);
  return static_cast<std::uint32_t>(value);
}

Initiated initiated(const RawRecord& record) {
  const std::string_view text = record[Slot::initiated];
  if (equals_ignoring_case(text, "true") || text == "1") return Initiated::yes;
  if (equals_ignoring_case(text, "false") || text == "0") return Initiated::no;
  const std::string_view direction = record[Slot::direction];
  if (direction == "egress" || direction == "outbound") return Initiated::yes;
  if (direction == "ingress" || direction == "inbound") return Initiated::no;
  return Initiated::unknown;
}

// Elastic's Sysmon module writes the status as a word.
struct StatusWord {
  std::string_view word;
  std::uint32_t status;
};
constexpr StatusWord kStatusWords[] = {
    {"SUCCESS", 0},
    {"ERROR_TIMEOUT", 1460},
    {"ERROR_CANCELLED", 1223},
    {"DNS_ERROR_RCODE_SERVER_FAILURE", 9002},
    {"DNS_ERROR_RCODE_NAME_ERROR", 9003},
    {"DNS_INFO_NO_RECORDS", 9501},
    {"DNS_ERROR_BAD_PACKET", 9502},
    {"DNS_ERROR_INVALID_NAME_CHAR", 9560},
    {"DNS_ERROR_RECORD_DOES_NOT_EXIST", 9701},
};

void fill_query_status(std::string_view text, Event& event) {
  std::uint64_t value = 0;
  if (parse_number(text, kMaxUint32, value)) {
    event.query_status = static_cast<std::uint32_t>(value);
    event.has_query_status = true;
    return;
  }
  const auto* word = std::find_if(std::begin(kStatusWords), std::end(kStatusWords),
                                  [&](const StatusWord& w) { return w.word == text; });
  if (word == std::end(kStatusWords)) return;
  event.query_status = word->status;
  event.has_query_status = true;
}

// Of a text that was read as a time: "YYYY-MM-DD hh:mm:ss", with or without a fraction, and no zone.
bool lacks_zone(std::string_view text) {
  constexpr std::size_t kSecondChars = 19;
  return text.size() >= kSecondChars && text[4] == '-' &&
         std::all_of(text.begin() + kSecondChars, text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == ','; });
}

// The record's own time: the best one that can be read.
TimeText record_time(const RawRecord& record, TimeParser& times, Event& event) {
  TimeText worst = TimeText::not_a_time;
  for (const Slot slot : {Slot::time_created, Slot::at_timestamp, Slot::time_generated,
                          Slot::event_time, Slot::cse_timestamp}) {
    const std::string_view text = trimmed(record[slot]);
    if (is_null(text)) continue;
    const TimeText answer = times.parse(text, event.time_created);
    if (answer == TimeText::ok && slot == Slot::event_time && lacks_zone(text)) {
      event.local_time = event.time_created;
      const std::string_view received = trimmed(record[Slot::received_time]);
      if (lacks_zone(received)) times.parse(received, event.local_received);
    }
    if (answer == TimeText::ok) return answer;
    if (answer == TimeText::out_of_range) worst = answer;
  }
  return worst;
}

Unreadable fill_times(const RawRecord& record, TimeParser& times, Event& event) {
  const TimeText logged = record_time(record, times, event);
  const std::string_view utc_text = trimmed(record[Slot::utc_time]);
  if (!is_null(utc_text)) {
    if (times.parse(utc_text, event.utc_time) != TimeText::ok) return Unreadable::bad_time;
    event.has_utc_time = true;
    if (logged != TimeText::ok) event.time_created = event.utc_time;
    return Unreadable::none;
  }
  if (logged == TimeText::out_of_range) return Unreadable::bad_time;
  if (logged == TimeText::not_a_time) return Unreadable::no_time;
  event.utc_time = event.time_created;
  return Unreadable::none;
}

std::string_view computer(const RawRecord& record) {
  for (const Slot slot : {Slot::computer, Slot::hostname, Slot::host_name}) {
    if (!is_null(record[slot])) return record[slot];
  }
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// value * 10^exponent, if it is a whole number of 64 bits.
bool scale(std::uint64_t& value, std::int64_t exponent) {
  if (value == 0) return true;
  for (; exponent > 0; --exponent) {
    if (value > std::numeric_limits<std::uint64_t>::max() / 10) return false;
    value *= 10;
  }
  return exponent == 0;
}

// Digits with a fraction or an exponent, or many of them.
bool parse_long_number(std::string_view text, std::uint64_t& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  std::uint64_t value = 0;
  std::int64_t exponent = 0, zeros = 0;  // zeros: that `value` does not end in yet
  bool fraction = false;
  for (; p != end && (is_digit(*p) || (*p == '.' && !fraction)); ++p) {
    if (*p == '.') {
      fraction = true;
      if (end - p < 2 || !is_digit(p[1])) return false;
      continue;
    }
    exponent -= fraction;
    if (*p == '0') {
      ++zeros;
      continue;
    }
    const auto digit = static_cast<std::uint64_t>(*p - '0');
    if (!scale(value, zeros + 1) || value > std::numeric_limits<std::uint64_t>::max() - digit) {
      return false;
    }
    value += digit;
    zeros = 0;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    const bool down = ++p != end && *p == '-';
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (p == end) return false;
    // Beyond 2^32 more digits make no difference: a text has fewer to set against them.
    constexpr std::int64_t kMost = std::int64_t{1} << 32;
    std::int64_t given = 0;
    for (; p != end && is_digit(*p); ++p) given = std::min(given * 10 + (*p - '0'), kMost);
    exponent += down ? -given : given;
  }
  if (p != end || !scale(value, exponent + zeros)) return false;
  out = value;
  return true;
}

bool has_acting_process(Kind kind) {
  return kind == Kind::process_create || kind == Kind::network_connect || kind == Kind::dns_query ||
         kind == Kind::network_record;
}

}  // namespace

bool parse_number(std::string_view text, std::uint64_t max, std::uint64_t& out) {
  constexpr std::size_t kMaxDigits = 19;  // the most that cannot overflow 64 bits
  std::uint64_t value = 0;
  std::size_t digits = 0;
  const std::size_t most = std::min(text.size(), kMaxDigits);
  while (digits < most && is_digit(text[digits])) {
    value = value * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
  }
  if (digits == 0) return false;
  if (digits != text.size() && !parse_long_number(text, value)) return false;
  if (value > max) return false;
  out = value;
  return true;
}

bool lacks_all_fields(const Event& e) {
  switch (e.kind) {
    case Kind::process_create:
      return e.image.empty() && e.command_line.empty() && e.process_guid.empty() &&
             e.parent_image.empty();
    case Kind::network_connect:
      return e.image.empty() && e.process_guid.empty() && e.destination_ip.empty() &&
             e.destination_hostname.empty();
    case Kind::dns_query:
      return e.image.empty() && e.process_guid.empty() && e.query_name.empty();
    case Kind::dns_client:
      return e.query_name.empty() && !e.has_query_status;
    case Kind::task_created:
      return e.task_name.empty() && e.task_content.empty() && e.subject_user_name.empty();
    case Kind::script_block:    // PowerShell logs blocks without text, and there is no other field
    case Kind::network_record:  // Sumo's mapping gives all kinds of records the names that mark one
    case Kind::other:
      return false;
  }
  return false;
}

Unreadable identify(const RawRecord& record, Identity& identity) {
  const std::string_view text = trimmed(record[Slot::event_id]);
  if (text.empty()) {
    if (!is_cse(record)) return Unreadable::unknown_shape;
    identity = {0, Kind::network_record};
    return Unreadable::none;
  }
  std::uint64_t id = 0;
  if (!parse_number(text, kMaxEventId, id)) return Unreadable::bad_event_id;
  identity.event_id = static_cast<std::uint32_t>(id);
  identity.kind = kind_of(identity.event_id, record);
  return Unreadable::none;
}

Unreadable normalise(const RawRecord& record, const Identity& identity, TimeParser& times,
                     Scratch& scratch, Event& event) {
  event.kind = identity.kind;
  event.event_id = identity.event_id;
  event.computer = computer(record);
  event.channel = or_null(record[Slot::channel]);
  const std::string_view id = or_null(trimmed(record[Slot::record_id]));
  event.bad_record_id =
      !parse_number(id, std::numeric_limits<std::uint64_t>::max(), event.record_id) && !id.empty();
  const Unreadable time = fill_times(record, times, event);
  if (identity.kind == Kind::other) return Unreadable::none;
  if (time != Unreadable::none) return time;

  // NXLog keeps the XML's entities in its values.
  const bool entities = record.seen(Slot::nxlog_mark) || record.seen(Slot::received_time);
  const auto text = [&](Slot slot) {
    const std::string_view value = or_null(record[slot]);
    return entities ? decode_entities(value, scratch) : value;
  };
  // Guids, addresses and protocols have no letter that XML would have had to write otherwise.
  const auto plain = [&](Slot slot) { return or_null(record[slot]); };

  if (has_acting_process(identity.kind)) {
    event.process_guid = plain(Slot::process_guid);
    event.process_id = uint32_or_zero(record[Slot::process_id]);
    event.image = text(Slot::image);
    // Beside EventData, ECS' user is the log's owner: nearly always SYSTEM.
    const bool owner =
        record.weak(Slot::user) && record.has(Slot::image) && !record.weak(Slot::image);
    if (!owner) event.user = text(Slot::user);
  }
  switch (identity.kind) {
    case Kind::process_create:
      event.command_line = text(Slot::command_line);
      event.original_file_name = text(Slot::original_file_name);
      event.parent_process_guid = plain(Slot::parent_process_guid);
      event.parent_image = text(Slot::parent_image);
      event.parent_command_line = text(Slot::parent_command_line);
      break;
    case Kind::network_connect:
    case Kind::network_record:
      event.source_hostname = text(Slot::source_hostname);
      event.source_ip = plain(Slot::source_ip);
      event.source_port = port(record[Slot::source_port]);
      event.destination_ip = plain(Slot::destination_ip);
      event.destination_hostname = text(Slot::destination_hostname);
      event.destination_port = port(record[Slot::destination_port]);
      event.protocol = plain(Slot::protocol);
      event.initiated = initiated(record);
      if (identity.kind == Kind::network_record) {
        event.application = text(Slot::application);
        event.command_line = text(Slot::command_line);
      }
      break;
    case Kind::dns_query:
    case Kind::dns_client:
      event.query_name = text(Slot::query_name);
      event.query_results = text(Slot::query_results);
      fill_query_status(record[Slot::query_status], event);
      break;
    case Kind::task_created:
      event.task_name = text(Slot::task_name);
      event.task_content = decode_task(or_null(record[Slot::task_content]), scratch);
      event.subject_user_name = text(Slot::subject_user_name);
      event.subject_domain_name = text(Slot::subject_domain_name);
      break;
    case Kind::script_block:
      event.script_block_text = text(Slot::script_block_text);
      break;
    case Kind::other:
      break;
  }
  return Unreadable::none;
}

}  // namespace c2watch::parse
