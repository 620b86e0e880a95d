// What an event costs interval_beacon. Times nothing before the answer was checked.
//
//   build/bench/bin/interval_beacon_bench --benchmark_repetitions=9
//   --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/interval_beacon.h"
#include "core/analytics/regularity.h"

namespace {

using namespace c2watch;
using namespace c2watch::analytics;

constexpr std::size_t kEvents = 200'000;
constexpr Time kStart{std::chrono::hours{24 * 20'000}};

struct Count final : FindingSink {
  void emit(Finding) override { ++findings; }
  std::size_t findings = 0;
};

double exponential(std::mt19937_64& random, double mean) {
  return -mean * std::log(1 - static_cast<double>(random() >> 11) * 0x1.0p-53);
}

// `keys` callers, each with exponential gaps, interleaved as they come: 200,000 events.
class RandomTraffic {
 public:
  explicit RandomTraffic(std::size_t keys) {
    std::mt19937_64 random(42);
    for (std::size_t key = 0; key < keys; ++key) {
      hosts_.push_back("host" + std::to_string(key % 200) + ".corp.example.com");
      addresses_.push_back("45.61." + std::to_string(key / 250 % 250) + "." +
                           std::to_string(key % 250));
      guids_.push_back("{247090f2-6084-8944-2ff0-" + std::to_string(100'000'000'000 + key) + "}");
    }
    double now_s = 0;
    calls_.reserve(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) {
      now_s += exponential(random, 60.0 / static_cast<double>(keys));
      const std::size_t key = keys >= kEvents ? i : random() % keys;
      calls_.push_back({static_cast<std::int64_t>(now_s * 1e6), key});
    }
  }

  std::size_t size() const { return calls_.size(); }

  Event event(std::size_t i) const {
    const auto& [at_us, key] = calls_[i];
    Event e;
    e.kind = Kind::network_connect;
    e.event_id = 3;
    e.initiated = Initiated::yes;
    e.utc_time = e.time_created = kStart + std::chrono::microseconds(at_us);
    e.computer = hosts_[key];
    e.channel = "Microsoft-Windows-Sysmon/Operational";
    e.record_id = i + 1;
    e.process_guid = guids_[key];
    e.image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
    e.destination_ip = addresses_[key];
    e.destination_port = 443;
    return e;
  }

 private:
  struct Call {
    std::int64_t at_us;
    std::size_t key;
  };
  std::vector<std::string> hosts_;
  std::vector<std::string> addresses_;
  std::vector<std::string> guids_;
  std::vector<Call> calls_;
};

// From keys that are judged again and again to "every key new", the hostile case.
void BM_IntervalBeacon(benchmark::State& state) {
  const auto keys = static_cast<std::size_t>(state.range(0));
  const RandomTraffic traffic(keys);
  const auto scope = *DestinationScope::create(ScopeSettings::standard());
  Lineage lineage(LineageSettings{}, 1);
  double bytes_a_key = 0;
  for (auto _ : state) {
    IntervalBeacon detector(IntervalBeaconSettings{}, scope, lineage, 1);
    Count out;
    for (std::size_t i = 0; i < traffic.size(); ++i) detector.observe(traffic.event(i), out);
    // The traffic is random: more findings than the budget of 1 % would be wrong answers, fast.
    if (out.findings > keys / 50 + 2) return state.SkipWithError("found beacons in random traffic");
    state.PauseTiming();
    const AnalyticStats stats = detector.stats();
    bytes_a_key = static_cast<double>(stats.bytes) / static_cast<double>(stats.entries);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(traffic.size()));
  state.counters["bytes/key"] = bytes_a_key;
}
BENCHMARK(BM_IntervalBeacon)->ArgName("keys")->Arg(10)->Arg(2'000)->Arg(50'000)->Arg(200'000);

// One look, at random gaps.
void BM_JudgeRegularity(benchmark::State& state) {
  constexpr std::size_t kSeries = 256;
  const auto n = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(42);
  std::vector<std::vector<std::uint32_t>> series(kSeries, std::vector<std::uint32_t>(n));
  std::size_t regular = 0;
  for (auto& gaps : series) {
    for (std::uint32_t& gap : gaps)
      gap = static_cast<std::uint32_t>(1'000 + exponential(random, 60'000));
    regular += judge_regularity(gaps, {}).p <= 0.01;
  }
  if (regular > 12) return state.SkipWithError("random gaps look regular");
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(judge_regularity(series[i++ % kSeries], {}).p);
}
BENCHMARK(BM_JudgeRegularity)->ArgName("gaps")->Arg(4)->Arg(11)->Arg(27)->Arg(63);

}  // namespace

BENCHMARK_MAIN();
