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

bool is_wanted(const Arrival& a) {
  return a.event_id == 1 || a.event_id == 3 || a.event_id == 22 || a.event_id == 4698;
}

Cell sign(const Terminal& t, Ability ability) {
  switch (ability) {
    case Ability::works:
      return {string(tick(t)), Style::good};
    case Ability::partly:
      return {"!", Style::warning};
    case Ability::unshown:
      return {"?", Style::warning};
    case Ability::cannot:
      return {string(cross(t)), Style::bad};
  }
  return {};
}

string_view verdict_text(Ability ability) {
  switch (ability) {
    case Ability::works:
      return "can work";
    case Ability::partly:
      return "works partly";
    case Ability::unshown:
      return "not shown";
    case Ability::cannot:
      return "cannot work";
  }
  return "";
}

string because_text(const DetectorAbility& d) {
  string text;
  const std::size_t shown = std::min(d.because.size(), kReasons);
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : "; ") + d.because[i];
  if (shown < d.because.size())
    text += "; and " + std::to_string(d.because.size() - shown) + " more";
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

void show_detectors(Page& page, const Checkup& c) {
  page.heading("Detectors");
  const Terminal& t = page.terminal();
  for (const DetectorAbility& d : c.detectors) {
    string name = d.detector;
    name.resize(std::max<std::size_t>(name.size(), 16), ' ');
    string verdict(verdict_text(d.ability));
    verdict.resize(13, ' ');
    const Cell s = sign(t, d.ability);
    const string why = because_text(d);
    if (why.empty())
      page.spans(
          {{"  "}, s, {" "}, {name, Style::bold}, {string(verdict_text(d.ability)), s.style}});
    else
      page.item({s, {" "}, {name, Style::bold}, {verdict, s.style}}, why, 2);
  }
  if (c.detectors.empty()) page.line("  none is switched on");
}

void show_order(Page& page, const Checkup& c) {
  if (c.out_of_order == 0) return page.paragraph("in the order of their times");
  string line = percent(static_cast<double>(c.out_of_order) / static_cast<double>(c.records)) +
                " out of order, all but one in a thousand by at most " +
                seconds_text(static_cast<double>(c.lateness_seconds));
  // 3,600 s: the most that the setting takes.
  if (c.lateness_seconds <= 3'600)
    line += "; \"reorder_seconds\": " + std::to_string(c.lateness_seconds) + " would sort them";
  page.paragraph(line);
}

void show_sample(Page& page, const CheckupHead& head, const Checkup& c) {
  page.heading("What arrives");
  string line = plural(c.records, "record") + ", " + plural(c.hosts, "host");
  if (c.first_us)
    line += ", " + time_text(*c.first_us) + " to " + time_text(*c.last_us) + " UTC (" +
            seconds_text(static_cast<double>(*c.last_us - *c.first_us) / 1e6) + ")";
  page.paragraph(line);
  string shapes;
  for (const auto& [shape, count] : c.shapes)
    shapes += (shapes.empty() ? "" : string(dot(page.terminal()))) + string(shape_title(shape)) +
              (c.shapes.size() > 1 ? " " + with_thousands(count) : "");
  if (c.wrapped * 2 > c.records) shapes += ", behind a header as in syslog";
  if (!shapes.empty()) page.paragraph(shapes);
  show_order(page, c);
  if (!head.cut_short.empty())
    page.paragraph("only the first " + with_thousands(head.limit) + " records of " +
                   (head.cut_short.size() == 1 ? printable(head.cut_short[0])
                                               : plural(head.cut_short.size(), "input")) +
                   " were looked at; --all reads on");
  for (const string& why : head.troubles) page.paragraph(why, 2, "note: ");
}

void show_arrivals(Page& page, const Checkup& c) {
  Table table({{"EID", Align::right},
               {"Channel", Align::left, true},
               {"Provider", Align::left, true},
               {"Events", Align::right},
               {"Unreadable", Align::right}});
  std::vector<Arrival> rows = c.arrivals;
  std::stable_partition(rows.begin(), rows.end(), is_wanted);
  std::uint64_t others = c.other_arrivals;
  std::size_t shown = 0;
  for (const Arrival& a : rows) {
    if (shown++ >= kArrivals) {
      others += a.count;
      continue;
    }
    const auto told = [](const string& s) { return s.empty() ? string("-") : printable(s); };
    table.row({{std::to_string(a.event_id)},
               {told(a.channel)},
               {told(a.provider)},
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
  for (const auto& [reason, what] : c.tally.reasons) {
    const string meaning(reason_text(reason));
    string text = with_thousands(what.count) + " " + reason;
    if (!meaning.empty()) text += ": " + meaning;
    if (!what.examples.empty())
      text += "; the first at " + clip_middle(what.examples[0].member, 60, true) + " @" +
              std::to_string(what.examples[0].offset);
    page.paragraph(text, 2, "unreadable: ");
  }
}

void show_faults(Page& page, const Checkup& c) {
  page.heading("What is wrong");
  if (c.faults.empty()) page.line("  nothing");
  const Terminal& t = page.terminal();
  std::set<string> shown;
  for (const Fault& f : c.faults) {
    const Weight weight = f.weight();
    const Cell s = weight == Weight::breaks    ? Cell{string(cross(t)), Style::bad}
                   : weight == Weight::weakens ? Cell{"!", Style::warning}
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

string checkup_text(const Terminal& terminal, const CheckupHead& head, const Checkup& c) {
  Page page(terminal);
  page.title("c2watch doctor" + string(dot(terminal)) + "plugin " + head.plugin_version +
             string(dot(terminal)) + printable(head.config));
  show_detectors(page, c);
  show_sample(page, head, c);
  show_arrivals(page, c);
  show_faults(page, c);
  return page.text();
}

ordered_json checkup_json(const CheckupHead& head, const Checkup& c) {
  const auto time = [](const std::optional<std::int64_t>& us) {
    return us ? ordered_json(time_text(*us)) : ordered_json(nullptr);
  };
  ordered_json detectors = ordered_json::array();
  for (const DetectorAbility& d : c.detectors)
    detectors.push_back(
        {{"detector", d.detector}, {"verdict", ability_name(d.ability)}, {"because", d.because}});
  ordered_json shapes = ordered_json::array();
  for (const auto& [shape, count] : c.shapes)
    shapes.push_back({{"shape", shape_name(shape)}, {"records", count}});
  ordered_json arrivals = ordered_json::array();
  for (const Arrival& a : c.arrivals)
    arrivals.push_back({{"event_id", a.event_id},
                        {"channel", printable(a.channel)},
                        {"provider", printable(a.provider)},
                        {"events", a.count},
                        {"unreadable", a.unreadable}});
  ordered_json unreadable = ordered_json::object();
  for (const auto& [reason, what] : c.tally.reasons) {
    ordered_json examples = ordered_json::array();
    for (const Example& e : what.examples)
      examples.push_back({{"in", e.member}, {"offset", e.offset}, {"text", e.text}});
    unreadable[reason] = {{"count", what.count}, {"examples", examples}};
  }
  ordered_json faults = ordered_json::array();
  for (const Fault& f : c.faults) {
    ordered_json affects = ordered_json::array();
    for (const Affected& a : f.affects)
      affects.push_back(
          {{"detector", a.detector}, {"weight", weight_name(a.weight)}, {"without", a.without}});
    faults.push_back(
        {{"id", f.id},
         {"weight", weight_name(f.weight())},
         {"event_id", f.of_event && f.event_id != kNormalised ? ordered_json(f.event_id)
                                                              : ordered_json(nullptr)},
         {"field", f.field},
         {"count", f.count},
         {"of", f.of},
         {"what", f.what},
         {"example", f.example},
         {"in", f.place.member},
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
            {"shapes", shapes},
            {"wrapped", c.wrapped},
            {"troubles", head.troubles}}},
          {"arrives", arrivals},
          {"unreadable", unreadable},
          {"faults", faults}};
}

}  // namespace c2watch::harness
