#include "core/engine/config_text.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 100;  // of the shipped files, as everywhere in the project

std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

// "// text" in as many lines as it takes.
void comment(std::string& out, const std::string& indent, std::string_view text) {
  const std::size_t room = kColumns - indent.size() - 3;
  while (!text.empty()) {
    std::size_t cut = text.size();
    if (cut > room) {
      cut = text.rfind(' ', room);
      if (cut == text.npos) cut = text.find(' ');
      if (cut == text.npos) cut = text.size();
    }
    out += indent + "// " + std::string(text.substr(0, cut)) + "\n";
    text.remove_prefix(cut);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
}

// A list is wrapped like a paragraph.
std::string value_text(const nlohmann::json& value, const std::string& indent) {
  if (!value.is_array()) return value.dump();
  if (!value.empty() && value[0].is_object()) {
    std::string lines;
    for (const auto& item : value)
      lines += (lines.empty() ? "\n" : ",\n") + indent + "  " + item.dump();
    return "[" + lines + "\n" + indent + "]";
  }
  const std::string one_line = [&] {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : ", ") + item.dump();
    return text;
  }();
  if (one_line.size() + indent.size() < kColumns / 2) return "[" + one_line + "]";
  std::string text = "[";
  std::string line;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string item = value[i].dump() + (i + 1 < value.size() ? "," : "");
    if (!line.empty() && indent.size() + 2 + line.size() + 1 + item.size() > kColumns) {
      text += "\n" + indent + "  " + line;
      line.clear();
    }
    line += (line.empty() ? "" : " ") + item;
  }
  return text + "\n" + indent + "  " + line + "\n" + indent + "]";
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    parts.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  parts.push_back(path);
  return parts;
}

// Writes members in the order of the table, opening and closing objects where paths part ways.
class ConfigWriter {
 public:
  explicit ConfigWriter(std::string& out) : out_(out) {}

  void value(const Setting& s, const EngineSettings& settings) {
    const auto parts = parts_of(s.path);
    enter({parts.begin(), parts.end() - 1});
    begin_member();
    comment(out_, indent(), std::string(s.description) + " (" + allowed_values(s) + ")");
    comment(out_, indent(), "Why: " + std::string(s.reason));
    out_ += indent() + "\"" + std::string(parts.back()) +
            "\": " + value_text(s.value.get(settings), indent());
  }

  void close_all() { enter({}); }

 private:
  std::string indent() const { return std::string(2 * (open_.size() + 1), ' '); }

  void begin_member() {
    out_ += first_ ? "\n" : ",\n\n";
    first_ = false;
  }

  void enter(const std::vector<std::string_view>& group) {
    std::size_t common = 0;
    while (common < open_.size() && common < group.size() && open_[common] == group[common])
      ++common;
    while (open_.size() > common) {
      open_.pop_back();
      out_ += "\n" + indent() + "}";
      first_ = false;
    }
    while (open_.size() < group.size()) {
      begin_member();
      out_ += indent() + "\"" + std::string(group[open_.size()]) + "\": {";
      open_.push_back(group[open_.size()]);
      first_ = true;
    }
  }

  std::string& out_;
  std::vector<std::string_view> open_;
  bool first_ = false;  // "extends" was before us
};

Json entry_json(const AllowlistEntry& e) {
  Json entry = Json::object();
  const auto put = [&](const char* key, const std::string& text) {
    if (!text.empty()) entry[key] = text;
  };
  put("domain", e.domain);
  put("process", e.process);
  put("host", e.host);
  put("cidr", e.cidr_text);
  put("task", e.task);
  put("detector", e.detector);
  put("reason", e.reason);
  put("expires", last_day(e));
  return entry;
}

Json schema_of(const Setting& s) {
  Json schema = Json::object();
  const auto bounds = [&](Json& of) {
    of["minimum"] = s.range.least == static_cast<double>(static_cast<std::int64_t>(s.range.least))
                        ? Json(static_cast<std::int64_t>(s.range.least))
                        : Json(s.range.least);
    of["maximum"] = s.range.most == static_cast<double>(static_cast<std::int64_t>(s.range.most))
                        ? Json(static_cast<std::int64_t>(s.range.most))
                        : Json(s.range.most);
  };
  switch (s.value.type) {
    case SettingType::boolean:
      schema["type"] = "boolean";
      break;
    case SettingType::integer:
      schema["type"] = "integer";
      bounds(schema);
      break;
    case SettingType::number:
      schema["type"] = "number";
      bounds(schema);
      break;
    case SettingType::choice:
      schema["enum"] = s.value.choices;
      break;
    case SettingType::instant:
      schema["type"] = {"string", "null"};
      schema["pattern"] =
          "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?Z$";
      break;
    case SettingType::port_rules: {
      Json port = {{"type", "integer"}};
      bounds(port);
      schema["type"] = "array";
      schema["items"] = {{"type", "object"},
                         {"additionalProperties", false},
                         {"required", {"reason"}},
                         {"properties",
                          {{"port", port},
                           {"first", port},
                           {"last", port},
                           {"confidence", {{"enum", detail::kConfidences}}},
                           {"reason", {{"type", "string"}, {"minLength", 1}}}}},
                         {"oneOf", {{{"required", {"port"}}}, {{"required", {"first", "last"}}}}}};
      break;
    }
    case SettingType::text:
      schema["type"] = "string";
      break;
    case SettingType::text_list:
      schema["type"] = "array";
      schema["items"] = {{"type", "string"}, {"minLength", 1}};
      break;
    case SettingType::integer_list:
      schema["type"] = "array";
      schema["items"] = {{"type", "integer"}};
      bounds(schema["items"]);
      break;
  }
  std::string text = std::string(s.description) + " Why this default: " + std::string(s.reason);
  if (!s.unit.empty()) text += " Unit: " + std::string(s.unit) + ".";
  schema["description"] = text;
  schema["default"] = s.value.get(EngineSettings{});
  return schema;
}

Json allowlist_schema() {
  const auto text = [](const char* description) {
    return Json{{"type", "string"}, {"minLength", 1}, {"description", description}};
  };
  Json entry = {{"type", "object"}, {"additionalProperties", false}};
  entry["properties"] = {
      {"domain", text("The name itself and every name below it.")},
      {"process", text("A file name, or a whole path when it contains a backslash.")},
      {"host", text("A computer's name; without a dot its first label is enough.")},
      {"cidr", text("The destination: an address, or a range like 192.0.2.0/24.")},
      {"task", text("A scheduled task's whole name, like \\Vendor\\Update.")},
      {"detector", text("Only findings of this detector.")},
      {"reason", text("Why it is allowed, for whoever reads it next year.")},
      {"expires", Json{{"type", "string"},
                       {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                       {"description", "The last day, UTC, on which it holds."}}}};
  entry["required"] = {"reason"};
  Json any = Json::array();
  for (const char* key : {"domain", "process", "host", "cidr", "task"})
    any.push_back({{"required", {key}}});
  entry["anyOf"] = std::move(any);
  return {{"type", "array"},
          {"description",
           "Findings that are known and accepted. An entry holds when everything it names holds."},
          {"items", std::move(entry)}};
}

Json& group_at(Json& root, std::string_view path) {
  Json* at = &root;
  const auto parts = parts_of(path);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    Json& group = (*at)["properties"][std::string(parts[i])];
    if (group.is_null())
      group = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
    at = &group;
  }
  return *at;
}

}  // namespace

std::string allowed_values(const Setting& s) {
  const std::string unit = s.unit.empty() ? "" : " " + std::string(s.unit);
  const auto range = [&] {
    return number_text(s.range.least) + " to " + number_text(s.range.most);
  };
  switch (s.value.type) {
    case SettingType::boolean:
      return "true or false";
    case SettingType::integer:
    case SettingType::number:
      return range() + unit;
    case SettingType::choice: {
      std::string names;
      for (const std::string_view name : s.value.choices)
        names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
      return names;
    }
    case SettingType::instant:
      return "a time like \"2026-02-02T00:00:00Z\", or null";
    case SettingType::port_rules:
      return "a list of {\"port\": N | \"first\": N, \"last\": N, \"confidence\": \"low\" | "
             "\"medium\" | \"high\", \"reason\": ...}";
    case SettingType::text:
      return "text";
    case SettingType::text_list:
      return "a list of" + (unit.empty() ? " texts" : unit);
    case SettingType::integer_list:
      return "a list of" + unit + ", " + range();
  }
  return "";
}

std::string config_text(const EngineSettings& settings) {
  const std::string profile(kProfileNames[static_cast<std::size_t>(settings.profile)]);
  std::string out = "{\n  \"extends\": \"" + profile + "\",\n\n";
  comment(out, "  ",
          "Findings that are known and accepted: {\"domain\" | \"process\" | \"host\" | \"cidr\" | "
          "\"task\": ..., \"reason\": ..., \"expires\": \"2026-12-31\"}");
  out += "  \"allowlist\": [";
  for (std::size_t i = 0; i < settings.allowlist.size(); ++i)
    out += (i == 0 ? "\n    " : ",\n    ") + entry_json(settings.allowlist[i]).dump();
  out += settings.allowlist.empty() ? "]" : "\n  ]";

  ConfigWriter writer(out);
  for (const Setting& s : all_settings()) writer.value(s, settings);
  writer.close_all();
  return out + "\n}\n";
}

std::string config_schema_text() {
  Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "c2watch config"},
               {"type", "object"},
               {"additionalProperties", false},
               {"properties",
                {{"$schema", {{"type", "string"}}},
                 {"extends",
                  {{"enum", kProfileNames},
                   {"description", "The profile that supplies every setting not given here."},
                   {"default", "default"}}},
                 {"allowlist", allowlist_schema()}}}};
  for (const Setting& s : all_settings()) {
    const std::string name(parts_of(s.path).back());
    group_at(root, s.path)["properties"][name] = schema_of(s);
  }
  return root.dump(2) + "\n";
}

}  // namespace c2watch::engine
