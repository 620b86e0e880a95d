#include "harness/verify/field_stats.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/verify/remediation.h"
#include "harness/verify/value_type.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

// What can be wrong with a field, in the order of FieldStats's counters.
enum IssueKind : std::size_t { missing, blank, foreign, malformed, redacted, truncated };

struct TroubleText {
  string_view id;
  string_view what;  // "EID 3: Image ..."
};
constexpr TroubleText kTexts[FieldStats::kIssueKinds] = {
    {"field_missing", "is missing"},
    {"field_blank", "is empty"},
    {"field_foreign", "holds another field's value"},
    {"field_malformed", "is not what Windows writes there"},
    {"field_redacted", "is redacted"},
    {"field_truncated", "is cut off"},
};

// 60: half a line of a report.
constexpr std::size_t kExampleColumns = 60;

string shown(string_view value) {
  return clip_end(printable(value.substr(0, 4 * kExampleColumns)), kExampleColumns, true);
}

// What Sumo's normalised records have of a connection.
bool is_normalised_field(string_view name) { return name == "Image" || name == "DestinationIp"; }

IssueKind trouble_of(ValueCheck fit) {
  switch (fit) {
    case ValueCheck::unexpected:
      return foreign;
    case ValueCheck::redacted:
      return redacted;
    case ValueCheck::truncated:
      return truncated;
    default:
      return malformed;
  }
}

string fix_of(IssueKind issue, std::uint32_t event_id, CollectorKind collector) {
  switch (issue) {
    case foreign:
      return send_names(collector);
    case blank:
      return event_id == 4698 ? pass_event_data(collector)
                              : "sysmon64 -u force & sysmon64 -accepteula -i config.xml   with a "
                                "current Sysmon, if the field is empty in Event Viewer too; else " +
                                    pass_event_data(collector);
    case redacted:
      return pass_event_data(collector) + "; redact where findings go, not where they are found";
    case truncated:
      return "raise the longest message that collector, relay and queue take to 1 MiB; " +
             pass_event_data(collector);
    default:
      return pass_event_data(collector);
  }
}

}  // namespace

void FieldStats::Seen::add(string_view seen, const Place& where) {
  if (count++ > 0) return;
  value = shown(seen);
  place = where;
}

FieldStats::FieldStats(std::vector<DetectorRequirements> needs) : needs_(std::move(needs)) {
  for (const DetectorRequirements& need : needs_) {
    for (const EventRequirement& event : need.events) {
      for (const FieldRequirement& field : event.fields) {
        kinds_[event.event_id].fields[field.name];
        if (event.event_id == 3 && is_normalised_field(field.name))
          kinds_[kNormalised].fields[field.name];
      }
    }
  }
}

void FieldStats::add(std::uint32_t id, const ParsedEvent& e, const Place& place,
                     bool plugin_read_it) {
  const auto at = kinds_.find(id);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  ++kind.events;
  if (note_shift(kind, e, place, plugin_read_it)) return;
  for (auto& [name, field] : kind.fields) {
    const string_view value = e.field(name);
    if (value.empty()) {
      const bool there = std::find(e.blank.begin(), e.blank.end(), name) != e.blank.end();
      field.issues[there ? blank : missing].add("", place);
      field.only_a_name += name == "DestinationIp" && !e.field("DestinationHostname").empty();
    } else if (const ValueCheck fit = check_value(name, value); fit != ValueCheck::fits) {
      field.issues[trouble_of(fit)].add(value, place);
    }
  }
  const string_view guid = e.field("ProcessGuid");
  const string_view image = e.field("Image");
  if (image.find("unknown process") != string_view::npos)
    kind.unknown.add(image, place);
  else if (is_zero_guid(guid))
    kind.unknown.add(guid, place);
  if (const string_view initiated = e.field("Initiated"); !initiated.empty()) {
    ++kind.told_direction;
    if (initiated == "false" || initiated == "False") kind.inbound.add(initiated, place);
  }
}

bool FieldStats::note_shift(Kind& kind, const ParsedEvent& e, const Place& place,
                            bool plugin_read_it) {
  string what;
  if (!e.named) {
    what = plural(e.inserts.size(), "value") + " without names, as many as no schema has";
  } else {
    int strangers = 0;
    for (const auto& [name, value] : e.fields) {
      if (check_value(name, value) != ValueCheck::unexpected) continue;
      ++strangers;
      if (what.empty()) what = name + " = " + value;
    }
    // A value by its position is another's neighbour; one by its name may just be odd.
    if (strangers < (e.inserts.empty() ? 2 : 1)) return false;
  }
  kind.shifted.add(what, place);
  kind.refused += !plugin_read_it;
  return true;
}

std::vector<Affected> FieldStats::affected(std::uint32_t kind, string_view name,
                                           double share) const {
  std::vector<Affected> out;
  if (share < kFew) return out;
  for (const DetectorRequirements& need : needs_) {
    // Of the detectors these two alone ask for normalised records.
    if (kind == kNormalised && need.detector != "hourly_beacon" &&
        need.detector != "interval_beacon")
      continue;
    for (const EventRequirement& event : need.events) {
      if (event.event_id != (kind == kNormalised ? 3 : kind)) continue;
      for (const FieldRequirement& field : event.fields) {
        if (field.name != name) continue;
        const bool all = share >= kMost && event.impact == Impact::blocking;
        out.push_back({need.detector, all ? field.impact : Impact::degraded, field.without});
      }
    }
  }
  return out;
}

void FieldStats::field_issues(std::uint32_t id, const Kind& kind, CollectorKind collector,
                              std::vector<Issue>& out) const {
  for (const auto& [name, field] : kind.fields) {
    for (std::size_t t = 0; t < kIssueKinds; ++t) {
      const Seen& seen = field.issues[t];
      Issue f{.id = string(kTexts[t].id),
              .event_id = id,
              .of_event = true,
              .field = name,
              .count = seen.count,
              .of = kind.events,
              .what = name + " " + string(kTexts[t].what),
              .example = seen.value,
              .place = seen.place};
      f.affects = affected(id, name, f.share());
      if (f.affects.empty()) continue;
      const bool only_a_name = field.only_a_name * 2 > seen.count;
      for (Affected& a : f.affects) {
        // A command that is cut off is a command all the same.
        if (t == truncated || only_a_name) a.impact = Impact::degraded;
        if (only_a_name) a.without = "destinations go by their names only";
      }
      if (only_a_name) f.what += "; DestinationHostname is there";
      if (t == foreign || t == malformed)
        f.what += ": it looks like " + string(value_type_name(value_type_of(seen.value)));
      f.fix.push_back(fix_of(static_cast<IssueKind>(t), id, collector));
      out.push_back(std::move(f));
    }
  }
}

void FieldStats::whole_event_issues(std::uint32_t id, const Kind& kind, CollectorKind collector,
                                    std::vector<Issue>& out) const {
  const auto fault = [&](string_view name, const Seen& seen, string what) {
    return Issue{.id = string(name),
                 .event_id = id,
                 .of_event = true,
                 .count = seen.count,
                 .of = kind.events,
                 .what = std::move(what),
                 .example = seen.value,
                 .place = seen.place};
  };
  if (Issue f = fault("fields_shifted", kind.shifted, ""); f.share() >= kFew) {
    f.topic = "shifted values";
    f.what = "values stand under other fields' names; the plugin could put " +
             with_thousands(kind.shifted.count - kind.refused) + " of " +
             with_thousands(kind.shifted.count) + " right";
    const bool lost = static_cast<double>(kind.refused) >= kMost * static_cast<double>(kind.events);
    for (const DetectorRequirements& need : needs_)
      for (const EventRequirement& event : need.events)
        if (event.event_id == id)
          f.affects.push_back({need.detector, lost ? event.impact : Impact::degraded,
                               lost ? event.without : "what cannot be put right is lost"});
    f.fix.push_back(send_names(collector));
    out.push_back(std::move(f));
  }
  // 10 %: a few are normal, since processes end before Sysmon has looked them up.
  if (Issue f = fault("process_unknown", kind.unknown,
                      "the process is not known: Image is <unknown process>, or ProcessGuid zeros");
      f.share() > 0.1) {
    f.topic = "<unknown process>";
    for (const char* name : {"Image", "ProcessGuid"})
      for (Affected& a : affected(id, name, f.share())) f.affects.push_back(std::move(a));
    // 20: a handful of such events is chance.
    if (f.of < 20)
      for (Affected& a : f.affects) a.impact = Impact::degraded;
    f.fix.push_back(
        "restart Sysmon after its update: it no longer knows processes that were there before");
    out.push_back(std::move(f));
  }
  // 20: one in five connections of real captures comes in, so that many in a row are no chance.
  if (id == 3 && kind.inbound.count >= 20 && kind.inbound.count == kind.told_direction) {
    Issue f = fault("all_inbound", kind.inbound, "not one connection goes out (Initiated)");
    f.field = "Initiated";
    f.affects = affected(id, "Initiated", 1);
    f.fix.push_back(sysmon_record_all(3) + "   no rule on Initiated, and none that excludes true");
    out.push_back(std::move(f));
  }
}

std::vector<Issue> FieldStats::issues(CollectorKind collector) const {
  std::vector<Issue> out;
  for (const auto& [id, kind] : kinds_) {
    if (kind.events == 0) continue;
    whole_event_issues(id, kind, collector, out);
    field_issues(id, kind, collector, out);
  }
  return out;
}

}  // namespace c2watch::harness
