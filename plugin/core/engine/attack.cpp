#include "core/engine/attack.h"

#include <algorithm>
#include <iterator>

namespace c2watch::engine {
namespace {

constexpr Tactic kResourceDevelopment = {"TA0042", "Resource Development"};
constexpr Tactic kInitialAccess = {"TA0001", "Initial Access"};
constexpr Tactic kExecution = {"TA0002", "Execution"};
constexpr Tactic kPersistence = {"TA0003", "Persistence"};
constexpr Tactic kDefenseEvasion = {"TA0005", "Defense Evasion"};
constexpr Tactic kCommandAndControl = {"TA0011", "Command and Control"};

constexpr Technique kTechniques[] = {
    {"T1027.010", "Command Obfuscation", "Obfuscated Files or Information", kDefenseEvasion},
    {"T1053.005", "Scheduled Task", "Scheduled Task/Job", kPersistence},
    {"T1059.001", "PowerShell", "Command and Scripting Interpreter", kExecution},
    {"T1071", "Application Layer Protocol", "", kCommandAndControl},
    {"T1071.001", "Web Protocols", "Application Layer Protocol", kCommandAndControl},
    {"T1071.004", "DNS", "Application Layer Protocol", kCommandAndControl},
    {"T1105", "Ingress Tool Transfer", "", kCommandAndControl},
    {"T1190", "Exploit Public-Facing Application", "", kInitialAccess},
    {"T1218", "System Binary Proxy Execution", "", kDefenseEvasion},
    {"T1564.003", "Hidden Window", "Hide Artifacts", kDefenseEvasion},
    {"T1568", "Dynamic Resolution", "", kCommandAndControl},
    {"T1571", "Non-Standard Port", "", kCommandAndControl},
    {"T1583.004", "Server", "Acquire Infrastructure", kResourceDevelopment},
};

}  // namespace

const Technique* technique(std::string_view id) {
  const auto hit = std::ranges::find(kTechniques, id, &Technique::id);
  return hit == std::end(kTechniques) ? nullptr : &*hit;
}

}  // namespace c2watch::engine
