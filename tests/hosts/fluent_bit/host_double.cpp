#include "hosts/fluent_bit/host_double.h"

#include <dlfcn.h>

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace {

std::mutex log_lock;
std::vector<std::pair<int, std::string>> log_lines;
bool log_open = false;
int late_lines = 0;

// As the host does it: "flb-filter_x.so" -> "filter_x_plugin".
std::string symbol_of(const std::string& path) {
  const auto slash = path.rfind('/');
  std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (name.rfind("flb-", 0) != 0 || name.size() < 8 || name.substr(name.size() - 3) != ".so") {
    throw std::runtime_error("a real host would not take this file for a filter: " + name);
  }
  return name.substr(4, name.size() - 7) + "_plugin";
}

}  // namespace

// What the executable exports.
extern "C" {
__attribute__((visibility("default"))) const char* flb_filter_get_property(const char* key,
                                                                           Instance* instance) {
  for (const auto& [name, value] : instance->properties)
    if (strcasecmp(name.c_str(), key) == 0) return value.c_str();
  return nullptr;
}
__attribute__((visibility("default"))) const char* flb_filter_name(Instance* instance) {
  return instance->alias.empty() ? instance->name.c_str() : instance->alias.c_str();
}
__attribute__((visibility("default"))) void flb_filter_set_context(Instance* instance,
                                                                   void* context) {
  instance->context = context;
}
__attribute__((visibility("default"), format(printf, 4, 5))) void flb_log_print(int type,
                                                                                const char*, int,
                                                                                const char* format,
                                                                                ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  std::vsnprintf(line, sizeof line, format, args);
  va_end(args);
  const std::lock_guard lock(log_lock);
  if (log_open)
    log_lines.emplace_back(type, line);
  else
    ++late_lines;
}
}

// The host's own view of the structure: 5.1's, whose tail is longer than what the filter declares.
struct HostDouble::Plugin {
  int event_type;
  int flags;
  char* name;
  char* description;
  void* config_map;
  int (*cb_pre_run)(Instance*, void*, void*);
  int (*cb_init)(Instance*, void*, void*);
  int (*cb_filter)(const void*, std::size_t, const char*, int, void**, std::size_t*, Instance*,
                   void*, void*, void*);
  int (*cb_exit)(void*, void*);
  int (*cb_notification)(Instance*, void*, void*);
  void* list[2];
};

HostDouble::HostDouble(HostVersion version) : version_(version) {
  log_open = true;
  const std::string path = C2WATCH_FLUENT_BIT_FILTER;
  object_ = dlopen(path.c_str(), RTLD_LAZY);
  if (object_ == nullptr) throw std::runtime_error(dlerror());
  const void* symbol = dlsym(object_, symbol_of(path).c_str());
  if (symbol == nullptr) throw std::runtime_error("registration structure is missing");
  plugin_ = std::make_unique<Plugin>();
  std::memcpy(plugin_.get(), symbol, sizeof(Plugin));
  if (plugin_->cb_notification != nullptr || plugin_->list[0] != nullptr) {
    throw std::runtime_error("the host would call what lies behind the structure");
  }
}

HostDouble::~HostDouble() {
  for (const auto& instance : instances_) {
    if (instance->context != nullptr) stop(instance.get());
  }
  log_open = false;  // the host frees its log before it unloads its plugins
  dlclose(object_);
}

int HostDouble::lines_after_the_end() { return std::exchange(late_lines, 0); }

Instance* HostDouble::configure(const Properties& section, int place) {
  auto instance = std::make_unique<Instance>();
  instance->name = std::string(plugin_->name) + "." + std::to_string(place);
  const std::map<std::string, std::string*> own = {
      {"alias", &instance->alias},
      {"match", &instance->match},
      {"match_regex", &instance->match_regex},
      {"log_level", &instance->log_level},
      {"log_suppress_interval", &instance->log_suppress_interval}};
  for (const auto& [key, value] : section) {
    std::string name = key;
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    const auto member = own.find(name);
    if (member != own.end())
      *member->second = value;
    else
      instance->properties[key] = value;
  }
  instances_.push_back(std::move(instance));
  return instances_.back().get();
}

int HostDouble::start(Instance* instance) {
  // Up to 2.1 the member behind the config map is init.
  const int first = plugin_->cb_pre_run(instance, nullptr, nullptr);
  if (version_ == HostVersion::v2_1 || first != 0) return first;
  return plugin_->cb_init(instance, nullptr, nullptr);
}

bool HostDouble::reload(const std::vector<Instance*>& old, const std::vector<Instance*>& fresh) {
  void* again = dlopen(C2WATCH_FLUENT_BIT_FILTER, RTLD_LAZY);
  const bool accepted = std::all_of(fresh.begin(), fresh.end(), [this](Instance* i) {
    return plugin_->cb_pre_run(i, nullptr, nullptr) == 0;
  });
  if (!accepted) {
    dlclose(again);
    return false;
  }
  for (Instance* i : old) stop(i);
  dlclose(object_);
  object_ = again;
  for (Instance* i : fresh)
    if (start(i) != 0) throw std::runtime_error("init failed in a reload: a real host ends here");
  return true;
}

Filtered HostDouble::filter(Instance* instance, const Batch& in) {
  // An exact copy, so that a sanitizer sees a step beyond it.
  const auto bytes = std::make_unique<std::uint8_t[]>(in.size());
  std::copy(in.begin(), in.end(), bytes.get());
  void* out = nullptr;
  std::size_t out_bytes = 0;
  int answer;
  if (version_ == HostVersion::v2_1) {
    // The member that 2.1 takes for filter is what we call init.
    decltype(plugin_->cb_filter) as_filter;
    std::memcpy(&as_filter, &plugin_->cb_init, sizeof as_filter);
    answer = as_filter(bytes.get(), in.size(), "tag", 3, &out, &out_bytes, instance, nullptr,
                       instance->context, nullptr);
  } else {
    answer = plugin_->cb_filter(bytes.get(), in.size(), "tag", 3, &out, &out_bytes, instance,
                                nullptr, instance->context, nullptr);
  }
  if (!std::equal(in.begin(), in.end(), bytes.get())) {
    throw std::runtime_error("the filter wrote into the host's buffer");
  }
  if (answer != 1) return {answer, in};
  const auto* begin = static_cast<const std::uint8_t*>(out);
  Filtered result{answer, Batch(begin, begin + out_bytes)};
  std::free(out);
  return result;
}

void HostDouble::stop(Instance* instance) {
  if (instance->context != nullptr) plugin_->cb_exit(instance->context, nullptr);
  instance->context = nullptr;
}

std::vector<std::pair<int, std::string>> HostDouble::take_log() {
  const std::lock_guard lock(log_lock);
  return std::exchange(log_lines, {});
}
