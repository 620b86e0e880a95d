#include "core/engine/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/detectors.h"
#include "core/engine/instant.h"
#include "core/engine/json_writer.h"
#include "core/engine/located_json.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using nlohmann::json;
using Type = LocatedJson::Type;

std::string in_quotes(std::string_view text) { return json(std::string(text)).dump(); }

// "120" rather than "120.0", and never "1e+06".
std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

std::string with_unit(std::string text, std::string_view unit) {
  return unit.empty() ? text : text + " " + std::string(unit);
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + in_quotes(name);
  return text;
}

// Edits that turn one name into the other, a swap of neighbours counting as two.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

// The closest name if it is close enough to have been meant: a third of it may differ.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& names) {
  std::string_view best;
  std::size_t least = wrong.size() / 3 + 2;
  for (const std::string_view name : names) {
    if (const std::size_t d = distance(wrong, name); d < least) {
      least = d;
      best = name;
    }
  }
  if (!best.empty()) return "; did you mean " + in_quotes(best) + "?";
  return names.empty() ? "" : "; there are " + listed(names);
}

class ConfigReader {
 public:
  Result<EngineSettings> read(std::string_view text) {
    Result<LocatedJson> root = read_located_json(text);
    if (!root) return Error{"config:" + visible(root.error().message)};
    if (root->type != Type::object) {
      mistake(root->place, "", "must be an object, {...}");
    } else {
      extend(*root);
      read_group(*root, "");
      if (mistakes_ == 0) consult_detectors(*root);
    }
    if (mistakes_ > 0) return Error{std::move(message_)};
    return std::move(settings_);
  }

 private:
  void mistake(Place place, std::string_view path, const std::string& what) {
    if (++mistakes_ > kMaxConfigMistakes) return;
    if (!message_.empty()) message_ += '\n';
    message_ += "config:" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
    if (!path.empty()) message_ += visible(path) + ": ";
    message_ += visible(what);
  }

  void extend(const LocatedJson& root) {
    const LocatedJson* const extends = root.find("extends");
    if (extends == nullptr) {
      settings_ = profile_settings(Profile::standard);
      return;
    }
    const auto name =
        extends->type == Type::text ? extends->value.get<std::string>() : std::string();
    const auto hit = std::ranges::find(kProfileNames, std::string_view(name));
    if (hit == kProfileNames.end())
      return mistake(extends->place, "extends", "must be one of " + listed(kProfileNames));
    settings_ = profile_settings(static_cast<Profile>(hit - kProfileNames.begin()));
    settings_.written["extends"] = extends->place;
  }

  // What no single setting's range can tell.
  void consult_detectors(const LocatedJson& root) {
    for (const Complaint& c : complaints(settings_)) {
      const LocatedJson* at = &root;  // the deepest part of the path that is written
      std::string_view rest = c.path;
      while (!rest.empty()) {
        const LocatedJson* const member = at->find(rest.substr(0, rest.find('.')));
        if (member == nullptr) break;
        at = member;
        rest = rest.find('.') == rest.npos ? "" : rest.substr(rest.find('.') + 1);
      }
      mistake(at->place, c.path, c.message);
    }
  }

  // One object of the config: "" is the whole, "detectors" a part.
  void read_group(const LocatedJson& group, const std::string& path) {
    for (const LocatedJson& member : group.children) {
      const std::string full = path.empty() ? member.key : path + "." + member.key;
      if (full == "extends" || full == "$schema") continue;
      if (full == "allowlist") {
        read_allowlist(member);
      } else if (const Setting* setting = setting_at(full)) {
        read_value(member, *setting);
      } else if (is_group(full)) {
        if (member.type == Type::object)
          read_group(member, full);
        else
          mistake(member.place, full,
                  "must be an object, {...}, not " + std::string(name_of(member.type)));
      } else {
        mistake(member.place, full, "no such setting" + did_you_mean(member.key, names_in(path)));
      }
    }
  }

  static const Setting* setting_at(std::string_view path) {
    const auto all = all_settings();
    const auto hit = std::ranges::find(all, path, &Setting::path);
    return hit == all.end() ? nullptr : &*hit;
  }

  static bool is_group(const std::string& path) {
    return std::ranges::any_of(all_settings(), [prefix = path + "."](const Setting& s) {
      return s.path.starts_with(prefix);
    });
  }

  static std::vector<std::string_view> names_in(const std::string& group) {
    std::vector<std::string_view> names;
    if (group.empty()) names = {"extends", "allowlist"};
    for (const Setting& s : all_settings()) {
      std::string_view rest = s.path;
      if (!group.empty()) {
        if (!rest.starts_with(group + ".")) continue;
        rest.remove_prefix(group.size() + 1);
      }
      rest = rest.substr(0, rest.find('.'));
      if (std::ranges::find(names, rest) == names.end()) names.push_back(rest);
    }
    return names;
  }

  void read_value(const LocatedJson& written, const Setting& setting) {
    if (!is_right(written, setting)) return;
    setting.value.set(settings_, written);
    settings_.written[std::string(setting.path)] = written.place;
  }

  // Whether what is written can be taken; otherwise the mistake is told.
  bool is_right(const LocatedJson& written, const Setting& setting) {
    switch (setting.value.type) {
      case SettingType::boolean:
        return written.type == Type::boolean || wrong_type(written, setting, "true or false");
      case SettingType::integer:
        if (written.type != Type::integer) return wrong_type(written, setting, "a whole number");
        return in_range(written, setting);
      case SettingType::number:
        if (written.type != Type::integer && written.type != Type::number)
          return wrong_type(written, setting, "a number");
        return in_range(written, setting);
      case SettingType::choice: {
        const auto names = setting.value.choices;
        return std::ranges::find(names, written.text()) != names.end() ||
               wrong(written, setting, "must be one of " + listed(names));
      }
      case SettingType::instant:
        return written.type == Type::null || parse_instant(written.text()) ||
               wrong(written, setting, "must be a time like \"2026-02-02T00:00:00Z\", or null");
      case SettingType::port_rules:
        return are_port_rules(written, setting);
      case SettingType::text:
        return written.type == Type::text || wrong_type(written, setting, "text");
      case SettingType::text_list:
      case SettingType::integer_list:
        return is_list(written, setting);
    }
    return false;
  }

  bool is_list(const LocatedJson& written, const Setting& setting) {
    const bool texts = setting.value.type == SettingType::text_list;
    const char* const wanted = texts ? "a list of texts" : "a list of whole numbers";
    if (written.type != Type::list) return wrong_type(written, setting, wanted);
    for (const LocatedJson& item : written.children) {
      if (item.type != (texts ? Type::text : Type::integer))
        return wrong_type(item, setting, wanted);
      if (texts && item.text().empty())
        return wrong(item, setting, "an empty text matches nothing");
      if (!texts && !in_range(item, setting)) return false;
    }
    return true;
  }

  // [{"port": 4444, "confidence": "high", "reason": ...}, {"first": 6660, "last": 6669, ...}]
  bool are_port_rules(const LocatedJson& written, const Setting& setting) {
    if (written.type != Type::list) return wrong_type(written, setting, "a list");
    const int mistakes_before = mistakes_;
    for (const LocatedJson& rule : written.children) {
      if (rule.type != Type::object) return wrong(rule, setting, "must hold objects, {...}");
      for (const LocatedJson& member : rule.children) check_rule_member(member, setting);
      const bool port = rule.find("port") != nullptr;
      const bool first = rule.find("first") != nullptr;
      const bool last = rule.find("last") != nullptr;
      if (first != last || port == first)
        wrong(rule, setting, "needs either \"port\", or \"first\" and \"last\"");
      if (rule.find("reason") == nullptr)
        wrong(rule, setting, "needs a \"reason\": it is shown to the analyst");
    }
    return mistakes_ == mistakes_before;
  }

  void check_rule_member(const LocatedJson& member, const Setting& setting) {
    const std::string path = std::string(setting.path) + "." + member.key;
    if (member.key == "port" || member.key == "first" || member.key == "last") {
      if (member.type != Type::integer)
        return mistake(member.place, path, "must be a whole number");
      in_range(member, setting);
    } else if (member.key == "confidence") {
      const auto& names = detail::kConfidences;
      if (std::ranges::find(names, member.text()) == std::end(names))
        mistake(member.place, path, "must be one of " + listed(names));
    } else if (member.key != "reason") {
      mistake(member.place, path,
              "no such key" +
                  did_you_mean(member.key, {"port", "first", "last", "confidence", "reason"}));
    } else if (member.text().empty()) {
      mistake(member.place, path, "must be text, and not empty");
    }
  }

  bool in_range(const LocatedJson& written, const Setting& setting) {
    const double value = written.value.get<double>();
    const auto [least, most] = setting.range;
    if (value >= least && value <= most) return true;
    return wrong(written, setting,
                 number_text(value) + " is out of range; must be " + number_text(least) + " to " +
                     with_unit(number_text(most), setting.unit));
  }

  bool wrong(const LocatedJson& written, const Setting& setting, const std::string& what) {
    mistake(written.place, setting.path, what);
    return false;
  }

  bool wrong_type(const LocatedJson& written, const Setting& setting, const std::string& wanted) {
    const std::string unit = setting.unit.empty() ? "" : "of " + std::string(setting.unit);
    return wrong(
        written, setting,
        "must be " + with_unit(wanted, unit) + ", not " + std::string(name_of(written.type)));
  }

  void read_allowlist(const LocatedJson& list) {
    if (list.type != Type::list)
      return mistake(list.place, "allowlist",
                     "must be a list of entries, not " + std::string(name_of(list.type)));
    settings_.allowlist.clear();
    for (std::size_t i = 0; i < list.children.size(); ++i)
      read_entry(list.children[i], "allowlist[" + std::to_string(i) + "]");
  }

  void read_entry(const LocatedJson& written, const std::string& path) {
    if (written.type != Type::object)
      return mistake(written.place, path, "must be an object, {...}");
    const int mistakes_before = mistakes_;
    AllowlistEntry entry;
    for (const LocatedJson& member : written.children) read_entry_member(member, path, entry);
    if (mistakes_ > mistakes_before) return;
    if (entry.domain.empty() && entry.process.empty() && entry.host.empty() && !entry.cidr &&
        entry.task.empty())
      return mistake(written.place, path,
                     "names nothing to allow; give at least one of \"domain\", \"process\", "
                     "\"host\", \"cidr\", \"task\"");
    if (entry.reason.empty())
      return mistake(written.place, path,
                     "needs a \"reason\": whoever reads it next year will ask");
    settings_.allowlist.push_back(std::move(entry));
    settings_.written["allowlist[" + std::to_string(settings_.allowlist.size() - 1) + "]"] =
        written.place;
  }

  void read_entry_member(const LocatedJson& member, const std::string& path,
                         AllowlistEntry& entry) {
    const std::string full = path + "." + member.key;
    const std::pair<std::string_view, std::string*> texts[] = {
        {"domain", &entry.domain},  {"process", &entry.process}, {"host", &entry.host},
        {"cidr", &entry.cidr_text}, {"task", &entry.task},       {"detector", &entry.detector},
        {"reason", &entry.reason},  {"expires", &expires_}};
    const auto hit = std::ranges::find(texts, std::string_view(member.key),
                                       &std::pair<std::string_view, std::string*>::first);
    if (hit == std::end(texts)) {
      std::vector<std::string_view> names;
      for (const auto& [name, unused] : texts) names.push_back(name);
      return mistake(member.place, full, "no such key" + did_you_mean(member.key, names));
    }
    if (member.type != Type::text || member.value.get_ref<const std::string&>().empty())
      return mistake(member.place, full, "must be text, and not empty");
    *hit->second = member.value.get<std::string>();

    if (member.key == "cidr") {
      entry.cidr = parse_cidr(entry.cidr_text);
      if (!entry.cidr)
        mistake(member.place, full,
                in_quotes(entry.cidr_text) +
                    " is neither an address nor a range like \"192.0.2.0/24\" or "
                    "\"2001:db8::/32\"");
    } else if (member.key == "expires") {
      const auto day = parse_day(expires_);
      if (!day)
        return mistake(member.place, full, "must be the last day it holds, like \"2026-12-31\"");
      entry.ends = Time{*day + std::chrono::days{1}};
    } else if (member.key == "detector" &&
               !setting_at("detectors." + entry.detector + ".enabled")) {
      mistake(member.place, full,
              "no such detector" + did_you_mean(entry.detector, names_in("detectors")));
    }
  }

  EngineSettings settings_;
  std::string expires_;  // the text of the entry at hand
  std::string message_;
  int mistakes_ = 0;
};

bool all_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

}  // namespace

Result<EngineSettings> read_config(std::string_view text) {
  if (all_blank(text)) return profile_settings(Profile::standard);
  return ConfigReader().read(text);
}

}  // namespace c2watch::engine
