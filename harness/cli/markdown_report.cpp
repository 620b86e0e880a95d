#include "harness/cli/markdown_report.h"

#include <algorithm>
#include <set>

#include "harness/base/markdown.h"
#include "harness/base/text.h"
#include "harness/cli/results.h"
#include "harness/cli/text_report.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

constexpr std::size_t kMaxFindings = 50;  // a summary; --report json has them all

string sign_of(const string& verdict) {
  return verdict == "pass" ? "✅" : verdict == "fail" ? "❌" : verdict == "skipped" ? "➖" : "❔";
}

string profile_cell(const json& variant, const string& profile) {
  for (const json& run : variant.at("runs")) {
    if (run.at("profile") != profile) continue;
    string names;
    for (const string& name : deciding_detectors(run))
      names += (names.empty() ? " " : ", ") + markdown_escaped(name);
    if (run.at("verdict") == "inconclusive") names = " inconclusive";
    return sign_of(run.at("verdict")) + (names.empty() ? " no finding" : names);
  }
  return "";
}

string coverage(const json& report) {
  const std::vector<string> profiles = profiles_of(report);
  std::vector<string> titles = {"Test", "Variant", "Signals"};
  for (const string& p : profiles) titles.push_back(markdown_escaped(p));
  string out = "## Coverage\n\n" + markdown_head(titles);
  for (const json& test : report.at("tests"))
    for (const json& variant : test.at("variants")) {
      const auto [found, wanted] = signal_counts(variant);
      std::vector<string> cells = {std::to_string(test.at("test").get<int>()) + " " +
                                       markdown_escaped(test.at("title").get<string>()),
                                   markdown_escaped(variant.at("title").get<string>()),
                                   sign_of(variant.at("telemetry")) + " " + std::to_string(found) +
                                       "/" + std::to_string(wanted)};
      for (const string& p : profiles) cells.push_back(profile_cell(variant, p));
      out += markdown_row(cells);
    }
  return out + "\n";
}

string gaps(const std::vector<Check>& checks, const char* outcome, const char* title) {
  string out;
  for (const Check& c : checks) {
    if (c.outcome() != outcome) continue;
    out += "- ";
    if (c.test > 0)
      out += "**Test " + std::to_string(c.test) + "**, " + markdown_escaped(c.variant_title);
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
    const Finding f = read_finding(raised.dump(-1, ' ', false, json::error_handler_t::replace));
    const string line = markdown_row(
        {markdown_escaped(f.severity), markdown_escaped(f.detector), markdown_escaped(profile),
         markdown_escaped(f.host), markdown_escaped(f.process), markdown_escaped(f.destination)});
    if (!shown.insert(line).second) return;
    if (shown.size() > kMaxFindings)
      ++more;
    else
      out += line;
  };
  if (report.contains("raised")) {  // of recorded telemetry: for whatever event
    for (const auto& [profile, all] : report.at("raised").items())
      for (const json& raised : all) take(profile, raised);
  } else {
    for (const json& test : report.at("tests"))
      for (const json& variant : test.at("variants"))
        for (const json& run : variant.at("runs"))
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
        {markdown_escaped(r.at("input_format").get<string>()),
         markdown_escaped(r.at("profile").get<string>()),
         with_thousands(static_cast<std::uint64_t>(r.at("events_per_second").get<double>())),
         fixed(r.at("ns_per_event"), 0), bytes_text(r.at("engine_memory_bytes").get<double>())});
  return out + "\n";
}

}  // namespace

string markdown_report(const json& report) {
  const std::vector<Check> checks = checks_of(report);
  string out = "# c2watch " + markdown_escaped(report.at("command").get<string>()) + ": " +
               sign_of(report.at("verdict")) + " " + report.at("verdict").get<string>() + "\n\n";
  out += markdown_head({"Verdict", "", ""});
  out += markdown_row({"Telemetry", sign_of(report.at("telemetry")), telemetry_summary(report)});
  out += markdown_row({"Detection", sign_of(report.at("detection")), detection_summary(report)});
  if (const string collector = report.at("collector"); !collector.empty())
    out += markdown_row(
        {"Transport", sign_of(report.at("transport")), "through " + markdown_escaped(collector)});
  out += "\nPlugin " + markdown_escaped(report.at("plugin_version").get<string>()) +
         ", telemetry: " + markdown_escaped(report.at("input_format").get<string>()) + "\n\n";
  out += gaps(checks, "telemetry gap", "Telemetry gaps");
  out += gaps(checks, "detection gap", "Detection gaps");
  out += gaps(checks, "transport gap", "Transport gaps");
  out += gaps(checks, "inconclusive", "Inconclusive");
  return out + coverage(report) + findings(report) + throughput(report.at("throughput"));
}

}  // namespace c2watch::harness
