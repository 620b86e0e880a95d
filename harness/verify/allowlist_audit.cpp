#include "harness/verify/allowlist_audit.h"

#include <chrono>
#include <map>

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/io/simulator.h"
#include "harness/io/source.h"
#include "harness/verify/expectation.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::string;

// Feeds an engine, and skips what cannot be read: scan reports that.
class Feed final : public SourceSink {
 public:
  explicit Feed(Engine& engine) : engine_(engine) {}
  void begin_file(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override {
    readable_ += engine_.observe(bytes).record < C2WATCH_RECORD_EMPTY;
  }
  void non_record(NonRecord, std::string_view, std::uint64_t) override {}
  void on_error(std::string_view) override {}
  std::uint64_t readable() const { return readable_; }

 private:
  Engine& engine_;
  std::uint64_t readable_ = 0;
};

Result<std::uint64_t> feed(Engine& engine, const string& file) {
  Feed sink(engine);
  SourceReader reader(sink);
  if (!reader.read(file)) return Error{reader.error()};
  return sink.readable();
}

string with_allowlist(const string& text, const ordered_json& entries) {
  ordered_json root =
      ordered_json::parse(text.empty() ? "{}" : text, nullptr, true, /*ignore_comments=*/true);
  root["allowlist"] = entries;
  return root.dump();
}

// The findings of one file, by id: the latest update of each.
Result<std::map<string, json>> findings_of(const Plugin& plugin, const string& config,
                                           const string& file) {
  Result<Engine> engine = plugin.open(config);
  if (!engine) return Error{engine.error()};
  if (Result<std::uint64_t> fed = feed(*engine, file); !fed) return Error{fed.error()};
  engine->flush();
  std::map<string, json> findings;
  for (const string& line : engine->findings()) {
    json finding = json::parse(line);
    const string id = finding.value("id", "");
    findings[id] = std::move(finding);
  }
  return findings;
}

// One test in one variant, simulated to a file.
struct SimulatedVariant {
  string name;  // "test 1 beacon, server"
  string file;
  std::map<string, json> findings;  // without any allowlist
};

Result<std::vector<SimulatedVariant>> simulate_tests(const string& simulator,
                                                     const TemporaryFolder& folder) {
  const Result<string> share = share_folder();
  if (!share) return Error{share.error()};
  const Result<string> schema = read_text(*share + "/schemas/expectation.schema.json");
  if (!schema) return Error{schema.error()};
  const auto tests = load_expectations(*share + "/expectations", json::parse(*schema));
  if (!tests) return Error{tests.error()};
  std::vector<SimulatedVariant> variants;
  for (const Expectation& test : *tests) {
    for (const Variant& variant : test.variants) {
      SimulatedVariant w;
      w.name = "test " + std::to_string(test.test) + " " + test.name + ", " + variant.name;
      w.file = folder.file(std::to_string(variants.size()));
      std::vector<string> arguments = variant.simulate;
      arguments.insert(arguments.end(), {"--shape", "winlogbeat7", "--out", w.file});
      if (auto failed = run_program(simulator, arguments)) return Error{*failed};
      variants.push_back(std::move(w));
    }
  }
  return variants;
}

Result<std::vector<string>> hidden_by(const Plugin& plugin, const string& text, ordered_json entry,
                                      const std::vector<SimulatedVariant>& variants) {
  entry.erase("expires");  // it holds today, whatever day the simulation plays on
  const string config = with_allowlist(text, ordered_json::array({std::move(entry)}));
  std::vector<string> hidden;
  for (const SimulatedVariant& variant : variants) {
    const auto left = findings_of(plugin, config, variant.file);
    if (!left) return Error{left.error()};
    for (const auto& [id, finding] : variant.findings)
      if (!left->contains(id))
        hidden.push_back(variant.name + ": " + printable(finding.value("detector", "")) + ", " +
                         printable(finding.value("severity", "")) + ": " +
                         printable(finding.value("title", "")));
  }
  return hidden;
}

std::optional<string> try_tests(const Plugin& plugin, const string& text,
                                const AuditOptions& options, AllowlistAudit& audit) {
  const Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return folder.error();
  Result<std::vector<SimulatedVariant>> variants = simulate_tests(options.simulator, *folder);
  if (!variants) return variants.error();
  const string nothing_allowed = with_allowlist(text, ordered_json::array());
  for (SimulatedVariant& variant : *variants) {
    auto findings = findings_of(plugin, nothing_allowed, variant.file);
    if (!findings) return findings.error();
    variant.findings = std::move(*findings);
    audit.findings_of_tests += variant.findings.size();
  }
  for (EntryAudit& entry : audit.entries) {
    if (entry.expired) continue;
    auto hidden = hidden_by(plugin, text, entry.entry.entry, *variants);
    if (!hidden) return hidden.error();
    entry.hides = std::move(*hidden);
  }
  return std::nullopt;
}

std::optional<string> count_hits(const Plugin& plugin, const string& text,
                                 const AuditOptions& options, AllowlistAudit& audit) {
  Result<Engine> engine = plugin.open(text);
  if (!engine) return engine.error();
  for (const string& file : options.telemetry) {
    const Result<std::uint64_t> fed = feed(*engine, file);
    if (!fed) return fed.error();
    audit.records += *fed;
  }
  const json stats = json::parse(engine->stats());
  const json& counted = stats.at("allowlist");
  for (std::size_t i = 0; i < audit.entries.size() && i < counted.size(); ++i)
    audit.entries[i].hits = counted[i].at("suppressed").get<std::uint64_t>();
  return std::nullopt;
}

}  // namespace

Result<AllowlistAudit> audit_allowlist(const Plugin& plugin, const string& config_text,
                                       const EffectiveConfig& config, const AuditOptions& options) {
  AllowlistAudit audit;
  for (const AllowlistEntryText& entry : config.allowlist) {
    const string last_day = entry.entry.value("expires", "");
    audit.entries.push_back({entry, !last_day.empty() && last_day < options.today, {}, {}});
  }
  if (audit.entries.empty()) return audit;
  if (!options.telemetry.empty())
    if (auto failed = count_hits(plugin, config_text, options, audit)) return Error{*failed};
  if (options.tests)
    if (auto failed = try_tests(plugin, config_text, options, audit)) return Error{*failed};
  return audit;
}

string today_text() {
  const auto now = std::chrono::system_clock::now();
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return time_text(us).substr(0, 10);
}

}  // namespace c2watch::harness
