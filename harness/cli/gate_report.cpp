#include "harness/cli/gate_report.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;
using std::string_view;

// More than these do not fit on one screen; then a section that holds is one row.
constexpr std::size_t kMostRows = 30;
constexpr std::size_t kMostChanges = 6;

string bound_text(const Terminal& t, const GateCheck& c) {
  if (!c.limit) return "";
  const string_view sign =
      c.more_is_better ? (t.unicode ? "≥ " : ">= ") : (t.unicode ? "≤ " : "<= ");
  return string(sign) + value_text(c.unit, *c.limit);
}

Cell sign_of(const Terminal& t, CheckStatus status) {
  switch (status) {
    case CheckStatus::pass:
      return {string(tick(t)), Style::good};
    case CheckStatus::fail:
      return {string(cross(t)), Style::bad};
    case CheckStatus::inconclusive:
      return {"?", Style::warning};
    default:
      return {"-", Style::dim};
  }
}

string margin_text(const GateCheck& c) {
  const std::optional<double> margin = c.margin();
  if (!margin) return "";
  return (*margin < 0 ? "-" : "") + value_text(c.unit, std::abs(*margin));
}

std::vector<Cell> row_of(const Terminal& t, const GateCheck& c) {
  const Cell sign = sign_of(t, c.status);
  const string measured = c.status == CheckStatus::skipped        ? "skipped"
                          : c.status == CheckStatus::inconclusive ? "inconclusive"
                          : c.measured                            ? value_text(c.unit, *c.measured)
                                                                  : "nothing";
  return {sign,
          {printable(c.title), c.status == CheckStatus::skipped ? Style::dim : Style::plain},
          {bound_text(t, c), Style::dim},
          {measured, c.status == CheckStatus::pass ? Style::plain : sign.style},
          {margin_text(c), c.status == CheckStatus::fail ? Style::bad : Style::dim}};
}

std::vector<const GateCheck*> demands_of(const GateResult& result, string_view section) {
  std::vector<const GateCheck*> out;
  for (const GateCheck& c : result.checks)
    if (c.section == section && c.status != CheckStatus::info) out.push_back(&c);
  return out;
}

bool all_held(const std::vector<const GateCheck*>& checks) {
  return std::all_of(checks.begin(), checks.end(),
                     [](const GateCheck* c) { return c->status == CheckStatus::pass; });
}

// The longest of the sections that hold, until the rest fits on one screen.
std::set<string> to_be_short(const GateResult& result) {
  std::set<string> out;
  for (;;) {
    std::size_t rows = 0;
    std::size_t most = 1;
    const char* longest = nullptr;
    for (const char* section : kGateSections) {
      const std::vector<const GateCheck*> checks = demands_of(result, section);
      const bool is_short = out.count(section) != 0;
      rows += checks.empty() ? 0 : 1 + (is_short ? 1 : checks.size());
      if (is_short || checks.size() <= most || !all_held(checks)) continue;
      most = checks.size();
      longest = section;
    }
    if (rows <= kMostRows || longest == nullptr) return out;
    out.insert(longest);
  }
}

void show_failures(Page& page, const GateResult& result) {
  const Terminal& t = page.terminal();
  bool first = true;
  for (const GateCheck& c : result.checks) {
    if (c.status == CheckStatus::pass || c.status == CheckStatus::info) continue;
    if (first) page.line();
    first = false;
    page.item({sign_of(t, c.status), {" "}},
              printable(c.title) + " (" + printable(c.place) + "): " + printable(c.detail), 2);
  }
}

// "2 better, 1 worse, 30 the same, 1 new": the last three only when there are any.
string counts_text(const GateComparison& comparison) {
  string out = std::to_string(comparison.count(ChangeKind::better)) + " better, " +
               std::to_string(comparison.count(ChangeKind::worse)) + " worse, " +
               std::to_string(comparison.count(ChangeKind::same)) + " the same";
  for (const auto& [trend, words] : {std::pair{ChangeKind::added, "new"},
                                     {ChangeKind::removed, "removed"},
                                     {ChangeKind::not_comparable, "measured otherwise"}})
    if (const std::size_t n = comparison.count(trend); n > 0)
      out += ", " + std::to_string(n) + " " + words;
  return out;
}

void show_changes(Page& page, const GateComparison& comparison) {
  const Terminal& t = page.terminal();
  page.line();
  page.paragraph("Against " + printable(comparison.file) + " (plugin " +
                 printable(comparison.plugin_version) + "): " + counts_text(comparison));
  std::size_t shown = 0;
  for (const ChangeKind trend : {ChangeKind::worse, ChangeKind::better})
    for (const Change& c : comparison.changes) {
      if (c.trend != trend || ++shown > kMostChanges) continue;
      page.item({{trend == ChangeKind::worse ? "worse   " : "better  ",
                  trend == ChangeKind::worse ? Style::bad : Style::good}},
                printable(c.title) + ": " + value_text(c.unit, *c.was) +
                    (t.unicode ? " → " : " -> ") + value_text(c.unit, *c.is),
                2);
    }
  if (shown > kMostChanges)
    page.line("  and " + std::to_string(shown - kMostChanges) + " more", Style::dim);
}

string verdict_text(const GateFacts& facts, const GateResult& result) {
  string out = gate_passed(facts, result) ? "the gate passes: " : "the gate fails: ";
  out += plural(result.count(CheckStatus::pass), "check") + " passed";
  for (const auto& [status, word] : {std::pair{CheckStatus::fail, "failed"},
                                     {CheckStatus::inconclusive, "inconclusive"},
                                     {CheckStatus::skipped, "skipped"}})
    if (const std::size_t n = result.count(status); n > 0)
      out += ", " + std::to_string(n) + " " + word;
  if (facts.baseline && facts.baseline->fail_on_worse)
    if (const std::size_t n = facts.baseline->count(ChangeKind::worse); n > 0)
      out += ", " + std::to_string(n) + " worse than before";
  return out + " (" + fixed(facts.seconds, 1) + " s)";
}

json number_or_null(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

json check_json(const GateCheck& c) {
  return {{"section", c.section},
          {"id", c.id},
          {"title", c.title},
          {"status", status_name(c.status)},
          {"unit", unit_name(c.unit)},
          {"better", c.more_is_better ? "more" : "less"},
          {"limit", number_or_null(c.limit)},
          {"measured", number_or_null(c.measured)},
          {"margin", number_or_null(c.margin())},
          {"detail", c.detail},
          {"method", c.how},
          {"place", c.place}};
}

json comparison_json(const GateComparison& comparison) {
  json changes = json::array();
  for (const Change& c : comparison.changes)
    changes.push_back({{"id", c.id},
                       {"section", c.section},
                       {"title", c.title},
                       {"unit", unit_name(c.unit)},
                       {"change", change_kind_name(c.trend)},
                       {"previous", number_or_null(c.was)},
                       {"value", number_or_null(c.is)}});
  json counts = json::object();
  for (const ChangeKind trend :
       {ChangeKind::better, ChangeKind::worse, ChangeKind::same, ChangeKind::added,
        ChangeKind::removed, ChangeKind::not_comparable})
    counts[string(change_kind_name(trend))] = comparison.count(trend);
  return {{"file", comparison.file},
          {"plugin_version", comparison.plugin_version},
          {"fail_on_worse", comparison.fail_on_worse},
          {"counts", counts},
          {"changes", changes}};
}

}  // namespace

std::size_t GateComparison::count(ChangeKind trend) const {
  return static_cast<std::size_t>(std::count_if(
      changes.begin(), changes.end(), [trend](const Change& c) { return c.trend == trend; }));
}

bool gate_passed(const GateFacts& facts, const GateResult& result) {
  return result.passed() && !(facts.baseline && facts.baseline->fail_on_worse &&
                              facts.baseline->count(ChangeKind::worse) > 0);
}

string_view gate_section_title(string_view section) {
  if (section == "coverage") return "Coverage";
  if (section == "time_to_detect") return "Time to detect";
  if (section == "must_not_fire") return "Findings for each host and day without an attack";
  if (section == "mutations") return "Evasions";
  if (section == "sweep") return "Quality of interval_beacon";
  if (section == "throughput") return "Throughput, as a multiple of the reference";
  return "Memory";
}

json gate_json(const GateFacts& facts, const GateResult& result) {
  json checks = json::array();
  for (const GateCheck& c : result.checks) checks.push_back(check_json(c));
  return {{"schema", "c2watch.gate_report/1"},
          {"command", "gate"},
          {"gate", facts.gate},
          {"title", facts.title},
          {"plugin_version", facts.plugin_version},
          {"passed", gate_passed(facts, result)},
          {"seconds", facts.seconds},
          {"counts",
           {{"pass", result.count(CheckStatus::pass)},
            {"fail", result.count(CheckStatus::fail)},
            {"inconclusive", result.count(CheckStatus::inconclusive)},
            {"skipped", result.count(CheckStatus::skipped)},
            {"info", result.count(CheckStatus::info)}}},
          {"checks", checks},
          {"baseline", facts.baseline ? comparison_json(*facts.baseline) : json(nullptr)}};
}

void show_gate(Page& page, const GateFacts& facts, const GateResult& result) {
  const Terminal& t = page.terminal();
  const string gap(dot(t));
  page.title("c2watch gate" + gap + printable(facts.gate) + gap + "plugin " + facts.plugin_version);
  const std::set<string> in_one_row = to_be_short(result);
  Table table({{""},
               {"Check", Align::left, true},
               {"Required", Align::right},
               {"Measured", Align::right},
               {"Margin", Align::right}});
  for (const char* section : kGateSections) {
    const std::vector<const GateCheck*> checks = demands_of(result, section);
    if (checks.empty()) continue;
    table.group(string(gate_section_title(section)));
    if (in_one_row.count(section) != 0) {
      table.row({sign_of(t, CheckStatus::pass),
                 {plural(checks.size(), "check")},
                 {""},
                 {"all passed"},
                 {""}});
      continue;
    }
    for (const GateCheck* c : checks) table.row(row_of(t, *c));
  }
  page.table(table);
  show_failures(page, result);
  if (facts.baseline) show_changes(page, *facts.baseline);
  page.line();
  const bool passed = gate_passed(facts, result);
  const Style style = passed ? Style::good : Style::bad;
  page.spans({{string(passed ? tick(t) : cross(t)), style}, {" " + verdict_text(facts, result)}});
}

}  // namespace c2watch::harness
