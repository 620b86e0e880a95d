// c2watch-bench mutate: which evasion silences which detector.
#include <iostream>

#include "bench/cli/commands.h"
#include "bench/mutation.h"
#include "harness/base/live_status.h"
#include "harness/base/terminal.h"
#include "harness/base/text.h"
#include "harness/io/simulator.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

constexpr const char* kExamples =
    "  c2watch-bench mutate\n"
    "  c2watch-bench mutate --plan my_mutations.json --format json --output mutations.json\n";

Cell cell_of(const Terminal& t, const MutationOutcome& o, const string& detector) {
  const bool fired = o.fired.count(detector) != 0;
  const bool expected = o.mutation.fires.count(detector) != 0;
  if (fired && expected) return {string(tick(t)), Style::good};
  if (fired) return {string(tick(t)) + " new", Style::accent};
  if (expected) return {string(cross(t)) + " lost", Style::bad};
  return {"-", Style::dim};
}

void show_scenario(Page& page, const ScenarioOutcome& s) {
  page.heading(printable(s.scenario.title) + ", profile " + printable(s.scenario.profile));
  std::set<string> detectors;
  for (const MutationOutcome& o : s.outcomes) {
    detectors.insert(o.fired.begin(), o.fired.end());
    detectors.insert(o.mutation.fires.begin(), o.mutation.fires.end());
  }
  std::vector<Column> head = {{"Mutation", Align::left, true}};
  for (const string& d : detectors) head.push_back({printable(d)});
  Table table(head);
  for (const MutationOutcome& o : s.outcomes) {
    std::vector<Cell> row = {{printable(o.mutation.title)}};
    for (const string& d : detectors) row.push_back(cell_of(page.terminal(), o, d));
    table.row(std::move(row));
  }
  page.table(table);
}

string text_report(const MutationResult& result, const Plugin& plugin, Terminal terminal) {
  Page page(terminal);
  page.title("c2watch-bench mutate" + string(dot(terminal)) + "plugin " + plugin.version());
  std::size_t mutations = 0;
  for (const ScenarioOutcome& s : result.scenarios) {
    show_scenario(page, s);
    mutations += s.outcomes.size();
  }
  const bool passed = result.regressions() == 0;
  page.line();
  page.spans(
      {{"  "},
       {string(passed ? tick(terminal) : cross(terminal)), passed ? Style::good : Style::bad},
       {" " + std::to_string(result.regressions()) + " of " + std::to_string(mutations) +
        " simulations lost a detector that must fire"}});
  return page.text();
}

}  // namespace

int mutate_command(const Arguments& arguments) {
  string plan_file;
  CommonOptions common;
  CommandLine line(
      "mutate [options]",
      "Changes one thing at a time in attacks that are found, as an attacker would, and\n"
      "shows which detector that silences. A detector that must fire and does not is a\n"
      "regression: exit code 1.",
      kExamples);
  common.add_to(line, CommonOptions::kPlugin | CommonOptions::kSimulator | CommonOptions::kReport);
  line.options().add_options()  //
      ("plan", po::value(&plan_file)->value_name("FILE"),
       "scenarios, mutations and what must fire (default: the shipped ones)");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = common.validate()) return line.usage_error(*error);

  Result<Plugin> plugin = common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  const Result<string> share = share_folder();
  if (!share) return input_error(share.error());
  if (plan_file.empty()) plan_file = *share + "/mutations/mutations.json";
  Result<string> schema = read_text(*share + "/schemas/mutations.schema.json");
  if (!schema) return input_error(schema.error());
  Result<string> text = read_text(plan_file);
  if (!text) return input_error(text.error());
  Result<MutationPlan> plan = parse_mutations(*text, plan_file, nlohmann::json::parse(*schema));
  if (!plan) return input_error(plan.error());
  Result<MutationResult> result = mutate(*plan, *plugin, common.simulator_program(), show_status);
  clear_status();
  if (!result) return input_error(result.error());

  const string report = common.report_format() == Format::json
                            ? mutation_json(*result).dump(2) + "\n"
                            : text_report(*result, *plugin, common.terminal());
  if (auto failed = write_output(common.output, report)) return input_error(*failed);
  return result->regressions() == 0 ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
