// ProcessGuid: Sysmon's name for a process, as a number.
//
//   ProcessGuid g = parse_process_guid("{247090f2-6084-8944-2ff0-ecc5709ce3ae}");
//   if (known(g) && g == parse_process_guid("247090F2-6084-8944-2FF0-ECC5709CE3AE")) ...
//
// The same process is written in upper case by older Windows builds, in lower case by newer ones
// and without braces by some converters, all within one network. Compare numbers, not text.
//
// COST      about 10 ns. No allocation.
// NULL      Sysmon writes all zeros when it never saw the process start ("<unknown process>").
//           Unreadable text and all zeros are both unknown: no two of them are the same process.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/model/time.h"

namespace c2watch::analytics {

struct ProcessGuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(ProcessGuid, ProcessGuid) = default;

  template <class Archive>
  void fields(Archive& a) {
    a(high, low);
  }
};

using c2watch::known;  // of a time; the overload below would hide it
constexpr bool known(ProcessGuid g) { return (g.high | g.low) != 0; }

ProcessGuid parse_process_guid(std::string_view text);

// Both known and equal, whatever the case and the braces.
bool same_guid(std::string_view a, std::string_view b);

}  // namespace c2watch::analytics
