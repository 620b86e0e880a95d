#include "harness/cli/markdown_report.h"

#include <algorithm>
#include <set>

#include "harness/base/markdown.h"
#include "harness/base/text.h"
#include "harness/cli/results.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

constexpr std::size_t kMaxFindings = 50;  // a summary; --report json has them all

std::vector<const Check*> of_profile(const std::vector<Check>& checks, const Check& where,
                                     const string& profile) {
  std::vector<const Check*> out;
  for (const Check& c : checks)
    if (c.test == where.test && c.world == where.world && c.profile == profile &&
        c.kind != Check::journey)
      out.push_back(&c);
  return out;
}

string profile_cell(const std::vector<const Check*>& checks) {
  if (checks.empty()) return "";
  string names;
  std::set<string> named;
  const auto any = [&](Check::ResultKind r) {
    return std::any_of(checks.begin(), checks.end(),
                       [r](const Check* c) { return c->result == r; });
  };
  if (!any(Check::detection_gap) && any(Check::not_judged)) return "❔ not judged";
  const bool gap = any(Check::detection_gap);
  for (const Check* c : checks)
    if ((c->result == Check::detection_gap) == gap && named.insert(c->id).second)
      names += (names.empty() ? "" : ", ") + string(c->kind == Check::uncalled ? "uncalled " : "") +
               markdown_escaped(c->id);
  return (gap ? "❌ " : "✅ ") + names;
}

string signal_cell(const std::vector<const Check*>& checks) {
  std::size_t held = 0;
  std::size_t wanted = 0;
  for (const Check* c : checks) {
    held += c->result == Check::held;
    wanted += c->result != Check::absent_option;
  }
  return (held == wanted ? "✅ " : "❌ ") + std::to_string(held) + "/" + std::to_string(wanted);
}

string coverage(const json& report, const std::vector<Check>& checks) {
  const std::vector<string> profiles = profiles_of(report);
  std::vector<string> titles = {"Test", "Carried out", "Signals"};
  for (const string& p : profiles) titles.push_back(markdown_escaped(p));
  string out = "## Coverage\n\n" + markdown_head(titles);
  for (auto c = checks.begin(); c != checks.end();) {
    if (c->test > 0) {
      std::vector<string> cells = {std::to_string(c->test) + " " + markdown_escaped(c->test_title),
                                   markdown_escaped(c->world_title),
                                   signal_cell(of_profile(checks, *c, ""))};
      for (const string& p : profiles) cells.push_back(profile_cell(of_profile(checks, *c, p)));
      out += markdown_row(cells);
    }
    c = std::find_if(c, checks.end(), [first = *c](const Check& next) {
      return next.test != first.test || next.world != first.world;
    });
  }
  return out + "\n";
}

string gaps(const std::vector<Check>& checks, Check::ResultKind kind, const char* title) {
  string out;
  for (const Check& c : checks) {
    if (c.result != kind) continue;
    out += "- ";
    if (c.test > 0)
      out += "**Test " + std::to_string(c.test) + "**, " + markdown_escaped(c.world_title);
    if (!c.profile.empty()) out += ", profile " + markdown_escaped(c.profile);
    out += (c.test > 0 ? ": " : "") + markdown_escaped(c.title) + ": " + markdown_escaped(c.text) +
           "\n";
  }
  return out.empty() ? "" : string("## ") + title + "\n\n" + out + "\n";
}

string findings(const json& report) {
  string out;
  std::set<string> shown;
  std::size_t more = 0;
  const auto take = [&](const string& profile, const json& raised) {
    const FindingView f = read_finding(raised.dump(-1, ' ', false, json::error_handler_t::replace));
    const string line = markdown_row(
        {markdown_escaped(f.severity), markdown_escaped(f.detector), markdown_escaped(profile),
         markdown_escaped(f.host), markdown_escaped(f.process), markdown_escaped(f.destination)});
    if (!shown.insert(line).second) return;
    if (shown.size() > kMaxFindings)
      ++more;
    else
      out += line;
  };
  if (report.contains("raised")) {  // of an exercise: for whatever event
    for (const auto& [profile, all] : report.at("raised").items())
      for (const json& raised : all) take(profile, raised);
  } else {
    for (const json& test : report.at("tests"))
      for (const json& world : test.at("worlds"))
        for (const json& run : world.at("runs"))
          for (const json& raised : run.at("raised")) take(run.at("profile"), raised);
  }
  if (out.empty()) return "";
  out = "## Findings raised\n\n" +
        markdown_head({"Severity", "Detector", "Profile", "Host", "Process", "Destination"}) + out;
  if (more > 0) out += "\nand " + plural(more, "more finding") + "\n";
  return out + "\n";
}

string throughput(const json& rows) {
  if (rows.empty()) return "";
  string out = "## Throughput, one thread\n\n" +
               markdown_head({"Shape", "Profile", "Events/s", "ns/event", "Memory"});
  for (const json& r : rows)
    out += markdown_row(
        {markdown_escaped(r.at("shape").get<string>()),
         markdown_escaped(r.at("profile").get<string>()),
         with_thousands(static_cast<std::uint64_t>(r.at("events_per_second").get<double>())),
         fixed(r.at("ns_per_event"), 0), bytes_text(r.at("engine_memory_bytes").get<double>())});
  return out + "\n";
}

}  // namespace

string markdown_report(const json& report) {
  const std::vector<Check> checks = checks_of(report);
  const json& n = report.at("counts");
  const auto number = [&](const char* name) { return n.at(name).get<std::uint64_t>(); };
  const bool telemetry = report.at("telemetry_held");
  const string detection = report.at("detection");
  string out = "# c2watch " + markdown_escaped(report.at("command").get<string>()) + ": " +
               (report.at("held") == true ? "✅ everything holds" : "❌ not everything holds") +
               "\n\n";
  out += markdown_head({"Verdict", "", ""});
  out += markdown_row({"Telemetry", telemetry ? "✅" : "❌",
                       with_thousands(number("signals") - number("signals_missing")) + " of " +
                           with_thousands(number("signals")) + " signals found"});
  out += markdown_row({"Detection",
                       detection == "held"     ? "✅"
                       : detection == "failed" ? "❌"
                                               : "❔",
                       with_thousands(number("runs_held")) + " of " +
                           with_thousands(number("runs")) + " runs as expected" +
                           (number("runs_not_judged") > 0
                                ? ", " + with_thousands(number("runs_not_judged")) + " not judged"
                                : "")});
  if (report.contains("through"))
    out += markdown_row({"Transport", report.at("transport_held") == true ? "✅" : "❌",
                         "through " + markdown_escaped(report.at("through").get<string>())});
  out += "\nPlugin " + markdown_escaped(report.at("plugin_version").get<string>()) +
         ", telemetry: " + markdown_escaped(report.at("shape").get<string>()) + "\n\n";
  out += gaps(checks, Check::telemetry_gap, "Telemetry gaps");
  out += gaps(checks, Check::detection_gap, "Detection gaps");
  out += gaps(checks, Check::transport_gap, "Transport gaps");
  out += gaps(checks, Check::not_judged, "Not judged");
  return out + coverage(report, checks) + findings(report) + throughput(report.at("throughput"));
}

}  // namespace c2watch::harness
