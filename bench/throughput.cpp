#include "bench/throughput.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "bench/baseline_workload.h"
#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/io/framer.h"
#include "harness/io/simulator.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using std::string_view;

// As the source reader feeds the framer.
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

struct Counts {
  std::array<std::uint64_t, C2WATCH_RECORD_KINDS> records{};
  std::array<std::uint64_t, 65536> by_event_id{};  // event ids are 16 bits wide

  void add(const c2watch_verdict& v) {
    ++records[std::min<std::uint32_t>(v.record, C2WATCH_RECORD_KINDS - 1)];
    ++by_event_id[v.event_id & 0xffff];
  }
};

class Feed final : public FrameSink {
 public:
  Feed(Engine& engine, Counts& counts) : engine_(engine), counts_(counts) {}
  void record(string_view bytes, std::uint64_t) override { counts_.add(engine_.observe(bytes)); }
  void non_record(NonRecord, string_view, std::uint64_t) override { ++junk_; }
  std::uint64_t junk_lines() const { return junk_; }

 private:
  Engine& engine_;
  Counts& counts_;
  std::uint64_t junk_ = 0;
};

// A number of /proc/self/status, in bytes; 0 when the system does not say.
std::uint64_t status_bytes(const string& name) {
  std::ifstream status("/proc/self/status");
  for (string line; std::getline(status, line);)
    if (line.starts_with(name + ":"))
      return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
  return 0;
}

// Resets VmHWM; false where the system does not let us.
bool forget_peak_memory() {
  malloc_trim(0);
  std::ofstream clear_refs("/proc/self/clear_refs");
  return static_cast<bool>(clear_refs << "5" << std::flush);
}

std::uint64_t feed_bytes(Engine& engine, const Corpus& corpus, Counts& counts) {
  Feed feed(engine, counts);
  Framer framer(feed);
  const string_view all(corpus.bytes);
  for (std::size_t at = 0; at < all.size(); at += kChunkBytes)
    framer.feed(all.substr(at, kChunkBytes));
  framer.finish();
  return feed.junk_lines();
}

void feed_fields(Engine& engine, const Corpus& corpus, Counts& counts) {
  const std::span<const c2watch_field> all(corpus.fields);
  std::size_t begin = 0;
  for (const std::size_t end : corpus.field_ends) {
    counts.add(engine.observe_fields(all.subspan(begin, end - begin)));
    begin = end;
  }
}

// "" when the counts are right.
string wrong_counts(const Plugin& plugin, const Corpus& corpus, const Counts& counts,
                    std::uint64_t non_record) {
  if (non_record > 0) return plural(non_record, "line") + " of the corpus were no records";
  for (std::size_t i = C2WATCH_RECORD_EMPTY; i < counts.records.size(); ++i)
    if (counts.records[i] > 0)
      return plural(counts.records[i], "record") +
             " could not be read: " + plugin.record_name(static_cast<std::uint32_t>(i));
  for (const auto& [id, wanted] : corpus.by_event_id)
    if (counts.by_event_id[id & 0xffff] != wanted)
      return "EID " + std::to_string(id) + ": " + with_thousands(counts.by_event_id[id & 0xffff]) +
             " read, " + with_thousands(wanted) + " written";
  return "";
}

// "" when the plugin's answer to the seed's question is the oracle's.
string wrong_seed_answer(Engine& engine, const Corpus& corpus) {
  engine.forget_findings();
  engine.answer();
  std::set<SeedRow> rows;
  for (const string& line : engine.findings()) {
    SeedRow row;
    if (seed_row(json::parse(line, nullptr, false), row)) rows.insert(std::move(row));
  }
  if (rows == corpus.seed_answer) return "";
  std::vector<SeedRow> differing;
  std::set_symmetric_difference(rows.begin(), rows.end(), corpus.seed_answer.begin(),
                                corpus.seed_answer.end(), std::back_inserter(differing));
  const auto& [host, ip, name, total, hours, risk] = differing.front();
  return "the seed's query has " + plural(corpus.seed_answer.size(), "row") + ", the plugin " +
         with_thousands(rows.size()) + "; the first difference is " + printable(host) + " to " +
         printable(ip) + " " + printable(name) + ", " + std::to_string(total) + " connections in " +
         std::to_string(hours) + " hours, risk " + std::to_string(risk);
}

string iso_time(std::int64_t us) {
  string t = time_text(us);
  t[10] = 'T';
  return t + "Z";
}

// The collector's own parser, played by the harness's reader: Sysmon's names and the system fields.
class FieldStore {
 public:
  void add(const ParsedEvent& e) {
    put("EventID", std::to_string(e.event_id));
    put("Channel", e.channel);
    put("Computer", e.computer);
    put("EventRecordID", std::to_string(e.record_id));
    put("TimeCreated", iso_time(e.created_us.value_or(0)));
    for (const auto& [name, value] : e.fields) put(name, value);
    ends_.push_back(positions_.size());
  }

  // Only now do the bytes stand still, so that fields can point at them.
  void move_to(Corpus& corpus) {
    corpus.bytes = std::move(bytes_);
    corpus.field_ends = std::move(ends_);
    corpus.fields.reserve(positions_.size());
    for (const Place& p : positions_) {
      const char* name = corpus.bytes.data() + p.at;
      corpus.fields.push_back({name, p.name_len, name + p.name_len, p.value_len});
    }
  }

 private:
  struct Place {
    std::size_t at;
    std::uint32_t name_len;
    std::uint32_t value_len;
  };

  void put(string_view name, string_view value) {
    positions_.push_back({bytes_.size(), static_cast<std::uint32_t>(name.size()),
                          static_cast<std::uint32_t>(value.size())});
    bytes_.append(name).append(value);
  }

  string bytes_;
  std::vector<Place> positions_;
  std::vector<std::size_t> ends_;
};

// Reads the corpus once as the harness does: the oracle's rows, and fields where they are wanted.
class Reading final : public FrameSink {
 public:
  explicit Reading(bool keep_fields) : keep_fields_(keep_fields) {}
  void record(string_view bytes, std::uint64_t) override {
    const std::optional<ParsedEvent> e = read_event(bytes);
    if (!e) return;
    oracle.add(*e);
    if (keep_fields_) fields.add(*e);
  }
  void non_record(NonRecord, string_view, std::uint64_t) override {}

  SeedOracle oracle;
  FieldStore fields;

 private:
  bool keep_fields_;
};

}  // namespace

Result<Corpus> simulate_corpus(const BenchSettings& settings, const string& input_format) {
  const bool fields = input_format == kFieldsShape;
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  const string events = folder->file("events");
  const string truth = folder->file("truth.jsonl");
  const string program =
      settings.simulator.empty() ? simulator_beside_executable() : settings.simulator;
  if (auto failed = run_program(
          program,
          {"--scenario", "benchmark", "--events", std::to_string(settings.events), "--hosts",
           std::to_string(settings.hosts), "--seed", std::to_string(settings.seed), "--shape",
           fields ? "xml" : input_format, "--out", events, "--truth", truth}))
    return Error{*failed};
  Result<json> header = truth_header(truth);
  if (!header) return Error{header.error()};

  Corpus corpus;
  corpus.input_format = input_format;
  corpus.events = (*header)["events"];
  for (const auto& [id, count] : (*header)["by_event_id"].items())
    corpus.by_event_id[static_cast<std::uint32_t>(std::stoul(id))] = count;
  std::ifstream in(events, std::ios::binary);
  corpus.bytes.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  if (corpus.bytes.empty()) return Error{"shape " + input_format + ": the simulator wrote nothing"};

  Reading reading(fields);
  Framer framer(reading);
  framer.feed(corpus.bytes);
  framer.finish();
  corpus.seed_answer = reading.oracle.answer();
  if (fields) reading.fields.move_to(corpus);
  return corpus;
}

Result<BenchRow> measure(const Plugin& plugin, const Corpus& corpus, const string& profile,
                         const BenchSettings& settings, const std::vector<BenchRow>& rows) {
  const string config = R"({"extends": ")" + profile + "\"}";
  const bool as_fields = corpus.input_format == kFieldsShape;
  BenchRow row;
  row.input_format = corpus.input_format;
  row.profile = profile;
  row.events = corpus.events;
  row.bytes = corpus.bytes.size();

  std::vector<string> first_findings;
  for (int repetition = 0; repetition < settings.repetitions; ++repetition) {
    const auto counts = std::make_unique<Counts>();
    const bool forgot = forget_peak_memory();
    const std::uint64_t before = status_bytes("VmRSS");
    Result<Engine> engine = plugin.open(config);
    if (!engine) return Error{"profile " + profile + ": " + engine.error()};

    std::uint64_t non_record = 0;
    const double start = cpu_seconds();
    if (as_fields)
      feed_fields(*engine, corpus, *counts);
    else
      non_record = feed_bytes(*engine, corpus, *counts);
    row.seconds.push_back(cpu_seconds() - start);
    const std::uint64_t peak = status_bytes(forgot ? "VmHWM" : "VmRSS");
    row.memory_bytes = std::max(row.memory_bytes, peak > before ? peak - before : 0);
    row.stats = engine->stats();

    if (const string wrong = wrong_counts(plugin, corpus, *counts, non_record); !wrong.empty())
      return Error{corpus.input_format + ", " + profile + ": " + wrong};
    if (repetition == 0) {
      first_findings = engine->findings();
      for (const Finding& f : latest(first_findings)) row.findings.insert(f.id);
      for (const BenchRow& other : rows)
        if (other.profile == profile && other.findings != row.findings)
          return Error{corpus.input_format + ", " + profile + ": " +
                       plural(row.findings.size(), "finding") + ", not those of shape " +
                       other.input_format + ", which has " + std::to_string(other.findings.size())};
    } else if (engine->findings() != first_findings) {
      return Error{corpus.input_format + ", " + profile + ": repetition " +
                   std::to_string(repetition + 1) + " raised other findings than the first"};
    }
    if (profile != "seed") continue;
    row.seed_rows = corpus.seed_answer.size();
    if (const string wrong = wrong_seed_answer(*engine, corpus); !wrong.empty())
      return Error{corpus.input_format + ", seed: " + wrong};
  }
  std::sort(row.seconds.begin(), row.seconds.end());
  return row;
}

}  // namespace c2watch::harness
