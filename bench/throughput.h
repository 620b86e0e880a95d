// Bench: how fast the plugin is, end to end, once its answer has been found right.
//
//   Result<Corpus> corpus = simulate_corpus(settings, "nxlog");
//   Result<BenchRow> row = measure(plugin, *corpus, "default", settings);
//
// One thread, CPU time. From bytes in memory through framing to verdicts and findings, as `scan`
// does it; the row "fields" hands over fields that are parsed already, as a collector's own parser
// would.
//
// ANSWER    Before time counts: every record must be read, the events of each id must be as many as
//           the simulator says it wrote, under `seed` the plugin's answer must equal seed_oracle.h
//           row for row, every repetition must raise the same findings, and so must every shape.
// MEMORY    of the engine: growth of the process's peak over what it held before the engine opened.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/reference_oracle.h"
#include "harness/base/result.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

struct BenchSettings {
  std::string simulator;
  // 540 MB as NXLog JSON: far beyond every cache, and enough for the seed's query to have rows.
  std::uint64_t events = 400'000;
  std::uint64_t hosts = 200;
  std::uint64_t seed = 1;
  int repetitions = 5;
};

// What pre-parsed fields are called in reports.
inline constexpr const char* kFieldsShape = "fields";

struct Corpus {
  std::string input_format;
  std::string bytes;
  std::uint64_t events = 0;
  std::map<std::uint32_t, std::uint64_t> by_event_id;  // as the simulator wrote them
  std::set<SeedRow> seed_answer;

  // For the shape "fields" only: names and values lie in `bytes`.
  std::vector<c2watch_field> fields;    // of all events, one after the other
  std::vector<std::size_t> field_ends;  // of each event, in `fields`
};

struct BenchRow {
  std::string input_format;
  std::string profile;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::set<std::string> findings;  // ids
  std::size_t seed_rows = 0;       // under `seed`: rows of the query's answer that were compared
  std::vector<double> seconds;     // one a repetition, sorted
  std::uint64_t memory_bytes = 0;  // the engine's peak
  std::string stats;               // of the last repetition's engine, at its end

  double median_seconds() const { return seconds[seconds.size() / 2]; }
  double events_per_second() const { return static_cast<double>(events) / median_seconds(); }
  double ns_per_event() const { return 1e9 * median_seconds() / static_cast<double>(events); }
  double bytes_per_second() const { return static_cast<double>(bytes) / median_seconds(); }
  // Half the range in percent of the median: with few repetitions no finer word is honest.
  double spread_percent() const {
    return 50 * (seconds.back() - seconds.front()) / median_seconds();
  }
};

Result<Corpus> simulate_corpus(const BenchSettings& settings, const std::string& input_format);

// An error is a wrong answer, or a config that the plugin refuses. `rows` are those measured before,
// of the same corpus in other shapes.
Result<BenchRow> measure(const Plugin& plugin, const Corpus& corpus, const std::string& profile,
                         const BenchSettings& settings, const std::vector<BenchRow>& rows);

}  // namespace c2watch::harness
