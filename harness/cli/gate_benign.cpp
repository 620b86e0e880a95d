// What must not fire: telemetry without an attack, and how many findings it may cost a host a day.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/cli/gate.h"
#include "harness/io/parsed_event.h"
#include "harness/io/simulator.h"
#include "harness/io/source.h"
#include "harness/verify/simulation.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

constexpr double kHoursPerDay = 24;
constexpr std::int64_t kMicrosPerHour = 3'600'000'000;

struct Corpus {
  std::vector<string> files;
  double host_days = 0;
  string how;     // what it is, so that only the same is compared
  string absent;  // why it is skipped; "" when it is there
};

// Hours in which a host has an event: what telemetry can be said to cover.
class HostHours final : public SourceSink {
 public:
  void begin_file(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override {
    const std::optional<ParsedEvent> e = read_event(bytes);
    if (e && e->time_us()) hours_.emplace(e->computer, *e->time_us() / kMicrosPerHour);
  }
  void non_record(NonRecord, std::string_view, std::uint64_t) override {}
  void on_error(std::string_view) override {}

  double days() const { return static_cast<double>(hours_.size()) / kHoursPerDay; }

 private:
  std::set<std::pair<string, std::int64_t>> hours_;
};

Result<Corpus> recorded(const GateFile& gate, const json& entry, const string& pointer) {
  Corpus corpus;
  for (std::size_t i = 0; i < entry["files"].size(); ++i) {
    const string file = gate.path(entry["files"][i]);
    std::error_code failed;
    if (!std::filesystem::exists(file, failed)) {
      if (entry.value("if_missing", "fail") != "skip")
        return gate.error_at(pointer + "/files/" + std::to_string(i), file + " is not there");
      corpus.absent = file + " is not there";
      return corpus;
    }
    corpus.files.push_back(file);
    corpus.how += (i == 0 ? "" : ", ") + entry["files"][i].get<string>();
  }
  if (entry.contains("host_days")) {
    corpus.host_days = entry["host_days"];
    return corpus;
  }
  HostHours hours;
  SourceReader reader(hours);
  for (const string& file : corpus.files)
    if (!reader.read(file)) return gate.error_at(pointer + "/files", reader.error());
  corpus.host_days = hours.days();
  if (corpus.host_days == 0)
    return gate.error_at(pointer + "/files", "no event with a host and a time in them");
  return corpus;
}

Result<Corpus> simulated(const GateFile& gate, const GateTools& tools, const json& entry,
                         const string& pointer, const TemporaryFolder& folder) {
  SimulatorOptions options = with({{"seed", std::to_string(gate.seed())}, {"shape", "nxlog"}},
                                  entry["simulate"].get<SimulatorOptions>());
  Corpus corpus;
  for (const string& a : simulator_arguments(options))
    corpus.how += (corpus.how.empty() ? "" : " ") + a;
  corpus.files = {folder.file("events")};
  const string truth = folder.file("truth.jsonl");
  options = with(options, {{"out", corpus.files[0]}, {"truth", truth}});
  if (auto failed = run_program(tools.simulator, simulator_arguments(options)))
    return gate.error_at(pointer + "/simulate", *failed);
  Result<json> header = truth_header(truth);
  if (!header) return Error{header.error()};
  if ((*header)["labelled"] != 0)
    return gate.error_at(pointer + "/simulate", (*header)["labelled"].dump() +
                                                    " of its events are an attack's: what fires "
                                                    "on them is no false positive");
  const auto start = parse_time_us((*header)["start"].get<string>());
  const auto end = parse_time_us((*header)["end"].get<string>());
  corpus.host_days = (*header)["hosts"].get<double>() *
                     static_cast<double>(end.value_or(0) - start.value_or(0)) /
                     static_cast<double>(kMicrosPerHour) / kHoursPerDay;
  return corpus;
}

Result<string> config_text(const GateFile& gate, const json& budget, const string& pointer) {
  if (!budget.contains("config")) return config_of_profile(budget.value("profile", "default"));
  if (budget.contains("profile"))
    return gate.error_at(pointer + "/config",
                         "excludes profile: a config names its profile itself");
  const string file = gate.path(budget["config"]);
  std::ifstream in(file, std::ios::binary);
  if (!in) return gate.error_at(pointer + "/config", file + " cannot be read");
  return string(std::istreambuf_iterator<char>(in), {});
}

// "what fires most: svchost.exe 206, chrome.exe 31"
string most(const std::vector<const Finding*>& findings) {
  std::map<string, std::size_t> by_process;
  for (const Finding* f : findings) ++by_process[f->process.empty() ? f->destination : f->process];
  std::vector<std::pair<string, std::size_t>> sorted(by_process.begin(), by_process.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  string out;
  for (std::size_t i = 0; i < sorted.size() && i < 3; ++i)
    out += (i == 0 ? "; most: " : ", ") + sorted[i].first + " " + std::to_string(sorted[i].second);
  return out;
}

string names_of(const std::set<string>& names) {
  string out;
  for (const string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

// The checks of one budget: all detectors together, and each alone.
GateChecks budget_checks(const GateFile& gate, const Plugin& plugin, const json& entry,
                         const json& budget, const string& pointer, const Corpus& corpus) {
  const string severity = budget.value("min_severity", "informational");
  const json limits = budget.value("detectors", json::object());
  const string profile = budget.contains("config")
                             ? budget["config"].get<string>()
                             : "profile " + budget.value("profile", "default");
  std::vector<GateCheck> out;
  const auto add = [&](const string& detector, std::optional<double> limit, const string& at) {
    GateCheck c;
    c.section = "must_not_fire";
    c.id = "must_not_fire/" + entry["name"].get<string>() + "/" +
           budget.value("config", budget.value("profile", "default")) + "/" + severity + "/" +
           (detector.empty() ? "*" : detector);
    c.title = entry["name"].get<string>() + ", " + profile +
              (severity == "informational" ? "" : ", " + severity + " and above") + ": " +
              (detector.empty() ? "all detectors" : detector);
    c.unit = Unit::per_host_day;
    c.limit = limit;
    c.how = corpus.how;
    c.place = gate.place(at);
    if (!corpus.absent.empty()) {
      c.status = CheckStatus::skipped;
      c.detail = corpus.absent;
    }
    out.push_back(std::move(c));
  };
  std::set<string> running;
  Result<string> config = config_text(gate, budget, pointer);
  if (!config) return Error{config.error()};
  std::vector<Finding> findings;
  if (corpus.absent.empty()) {
    Result<Detected> detected = detect_files(plugin, *config, corpus.files);
    if (!detected) return gate.error_at(pointer, detected.error());
    if (detected->records == detected->unreadable)
      return gate.error_at(pointer, "nothing readable in the corpus");
    findings = std::move(detected->findings);
    const json detectors = json::parse(detected->stats).value("detectors", json::object());
    for (const auto& [name, unused] : detectors.items()) running.insert(name);
  }

  std::optional<double> all;
  if (budget.contains("per_host_day")) all = budget["per_host_day"].get<double>();
  add("", all, pointer + (all ? "/per_host_day" : ""));
  for (const auto& [detector, limit] : limits.items()) {
    const string at = pointer_to(pointer + "/detectors", detector);
    // A misspelt name would always pass.
    if (!running.empty() && running.count(detector) == 0)
      return gate.error_at(at, profile + " runs no such detector; it runs " + names_of(running));
    add(detector, limit.get<double>(), at);
  }
  for (const string& detector : running)
    if (!limits.contains(detector)) add(detector, std::nullopt, pointer);
  if (!corpus.absent.empty()) return out;

  for (GateCheck& c : out) {
    const string detector = c.id.substr(c.id.rfind('/') + 1);
    std::vector<const Finding*> counted;
    for (const Finding& f : findings) {
      const int rank = severity_rank(f.severity);  // an unreadable one counts
      if ((rank < 0 || rank >= severity_rank(severity)) &&
          (detector == "*" || f.detector == detector))
        counted.push_back(&f);
    }
    c.measured = static_cast<double>(counted.size()) / corpus.host_days;
    c.decide();
    c.detail = plural(counted.size(), "finding") + " in " + fixed(corpus.host_days, 1) +
               " host-days" + most(counted);
  }
  return out;
}

}  // namespace

GateChecks must_not_fire_checks(const GateFile& gate, const GateTools& tools) {
  const json& section = *gate.section("must_not_fire");
  std::vector<GateCheck> out;
  std::set<string> names;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const json& entry = section[i];
    const string pointer = "/must_not_fire/" + std::to_string(i);
    const string name = entry["name"];
    if (!names.insert(name).second) return gate.error_at(pointer + "/name", name + " stands twice");
    if (entry.contains("simulate") == entry.contains("files"))
      return gate.error_at(pointer, "needs one of simulate and files, and not both");
    Result<TemporaryFolder> folder = TemporaryFolder::make();
    if (!folder) return Error{folder.error()};
    tools.progress("what must not fire: " + name);
    Result<Corpus> corpus = entry.contains("files")
                                ? recorded(gate, entry, pointer)
                                : simulated(gate, tools, entry, pointer, *folder);
    if (!corpus) return Error{corpus.error()};
    for (std::size_t b = 0; b < entry["budgets"].size(); ++b) {
      const string at = pointer + "/budgets/" + std::to_string(b);
      GateChecks checks =
          budget_checks(gate, tools.plugin, entry, entry["budgets"][b], at, *corpus);
      if (!checks) return checks;
      out.insert(out.end(), checks->begin(), checks->end());
    }
  }
  return out;
}

}  // namespace c2watch::harness
