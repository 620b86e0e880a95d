// What hourly_beacon tells: the seed's output fields, then the arithmetic to check them by hand.
//
//   Finding f = hourly_finding(facts, settings);   // all but id, update and emitted_at
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/analytics/hourly_beacon.h"
#include "core/analytics/hourly_ratio.h"
#include "core/model/finding.h"
#include "core/model/time.h"

namespace c2watch::analytics {

struct HourlyFacts {
  std::string_view source;
  std::string_view application;
  std::string_view destination_ip;
  std::string_view destination_hostname;

  std::vector<std::int64_t> slices;  // starts of the active hours in ms, ascending; not empty
  std::vector<std::int64_t> counts;  // rows in each
  std::vector<std::int64_t> ports;   // ascending
  HourlySums sums;
  HourlySums inner;  // without first and last hour; empty unless it could decide
  bool suspicious = false;
  bool beacon = false;
  bool volume = false;
  int risk_score = 0;

  RecordRef latest;
};

Finding hourly_finding(HourlyFacts facts, const HourlyBeaconSettings& settings);

}  // namespace c2watch::analytics
