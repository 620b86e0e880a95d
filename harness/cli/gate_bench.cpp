#include "harness/cli/gate_bench.h"

#include <algorithm>

#include "bench/baseline_workload.h"
#include "harness/base/text.h"

namespace c2watch::harness {

using std::string;

GateBench::GateBench(const GateFile& gate, const GateTools& tools) : tools_(tools) {
  const nlohmann::json* given = gate.section("benchmark");
  const nlohmann::json section = given == nullptr ? nlohmann::json::object() : *given;
  settings_.simulator = tools.simulator;
  settings_.events = section.value("events", std::uint64_t{40'000});
  settings_.hosts = section.value("hosts", std::uint64_t{100});
  settings_.repetitions = section.value("repetitions", 5);
  settings_.seed = gate.seed();
}

string GateBench::how() const {
  return plural(settings_.events, "event") + " of " + plural(settings_.hosts, "host") + ", seed " +
         std::to_string(settings_.seed);
}

Result<const GateBench::Measured*> GateBench::measured(const string& input_format,
                                                       const string& profile) {
  const auto known = measured_.find({input_format, profile});
  if (known != measured_.end()) return &known->second;
  tools_.progress("measuring " + input_format + ", profile " + profile);
  if (!corpus_ || corpus_->input_format != input_format) {
    corpus_.reset();
    Result<Corpus> corpus = simulate_corpus(settings_, input_format);
    if (!corpus) return Error{corpus.error()};
    corpus_ = std::move(*corpus);
  }
  BenchSettings once = settings_;
  once.repetitions = 1;
  Measured m;
  for (int i = 0; i < settings_.repetitions; ++i) {
    const double reference = reference_seconds(corpus_->bytes);
    Result<BenchRow> row = measure(tools_.plugin, *corpus_, profile, once, rows_);
    if (!row) {
      m.wrong_answer = row.error();
      break;
    }
    m.ratios.push_back(reference / row->seconds.front());
    m.row = std::move(*row);
    // What the allocator keeps from earlier runs hides growth, so the largest is the true one.
    m.peak_bytes = std::max(m.peak_bytes, m.row.memory_bytes);
  }
  std::sort(m.ratios.begin(), m.ratios.end());
  if (m.wrong_answer.empty()) rows_.push_back(m.row);
  return &(measured_[{input_format, profile}] = std::move(m));
}

}  // namespace c2watch::harness
