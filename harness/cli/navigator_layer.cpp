#include "harness/cli/navigator_layer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/cli/results.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

// What renting a server is for shows in all tests; each test is a technique of its own as well.
constexpr const char* kAllTests = "T1583.004";

struct Technique {
  string id;
  std::size_t ways = 0;
  std::size_t covered = 0;
  string comment;
};

Technique& technique(std::vector<Technique>& all, const string& id) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.id == id; });
  if (at != all.end()) return *at;
  all.push_back({id, 0, 0, ""});
  return all.back();
}

// "interval_beacon (default, lab)", or "" when nothing that was asked for came.
string evidence(const json& variant) {
  std::vector<std::pair<string, string>> profiles;  // by detector
  for (const json& run : variant.at("runs"))
    for (const json& f : run.at("expected")) {
      if (f.at("verdict") != "pass" || f.at("ids").empty()) continue;
      const string detector = f.at("detector");
      const auto at = std::find_if(profiles.begin(), profiles.end(),
                                   [&](const auto& p) { return p.first == detector; });
      const string profile = run.at("profile");
      if (at == profiles.end())
        profiles.emplace_back(detector, profile);
      else if (at->second.find(profile) == string::npos)
        at->second += ", " + profile;
    }
  string out;
  for (const auto& [detector, names] : profiles)
    out += (out.empty() ? "" : "; ") + printable(detector) + " (" + printable(names) + ")";
  return out;
}

void count_way(Technique& t, const json& test, const json& variant) {
  const string found = evidence(variant);
  const bool gap = variant.at("telemetry") == "fail";
  ++t.ways;
  t.covered += !found.empty();
  if (!t.comment.empty()) t.comment += "\n";
  t.comment += "Test " + std::to_string(test.at("test").get<int>()) + ", " +
               printable(variant.at("title").get<string>()) + ": " +
               (!found.empty() ? found
                : gap          ? "telemetry gap, detection inconclusive"
                               : "nothing raised");
}

json technique_json(const Technique& t) {
  const double share = static_cast<double>(t.covered) / static_cast<double>(t.ways);
  return {{"techniqueID", t.id},
          {"score", static_cast<int>(std::lround(100 * share))},
          {"comment", t.comment},
          {"enabled", true},
          {"showSubtechniques", true},
          {"metadata",
           json::array({{{"name", "covered"},
                         {"value", std::to_string(t.covered) + " of " + std::to_string(t.ways) +
                                       " ways of carrying it out"}}})}};
}

}  // namespace

json navigator_layer(const json& report) {
  std::vector<Technique> all;
  for (const json& test : report.at("tests")) {
    const string atomic = printable(test.at("atomic").get<string>());
    for (const json& variant : test.at("variants")) {
      count_way(technique(all, kAllTests), test, variant);
      if (!atomic.empty())
        count_way(technique(all, atomic.substr(0, atomic.find('-'))), test, variant);
    }
  }
  json techniques = json::array();
  for (const Technique& t : all) techniques.push_back(technique_json(t));
  return {
      {"name", "c2watch coverage"},
      {"versions", {{"attack", "16"}, {"navigator", "5.1.0"}, {"layer", "4.5"}}},
      {"domain", "enterprise-attack"},
      {"description",
       "Use of adversary-rented servers: percent of the ways of carrying out each "
       "technique's tests in which c2watch " +
           report.at("plugin_version").get<string>() + " raised what it must."},
      {"filters", {{"platforms", {"PRE", "Windows"}}}},
      {"sorting", 3},
      {"hideDisabled", false},
      {"techniques", techniques},
      {"gradient",
       {{"colors", {"#d9534fff", "#ffe766ff", "#5cb85cff"}}, {"minValue", 0}, {"maxValue", 100}}},
      {"legendItems", json::array({{{"label", "no way is covered"}, {"color", "#d9534f"}},
                                   {{"label", "every way is covered"}, {"color", "#5cb85c"}}})},
      {"selectTechniquesAcrossTactics", true}};
}

}  // namespace c2watch::harness
