#include "harness/verify/simulation.h"

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/io/simulator.h"
#include "harness/io/source.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

class FeedEngine final : public SourceSink {
 public:
  FeedEngine(Engine& engine, Detected& out) : engine_(engine), out_(out) {}

  void begin_file(string_view) override {}
  void record(string_view bytes, std::uint64_t) override {
    ++out_.records;
    out_.unreadable += engine_.observe(bytes).record >= C2WATCH_RECORD_EMPTY;
  }
  void non_record(NonRecord, string_view, std::uint64_t) override { ++out_.unreadable; }
  void on_error(string_view) override {}

 private:
  Engine& engine_;
  Detected& out_;
};

}  // namespace

string config_of_profile(const string& profile) { return R"({"extends": ")" + profile + "\"}"; }

SimulatorOptions with(SimulatorOptions base, const SimulatorOptions& changes) {
  for (const auto& [name, value] : changes) base[name] = value;
  return base;
}

std::vector<string> simulator_arguments(const SimulatorOptions& options) {
  std::vector<string> out;
  for (const auto& [name, value] : options) {
    out.push_back("--" + name);
    if (!value.empty()) out.push_back(value);
  }
  return out;
}

Result<Detected> detect(const string& simulator, const Plugin& plugin, const string& profile,
                        const SimulatorOptions& options) {
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return Error{folder.error()};
  const string events = folder->file("events");
  const std::vector<string> arguments = simulator_arguments(with(options, {{"out", events}}));
  if (auto failed = run_program(simulator, arguments)) return Error{*failed};
  return detect_files(plugin, config_of_profile(profile), {events});
}

Result<Detected> detect_files(const Plugin& plugin, const string& config,
                              const std::vector<string>& files) {
  Result<Engine> engine = plugin.open(config);
  if (!engine) return Error{"the config is refused: " + engine.error()};
  Detected out;
  FeedEngine feed(*engine, out);
  SourceReader reader(feed);
  for (const string& file : files)
    if (!reader.read(file)) return Error{reader.error()};
  engine->flush();
  out.findings = latest(engine->findings());
  out.stats = engine->stats();
  return out;
}

}  // namespace c2watch::harness
