// Events for tests: the fields that matter for a kind, in one line. Change the rest afterwards.
//
//   Event e = network_connect(kNoon, "ws1", kGuid, kPowershell, "203.0.113.7", 4444);
//   e.initiated = Initiated::no;
//
// Views are kept, not copied: hand over literals, or strings that outlive the event.
#pragma once

#include <string_view>
#include <vector>

#include "core/model/event.h"
#include "core/model/finding.h"

namespace c2watch::testing_support {

inline constexpr std::string_view kSysmonChannel = "Microsoft-Windows-Sysmon/Operational";

inline Event event_at(Kind kind, std::uint32_t event_id, Time at, std::string_view computer) {
  Event e;
  e.kind = kind;
  e.event_id = event_id;
  e.utc_time = at;
  e.time_created = at;
  e.computer = computer;
  e.channel = kSysmonChannel;
  return e;
}

inline Event process_create(Time at, std::string_view computer, std::string_view guid,
                            std::string_view image, std::string_view command_line) {
  Event e = event_at(Kind::process_create, 1, at, computer);
  e.process_guid = guid;
  e.image = image;
  e.command_line = command_line;
  return e;
}

inline Event network_connect(Time at, std::string_view computer, std::string_view guid,
                             std::string_view image, std::string_view ip, std::int32_t port) {
  Event e = event_at(Kind::network_connect, 3, at, computer);
  e.process_guid = guid;
  e.image = image;
  e.destination_ip = ip;
  e.destination_port = port;
  e.protocol = "tcp";
  e.initiated = Initiated::yes;
  return e;
}

inline Event dns_query(Time at, std::string_view computer, std::string_view guid,
                       std::string_view image, std::string_view name, std::uint32_t status) {
  Event e = event_at(Kind::dns_query, 22, at, computer);
  e.process_guid = guid;
  e.image = image;
  e.query_name = name;
  e.query_status = status;
  e.has_query_status = true;
  return e;
}

inline Event task_created(Time at, std::string_view computer, std::string_view task_name,
                          std::string_view content) {
  Event e = event_at(Kind::task_created, 4698, at, computer);
  e.channel = "Security";
  e.task_name = task_name;
  e.task_content = content;
  return e;
}

class Collect final : public FindingSink {
 public:
  void emit(Finding finding) override { found.push_back(std::move(finding)); }

  std::vector<Finding> found;
};

// The value of a named evidence as text or number; nullptr when absent or of another type.
template <class T>
const T* evidence(const Finding& finding, std::string_view name) {
  for (const Evidence& e : finding.evidence) {
    if (e.name == name) return std::get_if<T>(&e.value);
  }
  return nullptr;
}

}  // namespace c2watch::testing_support
