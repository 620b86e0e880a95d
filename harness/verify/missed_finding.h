// Silence: a finding that did not come although its signals did, and the key of the detector that was
// nearest to raising it, by the plugin's own account.
//
//   std::vector<Silence> silences = silences_of(judgement);
//   explain_silences(plugin, silences, [&](const RecordTaker& take) { /* all records once more */ });
//   judgement.runs[0].findings[0].nearest;
//
// The plugin explains only while events go by (decision 0035), so the telemetry is heard a second
// time, and only then: a verdict without a silence costs nothing more.
//
// WHICH  of the detector's keys on the hosts of the signals, first those of the signals' own programs,
//        however far: what dropped their events is the reason. Of others those alone that are
//        kNearnessFloor of the way.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/plugin.h"

namespace c2watch::harness {

// Below a tenth of the way nothing is near: one check-in of five, met by any program that ever
// connected, is less than that.
inline constexpr double kNearnessFloor = 0.1;

struct Silence {
  std::string profile;
  std::string detector;
  std::set<std::string> hosts;                // of the signals' events
  std::set<std::string> programs;             // their images
  nlohmann::ordered_json* nearest = nullptr;  // where the answer goes, as of nearest_json()
};

using RecordTaker = std::function<void(std::string_view)>;

// Without effect when there is no silence, or when the plugin is too old to explain.
void explain_silences(const Plugin& plugin, const std::vector<Silence>& silences,
                      const std::function<void(const RecordTaker&)>& replay);

}  // namespace c2watch::harness
