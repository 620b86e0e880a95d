#include "abi/c2watch.h"

#include <sys/random.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/config_schema.h"
#include "core/engine/effective_config.h"
#include "core/engine/engine.h"
#include "core/engine/finding_format.h"
#include "core/engine/metrics.h"

namespace engine = c2watch::engine;
namespace parse = c2watch::parse;
using c2watch::Duration;
using c2watch::Time;

// Hosts in C and other languages lay these out by hand.
static_assert(sizeof(c2watch_host) == 8 + 3 * sizeof(void*));
static_assert(offsetof(c2watch_host, user) == 8);
static_assert(sizeof(c2watch_field) == 4 * sizeof(void*));
static_assert(sizeof(c2watch_verdict) == 20);
static_assert(std::string_view(C2WATCH_METRICS_BEGIN).find(engine::kMetricsSchema) == 11);

namespace {

// The numbers of the door are the numbers of the core.
constexpr std::uint32_t door_number(parse::Unreadable why) {
  return static_cast<std::uint32_t>(why) - 1 + C2WATCH_RECORD_EMPTY;
}
static_assert(door_number(parse::Unreadable::empty) == C2WATCH_RECORD_EMPTY);
static_assert(door_number(parse::Unreadable::too_large) == C2WATCH_RECORD_TOO_LARGE);
static_assert(door_number(parse::Unreadable::too_deep) == C2WATCH_RECORD_TOO_DEEP);
static_assert(door_number(parse::Unreadable::not_utf8) == C2WATCH_RECORD_NOT_UTF8);
static_assert(door_number(parse::Unreadable::not_json) == C2WATCH_RECORD_NOT_JSON);
static_assert(door_number(parse::Unreadable::not_xml) == C2WATCH_RECORD_NOT_XML);
static_assert(door_number(parse::Unreadable::dtd) == C2WATCH_RECORD_DTD);
static_assert(door_number(parse::Unreadable::unknown_format) == C2WATCH_RECORD_UNKNOWN_FORMAT);
static_assert(door_number(parse::Unreadable::unknown_shape) == C2WATCH_RECORD_UNKNOWN_SHAPE);
static_assert(door_number(parse::Unreadable::bad_event_id) == C2WATCH_RECORD_BAD_EVENT_ID);
static_assert(door_number(parse::Unreadable::no_time) == C2WATCH_RECORD_NO_TIME);
static_assert(door_number(parse::Unreadable::bad_time) == C2WATCH_RECORD_BAD_TIME);
static_assert(door_number(parse::Unreadable::missing_fields) == C2WATCH_RECORD_MISSING_FIELDS);
static_assert(C2WATCH_RECORD_EMPTY + parse::kUnreadables - 1 == C2WATCH_RECORD_KINDS);

constexpr std::uint32_t door_number(engine::Fate fate) { return static_cast<std::uint32_t>(fate); }
static_assert(door_number(engine::Fate::used) == C2WATCH_RECORD_USED);
static_assert(door_number(engine::Fate::ignored) == C2WATCH_RECORD_IGNORED);
static_assert(door_number(engine::Fate::suppressed) == C2WATCH_RECORD_SUPPRESSED);
static_assert(door_number(engine::Fate::repeated) == C2WATCH_RECORD_REPEATED);

// Calls back into the host.
class HostListener final : public engine::Listener {
 public:
  explicit HostListener(const c2watch_host& host) : host_(host) {}

  void finding(std::string_view json) override {
    if (host_.finding != nullptr) host_.finding(host_.user, json.data(), json.size());
  }
  void log(engine::LogLevel level, std::string_view text) override {
    if (host_.log == nullptr) return;
    const auto number = static_cast<int>(level) + static_cast<int>(C2WATCH_LOG_ERROR);
    host_.log(host_.user, static_cast<c2watch_log_level>(number), text.data(), text.size());
  }

 private:
  c2watch_host host_;
};
static_assert(static_cast<int>(engine::LogLevel::debug) + C2WATCH_LOG_ERROR == C2WATCH_LOG_DEBUG);

// As for events; far enough from the ends of int64 for any arithmetic on it.
constexpr Time kEndOfTime{std::chrono::sys_days{std::chrono::year{2101} / 1 / 1}};

// A screenful: ten mistakes in a config, a line each.
constexpr std::size_t kErrorBytes = 4096;

std::uint64_t hash_seed(const void* fallback) {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
  return reinterpret_cast<std::uintptr_t>(fallback);
}

// Text as the door receives it: NULL is fine when its length is 0.
constexpr const char* kNotATime = "now_us lies outside 1970..2100";
bool is_time(std::int64_t us) {
  const Time t{Duration{us}};
  return t >= Time{} && t < kEndOfTime;
}

bool is_text(const void* bytes, std::size_t len) { return bytes != nullptr || len == 0; }
std::string_view text(const void* bytes, std::size_t len) {
  return len == 0 ? std::string_view() : std::string_view(static_cast<const char*>(bytes), len);
}

}  // namespace

struct c2watch_engine {
  std::optional<HostListener> listener;
  std::optional<engine::Engine> core;
  std::vector<parse::Field> fields;  // reused: no allocation once warm
  std::string told;                  // what stats and the like handed out last
  char error[kErrorBytes] = "";      // fixed: reporting "out of memory" must not allocate

  c2watch_status fail(c2watch_status status, const char* why) noexcept {
    std::snprintf(error, sizeof error, "%s", why);
    return status;
  }
};

namespace {

// The plugin's only catch. The caller is C and not ours: an exception that reached it would take
// the whole collector down.
template <class Fail, class Body>
c2watch_status guarded(Fail fail, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(C2WATCH_NO_MEMORY, "out of memory");
  } catch (const std::exception& x) {
    return fail(C2WATCH_INTERNAL, x.what());
  } catch (...) {
    return fail(C2WATCH_INTERNAL, "unknown exception");
  }
}

// For the calls that need an engine which is open.
template <class Body>
c2watch_status with_core(c2watch_engine* e, Body body) noexcept {
  if (e == nullptr) return C2WATCH_BAD_ARGUMENT;
  if (!e->core)
    return e->error[0] != '\0' ? C2WATCH_BAD_CONFIG
                               : e->fail(C2WATCH_BAD_CONFIG, "the engine was never opened");
  e->error[0] = '\0';
  return guarded([e](c2watch_status s, const char* why) { return e->fail(s, why); },
                 [&] { return body(*e->core); });
}

// Reads no further than the host's own idea of the structure, which may be older than ours.
bool read_host(const c2watch_host* given, c2watch_host& host) {
  host = {};
  if (given == nullptr) return true;
  constexpr std::uint32_t kLeast = offsetof(c2watch_host, user);
  if (given->size < kLeast) return false;
  const std::size_t size = given->size < sizeof host ? given->size : sizeof host;
  std::char_traits<char>::copy(reinterpret_cast<char*>(&host), reinterpret_cast<const char*>(given),
                               size);
  return true;
}

// Writes no further than the host has room.
void write_verdict(const engine::Verdict& from, c2watch_verdict* to) {
  if (to == nullptr) return;
  c2watch_verdict whole{};
  whole.size = to->size;
  whole.record =
      from.fate == engine::Fate::unreadable ? door_number(from.why) : door_number(from.fate);
  whole.event_id = from.event_id;
  whole.findings = from.findings;
  whole.max_severity = static_cast<std::uint32_t>(from.max_severity);
  const std::size_t size = to->size < sizeof whole ? to->size : sizeof whole;
  std::char_traits<char>::copy(reinterpret_cast<char*>(to), reinterpret_cast<char*>(&whole), size);
}

bool is_verdict(const c2watch_verdict* verdict) {
  return verdict == nullptr || verdict->size >= sizeof verdict->size;
}

}  // namespace

const char* c2watch_version(void) { return engine::plugin_version().data(); }

uint32_t c2watch_abi(void) { return C2WATCH_ABI; }

const char* c2watch_config_schema(void) { return engine::config_schema().data(); }

const char* c2watch_record_name(uint32_t record) {
  static constexpr const char* kReadable[] = {"used", "ignored", "suppressed", "repeated"};
  if (record < C2WATCH_RECORD_EMPTY) return kReadable[record];
  if (record >= C2WATCH_RECORD_KINDS) return nullptr;
  const auto why = static_cast<parse::Unreadable>(record - C2WATCH_RECORD_EMPTY + 1);
  return parse::name_of(why).data();
}

c2watch_status c2watch_check(const char* config, size_t config_len, char* why, size_t why_size) {
  const auto say = [&](c2watch_status status, const char* sentence) {
    if (why != nullptr && why_size > 0) std::snprintf(why, why_size, "%s", sentence);
    return status;
  };
  if (!is_text(config, config_len)) return say(C2WATCH_BAD_ARGUMENT, "config is NULL");
  return guarded(say, [&] {
    const auto settings = engine::read_config(text(config, config_len));
    if (!settings) return say(C2WATCH_BAD_CONFIG, settings.error().message.c_str());
    return say(C2WATCH_OK, "");
  });
}

c2watch_status c2watch_open(const c2watch_host* host, const char* config, size_t config_len,
                            c2watch_engine** out) {
  if (out == nullptr) return C2WATCH_BAD_ARGUMENT;
  *out = new (std::nothrow) c2watch_engine;
  if (*out == nullptr) return C2WATCH_NO_MEMORY;
  c2watch_engine* const e = *out;

  c2watch_host given;
  if (!read_host(host, given))
    return e->fail(C2WATCH_BAD_ARGUMENT, "host.size is not set to sizeof(c2watch_host)");
  if (host != nullptr && given.abi >> 16 != C2WATCH_ABI_MAJOR) {
    std::snprintf(e->error, sizeof e->error,
                  "the host speaks version %u of the door, this library version %u",
                  static_cast<unsigned>(given.abi >> 16), static_cast<unsigned>(C2WATCH_ABI_MAJOR));
    return C2WATCH_BAD_ARGUMENT;
  }
  if (!is_text(config, config_len)) return e->fail(C2WATCH_BAD_ARGUMENT, "config is NULL");

  // What is half open must not be used, and above all not be saved over what it could not read.
  return guarded(
      [e](c2watch_status s, const char* why) {
        e->core.reset();
        return e->fail(s, why);
      },
      [&] {
        auto settings = engine::read_config(text(config, config_len));
        if (!settings) return e->fail(C2WATCH_BAD_CONFIG, settings.error().message.c_str());
        e->listener.emplace(given);
        e->core.emplace(std::move(*settings), *e->listener, hash_seed(e));
        if (const auto error = e->core->open_checkpoint()) {
          e->core.reset();
          return e->fail(C2WATCH_IO, error->message.c_str());
        }
        return C2WATCH_OK;
      });
}

c2watch_status c2watch_observe(c2watch_engine* e, c2watch_format format, const void* bytes,
                               size_t len, c2watch_verdict* verdict) {
  return with_core(e, [&](engine::Engine& core) {
    if (!is_text(bytes, len)) return e->fail(C2WATCH_BAD_ARGUMENT, "bytes is NULL");
    if (!is_verdict(verdict)) return e->fail(C2WATCH_BAD_ARGUMENT, "verdict.size is not set");
    // C may hand in any number, which to C++ is no c2watch_format: so look at the bytes.
    unsigned number;
    static_assert(sizeof number == sizeof format);
    std::memcpy(&number, &format, sizeof number);
    if (number > C2WATCH_FORMAT_XML) return e->fail(C2WATCH_BAD_ARGUMENT, "no such c2watch_format");
    write_verdict(core.observe(static_cast<engine::Format>(number), text(bytes, len)), verdict);
    return C2WATCH_OK;
  });
}
static_assert(static_cast<int>(engine::Format::automatic) == C2WATCH_FORMAT_AUTO);
static_assert(static_cast<int>(engine::Format::json) == C2WATCH_FORMAT_JSON);
static_assert(static_cast<int>(engine::Format::xml) == C2WATCH_FORMAT_XML);

c2watch_status c2watch_observe_fields(c2watch_engine* e, const c2watch_field* fields, size_t count,
                                      c2watch_verdict* verdict) {
  return with_core(e, [&](engine::Engine& core) {
    if (fields == nullptr && count > 0) return e->fail(C2WATCH_BAD_ARGUMENT, "fields is NULL");
    if (!is_verdict(verdict)) return e->fail(C2WATCH_BAD_ARGUMENT, "verdict.size is not set");
    e->fields.clear();
    for (size_t i = 0; i < count; ++i) {
      const c2watch_field& f = fields[i];
      if (!is_text(f.name, f.name_len) || !is_text(f.value, f.value_len))
        return e->fail(C2WATCH_BAD_ARGUMENT, "a field's name or value is NULL");
      e->fields.push_back({text(f.name, f.name_len), text(f.value, f.value_len)});
    }
    write_verdict(core.observe(e->fields), verdict);
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_advance(c2watch_engine* e, int64_t now_us) {
  return with_core(e, [&](engine::Engine& core) {
    if (!is_time(now_us)) return e->fail(C2WATCH_BAD_ARGUMENT, kNotATime);
    core.advance(Time{Duration{now_us}});
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_bound(c2watch_engine* e, int64_t now_us) {
  return with_core(e, [&](engine::Engine& core) {
    if (!is_time(now_us)) return e->fail(C2WATCH_BAD_ARGUMENT, kNotATime);
    core.bound(Time{Duration{now_us}});
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_answer(c2watch_engine* e) {
  return with_core(e, [&](engine::Engine& core) {
    core.answer();
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_flush(c2watch_engine* e) {
  return with_core(e, [&](engine::Engine& core) {
    core.flush();
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_reconfigure(c2watch_engine* e, const char* config, size_t config_len) {
  return with_core(e, [&](engine::Engine& core) {
    if (!is_text(config, config_len)) return e->fail(C2WATCH_BAD_ARGUMENT, "config is NULL");
    auto settings = engine::read_config(text(config, config_len));
    if (!settings) return e->fail(C2WATCH_BAD_CONFIG, settings.error().message.c_str());
    if (const auto error = core.reconfigure(std::move(*settings)))
      return e->fail(C2WATCH_IO, error->message.c_str());
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_checkpoint(c2watch_engine* e) {
  return with_core(e, [e](engine::Engine& core) {
    if (core.checkpoint_now()) return C2WATCH_OK;
    return e->fail(C2WATCH_IO, "the checkpoint could not be written; the log says why");
  });
}

namespace {

// For the calls that hand out text.
template <class Make>
c2watch_status hand_out(c2watch_engine* e, const char** json, size_t* len, Make make) noexcept {
  return with_core(e, [&](engine::Engine& core) {
    if (json == nullptr || len == nullptr)
      return e->fail(C2WATCH_BAD_ARGUMENT, "json or len is NULL");
    e->told = make(core);
    *json = e->told.c_str();
    *len = e->told.size();
    return C2WATCH_OK;
  });
}

}  // namespace

c2watch_status c2watch_stats(c2watch_engine* e, const char** json, size_t* len) {
  return hand_out(e, json, len, [](engine::Engine& core) { return core.stats_json(); });
}

c2watch_status c2watch_metrics(c2watch_engine* e, const char** text, size_t* len) {
  return hand_out(e, text, len, [](engine::Engine& core) { return core.prometheus_text(); });
}

c2watch_status c2watch_effective_config(c2watch_engine* e, const char** json, size_t* len) {
  return hand_out(e, json, len, [](engine::Engine& core) {
    return engine::effective_config_json(core.settings());
  });
}

c2watch_status c2watch_explain(c2watch_engine* e, const char* question, size_t question_len) {
  return with_core(e, [&](engine::Engine& core) {
    if (!is_text(question, question_len)) return e->fail(C2WATCH_BAD_ARGUMENT, "question is NULL");
    if (question_len == 0) {
      core.stop_explaining();
      return C2WATCH_OK;
    }
    auto read = engine::read_question(text(question, question_len));
    if (!read) return e->fail(C2WATCH_BAD_ARGUMENT, read.error().message.c_str());
    core.explain(std::move(*read));
    return C2WATCH_OK;
  });
}

c2watch_status c2watch_explanation(c2watch_engine* e, const char** json, size_t* len) {
  return hand_out(e, json, len, [](engine::Engine& core) { return core.explanation_json(); });
}

const char* c2watch_last_error(const c2watch_engine* e) { return e == nullptr ? "" : e->error; }

void c2watch_close(c2watch_engine* e) {
  if (e == nullptr) return;
  with_core(e, [](engine::Engine& core) {
    core.close_checkpoint();
    return C2WATCH_OK;
  });
  delete e;
}
