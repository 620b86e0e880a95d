#include "core/analytics/spelling.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "core/analytics/ascii.h"
#include "core/analytics/ip_address.h"

namespace c2watch::analytics {

void FoldedName::set(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  char* to = short_.data();
  if (name.size() > short_.size()) {
    long_.resize(name.size());
    to = long_.data();
  }
  lower_into(to, name);
  text_ = {to, name.size()};
}

void FoldedAddress::set(std::string_view text) {
  text_ = text;
  if (text.find(':') == text.npos) return;
  const std::optional<IpAddress> ip = parse_ip(text);
  if (!ip) return;

  char* to = written_.data();
  char* const end = to + written_.size();
  const auto write = [&](std::uint64_t number, int base, char after) {
    to = std::to_chars(to, end, number, base).ptr;
    *to++ = after;
  };
  if (is_ipv4(*ip)) {
    for (int shift = 24; shift >= 0; shift -= 8) write(ipv4_of(*ip) >> shift & 0xff, 10, '.');
  } else {
    for (const std::uint64_t half : {ip->high, ip->low}) {
      for (int shift = 48; shift >= 0; shift -= 16) write(half >> shift & 0xffff, 16, ':');
    }
  }
  text_ = {written_.data(), static_cast<std::size_t>(to - 1 - written_.data())};
}

}  // namespace c2watch::analytics
