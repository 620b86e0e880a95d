#include "harness/io/plugin.h"

#include <dlfcn.h>

#include <filesystem>
#include <utility>

namespace c2watch::harness {
namespace {

template <class Function>
bool resolve(void* library, const char* name, Function& function, std::string& missing) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) missing = name;
  return function != nullptr;
}

std::string version_text(std::uint32_t abi) {
  return std::to_string(abi >> 16) + "." + std::to_string(abi & 0xffff);
}

}  // namespace

void Plugin::Unload::operator()(void* library) const { dlclose(library); }

std::string Plugin::beside_executable() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return (self.parent_path().parent_path() / "lib" / "libc2watch.so").string();
}

Result<Plugin> Plugin::load(const std::string& path) {
  Plugin plugin;
  plugin.path_ = path;
  // Now and local: a missing symbol shows here, and nothing of ours leaks into the plugin.
  plugin.library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (plugin.library_ == nullptr) {
    const char* why = dlerror();
    return Error{"cannot load the plugin: " + std::string(why == nullptr ? path : why)};
  }
  plugin.api_ = std::make_unique<PluginApi>();
  PluginApi& api = *plugin.api_;
  void* const library = plugin.library_.get();

  // The handshake comes before every other function: another major number may lack them.
  std::string missing;
  if (!resolve(library, "c2watch_abi", api.abi, missing))
    return Error{path + ": not a c2watch plugin: it has no " + missing + "()"};
  const std::uint32_t abi = api.abi();
  if (abi >> 16 != C2WATCH_ABI_MAJOR)
    return Error{path + ": speaks version " + version_text(abi) +
                 " of the plugin interface; this " + "program speaks " + version_text(C2WATCH_ABI) +
                 ", and the major numbers must agree"};
  const bool whole = resolve(library, "c2watch_version", api.version, missing) &&
                     resolve(library, "c2watch_config_schema", api.config_schema, missing) &&
                     resolve(library, "c2watch_record_name", api.record_name, missing) &&
                     resolve(library, "c2watch_open", api.open, missing) &&
                     resolve(library, "c2watch_observe", api.observe, missing) &&
                     resolve(library, "c2watch_observe_fields", api.observe_fields, missing) &&
                     resolve(library, "c2watch_advance", api.advance, missing) &&
                     resolve(library, "c2watch_answer", api.answer, missing) &&
                     resolve(library, "c2watch_stats", api.stats, missing) &&
                     resolve(library, "c2watch_last_error", api.last_error, missing) &&
                     resolve(library, "c2watch_close", api.close, missing) &&
                     resolve(library, "c2watch_check", api.check, missing);
  std::string not_needed;
  resolve(library, "c2watch_effective_config", api.effective_config, not_needed);
  resolve(library, "c2watch_bound", api.bound, not_needed);
  resolve(library, "c2watch_flush", api.flush, not_needed);
  resolve(library, "c2watch_explain", api.explain, not_needed);
  resolve(library, "c2watch_explanation", api.explanation, not_needed);
  if (!whole) return Error{path + ": lacks " + missing + "(), which its version promises"};
  return plugin;
}

Result<Engine> Plugin::open(std::string_view config) const {
  auto recorder = std::make_unique<Engine::Recorder>();
  c2watch_host host{};
  host.size = sizeof host;
  host.abi = C2WATCH_ABI;
  host.user = recorder.get();
  host.finding = [](void* user, const char* json, std::size_t len) {
    const std::string_view text(json, len);
    if (text.starts_with(C2WATCH_METRICS_BEGIN)) return;  // no finding
    static_cast<Engine::Recorder*>(user)->findings.emplace_back(text);
  };
  host.log = [](void* user, c2watch_log_level level, const char* text, std::size_t len) {
    if (level <= C2WATCH_LOG_WARNING)
      static_cast<Engine::Recorder*>(user)->warnings.emplace_back(text, len);
  };
  c2watch_engine* raw = nullptr;
  const c2watch_status status = api_->open(&host, config.data(), config.size(), &raw);
  if (raw == nullptr) return Error{"the plugin has no memory for an engine"};
  Engine engine(*api_, raw, std::move(recorder));
  if (status != C2WATCH_OK) return Error{api_->last_error(raw)};
  return engine;
}

std::string Plugin::check(const std::string& config) const {
  std::string why(8192, '\0');
  const c2watch_status status = api_->check(config.data(), config.size(), why.data(), why.size());
  why.resize(why.find('\0'));
  return status != C2WATCH_OK && why.empty() ? "the config cannot be checked" : why;
}

std::string Plugin::record_name(std::uint32_t record) const {
  const char* name = api_->record_name(record);
  return name == nullptr ? "record_" + std::to_string(record) : name;
}

Engine::Engine(Engine&& other) noexcept
    : api_(other.api_),
      engine_(std::exchange(other.engine_, nullptr)),
      recorder_(std::move(other.recorder_)) {}

Engine::~Engine() {
  if (engine_ != nullptr) api_->close(engine_);
}

void Engine::check(c2watch_status status, const char* call) const {
  if (status == C2WATCH_OK) return;
  throw PluginFailure{std::string(call) + "() failed with status " +
                      std::to_string(static_cast<int>(status)) + ": " + api_->last_error(engine_)};
}

c2watch_verdict Engine::observe(std::string_view record) {
  c2watch_verdict verdict{};
  verdict.size = sizeof verdict;
  check(api_->observe(engine_, C2WATCH_FORMAT_AUTO, record.data(), record.size(), &verdict),
        "c2watch_observe");
  return verdict;
}

c2watch_verdict Engine::observe_fields(std::span<const c2watch_field> fields) {
  c2watch_verdict verdict{};
  verdict.size = sizeof verdict;
  check(api_->observe_fields(engine_, fields.data(), fields.size(), &verdict),
        "c2watch_observe_fields");
  return verdict;
}

void Engine::advance(std::int64_t now_us) {
  check(api_->advance(engine_, now_us), "c2watch_advance");
}

void Engine::bound(std::int64_t now_us) {
  if (api_->bound != nullptr) check(api_->bound(engine_, now_us), "c2watch_bound");
}

void Engine::flush() {
  if (api_->flush != nullptr) check(api_->flush(engine_), "c2watch_flush");
}

void Engine::answer() { check(api_->answer(engine_), "c2watch_answer"); }

std::optional<std::string> Engine::explain(const std::string& question) {
  if (api_->explain == nullptr || api_->explanation == nullptr)
    return "the plugin is older than this program: it cannot explain itself";
  const c2watch_status status = api_->explain(engine_, question.data(), question.size());
  if (status == C2WATCH_BAD_ARGUMENT) return api_->last_error(engine_);
  check(status, "c2watch_explain");
  return std::nullopt;
}

std::string Engine::explanation() {
  const char* json = nullptr;
  std::size_t len = 0;
  check(api_->explanation(engine_, &json, &len), "c2watch_explanation");
  return {json, len};
}

Result<std::string> Engine::effective_config() {
  if (api_->effective_config == nullptr)
    return Error{"the plugin is older than this program: it cannot report its effective config"};
  const char* json = nullptr;
  std::size_t len = 0;
  check(api_->effective_config(engine_, &json, &len), "c2watch_effective_config");
  return std::string(json, len);
}

std::string Engine::stats() {
  const char* json = nullptr;
  std::size_t len = 0;
  check(api_->stats(engine_, &json, &len), "c2watch_stats");
  return {json, len};
}

}  // namespace c2watch::harness
