#include "harness/cli/doctor_report.h"

#include <algorithm>
#include <set>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using nlohmann::ordered_json;
using std::string;
using std::string_view;

// What fits on a screen beside the rest; the JSON has them all.
constexpr std::size_t kReasons = 2;
constexpr std::size_t kArrivals = 8;

bool is_wanted(const EventCount& a) {
  return a.event_id == 1 || a.event_id == 3 || a.event_id == 22 || a.event_id == 4698;
}

Cell sign(const Terminal& t, DetectorStatus status) {
  switch (status) {
    case DetectorStatus::ok:
      return {string(tick(t)), Style::good};
    case DetectorStatus::degraded:
      return {"!", Style::warning};
    case DetectorStatus::unknown:
      return {"?", Style::warning};
    case DetectorStatus::blocked:
      return {string(cross(t)), Style::bad};
  }
  return {};
}

string_view verdict_text(DetectorStatus status) {
  switch (status) {
    case DetectorStatus::ok:
      return "can work";
    case DetectorStatus::degraded:
      return "works partly";
    case DetectorStatus::unknown:
      return "not shown";
    case DetectorStatus::blocked:
      return "cannot work";
  }
  return "";
}

string reasons_text(const DetectorVerdict& d) {
  string text;
  const std::size_t shown = std::min(d.reasons.size(), kReasons);
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : "; ") + d.reasons[i];
  if (shown < d.reasons.size())
    text += "; and " + std::to_string(d.reasons.size() - shown) + " more";
  return text;
}

string place_text(const Place& place) {
  return place.member.empty()
             ? ""
             : clip_middle(place.member, 60, true) + " @" + std::to_string(place.offset);
}

string percent(double share) {
  const double value = 100 * share;
  return (value < 10 && value != 0 ? fixed(value, 1) : fixed(value, 0)) + " %";
}

void show_detectors(Page& page, const Diagnosis& c) {
  page.heading("Detectors");
  const Terminal& t = page.terminal();
  for (const DetectorVerdict& d : c.detectors) {
    string name = d.detector;
    name.resize(std::max<std::size_t>(name.size(), 16), ' ');
    string verdict(verdict_text(d.status));
    verdict.resize(13, ' ');
    const Cell s = sign(t, d.status);
    const string why = reasons_text(d);
    if (why.empty())
      page.spans(
          {{"  "}, s, {" "}, {name, Style::bold}, {string(verdict_text(d.status)), s.style}});
    else
      page.item({s, {" "}, {name, Style::bold}, {verdict, s.style}}, why, 2);
  }
  if (c.detectors.empty()) page.line("  none is switched on");
}

void show_order(Page& page, const Diagnosis& c) {
  if (c.out_of_order == 0) return page.paragraph("in the order of their times");
  string line = percent(static_cast<double>(c.out_of_order) / static_cast<double>(c.records)) +
                " out of order, all but one in a thousand by at most " +
                seconds_text(static_cast<double>(c.lateness_seconds));
  // 3,600 s: the most that the setting takes.
  if (c.lateness_seconds <= 3'600)
    line += "; \"reorder_seconds\": " + std::to_string(c.lateness_seconds) + " would sort them";
  page.paragraph(line);
}

void show_sample(Page& page, const DoctorContext& head, const Diagnosis& c) {
  page.heading("What arrives");
  string line = plural(c.records, "record") + ", " + plural(c.hosts, "host");
  if (c.first_us)
    line += ", " + time_text(*c.first_us) + " to " + time_text(*c.last_us) + " UTC (" +
            seconds_text(static_cast<double>(*c.last_us - *c.first_us) / 1e6) + ")";
  page.paragraph(line);
  string input_formats;
  for (const auto& [input_format, count] : c.input_formats)
    input_formats += (input_formats.empty() ? "" : string(dot(page.terminal()))) +
                     string(input_format_title(input_format)) +
                     (c.input_formats.size() > 1 ? " " + with_thousands(count) : "");
  if (c.wrapped * 2 > c.records) input_formats += ", behind a header as in syslog";
  if (!input_formats.empty()) page.paragraph(input_formats);
  show_order(page, c);
  if (!head.cut_short.empty())
    page.paragraph("only the first " + with_thousands(head.limit) + " records of " +
                   (head.cut_short.size() == 1 ? printable(head.cut_short[0])
                                               : plural(head.cut_short.size(), "input")) +
                   " were looked at; --all reads on");
  for (const string& why : head.errors) page.paragraph(why, 2, "note: ");
}

void show_arrivals(Page& page, const Diagnosis& c) {
  Table table({{"EID", Align::right},
               {"Channel", Align::left, true},
               {"Provider", Align::left, true},
               {"Events", Align::right},
               {"Unreadable", Align::right}});
  std::vector<EventCount> rows = c.event_counts;
  std::stable_partition(rows.begin(), rows.end(), is_wanted);
  std::uint64_t others = c.other_events;
  std::size_t shown = 0;
  for (const EventCount& a : rows) {
    if (shown++ >= kArrivals) {
      others += a.count;
      continue;
    }
    const auto shown_or_dash = [](const string& s) {
      return s.empty() ? string("-") : printable(s);
    };
    table.row({{std::to_string(a.event_id)},
               {shown_or_dash(a.channel)},
               {shown_or_dash(a.provider)},
               {with_thousands(a.count)},
               {with_thousands(a.unreadable), a.unreadable == 0 ? Style::dim : Style::warning}});
  }
  if (!table.empty()) page.table(table);
  if (others > 0) page.line("  and " + plural(others, "event") + " of other ids", Style::dim);
  if (c.not_inspected > 0)
    page.paragraph(plural(c.not_inspected, "record") +
                       " the plugin reads, but the doctor does not know their shape: their fields "
                       "were not looked at",
                   2, "note: ");
  for (const auto& [reason, what] : c.record_stats.reasons) {
    const string meaning(reason_text(reason));
    string text = with_thousands(what.count) + " " + reason;
    if (!meaning.empty()) text += ": " + meaning;
    if (!what.examples.empty())
      text += "; the first at " + clip_middle(what.examples[0].member, 60, true) + " @" +
              std::to_string(what.examples[0].offset);
    page.paragraph(text, 2, "unreadable: ");
  }
}

void show_issues(Page& page, const Diagnosis& c) {
  page.heading("What is wrong");
  if (c.issues.empty()) page.line("  nothing");
  const Terminal& t = page.terminal();
  std::set<string> shown;
  for (const Issue& f : c.issues) {
    const Impact impact = f.impact();
    const Cell s = impact == Impact::blocking   ? Cell{string(cross(t)), Style::bad}
                   : impact == Impact::degraded ? Cell{"!", Style::warning}
                                                : Cell{"-", Style::dim};
    string text = f.of_event && f.id != "event_absent" ? event_text(f.event_id) + ": " : "";
    text += f.what;
    if (f.count > 0 && f.of > 0)
      text += " (" + with_thousands(f.count) + " of " + with_thousands(f.of) + ")";
    page.item({s, {" "}}, text, 2);
    const string where = place_text(f.place);
    if (!where.empty() || !f.example.empty())
      page.paragraph(where + (where.empty() || f.example.empty() ? "" : ": ") + f.example, 4,
                     "e.g. ");
    for (const string& fix : f.fix)
      page.paragraph(shown.insert(fix).second ? fix : "the same as above", 4, "fix: ");
  }
}

}  // namespace

string doctor_text(const Terminal& terminal, const DoctorContext& head, const Diagnosis& c) {
  Page page(terminal);
  page.title("c2watch doctor" + string(dot(terminal)) + "plugin " + head.plugin_version +
             string(dot(terminal)) + printable(head.config));
  show_detectors(page, c);
  show_sample(page, head, c);
  show_arrivals(page, c);
  show_issues(page, c);
  return page.text();
}

ordered_json doctor_json(const DoctorContext& head, const Diagnosis& c) {
  const auto time = [](const std::optional<std::int64_t>& us) {
    return us ? ordered_json(time_text(*us)) : ordered_json(nullptr);
  };
  ordered_json detectors = ordered_json::array();
  for (const DetectorVerdict& d : c.detectors)
    detectors.push_back(
        {{"detector", d.detector}, {"status", status_name(d.status)}, {"reasons", d.reasons}});
  ordered_json input_formats = ordered_json::array();
  for (const auto& [input_format, count] : c.input_formats)
    input_formats.push_back(
        {{"input_format", input_format_name(input_format)}, {"records", count}});
  ordered_json event_counts = ordered_json::array();
  for (const EventCount& a : c.event_counts)
    event_counts.push_back({{"event_id", a.event_id},
                            {"channel", printable(a.channel)},
                            {"provider", printable(a.provider)},
                            {"events", a.count},
                            {"unreadable", a.unreadable}});
  ordered_json unreadable = ordered_json::object();
  for (const auto& [reason, what] : c.record_stats.reasons) {
    ordered_json examples = ordered_json::array();
    for (const Example& e : what.examples)
      examples.push_back({{"source", e.member}, {"offset", e.offset}, {"text", e.text}});
    unreadable[reason] = {{"count", what.count}, {"examples", examples}};
  }
  ordered_json issues = ordered_json::array();
  for (const Issue& f : c.issues) {
    ordered_json affects = ordered_json::array();
    for (const Affected& a : f.affects)
      affects.push_back(
          {{"detector", a.detector}, {"impact", impact_name(a.impact)}, {"without", a.without}});
    issues.push_back(
        {{"id", f.id},
         {"impact", impact_name(f.impact())},
         {"event_id", f.of_event && f.event_id != kNormalised ? ordered_json(f.event_id)
                                                              : ordered_json(nullptr)},
         {"field", f.field},
         {"count", f.count},
         {"total", f.of},
         {"what", f.what},
         {"example", f.example},
         {"source", f.place.member},
         {"offset", f.place.offset},
         {"fix", f.fix},
         {"affects", affects}});
  }
  return {{"schema", "c2watch.doctor/1"},
          {"plugin_version", head.plugin_version},
          {"config", head.config},
          {"detectors", detectors},
          {"sample",
           {{"records", c.records},
            {"not_inspected", c.not_inspected},
            {"cut_short", head.cut_short},
            {"hosts", c.hosts},
            {"host_hours", c.host_hours},
            {"first", time(c.first_us)},
            {"last", time(c.last_us)},
            {"out_of_order", c.out_of_order},
            {"lateness_seconds", c.lateness_seconds},
            {"input_formats", input_formats},
            {"wrapped", c.wrapped},
            {"errors", head.errors}}},
          {"event_counts", event_counts},
          {"unreadable", unreadable},
          {"issues", issues}};
}

}  // namespace c2watch::harness
