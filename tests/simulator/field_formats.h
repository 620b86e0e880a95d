// How every field of the events that c2sim writes must look. The same patterns are held against
// real events, so that a pattern which real telemetry does not meet is a bug of the pattern.
#pragma once

#include <map>
#include <regex>
#include <string>

namespace c2sim {

inline const std::map<std::string, std::regex>& field_patterns() {
  static const std::string kGuid =
      R"(\{[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\})";
  static const std::string kNumber = R"(\d+)";
  static const std::string kPath = R"(([A-Z]:\\.+|System|<unknown process>))";
  static const std::string kAddress = R"((\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}))";
  static const std::string kBoolean = "(true|false)";
  static const std::string kAnything = R"([\s\S]+)";
  static const std::map<std::string, std::regex> kPatterns = [] {
    std::map<std::string, std::regex> compiled;
    for (const auto& [field, pattern] : std::map<std::string, std::string>{
             {"RuleName", kAnything},
             {"UtcTime", R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})"},
             {"ProcessGuid", kGuid},
             {"ProcessId", kNumber},
             {"Image", kPath},
             {"FileVersion", kAnything},
             {"Description", kAnything},
             {"Product", kAnything},
             {"Company", kAnything},
             {"OriginalFileName", kAnything},
             {"CommandLine", kAnything},
             {"CurrentDirectory", R"([A-Z]:\\.*)"},
             {"User", R"([^\\]+\\[^\\]+)"},
             {"LogonGuid", kGuid},
             {"LogonId", "0x[0-9a-f]+"},
             {"TerminalSessionId", kNumber},
             {"IntegrityLevel", "(System|High|Medium|Low|AppContainer)"},
             {"Hashes",
              "(SHA1=[0-9A-F]{40},)?MD5=[0-9A-F]{32},SHA256=[0-9A-F]{64},IMPHASH=[0-9A-F]{32}"},
             {"ParentProcessGuid", kGuid},
             {"ParentProcessId", kNumber},
             {"ParentImage", kPath},
             {"ParentCommandLine", kAnything},
             {"ParentUser", R"([^\\]+\\[^\\]+)"},
             {"Protocol", "(tcp|udp)"},
             {"Initiated", kBoolean},
             {"SourceIsIpv6", kBoolean},
             {"SourceIp", kAddress},
             {"SourceHostname", R"([\w.-]+)"},
             {"SourcePort", kNumber},
             {"SourcePortName", R"([\w-]+)"},
             {"DestinationIsIpv6", kBoolean},
             {"DestinationIp", kAddress},
             {"DestinationHostname", R"([\w.-]+)"},
             {"DestinationPort", kNumber},
             {"DestinationPortName", R"([\w-]+)"},
             {"QueryName", R"([\w.-]+)"},
             {"QueryStatus", kNumber},
             {"QueryResults", R"((-|((type:  \d+ [^;]*|[0-9a-f:.]+);)+))"},
             {"SubjectUserSid", R"(S-1-[\d-]+)"},
             {"SubjectUserName", R"([^\\]+)"},
             {"SubjectDomainName", R"([^\\]+)"},
             {"SubjectLogonId", "0x[0-9a-f]+"},
             {"TaskName", R"(\\.+)"},
             {"TaskContent",
              R"(<\?xml version="1\.0" encoding="UTF-16"\?>\r?\n<Task [\s\S]*</Task>)"},
             {"ClientProcessStartKey", kNumber},
             {"ClientProcessId", kNumber},
             {"ParentProcessId", kNumber},
             {"RpcCallClientLocality", kNumber},
             {"FQDN", R"([\w.-]+)"},
             {"MessageNumber", kNumber},
             {"MessageTotal", kNumber},
             {"ScriptBlockText", kAnything},
             {"ScriptBlockId", kGuid.substr(2, kGuid.size() - 4)},
             {"Path", R"([\s\S]*)"},
             {"QueryType", kNumber},
             {"QueryOptions", kNumber},
         })
      compiled.emplace(field, pattern);
    return compiled;
  }();
  return kPatterns;
}

inline bool looks_right(const std::string& field, const std::string& value) {
  const auto pattern = field_patterns().find(field);
  return pattern != field_patterns().end() && std::regex_match(value, pattern->second);
}

}  // namespace c2sim
