// c2watch config: a config checked, shown with where each value is from, and compared.
#include <algorithm>
#include <iostream>
#include <sstream>

#include "harness/base/terminal.h"
#include "harness/base/text.h"
#include "harness/cli/command.h"
#include "harness/verify/allowlist_audit.h"
#include "harness/verify/effective_config.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using nlohmann::ordered_json;
using std::string;

constexpr const char* kExamples =
    "  c2watch config check site.json                  errors with line, column and remedy; "
    "what\n"
    "                                                  its allowlist hides of the atomic tests\n"
    "  c2watch config check --telemetry week.json.zst site.json\n"
    "                                                  and how often each entry was needed\n"
    "  c2watch config show                             profile default, with the reasons\n"
    "  c2watch config show --changed site.json         what differs from profile default\n"
    "  c2watch config show --set detectors.c2_port.many_ports=2 lab\n"
    "  c2watch config diff default lab\n"
    "  c2watch config diff --format json old.json new.json\n"
    "  c2watch config schema > c2watch.schema.json     for editors\n\n"
    "CONFIG is a file, - for standard input, or the name of a shipped profile: default, seed, "
    "lab.\n"
    "check exits with 1 for errors and for entries that hide an attack; diff exits with 1 when\n"
    "the two differ.\n";

struct Options {
  CommonOptions common;
  string as_of;
  std::vector<string> words;  // what to do, then what with
  std::vector<string> telemetry;
  std::vector<string> overrides;
  bool changed = false;
  bool no_tests = false;

  std::vector<string> configs() const { return {words.begin() + 1, words.end()}; }
};

struct Named {
  string text;
  string name;
};

Result<Named> read_config(const string& word) {
  if (is_profile(word)) return Named{R"({"extends": ")" + word + "\"}", "profile " + word};
  const Result<string> text = read_text(word);
  if (!text) return Error{text.error()};
  return Named{*text, printable(word)};
}

Result<EffectiveConfig> effective(const Plugin& plugin, const string& word,
                                  const std::vector<string>& overrides = {}) {
  const Result<Named> named = read_config(word);
  if (!named) return Error{named.error()};
  return effective_config(plugin, named->text, named->name, overrides);
}

int write_report(const Options& options, const Page& page, const ordered_json& facts, int code) {
  const string text =
      options.common.report_format() == Format::json ? facts.dump(2) + "\n" : page.text();
  if (auto failed = write_output(options.common.output, text)) return input_error(*failed);
  return code;
}

Page new_page(const Options& options) { return Page(options.common.terminal()); }

// ------------------------------------------------------------------------------------ allowlist

string place_text(const string& name, int line, int column) {
  return name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

void show_audit(Page& page, const EffectiveConfig& config, const AllowlistAudit& audit) {
  if (audit.entries.empty()) return;
  page.heading("Allowlist");
  for (const EntryAudit& e : audit.entries) {
    page.spans({{"  "},
                {printable(e.entry.text()), Style::bold},
                {"  " + place_text(config.name, e.entry.line, e.entry.column), Style::dim}});
    page.paragraph(printable(e.entry.entry.value("reason", "")), 6, "why: ");
    if (e.hits)
      page.line("      took " + plural(*e.hits, "finding") +
                    (*e.hits == 0 ? ": stale, or its day has not come" : ""),
                *e.hits == 0 ? Style::warning : Style::plain);
    if (e.expired)
      page.line("      expired on " + e.entry.entry.value("expires", "") + ": remove or renew it",
                Style::warning);
    for (const string& what : e.hides) page.paragraph(what, 6, "HIDES ");
  }
}

ordered_json audit_json(const AllowlistAudit& audit) {
  ordered_json entries = ordered_json::array();
  for (const EntryAudit& e : audit.entries) {
    ordered_json j = e.entry.entry;
    j["line"] = e.entry.line;
    j["column"] = e.entry.column;
    j["expired"] = e.expired;
    j["hits"] = e.hits ? ordered_json(*e.hits) : ordered_json(nullptr);
    j["hides"] = e.hides;
    entries.push_back(std::move(j));
  }
  return entries;
}

bool hides_something(const AllowlistAudit& audit) {
  return std::ranges::any_of(audit.entries, [](const EntryAudit& e) { return !e.hides.empty(); });
}

Result<AllowlistAudit> audit_of(const Plugin& plugin, const Options& options, const Named& named,
                                const EffectiveConfig& config) {
  return audit_allowlist(plugin, named.text, config,
                         {.telemetry = options.telemetry,
                          .tests = !options.no_tests,
                          .simulator = options.common.simulator_program(),
                          .today = options.as_of.empty() ? today_text() : options.as_of});
}

// ---------------------------------------------------------------------------------------- check

// "site.json:3:5: detectors.c2_prot: no such setting" in its parts.
ordered_json error_json(const string& name, const string& line) {
  ordered_json j = {{"file", name}, {"message", line}};
  std::istringstream rest(line.substr(std::min(line.size(), name.size() + 1)));
  int row = 0;
  int column = 0;
  char colon = 0;
  if (!(rest >> row >> colon >> column >> colon)) return j;
  string what;
  std::getline(rest >> std::ws, what);
  j["line"] = row;
  j["column"] = column;
  const auto end = what.find(": ");
  const bool has_key = end != string::npos && what.find(' ') > end;
  j["key"] = has_key ? what.substr(0, end) : "";
  j["message"] = has_key ? what.substr(end + 2) : what;
  return j;
}

struct Checked {
  ordered_json facts;
  bool right = false;
};

Result<Checked> check_one(const Plugin& plugin, const Options& options, const string& word,
                          Page& page) {
  const Result<Named> named = read_config(word);
  if (!named) return Error{named.error()};
  Checked checked{{{"config", named->name}, {"errors", ordered_json::array()}}, true};
  if (const string why = plugin.check(named->text); !why.empty()) {
    std::istringstream lines(named_errors(named->name, why));
    for (string line; std::getline(lines, line);) {
      page.line(printable(line), Style::bad);
      checked.facts["errors"].push_back(error_json(named->name, line));
    }
    checked.facts["right"] = checked.right = false;
    return checked;
  }
  Result<EffectiveConfig> config = effective_config(plugin, named->text, named->name);
  if (!config) return Error{config.error()};
  const auto written = std::ranges::count(config->settings, "config", &EffectiveSetting::origin);
  page.line(
      named->name + ": right; extends " + config->profile + ", sets " +
          plural(static_cast<std::uint64_t>(written), "value") + ", allows " +
          (config->allowlist.size() == 1 ? "1 entry"
                                         : std::to_string(config->allowlist.size()) + " entries"),
      Style::good);
  const Result<AllowlistAudit> audit = audit_of(plugin, options, *named, *config);
  if (!audit) return Error{audit.error()};
  show_audit(page, *config, *audit);
  if (!audit->entries.empty() && !options.no_tests && audit->findings_of_tests == 0)
    page.paragraph("No atomic test raises anything under this config, so nothing could be hidden.",
                   2, "note: ");
  checked.right = !hides_something(*audit);
  checked.facts["right"] = checked.right;
  checked.facts["profile"] = config->profile;
  checked.facts["allowlist"] = audit_json(*audit);
  checked.facts["findings_of_tests"] = audit->findings_of_tests;
  return checked;
}

int check(const Plugin& plugin, const Options& options) {
  Page page = new_page(options);
  ordered_json facts = ordered_json::array();
  bool right = true;
  for (const string& word : options.configs()) {
    Result<Checked> checked = check_one(plugin, options, word, page);
    if (!checked) return input_error(checked.error());
    right = right && checked->right;
    facts.push_back(std::move(checked->facts));
  }
  return write_report(options, page, facts, right ? kSuccess : kFailed);
}

// ----------------------------------------------------------------------------------------- show

ordered_json setting_json(const EffectiveConfig& config, const EffectiveSetting& s) {
  ordered_json j = {{"path", s.path},
                    {"value", s.value},
                    {"default", s.built_in},
                    {"origin", s.origin},
                    {"where", config.where(s)}};
  if (s.origin == "config") j["line"] = s.line, j["column"] = s.column;
  if (!s.unit.empty()) j["unit"] = s.unit;
  j["allowed"] = s.allowed;
  j["description"] = s.description;
  j["reason"] = s.reason;
  return j;
}

string group_of(const string& path) {
  const auto dot = path.rfind('.');
  return dot == string::npos ? "engine" : path.substr(0, dot);
}

void show_settings(Page& page, const EffectiveConfig& config, bool only_changed) {
  string group;
  for (const EffectiveSetting& s : config.settings) {
    const bool changed = s.value != s.built_in;
    if (only_changed && !changed) continue;
    if (group != group_of(s.path)) page.heading(group = group_of(s.path));
    const string leaf = s.path.substr(group == "engine" ? 0 : group.size() + 1);
    const string unit = s.value.is_number() && !s.unit.empty() ? " " + s.unit : "";
    page.spans({{"  " + leaf + " = "},
                {printable(value_text(s.value)) + unit, changed ? Style::accent : Style::bold},
                {"  " + config.where(s), Style::dim}});
    if (changed) page.paragraph(printable(value_text(s.built_in)), 6, "default: ");
    page.paragraph(s.description, 6);
    page.paragraph(s.reason, 6, "why: ");
  }
}

int show(const Plugin& plugin, const Options& options) {
  const string word = options.configs().empty() ? "default" : options.configs().front();
  const Result<Named> named = read_config(word);
  if (!named) return input_error(named.error());
  Result<EffectiveConfig> config = effective(plugin, word, options.overrides);
  if (!config) return input_error(config.error());
  const Result<string> text = with_overrides(named->text, options.overrides);
  if (!text) return input_error(text.error());
  Options audit_options = options;
  audit_options.no_tests = true;  // that is what check is for
  const Result<AllowlistAudit> audit =
      audit_of(plugin, audit_options, {*text, named->name}, *config);
  if (!audit) return input_error(audit.error());

  Page page = new_page(options);
  page.title("c2watch config" + string(dot(page.terminal())) + config->name +
             string(dot(page.terminal())) + "extends " + config->profile);
  show_settings(page, *config, options.changed);
  show_audit(page, *config, *audit);
  ordered_json facts = {{"config", config->name}, {"profile", config->profile}};
  facts["settings"] = ordered_json::array();
  for (const EffectiveSetting& s : config->settings)
    if (!options.changed || s.value != s.built_in)
      facts["settings"].push_back(setting_json(*config, s));
  facts["allowlist"] = audit_json(*audit);
  return write_report(options, page, facts, kSuccess);
}

// ----------------------------------------------------------------------------------------- diff

// What of two lists is only in the first.
nlohmann::json only_in(const nlohmann::json& a, const nlohmann::json& b) {
  nlohmann::json rest = nlohmann::json::array();
  for (const auto& item : a)
    if (std::ranges::find(b, item) == b.end()) rest.push_back(item);
  return rest;
}

void show_difference(Page& page, const EffectiveConfig& a, const EffectiveSetting& x,
                     const EffectiveConfig& b, const EffectiveSetting& y) {
  page.line("  " + x.path, Style::bold);
  const bool lists = x.value.is_array();
  const auto side = [&](const EffectiveConfig& c, const EffectiveSetting& s,
                        const EffectiveSetting& other, const char* sign) {
    const string what = lists ? "also " + value_text(only_in(s.value, other.value), true)
                              : value_text(s.value) + (s.unit.empty() ? "" : " " + s.unit);
    page.paragraph(printable(what) + "  (" + c.where(s) + ")", 4, sign);
  };
  side(a, x, y, "- ");
  side(b, y, x, "+ ");
  page.paragraph(x.description, 6);
  page.paragraph(x.reason, 6, "why: ");
}

std::vector<const AllowlistEntryText*> entries_only_in(const EffectiveConfig& a,
                                                       const EffectiveConfig& b) {
  std::vector<const AllowlistEntryText*> rest;
  for (const AllowlistEntryText& e : a.allowlist)
    if (std::ranges::find(b.allowlist, e.entry, &AllowlistEntryText::entry) == b.allowlist.end())
      rest.push_back(&e);
  return rest;
}

int diff(const Plugin& plugin, const Options& options) {
  const std::vector<string> words = options.configs();
  const Result<EffectiveConfig> a = effective(plugin, words[0]);
  if (!a) return input_error(a.error());
  const Result<EffectiveConfig> b = effective(plugin, words[1], options.overrides);
  if (!b) return input_error(b.error());

  Page page = new_page(options);
  page.title(a->name + " -> " + b->name);
  ordered_json facts = {{"a", a->name}, {"b", b->name}};
  facts["settings"] = ordered_json::array();
  for (std::size_t i = 0; i < a->settings.size(); ++i) {
    const EffectiveSetting& x = a->settings[i];
    const EffectiveSetting& y = b->settings[i];
    if (x.value == y.value) continue;
    show_difference(page, *a, x, *b, y);
    facts["settings"].push_back({{"path", x.path},
                                 {"a", x.value},
                                 {"a_where", a->where(x)},
                                 {"b", y.value},
                                 {"b_where", b->where(y)},
                                 {"description", x.description},
                                 {"reason", x.reason}});
  }
  const auto allow = [&](const char* key, const char* sign, const EffectiveConfig& in,
                         const EffectiveConfig& other) {
    facts[key] = ordered_json::array();
    for (const AllowlistEntryText* e : entries_only_in(in, other)) {
      facts[key].push_back(e->entry);
      page.paragraph("allowlist: " + printable(e->text()) + "  (" +
                         place_text(in.name, e->line, e->column) + "; " +
                         printable(e->entry.value("reason", "")) + ")",
                     4, sign);
    }
  };
  allow("allowlist_only_a", "- ", *a, *b);
  allow("allowlist_only_b", "+ ", *b, *a);
  const bool same = facts["settings"].empty() && facts["allowlist_only_a"].empty() &&
                    facts["allowlist_only_b"].empty();
  facts["same"] = same;
  if (same) page.line("  They do the same.", Style::good);
  return write_report(options, page, facts, same ? kSuccess : kFailed);
}

std::optional<string> validate(const Options& o) {
  if (o.words.empty()) return "say what to do: check, show, schema or diff";
  const string& what = o.words.front();
  const std::size_t configs = o.words.size() - 1;
  if (what != "check" && what != "show" && what != "schema" && what != "diff")
    return "cannot '" + what + "'; there are check, show, schema and diff";
  if (what == "check" && configs == 0) return "check which CONFIG?";
  if (what == "show" && configs > 1) return "show takes one CONFIG";
  if (what == "schema" && configs > 0) return "schema takes no CONFIG";
  if (what == "diff" && configs != 2) return "diff takes two CONFIGs";
  if (!o.overrides.empty() && (what == "check" || what == "schema"))
    return "--set goes with show and diff";
  return std::nullopt;
}

}  // namespace

int config_command(const Arguments& arguments) {
  Options options;
  CommandLine line("config check|show|schema|diff [options] [CONFIG...]",
                   "Works on configs of the plugin, with the plugin's own reader: checks them,\n"
                   "shows what an engine would run with and who said so, compares two.",
                   kExamples);
  options.common.add_to(
      line, CommonOptions::kPlugin | CommonOptions::kSimulator | CommonOptions::kReport);
  line.options().add_options()  //
      ("set", po::value(&options.overrides)->value_name("PATH=VALUE"),
       "as if the config said so; may be repeated")  //
      ("changed", po::bool_switch(&options.changed),
       "show only what differs from profile default")  //
      ("telemetry", po::value(&options.telemetry)->value_name("FILE"),
       "count what each allowlist entry takes of this; may be repeated")  //
      ("no-tests", po::bool_switch(&options.no_tests),
       "check without simulating the atomic tests")  //
      ("as-of", po::value(&options.as_of)->value_name("DATE"),
       "the day by which entries have expired (default: today, UTC)");
  line.hidden().add_options()("word", po::value(&options.words));
  line.positional("word");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = validate(options)) return line.usage_error(*error);
  if (auto error = options.common.validate()) return line.usage_error(*error);

  Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  const string& what = options.words.front();
  if (what == "check") return check(*plugin, options);
  if (what == "show") return show(*plugin, options);
  if (what == "diff") return diff(*plugin, options);
  if (auto failed = write_output(options.common.output, plugin->config_schema()))
    return input_error(*failed);
  return kSuccess;
}

}  // namespace c2watch::harness
