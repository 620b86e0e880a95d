// Event: one record on its way into a Windows log, before any wire format.
//
// Everything it points to (host, texts, accounts) lives as long as the world, so an event is copied
// freely. each_field() in formats/fields.h gives its EventData in Sysmon's order.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "world/host.h"
#include "world/network.h"
#include "world/time.h"

namespace c2sim {

// What the event proves, for the ground truth. Empty test: background.
struct Label {
  std::string_view test;    // "1".."4", or a framework's name
  std::string_view signal;  // "1.connect"; stable, see simulator/README.md
};

struct ProcessCreate {  // Sysmon 1
  Process process;
  Process parent;
};

struct NetworkConnect {  // Sysmon 3
  Process process;
  bool udp = false;
  bool initiated = true;
  Address source, destination;
  const Text* source_host = nullptr;
  const Text* destination_host = nullptr;
  std::uint16_t source_port = 0, destination_port = 0;
};

struct DnsQuery {  // Sysmon 22
  Process process;
  const Text* name = nullptr;
  std::uint32_t status = 0;  // Windows error code: 0 answered, 9003 NXDOMAIN
  const Text* results = nullptr;
};

struct TaskCreated {  // Security 4698
  const Account* subject = nullptr;
  const Text* task = nullptr;  // "\WindowsNetworkHealth"
  const Text* content = nullptr;
  Process client;  // who asked the scheduler: its start key and pids are in the event
  std::uint32_t client_parent_pid = 0;
  Guid activity;
};

struct ScriptBlock {  // PowerShell 4104
  Process process;
  const Text* script = nullptr;
  Guid block, activity;
};

struct DnsClient {  // DNS-Client 3008
  Process process;
  const Text* name = nullptr;
  std::uint32_t status = 0;
  const Text* results = nullptr;
};

struct Event {
  Host* host = nullptr;
  Instant utc{};                // when it happened: UtcTime
  Instant created{};            // when it was logged: TimeCreated; set by the stage
  std::uint64_t record_id = 0;  // set by the stage
  std::uint32_t logger_pid = 0, logger_tid = 0;  // System/Execution; set by the stage
  Label label;
  std::variant<ProcessCreate, NetworkConnect, DnsQuery, TaskCreated, ScriptBlock, DnsClient> what;
};

inline constexpr std::size_t kEventKinds = 6;
inline constexpr std::uint32_t kEventIds[kEventKinds] = {1, 3, 22, 4698, 4104, 3008};
inline constexpr Channel kEventChannels[kEventKinds] = {Channel::sysmon,     Channel::sysmon,
                                                        Channel::sysmon,     Channel::security,
                                                        Channel::powershell, Channel::dns_client};

inline std::uint32_t event_id(const Event& e) { return kEventIds[e.what.index()]; }
inline Channel channel_of(const Event& e) { return kEventChannels[e.what.index()]; }

}  // namespace c2sim
