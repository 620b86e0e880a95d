// GateBench: the plugin on the benchmark corpus, in turns with the reference; each measured once,
// however many sections ask.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/throughput.h"
#include "harness/cli/gate.h"

namespace c2watch::harness {

class GateBench {
 public:
  GateBench(const GateFile& gate, const GateTools& tools);

  struct Measured {
    std::vector<double> ratios;  // reference to plugin, one a repetition, sorted
    BenchRow row;                // of the last repetition
    std::uint64_t peak_bytes = 0;
    std::string wrong_answer;  // then nothing else counts

    double median_ratio() const { return ratios[ratios.size() / 2]; }
  };
  // An error: the corpus could not be simulated.
  Result<const Measured*> measured(const std::string& input_format, const std::string& profile);

  std::string how() const;  // what the corpus is

 private:
  const GateTools& tools_;
  BenchSettings settings_;
  std::optional<Corpus> corpus_;  // the one in use: they are large
  std::map<std::pair<std::string, std::string>, Measured> measured_;
  std::vector<BenchRow> rows_;
};

}  // namespace c2watch::harness
