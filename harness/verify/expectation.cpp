#include "harness/verify/expectation.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "harness/base/json_positions.h"
#include "harness/base/json_schema.h"
#include "harness/base/text.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::string;
using std::string_view;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

string lower(string_view text) {
  string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

string as_text(const json& value) {
  if (value.is_string()) return value.get<string>();
  if (value.is_null()) return "";
  return value.dump();
}

// A number, or a severity by its rank; nothing for other text.
std::optional<double> as_number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const string&>();
  if (const int rank = severity_rank(text); rank >= 0) return rank;
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool rule_holds(const string& rule, const json& wanted, const json& value) {
  if (rule == "present") return wanted.get<bool>() == !as_text(value).empty();
  if (rule == "at_least" || rule == "at_most") {
    const auto have = as_number(value);
    const auto bound = as_number(wanted);
    return have && bound && (rule == "at_least" ? *have >= *bound : *have <= *bound);
  }
  const string have = lower(as_text(value));
  if (rule == "any_of")
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const json& w) { return lower(as_text(w)) == have; });
  const string want = lower(as_text(wanted));
  if (rule == "equals") return have == want;
  if (rule == "contains") return have.find(want) != string::npos;
  if (rule == "starts_with") return have.starts_with(want);
  return rule == "ends_with" && have.ends_with(want);
}

// A copy of `value` with ${name} replaced in every text.
json with_variables(json value, const std::map<string, string>& variables) {
  if (value.is_string()) {
    auto text = value.get<string>();
    for (const auto& [name, content] : variables) {
      const string mark = "${" + name + "}";
      for (auto at = text.find(mark); at != string::npos; at = text.find(mark, at + content.size()))
        text.replace(at, mark.size(), content);
    }
    return text;
  }
  if (value.is_structured())
    for (json& item : value) item = with_variables(std::move(item), variables);
  return value;
}

Predicates predicates(const json& object) {
  Predicates out;
  for (const auto& [name, rules] : object.items()) out.emplace(name, Predicate(rules));
  return out;
}

Count count_of(const json& object, Count fallback) {
  const auto at = object.find("count");
  if (at == object.end()) return fallback;
  Count count;
  count.min = at->value("min", std::size_t{0});
  if (at->contains("max")) count.max = (*at)["max"].get<std::size_t>();
  return count;
}

std::vector<string> texts(const json& object, const char* name) {
  return object.value(name, std::vector<string>{});
}

Signal signal_of(const json& j) {
  Signal s;
  s.id = j["id"];
  s.title = j["title"];
  s.event_id = j["event_id"];
  s.channel = j.value("channel", "");
  s.where = predicates(j["where"]);
  s.same_process_as = j.value("same_process_as", "");
  s.truth = j.value("truth", "");
  s.count = count_of(j, {1, std::nullopt});
  if (const auto distinct = j.find("distinct"); distinct != j.end()) {
    s.distinct_field = (*distinct)["field"];
    s.distinct_min = (*distinct)["min"];
  }
  if (const auto spacing = j.find("spacing"); spacing != j.end()) {
    s.spacing_s = (*spacing)["seconds"].get<double>();
    s.spacing_tolerance_s = (*spacing)["tolerance_seconds"];
  }
  s.optional = j.value("optional", false);
  s.variants = texts(j, "variants");
  return s;
}

FindingExpectation finding_of(const json& j) {
  FindingExpectation f;
  f.detector = j["detector"];
  f.title = j.value("title", "");
  f.where = predicates(j.value("where", json::object()));
  f.count = count_of(j, {1, 1});
  if (const auto within = j.find("within"); within != j.end()) {
    f.within_signal = (*within)["signal"];
    if (within->contains("events")) f.within_events = (*within)["events"].get<std::size_t>();
    if (within->contains("seconds")) f.within_seconds = (*within)["seconds"].get<double>();
  }
  f.needs = texts(j, "needs");
  if (f.needs.empty() && !f.within_signal.empty()) f.needs.push_back(f.within_signal);
  return f;
}

// What a schema cannot say: names must lead somewhere.
string broken_reference(const json& file) {
  std::set<string> signals;
  for (std::size_t i = 0; i < file["signals"].size(); ++i) {
    const json& s = file["signals"][i];
    const string at = "/signals/" + std::to_string(i);
    if (s.contains("same_process_as") && signals.count(s["same_process_as"].get<string>()) == 0)
      return at + "/same_process_as: no earlier signal of that name";
    if (!signals.insert(s["id"].get<string>()).second) return at + "/id: stands twice";
    for (const string& variant : texts(s, "variants"))
      if (!file["variants"].contains(variant))
        return at + "/variants: no variant \"" + variant + "\"";
  }
  for (std::size_t i = 0; i < file["runs"].size(); ++i) {
    const json& r = file["runs"][i];
    const string at = "/runs/" + std::to_string(i);
    if (!file["variants"].contains(r["variant"].get<string>()))
      return at + "/variant: no variant \"" + r["variant"].get<string>() + "\"";
    for (const json& f : r["findings"])
      for (const string& needed : finding_of(f).needs)
        if (signals.count(needed) == 0) return at + ": no signal \"" + needed + "\"";
    for (const json& f : r["findings"]) {
      const json where = f.value("where", json::object());
      for (const auto& [pointer, unused] : where.items())
        if (!pointer.starts_with('/')) return at + ": \"" + pointer + "\" is no JSON pointer";
    }
  }
  return "";
}

}  // namespace

bool Predicate::holds(const json& value) const {
  return std::all_of(rules_.items().begin(), rules_.items().end(),
                     [&](const auto& rule) { return rule_holds(rule.key(), rule.value(), value); });
}

string Predicate::text() const {
  string out;
  for (const auto& [rule, wanted] : rules_.items()) {
    string name = rule;
    std::replace(name.begin(), name.end(), '_', ' ');
    out += (out.empty() ? "" : " and ") + name + " " +
           (wanted.is_string() ? wanted.get<string>() : wanted.dump());
  }
  return out;
}

std::optional<string> Predicate::variable() const {
  const auto rule = rules_.find("equals");
  if (rule == rules_.end() || rules_.size() != 1 || !rule->is_string()) return std::nullopt;
  const auto& text = rule->get_ref<const string&>();
  if (!text.starts_with("${") || text.find('}') != text.size() - 1) return std::nullopt;
  return text.substr(2, text.size() - 3);
}

string Predicate::wanted(const string& rule) const {
  const auto at = rules_.find(rule);
  return at == rules_.end() ? "" : as_text(*at);
}

int Predicate::weight() const {
  int heaviest = 1;
  for (const auto& [rule, wanted] : rules_.items()) {
    const bool piece_of_text = rule == "contains" || rule == "starts_with" || rule == "ends_with";
    heaviest = std::max(heaviest, rule == "present" ? 1 : piece_of_text ? 4 : 2);
  }
  return heaviest;
}

string Count::text() const {
  if (max && *max == min) return min == 0 ? "none" : std::to_string(min);
  if (!max) return "at least " + std::to_string(min);
  return std::to_string(min) + " to " + std::to_string(*max);
}

string Signal::expected() const {
  string out = count.text() + (count.min == 1 ? " event" : " events");
  if (distinct_min > 0) out += ", " + std::to_string(distinct_min) + " different " + distinct_field;
  if (spacing_s) out += ", " + fixed(*spacing_s, 1) + " s apart";
  return out;
}

bool Signal::applies_to(const string& variant) const {
  return variants.empty() || std::find(variants.begin(), variants.end(), variant) != variants.end();
}

const Variant* Expectation::variant(string_view world_name) const {
  const auto at = std::find_if(variants.begin(), variants.end(),
                               [&](const Variant& w) { return w.name == world_name; });
  return at == variants.end() ? nullptr : &*at;
}

std::vector<Signal> Expectation::signals_in(const Variant& variant) const {
  std::vector<Signal> out;
  for (const json& j : with_variables(signals, variant.variables)) {
    Signal s = signal_of(j);
    if (s.applies_to(variant.name)) out.push_back(std::move(s));
  }
  return out;
}

std::vector<Signal> Expectation::signal_patterns() const {
  std::vector<Signal> out;
  for (const json& j : signals) out.push_back(signal_of(j));
  return out;
}

std::vector<RunExpectation> Expectation::runs_in(const Variant& variant) const {
  std::vector<RunExpectation> out;
  for (const json& j : with_variables(runs, variant.variables)) {
    if (j["variant"] != variant.name) continue;
    RunExpectation run;
    run.profile = j["profile"];
    run.variant = j["variant"];
    for (const json& f : j["findings"]) run.findings.push_back(finding_of(f));
    run.allowed = texts(j, "allowed");
    run.reason = j.value("reason", "");
    out.push_back(std::move(run));
  }
  return out;
}

Result<Expectation> parse_expectation(string_view text, string_view file_name, const json& schema) {
  Result<json> file = read_json_with_schema(text, file_name, schema);
  if (!file) return Error{file.error()};
  if (const string broken = broken_reference(*file); !broken.empty())
    return Error{string(file_name) + ":" +
                 JsonPositions(text).of(broken.substr(0, broken.find(':'))) + ": " + broken};
  Expectation e;
  e.file = file_name;
  e.test = (*file)["test"];
  e.name = (*file)["name"];
  e.title = (*file)["title"];
  if (file->contains("atomic")) e.atomic_id = (*file)["atomic"]["id"];
  e.signals = (*file)["signals"];
  e.runs = (*file)["runs"];
  // The file's order is the order of the report; nlohmann's ordinary objects sort their members.
  const auto ordered = nlohmann::ordered_json::parse(text, nullptr, true, true);
  for (const auto& [name, unused] : ordered["variants"].items()) {
    const json& j = (*file)["variants"][name];
    Variant variant{name, j["title"], {}, {}};
    variant.variables = j.value("variables", std::map<string, string>{});
    for (const json& argument : with_variables(j["simulate"], variant.variables))
      variant.simulate.push_back(argument);
    e.variants.push_back(std::move(variant));
  }
  return e;
}

Result<std::vector<Expectation>> load_expectations(const string& folder, const json& schema) {
  std::error_code failed;
  std::vector<string> files;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  if (failed) return Error{folder + ": " + failed.message()};
  if (files.empty()) return Error{folder + ": no expectation files (*.json) in it"};
  std::sort(files.begin(), files.end());
  std::vector<Expectation> out;
  for (const string& file : files) {
    std::ifstream in(file, std::ios::binary);
    const string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) return Error{file + ": cannot be read"};
    Result<Expectation> e = parse_expectation(text, file, schema);
    if (!e) return Error{e.error()};
    out.push_back(std::move(*e));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Expectation& a, const Expectation& b) { return a.test < b.test; });
  return out;
}

}  // namespace c2watch::harness
