// How every field of the events that c2sim writes must look. The same patterns are held against real
// events, so that a pattern which real telemetry does not meet is a bug of the pattern.
#pragma once

#include <map>
#include <regex>
#include <string>
#include <string_view>

namespace c2sim {

struct FieldFormat {
  const char* field;
  const char* pattern;  // of the whole value
};

// Plain pointers, not strings: a long list of temporaries takes a sanitizing compiler minutes.
inline constexpr const char* kGuidPattern =
    R"(\{[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\})";
inline constexpr const char* kNumberPattern = R"(\d+)";
inline constexpr const char* kPathPattern = R"(([A-Z]:\\.+|System|<unknown process>))";
inline constexpr const char* kAddressPattern =
    R"((\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}))";
inline constexpr const char* kBooleanPattern = "(true|false)";
inline constexpr const char* kSomethingPattern = R"([\s\S]+)";
inline constexpr const char* kHostPattern = R"([\w.-]+)";
inline constexpr const char* kAccountPattern = R"([^\\]+\\[^\\]+)";
inline constexpr const char* kHexPattern = "0x[0-9a-f]+";

inline constexpr FieldFormat kFieldFormats[] = {
    {"RuleName", kSomethingPattern},
    {"UtcTime", R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})"},
    {"ProcessGuid", kGuidPattern},
    {"ProcessId", kNumberPattern},
    {"Image", kPathPattern},
    {"FileVersion", kSomethingPattern},
    {"Description", kSomethingPattern},
    {"Product", kSomethingPattern},
    {"Company", kSomethingPattern},
    {"OriginalFileName", kSomethingPattern},
    {"CommandLine", kSomethingPattern},
    {"CurrentDirectory", R"([A-Z]:\\.*)"},
    {"User", kAccountPattern},
    {"LogonGuid", kGuidPattern},
    {"LogonId", kHexPattern},
    {"TerminalSessionId", kNumberPattern},
    {"IntegrityLevel", "(System|High|Medium|Low|AppContainer)"},
    {"Hashes", "(SHA1=[0-9A-F]{40},)?MD5=[0-9A-F]{32},SHA256=[0-9A-F]{64},IMPHASH=[0-9A-F]{32}"},
    {"ParentProcessGuid", kGuidPattern},
    {"ParentProcessId", kNumberPattern},
    {"ParentImage", kPathPattern},
    {"ParentCommandLine", kSomethingPattern},
    {"ParentUser", kAccountPattern},
    {"Protocol", "(tcp|udp)"},
    {"Initiated", kBooleanPattern},
    {"SourceIsIpv6", kBooleanPattern},
    {"SourceIp", kAddressPattern},
    {"SourceHostname", kHostPattern},
    {"SourcePort", kNumberPattern},
    {"SourcePortName", R"([\w-]+)"},
    {"DestinationIsIpv6", kBooleanPattern},
    {"DestinationIp", kAddressPattern},
    {"DestinationHostname", kHostPattern},
    {"DestinationPort", kNumberPattern},
    {"DestinationPortName", R"([\w-]+)"},
    {"QueryName", kHostPattern},
    {"QueryStatus", kNumberPattern},
    {"QueryResults", R"((-|((type:  \d+ [^;]*|[0-9a-f:.]+);)+))"},
    {"SubjectUserSid", R"(S-1-[\d-]+)"},
    {"SubjectUserName", R"([^\\]+)"},
    {"SubjectDomainName", R"([^\\]+)"},
    {"SubjectLogonId", kHexPattern},
    {"TaskName", R"(\\.+)"},
    {"TaskContent", R"(<\?xml version="1\.0" encoding="UTF-16"\?>\r?\n<Task [\s\S]*</Task>)"},
    {"ClientProcessStartKey", kNumberPattern},
    {"ClientProcessId", kNumberPattern},
    {"RpcCallClientLocality", kNumberPattern},
    {"FQDN", kHostPattern},
    {"MessageNumber", kNumberPattern},
    {"MessageTotal", kNumberPattern},
    {"ScriptBlockText", kSomethingPattern},
    {"ScriptBlockId", R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"},
    {"Path", R"([\s\S]*)"},
    {"QueryType", kNumberPattern},
    {"QueryOptions", kNumberPattern},
};

// False also for a field that has no pattern.
inline bool looks_right(std::string_view field, const std::string& value) {
  static const std::map<std::string_view, std::regex> kCompiled = [] {
    std::map<std::string_view, std::regex> out;
    for (const FieldFormat& f : kFieldFormats) out.emplace(f.field, std::regex(f.pattern));
    return out;
  }();
  const auto pattern = kCompiled.find(field);
  return pattern != kCompiled.end() && std::regex_match(value, pattern->second);
}

}  // namespace c2sim
