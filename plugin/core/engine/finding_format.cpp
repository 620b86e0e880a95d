#include "core/engine/finding_format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/attack.h"
#include "core/engine/instant.h"
#include "core/engine/json_writer.h"

namespace c2watch::engine {
namespace {

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

std::string_view file_name(std::string_view path) {
  const auto slash = path.find_last_of("\\/");
  return slash == path.npos ? path : path.substr(slash + 1);
}

// The id of the technique that a sub-technique belongs to: "T1071" of "T1071.004".
std::string_view parent_id(std::string_view id) { return id.substr(0, id.find('.')); }

std::string time_or_empty(Time t) { return known(t) ? instant_text(t) : std::string(); }

void write_evidence(JsonWriter& w, const Finding& f) {
  for (const Evidence& e : f.evidence) {
    w.key(e.name);
    write_value(w, e.value);
  }
}

void write_texts(JsonWriter& w, std::string_view name, const std::vector<std::string>& texts) {
  w.list(name, [&] {
    for (const std::string& text : texts) w.value(text);
  });
}

void write_records(JsonWriter& w, const Finding& f) {
  w.list("records", [&] {
    for (const RecordRef& r : f.records) {
      w.object([&] {
        w.member("computer", r.computer);
        w.member("channel", r.channel);
        w.member("record_id", r.record_id);
        w.member("event_id", r.event_id);
        w.text_or_null("time", time_or_empty(r.time));
      });
    }
  });
}

// ---- native -------------------------------------------------------------------------------------

void write_technique(JsonWriter& w, std::string_view id) {
  w.object([&] {
    w.member("id", id);
    const Technique* const t = technique(id);
    if (t == nullptr) return;
    w.member("name", t->parent.empty() ? std::string(t->name)
                                       : std::string(t->parent) + ": " + std::string(t->name));
    w.object("tactic", [&] {
      w.member("id", t->tactic.id);
      w.member("name", t->tactic.name);
    });
  });
}

void write_native(JsonWriter& w, const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  w.member("schema", "c2watch.finding/1");
  w.member("id", f.id);
  w.member("update", f.update);
  w.member("detector", f.detector);
  w.member("title", f.title);
  w.member("description", f.description);
  w.member("severity", kSeverities[rank(f.severity)]);
  w.member("confidence", kConfidences[rank(f.confidence)]);
  w.member("risk_score", f.risk_score);
  w.list("techniques", [&] {
    for (const std::string_view id : f.techniques) write_technique(w, id);
  });
  w.text_or_null("first_seen", time_or_empty(f.first_seen));
  w.text_or_null("last_seen", time_or_empty(f.last_seen));
  w.text_or_null("emitted_at", time_or_empty(f.emitted_at));
  w.text_or_null("host", f.host);
  w.object("process", [&] {
    w.text_or_null("image", p.image);
    w.text_or_null("guid", p.guid);
    w.key("pid");
    p.pid == 0 ? w.value(nullptr) : w.value(p.pid);
    w.text_or_null("command_line", p.command_line);
    w.text_or_null("user", p.user);
    w.text_or_null("parent_image", p.parent_image);
    w.text_or_null("parent_guid", p.parent_guid);
  });
  w.object("destination", [&] {
    w.text_or_null("ip", f.destination.ip);
    w.text_or_null("hostname", f.destination.hostname);
    w.key("port");
    f.destination.port < 0 ? w.value(nullptr) : w.value(f.destination.port);
  });
  w.object("evidence", [&] { write_evidence(w, f); });
  write_texts(w, "reasons", f.reasons);
  write_records(w, f);
  w.member("profile", profile);
  w.member("plugin_version", plugin_version());
}

// ---- OCSF ---------------------------------------------------------------------------------------

void write_ocsf_attack(JsonWriter& w, const Technique& t) {
  w.object([&] {
    w.member("version", kAttackVersion);
    w.object("tactic", [&] {
      w.member("uid", t.tactic.id);
      w.member("name", t.tactic.name);
    });
    w.object("technique", [&] {
      w.member("uid", parent_id(t.id));
      w.member("name", t.parent.empty() ? t.name : t.parent);
    });
    if (t.parent.empty()) return;
    w.object("sub_technique", [&] {
      w.member("uid", t.id);
      w.member("name", t.name);
    });
  });
}

void write_ocsf_program(JsonWriter& w, std::string_view image, std::string_view guid) {
  if (!image.empty()) {
    w.member("name", file_name(image));
    w.object("file", [&] {
      w.member("name", file_name(image));
      w.member("path", image);
      w.member("type_id", 1);  // a regular file
    });
  }
  w.text_if_any("uid", guid);
}

void write_ocsf_process(JsonWriter& w, const Process& p) {
  write_ocsf_program(w, p.image, p.guid);
  if (p.pid != 0) w.member("pid", p.pid);
  w.text_if_any("cmd_line", p.command_line);
  if (!p.user.empty()) w.object("user", [&] { w.member("name", p.user); });
  if (!p.parent_image.empty() || !p.parent_guid.empty())
    w.object("parent_process", [&] { write_ocsf_program(w, p.parent_image, p.parent_guid); });
}

bool names_anything(const Process& p) {
  return !p.image.empty() || !p.guid.empty() || p.pid != 0 || !p.command_line.empty() ||
         !p.user.empty() || !p.parent_image.empty() || !p.parent_guid.empty();
}

bool names_anything(const Destination& d) {
  return !d.ip.empty() || !d.hostname.empty() || d.port >= 0;
}

void write_ocsf_evidence(JsonWriter& w, const Finding& f) {
  w.object([&] {
    if (names_anything(f.process)) w.object("process", [&] { write_ocsf_process(w, f.process); });
    if (!f.host.empty()) w.object("src_endpoint", [&] { w.member("hostname", f.host); });
    if (names_anything(f.destination)) {
      w.object("dst_endpoint", [&] {
        w.text_if_any("ip", f.destination.ip);
        w.text_if_any("hostname", f.destination.hostname);
        if (f.destination.port >= 0) w.member("port", f.destination.port);
      });
    }
    w.object("data", [&] {
      write_evidence(w, f);
      write_records(w, f);
    });
  });
}

void write_ocsf_info(JsonWriter& w, const Finding& f) {
  w.member("uid", f.id);
  w.member("title", f.title);
  w.member("desc", f.description);
  w.object("analytic", [&] {
    w.member("name", f.detector);
    w.member("type", "Rule");
    w.member("type_id", 1);
  });
  w.list("attacks", [&] {
    for (const std::string_view id : f.techniques)
      if (const Technique* t = technique(id)) write_ocsf_attack(w, *t);
  });
  if (known(f.first_seen)) w.member("first_seen_time", to_ms(f.first_seen));
  if (known(f.last_seen)) w.member("last_seen_time", to_ms(f.last_seen));
}

void write_ocsf(JsonWriter& w, const Finding& f, std::string_view profile) {
  constexpr int kClass = 2004;
  const bool is_update = f.update > 0;
  const int activity = is_update ? 2 : 1;
  w.member("category_uid", 2);
  w.member("category_name", "Findings");
  w.member("class_uid", kClass);
  w.member("class_name", "Detection Finding");
  w.member("activity_id", activity);
  w.member("activity_name", is_update ? "Update" : "Create");
  w.member("type_uid", kClass * 100 + activity);
  w.member("type_name", is_update ? "Detection Finding: Update" : "Detection Finding: Create");
  w.member("time", known(f.emitted_at) ? to_ms(f.emitted_at) : 0);
  w.member("severity_id", rank(f.severity) + 1);
  w.member("severity", capitalised(kSeverities[rank(f.severity)]));
  w.member("confidence_id", rank(f.confidence) + 1);
  w.member("confidence", capitalised(kConfidences[rank(f.confidence)]));
  w.member("risk_score", f.risk_score);
  w.member("is_alert", f.severity >= Severity::low);
  w.member("status_id", 1);
  w.member("status", "New");
  w.member("message", f.description);
  w.object("metadata", [&] {
    w.member("version", "1.3.0");
    w.member("uid", f.id + "/" + std::to_string(f.update));
    w.object("product", [&] {
      w.member("name", "c2watch");
      w.member("vendor_name", "c2watch");
      w.member("version", plugin_version());
    });
  });
  w.object("finding_info", [&] { write_ocsf_info(w, f); });
  w.list("evidences", [&] { write_ocsf_evidence(w, f); });
  if (!f.host.empty()) {
    w.list("resources", [&] {
      w.object([&] {
        w.member("name", f.host);
        w.member("type", "host");
      });
    });
  }
  w.object("unmapped", [&] {
    write_texts(w, "reasons", f.reasons);
    w.member("update", f.update);
    w.member("profile", profile);
  });
}

// ---- ECS ----------------------------------------------------------------------------------------

// Each of the texts once, in the order of the techniques. `text_of` may answer "" for none.
template <class TextOf>
void write_distinct(JsonWriter& w, std::string_view name, const Finding& f, TextOf text_of) {
  std::vector<std::string_view> written;
  w.list(name, [&] {
    for (const std::string_view id : f.techniques) {
      const Technique* const t = technique(id);
      const std::string_view text = t == nullptr ? std::string_view() : text_of(*t);
      if (text.empty() || std::ranges::find(written, text) != written.end()) continue;
      written.push_back(text);
      w.value(text);
    }
  });
}

void write_ecs_threat(JsonWriter& w, const Finding& f) {
  w.member("framework", "MITRE ATT&CK");
  w.object("tactic", [&] {
    write_distinct(w, "id", f, [](const Technique& t) { return t.tactic.id; });
    write_distinct(w, "name", f, [](const Technique& t) { return t.tactic.name; });
  });
  w.object("technique", [&] {
    const auto sub = [](const Technique& t) { return !t.parent.empty(); };
    write_distinct(w, "id", f, [](const Technique& t) { return parent_id(t.id); });
    write_distinct(w, "name", f, [&](const Technique& t) { return sub(t) ? t.parent : t.name; });
    w.object("subtechnique", [&] {
      write_distinct(w, "id", f, [&](const Technique& t) { return sub(t) ? t.id : ""; });
      write_distinct(w, "name", f, [&](const Technique& t) { return sub(t) ? t.name : ""; });
    });
  });
}

void write_ecs_program(JsonWriter& w, std::string_view image, std::string_view guid) {
  w.text_if_any("executable", image);
  w.text_if_any("name", file_name(image));
  w.text_if_any("entity_id", guid);
}

void write_ecs_user(JsonWriter& w, std::string_view user) {
  const auto slash = user.find('\\');
  w.member("name", slash == user.npos ? user : user.substr(slash + 1));
  if (slash != user.npos) w.member("domain", user.substr(0, slash));
}

void write_ecs(JsonWriter& w, const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  w.text_or_null("@timestamp", time_or_empty(f.emitted_at));
  w.object("ecs", [&] { w.member("version", "8.11.0"); });
  w.member("message", f.description);
  w.object("event", [&] {
    w.member("kind", "alert");
    w.list("category", [&] { w.value("intrusion_detection"); });
    w.list("type", [&] { w.value("info"); });
    w.member("module", "c2watch");
    w.member("dataset", "c2watch.finding");
    w.member("id", f.id);
    w.member("severity", rank(f.severity));
    w.member("risk_score", f.risk_score);
    w.text_if_any("start", time_or_empty(f.first_seen));
    w.text_if_any("end", time_or_empty(f.last_seen));
  });
  w.object("rule", [&] {
    w.member("id", f.detector);
    w.member("name", f.title);
    w.member("version", plugin_version());
  });
  w.object("threat", [&] { write_ecs_threat(w, f); });
  if (!f.host.empty()) w.object("host", [&] { w.member("name", f.host); });
  if (names_anything(p)) {
    w.object("process", [&] {
      write_ecs_program(w, p.image, p.guid);
      if (p.pid != 0) w.member("pid", p.pid);
      w.text_if_any("command_line", p.command_line);
      if (!p.parent_image.empty() || !p.parent_guid.empty())
        w.object("parent", [&] { write_ecs_program(w, p.parent_image, p.parent_guid); });
    });
  }
  if (!p.user.empty()) w.object("user", [&] { write_ecs_user(w, p.user); });
  if (names_anything(f.destination)) {
    w.object("destination", [&] {
      const Destination& d = f.destination;
      w.text_if_any("address", d.ip.empty() ? d.hostname : d.ip);
      w.text_if_any("ip", d.ip);
      w.text_if_any("domain", d.hostname);
      if (d.port >= 0) w.member("port", d.port);
    });
  }
  // What ECS has no name for stands under "c2watch", as ECS asks of custom fields.
  w.object("c2watch", [&] {
    w.member("update", f.update);
    w.member("severity", kSeverities[rank(f.severity)]);
    w.member("confidence", kConfidences[rank(f.confidence)]);
    w.member("profile", profile);
    w.object("evidence", [&] { write_evidence(w, f); });
    write_texts(w, "reasons", f.reasons);
    write_records(w, f);
  });
}

// ---- Sumo ---------------------------------------------------------------------------------------

// Cloud SIEM weighs signals by a severity of 0 to 10.
constexpr std::array<int, 5> kNormalizedSeverities = {1, 3, 5, 7, 9};

// What an operator could see happening: renting a server is not among it.
std::string_view stage_of(const Finding& f) {
  for (const std::string_view id : f.techniques) {
    const Technique* const t = technique(id);
    if (t != nullptr && t->tactic.id != "TA0042") return t->tactic.name;
  }
  return "Command and Control";
}

std::string as_text(std::int64_t number) { return std::to_string(number); }
std::string_view as_text(std::string_view text) { return text; }

template <class List>
std::string joined(const List& list, std::string_view separator) {
  std::string text;
  for (const auto& item : list) {
    if (!text.empty()) text += separator;
    text += as_text(item);
  }
  return text;
}

// Names and values; a value that is null gives way to a later one of the same name, and no other
// does: evidence cannot replace a field.
class FlatFields {
 public:
  template <class Write>
  void add(std::string_view name, Write write) {
    std::string json;
    JsonWriter w(json);
    write(w);
    const auto old = std::ranges::find(fields_, name, &Field::first);
    if (old == fields_.end())
      fields_.emplace_back(name, std::move(json));
    else if (old->second == "null")
      old->second = std::move(json);
  }
  template <class T>
  void set(std::string_view name, const T& value) {
    add(name, [&](JsonWriter& w) { w.value(value); });
  }
  void text(std::string_view name, std::string_view value) {
    add(name, [&](JsonWriter& w) { value.empty() ? w.value(nullptr) : w.value(value); });
  }

  void write(JsonWriter& w) const {
    for (const auto& [name, json] : fields_) {
      w.key(name);
      w.raw(json);
    }
  }

 private:
  using Field = std::pair<std::string, std::string>;
  std::vector<Field> fields_;
};

void add_evidence(FlatFields& flat, const Evidence& e) {
  if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&e.value))
    flat.set(e.name, joined(*numbers, ","));
  else if (const auto* texts = std::get_if<std::vector<std::string>>(&e.value))
    flat.set(e.name, joined(*texts, ","));
  else
    flat.add(e.name, [&](JsonWriter& w) { write_value(w, e.value); });
}

void write_sumo(JsonWriter& w, const Finding& f, std::string_view profile) {
  const Process& p = f.process;
  FlatFields flat;
  flat.set("schema", "c2watch.finding.sumo/1");
  flat.set("id", f.id);
  flat.set("update", f.update);
  flat.set("detector", f.detector);
  flat.set("name", f.title);
  flat.set("summary", f.description);
  flat.set("stage", stage_of(f));
  flat.set("normalizedSeverity", kNormalizedSeverities[rank(f.severity)]);
  flat.set("severity", kSeverities[rank(f.severity)]);
  flat.set("confidence", kConfidences[rank(f.confidence)]);
  flat.set("risk_score", f.risk_score);
  if (known(f.emitted_at)) flat.set("timestamp", to_ms(f.emitted_at));
  flat.text("first_seen", time_or_empty(f.first_seen));
  flat.text("last_seen", time_or_empty(f.last_seen));
  flat.set("techniques", joined(f.techniques, ","));
  // Names of the Cloud SIEM schema, so that entities are found without a mapping.
  flat.text("device_hostname", f.host);
  flat.text("user_username", p.user);
  flat.text("baseImage", p.image);
  flat.text("commandLine", p.command_line);
  flat.text("parentBaseImage", p.parent_image);
  flat.text("dstDevice_ip", f.destination.ip);
  flat.text("dstDevice_hostname", f.destination.hostname);
  if (f.destination.port >= 0) flat.set("dstPort", f.destination.port);
  flat.set("reasons", joined(f.reasons, " "));
  flat.set("profile", profile);
  flat.set("plugin_version", plugin_version());
  for (const Evidence& e : f.evidence) add_evidence(flat, e);
  flat.write(w);
}

}  // namespace

void write_value(JsonWriter& w, const Evidence::Value& value) {
  std::visit(
      [&w](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          w.value(nullptr);
        } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>> ||
                             std::is_same_v<T, std::vector<std::string>>) {
          w.list([&] {
            for (const auto& item : v) w.value(item);
          });
        } else {
          w.value(v);
        }
      },
      value);
}

std::string_view plugin_version() { return C2WATCH_VERSION; }

std::string format_finding(const Finding& finding, FindingFormat format, std::string_view profile) {
  std::string line;
  JsonWriter w(line);
  w.object([&] {
    switch (format) {
      case FindingFormat::native:
        return write_native(w, finding, profile);
      case FindingFormat::ocsf:
        return write_ocsf(w, finding, profile);
      case FindingFormat::ecs:
        return write_ecs(w, finding, profile);
      case FindingFormat::sumo:
        return write_sumo(w, finding, profile);
    }
  });
  return line;
}

}  // namespace c2watch::engine
