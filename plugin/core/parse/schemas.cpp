#include "core/parse/schemas.h"

#include <algorithm>
#include <bit>

#include "core/parse/timestamps.h"

namespace c2watch::parse {
namespace {

constexpr Column kProcessCreate[] = {
    {"RuleName", Slot::none, Look::any, true},
    {"UtcTime", Slot::utc_time, Look::time},
    {"ProcessGuid", Slot::process_guid, Look::guid},
    {"ProcessId", Slot::process_id, Look::number},
    {"Image", Slot::image, Look::path},
    {"FileVersion", Slot::none, Look::any, true},
    {"Description", Slot::none, Look::any, true},
    {"Product", Slot::none, Look::any, true},
    {"Company", Slot::none, Look::any, true},
    {"OriginalFileName", Slot::original_file_name, Look::any, true},
    {"CommandLine", Slot::command_line, Look::any},
    {"CurrentDirectory", Slot::none, Look::any},
    {"User", Slot::user, Look::owner},
    {"LogonGuid", Slot::none, Look::guid},
    {"LogonId", Slot::none, Look::hex},
    {"TerminalSessionId", Slot::none, Look::number},
    {"IntegrityLevel", Slot::none, Look::any},
    {"Hashes", Slot::none, Look::any},
    {"ParentProcessGuid", Slot::parent_process_guid, Look::guid},
    {"ParentProcessId", Slot::none, Look::number},
    {"ParentImage", Slot::parent_image, Look::any},
    {"ParentCommandLine", Slot::parent_command_line, Look::any, true},
    {"ParentUser", Slot::none, Look::owner, true},
};
constexpr Column kNetworkConnect[] = {
    {"RuleName", Slot::none, Look::any, true},
    {"UtcTime", Slot::utc_time, Look::time},
    {"ProcessGuid", Slot::process_guid, Look::guid},
    {"ProcessId", Slot::process_id, Look::number},
    {"Image", Slot::image, Look::path},
    {"User", Slot::user, Look::owner, true},
    {"Protocol", Slot::protocol, Look::any},
    {"Initiated", Slot::initiated, Look::flag},
    {"SourceIsIpv6", Slot::none, Look::flag},
    {"SourceIp", Slot::source_ip, Look::address},
    {"SourceHostname", Slot::source_hostname, Look::any, true},
    {"SourcePort", Slot::source_port, Look::number},
    {"SourcePortName", Slot::none, Look::any, true},
    {"DestinationIsIpv6", Slot::none, Look::flag},
    {"DestinationIp", Slot::destination_ip, Look::address},
    {"DestinationHostname", Slot::destination_hostname, Look::any, true},
    {"DestinationPort", Slot::destination_port, Look::number},
    {"DestinationPortName", Slot::none, Look::any, true},
};
constexpr Column kDnsQuery[] = {
    {"RuleName", Slot::none, Look::any, true},
    {"UtcTime", Slot::utc_time, Look::time},
    {"ProcessGuid", Slot::process_guid, Look::guid},
    {"ProcessId", Slot::process_id, Look::number},
    {"QueryName", Slot::query_name, Look::any},
    {"QueryStatus", Slot::query_status, Look::number},
    {"QueryResults", Slot::query_results, Look::any, true},
    {"Image", Slot::image, Look::path},
    {"User", Slot::user, Look::owner, true},
};
constexpr Column kTaskCreated[] = {
    {"SubjectUserSid", Slot::none, Look::any},
    {"SubjectUserName", Slot::subject_user_name, Look::any},
    {"SubjectDomainName", Slot::subject_domain_name, Look::any},
    {"SubjectLogonId", Slot::none, Look::hex},
    {"TaskName", Slot::task_name, Look::any},
    {"TaskContent", Slot::task_content, Look::task},
    {"ClientProcessStartKey", Slot::none, Look::any},
    {"ClientProcessId", Slot::none, Look::any},
    {"ParentProcessId", Slot::none, Look::any},
    {"RpcCallClientLocality", Slot::none, Look::any},
    {"FQDN", Slot::none, Look::any},
};
constexpr Column kScriptBlock[] = {
    {"MessageNumber", Slot::none, Look::number},
    {"MessageTotal", Slot::none, Look::number},
    {"ScriptBlockText", Slot::script_block_text, Look::any},
    {"ScriptBlockId", Slot::none, Look::any},
    {"Path", Slot::none, Look::any, true},
};
constexpr Column kDnsClient[] = {
    {"QueryName", Slot::query_name, Look::any},
    {"QueryType", Slot::none, Look::number},
    {"QueryOptions", Slot::none, Look::number},
    {"QueryStatus", Slot::query_status, Look::number},
    {"QueryResults", Slot::query_results, Look::any, true},
};

constexpr std::uint32_t column_bit(std::size_t i) { return std::uint32_t{1} << i; }
constexpr std::uint32_t kRuleName = column_bit(0);
constexpr std::uint32_t kOriginalFileName = column_bit(9);
constexpr std::uint32_t kFileBlock = column_bit(5) | column_bit(6) | column_bit(7) | column_bit(8);
constexpr std::uint32_t kParentUser = column_bit(22);
constexpr std::uint32_t kDnsUser = column_bit(8);
constexpr std::uint32_t kTaskVersion1 = 0b111'1100'0000;

constexpr Schema kSchemas[] = {
    {Kind::process_create, kProcessCreate},
    {Kind::process_create, kProcessCreate, kParentUser},
    {Kind::process_create, kProcessCreate, kParentUser | kOriginalFileName},
    {Kind::process_create, kProcessCreate, kParentUser | kOriginalFileName | kRuleName},
    {Kind::process_create, kProcessCreate,
     kParentUser | kOriginalFileName | kRuleName | kFileBlock},
    {Kind::network_connect, kNetworkConnect},
    {Kind::network_connect, kNetworkConnect, kRuleName},
    {Kind::dns_query, kDnsQuery},
    {Kind::dns_query, kDnsQuery, kDnsUser},
    {Kind::task_created, kTaskCreated},
    {Kind::task_created, kTaskCreated, kTaskVersion1},
    {Kind::script_block, kScriptBlock},
    {Kind::dns_client, kDnsClient},
};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool looks_like_guid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool looks_like_address(std::string_view text) {
  return text.find_first_of(".:") != std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hex(c) || c == '.' || c == ':' || c == '%'; });
}

}  // namespace

std::size_t Schema::count() const {
  return columns.size() - static_cast<std::size_t>(std::popcount(absent));
}

std::span<const Schema> schemas() { return kSchemas; }

std::span<const Column> columns_of(Kind kind) {
  const auto* schema = std::find_if(std::begin(kSchemas), std::end(kSchemas),
                                    [&](const Schema& s) { return s.kind == kind; });
  return schema == std::end(kSchemas) ? std::span<const Column>{} : schema->columns;
}

bool looks(std::string_view text, Look look) {
  const auto contains = [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  switch (look) {
    case Look::any:
      return true;
    case Look::time:
      return looks_like_time(text);
    case Look::guid:
      return looks_like_guid(text);
    case Look::number:
      return all_digits(text);
    case Look::hex:
      return text.starts_with("0x") || all_digits(text);
    case Look::flag:
      return text == "true" || text == "false" || text == "True" || text == "False" ||
             text == "1" || text == "0";
    case Look::address:
      return looks_like_address(text);
    case Look::path:
      return contains("\\") || text.starts_with('<') || text.starts_with("&lt;") ||
             text == "System";
    case Look::owner:
      return contains("\\") || text.starts_with("S-1-") || text == "-" || text.empty();
    case Look::task:
      return contains("Task");
  }
  return false;
}

}  // namespace c2watch::parse
