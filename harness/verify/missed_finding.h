// Silence: a finding that did not come although its signals did, and the key of the detector that was
// nearest to raising it, by the plugin's own account.
//
//   std::vector<Silence> missed = missed_findings(judgement);
//   explain_missed(plugin, missed, [&](const RecordTaker& take) { /* all records once more */ });
//   judgement.runs[0].findings[0].nearest;
//
// The plugin explains only while events go by (decision 0035), so the telemetry is read a second
// time, and only then: a verdict without a missed finding costs nothing more.
//
// WHICH  of the detector's keys on the hosts of the signals, first those of the signals' own programs,
//        however far: what dropped their events is the reason. Of others those alone that are
//        kMinScore of the way.
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
inline constexpr double kMinScore = 0.1;

struct MissedFinding {
  std::string profile;
  std::string detector;
  std::set<std::string> hosts;                // of the signals' events
  std::set<std::string> programs;             // their images
  nlohmann::ordered_json* nearest = nullptr;  // where the answer goes, as of nearest_json()
};

using RecordTaker = std::function<void(std::string_view)>;

// Without effect when no finding is missed, or when the plugin is too old to explain.
void explain_missed(const Plugin& plugin, const std::vector<MissedFinding>& missed,
                    const std::function<void(const RecordTaker&)>& replay);

}  // namespace c2watch::harness
