// Host: one Windows machine: its names, accounts, long-running processes, and the counters that
// give every process, port and record its number.
//
//   Process p = host.start({.program = &shell, .command_line = text, .account = &host.user}, when);
//
// INVARIANT  process ids are multiples of four and unique among the living; record ids grow by one
//            per channel; start keys grow by one per process.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>

#include "world/calendar.h"
#include "world/guid.h"
#include "world/program.h"
#include "world/random.h"
#include "world/text.h"
#include "world/time.h"

namespace c2sim {

enum class Channel : std::uint8_t { sysmon, security, powershell, dns_client };
inline constexpr std::size_t kChannels = 4;

std::string_view channel_name(Channel channel);

struct Account {
  const Text* name = nullptr;    // "CORP\anna.keller"
  const Text* user = nullptr;    // "anna.keller"
  const Text* domain = nullptr;  // "CORP"
  const Text* sid = nullptr;
  Guid logon;  // key = LogonId
  std::uint32_t session = 0;
  const Text* integrity = nullptr;
};

// A running process, small enough to be copied into every event it causes.
struct Process {
  const Program* program = nullptr;
  const Text* command_line = nullptr;
  const Text* directory = nullptr;
  const Account* account = nullptr;
  Guid guid;
  std::uint32_t pid = 0;
};

struct Launch {
  const Program* program = nullptr;
  const Text* command_line = nullptr;
  const Text* directory = nullptr;  // nullptr: C:\Windows\system32\ .
  const Account* account = nullptr;
  bool resident = false;  // keeps its process id for good
};

class Host {
 public:
  Host(std::size_t index, std::uint64_t seed, Instant start, TextPool& pool,
       const Catalogue& catalogue);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Process start(const Launch& launch, Instant when);
  std::uint16_t next_port();
  std::uint32_t next_thread() { return 4 * (500 + random.below(2500)); }
  std::uint64_t next_record(Channel channel) {
    return ++records_[static_cast<std::size_t>(channel)];
  }

  std::size_t index;
  Random random;

  const Text* name = nullptr;        // "WS-0001.corp.example.com"
  const Text* short_name = nullptr;  // "WS-0001"
  std::uint32_t ip = 0;              // 10.x
  const Text* link_local = nullptr;  // fe80:0:0:0:..., as Sysmon writes it

  Account local_system, network_service, local_service, user, elevated_user;

  // Started at boot or logon, so a capture holds their deeds but not their EID 1.
  Process system, services, lsass, dcom_launch, schedule, dns_cache, network_services, bits,
      appinfo, explorer, msmpeng, search_indexer, spoolsv, inventory, sysmon;

  Calendar calendar;

 private:
  static constexpr std::uint32_t kPidSlots = 4096;  // pids 4..16380: what a busy desktop uses
  static constexpr std::size_t kRecentPids = 256;   // not reused until so many others were started

  std::uint32_t take_pid(bool resident);

  std::uint32_t machine_;
  std::uint64_t start_key_;
  std::bitset<kPidSlots> alive_;
  std::array<std::uint16_t, kRecentPids> recent_{};
  std::size_t recent_next_ = 0;
  std::uint32_t boot_slot_;  // residents: low and rising, as at boot
  std::uint16_t port_;
  std::array<std::uint64_t, kChannels> records_{};
};

}  // namespace c2sim
