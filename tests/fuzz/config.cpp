// Any bytes as a config: taken, or refused with lines of text that a person can read; the same
// answer twice; and what check() takes, open() takes, and the engine that it makes can work.
#include <cstdint>
#include <string>
#include <string_view>

#include "abi/c2watch.h"
#include "anomaly/attack_records.h"
#include "support/fuzz.h"

namespace {

using c2watch::testing_support::require;

bool is_readable(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7F) return false;
  }
  return !text.empty();
}

void work_with(std::string_view config) {
  static const auto records = c2watch::testing_support::attack_records();
  c2watch_engine* engine = nullptr;
  require(c2watch_open(nullptr, config.data(), config.size(), &engine) == C2WATCH_OK,
          "what check() takes, open() takes");
  for (const std::string& r : records) {
    require(c2watch_observe(engine, C2WATCH_FORMAT_JSON, r.data(), r.size(), nullptr) == C2WATCH_OK,
            "an engine that opened works");
  }
  require(c2watch_reconfigure(engine, config.data(), config.size()) == C2WATCH_OK,
          "an engine takes its own config");
  c2watch_close(engine);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  char why[4096], again[4096];
  const c2watch_status status = c2watch_check(text.data(), text.size(), why, sizeof why);
  require(status == c2watch_check(text.data(), text.size(), again, sizeof again) &&
              std::string_view(why) == again,
          "the same answer twice");
  if (status == C2WATCH_OK) {
    require(why[0] == '\0', "nothing to say against a good config");
    // Opening one that names a checkpoint would touch a file of the fuzzer's choice.
    if (text.find("checkpoint") == std::string_view::npos &&
        text.find('\\') == std::string_view::npos)
      work_with(text);
    return 0;
  }
  require(status == C2WATCH_BAD_CONFIG, "refused as a config");
  require(is_readable(why), "a reason that a terminal can show");
  return 0;
}
