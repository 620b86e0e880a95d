#include "harness/verify/missed_finding.h"

#include <algorithm>
#include <map>
#include <utility>

#include "harness/verify/explanation.h"
#include "harness/verify/timed_finding.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// Better is larger; nothing for a key that is not to be shown.
std::optional<std::pair<bool, double>> rank(const json& key, const MissedFinding& missed) {
  if (key.at("detector") != missed.detector || key.at("fired") == true) return std::nullopt;
  const string program = key.value("process", "");
  const bool own = std::any_of(missed.programs.begin(), missed.programs.end(),
                               [&](const string& p) { return same_text(p, program); });
  const double nearness = key.at("nearness");
  if (!own && nearness < kMinScore) return std::nullopt;
  return std::pair(own, nearness);
}

using Engines = std::map<std::pair<string, string>, Engine>;  // by profile and host

Engines engines_for(const Plugin& plugin, const std::vector<MissedFinding>& missed) {
  Engines out;
  for (const MissedFinding& s : missed)
    for (const string& host : s.hosts) {
      if (host.empty() || out.count({s.profile, host}) != 0) continue;
      Result<Engine> engine = plugin.open(verify_config(s.profile));
      if (!engine || engine->explain(json{{"host", host}}.dump())) continue;
      out.emplace(std::pair(s.profile, host), std::move(*engine));
    }
  return out;
}

}  // namespace

void explain_missed(const Plugin& plugin, const std::vector<MissedFinding>& missed,
                    const std::function<void(const RecordTaker&)>& replay) {
  Engines engines = engines_for(plugin, missed);
  if (engines.empty()) return;
  replay([&](std::string_view record) {
    for (auto& [whose, engine] : engines) {
      engine.observe(record);
      engine.forget_findings();
    }
  });
  std::map<std::pair<string, string>, json> answers;
  for (auto& [whose, engine] : engines)
    answers[whose] = json::parse(engine.explanation(), nullptr, false);
  for (const MissedFinding& s : missed) {
    std::pair<bool, double> best{false, -1};
    for (const string& host : s.hosts) {
      const auto answer = answers.find({s.profile, host});
      if (answer == answers.end() || !answer->second.is_object()) continue;
      for (const json& key : answer->second.at("keys")) {
        const auto how_near = rank(key, s);
        if (!how_near || *how_near <= best) continue;
        best = *how_near;
        *s.nearest = nearest_json(key);
      }
    }
  }
}

}  // namespace c2watch::harness
