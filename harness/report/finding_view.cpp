#include "harness/report/finding_view.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "harness/report/text.h"

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

string destination_of(const json& d) {
  const string name = text_at(d, "hostname");
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
      rows.emplace_back(printable(name), value_text(value));
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

}  // namespace

bool read_finding(string_view line, FindingView& out) {
  out = {};
  out.line = line;
  out.json = json::parse(line, nullptr, false);
  if (!out.json.is_object() || !at(out.json, "detector").is_string()) return false;
  const json& process = at(out.json, "process");
  out.id = text_at(out.json, "id");
  out.detector = text_at(out.json, "detector");
  out.title = text_at(out.json, "title");
  out.severity = text_at(out.json, "severity");
  out.host = text_at(out.json, "host");
  out.process = file_name(text_at(process, "image"));
  out.destination = destination_of(at(out.json, "destination"));
  out.first_seen = moment_at(out.json, "first_seen");
  out.last_seen = moment_at(out.json, "last_seen");
  const json& update = at(out.json, "update");
  if (update.is_number_unsigned()) out.update = update.get<std::uint64_t>();
  return true;
}

std::vector<FindingView> latest(const std::vector<string>& lines) {
  std::vector<FindingView> found;
  std::unordered_map<string, std::size_t> by_id;
  for (const string& line : lines) {
    FindingView finding;
    if (!read_finding(line, finding)) continue;
    const auto [known, is_new] = by_id.try_emplace(finding.id, found.size());
    if (is_new)
      found.push_back(std::move(finding));
    else
      found[known->second] = std::move(finding);
  }
  std::stable_sort(found.begin(), found.end(), [](const FindingView& a, const FindingView& b) {
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

void show_finding_table(Page& page, const std::vector<FindingView>& findings) {
  Table table({{"Severity"},
               {"Detector"},
               {"Host", Align::left, true},
               {"Process", Align::left, true},
               {"Destination", Align::left, true},
               {"First seen (UTC)"}});
  for (const FindingView& f : findings)
    table.row({{f.severity, severity_style(f.severity)},
               {f.detector},
               {f.host},
               {f.process},
               {f.destination},
               {f.first_seen.substr(0, 19)}});
  page.table(table);
}

void show_finding(Page& page, const FindingView& f) {
  page.line();
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
