// Guid: process and logon identities, built as Sysmon 11 and later build them.
//
//   {869c0a82-fc89-6a58-5d03-000000007702}
//    machine  |    |    '----------------- start key, little endian: sequence 0x35d of boot 0x277
//             '----'---------------------- start time, seconds since 1970: 0x6a58fc89
//
// The start key is Windows' own ProcessStartKey; Security 4698 prints the same number.
// A LogonGuid has the logon time and the LogonId in those places.
#pragma once

#include <cstdint>

namespace c2sim {

struct Guid {
  std::uint32_t machine = 0;
  std::uint32_t time = 0;  // seconds since 1970
  std::uint64_t key = 0;   // start key of a process, or LogonId

  bool operator==(const Guid&) const = default;
};

}  // namespace c2sim
