// Events of Sysmon and of the Security log as Winlogbeat sends them, built field by field so that a
// test can respell or relabel them.
//
//   SysmonJson e = sysmon_connection(at, "WS01.corp.example", guid, image, "203.0.113.7", "", 443);
//   e.data["DestinationIp"] = "::ffff:203.0.113.7";
//   engine.observe(Format::json, e.text());
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/engine/instant.h"
#include "core/model/time.h"

namespace c2watch::testing_support {

struct SysmonJson {
  int event_id = 0;
  Time at = kNoTime;
  std::string computer;
  std::string channel = "Microsoft-Windows-Sysmon/Operational";
  std::uint64_t record_id = 0;
  nlohmann::json data;

  std::string operator[](const char* name) const { return data.value(name, ""); }

  std::string text() const {
    nlohmann::json fields = data;
    std::string utc = engine::instant_text(at);
    utc.pop_back();
    utc[10] = ' ';
    fields["UtcTime"] = utc;
    return nlohmann::json{{"@timestamp", engine::instant_text(at)},
                          {"winlog",
                           {{"channel", channel},
                            {"computer_name", computer},
                            {"event_id", std::to_string(event_id)},
                            {"record_id", record_id},
                            {"event_data", std::move(fields)}}}}
        .dump();
  }
};

inline SysmonJson sysmon_connection(Time at, const std::string& computer, const std::string& guid,
                                    const std::string& image, const std::string& ip,
                                    const std::string& hostname, int port) {
  return {.event_id = 3,
          .at = at,
          .computer = computer,
          .data = {{"ProcessGuid", guid},
                   {"Image", image},
                   {"Initiated", "true"},
                   {"SourceHostname", computer},
                   {"DestinationIp", ip},
                   {"DestinationHostname", hostname},
                   {"DestinationPort", std::to_string(port)}}};
}

inline SysmonJson sysmon_lookup(Time at, const std::string& computer, const std::string& guid,
                                const std::string& image, const std::string& name) {
  return {
      .event_id = 22,
      .at = at,
      .computer = computer,
      .data = {
          {"ProcessGuid", guid}, {"Image", image}, {"QueryName", name}, {"QueryStatus", "9003"}}};
}

inline SysmonJson sysmon_start(Time at, const std::string& computer, const std::string& guid,
                               const std::string& image, const std::string& command_line,
                               const std::string& parent, const std::string& parent_command_line) {
  return {.event_id = 1,
          .at = at,
          .computer = computer,
          .data = {{"ProcessGuid", guid},
                   {"Image", image},
                   {"CommandLine", command_line},
                   {"ParentImage", parent},
                   {"ParentCommandLine", parent_command_line}}};
}

inline SysmonJson security_task(Time at, const std::string& computer, const std::string& name,
                                const std::string& command, const std::string& arguments) {
  return {.event_id = 4698,
          .at = at,
          .computer = computer,
          .channel = "Security",
          .data = {
              {"TaskName", name},
              {"SubjectUserName", "u"},
              {"SubjectDomainName", "CORP"},
              {"TaskContent", "<Task><Actions><Exec><Command>" + command + "</Command><Arguments>" +
                                  arguments + "</Arguments></Exec></Actions></Task>"}}};
}

inline constexpr const char* kPowershellPath =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
inline constexpr const char* kHiddenPowershell =
    "powershell.exe -NoProfile -WindowStyle Hidden -File x.ps1";
inline constexpr const char* kScheduler = "C:\\Windows\\System32\\svchost.exe";
inline constexpr const char* kSchedulerLine = "svchost.exe -k netsvcs -p -s Schedule";

}  // namespace c2watch::testing_support
