#include "harness/cli/exercise_report.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/cli/exercise_forms.h"
#include "harness/verify/coverage.h"
#include "harness/verify/explanation.h"
#include "harness/verify/transport_view.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;
using std::string_view;

struct Sign {
  string_view text;
  Style style;
};

Sign sign_of(const Terminal& t, const ExerciseSignal& s) {
  if (s.state == SignalState::present) return {tick(t), Style::good};
  if (s.signal.optional) return {"-", Style::dim};
  return s.state == SignalState::partial ? Sign{"~", Style::warning} : Sign{cross(t), Style::bad};
}

Sign sign_of(const Terminal& t, const ExerciseFinding& f) {
  if (f.state == FindingState::fired) return {tick(t), Style::good};
  return f.state == FindingState::not_judged ? Sign{"?", Style::warning}
                                             : Sign{cross(t), Style::bad};
}

Sign sign_of(const Terminal& t, Outcome outcome) {
  if (outcome == Outcome::held) return {tick(t), Style::good};
  return outcome == Outcome::failed ? Sign{cross(t), Style::bad} : Sign{"?", Style::warning};
}

string time_or_nothing(std::optional<std::int64_t> us) { return us ? time_text(*us) : "-"; }

string how(const ExerciseTest& t) {
  if (t.no_trace()) return "no trace of it in this telemetry";
  string out = printable(t.world.title);
  for (const auto& [name, value] : t.world.variables)
    out += "; " + printable(name) + " " + printable(value) +
           (t.learned ? " (learned from the telemetry)" : " (assumed)");
  return out;
}

void show_signal(Page& page, const ExerciseSignal& s) {
  const Sign sign = sign_of(page.terminal(), s);
  string text = printable(s.signal.title) + ": ";
  text += s.state == SignalState::missing ? "missing" : printable(s.found);
  if (s.state == SignalState::partial) text += ", partial";
  if (s.signal.optional) text += " (optional)";
  page.paragraph(text, 4, page.styled(sign.text, sign.style) + " ");
  if (s.state == SignalState::present) return;
  if (!s.diagnosis.reason.empty()) page.paragraph(s.diagnosis.reason, 6, "why: ");
  if (!s.diagnosis.fix.empty()) page.paragraph(s.diagnosis.fix, 6, "fix: ");
  if (s.state == SignalState::missing && !s.differs.empty())
    page.paragraph("the nearest event differs in", 6);
  for (const Difference& d : s.differs)
    page.paragraph(printable(d.field) + ": expected " + printable(d.expected) + ", seen " +
                       clip_end(printable(d.seen), 120, page.terminal().unicode),
                   8);
}

void show_run(Page& page, const ExerciseRun& r) {
  string profile = printable(r.profile);
  profile.resize(std::max<std::size_t>(profile.size(), 8), ' ');
  if (r.findings.empty())
    page.item({{"- ", Style::dim}, {profile + " ", Style::dim}},
              "nothing expected" + (r.because.empty() ? "" : ": " + printable(r.because)), 4);
  for (const ExerciseFinding& f : r.findings) {
    const Sign sign = sign_of(page.terminal(), f);
    string text = printable(f.expectation.detector);
    if (!f.expectation.title.empty()) text += ", " + printable(f.expectation.title);
    text += ": ";
    text += f.state == FindingState::not_judged ? "not judged" : string(state_name(f.state));
    if (!f.found.empty()) text += " " + f.found;
    if (!f.why.empty()) text += "; " + f.why;
    page.item({{string(sign.text), sign.style}, {" " + profile + " ", Style::dim}}, text, 4);
    show_nearest(page, f.nearest, 15);
  }
}

void show_test(Page& page, const ExerciseTest& t) {
  page.heading("Test " + std::to_string(t.test) + "  " + printable(t.title));
  if (t.no_trace())
    page.line("  " + how(t), Style::warning);
  else
    page.paragraph(how(t), 2, "carried out: ");
  page.line("  telemetry", Style::dim);
  for (const ExerciseSignal& s : t.signals) show_signal(page, s);
  page.line("  detection", Style::dim);
  for (const ExerciseRun& r : t.runs) show_run(page, r);
}

void show_telemetry(Page& page, const ExerciseVerdict& v) {
  page.heading("Telemetry");
  page.line("  " + plural(v.records, "record") + ", " + time_or_nothing(v.survey.first_us()) +
            " to " + time_or_nothing(v.survey.last_us()) + " UTC");
  if (v.outside_window > 0)
    page.line("  " + plural(v.outside_window, "record") + " outside the window, not judged");
  if (v.not_understood > 0)
    page.line("  " + plural(v.not_understood, "record") + " that the judge cannot read",
              Style::warning);
  if (v.beyond_limits > 0)
    page.line("  " + plural(v.beyond_limits, "match") + " beyond the judge's limits, left out",
              Style::warning);
}

// Findings that no expectation speaks of, or that were raised for something else.
void show_raised(Page& page, const ExerciseVerdict& v) {
  for (const auto& [profile, findings] : v.raised) {
    if (findings.empty()) continue;
    page.heading("Everything raised, profile " + printable(profile));
    show_finding_table(page, findings);
  }
}

// A line of the display that is drawn again and again.
struct Tick {
  Sign sign;  // without text: a heading
  string label;
  string found;
  bool settled = false;  // nothing more is to be waited for
};

// Both, or as much of both as there is room for: what was found is what one looks for.
string fitted(const string& label, const string& found, std::size_t width, bool unicode) {
  const std::size_t whole = columns(label) + 2 + columns(found);
  if (whole <= width) return label + ": " + found;
  const std::size_t least = std::min(columns(label), width / 2);
  const std::size_t of_label = std::max(least, width - std::min(width, columns(found) + 2));
  return clip_end(label, of_label, unicode) + ": " + clip_end(found, width - of_label - 2, unicode);
}

std::vector<Tick> ticks_of(const Terminal& t, const ExerciseVerdict& v) {
  std::vector<Tick> out;
  for (const ExerciseTest& test : v.tests) {
    out.push_back(
        {{}, "Test " + std::to_string(test.test) + "  " + printable(test.title), "", false});
    for (const ExerciseSignal& s : test.signals)
      out.push_back({sign_of(t, s), printable(s.signal.title), printable(s.found),
                     s.state == SignalState::present || s.signal.optional});
    for (const ExerciseRun& r : test.runs)
      for (const ExerciseFinding& f : r.findings) {
        string label = r.profile + " " + printable(f.expectation.detector);
        if (!f.expectation.title.empty()) label += ", " + printable(f.expectation.title);
        string found =
            f.state == FindingState::not_judged ? "not yet" : string(state_name(f.state));
        if (!f.found.empty()) found += " " + f.found;
        out.push_back({sign_of(t, f), label, found, f.state == FindingState::fired});
      }
  }
  return out;
}

struct Sums {
  std::size_t signals = 0;
  std::size_t present = 0;
  std::size_t partial = 0;
  std::size_t findings = 0;
  std::size_t fired = 0;
  std::size_t unjudged = 0;
};

Sums sums_of(const ExerciseVerdict& v) {
  Sums n;
  for (const ExerciseTest& t : v.tests) {
    for (const ExerciseSignal& s : t.signals) {
      if (s.signal.optional) continue;
      ++n.signals;
      n.present += s.state == SignalState::present;
      n.partial += s.state == SignalState::partial;
    }
    for (const ExerciseRun& r : t.runs)
      for (const ExerciseFinding& f : r.findings) {
        ++n.findings;
        n.fired += f.state == FindingState::fired;
        n.unjudged += f.state == FindingState::not_judged;
      }
  }
  return n;
}

string telemetry_summary(const Sums& n) {
  return std::to_string(n.present) + " of " + std::to_string(n.signals) + " signals present" +
         (n.partial > 0 ? ", " + std::to_string(n.partial) + " partial" : "");
}

string detection_summary(const Sums& n) {
  return std::to_string(n.fired) + " of " + std::to_string(n.findings) + " findings fired" +
         (n.unjudged > 0 ? ", " + std::to_string(n.unjudged) + " not judged" : "");
}

json differences_json(const std::vector<Difference>& differences) {
  json out = json::array();
  for (const Difference& d : differences)
    out.push_back({{"field", d.field}, {"expected", d.expected}, {"seen", printable(d.seen)}});
  return out;
}

json signal_json(const ExerciseSignal& s) {
  return {{"id", s.signal.id},
          {"title", s.signal.title},
          {"event_id", s.signal.event_id},
          {"optional", s.signal.optional},
          {"state", state_name(s.state)},
          {"expected", s.signal.expected()},
          {"expected_events", s.signal.count.min},
          {"spacing_s", s.signal.spacing_s ? json(*s.signal.spacing_s) : json()},
          {"events", s.matches.size()},
          {"found", printable(s.found)},
          {"differs", differences_json(s.differs)},
          {"reason", s.diagnosis.reason},
          {"fix", s.diagnosis.fix},
          {"times_ms", times_json(s.matches)}};
}

json run_json(const ExerciseRun& r) {
  json findings = json::array();
  for (const ExerciseFinding& f : r.findings) {
    json one = {{"detector", f.expectation.detector},
                {"title", f.expectation.title},
                {"state", state_name(f.state)},
                {"found", f.found},
                {"why", f.why},
                {"ids", f.ids},
                {"raised_ms", f.raised_us ? json(*f.raised_us / 1000) : json()}};
    if (!f.nearest.is_null()) one["nearest"] = f.nearest;
    findings.push_back(std::move(one));
  }
  return {{"profile", r.profile},
          {"outcome", outcome_name(r.outcome())},
          {"because", r.because},
          {"findings", findings}};
}

json test_json(const ExerciseTest& t) {
  json signals = json::array();
  for (const ExerciseSignal& s : t.signals) signals.push_back(signal_json(s));
  json runs = json::array();
  for (const ExerciseRun& r : t.runs) runs.push_back(run_json(r));
  json variables = json::object();
  for (const auto& [name, value] : t.world.variables) variables[name] = printable(value);
  return {{"test", t.test},
          {"name", t.name},
          {"title", t.title},
          {"atomic", t.atomic_id},
          {"file", t.file},
          {"world", t.world.name},
          {"carried_out", how(t)},
          {"variables", variables},
          {"learned", t.learned},
          {"no_trace", t.no_trace()},
          {"telemetry_held", t.telemetry_held()},
          {"detection", outcome_name(t.detection())},
          {"signals", signals},
          {"runs", runs}};
}

}  // namespace

void show_exercise(Page& page, const ExerciseVerdict& v) {
  show_telemetry(page, v);
  for (const ExerciseTest& t : v.tests) show_test(page, t);
  if (!v.transports.empty()) page.heading("Transport, " + printable(v.transports[0].collector));
  show_transports(page, v.transports, 2);
  show_raised(page, v);
  const Sums n = sums_of(v);
  const auto line = [&](const char* name, Outcome outcome, const string& text) {
    const Sign sign = sign_of(page.terminal(), outcome);
    page.spans({{"  "},
                {string(sign.text), sign.style},
                {string(" ") + name + "  ", Style::bold},
                {text}});
  };
  page.heading("Verdicts");
  line("telemetry", v.telemetry_held() ? Outcome::held : Outcome::failed, telemetry_summary(n));
  line("detection", v.detection(), detection_summary(n));
  if (v.transports.empty()) return;
  line("transport", v.transport_held() ? Outcome::held : Outcome::failed,
       v.transport_held() ? "every record came out, and the same findings as in process"
                          : "records or findings differ from those in process");
}

void show_exercise_ticks(Page& page, const ExerciseVerdict& v, std::size_t height) {
  constexpr std::size_t kFurtherLines = 4;  // both verdicts, what is not shown, the cursor
  const Terminal& t = page.terminal();
  std::vector<Tick> ticks = ticks_of(t, v);
  const std::size_t room = height == 0               ? ticks.size()
                           : height <= kFurtherLines ? 1
                                                     : height - kFurtherLines;
  const std::size_t all = ticks.size();
  if (ticks.size() > room) std::erase_if(ticks, [](const Tick& one) { return one.settled; });
  if (ticks.size() > room) ticks.resize(room);
  for (const Tick& one : ticks) {
    if (one.sign.text.empty())
      page.line(clip_end(one.label, t.width, t.unicode), Style::bold);
    else
      page.spans({{"  "},
                  {string(one.sign.text), one.sign.style},
                  {" " + fitted(one.label, one.found, t.width - 4, t.unicode)}});
  }
  if (ticks.size() < all)
    page.line(clip_end("  " + plural(all - ticks.size(), "line") +
                           " not shown: there already, or no room",
                       t.width, t.unicode),
              Style::dim);
  const Sums n = sums_of(v);
  page.line("telemetry: " + telemetry_summary(n), Style::dim);
  page.line("detection: " + detection_summary(n), Style::dim);
}

json exercise_json(const ExerciseVerdict& v) {
  json kinds = json::array();
  for (const auto& [kind, count] : v.survey.kinds())
    kinds.push_back(
        {{"channel", printable(kind.first)}, {"event_id", kind.second}, {"events", count}});
  json tests = json::array();
  for (const ExerciseTest& t : v.tests) tests.push_back(test_json(t));
  json raised = json::object();
  for (const auto& [profile, findings] : v.raised) {
    raised[profile] = json::array();
    for (const FindingView& f : findings) raised[profile].push_back(f.json);
  }
  json whole = {{"schema", kExerciseSchema},
                {"telemetry_held", v.telemetry_held()},
                {"detection", outcome_name(v.detection())},
                {"records", v.records},
                {"outside_window", v.outside_window},
                {"not_understood", v.not_understood},
                {"beyond_limits", v.beyond_limits},
                {"first", time_or_nothing(v.survey.first_us())},
                {"last", time_or_nothing(v.survey.last_us())},
                {"kinds", kinds},
                {"tests", tests},
                {"raised", raised}};
  if (!v.transports.empty()) {
    whole["through"] = v.transports[0].collector;
    whole["transport_held"] = v.transport_held();
    whole["transport"] = transports_json(v.transports);
  }
  return whole;
}

}  // namespace c2watch::harness
