// What hourly_beacon costs a row, from "everything is warm" to "every key is new", what an hour
// close costs, and what its parts cost: scope, script engines, addresses.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analytics/hourly_beacon.h"
#include "core/analytics/ip_address.h"
#include "core/analytics/process_class.h"
#include "core/analytics/scope.h"

namespace {

using namespace std::chrono_literals;
using namespace c2watch;
using namespace c2watch::analytics;

constexpr Time kStart{20'000 * 24h};

class Count final : public FindingSink {
 public:
  void emit(Finding) override { ++findings; }
  std::uint64_t findings = 0;
};

std::unique_ptr<HourlyBeacon> make(HourlyBeaconSettings settings, std::size_t capacity) {
  settings.capacity = capacity;
  settings.max_detail_bytes = std::size_t{1} << 30;
  settings.hash_seed = 0x5851F42D4C957F2Du;
  return std::move(*HourlyBeacon::create(settings));
}

// Rows with names of the lengths that real ones have: 200 hosts, 40 programs, a destination per key.
// Each is made where it is used, as a reader's record is warm in the cache when a detector sees it.
class Rows {
 public:
  Rows() {
    for (int i = 0; i < 200; ++i)
      hosts_.push_back("WS-" + std::to_string(1000 + i) + ".corp.example.com");
    for (int i = 0; i < 40; ++i)
      images_.push_back(R"(C:\Program Files\Vendor)" + std::to_string(i) +
                        R"(\Agent\bin\service-host.exe)");
    e_.kind = Kind::network_connect;
    e_.event_id = 3;
    e_.initiated = Initiated::yes;
    e_.channel = "Microsoft-Windows-Sysmon/Operational";
    e_.destination_port = 443;
    e_.destination_ip = {ip_.data(), ip_.size()};
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // Lives until the next call.
  const Event& row(std::size_t key, Time at) {
    e_.utc_time = e_.time_created = at;
    e_.computer = hosts_[key % hosts_.size()];
    e_.source_hostname = e_.computer;
    e_.record_id = 1 + key;
    e_.image = images_[key / 7 % images_.size()];
    for (std::size_t byte = 0; byte < 3; ++byte) {  // "52.ddd.ddd.ddd", from 100 on
      std::size_t rest = 100 + (key >> 7 * byte) % 128;
      for (std::size_t digit = 0; digit < 3; ++digit, rest /= 10)
        ip_[3 + 4 * byte + 2 - digit] = static_cast<char>('0' + rest % 10);
    }
    return e_;
  }

 private:
  std::vector<std::string> hosts_, images_;
  std::array<char, 14> ip_{'5', '2', '.', '0', '0', '0', '.', '0', '0', '0', '.', '0', '0', '0'};
  Event e_;
};

// Rows of known keys in random order. Ten minutes in all: one hour, so nothing may fire.
void BM_Hit(benchmark::State& state) {
  const auto keys = static_cast<std::size_t>(state.range(0));
  Rows rows;
  const auto beacon = make(HourlyBeaconSettings::standard(), keys);
  Count told;
  for (std::size_t key = 0; key < keys; ++key) beacon->observe(rows.row(key, kStart), told);
  for (std::size_t key = 0; key < keys; ++key) beacon->observe(rows.row(key, kStart), told);
  std::mt19937_64 rng(42);
  std::vector<std::uint32_t> order(1 << 20);
  for (auto& key : order) key = static_cast<std::uint32_t>(rng() % keys);
  std::size_t i = 0;
  for (auto _ : state) {
    beacon->observe(rows.row(order[i & ((1 << 20) - 1)], kStart + 1min), told);
    ++i;
  }
  if (told.findings != 0) return state.SkipWithError("found a beacon in one hour");
  if (beacon->stats().entries != keys) return state.SkipWithError("lost keys that fit");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Hit)->ArgName("keys")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// The hostile case: every row is a key of its own, in a full table.
void BM_EveryKeyNew(benchmark::State& state) {
  const auto capacity = static_cast<std::size_t>(state.range(0));
  const std::size_t keys = 1 << 21;
  Rows rows;
  const auto beacon = make(HourlyBeaconSettings::standard(), capacity);
  Count told;
  std::size_t key = 0;
  for (; key < capacity; ++key) beacon->observe(rows.row(key, kStart), told);
  for (auto _ : state) beacon->observe(rows.row(key++ & (keys - 1), kStart), told);
  if (told.findings != 0) return state.SkipWithError("found a beacon among strangers");
  if (beacon->stats().entries != capacity) return state.SkipWithError("not full");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EveryKeyNew)->ArgName("capacity")->Arg(10'000)->Arg(1'000'000);

// A network's day in one go: Zipf destinations, most keys come once, some come all the time.
void BM_Day(benchmark::State& state) {
  const std::size_t keys = 200'000;
  Rows rows;
  std::mt19937_64 rng(42);
  std::vector<std::uint32_t> order(1'000'000);
  for (auto& key : order) {
    const double u = std::uniform_real_distribution<>(0, 1)(rng);
    key = static_cast<std::uint32_t>(std::pow(static_cast<double>(keys), u)) - 1;
  }
  std::uint64_t findings = 0;
  for (auto _ : state) {
    const auto beacon = make(HourlyBeaconSettings::standard(), keys);
    Count told;
    Time at = kStart;
    for (const std::uint32_t key : order) beacon->observe(rows.row(key, at += 86ms), told);
    if (findings != 0 && told.findings != findings)
      return state.SkipWithError("the same day, another answer");
    findings = told.findings;
    state.counters["keys"] = static_cast<double>(beacon->stats().entries);
    state.counters["bytes_per_key"] =
        static_cast<double>(beacon->stats().bytes) / static_cast<double>(beacon->stats().entries);
  }
  if (findings == 0) return state.SkipWithError("the busiest keys are beacons by the query");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(order.size()));
}
BENCHMARK(BM_Day)->Unit(benchmark::kMillisecond);

// The hour of all keys leaves the window: each is visited, cut and dropped.
void BM_HourClose(benchmark::State& state) {
  const auto keys = static_cast<std::size_t>(state.range(0));
  const bool leaves = state.range(1) != 0;
  Rows rows;
  for (auto _ : state) {
    state.PauseTiming();
    auto beacon = make(HourlyBeaconSettings::standard(), keys);
    Count told;
    beacon->observe(rows.row(0, kStart), told);  // one key has to leave in any case
    for (std::size_t key = 1; key < keys; ++key)
      beacon->observe(rows.row(key, leaves ? kStart : kStart + 1h), told);
    beacon->advance(kStart + 24h - 1us, told);
    state.ResumeTiming();
    beacon->advance(kStart + 24h, told);
    if (beacon->stats().entries != (leaves ? 0 : keys - 1))
      return state.SkipWithError("the wrong keys left");
    state.PauseTiming();
    beacon.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_HourClose)
    ->ArgNames({"keys", "all_leave"})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1})
    ->Unit(benchmark::kMillisecond);

// Bytes a key: all strings apart, one row each or a whole day of hours each.
void BM_Memory(benchmark::State& state) {
  const std::size_t keys = 1'000'000;
  const auto hours = static_cast<int>(state.range(0));
  Rows rows;
  for (auto _ : state) {
    const auto beacon = make(HourlyBeaconSettings::standard(), keys);
    Count told;
    for (int hour = 0; hour < hours; ++hour)
      for (std::size_t key = 0; key < keys; ++key)
        beacon->observe(rows.row(key, kStart + hour * 1h), told);
    if (beacon->stats().entries != keys) return state.SkipWithError("lost keys that fit");
    // Every key has one name of its own, its address.
    state.counters["bytes_per_key_with_names"] =
        static_cast<double>(beacon->stats().bytes) / static_cast<double>(keys);
  }
  state.SetItemsProcessed(state.iterations() * hours * static_cast<std::int64_t>(keys));
}
BENCHMARK(BM_Memory)->ArgName("hours")->Arg(1)->Arg(2)->Arg(4)->Iterations(1)->Unit(
    benchmark::kMillisecond);

// ----------------------------------------------------------------------------------- the parts

constexpr std::string_view kImage = R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)";

void BM_Scope(benchmark::State& state, const ScopeSettings& settings) {
  const DestinationScope scope = std::move(*DestinationScope::create(settings));
  for (auto _ : state) {
    const bool in = scope.contains("142.254.39.90", "server-142-254-39-90.hosting.example", kImage);
    if (!in) return state.SkipWithError("out of scope");
    benchmark::DoNotOptimize(in);
  }
}
BENCHMARK_CAPTURE(BM_Scope, seed, ScopeSettings::seed());
BENCHMARK_CAPTURE(BM_Scope, standard, ScopeSettings::standard());

void BM_NamesScriptEngine(benchmark::State& state) {
  for (auto _ : state) {
    std::string_view image = kImage;
    benchmark::DoNotOptimize(image);
    const bool yes = names_script_engine(image);
    if (!yes) return state.SkipWithError("powershell is one");
    benchmark::DoNotOptimize(yes);
  }
}
BENCHMARK(BM_NamesScriptEngine);

void BM_ParseIp(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    const auto ip = parse_ip(text);
    if (!ip) return state.SkipWithError("no address");
    benchmark::DoNotOptimize(ip);
  }
}
BENCHMARK_CAPTURE(BM_ParseIp, v4, std::string("142.254.39.90"));
BENCHMARK_CAPTURE(BM_ParseIp, v6, std::string("fe80:0:0:0:5cb9:6d15:e592:60fe"));

}  // namespace

BENCHMARK_MAIN();
