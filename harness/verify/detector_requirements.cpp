#include "harness/verify/detector_requirements.h"

#include <algorithm>

namespace c2watch::harness {
namespace {

using std::string;

constexpr Impact kBreaks = Impact::blocking;
constexpr Impact kWeakens = Impact::degraded;

bool is_on(const EffectiveConfig& config, const string& path) {
  const EffectiveSetting* setting = config.find(path);
  return setting == nullptr || !setting->value.is_boolean() || setting->value.get<bool>();
}

FieldRequirement when_it_happened() {
  return {"UtcTime", kWeakens,
          "the time of logging counts instead, of a whole second in some shapes"};
}

// What EID 1 tells about the process behind another event.
EventRequirement lineage(string without) {
  return {1,
          kWeakens,
          std::move(without),
          {{"ProcessGuid", kWeakens, "no event can be traced to its process"},
           {"Image", kWeakens, "nobody knows what was started"},
           {"CommandLine", kWeakens, "hidden and encoded commands do not raise a severity"},
           {"ParentImage", kWeakens, "where a process comes from does not raise a severity"}}};
}

DetectorRequirements hourly_beacon(const EffectiveConfig& config) {
  EventRequirement connect{3,
                           kBreaks,
                           "there is nothing to count",
                           {{"DestinationIp", kBreaks, "connections have no destination"},
                            {"Image", kWeakens, "all programs of a host count as one"},
                            when_it_happened()}};
  if (is_on(config, "detectors.hourly_beacon.initiated_only"))
    connect.fields.push_back({"Initiated", kBreaks, "no connection is known to go out"});
  if (!is_on(config, "detectors.hourly_beacon.source_fallback"))
    connect.fields.push_back({"SourceHostname", kWeakens, "all hosts count as one"});
  return {"hourly_beacon", {connect}};
}

DetectorRequirements interval_beacon() {
  return {"interval_beacon",
          {{3,
            kBreaks,
            "there are no connections to measure",
            {{"DestinationIp", kBreaks, "connections have no destination"},
             {"Image", kBreaks, "connections have no program"},
             {"ProcessGuid", kWeakens, "two implants in one program are not told apart"},
             {"DestinationPort", kWeakens, "an unusual port does not raise a severity"},
             {"Initiated", kWeakens, "answers to clients are taken for check-ins"},
             when_it_happened()}},
           {22,
            kWeakens,
            "beacons over DNS are not seen",
            {{"QueryName", kWeakens, "beacons over DNS are not seen"},
             {"Image", kWeakens, "lookups have no program"},
             when_it_happened()}},
           lineage("where a process comes from does not raise a severity")}};
}

DetectorRequirements dns_burst() {
  return {"dns_burst",
          {{22,
            kBreaks,
            "there are no lookups to count",
            {{"QueryName", kBreaks, "lookups have no name"},
             {"QueryStatus", kBreaks, "no lookup is known to fail"},
             {"Image", kBreaks, "no lookup is known to be a script engine's"},
             {"ProcessGuid", kWeakens, "lookups are joined by program and pid"},
             when_it_happened()}},
           lineage("a suspicious origin does not raise a severity")}};
}

DetectorRequirements c2_port() {
  return {"c2_port",
          {{3,
            kBreaks,
            "there are no connections to look at",
            {{"Image", kBreaks, "no connection is known to be a script engine's"},
             {"DestinationIp", kBreaks, "connections have no destination"},
             {"DestinationPort", kBreaks, "connections have no port"},
             {"Initiated", kBreaks, "no connection is known to go out"},
             {"ProcessGuid", kWeakens, "connections are joined by program and pid"}}},
           lineage("a suspicious origin does not raise a severity")}};
}

DetectorRequirements task_callback() {
  return {"task_callback",
          {{1,
            kBreaks,
            "what a task runs is not seen",
            {{"Image", kBreaks, "nobody knows what was started"},
             {"CommandLine", kBreaks, "hidden, encoded and downloading commands are not seen"},
             {"ParentImage", kBreaks, "what the task scheduler started is not known"},
             {"ParentCommandLine", kWeakens, "the task scheduler is one svchost.exe among many"},
             {"ProcessGuid", kWeakens, "a run cannot be joined with its connection"}}},
           {3,
            kWeakens,
            "a task's call is not seen, and no chain becomes critical",
            {{"ProcessGuid", kWeakens, "a connection cannot be joined with the task's run"},
             {"Initiated", kWeakens, "no connection is known to go out"},
             {"DestinationIp", kWeakens, "connections have no destination"}}},
           {4698,
            kWeakens,
            "only tasks that schtasks.exe creates are seen before they run",
            {{"TaskContent", kWeakens, "what a new task runs is not known"},
             {"TaskName", kWeakens, "a new task cannot be joined with its creation"}}}}};
}

}  // namespace

std::string_view impact_name(Impact impact) {
  switch (impact) {
    case Impact::info:
      return "info";
    case Impact::degraded:
      return "degraded";
    case Impact::blocking:
      return "blocking";
  }
  return "";
}

std::vector<DetectorRequirements> requirements_of(const EffectiveConfig& config) {
  std::vector<DetectorRequirements> needs = {hourly_beacon(config), interval_beacon(), dns_burst(),
                                             c2_port(), task_callback()};
  std::erase_if(needs, [&](const DetectorRequirements& need) {
    return !is_on(config, "detectors." + need.detector + ".enabled");
  });
  return needs;
}

string event_text(std::uint32_t event_id) {
  return event_id == kNormalised ? "normalised network records" : "EID " + std::to_string(event_id);
}

}  // namespace c2watch::harness
