#include "harness/cli/results.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/verify/explanation.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

string text_of(const json& object, const char* name) {
  return printable(object.at(name).get_ref<const string&>());
}

// "5 events, 32.0 s apart; expected 6"
string found_and_why(const json& verdict) {
  const string found = text_of(verdict, "found");
  const string why = text_of(verdict, "why");
  return found + (found.empty() || why.empty() ? "" : "; ") + why;
}

Check check_of_signal(Check check, const json& s) {
  check.kind = Check::signal;
  check.id = text_of(s, "id");
  check.title = text_of(s, "title");
  check.text = found_and_why(s);
  check.result = s.at("held") == true       ? Check::held
                 : s.at("optional") == true ? Check::absent_option
                                            : Check::telemetry_gap;
  return check;
}

Check::ResultKind result_of(const string& outcome) {
  if (outcome == "held") return Check::held;
  return outcome == "failed" ? Check::detection_gap : Check::not_judged;
}

void add_run(std::vector<Check>& out, Check check, const json& run) {
  check.profile = text_of(run, "profile");
  for (const json& f : run.at("expected")) {
    check.kind = Check::finding;
    check.id = text_of(f, "detector");
    check.title = check.id;
    if (const string title = text_of(f, "title"); !title.empty()) check.title += ", " + title;
    check.text = found_and_why(f);
    if (f.contains("nearest")) check.text += "; " + nearest_text(f.at("nearest"));
    check.result = result_of(f.at("outcome"));
    out.push_back(check);
  }
  for (const json& detector : run.at("unexpected")) {
    check.kind = Check::uncalled;
    check.id = printable(detector.get_ref<const string&>());
    check.title = check.id + " must not fire";
    check.text = check.id + " fired and was not expected to";
    check.result = Check::detection_gap;
    out.push_back(check);
  }
  if (!run.at("expected").empty() || !run.at("unexpected").empty()) return;
  check.kind = Check::silence;
  check.id = "silent";
  check.title = "nothing must fire";
  check.result = result_of(run.at("outcome"));
  check.text = check.result == Check::held ? text_of(run, "because")
                                           : "silent, which proves nothing: the telemetry has gaps";
  out.push_back(check);
}

void add_journeys(std::vector<Check>& out, Check check, const json& of) {
  if (!of.contains("transport")) return;
  for (const json& t : of.at("transport")) {
    check.kind = Check::journey;
    check.profile = text_of(t, "profile");
    check.id = "transport";
    check.title = "through " + text_of(t, "collector");
    check.text = found_and_why(t);
    check.result = t.at("held") == true ? Check::held : Check::transport_gap;
    out.push_back(check);
  }
}

}  // namespace

std::vector<Check> checks_of(const json& report) {
  std::vector<Check> out;
  for (const json& test : report.at("tests")) {
    Check check;
    check.test = test.at("test");
    check.test_name = text_of(test, "name");
    check.test_title = text_of(test, "title");
    check.file = text_of(test, "file");
    for (const json& world : test.at("worlds")) {
      check.world = text_of(world, "world");
      check.world_title = text_of(world, "title");
      for (const json& s : world.at("signals")) out.push_back(check_of_signal(check, s));
      for (const json& run : world.at("runs")) add_run(out, check, run);
      add_journeys(out, check, world);
    }
  }
  Check all;
  all.test_name = "transport";
  all.test_title = "the collector";
  add_journeys(out, all, report);
  if (const string wrong = text_of(report, "wrong_answer"); !wrong.empty()) {
    Check check;
    check.kind = Check::benchmark;
    check.result = Check::detection_gap;
    check.test_name = check.id = "benchmark";
    check.test_title = check.title = "the answer of the benchmark";
    check.text = wrong;
    out.push_back(check);
  }
  return out;
}

bool is_gap(Check::ResultKind result) {
  return result == Check::telemetry_gap || result == Check::detection_gap ||
         result == Check::transport_gap;
}

std::string_view result_name(Check::ResultKind result) {
  switch (result) {
    case Check::held:
      return "held";
    case Check::telemetry_gap:
      return "telemetry gap";
    case Check::detection_gap:
      return "detection gap";
    case Check::transport_gap:
      return "transport gap";
    case Check::not_judged:
      return "not judged";
    case Check::absent_option:
      break;
  }
  return "optional, not there";
}

std::vector<string> profiles_of(const json& report) {
  std::vector<string> out;
  for (const Check& c : checks_of(report))
    if (!c.profile.empty() && std::find(out.begin(), out.end(), c.profile) == out.end())
      out.push_back(c.profile);
  return out;
}

}  // namespace c2watch::harness
