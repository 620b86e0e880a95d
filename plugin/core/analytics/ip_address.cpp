#include "core/analytics/ip_address.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace c2watch::analytics {
namespace {

constexpr int kGroups = 8;
constexpr IpAddress kLastAddress{UINT64_MAX, UINT64_MAX};

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  if (text.size() < 7 || text.size() > 15) return std::nullopt;  // 0.0.0.0 .. 255.255.255.255
  std::uint32_t address = 0;
  std::uint32_t byte = 0;
  int digits = 0;
  int dots = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++dots == 4) return std::nullopt;
      address = address << 8 | byte;
      byte = 0;
      digits = 0;
      continue;
    }
    if (c < '0' || c > '9' || (digits > 0 && byte == 0)) return std::nullopt;
    byte = byte * 10 + static_cast<std::uint32_t>(c - '0');
    if (++digits > 3 || byte > 255) return std::nullopt;
  }
  if (dots != 3 || digits == 0) return std::nullopt;
  return address << 8 | byte;
}

struct Groups {
  std::array<std::uint16_t, kGroups> value{};
  int size = 0;

  bool add(std::uint32_t group) {
    if (size == kGroups) return false;
    value[static_cast<std::size_t>(size++)] = static_cast<std::uint16_t>(group);
    return true;
  }
};

// Groups up to the end or "::"; moves `text` behind what it read. Dotted quads only at the end.
bool read_groups(std::string_view& text, Groups& groups) {
  while (!text.empty()) {
    std::uint32_t group = 0;
    std::size_t digits = 0;
    while (digits < text.size() && hex_value(text[digits]) >= 0) {
      group = group << 4 | static_cast<std::uint32_t>(hex_value(text[digits]));
      if (++digits > 4) return false;
    }
    if (digits < text.size() && text[digits] == '.') {
      const std::optional<std::uint32_t> quad = parse_ipv4(text);
      text = {};
      return quad && groups.add(*quad >> 16) && groups.add(*quad & 0xFFFF);
    }
    if (digits == 0 || !groups.add(group)) return false;
    text.remove_prefix(digits);
    if (text.empty() || text.starts_with("::")) return true;
    if (text[0] != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
  }
  return true;
}

std::optional<IpAddress> parse_ipv6(std::string_view text) {
  if (const std::size_t zone = text.find('%'); zone != std::string_view::npos) {
    if (zone + 1 == text.size()) return std::nullopt;
    text = text.substr(0, zone);
  }
  Groups head;
  Groups tail;
  bool compressed = text.starts_with("::");
  if (!compressed) {
    if (!read_groups(text, head)) return std::nullopt;
    compressed = text.starts_with("::");
  }
  if (compressed) {
    text.remove_prefix(2);
    if (!read_groups(text, tail) || !text.empty()) return std::nullopt;
  }
  const int given = head.size + tail.size;
  if (compressed ? given >= kGroups : given != kGroups) return std::nullopt;
  for (int i = 0; i < tail.size; ++i)
    head.value[static_cast<std::size_t>(kGroups - tail.size + i)] =
        tail.value[static_cast<std::size_t>(i)];

  IpAddress ip;
  for (std::size_t i = 0; i < 4; ++i) {
    ip.high = ip.high << 16 | head.value[i];
    ip.low = ip.low << 16 | head.value[i + 4];
  }
  return ip;
}

// The ones of a netmask of `length` bits out of 128, inverted.
IpAddress host_bits(int length) {
  if (length == 0) return kLastAddress;
  if (length >= 128) return {0, 0};
  if (length >= 64) return {0, length == 64 ? UINT64_MAX : UINT64_MAX >> (length - 64)};
  return {UINT64_MAX >> length, UINT64_MAX};
}

IpAddress next(IpAddress ip) {
  if (++ip.low == 0) ++ip.high;
  return ip;
}

Error bad_network(std::string_view text, std::string_view why) {
  return {"network \"" + std::string(text) + "\": " + std::string(why)};
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (const std::optional<std::uint32_t> quad = parse_ipv4(text)) return ipv4(*quad);
  return parse_ipv6(text);
}

Result<IpNetworks> IpNetworks::create(std::span<const std::string> networks) {
  std::vector<Range> ranges;
  for (const std::string& text : networks) {
    const std::string_view address = std::string_view(text).substr(0, text.find('/'));
    const std::optional<IpAddress> first = parse_ip(address);
    if (!first) return bad_network(text, "must begin with an IPv4 or IPv6 address");
    const bool dotted = address.find(':') == std::string_view::npos;
    const int bits = dotted ? 32 : 128;
    int length = bits;
    if (address.size() < text.size()) {
      const char* begin = text.data() + address.size() + 1;
      const char* end = text.data() + text.size();
      const auto [stop, failed] = std::from_chars(begin, end, length);
      if (failed != std::errc{} || stop != end || length < 0 || length > bits)
        return bad_network(text, "the prefix length must be 0.." + std::to_string(bits));
    }
    const IpAddress host = host_bits(dotted ? length + 96 : length);
    if ((first->high & host.high) != 0 || (first->low & host.low) != 0)
      return bad_network(text, "the address has bits behind the prefix length");
    ranges.push_back({*first, {first->high | host.high, first->low | host.low}});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });

  IpNetworks made;
  for (const Range& range : ranges) {
    if (!made.ranges_.empty() && (made.ranges_.back().last == kLastAddress ||
                                  range.first <= next(made.ranges_.back().last))) {
      made.ranges_.back().last = std::max(made.ranges_.back().last, range.last);
    } else {
      made.ranges_.push_back(range);
    }
  }
  for (std::uint32_t byte = 0; byte < 256; ++byte) made.by_first_byte_[byte] = made.verdict(byte);
  return made;
}

IpNetworks::Verdict IpNetworks::verdict(std::uint32_t first_byte) const {
  const IpAddress first = ipv4(first_byte << 24);
  const IpAddress last = ipv4(first_byte << 24 | 0xFF'FFFF);
  for (const Range& range : ranges_) {
    if (range.first <= first && last <= range.last) return Verdict::all;
    if (range.first <= last && first <= range.last) return Verdict::look;
  }
  return Verdict::none;
}

bool IpNetworks::contains(const IpAddress& ip) const {
  if (!is_ipv4(ip)) return in_a_range(ip);
  const Verdict verdict = by_first_byte_[ipv4_of(ip) >> 24];
  return verdict == Verdict::all || (verdict == Verdict::look && in_a_range(ip));
}

bool IpNetworks::in_a_range(const IpAddress& ip) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), ip,
                       [](const IpAddress& a, const Range& r) { return a < r.first; });
  return after != ranges_.begin() && ip <= std::prev(after)->last;
}

}  // namespace c2watch::analytics
