#include "bench/sweep_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "bench/sweep_report.h"
#include "harness/base/html.h"
#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;

// Colours of the rules keep 3:1 against either background, and lines differ in their dashes too.
constexpr std::string_view kStyle = R"(
:root { --r0: #0b62c4; --r1: #b3541e; --r2: #3c7d22; --r3: #8a3ab0; --r4: #6b6f76; }
@media screen and (prefers-color-scheme: dark) {
  :root { --r0: #62a8ff; --r1: #f09a5b; --r2: #84cc66; --r3: #cf93ee; --r4: #a5abb3; } }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.plots svg { height: auto; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.c0 { stroke: var(--r0); stroke-width: 3; } .c1 { stroke: var(--r1); stroke-dasharray: 7 3; }
.c2 { stroke: var(--r2); stroke-dasharray: 2 3; } .c3 { stroke: var(--r3); stroke-dasharray: 9 3 2 3; }
.c4 { stroke: var(--r4); stroke-dasharray: 4 4; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 1rem; padding: 0; list-style: none; }
.legend svg { display: inline-block; width: 2.25rem; height: .75rem; vertical-align: middle; }
.numbers td + td, .numbers th + th { text-align: right; white-space: nowrap; }
tr.ours td { font-weight: 600; color: var(--accent); }
)";

string percent(double share, int digits = 1) { return fixed(100 * share, digits); }

string hours_text(int hours) { return std::to_string(hours) + " h"; }

// Numbers, but for the first column.
HtmlTable numbers(const std::vector<string>& head) { return HtmlTable(head, "numbers"); }

// The plot: false positives from 0.05 % to 100 % on a logarithmic axis, because a sensor that flags
// one key in ten is of no use, whatever it sees.
struct Frame {
  static constexpr double kLeft = 40, kTop = 8, kWidth = 338, kHeight = 220;
  static constexpr double kLeast = 5e-4;

  static double x(double rate) {
    return kLeft + kWidth * std::log(std::max(rate, kLeast) / kLeast) / std::log(1 / kLeast);
  }
  static double y(double seen) { return kTop + kHeight * (1 - seen); }
};

string axes() {
  string svg;
  for (const int seen : {0, 25, 50, 75, 100}) {
    const double y = Frame::y(seen / 100.0);
    svg += svg_line(Frame::kLeft, y, Frame::kLeft + Frame::kWidth, y, "grid");
    svg += svg_text(Frame::kLeft - 5, y + 4, "end", std::to_string(seen));
  }
  for (const double rate : {0.001, 0.01, 0.1, 1.0}) {
    const double x = Frame::x(rate);
    svg += svg_line(x, Frame::kTop, x, Frame::kTop + Frame::kHeight, "grid");
    svg += svg_text(x, Frame::kTop + Frame::kHeight + 15, "middle",
                    fixed(100 * rate, rate < 0.01 ? 1 : 0) + " %");
  }
  return svg + svg_text(Frame::kLeft + Frame::kWidth / 2, Frame::kTop + Frame::kHeight + 31,
                        "middle", "benign series flagged (fresh set)");
}

// Steps, because between two thresholds nothing is promised.
string curve(const std::vector<RocPoint>& roc, std::size_t rule) {
  string path;
  double seen = 0;
  for (const RocPoint& p : roc) {
    const string x = fixed(Frame::x(p.false_positives), 1);
    path += path.empty() ? "M" + x + " " + fixed(Frame::y(p.seen), 1)
                         : " L" + x + " " + fixed(Frame::y(seen), 1) + " L" + x + " " +
                               fixed(Frame::y(p.seen), 1);
    seen = p.seen;
  }
  return "<path class=\"curve c" + std::to_string(rule) + "\" d=\"" + path + "\"/>";
}

string plot(const WindowResult& w) {
  string svg = "<figure><figcaption>" + hours_text(w.hours) +
               "</figcaption><svg viewBox=\"0 0 400 264\" role=\"img\" aria-label=\"ROC curves, " +
               hours_text(w.hours) + ": beacons seen over benign series flagged\">" + axes();
  for (std::size_t r = w.rules.size(); r-- > 0;) svg += curve(w.rules[r].roc, r);  // ours on top
  return svg + "</svg></figure>\n";
}

string legend(const WindowResult& w) {
  string list = "<ul class=\"legend\">";
  for (std::size_t r = 0; r < w.rules.size(); ++r)
    list += "<li><svg viewBox=\"0 0 36 12\" aria-hidden=\"true\">" +
            svg_line(0, 6, 36, 6, "curve c" + std::to_string(r)) + "</svg> " +
            markup_escaped(w.rules[r].title) + "</li>";
  return list + "</ul>\n";
}

string rules_table(const SweepResult& result) {
  HtmlTable t = numbers({"Window", "Rule", "at 1 %", "(fresh)", "at 0.1 %", "(fresh)"});
  for (const WindowResult& w : result.windows)
    for (const RuleResult& rule : w.rules) {
      const bool ours = &rule == &w.rules.front();
      t.texts({ours ? hours_text(w.hours) : "", rule.title, percent(rule.points[0].seen),
               percent(rule.points[0].false_positives, 2), percent(rule.points[1].seen),
               percent(rule.points[1].false_positives, 2)},
              ours ? "ours" : "");
    }
  return t.done();
}

std::vector<string> window_head(const SweepResult& result, string first) {
  std::vector<string> head = {std::move(first)};
  for (const WindowResult& w : result.windows) head.push_back(hours_text(w.hours));
  return head;
}

string beacons_table(const SweepResult& result) {
  HtmlTable t = numbers(window_head(result, "Beacon"));
  for (std::size_t b = 0; b < result.beacons.size(); ++b) {
    std::vector<string> cells = {result.beacons[b].name};
    for (const WindowResult& w : result.windows)
      cells.push_back(percent(w.rules[0].points[0].by_beacon[b]));
    t.texts(cells);
  }
  return t.done();
}

string grid_table(const SweepResult& result) {
  HtmlTable t = numbers(window_head(result, "Axis"));
  std::vector<std::vector<Marginal>> by_window;
  for (const WindowResult& w : result.windows)
    by_window.push_back(marginals(result.beacons, w.rules[0].points[0].by_beacon));
  string axis;
  for (std::size_t m = 0; m < by_window.front().size(); ++m) {
    const Marginal& first = by_window.front()[m];
    if (first.axis != axis) t.group(first.axis);
    axis = first.axis;
    std::vector<string> cells = {first.place};
    for (const auto& of : by_window) cells.push_back(percent(of[m].seen));
    t.texts(cells);
  }
  return t.done();
}

string classes_table(const SweepResult& result) {
  HtmlTable t = numbers(window_head(result, "Class"));
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    std::vector<string> cells = {result.classes[c]};
    for (const WindowResult& w : result.windows)
      cells.push_back(percent(w.rules[0].points[0].by_class[c], 2));
    t.texts(cells);
  }
  return t.done();
}

string shipped_table(const SweepResult& result) {
  HtmlTable t = numbers({"Window", "Beacons seen, %", "Benign flagged, %"});
  for (const WindowResult& w : result.windows)
    t.texts({hours_text(w.hours), percent(w.shipped.seen), percent(w.shipped.false_positives, 2)});
  return t.done();
}

string events_table(const SweepResult& result) {
  std::vector<string> head = {"Jitter"};
  for (const RuleResult& rule : result.windows.front().rules) head.push_back(rule.title);
  HtmlTable t = numbers(head);
  for (const EventsToDetect& e : result.events) {
    std::vector<string> cells = {std::to_string(e.jitter_percent) + " %"};
    for (const auto& r : e.rules)
      cells.push_back(r.events == 0 ? "> " + std::to_string(kLooks.back())
                                    : std::to_string(r.events));
    t.texts(cells);
  }
  return t.done();
}

string heading(std::string_view text) { return "<h2>" + markup_escaped(text) + "</h2>\n"; }

}  // namespace

string sweep_page(const SweepResult& result) {
  string page = page_head("c2watch-bench sweep", kStyle);
  page += "<h1>c2watch-bench sweep</h1>\n<p class=\"dim\">Plugin " +
          markup_escaped(result.plugin_version) + ", " + with_thousands(result.series) +
          " series, " + with_thousands(result.events_fed) + " events through the plugin.</p>\n<p>" +
          markup_escaped(sweep_method(result)) + "</p>\n";
  page += heading("Beacons seen, in percent, over benign series flagged");
  page += legend(result.windows.front()) + "<div class=\"plots\">\n";
  for (const WindowResult& w : result.windows) page += plot(w);
  page += "</div>\n<p class=\"dim\">" + markup_escaped(sweep_limits()) + "</p>\n";
  page += heading("Beacons seen, in percent (and benign series flagged, on the fresh set)");
  page += rules_table(result);
  page += heading("interval_beacon as configured: fp_budget " + fixed(result.settings.budget, 4));
  page += shipped_table(result);
  page += result.settings.grid
              ? heading("Each place on each axis, interval_beacon at 1 %, in percent") +
                    grid_table(result)
              : heading("Each beacon, interval_beacon at 1 %, in percent") + beacons_table(result);
  page += heading("Benign traffic flagged by interval_beacon at 1 %, fresh set, in percent");
  page += classes_table(result);
  page +=
      "<p class=\"dim\">Periodic agents are counted apart: timing must flag them, and the "
      "detector's context decides what is reported.</p>\n";
  page += heading("Check-ins until 95 % are seen, at 1 % of random traffic");
  page += events_table(result);
  return page + page_end();
}

}  // namespace c2watch::harness
