#include "harness/cli/exercise_forms.h"

#include <set>
#include <string>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

string text_at(const json& object, const char* name) { return object.at(name).get<string>(); }

void add(string& text, const string& more, const char* between) {
  if (!more.empty()) text += (text.empty() ? "" : between) + more;
}

string differences(const json& signal) {
  string out;
  for (const json& d : signal.at("differs"))
    add(out,
        text_at(d, "field") + ": expected " + text_at(d, "expected") + ", seen " +
            text_at(d, "seen"),
        "; ");
  return out;
}

// Why a signal is not there as it should be, and what mends it.
string why_of(const json& signal) {
  const string state = text_at(signal, "state");
  if (state == "present") return "";
  const string differs = differences(signal);
  if (state == "partial") return "in part: " + differs;
  string why = differs.empty() ? "" : "the nearest event differs in " + differs;
  add(why, text_at(signal, "reason"), ". ");
  if (why.empty()) why = "missing";
  if (!text_at(signal, "fix").empty()) add(why, "Mend it with " + text_at(signal, "fix"), ". ");
  return why;
}

json signal_of(const json& s) {
  return {{"id", s.at("id")},
          {"event_id", s.at("event_id")},
          {"title", s.at("title")},
          {"optional", s.at("optional")},
          {"held", s.at("state") == "present"},
          {"expected", s.at("expected")},
          {"expected_events", s.at("expected_events")},
          {"spacing_s", s.at("spacing_s")},
          {"events", s.at("events")},
          {"found", s.at("found")},
          {"why", why_of(s)},
          {"times_ms", s.at("times_ms")}};
}

json finding_of(const json& f) {
  const string state = text_at(f, "state");
  string found = state == "not_judged" ? "" : state;
  add(found, text_at(f, "found"), " ");
  json out = {{"detector", f.at("detector")},
              {"title", f.at("title")},
              {"outcome", state == "fired"        ? "held"
                          : state == "not_judged" ? "not_judged"
                                                  : "failed"},
              {"found", found},
              {"why", f.at("why")},
              {"ids", f.at("ids")},
              {"raised_ms", f.at("raised_ms")}};
  if (f.contains("nearest")) out["nearest"] = f.at("nearest");
  return out;
}

// What was raised, as far as it is this run's.
json raised_for(const json& run, const json& exercise) {
  std::set<string> ids;
  for (const json& f : run.at("findings"))
    for (const json& id : f.at("ids")) ids.insert(id.get<string>());
  json out = json::array();
  const auto all = exercise.at("raised").find(text_at(run, "profile"));
  if (all == exercise.at("raised").end()) return out;
  for (const json& finding : *all)
    if (ids.count(finding.value("id", "")) != 0) out.push_back(finding);
  return out;
}

json run_of(const json& r, const json& exercise) {
  json expected = json::array();
  for (const json& f : r.at("findings")) expected.push_back(finding_of(f));
  return {{"profile", r.at("profile")},  {"outcome", r.at("outcome")},
          {"because", r.at("because")},  {"expected", expected},
          {"unexpected", json::array()}, {"raised", raised_for(r, exercise)}};
}

struct Counts {
  std::uint64_t signals = 0;
  std::uint64_t missing = 0;
  std::uint64_t runs = 0;
  std::uint64_t held = 0;
  std::uint64_t unjudged = 0;
};

json test_of(const json& t, const json& exercise, Counts& n) {
  json signals = json::array();
  for (const json& s : t.at("signals")) {
    const bool held = s.at("state") == "present";
    n.signals += held || s.at("optional") == false;
    n.missing += !held && s.at("optional") == false;
    signals.push_back(signal_of(s));
  }
  json runs = json::array();
  for (const json& r : t.at("runs")) {
    ++n.runs;
    n.held += r.at("outcome") == "held";
    n.unjudged += r.at("outcome") == "not_judged";
    runs.push_back(run_of(r, exercise));
  }
  const json world = {{"world", t.at("world")},
                      {"title", t.at("carried_out")},
                      {"records", exercise.at("records")},
                      {"not_understood", exercise.at("not_understood")},
                      {"telemetry_held", t.at("telemetry_held")},
                      {"signals", signals},
                      {"runs", runs}};
  return {{"test", t.at("test")},     {"name", t.at("name")}, {"title", t.at("title")},
          {"atomic", t.at("atomic")}, {"file", t.at("file")}, {"worlds", json::array({world})}};
}

}  // namespace

json verdict_of_exercise(const json& e) {
  Counts n;
  json tests = json::array();
  for (const json& t : e.at("tests")) tests.push_back(test_of(t, e, n));
  const bool held = e.at("telemetry_held") == true && e.at("detection") == "held" &&
                    e.value("transport_held", true);
  json report = {{"schema", "c2watch.report/1"},
                 {"command", "verify"},
                 {"plugin_version", e.at("plugin_version")},
                 {"shape", "recorded"},
                 {"seed", 0},
                 {"held", held},
                 {"telemetry_held", e.at("telemetry_held")},
                 {"detection", e.at("detection")},
                 {"counts",
                  {{"signals", n.signals},
                   {"signals_missing", n.missing},
                   {"runs", n.runs},
                   {"runs_held", n.held},
                   {"runs_not_judged", n.unjudged}}},
                 {"tests", tests},
                 {"throughput", json::array()},
                 {"wrong_answer", ""},
                 {"about", plural(e.at("records").get<std::uint64_t>(), "record") + ", " +
                               text_at(e, "first") + " to " + text_at(e, "last") + " UTC"},
                 {"raised", e.at("raised")}};
  for (const char* name : {"through", "transport_held", "transport"})
    if (e.contains(name)) report[name] = e.at(name);
  return report;
}

}  // namespace c2watch::harness
