// TimedFinding: a finding as raised: which record raised it, and the event time of that record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/verify/finding.h"

namespace c2watch::harness {

// The plugin's config for verifying a profile. Expectations point into the native form.
std::string verify_config(const std::string& profile);

struct TimedFinding {
  std::size_t index = 0;
  std::optional<std::int64_t> time_us;
  Finding finding;
};

// Reads the plugin's line. Throws PluginFailure when it is not in the native form, into which
// expectations point.
TimedFinding read_timed_finding(std::size_t index, std::optional<std::int64_t> time_us,
                                std::string_view line);

}  // namespace c2watch::harness
