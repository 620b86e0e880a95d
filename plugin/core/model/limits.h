// Limits on what one record may cost us. Beyond them a record is counted as unreadable and passes
// through the collector untouched.
#pragma once

#include <cstddef>

namespace c2watch {

// 1 MiB: sixteen times the largest event that Windows can log (64 KiB), with room for JSON escapes.
inline constexpr std::size_t kMaxRecordBytes = 1u << 20;

// 32: three times the nesting of the deepest shape we know (OpenTelemetry, 10).
inline constexpr int kMaxRecordDepth = 32;

// Record references kept per finding: enough to look at, bounded for a beacon of 10,000 check-ins.
inline constexpr std::size_t kMaxFindingRecords = 16;

}  // namespace c2watch
