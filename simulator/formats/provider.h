// Provider: what System says about each event kind, and what collectors make of it.
#pragma once

#include <array>
#include <string_view>

#include "world/event.h"

namespace c2sim {

struct Provider {
  std::string_view name;
  std::string_view guid;        // as current Windows writes it into Event XML
  std::string_view guid_upper;  // as NXLog and Fluent Bit print it
  int version;
  int level;
  int task;
  int opcode;
  std::string_view keywords;
  std::string_view task_name;    // "Process Create (rule: ProcessCreate)"
  std::string_view opcode_name;  // "Info"
  std::string_view level_name;   // "information"
  std::string_view channel;
};

inline constexpr std::string_view kSysmonGuid = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";
inline constexpr std::string_view kSysmonUpper = "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}";

// By kind, as in kEventIds. The version of 4698 is a format setting.
inline constexpr std::array<Provider, kEventKinds> kProviders = {{
    {"Microsoft-Windows-Sysmon", kSysmonGuid, kSysmonUpper, 5, 4, 1, 0, "0x8000000000000000",
     "Process Create (rule: ProcessCreate)", "Info", "information",
     "Microsoft-Windows-Sysmon/Operational"},
    {"Microsoft-Windows-Sysmon", kSysmonGuid, kSysmonUpper, 5, 4, 3, 0, "0x8000000000000000",
     "Network connection detected (rule: NetworkConnect)", "Info", "information",
     "Microsoft-Windows-Sysmon/Operational"},
    {"Microsoft-Windows-Sysmon", kSysmonGuid, kSysmonUpper, 5, 4, 22, 0, "0x8000000000000000",
     "Dns query (rule: DnsQuery)", "Info", "information", "Microsoft-Windows-Sysmon/Operational"},
    {"Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}",
     "{54849625-5478-4994-A5BA-3E3B0328C30D}", 1, 0, 12804, 0, "0x8020000000000000",
     "Other Object Access Events", "Info", "information", "Security"},
    {"Microsoft-Windows-PowerShell", "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}",
     "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}", 1, 5, 2, 15, "0x0", "Execute a Remote Command",
     "On create calls", "verbose", "Microsoft-Windows-PowerShell/Operational"},
    {"Microsoft-Windows-DNS-Client", "{1c95126e-7eea-49a9-a3fe-a378b03ddb4d}",
     "{1C95126E-7EEA-49A9-A3FE-A378B03DDB4D}", 0, 4, 0, 0, "0x8000000000000000", "", "Info",
     "information", "Microsoft-Windows-DNS-Client/Operational"},
}};

inline const Provider& provider_of(const Event& e) { return kProviders[e.what.index()]; }

// Security/@UserID: who wrote the record; nullptr: none (Security's own events).
inline const Account* writer_of(const Event& e) {
  switch (event_id(e)) {
    case 4698:
      return nullptr;
    case 4104:
      return std::get<ScriptBlock>(e.what).process.account;
    case 3008:
      return std::get<DnsClient>(e.what).process.account;
    default:
      return &e.host->local_system;
  }
}

// Correlation/@ActivityID, where the provider sets one.
inline const Guid* activity_of(const Event& e) {
  switch (event_id(e)) {
    case 4698:
      return &std::get<TaskCreated>(e.what).activity;
    case 4104:
      return &std::get<ScriptBlock>(e.what).activity;
    default:
      return nullptr;
  }
}

inline int version_of(const Event& e, int task_version) {
  return event_id(e) == 4698 ? task_version : provider_of(e).version;
}

}  // namespace c2sim
