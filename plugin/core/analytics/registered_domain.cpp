#include "core/analytics/registered_domain.h"

#include <libpsl.h>

#include <algorithm>
#include <array>

#include "core/analytics/ascii.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

// RFC 1035, 3.1: 255 bytes on the wire are 253 of text.
constexpr std::size_t kMaxName = 253;

constexpr std::array<std::string_view, 12> kInternal = {
    "in-addr.arpa", "ip6.arpa", "home.arpa", "local",   "localdomain", "lan",
    "home",         "internal", "intranet",  "private", "corp",        "localhost"};

constexpr bool ends_with_label(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  return name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.';
}

bool is_internal(std::string_view name) {
  return std::any_of(kInternal.begin(), kInternal.end(),
                     [&](std::string_view s) { return ends_with_label(name, s); });
}

// No top-level domain is a number, so this is an address.
bool is_address(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return !last.empty() &&
         std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// How many bytes at the end of `name` are its registered domain.
std::size_t registered_bytes(std::string_view name) {
  std::array<char, kMaxName + 1> lower{};  // libpsl wants lower case and a final NUL
  std::transform(name.begin(), name.end(), lower.begin(), ascii_lower);
  const std::string_view text(lower.data(), name.size());
  if (is_internal(text) || is_address(text) || text.find('\0') != std::string_view::npos) return 0;

  const psl_ctx_t* list = psl_builtin();
  if (list == nullptr) return 0;  // a libpsl built without a list
  const char* domain = psl_registrable_domain(list, lower.data());
  return domain == nullptr ? 0 : std::string_view(domain).size();
}

}  // namespace

RegisteredDomains::RegisteredDomains(std::uint64_t seed) : slots_(kSlots), seed_(seed) {}

std::string_view RegisteredDomains::of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > kMaxName || name.find('.') == std::string_view::npos) return {};

  const std::uint64_t hash = state::hash_text(seed_, name);
  Slot& slot = slots_[hash % kSlots];
  if (slot.hash != hash || slot.name_bytes != name.size()) {
    slot = {hash, static_cast<std::uint16_t>(name.size()),
            static_cast<std::uint16_t>(registered_bytes(name))};
  }
  return name.substr(name.size() - slot.domain_bytes);
}

}  // namespace c2watch::analytics
