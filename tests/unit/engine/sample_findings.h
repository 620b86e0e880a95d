// Sample findings, and fixtures/findings: each of them in every format.
//
//   beacon   everything is known
//   bare     next to nothing is known, as when a collector drops empty fields
//   hostile  whoever named things wanted to break the line, the terminal or the reader
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/engine/finding_format.h"

namespace c2watch::engine {

inline Time sample_time(int hour, int minute, int ms = 0) {
  using namespace std::chrono;
  return Time{sys_days{year{2026} / 2 / 2}} + hours{hour} + minutes{minute} + milliseconds{ms};
}

inline Finding beacon_finding() {
  Finding f;
  f.detector = "hourly_beacon";
  f.id = "00112233445566778899aabbccddeeff";
  f.update = 1;
  f.title = "Steady hourly connections by a script engine";
  f.description = "powershell.exe on WS-01 connected 52 times in 2 hours to 203.0.113.7.";
  f.severity = Severity::high;
  f.confidence = Confidence::medium;
  f.risk_score = 3;
  f.techniques = {"T1583.004", "T1071.001"};
  f.first_seen = sample_time(8, 0);
  f.last_seen = sample_time(9, 0);
  f.emitted_at = sample_time(10, 5, 123);
  f.host = "WS-01.corp.example";
  f.process = {.image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
               .guid = "247090f2-6084-8944-2ff0-ecc5709ce3ae",
               .command_line = "powershell -w hidden -File \"C:\\x y\\beat.ps1\"",
               .parent_image = "C:\\Windows\\System32\\svchost.exe",
               .parent_guid = "247090f2-0000-8944-2ff0-ecc5709ce3ae",
               .user = "CORP\\user306",
               .pid = 4711};
  f.destination = {.ip = "203.0.113.7", .hostname = "c2.example.net", .port = 443};
  f.evidence = {{"srcDevice_hostname", std::string("WS-01.corp.example")},
                {"application", std::monostate{}},
                {"TotalConnections", std::int64_t{52}},
                {"ConsistencyRatio", 0.25},
                {"Ports", std::vector<std::int64_t>{443, 8443}},
                {"domains", std::vector<std::string>{"a.example", "b.example"}},
                {"IsBeaconPattern", true}};
  f.reasons = {"powershell.exe is a script engine.", "The hourly counts vary by less than half."};
  f.records = {{"WS-01.corp.example", "Microsoft-Windows-Sysmon/Operational", 561649, 3,
                sample_time(9, 59, 4)}};
  return f;
}

inline Finding bare_finding() {
  Finding f;
  f.detector = "dns_burst";
  f.id = "ffeeddccbbaa99887766554433221100";
  f.title = "Burst";
  f.description = "Six names.";
  f.severity = Severity::informational;
  f.confidence = Confidence::low;
  f.emitted_at = sample_time(0, 0);
  f.techniques = {"T1071.004", "T9999"};  // the second is none that the tables know
  return f;
}

inline Finding hostile_finding() {
  Finding f = bare_finding();
  f.detector = "task_callback";
  f.techniques = {"T1053.005"};
  f.severity = Severity::critical;
  f.host = "a\r\nb\"}{\"severity\":\"none";
  f.process.image = "C:\\x\\\xE2\x80\xAEgnp.exe";  // right-to-left override
  f.process.user = "no\\domain\\twice\t";
  f.process.command_line =
      "line\xE2\x80\xA8sep \x1b[2J \x7f \xC2\x9b"
      "31m \xD8\x9C nul:";
  f.process.command_line.push_back('\0');
  f.destination.hostname = "xn--\xC3\xA9\xF0\x9F\x98\x80.example";  // ordinary, if not ASCII
  f.evidence = {{"task_name", std::string("\\\xD0\x97\xD0\xB0\xD0\xB4\xD0\xB0\xD1\x87\xD0\xB0")},
                {"cut", std::string("in the middle of \xD0")},
                {"severity", std::string("an evidence named like a field")}};
  f.reasons = {"\xE2\x81\xA6isolate\xE2\x81\xA9"};
  return f;
}

inline std::vector<std::pair<std::string, Finding>> sample_findings() {
  return {{"beacon", beacon_finding()}, {"bare", bare_finding()}, {"hostile", hostile_finding()}};
}

// File name and contents.
inline std::vector<std::pair<std::string, std::string>> finding_files() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, finding] : sample_findings())
    for (std::size_t i = 0; i < kFindingFormatNames.size(); ++i)
      files.emplace_back(name + "." + std::string(kFindingFormatNames[i]) + ".json",
                         format_finding(finding, static_cast<FindingFormat>(i), "default") + "\n");
  return files;
}

}  // namespace c2watch::engine
