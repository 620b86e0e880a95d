#include "harness/verify/finding.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;
using std::string_view;

constexpr std::array<string_view, 5> kSeverities = {"informational", "low", "medium", "high",
                                                    "critical"};

const json& at(const json& object, const char* name) {
  static const json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

string text_at(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_string() ? printable(value.get_ref<const string&>()) : string();
}

// "2026-03-02T08:15:30.250000Z" as a person reads it.
string moment_at(const json& object, const char* name) {
  string t = text_at(object, name);
  if (t.size() > 10 && t[10] == 'T') t[10] = ' ';
  if (t.ends_with('Z')) t.pop_back();
  if (const auto point = t.find('.'); point != string::npos) {
    t.erase(std::min(t.size(), point + 4));  // milliseconds are what Sysmon has
    if (t.ends_with(".000")) t.erase(point);
  }
  return t;
}

string file_name(const string& path) {
  const auto slash = path.find_last_of("\\/");
  return slash == string::npos ? path : path.substr(slash + 1);
}

string destination_of(const string& name, const json& d) {
  const string ip = text_at(d, "ip");
  string out = name.empty() ? ip : ip.empty() ? name : name + " (" + ip + ")";
  const json& port = at(d, "port");
  if (port.is_number_integer() && port.get<int>() >= 0) {
    const bool bare_ipv6 = name.empty() && ip.find(':') != string::npos;
    out = (bare_ipv6 ? "[" + out + "]" : out) + ":" + std::to_string(port.get<int>());
  }
  return out;
}

// Milliseconds since 1970 between 2001 and 2100, as the seed's query writes hours.
constexpr std::int64_t kFirstMoment = 1'000'000'000'000;
constexpr std::int64_t kLastMoment = 4'102'444'800'000;

string value_text(const json& value) {
  if (value.is_number_integer()) {
    const auto n = value.get<std::int64_t>();
    if (n >= kFirstMoment && n < kLastMoment) return time_text(n * 1000);
  }
  if (value.is_null()) return "(none)";
  if (value.is_string()) return printable(value.get_ref<const string&>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) {
    char out[32];
    std::snprintf(out, sizeof out, "%.6g", value.get<double>());
    return out;
  }
  if (value.is_array()) {
    string out;
    for (const json& item : value) out += (out.empty() ? "" : ", ") + value_text(item);
    return out.empty() ? "(none)" : out;
  }
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

// Long durations also as people say them: "2050 s (34 min)".
string evidence_text(string_view name, const json& value) {
  string text = value_text(value);
  if (!name.ends_with("_s") || !value.is_number() || value.get<double>() < 120) return text;
  return text + " s (" + seconds_text(value.get<double>()) + ")";
}

string labelled(string_view name) {
  constexpr std::size_t kLabelColumns = 13;
  return string(name) + string(kLabelColumns - std::min(kLabelColumns, name.size()), ' ');
}

void fact(Page& page, string_view label, const string& text) {
  if (!text.empty()) page.paragraph(text, 4, labelled(label));
}

void show_evidence(Page& page, const json& evidence) {
  std::vector<std::pair<string, string>> rows;
  if (evidence.is_object()) {
    for (const auto& [name, value] : evidence.items())
      rows.emplace_back(printable(name), evidence_text(name, value));
  } else if (evidence.is_array()) {
    for (const json& item : evidence)
      rows.emplace_back(text_at(item, "name"), value_text(at(item, "value")));
  }
  if (rows.empty()) return;
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, columns(row.first));
  page.line("    evidence", Style::dim);
  for (const auto& [name, text] : rows)
    page.paragraph(text, 6, name + string(widest - columns(name) + 2, ' '));
}

void show_records(Page& page, const json& records) {
  if (!records.is_array() || records.empty()) return;
  page.line("    records", Style::dim);
  for (const json& r : records) {
    string text = "EID " + value_text(at(r, "event_id")) + "  " + moment_at(r, "time") + "  " +
                  text_at(r, "computer");
    if (const string channel = text_at(r, "channel"); !channel.empty()) text += "  " + channel;
    if (at(r, "record_id").is_number()) text += "  #" + value_text(at(r, "record_id"));
    page.paragraph(text, 6);
  }
}

FindingFormat form_of(const json& raised) {
  if (!raised.is_object()) return FindingFormat::other;
  if (const string schema = text_at(raised, "schema"); schema.starts_with("c2watch.finding.sumo/"))
    return FindingFormat::sumo;
  if (at(raised, "detector").is_string()) return FindingFormat::native;
  if (at(raised, "class_uid") == 2004) return FindingFormat::ocsf;
  if (at(raised, "ecs").is_object() && at(raised, "rule").is_object()) return FindingFormat::ecs;
  return FindingFormat::other;
}

const json& deep(const json& object, const char* pointer) {
  static const json kNothing;
  const json::json_pointer place(pointer);
  return object.contains(place) ? object.at(place) : kNothing;
}

json iso_time(const json& milliseconds) {
  if (!milliseconds.is_number_integer()) return nullptr;
  return time_text(milliseconds.get<std::int64_t>() * 1000);
}

json native_of_ocsf(const json& f) {
  json techniques = json::array();
  for (const json& attack : deep(f, "/finding_info/attacks")) {
    const bool sub = attack.contains("sub_technique");
    const json& technique = at(attack, sub ? "sub_technique" : "technique");
    techniques.push_back({{"id", at(technique, "uid")}, {"name", at(technique, "name")}});
  }
  string severity = text_at(f, "severity");
  std::transform(severity.begin(), severity.end(), severity.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  json evidence = deep(f, "/evidences/0/data");
  json records = at(evidence, "records");
  if (evidence.is_object()) evidence.erase("records");
  const json& process = deep(f, "/evidences/0/process");
  return {{"id", deep(f, "/finding_info/uid")},
          {"update", deep(f, "/unmapped/update")},
          {"detector", deep(f, "/finding_info/analytic/name")},
          {"title", deep(f, "/finding_info/title")},
          {"description", at(f, "message")},
          {"severity", severity},
          {"risk_score", at(f, "risk_score")},
          {"techniques", techniques},
          {"first_seen", iso_time(deep(f, "/finding_info/first_seen_time"))},
          {"last_seen", iso_time(deep(f, "/finding_info/last_seen_time"))},
          {"host", deep(f, "/resources/0/name")},
          {"process",
           {{"image", deep(process, "/file/path")},
            {"command_line", at(process, "cmd_line")},
            {"user", deep(process, "/user/name")},
            {"parent_image", deep(process, "/parent_process/file/path")}}},
          {"destination", deep(f, "/evidences/0/dst_endpoint")},
          {"evidence", evidence},
          {"reasons", deep(f, "/unmapped/reasons")},
          {"records", records}};
}

json native_of_ecs(const json& f) {
  json techniques = json::array();
  const json& names = deep(f, "/threat/technique/subtechnique/name");
  const json& ids = deep(f, "/threat/technique/subtechnique/id");
  for (std::size_t i = 0; i < ids.size() && i < names.size(); ++i)
    techniques.push_back({{"id", ids[i]}, {"name", names[i]}});
  const json& ours = at(f, "c2watch");
  return {{"id", deep(f, "/event/id")},
          {"update", at(ours, "update")},
          {"detector", deep(f, "/rule/id")},
          {"title", deep(f, "/rule/name")},
          {"description", at(f, "message")},
          {"severity", at(ours, "severity")},
          {"confidence", at(ours, "confidence")},
          {"risk_score", deep(f, "/event/risk_score")},
          {"techniques", techniques},
          {"first_seen", deep(f, "/event/start")},
          {"last_seen", deep(f, "/event/end")},
          {"host", deep(f, "/host/name")},
          {"process",
           {{"image", deep(f, "/process/executable")},
            {"command_line", deep(f, "/process/command_line")},
            {"user", deep(f, "/user/name")},
            {"parent_image", deep(f, "/process/parent/executable")}}},
          {"destination",
           {{"ip", deep(f, "/destination/ip")},
            {"hostname", deep(f, "/destination/domain")},
            {"port", deep(f, "/destination/port")}}},
          {"evidence", at(ours, "evidence")},
          {"reasons", at(ours, "reasons")},
          {"records", at(ours, "records")}};
}

// Flat: what has a place of its own is moved there, and the rest is evidence.
json native_of_sumo(json f) {
  const auto take = [&f](const char* name) {
    json value = at(f, name);
    f.erase(name);
    return value;
  };
  json native = {{"id", take("id")},
                 {"update", take("update")},
                 {"detector", take("detector")},
                 {"title", take("name")},
                 {"description", take("summary")},
                 {"severity", take("severity")},
                 {"confidence", take("confidence")},
                 {"risk_score", take("risk_score")},
                 {"techniques", json::array({take("techniques")})},
                 {"first_seen", take("first_seen")},
                 {"last_seen", take("last_seen")},
                 {"host", take("device_hostname")},
                 {"process",
                  {{"image", take("baseImage")},
                   {"command_line", take("commandLine")},
                   {"user", take("user_username")},
                   {"parent_image", take("parentBaseImage")}}},
                 {"destination",
                  {{"ip", take("dstDevice_ip")},
                   {"hostname", take("dstDevice_hostname")},
                   {"port", take("dstPort")}}},
                 {"reasons", json::array({take("reasons")})}};
  for (const char* rest :
       {"schema", "stage", "normalizedSeverity", "timestamp", "profile", "plugin_version"})
    f.erase(rest);
  native["evidence"] = std::move(f);
  return native;
}

json in_native_places(FindingFormat form, json raised) {
  switch (form) {
    case FindingFormat::ocsf:
      return native_of_ocsf(raised);
    case FindingFormat::ecs:
      return native_of_ecs(raised);
    case FindingFormat::sumo:
      return native_of_sumo(std::move(raised));
    case FindingFormat::native:
    case FindingFormat::other:
      break;
  }
  return raised;
}

}  // namespace

string_view format_name(FindingFormat form) {
  switch (form) {
    case FindingFormat::native:
      return "native";
    case FindingFormat::ocsf:
      return "ocsf";
    case FindingFormat::ecs:
      return "ecs";
    case FindingFormat::sumo:
      return "sumo";
    case FindingFormat::other:
      break;
  }
  return "other";
}

Finding read_finding(string_view line) {
  Finding out;
  out.line = line;
  json raised = json::parse(line, nullptr, false);
  out.form = form_of(raised);
  if (out.form == FindingFormat::other) return out;
  out.json = in_native_places(out.form, std::move(raised));
  const json& process = at(out.json, "process");
  out.id = text_at(out.json, "id");
  out.detector = text_at(out.json, "detector");
  out.title = text_at(out.json, "title");
  out.severity = text_at(out.json, "severity");
  out.host = text_at(out.json, "host");
  out.process = file_name(text_at(process, "image"));
  const json& destination = at(out.json, "destination");
  out.destination = destination_of(text_at(destination, "hostname"), destination);
  if (!text_at(destination, "ip").empty()) out.address = destination_of("", destination);
  out.first_seen = moment_at(out.json, "first_seen");
  out.last_seen = moment_at(out.json, "last_seen");
  const json& update = at(out.json, "update");
  if (update.is_number_unsigned()) out.update = update.get<std::uint64_t>();
  return out;
}

std::vector<Finding> latest(const std::vector<string>& lines) {
  std::vector<Finding> found;
  std::unordered_map<string, std::size_t> by_id;
  for (const string& line : lines) {
    Finding finding = read_finding(line);
    // Without an id nothing says that two lines are one finding.
    const bool is_new = finding.id.empty() || by_id.try_emplace(finding.id, found.size()).second;
    if (is_new)
      found.push_back(std::move(finding));
    else
      found[by_id.at(finding.id)] = std::move(finding);
  }
  std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
    return severity_rank(a.severity) > severity_rank(b.severity);
  });
  return found;
}

int severity_rank(string_view severity) {
  const auto* const at_name = std::find(kSeverities.begin(), kSeverities.end(), severity);
  return at_name == kSeverities.end() ? -1 : static_cast<int>(at_name - kSeverities.begin());
}

Style severity_style(string_view severity) {
  switch (severity_rank(severity)) {
    case 4:
    case 3:
      return Style::bad;
    case 2:
      return Style::warning;
    default:
      return Style::dim;
  }
}

string plain_value(const json& value) { return value_text(value); }

void show_finding_table(Page& page, const std::vector<Finding>& findings) {
  Table table({{"Severity"},
               {"Detector"},
               {.title = "Host", .shrinks = true, .keeps_start = true},
               {"Process", Align::left, true},
               {"Destination", Align::left, true},
               {"First seen (UTC)"}});
  for (const Finding& f : findings)
    table.row({{f.severity.empty() ? "?" : f.severity, severity_style(f.severity)},
               {f.form == FindingFormat::other ? "(unknown form)" : f.detector},
               {f.host},
               {f.process},
               {f.destination, Style::plain, f.address},
               {f.first_seen.substr(0, 19)}});
  page.table(table);
}

void show_finding(Page& page, const Finding& f) {
  page.line();
  if (f.form == FindingFormat::other) {
    page.paragraph(printable(f.line), 4, "  in no known form: ");
    return;
  }
  page.spans({{"  "},
              {f.severity, severity_style(f.severity)},
              {"  "},
              {f.title.empty() ? f.detector : f.title, Style::bold}});
  string kind = f.detector;
  if (const string confidence = text_at(f.json, "confidence"); !confidence.empty())
    kind += ", confidence " + confidence;
  if (at(f.json, "risk_score").is_number())
    kind += ", risk " + value_text(at(f.json, "risk_score"));
  if (f.update > 0) kind += ", update " + std::to_string(f.update);
  fact(page, "detector", kind);
  const json& process = at(f.json, "process");
  fact(page, "host", f.host);
  fact(page, "process", text_at(process, "image"));
  fact(page, "command", text_at(process, "command_line"));
  fact(page, "parent", text_at(process, "parent_image"));
  fact(page, "user", text_at(process, "user"));
  fact(page, "destination", f.destination);
  fact(page, "seen", f.first_seen + (f.last_seen.empty() ? "" : " to " + f.last_seen));
  fact(page, "what", text_at(f.json, "description"));
  const json& reasons = at(f.json, "reasons");
  if (reasons.is_array())
    for (std::size_t i = 0; i < reasons.size(); ++i)
      fact(page, i == 0 ? "why" : "", value_text(reasons[i]));
  show_evidence(page, at(f.json, "evidence"));
  show_records(page, at(f.json, "records"));
  const json& techniques = at(f.json, "techniques");
  if (techniques.is_array())
    for (std::size_t i = 0; i < techniques.size(); ++i)
      fact(page, i == 0 ? "ATT&CK" : "",
           techniques[i].is_string()
               ? value_text(techniques[i])
               : text_at(techniques[i], "id") + "  " + text_at(techniques[i], "name"));
  fact(page, "id", f.id);
}

}  // namespace c2watch::harness
