// What a record costs at most: records of 1 MiB that are meant to cost time, through the whole engine.
// Prints the dearest ones last. Bound: 50 ms a record, which is 47 ns a byte.
//
//   build/bench/bin/hostile_bench --benchmark_filter=XML
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "support/hostile_records.h"

namespace {

using c2watch::engine::Engine;
using c2watch::engine::Format;
using c2watch::engine::Listener;
using c2watch::engine::LogLevel;

constexpr std::size_t kBytes = std::size_t{1} << 20;

class Ignore final : public Listener {
 public:
  void finding(std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
};

std::map<std::string, double>& ns_per_byte() {
  static std::map<std::string, double> costs;
  return costs;
}

// The fastest of the iterations: what the record costs, not what else the machine did.
template <class Observe>
void time_record(benchmark::State& state, const std::string& name, std::size_t bytes,
                 Observe observe) {
  double best = 1e18;
  for (auto _ : state) {
    timespec begin{}, end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    observe();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    best = std::min(best, static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 +
                              static_cast<double>(end.tv_nsec - begin.tv_nsec));
  }
  ns_per_byte()[name] = state.counters["ns/byte"] = best / static_cast<double>(bytes);
}

void add_benchmarks(Engine& engine) {
  for (const auto& kind : c2watch::testing_support::hostile_records()) {
    benchmark::RegisterBenchmark(kind.name.c_str(), [&engine, kind](benchmark::State& state) {
      const std::string record = kind.make(kBytes);
      time_record(state, kind.name, record.size(),
                  [&] { benchmark::DoNotOptimize(engine.observe(Format::automatic, record)); });
    })->Iterations(3);
  }
  for (const auto& kind : c2watch::testing_support::hostile_field_records()) {
    benchmark::RegisterBenchmark(kind.name.c_str(), [&engine, kind](benchmark::State& state) {
      const auto record = kind.make(kBytes);
      std::vector<c2watch::parse::Field> fields;
      std::size_t bytes = 0;
      for (const auto& [name, value] : record) {
        fields.push_back({name, value});
        bytes += name.size() + value.size();
      }
      time_record(state, kind.name, bytes,
                  [&] { benchmark::DoNotOptimize(engine.observe(fields)); });
    })->Iterations(3);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  Ignore listener;
  Engine engine(*c2watch::engine::read_config("{}"), listener, 42);
  add_benchmarks(engine);
  benchmark::RunSpecifiedBenchmarks();
  std::vector<std::pair<double, std::string>> dearest;
  for (const auto& [name, cost] : ns_per_byte()) dearest.emplace_back(cost, name);
  std::sort(dearest.rbegin(), dearest.rend());
  std::printf("\nthe dearest, in ns a byte:\n");
  for (std::size_t i = 0; i < std::min<std::size_t>(10, dearest.size()); ++i)
    std::printf("%8.2f  %s\n", dearest[i].first, dearest[i].second.c_str());
}
