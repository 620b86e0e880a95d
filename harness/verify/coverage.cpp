#include "harness/verify/coverage.h"

#include <algorithm>
#include <array>
#include <set>

#include "harness/base/text.h"
#include "harness/verify/explanation.h"
#include "harness/verify/transport_view.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;
using std::string_view;

constexpr std::array<string_view, 3> kProfiles = {"seed", "default", "lab"};

const RunVerdict* run_of(const Judgement& judgement, string_view profile) {
  const auto at = std::find_if(judgement.runs.begin(), judgement.runs.end(),
                               [&](const RunVerdict& r) { return r.run.profile == profile; });
  return at == judgement.runs.end() ? nullptr : &*at;
}

// Detectors of the findings with this outcome, each once.
std::vector<string> detectors(const RunVerdict& run, Outcome outcome) {
  std::vector<string> out;
  for (const FindingVerdict& f : run.findings)
    if (f.outcome == outcome &&
        std::find(out.begin(), out.end(), f.expectation.detector) == out.end())
      out.push_back(f.expectation.detector);
  return out;
}

string first_and_more(const std::vector<string>& names) {
  if (names.empty()) return "";
  return names.size() == 1 ? names[0] : names[0] + " +" + std::to_string(names.size() - 1);
}

Cell run_cell(const Terminal& t, const RunVerdict* run) {
  if (run == nullptr) return {t.unicode ? "·" : ".", Style::dim};
  if (!run->unexpected.empty())
    return {string(cross(t)) + " uncalled " + first_and_more(run->unexpected), Style::bad};
  if (const auto failed = detectors(*run, Outcome::failed); !failed.empty())
    return {string(cross(t)) + " " + first_and_more(failed), Style::bad};
  if (run->outcome() == Outcome::not_judged) return {"? not judged", Style::warning};
  if (run->findings.empty()) return {string(tick(t)) + " silent", Style::dim};
  return {string(tick(t)) + " " + first_and_more(detectors(*run, Outcome::held)), Style::good};
}

Cell signals_cell(const Terminal& t, const Judgement& judgement) {
  std::size_t wanted = 0;
  std::size_t held = 0;
  for (const SignalVerdict& s : judgement.signals) {
    wanted += s.held || !s.signal.optional;
    held += s.held;
  }
  const bool all = judgement.telemetry_held();
  return {
      string(all ? tick(t) : cross(t)) + " " + std::to_string(held) + "/" + std::to_string(wanted),
      all ? Style::good : Style::bad};
}

// Not so when it was only allowed to fire.
bool asked_for(const RunVerdict& run, const string& detector) {
  return std::any_of(run.findings.begin(), run.findings.end(),
                     [&](const FindingVerdict& f) { return f.expectation.detector == detector; });
}

// "also raised" after the expectations of a run, or "".
string also_raised(const RunVerdict& run) {
  string out;
  for (const FindingView& f : run.raised)
    if (!asked_for(run, f.detector) &&
        std::find(run.unexpected.begin(), run.unexpected.end(), f.detector) == run.unexpected.end())
      out += (out.empty() ? "" : ", ") + f.detector + " (" + f.severity + ")";
  return out;
}

string test_heading(const Expectation& e) {
  return std::to_string(e.test) + "  " + printable(e.title);
}

void show_signal(Page& page, const SignalVerdict& s) {
  const Terminal& t = page.terminal();
  const bool missing_option = !s.held && s.signal.optional;
  const Style style = s.held ? Style::good : missing_option ? Style::dim : Style::bad;
  string text = printable(s.signal.title) + ": " + printable(s.found);
  if (missing_option) text += " (optional)";
  if (!s.why.empty() && !missing_option) text += "; " + printable(s.why);
  page.paragraph(text, 6,
                 page.styled(s.held           ? tick(t)
                             : missing_option ? "-"
                                              : cross(t),
                             style) +
                     " ");
}

void show_run(Page& page, const RunVerdict& run) {
  const Terminal& t = page.terminal();
  string profile = run.run.profile;
  profile.resize(std::max<std::size_t>(profile.size(), 8), ' ');
  const auto line = [&](Outcome outcome, const string& text) {
    const Style style = outcome == Outcome::held     ? Style::good
                        : outcome == Outcome::failed ? Style::bad
                                                     : Style::warning;
    const string_view sign = outcome == Outcome::held     ? tick(t)
                             : outcome == Outcome::failed ? cross(t)
                                                          : "?";
    page.item({{string(sign), style}, {" " + profile + " ", Style::dim}}, text, 6);
  };
  for (const FindingVerdict& f : run.findings) {
    string text = f.expectation.detector;
    if (!f.expectation.title.empty()) text += ", " + printable(f.expectation.title);
    if (!f.found.empty()) text += ": " + f.found;
    if (f.outcome == Outcome::not_judged)
      text += ": not judged (" + f.why + ")";
    else if (!f.why.empty())
      text += "; " + f.why;
    line(f.outcome, text);
    show_nearest(page, f.nearest, 17);
  }
  for (const string& detector : run.unexpected)
    line(Outcome::failed, printable(detector) + " fired and was not expected to");
  if (const string also = also_raised(run); !also.empty())
    page.item({{"  " + string(profile.size() + 1, ' '), Style::dim}}, "also raised: " + also, 6);
  if (run.findings.empty() && run.unexpected.empty() && run.blind)
    line(Outcome::not_judged, "silent, which proves nothing: the telemetry has gaps");
  else if (run.findings.empty() && run.unexpected.empty())
    line(Outcome::held, run.run.because.empty() ? "silent" : "silent: " + run.run.because);
}

json signal_json(const SignalVerdict& s) {
  return {{"id", s.signal.id},
          {"event_id", s.signal.event_id},
          {"title", s.signal.title},
          {"optional", s.signal.optional},
          {"held", s.held},
          {"expected", s.signal.expected()},
          {"expected_events", s.signal.count.min},
          {"spacing_s", s.signal.spacing_s ? json(*s.signal.spacing_s) : json()},
          {"events", s.matches.size()},
          {"found", s.found},
          {"why", s.why},
          {"times_ms", times_json(s.matches)}};
}

json run_json(const RunVerdict& r) {
  json findings = json::array();
  for (const FindingVerdict& f : r.findings) {
    json one = {{"detector", f.expectation.detector},
                {"title", f.expectation.title},
                {"outcome", outcome_name(f.outcome)},
                {"found", f.found},
                {"why", f.why},
                {"ids", f.ids},
                {"raised_ms", f.raised_us ? json(*f.raised_us / 1000) : json()}};
    if (!f.nearest.is_null()) one["nearest"] = f.nearest;
    findings.push_back(std::move(one));
  }
  json raised = json::array();
  for (const FindingView& f : r.raised) raised.push_back(f.json);
  return {{"profile", r.run.profile},   {"outcome", outcome_name(r.outcome())},
          {"because", r.run.because},   {"expected", findings},
          {"unexpected", r.unexpected}, {"raised", raised}};
}

}  // namespace

json times_json(const std::vector<SignalMatch>& matches) {
  constexpr std::size_t kMaxTimes = 1'000;  // as many as a picture can show
  json out = json::array();
  for (const SignalMatch& m : matches)
    if (m.time_us && out.size() < kMaxTimes) out.push_back(*m.time_us / 1000);
  return out;
}

bool telemetry_held(const std::vector<JudgedTest>& tests) {
  return std::all_of(tests.begin(), tests.end(), [](const JudgedTest& t) {
    return std::all_of(t.worlds.begin(), t.worlds.end(),
                       [](const Judgement& j) { return j.telemetry_held(); });
  });
}

bool transport_held(const std::vector<JudgedTest>& tests) {
  return std::all_of(tests.begin(), tests.end(), [](const JudgedTest& t) {
    return std::all_of(t.worlds.begin(), t.worlds.end(),
                       [](const Judgement& j) { return j.transport_held(); });
  });
}

Outcome detection_outcome(const std::vector<JudgedTest>& tests) {
  Outcome worst = Outcome::held;
  for (const JudgedTest& test : tests)
    for (const Judgement& j : test.worlds)
      for (const RunVerdict& r : j.runs) {
        if (r.outcome() == Outcome::failed) return Outcome::failed;
        if (r.outcome() == Outcome::not_judged) worst = Outcome::not_judged;
      }
  return worst;
}

void show_coverage(Page& page, const std::vector<JudgedTest>& tests) {
  page.heading("Coverage");
  Table table({{"World", Align::left, true}, {"Signals"}, {"seed"}, {"default"}, {"lab"}});
  for (const JudgedTest& test : tests) {
    table.group(test_heading(test.expectation));
    for (const Judgement& j : test.worlds) {
      std::vector<Cell> row = {{"   " + printable(j.world.title)},
                               signals_cell(page.terminal(), j)};
      for (const string_view profile : kProfiles)
        row.push_back(run_cell(page.terminal(), run_of(j, profile)));
      table.row(std::move(row));
    }
  }
  page.table(table);
  const string_view gap = dot(page.terminal());
  page.line("  " + string(tick(page.terminal())) + " as expected" + string(gap) +
                string(cross(page.terminal())) + " not as expected" + string(gap) +
                "? telemetry gap, so detection was not judged",
            Style::dim);
}

void show_judgements(Page& page, const std::vector<JudgedTest>& tests) {
  for (const JudgedTest& test : tests) {
    page.heading("Test " + test_heading(test.expectation));
    for (const Judgement& j : test.worlds) {
      page.line("  " + printable(j.world.title), Style::accent);
      page.line("    telemetry", Style::dim);
      for (const SignalVerdict& s : j.signals) show_signal(page, s);
      if (!j.runs.empty()) page.line("    detection", Style::dim);
      for (const RunVerdict& r : j.runs) show_run(page, r);
      if (!j.transports.empty())
        page.line("    transport, " + printable(j.transports[0].collector), Style::dim);
      show_transports(page, j.transports, 6);
    }
  }
}

void show_raised_findings(Page& page, const std::vector<JudgedTest>& tests, bool details) {
  std::vector<FindingView> raised;
  std::vector<string> where;
  for (const JudgedTest& test : tests) {
    std::set<string> shown;
    for (const string_view profile : {"lab", "default", "seed"}) {
      for (const Judgement& j : test.worlds) {
        const RunVerdict* run = run_of(j, profile);
        if (run == nullptr) continue;
        for (const FindingView& f : run->raised) {
          if (!asked_for(*run, f.detector) || !shown.insert(f.detector).second) continue;
          raised.push_back(f);
          where.push_back("test " + std::to_string(test.expectation.test) + ", " +
                          printable(j.world.title) + ", profile " + string(profile));
        }
      }
    }
  }
  page.heading("Findings");
  if (raised.empty()) return page.line("  none");
  show_finding_table(page, raised);
  for (std::size_t i = 0; details && i < raised.size(); ++i) {
    page.line();
    page.line("  " + where[i], Style::dim);
    show_finding(page, raised[i]);
  }
}

VerdictCounts verdict_counts(const std::vector<JudgedTest>& tests) {
  VerdictCounts n;
  for (const JudgedTest& test : tests) {
    for (const Judgement& j : test.worlds) {
      for (const SignalVerdict& s : j.signals) {
        n.signals += s.held || !s.signal.optional;
        n.gaps += s.gap();
      }
      for (const RunVerdict& r : j.runs) {
        ++n.runs;
        n.held += r.outcome() == Outcome::held;
        n.not_judged += r.outcome() == Outcome::not_judged;
      }
      for (const Transport& t : j.transports) {
        ++n.journeys;
        n.journeys_held += t.held();
      }
    }
  }
  return n;
}

void show_verdicts(Page& page, const std::vector<JudgedTest>& tests) {
  const VerdictCounts n = verdict_counts(tests);
  const Terminal& t = page.terminal();
  const auto verdict = [&](string_view name, Outcome outcome, const string& text) {
    const Style style = outcome == Outcome::held     ? Style::good
                        : outcome == Outcome::failed ? Style::bad
                                                     : Style::warning;
    const string_view sign = outcome == Outcome::held     ? tick(t)
                             : outcome == Outcome::failed ? cross(t)
                                                          : "?";
    page.spans({{"  "}, {string(sign), style}, {" " + string(name) + "  ", Style::bold}, {text}});
  };
  page.heading("Verdicts");
  verdict(
      "telemetry", n.gaps == 0 ? Outcome::held : Outcome::failed,
      with_thousands(n.signals - n.gaps) + " of " + with_thousands(n.signals) + " signals found");
  verdict("detection", detection_outcome(tests),
          with_thousands(n.held) + " of " + with_thousands(n.runs) + " runs as expected" +
              (n.not_judged > 0 ? ", " + with_thousands(n.not_judged) + " not judged" : ""));
  if (n.journeys > 0)
    verdict("transport", n.journeys_held == n.journeys ? Outcome::held : Outcome::failed,
            with_thousands(n.journeys_held) + " of " + with_thousands(n.journeys) +
                " journeys with every record out and the same findings as in process");
}

json coverage_json(const std::vector<JudgedTest>& tests) {
  json out = json::array();
  for (const JudgedTest& test : tests) {
    json worlds = json::array();
    for (const Judgement& j : test.worlds) {
      json signals = json::array();
      for (const SignalVerdict& s : j.signals) signals.push_back(signal_json(s));
      json runs = json::array();
      for (const RunVerdict& r : j.runs) runs.push_back(run_json(r));
      json world = {{"world", j.world.name},
                    {"title", j.world.title},
                    {"records", j.records},
                    {"not_understood", j.not_understood},
                    {"telemetry_held", j.telemetry_held()},
                    {"signals", signals},
                    {"runs", runs}};
      if (!j.transports.empty()) world["transport"] = transports_json(j.transports);
      worlds.push_back(std::move(world));
    }
    out.push_back({{"test", test.expectation.test},
                   {"name", test.expectation.name},
                   {"title", test.expectation.title},
                   {"atomic", test.expectation.atomic_id},
                   {"file", test.expectation.file},
                   {"worlds", worlds}});
  }
  return out;
}

}  // namespace c2watch::harness
