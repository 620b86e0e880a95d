#include "core/analytics/explanation.h"

namespace c2watch::analytics {
namespace {

// "1 hour" of "hours"; "0 check-ins".
std::string counted(std::uint64_t n, std::string_view nouns) {
  if (n == 1 && nouns.ends_with('s')) nouns.remove_suffix(1);
  return std::to_string(n) + " " + std::string(nouns);
}

}  // namespace

Condition at_least(std::string name, std::uint64_t has, std::uint64_t needs, std::string_view nouns,
                   std::string_view within) {
  Condition c{std::move(name),
              static_cast<std::int64_t>(has),
              static_cast<std::int64_t>(needs),
              has >= needs,
              1,
              counted(has, nouns) + std::string(within)};
  if (c.met) {
    c.text += " (" + std::to_string(needs) + " are enough)";
    return c;
  }
  c.share = static_cast<double>(has) / static_cast<double>(needs);
  const std::uint64_t missing = needs - has;
  c.text += " of at least " + std::to_string(needs) + ": " + std::to_string(missing) +
            (missing == 1 ? " more is missing" : " more are missing");
  return c;
}

}  // namespace c2watch::analytics
