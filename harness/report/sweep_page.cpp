#include "harness/report/sweep_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/report/sweep_report.h"
#include "harness/report/text.h"

namespace c2watch::harness {
namespace {

using std::string;

// Colours of the rules keep 3:1 against either background, and lines differ in their dashes too.
constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>c2watch sweep</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #1c2127; --dim: #5a6470; --line: #d8dde3;
  --r0: #0b62c4; --r1: #b3541e; --r2: #3c7d22; --r3: #8a3ab0; --r4: #6b6f76; --good: #0b62c4; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14181d; --text: #e4e8ec; --dim: #98a3af; --line: #343c45;
    --r0: #62a8ff; --r1: #f09a5b; --r2: #84cc66; --r3: #cf93ee; --r4: #a5abb3; --good: #62a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--back);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { max-width: 46rem; } .dim { color: var(--dim); }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--dim); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.c0 { stroke: var(--r0); stroke-width: 3; } .c1 { stroke: var(--r1); stroke-dasharray: 7 3; }
.c2 { stroke: var(--r2); stroke-dasharray: 2 3; } .c3 { stroke: var(--r3); stroke-dasharray: 9 3 2 3; }
.c4 { stroke: var(--r4); stroke-dasharray: 4 4; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 1rem; padding: 0; list-style: none; }
.legend svg { display: inline-block; width: 2.25rem; height: .75rem; vertical-align: middle; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .left { text-align: left; }
thead th { color: var(--dim); font-weight: 600; } tr.ours td { font-weight: 600; color: var(--good); }
tr.group td { font-weight: 600; border-bottom: 0; padding-top: .75rem; }
</style>
</head>
<body>
)";

string escaped(std::string_view text) {
  string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

string percent(double share, int digits = 1) { return fixed(100 * share, digits); }

string hours_text(int hours) { return std::to_string(hours) + " h"; }

// Cells as they are to stand there; the first row is the head.
class HtmlTable {
 public:
  explicit HtmlTable(const std::vector<string>& head) : columns_(head.size()) {
    text_ =
        "<div class=\"scroll\"><table>\n<thead>" + row_of(head, "th", "") + "</thead>\n<tbody>\n";
  }
  void row(const std::vector<string>& cells, std::string_view style = "") {
    text_ += row_of(cells, "td", style) + "\n";
  }
  void group(std::string_view text) {
    text_ += "<tr class=\"group\"><td colspan=\"" + std::to_string(columns_) + "\">" +
             escaped(text) + "</td></tr>\n";
  }
  string done() const { return text_ + "</tbody></table></div>\n"; }

 private:
  static string row_of(const std::vector<string>& cells, const string& cell,
                       std::string_view style) {
    string row = style.empty() ? "<tr>" : "<tr class=\"" + string(style) + "\">";
    for (const string& c : cells) row += "<" + cell + ">" + escaped(c) + "</" + cell + ">";
    return row + "</tr>";
  }
  std::size_t columns_;
  string text_;
};

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

string tag_line(double x1, double y1, double x2, double y2, std::string_view css) {
  return "<line class=\"" + string(css) + "\" x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) +
         "\" x2=\"" + fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>";
}

string tag_text(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" +
         string(anchor) + "\">" + escaped(text) + "</text>";
}

string axes() {
  string svg;
  for (const int seen : {0, 25, 50, 75, 100}) {
    const double y = Frame::y(seen / 100.0);
    svg += tag_line(Frame::kLeft, y, Frame::kLeft + Frame::kWidth, y, "grid");
    svg += tag_text(Frame::kLeft - 5, y + 4, "end", std::to_string(seen));
  }
  for (const double rate : {0.001, 0.01, 0.1, 1.0}) {
    const double x = Frame::x(rate);
    svg += tag_line(x, Frame::kTop, x, Frame::kTop + Frame::kHeight, "grid");
    svg += tag_text(x, Frame::kTop + Frame::kHeight + 15, "middle",
                    fixed(100 * rate, rate < 0.01 ? 1 : 0) + " %");
  }
  return svg + tag_text(Frame::kLeft + Frame::kWidth / 2, Frame::kTop + Frame::kHeight + 31,
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
            tag_line(0, 6, 36, 6, "curve c" + std::to_string(r)) + "</svg> " +
            escaped(w.rules[r].title) + "</li>";
  return list + "</ul>\n";
}

string rules_table(const SweepResult& result) {
  HtmlTable t({"Window", "Rule", "at 1 %", "(fresh)", "at 0.1 %", "(fresh)"});
  for (const WindowResult& w : result.windows)
    for (const RuleResult& rule : w.rules) {
      const bool ours = &rule == &w.rules.front();
      t.row({ours ? hours_text(w.hours) : "", rule.title, percent(rule.points[0].seen),
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
  HtmlTable t(window_head(result, "Beacon"));
  for (std::size_t b = 0; b < result.beacons.size(); ++b) {
    std::vector<string> cells = {result.beacons[b].name};
    for (const WindowResult& w : result.windows)
      cells.push_back(percent(w.rules[0].points[0].by_beacon[b]));
    t.row(cells);
  }
  return t.done();
}

string grid_table(const SweepResult& result) {
  HtmlTable t(window_head(result, "Axis"));
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
    t.row(cells);
  }
  return t.done();
}

string classes_table(const SweepResult& result) {
  HtmlTable t(window_head(result, "Class"));
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    std::vector<string> cells = {result.classes[c]};
    for (const WindowResult& w : result.windows)
      cells.push_back(percent(w.rules[0].points[0].by_class[c], 2));
    t.row(cells);
  }
  return t.done();
}

string shipped_table(const SweepResult& result) {
  HtmlTable t({"Window", "Beacons seen, %", "Benign flagged, %"});
  for (const WindowResult& w : result.windows)
    t.row({hours_text(w.hours), percent(w.shipped.seen), percent(w.shipped.false_positives, 2)});
  return t.done();
}

string events_table(const SweepResult& result) {
  std::vector<string> head = {"Jitter"};
  for (const RuleResult& rule : result.windows.front().rules) head.push_back(rule.title);
  HtmlTable t(head);
  for (const EventsToDetect& e : result.events) {
    std::vector<string> cells = {std::to_string(e.jitter_percent) + " %"};
    for (const auto& r : e.rules)
      cells.push_back(r.events == 0 ? "> " + std::to_string(kLooks.back())
                                    : std::to_string(r.events));
    t.row(cells);
  }
  return t.done();
}

string heading(std::string_view text) { return "<h2>" + escaped(text) + "</h2>\n"; }

}  // namespace

string sweep_page(const SweepResult& result) {
  string page(kHead);
  page += "<h1>c2watch sweep</h1>\n<p class=\"dim\">Plugin " + escaped(result.plugin_version) +
          ", " + with_thousands(result.series) + " series, " + with_thousands(result.events_fed) +
          " events through the plugin.</p>\n<p>" + escaped(sweep_method(result)) + "</p>\n";
  page += heading("Beacons seen, in percent, over benign series flagged");
  page += legend(result.windows.front()) + "<div class=\"plots\">\n";
  for (const WindowResult& w : result.windows) page += plot(w);
  page += "</div>\n<p class=\"dim\">" + escaped(sweep_limits()) + "</p>\n";
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
      "detector's context decides what is told.</p>\n";
  page += heading("Check-ins until 95 % are seen, at 1 % of random traffic");
  page += events_table(result);
  return page + "</body>\n</html>\n";
}

}  // namespace c2watch::harness
