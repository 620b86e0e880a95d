#include "harness/cli/sarif_log.h"

#include <filesystem>
#include <string>

#include "harness/cli/results.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

struct Rule {
  const char* outcome;  // Check::outcome()
  const char* id;
  const char* name;
  const char* level;
  const char* text;
  const char* help;
};

constexpr Rule kRules[] = {
    {"telemetry gap", "telemetry-gap", "TelemetryGap", "warning",
     "A signal that the test must leave behind is not in the telemetry.",
     "Look at what is collected (Sysmon configuration, audit policy, forwarding) before the "
     "detection: it cannot find what never arrived."},
    {"detection gap", "detection-gap", "DetectionGap", "error",
     "The telemetry is there, and the detection did not make of it what it must.",
     "A finding did not come, came too late or in the wrong form, or was not expected."},
    {"transport gap", "transport-gap", "TransportGap", "error",
     "A log collector lost records, or raised other findings than the plugin does in process.",
     "Telemetry and detection are what they are in process; look at the collector: its filters, "
     "its "
     "limits of size, the config of the plugin in it."},
    {"inconclusive", "inconclusive", "Inconclusive", "none",
     "A telemetry gap leaves the detection undecided.",
     "Close the telemetry gap first; then this is decided."},
};

// A path as a relative URI reference: everything but the plain characters is percent-encoded.
string uri_of(const string& file) {
  std::error_code failed;
  const std::filesystem::path near = std::filesystem::proximate(file, failed);
  constexpr const char* kHex = "0123456789ABCDEF";
  string out;
  for (const char c : failed ? file : near.generic_string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c != '\0' && string("-._~/").find(c) != string::npos);
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

json rules() {
  json out = json::array();
  for (const Rule& r : kRules)
    out.push_back({{"id", r.id},
                   {"name", r.name},
                   {"shortDescription", {{"text", r.text}}},
                   {"help", {{"text", r.help}}},
                   {"defaultConfiguration", {{"level", r.level}}}});
  return out;
}

json result(const Check& c, std::size_t rule) {
  string place = c.test_name + "/" + c.variant;
  if (!c.profile.empty()) place += "/" + c.profile;
  place += "/" + c.id;
  string message = "Test " + std::to_string(c.test) + ", " + c.variant_title;
  if (!c.profile.empty()) message += ", profile " + c.profile;
  json location = {{"logicalLocations", json::array({{{"fullyQualifiedName", place}}})}};
  if (!c.file.empty())
    location["physicalLocation"] = {{"artifactLocation", {{"uri", uri_of(c.file)}}},
                                    {"region", {{"startLine", 1}}}};
  return {{"ruleId", kRules[rule].id},
          {"ruleIndex", rule},
          {"kind", c.verdict == "inconclusive" ? "open" : "fail"},
          {"level", kRules[rule].level},
          {"message", {{"text", message + ": " + c.title + ": " + c.text}}},
          {"locations", json::array({location})},
          {"partialFingerprints", {{"c2watchCheck/v1", place + "/" + c.title}}}};
}

}  // namespace

json sarif_log(const json& report) {
  json results = json::array();
  for (const Check& c : checks_of(report))
    for (std::size_t i = 0; i < std::size(kRules); ++i)
      if (kRules[i].outcome == c.outcome()) results.push_back(result(c, i));
  const json driver = {
      {"name", "c2watch"}, {"version", report.at("plugin_version")}, {"rules", rules()}};
  const json run = {{"tool", {{"driver", driver}}},
                    {"invocations", json::array({{{"executionSuccessful", true}}})},
                    {"columnKind", "unicodeCodePoints"},
                    {"results", results}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", json::array({run})}};
}

}  // namespace c2watch::harness
