// How long a snapshot of many keys makes the collector wait, and how long a restart takes.
//
//   checkpoint_bench --benchmark_counters_tabular=true
//
// The longest call counts, not the mean: one observe() of 5 ms is one too many.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
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

// CPU time of this thread: a call that was interrupted by another process took no longer by it.
Clock::duration cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

// How often the system took the CPU away from this thread for the sake of others.
long interruptions() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return used.ru_nivcsw;
}

// The longest of many calls: by the wall, by the wall if nobody interrupted it, and by the CPU.
struct Longest {
  Clock::duration wall{}, undisturbed{}, cpu{}, sum{};
  std::size_t calls = 0, over_1_ms = 0;

  template <class Call>
  void time(Call&& call) {
    const long interrupted = interruptions();
    const auto cpu_start = cpu_now();
    const auto start = Clock::now();
    call();
    const auto took = Clock::now() - start;
    cpu = std::max(cpu, cpu_now() - cpu_start);
    if (interruptions() == interrupted) undisturbed = std::max(undisturbed, took);
    wall = std::max(wall, took);
    sum += took;
    over_1_ms += took > 1ms;
    ++calls;
  }
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
  std::size_t id = keys, key = 0;
  Longest observe, advance, between;
  const auto observe_next = [&] {
    key = (key + 7'919'777) % keys;
    world.observe(key, ++id);
  };
  Time now = kNoon + 30min;
  for (auto _ : state) {
    advance.time([&] { world.engine().advance(now); });
    now += 301s;
    const auto snapshots = [&] {
      const std::string json = world.engine().stats_json();
      return json.substr(json.find("\"snapshots\":"), 16);
    };
    const std::string wanted = snapshots();
    while (snapshots() == wanted) {
      for (int i = 0; i < 1'000; ++i) observe.time(observe_next);
      advance.time([&] { world.engine().advance(now); });
    }
    // As many while no snapshot is written: what the machine itself makes a call wait.
    while (between.calls < observe.calls) between.time(observe_next);
  }
  if (world.entries() != keys) return state.SkipWithError("the keys are not there");
  state.counters["longest_observe_us"] = us(observe.wall);
  state.counters["longest_observe_undisturbed_us"] = us(observe.undisturbed);
  state.counters["longest_observe_cpu_us"] = us(observe.cpu);
  state.counters["over_1_ms"] = static_cast<double>(observe.over_1_ms);
  state.counters["longest_between_us"] = us(between.wall);
  state.counters["longest_between_undisturbed_us"] = us(between.undisturbed);
  state.counters["longest_between_cpu_us"] = us(between.cpu);
  state.counters["longest_advance_us"] = us(advance.wall);
  state.counters["longest_advance_undisturbed_us"] = us(advance.undisturbed);
  state.counters["longest_advance_cpu_us"] = us(advance.cpu);
  state.counters["observe_us"] = us(observe.sum) / static_cast<double>(observe.calls);
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
