// Watcher: an engine behind the C door, for a process of its own.
//
//   Watcher w(config_text);                       // throws std::runtime_error with the sentence
//   for (const std::string& json : w.observe(line)) print(json);
//
// THREADS  one.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/c2watch.h"

namespace c2watch::pipe {

// Whose time the engine lives by: the machine's has a say, or only the events' own.
enum class Clock { host, events };

class Watcher {
 public:
  // `log` receives what the engine has to say, a line without its end; it says little (limited in
  // the core) and never what a record holds.
  using Log = std::function<void(std::string_view line)>;
  Watcher(std::string_view config, Clock clock, Log log);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Findings that this record raised; valid until the next call.
  std::span<const std::string> observe(std::string_view record);
  // Findings that the passing of time raised: hours close. None with Clock::events.
  std::span<const std::string> advance(std::int64_t now_us);

  // The wall clock for stored events: none can be later, and none is too old for it. Nothing happens
  // with Clock::events.
  void bound(std::int64_t now_us);

  // Findings of what reorder_seconds buffers: the input has ended.
  std::span<const std::string> flush();
  // Whether the next process goes on from a checkpoint of this one.
  bool has_checkpoint();

  // The metrics record that became due in the last advance() or bound(), once; "" when none did.
  std::string due_metrics() { return std::exchange(metrics_, {}); }

  // Severity of the worst finding of the last observe(): 0 informational .. 4 critical.
  std::uint32_t max_severity() const { return verdict_.max_severity; }

  void checkpoint();
  std::string stats();
  std::string prometheus_text();  // "" when memory ran out

 private:
  static void keep(void* self, const char* json, std::size_t len);
  static void tell(void* self, c2watch_log_level level, const char* text, std::size_t len);
  void check(c2watch_status status);

  Clock clock_;
  Log log_;
  bool failing_ = false;  // the last call failed, and that was told
  c2watch_engine* engine_ = nullptr;
  c2watch_verdict verdict_{};
  std::vector<std::string> found_;
  std::string metrics_;
};

}  // namespace c2watch::pipe
