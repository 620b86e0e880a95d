// Any sequence of calls, as a host with bugs might make them: two engines, records of any bytes,
// times of any value, settings that come and go. No crash, every status documented, every verdict
// sound, every finding one JSON object on one line.
//
// The input is a program: a byte says which call, the next which engine and how long its text is.
#include <array>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "abi/c2watch.h"
#include "anomaly/attack_records.h"
#include "fuzz/small_engine.h"
#include "support/fuzz.h"

namespace {

using c2watch::testing_support::attack_records;
using c2watch::testing_support::require;
using c2watch::testing_support::small_engine;

struct Heard {
  std::uint32_t findings = 0;
};

void on_finding(void* user, const char* json, std::size_t len) {
  const std::string_view text(json, len);
  require(text.find('\n') == std::string_view::npos, "a finding is one line");
  require(nlohmann::json::accept(text), "a finding is JSON");
  ++static_cast<Heard*>(user)->findings;
}

void on_log(void*, c2watch_log_level level, const char*, std::size_t) {
  require(level >= C2WATCH_LOG_ERROR && level <= C2WATCH_LOG_DEBUG, "a known log level");
}

const std::array<std::string, 5> kConfigs = {
    small_engine("default"), small_engine("lab"), small_engine("seed"),
    small_engine("lab", R"("reorder_seconds": 5, "metrics_seconds": 60,)", false),
    small_engine("lab", R"("output": {"format": "ocsf"},)")};

constexpr std::array<std::string_view, 4> kQuestions = {
    "", R"({"nearest": 3})", R"({"destination": "142.254.39.90"})",
    R"({"process": "powershell.exe", "record": "WS-01.corp.example/Security/1"})"};

class Program {
 public:
  explicit Program(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::int64_t number() {
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i) n = n << 8 | byte();
    return static_cast<std::int64_t>(n);
  }
  std::string_view text(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

class Host {
 public:
  Host() = default;
  ~Host() { c2watch_close(engine_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void open(std::string_view config) {
    c2watch_close(engine_);
    const c2watch_host host{sizeof host, C2WATCH_ABI, &heard_, on_log, on_finding};
    require(c2watch_open(&host, config.data(), config.size(), &engine_) == C2WATCH_OK,
            "a good config opens");
  }

  bool is_open() const { return engine_ != nullptr; }

  void observe(std::string_view record, c2watch_format format) {
    c2watch_verdict v{};
    v.size = sizeof v;
    const std::uint32_t before = heard_.findings;
    require(c2watch_observe(engine_, format, record.data(), record.size(), &v) == C2WATCH_OK,
            "any bytes are a record");
    judge(v, before);
  }

  void observe_fields(std::string_view text) {
    std::vector<c2watch_field> fields;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(line.size() + (line.size() < text.size() ? 1 : 0));
      const std::size_t split = std::min(line.find('='), line.size());
      const std::string_view value = line.substr(std::min(split + 1, line.size()));
      fields.push_back({line.data(), split, value.data(), value.size()});
    }
    c2watch_verdict v{};
    v.size = sizeof v;
    const std::uint32_t before = heard_.findings;
    require(c2watch_observe_fields(engine_, fields.data(), fields.size(), &v) == C2WATCH_OK,
            "any fields are a record");
    judge(v, before);
  }

  void any_time(std::int64_t us, bool bound) {
    const c2watch_status s = bound ? c2watch_bound(engine_, us) : c2watch_advance(engine_, us);
    require(s == C2WATCH_OK || s == C2WATCH_BAD_ARGUMENT, "a time is taken or refused");
  }

  void reconfigure(std::string_view config) {
    const c2watch_status s = c2watch_reconfigure(engine_, config.data(), config.size());
    require(s == C2WATCH_OK || s == C2WATCH_BAD_CONFIG, "settings are taken or refused");
    require(s == C2WATCH_OK || *c2watch_last_error(engine_) != '\0', "a refusal has a reason");
  }

  void explain(std::string_view question) {
    const c2watch_status s = c2watch_explain(engine_, question.data(), question.size());
    require(s == C2WATCH_OK || s == C2WATCH_BAD_ARGUMENT, "a question is taken or refused");
    require(s == C2WATCH_OK || *c2watch_last_error(engine_) != '\0', "a refusal has a reason");
  }

  void ask() {
    require(c2watch_answer(engine_) == C2WATCH_OK, "there is always an answer");
    for (const auto document : {c2watch_stats, c2watch_effective_config, c2watch_explanation}) {
      const char* json = nullptr;
      std::size_t len = 0;
      require(document(engine_, &json, &len) == C2WATCH_OK, "there is always a document");
      require(nlohmann::json::accept(json, json + len), "which is JSON");
    }
    const char* text = nullptr;
    std::size_t len = 0;
    require(c2watch_metrics(engine_, &text, &len) == C2WATCH_OK, "there are always metrics");
    require(len != 0 && text[len - 1] == '\n', "which are lines");
  }

 private:
  void judge(const c2watch_verdict& v, std::uint32_t before) const {
    require(v.record < C2WATCH_RECORD_KINDS, "a known fate");
    require(c2watch_record_name(v.record) != nullptr, "with a name");
    require(v.findings <= heard_.findings - before, "no finding is claimed that was not told");
    require(v.findings == 0 || v.max_severity <= 4, "a known severity");
    require(v.findings == 0 || v.record == C2WATCH_RECORD_USED, "only a used record raises one");
  }

  Heard heard_;
  c2watch_engine* engine_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> attack = attack_records();
  Program program({static_cast<const char*>(static_cast<const void*>(data)), size});
  Host hosts[2];
  while (!program.at_end()) {
    const std::uint8_t call = program.byte();
    const std::uint8_t detail = program.byte();
    Host& host = hosts[detail & 1];
    if (!host.is_open()) host.open(kConfigs[1]);
    const std::size_t length = std::size_t{detail} * 8;
    switch (call % 10) {
      case 0:
        host.observe(program.text(length), C2WATCH_FORMAT_AUTO);
        break;
      case 1:
        host.observe(program.text(length), C2WATCH_FORMAT_JSON);
        break;
      case 2:
        host.observe(program.text(length), C2WATCH_FORMAT_XML);
        break;
      case 3:
        host.observe_fields(program.text(length));
        break;
      case 4:
        host.any_time(program.number(), (detail & 2) != 0);
        break;
      case 5: {
        // A config of the input's own must not name files.
        const std::string_view own = program.text(length);
        const bool harmless = own.find("checkpoint") == std::string_view::npos &&
                              own.find('\\') == std::string_view::npos;
        host.reconfigure(harmless && (detail & 2) != 0 ? own : kConfigs[detail % kConfigs.size()]);
        break;
      }
      case 6:
        host.ask();
        break;
      case 7: {
        // A real attack, one byte of it changed: deep states, slightly wrong.
        std::string record = attack[detail % attack.size()];
        record[std::size_t{7} * program.byte() % record.size()] = static_cast<char>(program.byte());
        host.observe(record, C2WATCH_FORMAT_AUTO);
        break;
      }
      case 8:
        for (const std::string& record : attack) host.observe(record, C2WATCH_FORMAT_AUTO);
        break;
      default:
        host.explain((detail & 2) != 0 ? program.text(length)
                                       : kQuestions[detail / 4 % kQuestions.size()]);
        break;
    }
  }
  return 0;
}
