#include "core/engine/finding_format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/engine/attack.h"
#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> kSeverities = {"informational", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 3> kConfidences = {"low", "medium", "high"};

std::size_t rank(Severity s) { return static_cast<std::size_t>(s); }
std::size_t rank(Confidence c) { return static_cast<std::size_t>(c); }

std::string capitalised(std::string_view name) {
  std::string text(name);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

Json time_text(Time t) { return known(t) ? Json(instant_text(t)) : Json(nullptr); }

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(std::string(text));
}

Json value_json(const Evidence::Value& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

Json evidence_json(const Finding& f) {
  Json object = Json::object();
  for (const Evidence& e : f.evidence) object[e.name] = value_json(e.value);
  return object;
}

// Adds what is known; formats of others have no place for "unknown".
void put(Json& object, const char* key, std::string_view text) {
  if (!text.empty()) object[key] = std::string(text);
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.find_last_of("\\/");
  return slash == path.npos ? path : path.substr(slash + 1);
}

// ---- native -------------------------------------------------------------------------------------

Json techniques_json(const Finding& f) {
  Json list = Json::array();
  for (const std::string_view id : f.techniques) {
    Json entry = {{"id", std::string(id)}};
    if (const Technique* t = technique(id)) {
      entry["name"] = t->parent.empty() ? std::string(t->name)
                                        : std::string(t->parent) + ": " + std::string(t->name);
      entry["tactic"] = {{"id", t->tactic.id}, {"name", t->tactic.name}};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json records_json(const Finding& f) {
  Json list = Json::array();
  for (const RecordRef& r : f.records)
    list.push_back({{"computer", r.computer},
                    {"channel", r.channel},
                    {"record_id", r.record_id},
                    {"event_id", r.event_id},
                    {"time", time_text(r.time)}});
  return list;
}

Json native(const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  return {
      {"schema", "c2watch.finding/1"},
      {"id", f.id},
      {"update", f.update},
      {"detector", f.detector},
      {"title", f.title},
      {"description", f.description},
      {"severity", kSeverities[rank(f.severity)]},
      {"confidence", kConfidences[rank(f.confidence)]},
      {"risk_score", f.risk_score},
      {"techniques", techniques_json(f)},
      {"first_seen", time_text(f.first_seen)},
      {"last_seen", time_text(f.last_seen)},
      {"emitted_at", time_text(f.emitted_at)},
      {"host", text_or_null(f.host)},
      {"process",
       {{"image", text_or_null(p.image)},
        {"guid", text_or_null(p.guid)},
        {"pid", p.pid == 0 ? Json(nullptr) : Json(p.pid)},
        {"command_line", text_or_null(p.command_line)},
        {"user", text_or_null(p.user)},
        {"parent_image", text_or_null(p.parent_image)},
        {"parent_guid", text_or_null(p.parent_guid)}}},
      {"destination",
       {{"ip", text_or_null(f.destination.ip)},
        {"hostname", text_or_null(f.destination.hostname)},
        {"port", f.destination.port < 0 ? Json(nullptr) : Json(f.destination.port)}}},
      {"evidence", evidence_json(f)},
      {"reasons", f.reasons},
      {"records", records_json(f)},
      {"profile", profile},
      {"plugin_version", plugin_version()},
  };
}

// ---- OCSF ---------------------------------------------------------------------------------------

Json ocsf_attacks(const Finding& f) {
  Json list = Json::array();
  for (const std::string_view id : f.techniques) {
    const Technique* const t = technique(id);
    if (t == nullptr) continue;
    Json attack = {{"version", kAttackVersion},
                   {"tactic", {{"uid", t->tactic.id}, {"name", t->tactic.name}}}};
    if (t->parent.empty()) {
      attack["technique"] = {{"uid", t->id}, {"name", t->name}};
    } else {
      attack["technique"] = {{"uid", t->id.substr(0, t->id.find('.'))}, {"name", t->parent}};
      attack["sub_technique"] = {{"uid", t->id}, {"name", t->name}};
    }
    list.push_back(std::move(attack));
  }
  return list;
}

Json ocsf_process(std::string_view image, std::string_view guid) {
  Json process = Json::object();
  if (!image.empty()) {
    process["name"] = std::string(file_name(image));
    process["file"] = {
        {"name", std::string(file_name(image))}, {"path", std::string(image)}, {"type_id", 1}};
  }
  put(process, "uid", guid);
  return process;
}

Json ocsf_evidences(const Finding& f) {
  const Process& p = f.process;
  Json evidence = Json::object();
  Json process = ocsf_process(p.image, p.guid);
  if (p.pid != 0) process["pid"] = p.pid;
  put(process, "cmd_line", p.command_line);
  if (!p.user.empty()) process["user"] = {{"name", p.user}};
  Json parent = ocsf_process(p.parent_image, p.parent_guid);
  if (!parent.empty()) process["parent_process"] = std::move(parent);
  if (!process.empty()) evidence["process"] = std::move(process);

  if (!f.host.empty()) evidence["src_endpoint"] = {{"hostname", f.host}};
  Json destination = Json::object();
  put(destination, "ip", f.destination.ip);
  put(destination, "hostname", f.destination.hostname);
  if (f.destination.port >= 0) destination["port"] = f.destination.port;
  if (!destination.empty()) evidence["dst_endpoint"] = std::move(destination);

  evidence["data"] = evidence_json(f);
  evidence["data"]["records"] = records_json(f);
  return Json::array({std::move(evidence)});
}

Json ocsf(const Finding& f, std::string_view profile) {
  const bool is_update = f.update > 0;
  const int activity = is_update ? 2 : 1;
  constexpr int kClass = 2004;
  Json info = {{"uid", f.id},
               {"title", f.title},
               {"desc", f.description},
               {"analytic", {{"name", f.detector}, {"type", "Rule"}, {"type_id", 1}}},
               {"attacks", ocsf_attacks(f)}};
  if (known(f.first_seen)) info["first_seen_time"] = to_ms(f.first_seen);
  if (known(f.last_seen)) info["last_seen_time"] = to_ms(f.last_seen);

  Json object = {
      {"category_uid", 2},
      {"category_name", "Findings"},
      {"class_uid", kClass},
      {"class_name", "Detection Finding"},
      {"activity_id", activity},
      {"activity_name", is_update ? "Update" : "Create"},
      {"type_uid", kClass * 100 + activity},
      {"type_name", is_update ? "Detection Finding: Update" : "Detection Finding: Create"},
      {"time", known(f.emitted_at) ? to_ms(f.emitted_at) : 0},
      {"severity_id", rank(f.severity) + 1},
      {"severity", capitalised(kSeverities[rank(f.severity)])},
      {"confidence_id", rank(f.confidence) + 1},
      {"confidence", capitalised(kConfidences[rank(f.confidence)])},
      {"risk_score", f.risk_score},
      {"is_alert", f.severity >= Severity::low},
      {"status_id", 1},
      {"status", "New"},
      {"message", f.description},
      {"metadata",
       {{"version", "1.3.0"},
        {"uid", f.id + "/" + std::to_string(f.update)},
        {"product",
         {{"name", "c2watch"}, {"vendor_name", "c2watch"}, {"version", plugin_version()}}}}},
      {"finding_info", std::move(info)},
      {"evidences", ocsf_evidences(f)}};
  if (!f.host.empty()) object["resources"] = Json::array({{{"name", f.host}, {"type", "host"}}});
  object["unmapped"] = {{"reasons", f.reasons}, {"update", f.update}, {"profile", profile}};
  return object;
}

// ---- ECS ----------------------------------------------------------------------------------------

Json ecs_threat(const Finding& f) {
  Json tactic_ids = Json::array(), tactic_names = Json::array();
  Json ids = Json::array(), names = Json::array();
  Json sub_ids = Json::array(), sub_names = Json::array();
  const auto add = [](Json& list, std::string_view text) {
    if (std::ranges::find(list, Json(text)) == list.end()) list.push_back(text);
  };
  for (const std::string_view id : f.techniques) {
    const Technique* const t = technique(id);
    if (t == nullptr) continue;
    add(tactic_ids, t->tactic.id);
    add(tactic_names, t->tactic.name);
    add(ids, id.substr(0, id.find('.')));
    add(names, t->parent.empty() ? t->name : t->parent);
    if (t->parent.empty()) continue;
    add(sub_ids, id);
    add(sub_names, t->name);
  }
  return {
      {"framework", "MITRE ATT&CK"},
      {"tactic", {{"id", tactic_ids}, {"name", tactic_names}}},
      {"technique",
       {{"id", ids}, {"name", names}, {"subtechnique", {{"id", sub_ids}, {"name", sub_names}}}}}};
}

Json ecs_process(std::string_view image, std::string_view guid) {
  Json process = Json::object();
  put(process, "executable", image);
  put(process, "name", file_name(image));
  put(process, "entity_id", guid);
  return process;
}

// What ECS has no name for stands under "c2watch", as ECS asks of custom fields.
Json ecs(const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  Json object = {{"@timestamp", time_text(f.emitted_at)},
                 {"ecs", {{"version", "8.11.0"}}},
                 {"message", f.description},
                 {"event",
                  {{"kind", "alert"},
                   {"category", {"intrusion_detection"}},
                   {"type", {"info"}},
                   {"module", "c2watch"},
                   {"dataset", "c2watch.finding"},
                   {"id", f.id},
                   {"severity", rank(f.severity)},
                   {"risk_score", f.risk_score},
                   {"start", time_text(f.first_seen)},
                   {"end", time_text(f.last_seen)}}},
                 {"rule", {{"id", f.detector}, {"name", f.title}, {"version", plugin_version()}}},
                 {"threat", ecs_threat(f)}};
  if (known(f.first_seen)) object["event"]["start"] = instant_text(f.first_seen);
  if (known(f.last_seen)) object["event"]["end"] = instant_text(f.last_seen);
  if (!f.host.empty()) object["host"] = {{"name", f.host}};

  Json process = ecs_process(p.image, p.guid);
  if (p.pid != 0) process["pid"] = p.pid;
  put(process, "command_line", p.command_line);
  if (Json parent = ecs_process(p.parent_image, p.parent_guid); !parent.empty())
    process["parent"] = std::move(parent);
  if (!process.empty()) object["process"] = std::move(process);

  if (!p.user.empty()) {
    const auto slash = p.user.find('\\');
    object["user"] = {{"name", slash == p.user.npos ? p.user : p.user.substr(slash + 1)}};
    if (slash != p.user.npos) object["user"]["domain"] = p.user.substr(0, slash);
  }
  Json destination = Json::object();
  put(destination, "address", f.destination.ip.empty() ? f.destination.hostname : f.destination.ip);
  put(destination, "ip", f.destination.ip);
  put(destination, "domain", f.destination.hostname);
  if (f.destination.port >= 0) destination["port"] = f.destination.port;
  if (!destination.empty()) object["destination"] = std::move(destination);

  object["c2watch"] = {{"update", f.update},
                       {"severity", kSeverities[rank(f.severity)]},
                       {"confidence", kConfidences[rank(f.confidence)]},
                       {"profile", profile},
                       {"evidence", evidence_json(f)},
                       {"reasons", f.reasons},
                       {"records", records_json(f)}};
  return object;
}

// ---- Sumo ---------------------------------------------------------------------------------------

// Cloud SIEM weighs signals by a severity of 0 to 10.
constexpr std::array<int, 5> kNormalizedSeverities = {1, 3, 5, 7, 9};

std::string joined(const Json& list, std::string_view separator) {
  std::string text;
  for (const Json& item : list) {
    if (!text.empty()) text += separator;
    text += item.is_string() ? item.get_ref<const std::string&>() : item.dump();
  }
  return text;
}

// What an operator could see happening: renting a server is not among it.
std::string_view stage_of(const Finding& f) {
  for (const std::string_view id : f.techniques) {
    const Technique* const t = technique(id);
    if (t != nullptr && t->tactic.id != "TA0042") return t->tactic.name;
  }
  return "Command and Control";
}

Json sumo(const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  Json flat = {{"schema", "c2watch.finding.sumo/1"},
               {"id", f.id},
               {"update", f.update},
               {"detector", f.detector},
               {"name", f.title},
               {"summary", f.description},
               {"stage", stage_of(f)},
               {"normalizedSeverity", kNormalizedSeverities[rank(f.severity)]},
               {"severity", kSeverities[rank(f.severity)]},
               {"confidence", kConfidences[rank(f.confidence)]},
               {"risk_score", f.risk_score},
               {"timestamp", known(f.emitted_at) ? Json(to_ms(f.emitted_at)) : Json(nullptr)},
               {"first_seen", time_text(f.first_seen)},
               {"last_seen", time_text(f.last_seen)},
               {"techniques", joined(Json(f.techniques), ",")}};
  // Names of the Cloud SIEM schema, so that entities are found without a mapping.
  flat["device_hostname"] = text_or_null(f.host);
  flat["user_username"] = text_or_null(p.user);
  flat["baseImage"] = text_or_null(p.image);
  flat["commandLine"] = text_or_null(p.command_line);
  flat["parentBaseImage"] = text_or_null(p.parent_image);
  flat["dstDevice_ip"] = text_or_null(f.destination.ip);
  flat["dstDevice_hostname"] = text_or_null(f.destination.hostname);
  flat["dstPort"] = f.destination.port < 0 ? Json(nullptr) : Json(f.destination.port);
  flat["reasons"] = joined(Json(f.reasons), " ");
  for (const Evidence& e : f.evidence) {
    Json value = value_json(e.value);
    if (value.is_array()) value = joined(value, ",");
    if (!flat.contains(e.name) || flat[e.name].is_null()) flat[e.name] = std::move(value);
  }
  flat["profile"] = profile;
  flat["plugin_version"] = plugin_version();
  return flat;
}

// ---- text ---------------------------------------------------------------------------------------

// True for characters that change how the text around them looks or where a line ends: DEL and the
// C1 controls, line and paragraph separator, and the bidirectional controls.
bool deceives(unsigned c) {
  return (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// `json` is valid UTF-8, and such characters occur only inside its strings.
std::string with_deceivers_escaped(std::string json) {
  const auto suspect = [](char c) { return c == '\x7F' || static_cast<unsigned char>(c) >= 0xC2; };
  if (std::ranges::none_of(json, suspect)) return json;
  std::string safe;
  safe.reserve(json.size() + 64);
  for (std::size_t i = 0; i < json.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(json[at]); };
    const unsigned lead = byte(i);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned c = lead;
    if (length == 2) c = (lead & 0x1Fu) << 6 | (byte(i + 1) & 0x3Fu);
    if (length == 3) c = (lead & 0x0Fu) << 12 | (byte(i + 1) & 0x3Fu) << 6 | (byte(i + 2) & 0x3Fu);
    if (length < 4 && deceives(c)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c & 0xFFFFu);
      safe += escape;
    } else {
      safe.append(json, i, length);
    }
    i += length;
  }
  return safe;
}

}  // namespace

std::string_view plugin_version() { return C2WATCH_VERSION; }

std::string format_finding(const Finding& finding, FindingFormat format, std::string_view profile) {
  Json object;
  switch (format) {
    case FindingFormat::native:
      object = native(finding, profile);
      break;
    case FindingFormat::ocsf:
      object = ocsf(finding, profile);
      break;
    case FindingFormat::ecs:
      object = ecs(finding, profile);
      break;
    case FindingFormat::sumo:
      object = sumo(finding, profile);
      break;
  }
  // `replace`: a text that was cut inside a character must not cost the finding.
  return with_deceivers_escaped(
      object.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
}

}  // namespace c2watch::engine
