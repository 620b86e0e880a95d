// The seed's query over Sysmon connections, the slow and obvious way: keep everything, then count.
//
// Before `bench` counts time it compares the plugin's answer under profile `seed` with this one. It
// reads with the harness's reader and shares no code with the plugin. On Sysmon `application` is empty,
// so process names play no part. The window is the query's: 24 clock hours that end with the current
// one, which is that of the latest event of any kind.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "harness/io/parsed_event.h"

namespace c2watch::harness {

// host, destination address, destination name, connections, hours, risk score
using SeedRow =
    std::tuple<std::string, std::string, std::string, std::int64_t, std::int64_t, std::int64_t>;

class SeedOracle {
 public:
  void add(const ParsedEvent& event);
  std::set<SeedRow> answer() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::map<std::int64_t, std::int64_t>> hours_;  // key -> hour -> connections
  std::int64_t current_hour_ = INT64_MIN;
};

// The same row from a finding of the plugin; false when the finding is of another detector.
bool seed_row(const nlohmann::json& finding, SeedRow& out);

}  // namespace c2watch::harness
