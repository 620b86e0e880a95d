// How long a snapshot of many keys makes the collector wait, and how long a restart takes.
//
//   checkpoint_bench --benchmark_counters_tabular=true
//
// The longest call counts, not the mean: one observe() of 5 ms is one too many.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/engine/config.h"
#include "core/engine/engine.h"

namespace {

using namespace c2watch;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr Time kNoon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 12h};

struct Deaf final : engine::Listener {
  void finding(std::string_view) override {}
  void log(engine::LogLevel, std::string_view text) override { logged = text; }
  std::string logged;
};

double us(Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

// An engine with so many keys in hourly_beacon, each of its own host and address.
class World {
 public:
  explicit World(std::size_t keys, const fs::path& folder) : keys_(keys), folder_(folder) {
    open();
  }

  void open() {
    engine_.reset();
    const std::string config = R"({"checkpoint": {"path": ")" + (folder_ / "state").string() +
                               R"(", "journal_bytes": 4294967296}, "detectors": {
        "hourly_beacon": {"capacity": 1200000, "max_detail_bytes": 1073741824},
        "interval_beacon": {"enabled": false}}})";
    const auto settings = engine::read_config(config);
    if (!settings) std::abort();
    engine_ = std::make_unique<engine::Engine>(*settings, deaf_, 42);
    if (engine_->open_checkpoint()) std::abort();
  }

  void observe(std::size_t key, std::size_t id) {
    const std::string host = "WS-" + std::to_string(key % 5'000) + ".corp.example";
    const std::string ip = "185." + std::to_string(key >> 16 & 255) + "." +
                           std::to_string(key >> 8 & 255) + "." + std::to_string(key & 255);
    const std::string record = std::to_string(id);
    const parse::Field fields[] = {{"EventID", "3"},
                                   {"Channel", "Microsoft-Windows-Sysmon/Operational"},
                                   {"Computer", host},
                                   {"EventRecordID", record},
                                   {"UtcTime", "2026-02-02 12:10:00.000"},
                                   {"Image", "C:\\Program Files\\Vendor\\agent.exe"},
                                   {"Initiated", "true"},
                                   {"DestinationIp", ip},
                                   {"DestinationPort", "443"}};
    engine_->observe(fields);
  }
  void fill() {
    for (std::size_t key = 0; key < keys_; ++key) observe(key, key + 1);
  }
  engine::Engine& engine() { return *engine_; }
  void crash() { engine_.reset(); }
  std::size_t entries() const {
    const std::string json = engine_->stats_json();
    const std::size_t at = json.find("\"entries\":");
    return at == json.npos ? 0 : std::strtoull(json.c_str() + at + 10, nullptr, 10);
  }
  const std::string& logged() const { return deaf_.logged; }

 private:
  std::size_t keys_;
  fs::path folder_;
  Deaf deaf_;
  std::unique_ptr<engine::Engine> engine_;
};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "c2watch-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Records of random keys arrive while a snapshot is written, 1,000 to each advance().
void BM_ObserveWhileSaving(benchmark::State& state) {
  const auto keys = static_cast<std::size_t>(state.range(0));
  const Folder folder;
  World world(keys, folder.path());
  world.fill();
  std::size_t id = keys, key = 0, observed = 0;
  Clock::duration longest{}, longest_advance{}, spent{};
  std::size_t over_1_ms = 0;
  Time now = kNoon + 30min;
  for (auto _ : state) {
    world.engine().advance(now);
    now += 301s;
    const auto snapshots = [&] {
      const std::string json = world.engine().stats_json();
      return json.substr(json.find("\"snapshots\":"), 16);
    };
    const std::string wanted = snapshots();
    while (snapshots() == wanted) {
      for (int i = 0; i < 1'000; ++i) {
        key = (key + 7'919'777) % keys;
        const auto start = Clock::now();
        world.observe(key, ++id);
        const auto took = Clock::now() - start;
        longest = std::max(longest, took);
        spent += took;
        over_1_ms += took > 1ms;
        ++observed;
      }
      const auto start = Clock::now();
      world.engine().advance(now);
      longest_advance = std::max(longest_advance, Clock::now() - start);
    }
  }
  if (world.entries() != keys) return state.SkipWithError("the keys are not there");
  state.counters["longest_observe_us"] = us(longest);
  state.counters["over_1_ms"] = static_cast<double>(over_1_ms);
  state.counters["longest_advance_us"] = us(longest_advance);
  state.counters["observe_us"] = us(spent) / static_cast<double>(observed);
}
BENCHMARK(BM_ObserveWhileSaving)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(2)
    ->Unit(benchmark::kMillisecond);

void BM_Restore(benchmark::State& state) {
  const auto keys = static_cast<std::size_t>(state.range(0));
  const Folder folder;
  World world(keys, folder.path());
  world.fill();
  if (!world.engine().checkpoint_now()) return state.SkipWithError(world.logged().c_str());
  for (auto _ : state) {
    state.PauseTiming();
    world.crash();
    state.ResumeTiming();
    world.open();
  }
  if (world.entries() != keys) return state.SkipWithError("the keys are not there");
  state.counters["file_MB"] =
      static_cast<double>(fs::file_size(folder.path() / "state")) / 1'000'000;
}
BENCHMARK(BM_Restore)->Arg(100'000)->Arg(1'000'000)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
