// Metrics: all that the engine counts, at one moment, and the three forms in which hosts hand it on.
//
//   stats_json(m)        one JSON object, for whoever asks now        plugin/abi/README.md
//   metrics_record(m)    the same as a record "c2watch.metrics/1"     fixtures/schemas
//   prometheus_text(m)   the text exposition format 0.0.4, for node_exporter and its like
//
// Counters are of this process: one that a crash could set back a little would look to Prometheus
// like a restart, and count everything twice. What outlives restarts are the totals.
//
// COST      some 10 us and 4 to 12 KiB of text.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/engine/allowlist.h"
#include "core/engine/evictors.h"
#include "core/engine/stats.h"
#include "core/engine/totals.h"
#include "core/model/time.h"

namespace c2watch::engine {

// How the metrics record begins, so that whoever receives it among findings can tell it apart.
inline constexpr std::string_view kMetricsSchema = "c2watch.metrics/1";

struct Metrics {
  std::string_view version;
  std::string_view profile;
  Time clock = kNoTime;      // largest event time seen
  Time host_time = kNoTime;  // the last that the host told

  EngineStats counted{};
  Totals totals{};

  struct Detector {
    std::string_view name;
    std::uint64_t findings = 0;
    std::uint64_t suppressed = 0;
    analytics::AnalyticStats held;
  };
  std::vector<Detector> detectors{};
  analytics::AnalyticStats lineage{};

  struct Repeats {
    std::uint64_t streams = 0, bytes = 0, evictions = 0, crowded_out = 0, unchecked = 0;
  } repeats{};

  struct Reorder {
    std::uint64_t events = 0, bytes = 0, early = 0;
  } reorder{};

  struct Checkpoint {
    std::uint64_t snapshots = 0;
    std::uint64_t failures = 0;   // could not be written
    std::uint64_t abandoned = 0;  // begun again, since an hour closed meanwhile
    std::uint64_t snapshot_bytes = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t outbox_findings = 0;
    Time saved = kNoTime;  // the moment that the latest snapshot holds, by the host's clock
    Duration last{};       // from that moment until it was safe; by the host's clock as well,
    Duration longest{};    // which mostly goes in seconds
  } checkpoint{};

  std::array<Evictors::Row, Evictors::kMost> evictors{};

  std::span<const Allowlist::Counted> allowlist{};
};

std::string stats_json(const Metrics& metrics);
std::string metrics_record(const Metrics& metrics);
std::string prometheus_text(const Metrics& metrics);

}  // namespace c2watch::engine
