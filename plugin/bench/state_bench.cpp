// What per-key memory costs: hashing a key, hitting and missing a table, with and without prefetch,
// and the bytes a key takes. The answer is checked before a number comes out.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/state/bounded_table.h"
#include "core/state/hash.h"
#include "core/state/interner.h"

namespace {

using c2watch::state::BoundedTable;
using c2watch::state::Hash128;
using c2watch::state::Interner;

// As large as what hourly_beacon keeps.
struct Value {
  std::uint64_t count = 0;
  std::uint64_t rest[11] = {};
};
using Table = BoundedTable<Value>;

constexpr auto kIgnore = [](const Hash128&, Value&) {};

Hash128 key(std::uint64_t i) {
  std::mt19937_64 mix(i);
  return {mix(), mix()};
}

std::vector<Hash128> keys(std::size_t n) {
  std::vector<Hash128> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) out.push_back(key(i));
  return out;
}

void fill(Table& table, const std::vector<Hash128>& all) {
  for (const Hash128& k : all) table.insert(k, {}, kIgnore);
}

// Hits in random order: the same stream on every machine.
std::vector<Hash128> stream(const std::vector<Hash128>& all, std::size_t n) {
  std::mt19937_64 rng(42);
  std::vector<Hash128> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) out.push_back(all[rng() % all.size()]);
  return out;
}

void BM_HashKey(benchmark::State& state) {
  const std::string host = "WS-0135.corp.example.com";
  const std::string image = R"(C:\Program Files\Vendor7\Agent\bin\service-host.exe)";
  const std::string ip = "142.254.39.90";
  for (auto _ : state) benchmark::DoNotOptimize(c2watch::state::hash_key(7, {host, image, ip, {}}));
}
BENCHMARK(BM_HashKey);

void BM_TableHit(benchmark::State& state) {
  const auto all = keys(static_cast<std::size_t>(state.range(0)));
  const auto hits = stream(all, 1 << 20);
  Table table(all.size());
  fill(table, all);
  for (const Hash128& k : hits) ++table.touch(k)->count;  // promotions are not what is timed
  std::size_t i = 0;
  for (auto _ : state) {
    Value* value = table.touch(hits[i++ & ((1 << 20) - 1)]);
    if (value == nullptr) return state.SkipWithError("lost a key that fits");
    benchmark::DoNotOptimize(++value->count);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_key"] =
      static_cast<double>(table.bytes()) / static_cast<double>(table.size());
}
BENCHMARK(BM_TableHit)->ArgName("keys")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void BM_TableHitInBatchesOf32(benchmark::State& state) {
  const auto all = keys(static_cast<std::size_t>(state.range(0)));
  const auto hits = stream(all, 1 << 20);
  Table table(all.size());
  fill(table, all);
  for (const Hash128& k : hits) ++table.touch(k)->count;
  std::size_t from = 0;
  for (auto _ : state) {
    for (std::size_t i = from; i < from + 32; ++i) table.prefetch(hits[i]);
    for (std::size_t i = from; i < from + 32; ++i) table.prefetch_value(hits[i]);
    for (std::size_t i = from; i < from + 32; ++i) {
      Value* value = table.touch(hits[i]);
      if (value == nullptr) return state.SkipWithError("lost a key that fits");
      benchmark::DoNotOptimize(++value->count);
    }
    from = (from + 32) & ((1 << 20) - 1);
  }
  state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK(BM_TableHitInBatchesOf32)->ArgName("keys")->Arg(1'000)->Arg(1'000'000);

// The hostile case: every key is new, the table is full, one key goes for each that comes.
void BM_TableFlood(benchmark::State& state) {
  const auto all = keys(static_cast<std::size_t>(state.range(0)));
  Table table(all.size());
  fill(table, all);
  std::uint64_t fresh = 0;
  for (auto _ : state) {
    const Hash128 k{++fresh * 0x9E3779B97F4A7C15u, fresh};
    if (table.touch(k) != nullptr) return state.SkipWithError("found a key that never came");
    table.insert(k, {}, kIgnore);
  }
  if (table.size() != all.size() || table.evictions() != fresh)
    state.SkipWithError("did not evict one key for each new one");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TableFlood)->ArgName("keys")->Arg(1'000)->Arg(1'000'000);

// From empty to full, index doublings included.
void BM_TableFill(benchmark::State& state) {
  const auto all = keys(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    Table table(all.size());
    fill(table, all);
    if (table.size() != all.size()) return state.SkipWithError("lost keys that fit");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_TableFill)->ArgName("keys")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_InternHeldText(benchmark::State& state) {
  Interner names(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back("WS-" + std::to_string(i) + ".corp.example.com");
  for (const std::string& text : texts) names.intern(text);
  std::size_t i = 0;
  for (auto _ : state) names.release(names.intern(texts[i++ % 1000]));
  if (names.size() != 1000) state.SkipWithError("texts were lost");
}
BENCHMARK(BM_InternHeldText);

}  // namespace

BENCHMARK_MAIN();
