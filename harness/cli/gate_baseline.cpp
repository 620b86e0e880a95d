#include "harness/cli/gate_baseline.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/base/json_schema.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::string;

// Two runs of one program print the same digits, and sums of shares may differ in the last.
constexpr double kRounding = 1e-9;

string section_of(const string& id) { return id.substr(0, id.find('/')); }

// By how much of its earlier value a measure may change and still be the same.
double tolerance(const GateFile& gate, const GateCheck& check) {
  // A ratio is measured, not counted, wherever it stands.
  const string section = check.unit == Unit::ratio ? "throughput" : check.section;
  const json* baseline = gate.section("baseline");
  const json given =
      baseline == nullptr ? json::object() : baseline->value("tolerance_percent", json::object());
  if (given.contains(section)) return given[section].get<double>() / 100;
  return section == "throughput" ? 0.3 : section == "memory" ? 0.1 : 0;
}

ChangeKind trend_of(double was, double is, bool more_is_better, double tolerated) {
  if (std::abs(is - was) <= tolerated * std::abs(was) + kRounding) return ChangeKind::same;
  return (is > was) == more_is_better ? ChangeKind::better : ChangeKind::worse;
}

}  // namespace

Result<Baseline> Baseline::parse(std::string_view text, std::string_view name, const json& schema) {
  Result<json> file = read_json_with_schema(text, name, schema);
  if (!file) return Error{file.error()};
  Baseline out;
  out.plugin_version = (*file)["plugin_version"];
  for (const auto& [id, m] : (*file)["measures"].items())
    out.measures[id] = {m["value"], m["method"]};
  return out;
}

ordered_json baseline_json(const GateResult& result, const string& plugin_version) {
  ordered_json measures = ordered_json::object();
  for (const GateCheck& c : result.checks)
    if (c.measured) measures[c.id] = {{"value", *c.measured}, {"method", c.how}};
  return {{"schema", "c2watch.gate_baseline/1"},
          {"plugin_version", plugin_version},
          {"measures", measures}};
}

std::string_view change_kind_name(ChangeKind trend) {
  switch (trend) {
    case ChangeKind::better:
      return "better";
    case ChangeKind::worse:
      return "worse";
    case ChangeKind::same:
      return "same";
    case ChangeKind::added:
      return "added";
    case ChangeKind::removed:
      return "removed";
    case ChangeKind::not_comparable:
      break;
  }
  return "not_comparable";
}

std::vector<Change> compare(const Baseline& then, const GateResult& now, const GateFile& gate) {
  std::vector<Change> out;
  std::set<string> known;
  std::set<string> sections;
  for (const GateCheck& c : now.checks) {
    known.insert(c.id);
    sections.insert(c.section);
    if (!c.measured) continue;
    Change change = {c.id, c.section, c.title, c.unit, ChangeKind::added, std::nullopt, c.measured};
    if (const auto at = then.measures.find(c.id); at != then.measures.end()) {
      change.was = at->second.value;
      change.trend = at->second.how != c.how ? ChangeKind::not_comparable
                                             : trend_of(at->second.value, *c.measured,
                                                        c.more_is_better, tolerance(gate, c));
    }
    out.push_back(std::move(change));
  }
  for (const auto& [id, m] : then.measures)
    if (known.count(id) == 0 && sections.count(section_of(id)) != 0)
      out.push_back(
          {id, section_of(id), id, Unit::count, ChangeKind::removed, m.value, std::nullopt});
  return out;
}

}  // namespace c2watch::harness
