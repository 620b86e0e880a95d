// Any bytes as a batch of Fluent Bit records, through the filter's own callbacks: no crash, nothing
// written into the host's buffer, the same answer from two fresh instances. What was there is the
// head of what comes out, byte for byte, and what is behind it are whole records that say they are
// findings. With tag_records on, as many records come out, and only the bodies of triggers grow.
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/small_engine.h"
#include "support/fuzz.h"

extern "C" {
#include "batch.h"
#include "host.h"
#include "watcher.h"
extern struct flb_filter_plugin filter_c2watch_plugin;
}

struct flb_filter_instance {
  bool tag_records;
  void* context;
};

namespace {

class ConfigFile {
 public:
  ConfigFile() {
    const std::string config = c2watch::testing_support::small_engine("lab");
    const int file = mkstemp(path_);
    if (file < 0 || write(file, config.data(), config.size()) != ssize_t(config.size()))
      std::abort();
    close(file);
  }
  ~ConfigFile() { std::remove(path_); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  const char* path() const { return path_; }

 private:
  char path_[32] = "/tmp/c2watch-fuzz-XXXXXX";
};

}  // namespace

extern "C" {
const char* flb_filter_get_property(const char* key, flb_filter_instance* instance) {
  const std::string_view name = key;
  static const ConfigFile config;
  if (name == "config_file") return config.path();
  if (name == "clock") return "events";  // the same answer, whenever it is run
  if (name == "tag_records") return instance->tag_records ? "on" : "off";
  return nullptr;
}
const char* flb_filter_name(flb_filter_instance*) { return "c2watch.0"; }
void flb_filter_set_context(flb_filter_instance* instance, void* context) {
  instance->context = context;
}
void flb_log_print(int, const char*, int, const char*, ...) {}
}

namespace {

using c2watch::testing_support::require;
using Bytes = std::vector<std::uint8_t>;

struct Answer {
  int code = 0;
  Bytes out;
  bool operator==(const Answer&) const = default;
};

// A host's life with one batch: start, filter, exit; and the engine does not wait for a reload.
Answer filter(const Bytes& batch, bool tag_records) {
  flb_filter_plugin& plugin = filter_c2watch_plugin;
  flb_filter_instance instance{tag_records, nullptr};
  require(plugin.cb_pre_run(&instance, nullptr, nullptr) == 0, "a good config is taken");
  require(plugin.cb_init(&instance, nullptr, nullptr) == 0, "init never fails");

  // An exact copy, so that a sanitizer sees a step beyond it.
  const auto bytes = std::make_unique<std::uint8_t[]>(batch.size());
  std::copy(batch.begin(), batch.end(), bytes.get());
  void* out = nullptr;
  std::size_t out_bytes = 0;
  Answer answer;
  answer.code = plugin.cb_filter(bytes.get(), batch.size(), "tag", 3, &out, &out_bytes, &instance,
                                 nullptr, instance.context, nullptr);
  require(std::equal(batch.begin(), batch.end(), bytes.get()), "the host's buffer is untouched");
  if (answer.code == FLB_FILTER_MODIFIED) {
    const auto* begin = static_cast<const std::uint8_t*>(out);
    answer.out.assign(begin, begin + out_bytes);
    std::free(out);
  } else {
    require(answer.code == FLB_FILTER_NOTOUCH && out == nullptr, "no buffer without a change");
  }
  plugin.cb_exit(instance.context, nullptr);
  char no_alias[] = "";
  filter_settings settings{};
  settings.alias = no_alias;
  watcher_free(take_predecessor(&settings));
  return answer;
}

struct Walk {
  std::vector<std::string_view> bodies;
  bool whole = false;  // to the last byte
};

Walk walk(const std::uint8_t* begin, std::size_t size) {
  Walk w;
  mp_cursor in{begin, begin + size};
  batch_record record;
  while (batch_next(&in, &record)) {
    w.bodies.emplace_back(static_cast<const char*>(static_cast<const void*>(record.body)),
                          static_cast<std::size_t>(record.end - record.body));
  }
  w.whole = in.at == in.end;
  return w;
}

bool is_finding(std::string_view body) {
  return body.find(
             "\xa7"
             "c2watch\xa7"
             "finding") != body.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes batch(data, data + size);
  const Walk before = walk(batch.data(), batch.size());

  const Answer plain = filter(batch, false);
  if (plain.code == FLB_FILTER_MODIFIED) {
    require(before.whole, "nothing stands behind broken bytes");
    require(plain.out.size() > size && std::equal(batch.begin(), batch.end(), plain.out.begin()),
            "the batch is the head of the answer");
    const Walk added = walk(plain.out.data() + size, plain.out.size() - size);
    require(added.whole, "findings are whole records");
    for (const std::string_view body : added.bodies) require(is_finding(body), "and say so");
  }

  const Answer tagged = filter(batch, true);
  require(tagged.code == plain.code, "tagging finds the same");
  if (tagged.code != FLB_FILTER_MODIFIED) return 0;
  const Walk after = walk(tagged.out.data(), tagged.out.size());
  const Walk same = walk(plain.out.data(), plain.out.size());
  require(after.whole && after.bodies.size() == same.bodies.size(), "as many records");
  for (std::size_t i = 0; i < same.bodies.size(); ++i) {
    const std::size_t grown = after.bodies[i].size() - same.bodies[i].size();
    // The pair is 16 bytes, and the map's head may take up to 4 more.
    require(grown == 0 || (i < before.bodies.size() && grown >= 16 && grown <= 20),
            "only triggers grow");
  }
  require(filter(batch, true) == tagged, "the same answer twice");
  return 0;
}
