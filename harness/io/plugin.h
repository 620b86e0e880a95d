// Plugin: the detection, exactly as a collector loads it.
//
//   Result<Plugin> plugin = Plugin::load("lib/libc2watch.so");
//   Result<Engine> engine = plugin->open(R"({"extends": "lab"})");
//   engine->observe(record);
//   for (const std::string& json : engine->findings()) ...
//
// The harness knows plugin/abi/c2watch.h and nothing else of the detection: what it verifies is the
// shared object, through the same C API and the same handshake as any host.
//
// THREADS   as the C API: one thread per Engine at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "plugin/abi/c2watch.h"

namespace c2watch::harness {

// The functions of the C API, resolved by name.
struct PluginApi {
  decltype(&c2watch_version) version;
  decltype(&c2watch_abi) abi;
  decltype(&c2watch_config_schema) config_schema;
  decltype(&c2watch_record_name) record_name;
  decltype(&c2watch_open) open;
  decltype(&c2watch_observe) observe;
  decltype(&c2watch_observe_fields) observe_fields;
  decltype(&c2watch_advance) advance;
  decltype(&c2watch_answer) answer;
  decltype(&c2watch_flush) flush;  // null in a library of before 1.3
  decltype(&c2watch_stats) stats;
  decltype(&c2watch_last_error) last_error;
  decltype(&c2watch_close) close;
  decltype(&c2watch_check) check;
  // Since 1.1; null in an older library.
  decltype(&c2watch_effective_config) effective_config;
  decltype(&c2watch_bound) bound;
  decltype(&c2watch_explain) explain;
  decltype(&c2watch_explanation) explanation;
};

class Engine {
 public:
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) = delete;
  ~Engine();

  // The verdict on one record; the findings that it raised are at the end of findings().
  // Throws PluginFailure when the plugin itself fails: that ends a judgement.
  c2watch_verdict observe(std::string_view record);
  c2watch_verdict observe_fields(std::span<const c2watch_field> fields);
  void advance(std::int64_t now_us);
  // Stored events cannot be later than this. Nothing happens if the plugin is too old for it.
  void bound(std::int64_t now_us);
  void answer();
  void flush();
  std::string stats();
  // One JSON object, or that the plugin is too old to report it.
  Result<std::string> effective_config();
  // From now on keeps what a question asks for (c2watch_explain); the sentence when it is none.
  std::optional<std::string> explain(const std::string& question);
  std::string explanation();

  // One JSON object each, in the order raised.
  const std::vector<std::string>& findings() const { return recorder_->findings; }
  void forget_findings() { recorder_->findings.clear(); }

  // What the plugin logged as warnings and errors.
  const std::vector<std::string>& warnings() const { return recorder_->warnings; }

 private:
  friend class Plugin;
  struct Recorder {  // stands still while the engine holds its address
    std::vector<std::string> findings;
    std::vector<std::string> warnings;
  };
  Engine(const PluginApi& api, c2watch_engine* engine, std::unique_ptr<Recorder> recorder)
      : api_(&api), engine_(engine), recorder_(std::move(recorder)) {}
  void check(c2watch_status status, const char* call) const;

  const PluginApi* api_;
  c2watch_engine* engine_;
  std::unique_ptr<Recorder> recorder_;
};

class Plugin {
 public:
  // Loads the shared object and shakes hands: another major version of the API is refused.
  static Result<Plugin> load(const std::string& path);

  // Where libc2watch.so lies beside this executable: ../lib/libc2watch.so from its folder.
  static std::string beside_executable();

  Result<Engine> open(std::string_view config) const;

  // "" when the plugin accepts this config, else its errors, one a line.
  std::string check(const std::string& config) const;

  const std::string& path() const { return path_; }
  std::string version() const { return api_->version(); }
  std::string config_schema() const { return api_->config_schema(); }
  std::string record_name(std::uint32_t record) const;

 private:
  struct Unload {
    void operator()(void* library) const;
  };
  Plugin() = default;

  std::unique_ptr<void, Unload> library_;
  std::unique_ptr<PluginApi> api_;  // engines point to it
  std::string path_;
};

// The plugin violated the contract of the C API.
struct PluginFailure {
  std::string message;
};

}  // namespace c2watch::harness
