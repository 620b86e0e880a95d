// c2watch explain: why a key fired, or did not.
#include <iostream>

#include "harness/base/terminal.h"
#include "harness/base/text.h"
#include "harness/cli/command.h"
#include "harness/io/source.h"
#include "harness/verify/effective_config.h"
#include "harness/verify/explanation.h"
#include "harness/verify/missed_finding.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using json = nlohmann::ordered_json;
using std::string;

constexpr const char* kExamples =
    "  c2watch explain --host WS01 --process powershell.exe --destination 10.0.0.5 events.json\n"
    "  c2watch explain --domain update.example sysmon.evtx\n"
    "  c2watch explain --task '\\Vendor\\Update' Security.evtx Sysmon.evtx\n"
    "  c2watch explain --record WS01/Microsoft-Windows-Sysmon/Operational/4711 events.json\n"
    "  c2watch explain --nearest 5 week.json.zst          what nearly fired\n"
    "  c2watch explain --host WS01 --set detectors.interval_beacon.fp_budget=0.05 events.json\n"
    "                                                     and what if?\n";

struct Options {
  CommonOptions common;
  std::vector<string> overrides;
  std::vector<string> inputs;
  double min_score = kMinScore;
  json question = json::object();
};

class Feed final : public SourceSink {
 public:
  explicit Feed(Engine& engine) : engine_(engine) {}
  void begin_file(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override {
    const bool readable = engine_.observe(bytes).record < C2WATCH_RECORD_EMPTY;
    ++(readable ? readable_ : unreadable_);
  }
  void non_record(NonRecord, std::string_view, std::uint64_t) override { ++unreadable_; }
  void on_error(std::string_view) override {}
  std::uint64_t readable() const { return readable_; }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  Engine& engine_;
  std::uint64_t readable_ = 0;
  std::uint64_t unreadable_ = 0;
};

string text_of(const json& j, const char* name) { return printable(j.value(name, "")); }

const json* finding_by_id(const json& answer, const string& id) {
  for (const json& f : answer["findings"])
    if (f["id"] == id) return &f;
  return nullptr;
}

// "fired", "suppressed", "dropped", "no finding".
string outcome_of(const json& answer, const json& key) {
  if (key["fired"] == true) {
    for (const json& id : key["findings"]) {
      const json* f = finding_by_id(answer, id);
      if (f != nullptr && !f->contains("suppressed_by")) return "fired";
    }
    return "suppressed";
  }
  return key["conditions"].empty() ? "dropped" : "no finding";
}

Style style_of(const string& outcome) {
  if (outcome == "fired") return Style::bad;
  return outcome == "no finding" ? Style::plain : Style::warning;
}

void show_findings(Page& page, const json& answer, const json& key) {
  for (const json& id : key["findings"]) {
    const json* f = finding_by_id(answer, id);
    if (f == nullptr) continue;
    page.paragraph(text_of(*f, "severity") + ": " + text_of(*f, "title") + ", last reported " +
                       moment_text(*f, "at") + " (" + text_of(*f, "id") + ")",
                   6, "finding: ");
    if (f->contains("suppressed_by"))
      page.paragraph(text_of(*f, "suppressed_by") + " takes it: " + text_of(*f, "suppressed_why"),
                     6, "suppressed: ");
  }
}

void show_key(Page& page, const json& answer, const json& key) {
  const string outcome = outcome_of(answer, key);
  page.item({{outcome, style_of(outcome)}, {"  "}},
            key_text(key) + (outcome == "no finding" ? ", " + score_text(key) : ""), 2);
  page.line("      " + plural(key["events"].get<std::uint64_t>(), "event") + ", " +
                moment_text(key, "first") + " to " + moment_text(key, "last"),
            Style::dim);
  show_findings(page, answer, key);
  show_conditions(page, key, 6);
  const json missing = key["evidence"].value("missing_stages", json::array());
  if (!missing.empty()) page.paragraph(value_text(missing), 6, "stages of the chain not seen: ");
  show_drops(page, key["dropped"], 6);
}

// Nothing matches: which part of the question is it?
void show_nothing(Page& page, const json& answer) {
  page.paragraph("No detector has anything to say about what you asked for, among " +
                     plural(answer["events"].get<std::uint64_t>(), "readable event") + ":",
                 2);
  for (const auto& [part, count] : answer["matched"].items()) {
    const auto n = count.get<std::uint64_t>();
    page.line(
        "      " + part + ": " + (n == 0 ? "no event has it" : plural(n, "event") + " with it"),
        n == 0 ? Style::bad : Style::plain);
  }
  if (answer["dropped"].empty())
    page.paragraph(
        "Events whose parts are all there may be of a kind that no detector looks at, or of no "
        "key: "
        "see the table of detectors in the README.",
        2, "note: ");
}

string report_of(const Terminal& terminal, const Options& options, const json& answer,
                 const string& config, const Feed& feed, std::size_t hidden) {
  Page page(terminal);
  string asked;
  for (const auto& [part, value] : options.question.items())
    asked += (asked.empty() ? "" : ", ") + part + " " + printable(value_text(value));
  page.title("c2watch explain" + string(dot(terminal)) + asked + string(dot(terminal)) + config);
  if (answer["keys"].empty()) show_nothing(page, answer);
  string detector;
  for (const json& key : answer["keys"]) {
    if (text_of(key, "detector") != detector) page.heading(detector = text_of(key, "detector"));
    show_key(page, answer, key);
  }
  show_drops(page, answer["dropped"], 2);
  page.line();
  page.line("  " + plural(feed.readable(), "readable record") + ", " +
                with_thousands(feed.unreadable()) + " unreadable",
            Style::dim);
  if (hidden > 0)
    page.paragraph(plural(hidden, "key") + " less than " + fixed(100 * options.min_score, 0) +
                       " % of the way: --min-score 0 shows them too",
                   2, "not shown: ");
  const auto forgotten = answer["keys_forgotten"].get<std::uint64_t>();
  if (forgotten > 0)
    page.line("  " + plural(forgotten, "key") +
                  " further from firing forgotten for room: ask more "
                  "narrowly",
              Style::warning);
  return page.text();
}

// Of the nearest keys, those that are not near; how many there were.
std::size_t drop_distant_keys(json& answer, double min_score) {
  json near = json::array();
  for (json& key : answer["keys"])
    if (key["nearness"].get<double>() >= min_score) near.push_back(std::move(key));
  const std::size_t far = answer["keys"].size() - near.size();
  answer["keys"] = std::move(near);
  return far;
}

// "wscript" is wscript.exe; a path and a name with an extension are as they stand.
string program_name_of(string name) {
  if (!name.empty() && name.find_first_of("./\\") == string::npos) name += ".exe";
  return name;
}

int run_explain(const Options& options) {
  const Result<CommonOptions::Config> config = options.common.config();
  if (!config) return input_error(config.error());
  const Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  const Result<string> text = with_overrides(config->text, options.overrides);
  if (!text) return input_error(text.error());
  Result<Engine> engine = plugin->open(*text);
  if (!engine)
    return input_error(
        named_errors(options.overrides.empty() ? config->name : "--set", engine.error()));
  if (auto refused = engine->explain(options.question.dump())) return input_error(*refused);

  Feed feed(*engine);
  SourceReader reader(feed);
  for (const string& input : options.inputs)
    if (!reader.read(input)) return input_error(printable(reader.error()));
  if (feed.readable() == 0) return input_error("nothing readable in what was given");
  json answer = json::parse(engine->explanation());
  const std::size_t hidden =
      options.question.contains("nearest") ? drop_distant_keys(answer, options.min_score) : 0;
  const string report =
      options.common.report_format() == Format::json
          ? answer.dump(2) + "\n"
          : report_of(options.common.terminal(), options, answer, config->name, feed, hidden);
  if (auto failed = write_output(options.common.output, report)) return input_error(*failed);
  return answer["keys"].empty() && options.question.value("nearest", 0) == 0 ? kFailed : kSuccess;
}

}  // namespace

int explain_command(const Arguments& arguments) {
  Options options;
  CommandLine line(
      "explain [options] QUESTION FILE...",
      "Says why something fired or did not: for each detector and each key that the\n"
      "question names, its numbers against the thresholds at the key's best moment,\n"
      "and the rule or allowlist entry that took events or findings away. Exit code 1\n"
      "when nothing matches the question.",
      kExamples);
  options.common.add_to(line, CommonOptions::kPlugin | CommonOptions::kProfile |
                                  CommonOptions::kConfig | CommonOptions::kReport);
  constexpr const char* kParts[] = {"host", "process", "destination", "domain", "task", "record"};
  line.options().add_options()  //
      ("host", po::value<string>()->value_name("NAME"),
       "a computer; without its domain if you like")  //
      ("process", po::value<string>()->value_name("NAME|PATH"),
       "a program, such as wscript or wscript.exe, or a whole path")  //
      ("destination", po::value<string>()->value_name("IP|RANGE|NAME"),
       "an address, a range like 10.0.0.0/8, or a host name")  //
      ("domain", po::value<string>()->value_name("NAME"),
       "a looked-up or called name, or any name below it")                                 //
      ("task", po::value<string>()->value_name("NAME"), "a scheduled task with its path")  //
      ("record", po::value<string>()->value_name("COMPUTER/CHANNEL/ID"),
       "what became of this one event")  //
      ("nearest", po::value<unsigned>()->value_name("N"),
       "of each detector, the N keys that are nearest to firing")  //
      ("min-score",
       po::value(&options.min_score)->value_name("SHARE")->default_value(options.min_score, "0.1"),
       "with --nearest: only keys that are this much of the way, 0 to 1")  //
      ("set", po::value(&options.overrides)->value_name("PATH=VALUE"),
       "as if the config said so; may be repeated");
  line.hidden().add_options()("file", po::value(&options.inputs));
  line.positional("file");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = options.common.validate()) return line.usage_error(*error);
  for (const char* part : kParts)
    if (line.has(part)) options.question[part] = line.values()[part].as<string>();
  if (line.has("process"))
    options.question["process"] = program_name_of(options.question["process"]);
  if (line.has("nearest")) options.question["nearest"] = line.values()["nearest"].as<unsigned>();
  if (options.question.empty())
    return line.usage_error(
        "ask for something: --host, --process, --destination, --domain, --task, --record or "
        "--nearest");
  if (!line.values()["min-score"].defaulted() && !line.has("nearest"))
    return line.usage_error("--min-score belongs to --nearest");
  if (!(options.min_score >= 0 && options.min_score <= 1))
    return line.usage_error("--min-score must be from 0 to 1");
  if (options.inputs.empty()) return line.usage_error("no FILE given");
  return run_explain(options);
}

}  // namespace c2watch::harness
