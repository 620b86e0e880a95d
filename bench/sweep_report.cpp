#include "bench/sweep_report.h"

#include <algorithm>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

std::string percent(double share, int digits = 1) { return fixed(100 * share, digits); }

std::string hours_text(int hours) { return std::to_string(hours) + " h"; }

void show_rules(Page& page, const SweepResult& result) {
  page.heading("Beacons seen, in percent (and benign series flagged, on the fresh set)");
  Table t({{"Window"},
           {"Rule"},
           {"at 1 %", Align::right},
           {"(fresh)", Align::right},
           {"at 0.1 %", Align::right},
           {"(fresh)", Align::right}});
  for (const WindowResult& w : result.windows)
    for (const RuleResult& rule : w.rules) {
      const bool ours = &rule == &w.rules.front();
      const Style style = ours ? Style::bold : Style::plain;
      t.row({{ours ? hours_text(w.hours) : "", Style::bold},
             {rule.title, style},
             {percent(rule.points[0].seen), style},
             {percent(rule.points[0].false_positives, 2), Style::dim},
             {percent(rule.points[1].seen), style},
             {percent(rule.points[1].false_positives, 2), Style::dim}});
    }
  page.table(t);
}

void show_shipped(Page& page, const SweepResult& result) {
  page.heading("interval_beacon as configured: fp_budget " + fixed(result.settings.budget, 4));
  Table t({{"Window"}, {"Beacons seen, %", Align::right}, {"Benign flagged, %", Align::right}});
  for (const WindowResult& w : result.windows)
    t.row({{hours_text(w.hours), Style::bold},
           {percent(w.shipped.seen)},
           {percent(w.shipped.false_positives, 2)}});
  page.table(t);
}

std::vector<Column> window_columns(const SweepResult& result, const char* first) {
  std::vector<Column> head = {{first}};
  for (const WindowResult& w : result.windows) head.push_back({hours_text(w.hours), Align::right});
  return head;
}

void show_beacons(Page& page, const SweepResult& result) {
  page.heading("Each beacon, interval_beacon at 1 %, in percent");
  Table t(window_columns(result, "Beacon"));
  for (std::size_t b = 0; b < result.beacons.size(); ++b) {
    std::vector<Cell> cells = {{result.beacons[b].name}};
    for (const WindowResult& w : result.windows)
      cells.push_back({percent(w.rules[0].points[0].by_beacon[b])});
    t.row(std::move(cells));
  }
  page.table(t);
}

void show_grid(Page& page, const SweepResult& result) {
  page.heading("Each place on each axis, interval_beacon at 1 %, in percent");
  Table t(window_columns(result, "Axis"));
  std::vector<std::vector<Marginal>> by_window;
  for (const WindowResult& w : result.windows)
    by_window.push_back(marginals(result.beacons, w.rules[0].points[0].by_beacon));
  std::string axis;
  for (std::size_t m = 0; m < by_window.front().size(); ++m) {
    const Marginal& first = by_window.front()[m];
    if (first.axis != axis) t.group(first.axis);
    axis = first.axis;
    std::vector<Cell> cells = {{"  " + first.place}};
    for (const auto& of : by_window) cells.push_back({percent(of[m].seen)});
    t.row(std::move(cells));
  }
  page.table(t);
}

void show_classes(Page& page, const SweepResult& result) {
  page.heading("Benign traffic flagged by interval_beacon at 1 %, fresh set, in percent");
  Table t(window_columns(result, "Class"));
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    const bool periodic = c + 1 == result.classes.size();
    std::vector<Cell> cells = {{result.classes[c] + (periodic ? " (not pooled)" : "")}};
    for (const WindowResult& w : result.windows)
      cells.push_back({percent(w.rules[0].points[0].by_class[c], 2)});
    t.row(std::move(cells));
  }
  page.table(t);
  page.paragraph(
      "Periodic agents are as regular as beacons: timing must flag them, and the detector's "
      "context "
      "(program, destination, lineage) decides what is reported.");
}

void show_events(Page& page, const SweepResult& result) {
  page.heading("Check-ins until 95 % are seen, at 1 % of random traffic");
  std::vector<Column> head = {{"Jitter"}};
  for (const RuleResult& rule : result.windows.front().rules)
    head.push_back({rule.title, Align::right});
  Table t(std::move(head));
  for (const EventsToDetect& e : result.events) {
    std::vector<Cell> cells = {{std::to_string(e.jitter_percent) + " %"}};
    for (const auto& r : e.rules)
      cells.push_back(
          {r.events == 0 ? "> " + std::to_string(kLooks.back()) : std::to_string(r.events)});
    t.row(std::move(cells));
  }
  page.table(t);

  page.heading("Seen by interval_beacon after so many check-ins, at 1 %, in percent");
  std::vector<Column> looks = {{"Jitter"}};
  for (const std::size_t look : kLooks) looks.push_back({std::to_string(look), Align::right});
  Table seen(std::move(looks));
  for (const EventsToDetect& e : result.events) {
    std::vector<Cell> cells = {{std::to_string(e.jitter_percent) + " %"}};
    for (const double share : e.rules.front().seen) cells.push_back({percent(share)});
    seen.row(std::move(cells));
  }
  page.table(seen);
}

// The rate of beacons seen where a curve passes a rate of false positives.
double seen_at(const std::vector<RocPoint>& roc, double rate) {
  double seen = 0;
  for (const RocPoint& p : roc)
    if (p.false_positives <= rate) seen = std::max(seen, p.seen);
  return seen;
}

void show_roc(Page& page, const SweepResult& result) {
  page.heading("ROC: beacons seen, in percent, at a false-positive rate (fresh set) of at most");
  constexpr double kShown[] = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3};
  std::vector<Column> head = {{"Window"}, {"Rule"}};
  for (const double rate : kShown)
    head.push_back({fixed(100 * rate, rate < 0.01 ? 1 : 0) + " %", Align::right});
  Table t(std::move(head));
  for (const WindowResult& w : result.windows)
    for (const RuleResult& rule : w.rules) {
      const bool ours = &rule == &w.rules.front();
      const Style style = ours ? Style::bold : Style::plain;
      std::vector<Cell> cells = {{ours ? hours_text(w.hours) : "", Style::bold},
                                 {rule.title, style}};
      for (const double rate : kShown) cells.push_back({percent(seen_at(rule.roc, rate)), style});
      t.row(std::move(cells));
    }
  page.table(t);
  page.paragraph(sweep_limits());
}

std::string seconds_or_hours(double s) {
  if (s >= 3600) return fixed(s / 3600, 0) + " h";
  if (s >= 300) return fixed(s / 60, 0) + " min";
  return fixed(s, 0) + " s";
}

}  // namespace

std::string sweep_method(const SweepResult& result) {
  const SweepSettings& s = result.settings;
  return "Thresholds are set on " + with_thousands(s.benign) +
         " benign series a window and checked on as many fresh ones that they never saw: seven "
         "classes that are not periodic, in equal parts. The rate of beacons is the mean over " +
         std::to_string(result.beacons.size()) + " beacons of " + with_thousands(s.series) +
         " series each. interval_beacon is measured through the plugin's C API; the other rules "
         "are "
         "written from what their authors published, with thresholds set in the same way. Seed " +
         std::to_string(s.seed) + ".";
}

std::string sweep_limits() {
  return "A curve ends where its rule has nothing more to say, at any threshold: interval_beacon "
         "above an fp_budget of 0.5, the largest that may be set; the hourly ratio below ten "
         "connections in two clock hours.";
}

std::vector<std::pair<std::string, std::string>> axes_of(const Beacon& b) {
  return {
      {"Interval", seconds_or_hours(b.interval_s)},
      {"Jitter",
       b.jitter == 0
           ? "none"
           : fixed(100 * b.jitter, 0) + " % " +
                 std::string(
                     kJitterDistributionNames[static_cast<std::size_t>(b.jitter_distribution)])},
      {"Lost", fixed(100 * b.lost, 0) + " %"},
      {"Host off", fixed(100 * b.off, 0) + " % of the window"},
      {"Mixed with", std::string(kBackgroundTrafficNames[static_cast<std::size_t>(b.mixed)])}};
}

std::vector<Marginal> marginals(const std::vector<Beacon>& beacons,
                                const std::vector<double>& by_beacon) {
  std::vector<Marginal> all;
  for (std::size_t axis = 0; axis < axes_of({}).size(); ++axis)
    for (std::size_t b = 0; b < beacons.size(); ++b) {
      const std::pair<std::string, std::string> at = axes_of(beacons[b])[axis];
      auto hit = std::find_if(all.begin(), all.end(), [&](const Marginal& m) {
        return m.axis == at.first && m.place == at.second;
      });
      if (hit == all.end()) hit = all.insert(all.end(), {at.first, at.second, 0, 0});
      hit->seen += by_beacon[b];
      ++hit->beacons;
    }
  for (Marginal& m : all) m.seen /= static_cast<double>(m.beacons);
  return all;
}

void show_sweep(Page& page, const SweepResult& result, double seconds) {
  const std::string gap(dot(page.terminal()));
  page.title("c2watch-bench sweep" + gap + "plugin " + result.plugin_version + gap +
             with_thousands(result.series) + " series" + gap + with_thousands(result.events_fed) +
             " events through the plugin" + gap + seconds_text(seconds));
  page.line();
  page.paragraph(sweep_method(result));
  show_rules(page, result);
  show_shipped(page, result);
  if (result.settings.grid) {
    show_grid(page, result);
  } else {
    show_beacons(page, result);
  }
  show_classes(page, result);
  show_events(page, result);
  show_roc(page, result);
}

}  // namespace c2watch::harness
