#include "harness/cli/results.h"

#include <algorithm>
#include <set>

#include "harness/base/text.h"
#include "harness/verify/explanation.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

string text_of(const json& object, const char* name) {
  return printable(object.at(name).get_ref<const string&>());
}

void append(string& text, const string& more, const char* between) {
  if (!more.empty()) text += (text.empty() ? "" : between) + more;
}

void finish(Check& check, const json& of, const string& detail) {
  check.verdict = text_of(of, "verdict");
  check.found = text_of(of, "found");
  check.text = check.found;
  append(check.text, detail, "; ");
}

void add_run(std::vector<Check>& out, Check check, const json& run) {
  check.profile = text_of(run, "profile");
  for (const json& f : run.at("expected")) {
    check.kind = Check::finding;
    check.id = text_of(f, "detector");
    check.title = check.id;
    append(check.title, text_of(f, "title"), ", ");
    check.cause = text_of(f, "cause");
    finish(check, f, text_of(f, "detail"));
    if (f.contains("nearest")) append(check.text, nearest_text(f.at("nearest")), "; ");
    out.push_back(check);
  }
  check.found.clear();
  for (const json& detector : run.at("unexpected")) {
    check.kind = Check::unexpected;
    check.verdict = "fail";
    check.cause = "unexpected";
    check.id = printable(detector.get_ref<const string&>());
    check.title = check.id + " must not fire";
    check.text = check.id + " fired and was not expected to";
    out.push_back(check);
  }
  if (!run.at("expected").empty() || !run.at("unexpected").empty()) return;
  check.kind = Check::no_finding;
  check.verdict = text_of(run, "verdict");
  check.cause = check.verdict == "pass" ? "" : "telemetry_gap";
  check.id = "no_finding";
  check.title = "nothing must fire";
  check.text = check.verdict == "pass" ? text_of(run, "reason")
                                       : "no finding, which proves nothing: the telemetry has gaps";
  out.push_back(check);
}

void add_collector_runs(std::vector<Check>& out, Check check, const json& runs) {
  for (const json& t : runs) {
    check.kind = Check::collector_run;
    check.profile = text_of(t, "profile");
    check.id = "transport";
    check.title = "through " + text_of(t, "collector");
    finish(check, t, text_of(t, "detail"));
    out.push_back(check);
  }
}

}  // namespace

std::string_view Check::gap() const {
  if (verdict != "fail") return "";
  return kind == signal          ? "telemetry gap"
         : kind == collector_run ? "transport gap"
                                 : "detection gap";
}

std::vector<Check> checks_of(const json& report) {
  std::vector<Check> out;
  for (const json& test : report.at("tests")) {
    Check check;
    check.test = test.at("test");
    check.test_name = text_of(test, "name");
    check.test_title = text_of(test, "title");
    check.file = text_of(test, "file");
    for (const json& variant : test.at("variants")) {
      check.variant = text_of(variant, "variant");
      check.variant_title = text_of(variant, "title");
      for (const json& s : variant.at("signals")) {
        Check of_signal = check;
        of_signal.id = text_of(s, "id");
        of_signal.title = text_of(s, "title");
        of_signal.cause = text_of(s, "cause");
        finish(of_signal, s, signal_detail(s));
        out.push_back(std::move(of_signal));
      }
      for (const json& run : variant.at("runs")) add_run(out, check, run);
      add_collector_runs(out, check, variant.at("transport"));
    }
  }
  Check all;
  all.test_name = "transport";
  all.test_title = "the collector";
  add_collector_runs(out, all, report.at("collector_runs"));
  if (const string wrong = text_of(report, "oracle_mismatch"); !wrong.empty()) {
    Check check;
    check.kind = Check::benchmark;
    check.verdict = "fail";
    check.test_name = check.id = "benchmark";
    check.test_title = check.title = "the answer of the benchmark";
    check.text = wrong;
    out.push_back(check);
  }
  return out;
}

std::vector<string> profiles_of(const json& report) {
  std::vector<string> out;
  for (const Check& c : checks_of(report))
    if (!c.profile.empty() && std::find(out.begin(), out.end(), c.profile) == out.end())
      out.push_back(c.profile);
  return out;
}

std::pair<std::size_t, std::size_t> signal_counts(const json& variant) {
  std::size_t found = 0;
  std::size_t wanted = 0;
  for (const json& s : variant.at("signals")) {
    found += s.at("verdict") == "pass";
    wanted += s.at("verdict") != "skipped";
  }
  return {found, wanted};
}

string signal_detail(const json& signal) {
  if (signal.at("verdict") == "pass") return "";
  string differences;
  for (const json& d : signal.at("differences"))
    append(differences,
           text_of(d, "field") + ": expected " + text_of(d, "expected") + ", seen " +
               text_of(d, "seen"),
           "; ");
  if (signal.at("cause") == "partial") return "in part: " + differences;
  string detail = differences.empty() ? "" : "the nearest event differs in " + differences;
  append(detail, text_of(signal, "reason"), ". ");
  if (detail.empty()) detail = "missing";
  if (const string fix = text_of(signal, "fix"); !fix.empty())
    append(detail, "Fix it with " + fix, ". ");
  return detail;
}

std::vector<string> deciding_detectors(const json& run) {
  std::vector<string> out;
  for (const json& name : run.at("unexpected"))
    out.push_back("unexpected " + printable(name.get_ref<const string&>()));
  for (const json& f : run.at("expected")) {
    const string detector = text_of(f, "detector");
    if (f.at("verdict") == run.at("verdict") &&
        std::find(out.begin(), out.end(), detector) == out.end())
      out.push_back(detector);
  }
  return out;
}

std::vector<RaisedFinding> first_findings(const json& report) {
  std::vector<RaisedFinding> out;
  for (const json& test : report.at("tests")) {
    std::set<string> known;
    for (const char* profile : {"lab", "default", "seed"})
      for (const json& variant : test.at("variants"))
        for (const json& run : variant.at("runs")) {
          if (run.at("profile") != profile) continue;
          std::set<string> asked;  // not so when it was only allowed to fire
          for (const json& f : run.at("expected")) asked.insert(f.at("detector"));
          for (const json& raised : run.at("raised")) {
            const string detector = raised.value("detector", "");
            if (asked.count(detector) == 0 || !known.insert(detector).second) continue;
            out.push_back({&raised, "test " + std::to_string(test.at("test").get<int>()) + ", " +
                                        variant.at("title").get<string>() + ", profile " +
                                        profile});
          }
        }
  }
  return out;
}

}  // namespace c2watch::harness
