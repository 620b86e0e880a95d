#include "core/parse/field_names.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/parse/bytes.h"

namespace c2watch::parse {
namespace {

struct Entry {
  Scope scope;
  std::string_view name;
  Slot slot = Slot::none;
  Scope opens = Scope::none;
};

// Sysmon's, Security's, DNS-Client's and PowerShell's own names. They mean the same in EventData
// and in a flat record; Wazuh writes them with a small first letter, which is safe in EventData
// only.
struct EventName {
  std::string_view name;
  Slot slot;
};
constexpr EventName kEventNames[] = {
    {"UtcTime", Slot::utc_time},
    {"ProcessGuid", Slot::process_guid},
    {"ProcessId", Slot::process_id},
    {"Image", Slot::image},
    {"User", Slot::user},
    {"CommandLine", Slot::command_line},
    {"OriginalFileName", Slot::original_file_name},
    {"ParentProcessGuid", Slot::parent_process_guid},
    {"ParentImage", Slot::parent_image},
    {"ParentCommandLine", Slot::parent_command_line},
    {"Protocol", Slot::protocol},
    {"Initiated", Slot::initiated},
    {"SourceIp", Slot::source_ip},
    {"SourceHostname", Slot::source_hostname},
    {"SourcePort", Slot::source_port},
    {"DestinationIp", Slot::destination_ip},
    {"DestinationHostname", Slot::destination_hostname},
    {"DestinationPort", Slot::destination_port},
    {"QueryName", Slot::query_name},
    {"QueryStatus", Slot::query_status},
    {"QueryResults", Slot::query_results},
    {"TaskName", Slot::task_name},
    {"TaskContent", Slot::task_content},
    {"SubjectUserName", Slot::subject_user_name},
    {"SubjectDomainName", Slot::subject_domain_name},
    {"ScriptBlockText", Slot::script_block_text},
};
constexpr std::string_view kSmallEventNames[] = {
    "utcTime",
    "processGuid",
    "processId",
    "image",
    "user",
    "commandLine",
    "originalFileName",
    "parentProcessGuid",
    "parentImage",
    "parentCommandLine",
    "protocol",
    "initiated",
    "sourceIp",
    "sourceHostname",
    "sourcePort",
    "destinationIp",
    "destinationHostname",
    "destinationPort",
    "queryName",
    "queryStatus",
    "queryResults",
    "taskName",
    "taskContent",
    "subjectUserName",
    "subjectDomainName",
    "scriptBlockText",
};
static_assert(std::size(kEventNames) == std::size(kSmallEventNames));

// About the record. They mean the same in Event/System and in a flat record.
constexpr Entry kSystemNames[] = {
    {Scope::system, "EventID", Slot::event_id, Scope::event_id},
    {Scope::system, "EventId", Slot::event_id, Scope::event_id},
    {Scope::system, "eventID", Slot::event_id, Scope::event_id},
    {Scope::system, "event_id", Slot::event_id, Scope::event_id},
    {Scope::system, "EventCode", Slot::event_id},
    {Scope::system, "Channel", Slot::channel},
    {Scope::system, "channel", Slot::channel},
    {Scope::system, "log_name", Slot::channel},
    {Scope::system, "LogName", Slot::channel},
    {Scope::system, "Logfile", Slot::channel},
    {Scope::system, "Provider", Slot::provider, Scope::provider},
    {Scope::system, "provider", Slot::provider, Scope::provider},
    {Scope::system, "ProviderName", Slot::provider},
    {Scope::system, "providerName", Slot::provider},
    {Scope::system, "provider_name", Slot::provider},
    {Scope::system, "SourceName", Slot::provider},
    {Scope::system, "source_name", Slot::provider},
    {Scope::system, "Computer", Slot::computer},
    {Scope::system, "computer", Slot::computer},
    {Scope::system, "ComputerName", Slot::computer},
    {Scope::system, "computer_name", Slot::computer},
    {Scope::system, "MachineName", Slot::computer},
    {Scope::system, "Hostname", Slot::hostname},
    {Scope::system, "EventRecordID", Slot::record_id},
    {Scope::system, "eventRecordID", Slot::record_id},
    {Scope::system, "EventRecordId", Slot::record_id},
    {Scope::system, "RecordNumber", Slot::record_id},
    {Scope::system, "RecordId", Slot::record_id},
    {Scope::system, "record_id", Slot::record_id},
    {Scope::system, "record_number", Slot::record_id},
    {Scope::system, "TimeCreated", Slot::time_created, Scope::time_created},
    {Scope::system, "timeCreated", Slot::time_created, Scope::time_created},
    {Scope::system, "time_created", Slot::time_created, Scope::time_created},
    {Scope::system, "SystemTime", Slot::time_created},
    {Scope::system, "systemTime", Slot::time_created},
    {Scope::system, "system_time", Slot::time_created},
    {Scope::system, "TimeGenerated", Slot::time_generated},
    {Scope::system, "EventTime", Slot::event_time},
    {Scope::system, "EventData", Slot::event_data, Scope::data},
    {Scope::system, "eventdata", Slot::event_data, Scope::data},
    {Scope::system, "event_data", Slot::event_data, Scope::data},
    {Scope::system, "UserData", Slot::event_data, Scope::data},
    {Scope::system, "user_data", Slot::event_data, Scope::data},
    {Scope::system, "StringInserts", Slot::inserts},
    {Scope::system, "Message", Slot::message},
    {Scope::system, "message", Slot::message, Scope::record},
};

// All other names, each in its scope.
constexpr Entry kOtherNames[] = {
    // Wrappers: one more level, the same names.
    {Scope::record, "Event", Slot::none, Scope::record},
    {Scope::record, "_source", Slot::none, Scope::record},
    {Scope::record, "data", Slot::none, Scope::record},
    {Scope::record, "win", Slot::none, Scope::record},
    {Scope::record, "attributes", Slot::none, Scope::record},
    {Scope::record, "body", Slot::body, Scope::record},
    {Scope::record, "System", Slot::system_xml, Scope::system},
    {Scope::record, "system", Slot::none, Scope::system},
    {Scope::record, "winlog", Slot::none, Scope::system},
    {Scope::record, "xml", Slot::xml},
    {Scope::record, "Xml", Slot::xml},
    {Scope::record, "EventXml", Slot::xml},
    {Scope::record, "original", Slot::original},
    {Scope::record, "MESSAGE", Slot::message},
    {Scope::record, "@timestamp", Slot::at_timestamp},
    // NXLog's own fields: its values keep XML entities.
    {Scope::record, "SourceModuleType", Slot::nxlog_mark},
    {Scope::record, "SourceModuleName", Slot::nxlog_mark},
    {Scope::record, "EventReceivedTime", Slot::received_time},
    // Sumo CSE normalised records.
    {Scope::record, "timestamp", Slot::cse_timestamp},
    {Scope::record, "application", Slot::application},
    {Scope::record, "baseImage", Slot::image},
    {Scope::record, "commandLine", Slot::command_line},
    {Scope::record, "srcDevice_hostname", Slot::source_hostname},
    {Scope::record, "srcDevice_ip", Slot::source_ip},
    {Scope::record, "srcPort", Slot::source_port},
    {Scope::record, "dstDevice_hostname", Slot::destination_hostname},
    {Scope::record, "dstDevice_ip", Slot::destination_ip},
    {Scope::record, "dstPort", Slot::destination_port},
    {Scope::record, "ipProtocol", Slot::protocol},
    {Scope::record, "user_username", Slot::user},
    {Scope::record, "device_hostname", Slot::host_name},
    {Scope::record, "metadata_deviceEventId", Slot::cse_mark},
    {Scope::data, "Data", Slot::data_list, Scope::data_item},
    {Scope::data, "data", Slot::data_list, Scope::data_item},
    {Scope::data_item, "#attributes", Slot::none, Scope::data_item},
    {Scope::data_item, "Name", Slot::item_name},
    {Scope::data_item, "name", Slot::item_name},
    {Scope::data_item, "@Name", Slot::item_name},
    {Scope::data_item, "text", Slot::item_text},
    {Scope::data_item, "#text", Slot::item_text},
    {Scope::data_item, "value", Slot::item_text},
    {Scope::data_item, "Value", Slot::item_text},
    {Scope::data_item, "content", Slot::item_text},
    // Attributes, as converters write them: bare, with '@', or under "#attributes".
    {Scope::provider, "Name", Slot::provider},
    {Scope::provider, "name", Slot::provider},
    {Scope::provider, "@Name", Slot::provider},
    {Scope::provider, "#attributes", Slot::none, Scope::provider},
    {Scope::time_created, "SystemTime", Slot::time_created},
    {Scope::time_created, "@SystemTime", Slot::time_created},
    {Scope::time_created, "#attributes", Slot::none, Scope::time_created},
    {Scope::event_id, "#text", Slot::event_id},
    {Scope::event_id, "text", Slot::event_id},
    {Scope::event_id, "id", Slot::event_id},
    {Scope::event_id, "value", Slot::event_id},
    // Elastic Common Schema, as the Sysmon module fills it.
    {Scope::record, "event", Slot::none, Scope::ecs_event},
    {Scope::record, "process", Slot::none, Scope::ecs_process},
    {Scope::record, "destination", Slot::none, Scope::ecs_destination},
    {Scope::record, "source", Slot::none, Scope::ecs_source},
    {Scope::record, "host", Slot::none, Scope::ecs_host},
    {Scope::record, "dns", Slot::none, Scope::ecs_dns},
    {Scope::record, "network", Slot::none, Scope::ecs_network},
    {Scope::record, "user", Slot::none, Scope::ecs_user},
    {Scope::record, "log", Slot::log, Scope::record},
    {Scope::record, "sysmon", Slot::none, Scope::ecs_sysmon},
    {Scope::ecs_event, "code", Slot::event_id},
    {Scope::ecs_event, "provider", Slot::provider},
    {Scope::ecs_event, "original", Slot::original},
    {Scope::ecs_event, "System", Slot::system_xml, Scope::system},
    {Scope::ecs_event, "EventData", Slot::event_data, Scope::data},
    {Scope::ecs_process, "entity_id", Slot::process_guid},
    {Scope::ecs_process, "pid", Slot::process_id},
    {Scope::ecs_process, "executable", Slot::image},
    {Scope::ecs_process, "command_line", Slot::command_line},
    {Scope::ecs_process, "parent", Slot::none, Scope::ecs_parent},
    {Scope::ecs_process, "pe", Slot::none, Scope::ecs_pe},
    {Scope::ecs_pe, "original_file_name", Slot::original_file_name},
    {Scope::ecs_parent, "entity_id", Slot::parent_process_guid},
    {Scope::ecs_parent, "executable", Slot::parent_image},
    {Scope::ecs_parent, "command_line", Slot::parent_command_line},
    {Scope::ecs_destination, "ip", Slot::destination_ip},
    {Scope::ecs_destination, "domain", Slot::destination_hostname},
    {Scope::ecs_destination, "port", Slot::destination_port},
    {Scope::ecs_source, "ip", Slot::source_ip},
    {Scope::ecs_source, "domain", Slot::source_hostname},
    {Scope::ecs_source, "port", Slot::source_port},
    {Scope::ecs_host, "name", Slot::host_name},
    {Scope::ecs_host, "hostname", Slot::host_name},
    {Scope::ecs_dns, "question", Slot::none, Scope::ecs_question},
    {Scope::ecs_dns, "resolved_ip", Slot::query_results},
    {Scope::ecs_question, "name", Slot::query_name},
    {Scope::ecs_network, "transport", Slot::protocol},
    {Scope::ecs_network, "direction", Slot::direction},
    {Scope::ecs_user, "name", Slot::user},
    {Scope::ecs_sysmon, "dns", Slot::none, Scope::ecs_sysmon},
    {Scope::ecs_sysmon, "status", Slot::query_status},
};

constexpr std::size_t kEntries =
    5 * std::size(kEventNames) + 2 * std::size(kSystemNames) + std::size(kOtherNames);
constexpr std::size_t kBuckets =
    1024;  // a quarter full: most names nobody asks for find an empty one
static_assert(kEntries * 3 < kBuckets);

// The eight or four bytes at `p` as a number, the same at compile time and at run time.
template <class Word>
constexpr std::uint64_t word(const char* p) {
  if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
    Word value = 0;
    std::memcpy(&value, p, sizeof value);
    return value;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
  }
  return value;
}

// Over the length and the first and last eight bytes: names in one scope differ there.
constexpr std::size_t hash(Scope scope, std::string_view name) {
  const std::size_t n = name.size();
  const char* const p = name.data();
  std::uint64_t head = 0, tail = 0;
  if (n >= 8) {
    head = word<std::uint64_t>(p);
    tail = word<std::uint64_t>(p + n - 8);
  } else if (n >= 4) {
    head = word<std::uint32_t>(p);
    tail = word<std::uint32_t>(p + n - 4);
  } else {
    head = word<std::uint8_t>(p);
    tail = word<std::uint8_t>(p + n - 1);
  }
  const std::uint64_t where = n << 8 | static_cast<std::uint64_t>(scope);
  const std::uint64_t mixed = (head ^ where * 0x9E37'79B9'7F4A'7C15u) * 0xFF51'AFD7'ED55'8CCDu;
  return ((mixed ^ tail) * 0xC4CE'B9FE'1A85'EC53u) >> 54;
}
static_assert(kBuckets == std::size_t{1} << (64 - 54));

// Open addressing: buckets hold one more than the index of an entry, so that 0 ends a search. Two
// kilobytes of buckets stay in the nearest cache; entries are touched only on a hit.
struct Table {
  std::array<Entry, kEntries> entries{};
  std::array<std::uint16_t, kBuckets> buckets{};
  std::size_t size = 0;
  std::size_t longest_search = 0;

  constexpr void add(Entry e) {
    std::size_t at = hash(e.scope, e.name), steps = 1;
    for (; buckets[at] != 0; at = (at + 1) % kBuckets) ++steps;
    entries[size++] = e;
    buckets[at] = static_cast<std::uint16_t>(size);
    if (steps > longest_search) longest_search = steps;
  }
};

constexpr Table make_table() {
  Table table;
  for (std::size_t i = 0; i < std::size(kEventNames); ++i) {
    const auto [name, slot] = kEventNames[i];
    table.add({Scope::data, name, slot});
    table.add({Scope::record, name, slot});
    table.add({Scope::data, kSmallEventNames[i], slot});
    table.add({Scope::data_item, name, slot});
    table.add({Scope::data_item, kSmallEventNames[i], slot});
  }
  for (Entry e : kSystemNames) {
    table.add(e);
    e.scope = Scope::record;
    table.add(e);
  }
  for (const Entry& e : kOtherNames) table.add(e);
  return table;
}

constexpr Table kTable = make_table();
static_assert(kTable.longest_search <= 6, "choose another hash: names crowd");

}  // namespace

Name find_name(Scope scope, std::string_view leaf) {
  if (leaf.empty() || scope == Scope::none) return {};
  for (std::size_t at = hash(scope, leaf);; at = (at + 1) % kBuckets) {
    const std::size_t index = kTable.buckets[at];
    if (index == 0) return {};
    const Entry& e = kTable.entries[index - 1];
    if (e.scope == scope && e.name.size() == leaf.size() &&
        equal_bytes(e.name.data(), leaf.data(), leaf.size())) {
      return {e.slot, e.opens, e.scope >= Scope::ecs_event};
    }
  }
}

Scope find_scope(Scope scope, std::string_view prefix) {
  while (scope != Scope::none) {
    const std::size_t dot = prefix.find('.');
    scope = find_name(scope, prefix.substr(0, dot)).opens;
    if (dot == std::string_view::npos) break;
    prefix.remove_prefix(dot + 1);
  }
  return scope;
}

Name find_path(Scope scope, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return find_name(scope, path);
  return find_name(find_scope(scope, path.substr(0, dot)), path.substr(dot + 1));
}

}  // namespace c2watch::parse
