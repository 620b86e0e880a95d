#include "rhythm/rhythm.h"

#include <array>
#include <utility>

namespace c2sim {
namespace {

constexpr std::array<std::pair<Law, std::string_view>, 5> kLaws = {{
    {Law::one_sided, "one-sided"},
    {Law::symmetric, "symmetric"},
    {Law::additive, "additive"},
    {Law::uniform, "uniform"},
    {Law::exponential, "exponential"},
}};

}  // namespace

std::string_view law_name(Law law) {
  for (const auto& [l, name] : kLaws)
    if (l == law) return name;
  return "";
}

std::optional<Law> parse_law(std::string_view name) {
  for (const auto& [law, known] : kLaws)
    if (known == name) return law;
  return std::nullopt;
}

Ticks Rhythm::draw(Random& random) const {
  const double s = to_seconds(interval);
  switch (law) {
    case Law::one_sided:
      return seconds(random.between(s * (1 - jitter), s));
    case Law::symmetric:
      return seconds(random.between(s * (1 - jitter), s * (1 + jitter)));
    case Law::additive:
      return seconds(s + random.between(0, s * jitter));
    case Law::uniform: {
      const auto low = static_cast<std::uint32_t>(s);
      const auto high = static_cast<std::uint32_t>(s * (1 + jitter));
      return std::chrono::seconds{low + random.below(high - low + 1)};
    }
    case Law::exponential:
      return seconds(random.exponential(s));
  }
  return interval;
}

}  // namespace c2sim
