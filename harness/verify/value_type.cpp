#include "harness/verify/value_type.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "harness/io/parsed_event.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

bool all_of(string_view text, string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == string_view::npos;
}

string lower(string_view text) {
  string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_guid(string_view v) {
  if (v.size() == 38 && v.front() == '{' && v.back() == '}') v = v.substr(1, 36);
  if (v.size() != 36) return false;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? v[i] != '-' : std::isxdigit(static_cast<unsigned char>(v[i])) == 0) return false;
  }
  return true;
}

bool is_address(string_view v) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const string text(v);
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_path(string_view v) {
  return v.size() > 2 && ((v[1] == ':' && v[2] == '\\') || v.starts_with("\\\\") ||
                          v.starts_with("\\Device\\") || v.starts_with("\\??\\"));
}

bool is_redacted(string_view value) {
  const string v = lower(value);
  if (v.size() >= 3 && (all_of(v, "*") || all_of(v, "x") || all_of(v, "#"))) return true;
  return v.find("redacted") != string::npos || v == "masked" || v == "[masked]" ||
         v == "<masked>" || v == "[removed]" || v == "<removed>" || v == "anonymized" ||
         v == "anonymised";
}

ValueCheck of_port(string_view value) {
  const ValueType look = value_type_of(value);
  if (look == ValueType::number && value.size() <= 5 && std::stoi(string(value)) <= 65535)
    return ValueCheck::fits;
  return look == ValueType::text || look == ValueType::number ? ValueCheck::malformed
                                                              : ValueCheck::unexpected;
}

ValueCheck of_task(string_view value) {
  const bool begins = value.find("<Task") != string_view::npos ||
                      value.find("lt;Task") != string_view::npos || value.starts_with("{");
  const bool ends = value.find("/Task>") != string_view::npos ||
                    value.find("/Task&") != string_view::npos || value.ends_with("}");
  if (!begins)
    return value_type_of(value) == ValueType::text ? ValueCheck::malformed : ValueCheck::unexpected;
  return ends ? ValueCheck::fits : ValueCheck::truncated;
}

ValueCheck only(ValueType wanted, string_view value) {
  const ValueType look = value_type_of(value);
  if (look == wanted) return ValueCheck::fits;
  return look == ValueType::text ? ValueCheck::malformed : ValueCheck::unexpected;
}

ValueCheck none_of(std::initializer_list<ValueType> foreign, string_view value) {
  const ValueType look = value_type_of(value);
  return std::find(foreign.begin(), foreign.end(), look) == foreign.end() ? ValueCheck::fits
                                                                          : ValueCheck::unexpected;
}

// The longest texts that a collector cuts to say that they go on.
bool is_cut(string_view value) {
  return value.ends_with("...") || value.ends_with("\xE2\x80\xA6") ||
         lower(value).ends_with("[truncated]") || lower(value).ends_with("(truncated)");
}

}  // namespace

ValueType value_type_of(string_view v) {
  if (parse_time_us(v)) return ValueType::time;
  if (is_guid(v)) return ValueType::guid;
  if (all_of(v, "0123456789")) return ValueType::number;
  if (const string l = lower(v); l == "true" || l == "false") return ValueType::flag;
  if (is_address(v)) return ValueType::address;
  if (is_path(v)) return ValueType::path;
  return ValueType::text;
}

string_view value_type_name(ValueType look) {
  switch (look) {
    case ValueType::text:
      return "text";
    case ValueType::time:
      return "a time";
    case ValueType::guid:
      return "a GUID";
    case ValueType::number:
      return "a number";
    case ValueType::flag:
      return "true or false";
    case ValueType::address:
      return "an address";
    case ValueType::path:
      return "a path";
  }
  return "";
}

ValueCheck check_value(string_view field, string_view value) {
  if (is_redacted(value)) return ValueCheck::redacted;
  if (field == "UtcTime") return only(ValueType::time, value);
  if (field == "ProcessGuid" || field == "ParentProcessGuid") return only(ValueType::guid, value);
  if (field == "DestinationIp" || field == "SourceIp") return only(ValueType::address, value);
  if (field == "Initiated") return only(ValueType::flag, value);
  if (field == "QueryStatus" || field == "ProcessId" || field == "ParentProcessId")
    return only(ValueType::number, value);
  if (field == "DestinationPort") return of_port(value);
  if (field == "TaskContent") return of_task(value);
  // "System" and "Registry" are images as well, and a lookup may ask for an address.
  if (field == "Image" || field == "ParentImage")
    return none_of(
        {ValueType::time, ValueType::guid, ValueType::number, ValueType::flag, ValueType::address},
        value);
  if (field == "QueryName")
    return none_of({ValueType::time, ValueType::guid, ValueType::flag, ValueType::path}, value);
  if (field == "TaskName")
    return none_of({ValueType::time, ValueType::guid, ValueType::number}, value);
  if (field == "CommandLine" || field == "ParentCommandLine") {
    if (is_cut(value)) return ValueCheck::truncated;
    return none_of({ValueType::time, ValueType::guid}, value);
  }
  return ValueCheck::fits;
}

bool is_zero_guid(string_view value) {
  return !value.empty() && value.find_first_not_of("{}-0") == string_view::npos;
}

bool is_inside(string_view text) {
  if (lower(text).starts_with("::ffff:") && text.find('.') != string_view::npos)
    text.remove_prefix(7);
  const string address(text);
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    const std::uint32_t a = ntohl(v4.s_addr);
    const auto in = [a](std::uint32_t net, int bits) { return (a ^ net) >> (32 - bits) == 0; };
    return in(0x0A000000, 8) || in(0xAC100000, 12) || in(0xC0A80000, 16) || in(0x7F000000, 8) ||
           in(0xA9FE0000, 16) || in(0x64400000, 10) || a >> 28 >= 0xE;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  const unsigned char* b = v6.s6_addr;
  const bool loopback = std::all_of(b, b + 15, [](unsigned char c) { return c == 0; });
  return loopback || (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && b[1] >= 0x80) || b[0] == 0xFF;
}

}  // namespace c2watch::harness
