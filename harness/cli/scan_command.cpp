// c2watch scan: any telemetry file, through the plugin, to findings.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <span>

#include "harness/base/live_status.h"
#include "harness/base/terminal.h"
#include "harness/base/text.h"
#include "harness/cli/command.h"
#include "harness/io/parsed_event.h"
#include "harness/io/record_stats.h"
#include "harness/io/source.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using nlohmann::json;
using std::string;
using std::string_view;
using Clock = std::chrono::steady_clock;

struct InputFile {
  string name;
  std::uint64_t readable = 0;
  std::uint64_t used = 0;
  std::uint64_t unreadable = 0;
  std::vector<string> errors;
};

// Feeds the plugin and keeps the books.
class Scan final : public SourceSink {
 public:
  Scan(const Plugin& plugin, Engine& engine, bool stream)
      : plugin_(plugin), engine_(engine), stream_(stream) {}

  void begin_file(string_view name) override { members_.emplace_back().name = printable(name); }

  void record(string_view bytes, std::uint64_t offset) override {
    const c2watch_verdict verdict = engine_.observe(bytes);
    record_stats_.add(verdict);
    ++records_;
    InputFile& member = members_.back();
    if (verdict.record >= C2WATCH_RECORD_EMPTY) {
      ++member.unreadable;
      record_stats_.unreadable(plugin_.record_name(verdict.record), member.name, offset, bytes);
    } else {
      ++member.readable;
      member.used += verdict.record == C2WATCH_RECORD_USED;
    }
    if (stream_) print_new_findings();
  }

  void non_record(NonRecord why, string_view line, std::uint64_t offset) override {
    ++members_.back().unreadable;
    record_stats_.unreadable(non_record_name(why), members_.back().name, offset, line);
  }

  void on_error(string_view why) override { members_.back().errors.push_back(printable(why)); }

  void print_new_findings() {
    const auto& all = engine_.findings();
    string lines;
    for (; printed_ < all.size(); ++printed_) lines += all[printed_] + "\n";
    if (unwritten_ || lines.empty()) return;
    unwritten_ = write_output("", lines);
  }
  // Why findings are missing on standard output, if any are.
  const std::optional<string>& unwritten() const { return unwritten_; }

  const RecordStats& record_stats() const { return record_stats_; }
  const std::vector<InputFile>& members() const { return members_; }
  std::uint64_t records() const { return records_; }

 private:
  const Plugin& plugin_;
  Engine& engine_;
  bool stream_;
  std::size_t printed_ = 0;
  std::optional<string> unwritten_;
  RecordStats record_stats_;
  std::vector<InputFile> members_;
  std::uint64_t records_ = 0;
};

struct Summary {
  std::vector<string> failures;  // inputs that could not be opened
  double seconds = 0;
  std::uint64_t bytes = 0;
};

json summary_json(const Plugin& plugin, const string& config, const Scan& scan,
                  const Summary& summary, std::size_t findings) {
  json unreadable = json::object();
  for (const auto& [reason, what] : scan.record_stats().reasons) {
    json examples = json::array();
    for (const Example& e : what.examples)
      examples.push_back({{"source", e.member}, {"offset", e.offset}, {"text", e.text}});
    unreadable[reason] = {{"count", what.count}, {"examples", examples}};
  }
  json inputs = json::array();
  for (const InputFile& m : scan.members())
    inputs.push_back({{"name", m.name},
                      {"readable", m.readable},
                      {"used", m.used},
                      {"unreadable", m.unreadable},
                      {"errors", m.errors}});
  json ids = json::object();
  for (const auto& [id, count] : scan.record_stats().event_ids) ids[std::to_string(id)] = count;
  const auto& v = scan.record_stats().verdicts;
  return {{"plugin_version", plugin.version()},
          {"config", config},
          {"records", scan.records()},
          {"readable", scan.record_stats().readable()},
          {"used", v[C2WATCH_RECORD_USED]},
          {"ignored", v[C2WATCH_RECORD_IGNORED]},
          {"suppressed", v[C2WATCH_RECORD_SUPPRESSED]},
          {"repeated", v[C2WATCH_RECORD_REPEATED]},
          {"event_ids", ids},
          {"unreadable", unreadable},
          {"inputs", inputs},
          {"not_opened", summary.failures},
          {"findings", findings},
          {"seconds", summary.seconds}};
}

// How many bytes of folder names all members share: shown once, not in every row.
std::size_t shared_folder(const std::vector<InputFile>& members) {
  if (members.size() < 2) return 0;
  const string& first = members.front().name;
  std::size_t shared = first.size();
  for (const InputFile& m : members) {
    const auto differs = std::mismatch(first.begin(), first.begin() + static_cast<long>(shared),
                                       m.name.begin(), m.name.end());
    shared = static_cast<std::size_t>(differs.first - first.begin());
  }
  const auto slash = first.substr(0, std::min(shared, first.find(": "))).rfind('/');
  return slash == string::npos ? 0 : slash + 1;
}

// Beyond this many rows the table is no longer read; --summary has them all.
constexpr std::size_t kMaxInputRows = 60;

void show_inputs(Page& page, const Scan& scan, const Summary& summary) {
  page.heading("Inputs");
  const std::size_t folder = shared_folder(scan.members());
  if (folder > 0) page.line("  in " + scan.members().front().name.substr(0, folder), Style::dim);
  Table table({{"Input", Align::left, true},
               {"Readable", Align::right},
               {"Used", Align::right},
               {"Unreadable", Align::right}});
  const std::size_t rows = std::min(scan.members().size(), kMaxInputRows);
  for (const InputFile& m : std::span(scan.members()).first(rows))
    table.row({{m.name.substr(folder)},
               {with_thousands(m.readable), m.readable == 0 ? Style::warning : Style::plain},
               {with_thousands(m.used)},
               {with_thousands(m.unreadable), m.unreadable == 0 ? Style::dim : Style::warning}});
  if (!table.empty()) page.table(table);
  if (rows < scan.members().size())
    page.line("  and " + plural(scan.members().size() - rows, "more input"), Style::dim);
  for (const InputFile& m : scan.members())
    for (const string& why : m.errors)
      page.paragraph(m.name.substr(folder) + ": " + why, 2, "note: ");
  for (const string& why : summary.failures) page.paragraph(why, 2, "not opened: ");
}

void show_unreadable(Page& page, const RecordStats& record_stats) {
  if (record_stats.reasons.empty()) return;
  page.heading("Unreadable");
  for (const auto& [reason, what] : record_stats.reasons) {
    page.spans(
        {{"  "},
         {with_thousands(what.count), Style::warning},
         {"  " + reason},
         {reason_text(reason).empty() ? "" : ": " + string(reason_text(reason)), Style::dim}});
    for (const Example& e : what.examples) {
      page.line("      " +
                    clip_middle(e.member, page.terminal().width - 24, page.terminal().unicode) +
                    " @" + std::to_string(e.offset),
                Style::dim);
      page.line("        " + clip_end(e.text, page.terminal().width - 8, page.terminal().unicode));
    }
  }
}

// The most severe `most` in full, of the others how many of which kind: a day of a whole network has
// hundreds of low ones.
void show_findings(Page& page, const std::vector<Finding>& findings, std::size_t most,
                   bool details) {
  page.heading("Findings");
  if (findings.empty()) return page.line("  none");
  const auto shown_end =
      findings.begin() + static_cast<std::ptrdiff_t>(std::min(most, findings.size()));
  const std::vector<Finding> shown(findings.begin(), shown_end);
  show_finding_table(page, shown);

  std::vector<std::pair<string, std::size_t>> rest;  // findings stand by severity
  for (auto f = shown_end; f != findings.end(); ++f) {
    const string kind = f->severity + " " + f->detector;
    const auto same = std::find_if(rest.begin(), rest.end(),
                                   [&](const auto& counted) { return counted.first == kind; });
    if (same == rest.end())
      rest.emplace_back(kind, 1);
    else
      ++same->second;
  }
  for (const auto& [kind, count] : rest)
    page.line("  and " + with_thousands(count) + " more " + kind);
  if (!rest.empty()) page.line("  (--findings 0 shows all, --format json hands them on)");

  if (details)
    for (const Finding& f : shown) show_finding(page, f);
}

string summary_text(Terminal terminal, const Plugin& plugin, const string& config, const Scan& scan,
                    const Summary& summary, const std::vector<Finding>& findings, std::size_t most,
                    bool details) {
  Page page(terminal);
  page.title("c2watch scan" + string(dot(terminal)) + "plugin " + plugin.version() +
             string(dot(terminal)) + printable(config));
  show_inputs(page, scan, summary);

  const RecordStats& record_stats = scan.record_stats();
  page.heading("Records");
  const auto& v = record_stats.verdicts;
  page.line("  " + plural(record_stats.readable(), "readable record") + ": " +
            with_thousands(v[C2WATCH_RECORD_USED]) + " used, " +
            with_thousands(v[C2WATCH_RECORD_IGNORED]) + " of no interest, " +
            with_thousands(v[C2WATCH_RECORD_SUPPRESSED]) + " allowlisted, " +
            with_thousands(v[C2WATCH_RECORD_REPEATED]) + " repeated");
  string ids;
  for (const auto& [id, count] : record_stats.event_ids)
    ids += (ids.empty() ? "" : string(dot(terminal))) + "EID " + std::to_string(id) + ": " +
           with_thousands(count);
  if (!ids.empty()) page.line("  " + ids);
  page.line("  " + plural(record_stats.unreadable_total(), "unreadable piece") + "; " +
            bytes_text(static_cast<double>(summary.bytes)) + " read in " +
            seconds_text(summary.seconds));
  show_unreadable(page, record_stats);

  show_findings(page, findings, most, details);
  return page.text();
}

constexpr const char* kExamples =
    "  c2watch scan events.json.gz\n"
    "  c2watch scan --profile lab captures/            a folder, with the archives in it\n"
    "  c2watch scan Security.evtx Sysmon.evtx\n"
    "  c2watch scan --format json - < events.xml | jq .title\n"
    "  c2watch scan --format json --findings-format ocsf day.json > findings.jsonl\n"
    "  c2watch scan --from 2026-03-02T00 --to 2026-03-03T00 day.json.zst\n"
    "  c2watch scan --fail-on high nightly.json.xz     exit code 1 if anything serious was found\n";

struct Options {
  CommonOptions common;
  std::vector<string> inputs;
  string summary_file;
  string from;
  string to;
  string fail_on;
  string findings_format;
  std::size_t most_findings = 25;
  bool stream = false;
  bool brief = false;
};

// "2026-03-02", "2026-03-02T08", "2026-03-02 08:00", "2026-03-02T08:00:00Z" as the config has it.
// The seed's query counts whole clock hours, so a window of parts of hours has no answer.
Result<string> whole_hour(const string& text) {
  string full = text;
  if (full.size() == 10) full += "T00";
  if (full.size() == 13) full += ":00";
  if (full.size() == 16) full += ":00";
  constexpr std::int64_t kHourUs = 3'600'000'000;
  const std::optional<std::int64_t> us = parse_time_us(full);
  if (!us || *us % kHourUs != 0)
    return Error{"'" + text + "' is no whole UTC hour; right is 2026-03-02T08"};
  string iso = time_text(*us);
  iso[10] = 'T';
  return iso + "Z";
}

// The batch question: only rows in [from, to) count, and the answer is asked for at the end.
string with_batch_window(const string& config, const string& from, const string& to) {
  json root = json::parse(config, nullptr, false, true);
  if (!root.is_object()) return config;  // the plugin will say what is wrong with it, and where
  json& hourly = root["detectors"]["hourly_beacon"];
  hourly["from"] = from;
  hourly["to"] = to;
  return root.dump();
}

// The same config, with findings in another form.
string with_findings_format(const string& config, const string& form) {
  json root = json::parse(config, nullptr, false, true);
  if (!root.is_object()) return config;  // as above
  root["output"]["format"] = form;
  return root.dump();
}

// A finding with an unreadable severity reaches every bound: a gate must not pass because of it.
bool reaches(const std::vector<Finding>& findings, const string& severity) {
  return !severity.empty() && std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
    const int rank = severity_rank(f.severity);
    return rank < 0 || rank >= severity_rank(severity);
  });
}

int run_scan(const Options& options) {
  Result<CommonOptions::Config> config = options.common.config();
  if (!config) return input_error(config.error());
  Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  if (Result<Engine> as_written = plugin->open(config->text); !as_written)
    return input_error(config->name + ": " + as_written.error());

  const bool batch = !options.from.empty();
  string text = config->text;
  if (!options.findings_format.empty()) text = with_findings_format(text, options.findings_format);
  if (batch) text = with_batch_window(text, options.from, options.to);
  Result<Engine> engine = plugin->open(text);
  if (!engine) return input_error("--from, --to, --findings-format: " + engine.error());

  // An event dated after this very moment is wrong or forged; believed, it would make every other
  // host's events look old.
  engine->bound(std::chrono::duration_cast<std::chrono::microseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count());

  Summary summary;
  std::uint64_t total = 0;
  for (const string& input : options.inputs) total += bytes_on_disk(input);
  Scan scan(*plugin, *engine, options.stream);
  Progress progress(total);
  const auto start = Clock::now();
  SourceReader reader(scan);
  reader.on_progress = [&](std::uint64_t bytes) { progress.show(bytes, scan.records()); };
  for (const string& input : options.inputs) {
    progress.next_file(summary.bytes);
    if (!reader.read(input)) summary.failures.push_back(printable(reader.error()));
    summary.bytes += bytes_on_disk(input);
  }
  engine->flush();
  if (batch) {
    engine->forget_findings();  // what was raised on the way is not the answer
    engine->answer();
  }
  summary.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  progress.clear();

  const std::vector<Finding> findings = latest(engine->findings());
  const string facts =
      summary_json(*plugin, config->name, scan, summary, findings.size()).dump(2) + "\n";
  const bool json_lines = options.common.report_format() == Format::json || options.stream;
  // Machines get findings on standard output and people their summary beside it.
  Terminal terminal = Terminal::of_standard_output();
  if (json_lines) terminal.colour = false;
  const std::size_t most = options.most_findings == 0 ? findings.size() : options.most_findings;
  const string report = summary_text(terminal, *plugin, config->name, scan, summary, findings, most,
                                     !json_lines && !options.brief);
  if (options.stream) {
    scan.print_new_findings();
    if (scan.unwritten()) return input_error(*scan.unwritten());
  } else {
    string lines;
    for (const Finding& f : findings) lines += f.line + "\n";
    if (auto failed = write_output(options.common.output, json_lines ? lines : report))
      return input_error(*failed);
  }
  if (json_lines) std::cerr << report;
  if (!options.summary_file.empty())
    if (auto failed = write_output(options.summary_file, facts)) return input_error(*failed);

  if (!summary.failures.empty()) return kInput;
  if (scan.record_stats().readable() == 0) return input_error("nothing readable in what was given");
  return reaches(findings, options.fail_on) ? kFailed : kSuccess;
}

}  // namespace

int scan_command(const Arguments& arguments) {
  Options options;
  CommandLine line(
      "scan [options] FILE...",
      "Reads telemetry in any known shape through the plugin and reports its findings.\n"
      "FILE may be compressed, an archive, an .evtx file, a folder, or - for standard "
      "input.\n--format json writes the findings as JSON lines, and the summary to standard error.",
      kExamples);
  options.common.add_to(line, CommonOptions::kPlugin | CommonOptions::kProfile |
                                  CommonOptions::kConfig | CommonOptions::kReport);
  line.options().add_options()  //
      ("from", po::value(&options.from)->value_name("TIME"),
       "answer the seed's batch question for [from, to), whole UTC hours: 2026-03-02T08")  //
      ("to", po::value(&options.to)->value_name("TIME"), "see --from")                     //
      ("findings-format", po::value(&options.findings_format)->value_name("FORM"),
       "form of the findings in JSON lines: native, ocsf (Detection Finding), ecs, or sumo (HTTP "
       "source); default: what the config says")  //
      ("stream", po::bool_switch(&options.stream),
       "print findings as JSON lines at once, with their updates, as they are raised")  //
      ("findings", po::value(&options.most_findings)->default_value(25)->value_name("N"),
       "findings in full, the most severe first; 0: all")                                        //
      ("brief", po::bool_switch(&options.brief), "the table of findings without their details")  //
      ("summary", po::value(&options.summary_file)->value_name("FILE"),
       "write the counts as one JSON object there")  //
      ("fail-on", po::value(&options.fail_on)->value_name("SEVERITY"),
       "exit with 1 if there is a finding of this severity or above");
  line.hidden().add_options()("file", po::value(&options.inputs));
  line.positional("file");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = options.common.validate()) return line.usage_error(*error);
  if (options.inputs.empty()) return line.usage_error("no FILE given");
  if (!options.fail_on.empty() && severity_rank(options.fail_on) < 0)
    return line.usage_error(
        "--fail-on must be informational, low, medium, high or critical, not '" + options.fail_on +
        "'");
  if (const string& form = options.findings_format;
      !form.empty() && form != "native" && form != "ocsf" && form != "ecs" && form != "sumo")
    return line.usage_error("--findings-format must be native, ocsf, ecs or sumo, not '" + form +
                            "'");
  if (options.stream &&
      (!options.common.output.empty() || !options.from.empty() || !options.to.empty()))
    return line.usage_error(
        "--stream prints at once: it goes with neither --output nor --from, --to");
  if (options.from.empty() != options.to.empty())
    return line.usage_error("--from and --to go together");
  for (string* time : {&options.from, &options.to}) {
    if (time->empty()) continue;
    const Result<string> hour = whole_hour(*time);
    if (!hour) return line.usage_error("--from, --to: " + hour.error());
    *time = *hour;
  }
  if (!options.from.empty() && options.from >= options.to)
    return line.usage_error("--from must lie before --to");
  return run_scan(options);
}

}  // namespace c2watch::harness
