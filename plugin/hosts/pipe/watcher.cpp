#include "hosts/pipe/watcher.h"

#include <stdexcept>
#include <utility>

namespace c2watch::pipe {

Watcher::Watcher(std::string_view config, Clock clock, Log log)
    : clock_(clock), log_(std::move(log)) {
  const c2watch_host host{sizeof host, C2WATCH_ABI, this, &Watcher::tell, &Watcher::keep};
  verdict_.size = sizeof verdict_;
  if (c2watch_open(&host, config.data(), config.size(), &engine_) == C2WATCH_OK) return;
  const std::string why = engine_ != nullptr ? c2watch_last_error(engine_) : "out of memory";
  c2watch_close(engine_);
  throw std::runtime_error(why);
}

Watcher::~Watcher() { c2watch_close(engine_); }

void Watcher::keep(void* self, const char* json, std::size_t len) {
  auto& w = *static_cast<Watcher*>(self);
  if (std::string_view(json, len).starts_with(C2WATCH_METRICS_BEGIN))
    w.metrics_.assign(json, len);
  else
    w.found_.emplace_back(json, len);
}

void Watcher::tell(void* self, c2watch_log_level level, const char* text, std::size_t len) {
  if (level <= C2WATCH_LOG_INFO) static_cast<Watcher*>(self)->log_({text, len});
}

// Ours (a bug) or the machine's (no memory); it says nothing about the record. Told when it begins.
void Watcher::check(c2watch_status status) {
  const bool failed = status != C2WATCH_OK;
  if (failed && !failing_) log_(c2watch_last_error(engine_));
  failing_ = failed;
}

std::span<const std::string> Watcher::observe(std::string_view record) {
  found_.clear();
  check(c2watch_observe(engine_, C2WATCH_FORMAT_AUTO, record.data(), record.size(), &verdict_));
  return found_;
}

std::span<const std::string> Watcher::advance(std::int64_t now_us) {
  found_.clear();
  if (clock_ == Clock::host) check(c2watch_advance(engine_, now_us));
  return found_;
}

void Watcher::bound(std::int64_t now_us) {
  if (clock_ == Clock::host) check(c2watch_bound(engine_, now_us));
}

std::span<const std::string> Watcher::flush() {
  found_.clear();
  check(c2watch_flush(engine_));
  return found_;
}

bool Watcher::has_checkpoint() {
  const char* json = nullptr;
  std::size_t len = 0;
  check(c2watch_effective_config(engine_, &json, &len));
  return json != nullptr &&
         std::string_view(json, len).find(R"("path":"checkpoint.path","value":"",)") ==
             std::string_view::npos;
}

void Watcher::checkpoint() { check(c2watch_checkpoint(engine_)); }

std::string Watcher::stats() {
  const char* json = nullptr;
  std::size_t len = 0;
  if (c2watch_stats(engine_, &json, &len) != C2WATCH_OK) return "{}";
  return {json, len};
}

std::string Watcher::prometheus_text() {
  const char* text = nullptr;
  std::size_t len = 0;
  if (c2watch_metrics(engine_, &text, &len) != C2WATCH_OK) return "";
  return {text, len};
}

}  // namespace c2watch::pipe
