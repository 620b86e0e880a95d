#include "core/engine/matching.h"

#include <algorithm>

namespace c2watch::engine {
namespace {

// Never the C library's: its answer depends on the host's locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ends_with_text(std::string_view whole, std::string_view end) {
  return whole.size() >= end.size() && same_text(whole.substr(whole.size() - end.size()), end);
}

std::string_view without_root_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool domain_holds(std::string_view domain, std::string_view name) {
  domain = without_root_dot(domain);
  name = without_root_dot(name);
  if (!ends_with_text(name, domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool process_holds(std::string_view wanted, std::string_view image) {
  if (wanted.find('\\') == wanted.npos) {
    if (const auto slash = image.find_last_of("\\/"); slash != image.npos)
      image.remove_prefix(slash + 1);
  }
  return same_text(wanted, image);
}

bool host_holds(std::string_view wanted, std::string_view host) {
  wanted = without_root_dot(wanted);
  host = without_root_dot(host);
  if (same_text(wanted, host)) return true;
  return wanted.find('.') == wanted.npos && same_text(wanted, host.substr(0, host.find('.')));
}

bool address_holds(const Cidr& range, std::string_view text) {
  // Only what is an address to the rest of the detection is one here.
  if (text.find('/') != text.npos || text.find('\0') != text.npos) return false;
  const std::optional<Cidr> address = parse_cidr(text);
  if (!address) return false;
  const std::size_t whole = static_cast<std::size_t>(range.prefix_bits / 8);
  if (!std::equal(range.address.begin(), range.address.begin() + whole, address->address.begin()))
    return false;
  const int rest = range.prefix_bits % 8;
  if (rest == 0) return true;
  const int mask = (0xFF00 >> rest) & 0xFF;
  return (range.address[whole] & mask) == (address->address[whole] & mask);
}

}  // namespace c2watch::engine
