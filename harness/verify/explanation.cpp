#include "harness/verify/explanation.h"

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

string text_of(const json& j, const char* name) { return printable(j.value(name, "")); }

bool is_fired(const json& key) { return key.value("fired", false); }

string drop_text(const json& drop) {
  return plural(drop.at("events").get<std::uint64_t>(), "event") + " by " + text_of(drop, "by") +
         ": " + text_of(drop, "why");
}

}  // namespace

string key_text(const json& key) {
  const string process = text_of(key, "process");
  string text = process.substr(process.find_last_of("\\/") + 1);
  if (text.empty()) text = key.contains("task") ? "" : "an unnamed program";
  if (key.contains("task"))
    text = "task " + text_of(key, "task") + (text.empty() ? "" : ", ") + text;
  if (key.contains("host")) text += " on " + text_of(key, "host");
  const string address = text_of(key, "address");
  const string hostname = text_of(key, "hostname");
  if (address.empty() && hostname.empty()) return text;
  text += " to " + (address.empty() ? hostname : address);
  if (key.contains("port")) text += ":" + key["port"].dump();
  if (!address.empty() && !hostname.empty()) text += " (" + hostname + ")";
  return text;
}

string moment_text(const json& object, const char* name) {
  string t = text_of(object, name);  // 2026-03-02T08:00:00Z
  if (t.size() > 10 && t[10] == 'T') t[10] = ' ';
  if (t.ends_with('Z')) t.pop_back();
  return t;
}

string score_text(const json& key) {
  if (key.at("conditions").empty()) return "dropped before it counted";
  return fixed(100 * key.at("nearness").get<double>(), 0) + " % of the way";
}

void show_conditions(Page& page, const json& key, std::size_t indent) {
  for (const json& c : key.at("conditions")) {
    const bool met = c.at("met") == true;
    page.item({{string(met ? tick(page.terminal()) : cross(page.terminal())),
                met ? Style::good : Style::bad},
               {" "}},
              text_of(c, "text"), indent);
  }
  if (!key.at("conditions").empty() && !is_fired(key) && key.contains("at"))
    page.line(string(indent, ' ') + "as it stood at its best, " + moment_text(key, "at"),
              Style::dim);
}

void show_drops(Page& page, const json& drops, std::size_t indent) {
  for (const json& d : drops) page.paragraph(drop_text(d), indent, "not counted: ");
}

void show_nearest(Page& page, const json& nearest, std::size_t indent) {
  if (nearest.is_null()) return;
  page.paragraph(text_of(nearest, "key") + ", " + score_text(nearest), indent, "nearest: ");
  show_conditions(page, nearest, indent + 2);
  show_drops(page, nearest.at("dropped"), indent + 2);
}

string nearest_text(const json& nearest) {
  if (nearest.is_null()) return "";
  string what;
  const auto add = [&what](const string& more) { what += (what.empty() ? ": " : "; ") + more; };
  for (const json& c : nearest.at("conditions"))
    if (c.at("met") == false) add(text_of(c, "text"));
  for (const json& d : nearest.at("dropped")) add("not counted: " + drop_text(d));
  return "nearest: " + text_of(nearest, "key") + ", " + score_text(nearest) + what;
}

json nearest_json(const json& key) {
  json conditions = json::array();
  for (const json& c : key.at("conditions"))
    conditions.push_back(
        {{"name", text_of(c, "name")}, {"met", c.at("met")}, {"text", text_of(c, "text")}});
  json drops = json::array();
  for (const json& d : key.at("dropped"))
    drops.push_back(
        {{"by", text_of(d, "by")}, {"events", d.at("events")}, {"why", text_of(d, "why")}});
  json out = {{"key", key_text(key)},
              {"nearness", key.at("nearness")},
              {"events", key.at("events")},
              {"conditions", conditions},
              {"dropped", drops}};
  if (key.contains("at")) out["at"] = text_of(key, "at");
  return out;
}

}  // namespace c2watch::harness
