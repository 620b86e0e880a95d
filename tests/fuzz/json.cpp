// Any bytes as JSON: no crash, the same answer from a used and from a fresh reader, and nothing
// read that an independent parser would not take for JSON.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/fuzz.h"

namespace {

// A number too large for a double is JSON all the same; nlohmann says so by another exception.
bool is_json(std::string_view text) {
  try {
    const nlohmann::json parsed = nlohmann::json::parse(text);
    return !parsed.is_discarded();
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::parse_error&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2watch;
  using namespace c2watch::testing_support;
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  static parse::Reader used;
  parse::Reader fresh;
  Event a, b;
  const parse::Unreadable why = used.read_json(text, a);
  require(why == fresh.read_json(text, b), "the same reason twice");
  if (why != parse::Unreadable::none) return 0;
  require_sound(a);
  require(describe(a) == describe(b), "the same event twice");
  // Escapes inside strings that nobody wants are not looked at; a byte order mark is passed over.
  if (text.find('\\') == std::string_view::npos && !text.starts_with("\xEF\xBB\xBF")) {
    require(is_json(text), "what is read is JSON");
  }
  return 0;
}
