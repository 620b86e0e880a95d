#include "harness/cli/report_page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/base/html.h"
#include "harness/base/interval_plot.h"
#include "harness/base/text.h"
#include "harness/cli/results.h"
#include "harness/verify/explanation.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

constexpr std::string_view kStyle = R"(
.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); margin: 1rem 0; padding: 0; list-style: none; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.tile { border-left: .3rem solid var(--dim); } .tile.good { border-left-color: var(--good); }
.tile.bad { border-left-color: var(--bad); } .tile.warn { border-left-color: var(--warn); }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; } .tile span { color: var(--dim); }
.matrix td, .matrix th { white-space: nowrap; } .matrix td:first-child { white-space: normal; min-width: 9rem; padding-left: .75rem; }
.expected { fill: none; stroke: var(--dim); stroke-width: 1.2; } .seen { fill: var(--accent); }
.raised { fill: var(--bad); } .absent { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 4 4; }
.bar { fill: var(--accent); }
.tick { stroke: var(--accent); stroke-width: 1.5; } .mean { stroke: var(--warn); stroke-dasharray: 4 3; }
.timeline { max-width: none; } .timeline .lane { margin: .35rem 0 0; max-width: none; font-size: .8rem; line-height: 1.3; }
.rhythm { display: grid; gap: .5rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.rhythm > :first-child { grid-column: 1 / -1; }
.card { margin: .75rem 0; } .card h3 { margin: 0 0 .25rem; }
.card dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.card td { overflow-wrap: anywhere; min-width: 4rem; }
@media (max-width: 30rem) { main { padding: .75rem; } .card { padding: .6rem; } .card dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: .3rem; } td:last-child { min-width: 9rem; } }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: .5rem 0; padding: 0; } a { color: var(--accent); }
@media print { nav { display: none; } }
)";

// As many findings as anybody reads; the JSON report has all.
constexpr std::size_t kMaxRaised = 200;

string text_at(const json& object, const char* name) { return object.at(name).get<string>(); }

std::vector<double> seconds_of(const json& signal) {
  std::vector<double> out;
  for (const json& ms : signal.at("times_ms")) out.push_back(ms.get<double>() / 1000);
  std::sort(out.begin(), out.end());
  return out;
}

// ---- at a glance --------------------------------------------------------------------------------

struct Mark {
  const char* css;
  const char* sign;
};

Mark mark_of(const string& outcome) {
  if (outcome == "pass") return {"good", "✓"};
  if (outcome == "skipped") return {"dim", "–"};
  return outcome == "fail" ? Mark{"bad", "✗"} : Mark{"warn", "?"};
}

string tile(const string& css, const string& title, const string& figure, const string& note) {
  return "<li class=\"tile " + css + "\"><span>" + markup_escaped(title) + "</span><b>" +
         markup_escaped(figure) + "</b><span>" + markup_escaped(note) + "</span></li>\n";
}

string tiles(const json& report) {
  const json& n = report.at("counts");
  const auto number = [&](const char* name) { return n.at(name).get<std::uint64_t>(); };
  const auto verdict_tile = [&](const char* name, const char* title, const string& figure,
                                const string& note) {
    return tile(mark_of(text_at(report, name)).css, title, figure, note);
  };
  string out = "<ul class=\"tiles\">\n";
  out += verdict_tile("telemetry", "Telemetry",
                      with_thousands(number("signals") - number("signals_missing")) + " of " +
                          with_thousands(number("signals")),
                      "signals found");
  const std::uint64_t inconclusive = number("runs_inconclusive");
  out += verdict_tile(
      "detection", "Detection",
      with_thousands(number("runs_passed")) + " of " + with_thousands(number("runs")),
      "runs passed" +
          (inconclusive == 0 ? "" : ", " + with_thousands(inconclusive) + " inconclusive"));
  if (const string collector = text_at(report, "collector"); !collector.empty())
    out += verdict_tile("transport", "Transport", text_at(report, "transport"),
                        "through " + collector);
  double best = 0;
  for (const json& row : report.at("throughput"))
    best = std::max(best, row.at("events_per_second").get<double>());
  if (best > 0)
    out += tile(text_at(report, "oracle_mismatch").empty() ? "good" : "bad", "Throughput",
                with_thousands(static_cast<std::uint64_t>(best)), "events a second, one thread");
  return out + "</ul>\n";
}

HtmlCell run_cell(const json& test, const json& variant, const string& profile) {
  for (const json& run : variant.at("runs")) {
    if (run.at("profile") != profile) continue;
    const string outcome = text_at(run, "verdict");
    string what;
    for (const string& name : deciding_detectors(run)) what += (what.empty() ? "" : ", ") + name;
    if (outcome == "inconclusive") what = outcome;
    if (what.empty()) what = "no finding, as expected";
    const Mark mark = mark_of(outcome);
    return HtmlCell::html(
        string(mark.sign) + " " + markup_escaped(what),
        html_attribute("class", mark.css) +
            html_attribute("data-test", std::to_string(test.at("test").get<int>())) +
            html_attribute("data-variant", text_at(variant, "variant")) +
            html_attribute("data-profile", profile) + html_attribute("data-run-verdict", outcome));
  }
  return "";
}

HtmlCell signals_cell(const json& variant) {
  const auto [found, wanted] = signal_counts(variant);
  const Mark mark = mark_of(text_at(variant, "telemetry"));
  return HtmlCell::html(
      string(mark.sign) + " " + std::to_string(found) + " of " + std::to_string(wanted),
      html_attribute("class", mark.css));
}

string matrix(const json& report) {
  const std::vector<string> profiles = profiles_of(report);
  std::vector<string> head = {"Variant", "Signals"};
  head.insert(head.end(), profiles.begin(), profiles.end());
  HtmlTable t(head, "matrix", "✓ pass, ✗ fail, ? inconclusive: telemetry gap");
  for (const json& test : report.at("tests")) {
    t.group(std::to_string(test.at("test").get<int>()) + "  " + text_at(test, "title"));
    for (const json& variant : test.at("variants")) {
      std::vector<HtmlCell> cells = {text_at(variant, "title"), signals_cell(variant)};
      for (const string& profile : profiles) cells.push_back(run_cell(test, variant, profile));
      t.row(cells);
    }
  }
  return "<h2 id=\"coverage\">Coverage</h2>\n" + t.done();
}

// ---- the time axis ------------------------------------------------------------------------------

struct Span {
  double from = 0;
  double to = 0;
  // Percent of the picture's width; room at either end for half a mark.
  double x(double seconds) const {
    return to > from ? 1.5 + 97 * (seconds - from) / (to - from) : 50;
  }
};

// Raised findings by detector: when, and in which profiles.
std::map<string, std::map<double, string>> raised_at(const json& variant) {
  std::map<string, std::map<double, string>> out;
  for (const json& run : variant.at("runs"))
    for (const json& f : run.at("expected")) {
      if (f.at("raised_ms").is_null()) continue;
      string& profiles = out[text_at(f, "detector")][f.at("raised_ms").get<double>() / 1000];
      const string profile = text_at(run, "profile");
      if (profiles.find(profile) == string::npos)
        profiles += (profiles.empty() ? "" : ", ") + profile;
    }
  return out;
}

string since(double seconds) { return seconds > 0 ? "+" + seconds_text(seconds) : "start"; }

// A line of text, which wraps on a narrow screen, over its line of marks.
string lane(const string& title, const WidePicture& picture) {
  return "<p class=\"lane\">" + markup_escaped(title) + "</p>" + picture.done();
}

constexpr double kLaneHeight = 16;
constexpr double kMiddle = kLaneHeight / 2;

string signal_lane(const Span& span, const json& signal) {
  const std::vector<double> seen = seconds_of(signal);
  const auto events = signal.at("events").get<std::size_t>();
  const string title = text_at(signal, "title") + ": " + std::to_string(events) + " seen";
  WidePicture picture(kLaneHeight, title);
  picture.line(0, kMiddle, 100, kMiddle, seen.empty() ? "absent" : "grid");
  if (seen.empty()) return lane(title, picture);
  const auto wanted = signal.at("expected_events").get<std::size_t>();
  const double spacing =
      signal.at("spacing_s").is_null() ? 0 : signal.at("spacing_s").get<double>();
  for (std::size_t i = 0; spacing > 0 && i < std::min<std::size_t>(wanted, 1'000); ++i) {
    const double at = seen.front() + spacing * static_cast<double>(i);
    if (at <= span.to + spacing / 2)
      picture.dot(span.x(std::min(at, span.to)), kMiddle, 5.5, "expected");
  }
  for (const double t : seen) picture.dot(span.x(t), kMiddle, 3, "seen");
  return lane(title, picture);
}

string raised_lane(const Span& span, const string& detector,
                   const std::map<double, string>& times) {
  string title = "raised: " + detector;
  for (const auto& [t, profiles] : times) title += ", " + since(t - span.from) + " in " + profiles;
  WidePicture picture(kLaneHeight, title);
  picture.line(0, kMiddle, 100, kMiddle, "grid");
  for (const auto& [t, profiles] : times) picture.diamond(span.x(t), kMiddle, "raised");
  return lane(title, picture);
}

string timeline(const json& variant) {
  Span span{INFINITY, -INFINITY};
  const auto stretch = [&span](double t) { span = {std::min(span.from, t), std::max(span.to, t)}; };
  for (const json& s : variant.at("signals"))
    for (const double t : seconds_of(s)) stretch(t);
  if (span.from > span.to) return "<p class=\"warn\">No event of this test was seen.</p>\n";
  const auto raised = raised_at(variant);
  for (const auto& [detector, times] : raised)
    for (const auto& [t, profiles] : times) stretch(t);

  string out =
      "<figure class=\"timeline\"><figcaption>Expected (rings), seen (dots), raised "
      "(diamonds)</figcaption>";
  for (const json& s : variant.at("signals"))
    if (s.at("optional") == false || s.at("events") != 0) out += signal_lane(span, s);
  for (const auto& [detector, times] : raised) out += raised_lane(span, detector, times);
  const string start = time_text(std::llround(span.from * 1e6)) + " UTC";
  WidePicture axis(16, "from " + start + " over " + seconds_text(span.to - span.from));
  axis.text(0, 12, "start", start);
  axis.text(100, 12, "end", since(span.to - span.from));
  return out + axis.done() + "</figure>\n";
}

// ---- the rhythm of a beacon ---------------------------------------------------------------------

string axis_figure(const string& title, const std::vector<double>& times) {
  const Span span{times.front(), times.back()};
  WidePicture picture(52, title);
  picture.line(0, 34, 100, 34, "grid");
  for (const double t : times) picture.line(span.x(t), 6, span.x(t), 34, "tick");
  picture.text(0, 48, "start", time_text(std::llround(span.from * 1e6)));
  picture.text(100, 48, "end", since(span.to - span.from));
  return "<figure><figcaption>" + markup_escaped(title) + "</figcaption>" + picture.done() +
         "</figure>";
}

string bars_figure(const string& title, const std::vector<Bar>& bars, const string& left,
                   const string& middle, const string& right) {
  std::size_t most = 1;
  for (const Bar& b : bars) most = std::max(most, b.count);
  WidePicture picture(116, title);
  picture.line(0, 96, 100, 96, "grid");
  picture.text(0, 10, "start", std::to_string(most));
  const double width = 100.0 / static_cast<double>(bars.size());
  const double bar = std::min(0.84 * width, 12.0);  // one hour alone is no wall
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double height = 80.0 * static_cast<double>(bars[i].count) / static_cast<double>(most);
    if (bars[i].count > 0)
      picture.bar(width * (static_cast<double>(i) + 0.5) - bar / 2, 96 - height, bar, height, "bar",
                  bars[i].label + ": " + std::to_string(bars[i].count));
  }
  picture.text(0, 111, "start", left);
  picture.text(50, 111, "middle", middle);
  picture.text(100, 111, "end", right);
  return "<figure><figcaption>" + markup_escaped(title) + "</figcaption>" + picture.done() +
         "</figure>";
}

string hour_text(double seconds) {
  return time_text(std::llround(seconds / 3600) * 3'600'000'000).substr(11, 5);
}

// Five check-ins are the least that the detection makes anything of.
string rhythm(const json& signal) {
  const std::vector<double> times = seconds_of(signal);
  if (signal.at("event_id") != 3 || times.size() < 5) return "";
  const Rhythm r = rhythm_of(times);
  const std::string count = std::to_string(times.size());
  string out = "<div class=\"rhythm\"" + html_attribute("data-signal", text_at(signal, "id")) +
               html_attribute("data-check-ins", count) +
               html_attribute("data-median-interval-s", fixed(r.median_gap_s, 3)) + ">";
  out += axis_figure(count + " check-ins, the middle interval " + fixed(r.median_gap_s, 1) + " s",
                     times);
  out += bars_figure("Intervals, as many of each length", r.intervals, "0 s",
                     fixed(r.median_gap_s, 0) + " s", fixed(2 * r.median_gap_s, 0) + " s, more");
  out += bars_figure("Check-ins by clock hour (UTC)", r.hours, hour_text(r.first_hour_s), "",
                     hour_text(r.first_hour_s + 3600 * static_cast<double>(r.hours.size())));
  return out + "</div>\n";
}

// ---- test by test -------------------------------------------------------------------------------

string signals_table(const json& variant) {
  HtmlTable t({"Signal", "Expected", "Seen", "Verdict"}, "", "Telemetry");
  for (const json& s : variant.at("signals")) {
    const string verdict = text_at(s, "verdict");
    const Mark mark = mark_of(verdict);
    t.row({text_at(s, "title"), text_at(s, "expected"), text_at(s, "found"),
           HtmlCell::html(string(mark.sign) + " " +
                              markup_escaped(verdict == "pass"      ? "found"
                                             : verdict == "skipped" ? "optional, not there"
                                                                    : signal_detail(s)),
                          html_attribute("class", mark.css))},
          "",
          html_attribute("data-signal", text_at(s, "id")) +
              html_attribute("data-events", std::to_string(s.at("events").get<std::size_t>())) +
              html_attribute("data-verdict", verdict));
  }
  return t.done();
}

string checks_table(const json& report, const json& test, const json& variant, bool transport) {
  HtmlTable t({"Profile", "Expected", "Came", "Verdict"}, "",
              transport ? "Transport" : "Detection");
  bool any = false;
  for (const Check& c : checks_of(report)) {
    if (c.kind == Check::signal || c.kind == Check::benchmark ||
        (c.kind == Check::collector_run) != transport || c.test != test.at("test") ||
        c.variant != printable(text_at(variant, "variant")))
      continue;
    any = true;
    const Mark mark = mark_of(c.verdict);
    t.row({c.profile, c.title, c.found,
           HtmlCell::html(
               string(mark.sign) + " " +
                   markup_escaped(c.verdict == "pass" && c.kind != Check::no_finding ? "pass"
                                                                                     : c.text),
               html_attribute("class", mark.css))},
          "", transport ? html_attribute("data-collector-run", c.verdict) : "");
  }
  return any ? t.done() : "";
}

string test_section(const json& report, const json& test) {
  const string number = std::to_string(test.at("test").get<int>());
  string out = "<section id=\"test-" + number + "\">\n<h2>Test " + number + ": " +
               markup_escaped(text_at(test, "title")) + "</h2>\n";
  for (const json& variant : test.at("variants")) {
    out += "<h3>" + markup_escaped(text_at(variant, "title")) + "</h3>\n";
    out += timeline(variant);
    for (const json& s : variant.at("signals")) out += rhythm(s);
    out += signals_table(variant) + checks_table(report, test, variant, false) +
           checks_table(report, test, variant, true);
  }
  return out + "</section>\n";
}

// ---- findings -----------------------------------------------------------------------------------

void fact(string& list, const char* name, const string& value) {
  if (!value.empty())
    list += "<dt>" + markup_escaped(name) + "</dt><dd>" + markup_escaped(value) + "</dd>";
}

string optional_text(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return "";
  const json& value = object.at(name);
  return value.is_string() ? value.get<string>() : value.is_null() ? "" : plain_value(value);
}

string finding_card(const Finding& f, const string& where) {
  const int rank = severity_rank(f.severity);
  const char* css = rank >= 3 ? "bad" : rank == 2 ? "warn" : "dim";
  string out = "<article class=\"card\"" + html_attribute("data-finding", f.id) +
               html_attribute("data-detector", f.detector) +
               html_attribute("data-severity", f.severity) + "><h3><span class=\"" + css + "\">" +
               markup_escaped(f.severity) + "</span> " + markup_escaped(f.title) +
               "</h3>\n<p class=\"dim\">" + markup_escaped(where) + "</p>\n<p>" +
               markup_escaped(optional_text(f.json, "description")) + "</p>\n<dl>";
  const json process = f.json.value("process", json::object());
  fact(out, "detector", f.detector + ", confidence " + optional_text(f.json, "confidence"));
  fact(out, "host", f.host);
  fact(out, "process", optional_text(process, "image"));
  fact(out, "command", optional_text(process, "command_line"));
  fact(out, "user", optional_text(process, "user"));
  fact(out, "destination", f.destination);
  fact(out, "seen (UTC)", f.first_seen + (f.last_seen.empty() ? "" : " to " + f.last_seen));
  for (const json& reason : f.json.value("reasons", json::array()))
    fact(out, "why", plain_value(reason));
  string techniques;
  for (const json& t : f.json.value("techniques", json::array()))
    techniques += (techniques.empty() ? "" : ", ") + optional_text(t, "id");
  fact(out, "ATT&CK", techniques);
  out += "</dl>\n";
  HtmlTable evidence({"Evidence", "Value"}, "", "The arithmetic, to check by hand");
  const json values = f.json.value("evidence", json::object());
  for (const auto& [name, value] : values.items()) evidence.texts({name, plain_value(value)});
  return out + evidence.done() + "</article>\n";
}

string findings(const json& report) {
  string out;
  for (const RaisedFinding& r : first_findings(report))
    out += finding_card(
        read_finding(r.finding->dump(-1, ' ', false, json::error_handler_t::replace)), r.where);
  return "<h2 id=\"findings\">Findings</h2>\n<p class=\"dim\">" +
         (out.empty() ? string("None was raised.")
                      : "Of each test and detector the first; the JSON report has all.") +
         "</p>\n" + out;
}

// Of recorded telemetry: the rest of the network is in the telemetry too.
string everything_raised(const json& report) {
  if (!report.contains("raised")) return "";
  HtmlTable t(
      {"Severity", "Detector", "Profile", "Host", "Process", "Destination", "First seen (UTC)"}, "",
      "Everything raised, also for other events than the tests'");
  std::size_t shown = 0;
  for (const auto& [profile, findings] : report.at("raised").items())
    for (const json& raised : findings) {
      if (++shown > kMaxRaised) continue;
      const Finding f = read_finding(raised.dump(-1, ' ', false, json::error_handler_t::replace));
      t.texts({f.severity, f.detector, profile, f.host, f.process, f.destination, f.first_seen});
    }
  if (shown == 0) return "";
  return t.done() + (shown <= kMaxRaised
                         ? ""
                         : "<p class=\"dim\">and " + plural(shown - kMaxRaised, "more finding") +
                               "; the JSON report has all.</p>\n");
}

string throughput(const json& report) {
  if (report.at("throughput").empty()) return "";
  HtmlTable t({"Shape", "Profile", "Events/s", "MB/s", "ns/event", "Spread", "Memory"}, "",
              "One thread, after the answer was checked");
  for (const json& r : report.at("throughput"))
    t.row({text_at(r, "input_format"), text_at(r, "profile"),
           with_thousands(static_cast<std::uint64_t>(r.at("events_per_second").get<double>())),
           fixed(r.at("bytes_per_second").get<double>() / 1e6, 0), fixed(r.at("ns_per_event"), 0),
           "±" + fixed(r.at("spread_percent"), 0) + " %",
           bytes_text(r.at("engine_memory_bytes").get<double>())},
          "", html_attribute("data-events-per-second", r.at("events_per_second").dump()));
  string out = "<h2 id=\"throughput\">Throughput</h2>\n" + t.done();
  if (const string wrong = text_at(report, "oracle_mismatch"); !wrong.empty())
    out += "<p class=\"bad\">Wrong answer: " + markup_escaped(wrong) + "</p>\n";
  return out;
}

string contents(const json& report) {
  string out = "<nav aria-label=\"Contents\"><ul><li><a href=\"#coverage\">Coverage</a></li>";
  for (const json& test : report.at("tests")) {
    const string n = std::to_string(test.at("test").get<int>());
    out += "<li><a href=\"#test-" + n + "\">Test " + n + "</a></li>";
  }
  out += "<li><a href=\"#findings\">Findings</a></li>";
  if (!report.at("throughput").empty()) out += "<li><a href=\"#throughput\">Throughput</a></li>";
  return out + "</ul></nav>\n";
}

}  // namespace

string report_page(const json& report) {
  const string verdict = text_at(report, "verdict");
  string page = page_head("c2watch " + text_at(report, "command"), kStyle);
  const json& n = report.at("counts");
  string about;
  if (report.contains("source")) {
    const json& source = report.at("source");
    about = ", " + plural(source.at("records").get<std::uint64_t>(), "record") + ", " +
            text_at(source, "first") + " to " + text_at(source, "last") + " UTC";
  }
  page += "<header" + html_attribute("data-verdict", verdict) +
          html_attribute("data-detection", text_at(report, "detection")) +
          html_attribute("data-signals", n.at("signals").dump()) +
          html_attribute("data-signals-missing", n.at("signals_missing").dump()) +
          html_attribute("data-runs", n.at("runs").dump()) +
          html_attribute("data-runs-passed", n.at("runs_passed").dump()) + ">\n<h1>" +
          (verdict == "pass" ? "Everything passed" : "Verdict: " + markup_escaped(verdict)) +
          "</h1>\n<p class=\"dim\">c2watch " + markup_escaped(text_at(report, "command")) +
          ", plugin " + markup_escaped(text_at(report, "plugin_version")) +
          ", telemetry: " + markup_escaped(text_at(report, "input_format")) +
          markup_escaped(about) +
          ". Use of adversary-rented servers, MITRE ATT&amp;CK T1583.004.</p>\n</header>\n";
  page += tiles(report) + contents(report) + matrix(report);
  for (const json& test : report.at("tests")) page += test_section(report, test);
  return page + findings(report) + everything_raised(report) + throughput(report) + page_end();
}

}  // namespace c2watch::harness
