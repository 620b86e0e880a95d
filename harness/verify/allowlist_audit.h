// Allowlist audit: what each entry of a config's allowlist really does.
//
//   Result<std::vector<EntryAudit>> audit = audit_allowlist(plugin, text, config, {.tests = true});
//
// Hits are counted by the plugin over telemetry that people bring. Whether an entry would hide an
// attack is tried out: the atomic tests are simulated and fed to two engines, one with an empty
// allowlist and one with this entry alone; what only the first one raises, the entry hides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/verify/effective_config.h"

namespace c2watch::harness {

struct AuditOptions {
  std::vector<std::string> telemetry;  // files; empty: hits are not counted
  bool tests = true;                   // simulate the atomic tests
  std::string simulator;               // "": beside the executable
  std::string today;                   // "2026-03-02", UTC
};

struct EntryAudit {
  AllowlistEntryText entry;
  bool expired = false;               // its last day is before today
  std::optional<std::uint64_t> hits;  // findings that it took, of the telemetry
  std::vector<std::string> hides;     // "test 1 beacon, server: interval_beacon, high: ..."
};

struct AllowlistAudit {
  std::vector<EntryAudit> entries;
  std::uint64_t findings_of_tests = 0;  // raised without any entry; 0: nothing could be hidden
  std::uint64_t records = 0;            // of the telemetry, readable
};

Result<AllowlistAudit> audit_allowlist(const Plugin& plugin, const std::string& config_text,
                                       const EffectiveConfig& config, const AuditOptions& options);

// Today in UTC.
std::string today_text();

}  // namespace c2watch::harness
