#include "core/engine/allowlist.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

// Never the C library's: its answer depends on the host's locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool ends_with_text(std::string_view whole, std::string_view end) {
  return whole.size() >= end.size() && same_text(whole.substr(whole.size() - end.size()), end);
}

std::string_view without_root_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
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
  if (same_text(wanted, host)) return true;
  return wanted.find('.') == wanted.npos && same_text(wanted, host.substr(0, host.find('.')));
}

bool address_holds(const Cidr& range, std::string_view text) {
  const std::optional<Cidr> address = parse_cidr(text);
  if (!address || address->prefix_bits != 128) return false;
  const std::size_t whole = static_cast<std::size_t>(range.prefix_bits / 8);
  if (!std::equal(range.address.begin(), range.address.begin() + whole, address->address.begin()))
    return false;
  const int rest = range.prefix_bits % 8;
  if (rest == 0) return true;
  const int mask = (0xFF00 >> rest) & 0xFF;
  return (range.address[whole] & mask) == (address->address[whole] & mask);
}

// The texts of one kind of evidence: a detector may name one or several.
template <class Holds>
bool any_evidence(const Finding& finding, std::string_view one, std::string_view several,
                  Holds holds) {
  for (const Evidence& e : finding.evidence) {
    if (e.name == one) {
      const auto* text = std::get_if<std::string>(&e.value);
      if (text != nullptr && holds(*text)) return true;
    } else if (e.name == several) {
      // Every one of them: a burst over ten domains is not explained by one that is allowed.
      const auto* texts = std::get_if<std::vector<std::string>>(&e.value);
      if (texts != nullptr && !texts->empty() && std::ranges::all_of(*texts, holds)) return true;
    }
  }
  return false;
}

bool holds(const AllowlistEntry& entry, const Finding& finding) {
  if (!entry.detector.empty() && entry.detector != finding.detector) return false;
  if (known(entry.ends) && finding.emitted_at >= entry.ends) return false;
  if (!entry.host.empty() && !host_holds(entry.host, finding.host)) return false;
  if (!entry.process.empty() && !process_holds(entry.process, finding.process.image)) return false;
  if (entry.cidr && !address_holds(*entry.cidr, finding.destination.ip)) return false;
  if (!entry.domain.empty()) {
    const auto covers = [&](std::string_view name) { return domain_holds(entry.domain, name); };
    if (!covers(finding.destination.hostname) &&
        !any_evidence(finding, "domain", "domains", covers))
      return false;
  }
  if (!entry.task.empty()) {
    const auto names = [&](std::string_view name) { return same_text(entry.task, name); };
    if (!any_evidence(finding, "task_name", "task_names", names)) return false;
  }
  return true;
}

}  // namespace

std::optional<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));  // inet_pton wants the terminating zero
  Cidr range;
  int width = 128;
  if (in_addr v4; inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    range.address[10] = range.address[11] = 0xFF;
    std::memcpy(&range.address[12], &v4, sizeof v4);
    width = 32;
  } else if (in6_addr v6; inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    std::memcpy(range.address.data(), &v6, sizeof v6);
  } else {
    return std::nullopt;
  }
  int bits = width;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, bits);
    if (failure != std::errc{} || stop != end || bits < 0 || bits > width) return std::nullopt;
  }
  range.prefix_bits = 128 - width + bits;
  return range;
}

std::string last_day(const AllowlistEntry& entry) {
  if (!known(entry.ends)) return "";
  return day_text(std::chrono::floor<std::chrono::days>(entry.ends - Duration{1}));
}

Allowlist::Allowlist(std::vector<AllowlistEntry> entries) { replace(std::move(entries)); }

bool Allowlist::suppresses(const Finding& finding) {
  const auto hit = std::ranges::find_if(
      entries_, [&](const Counted& counted) { return holds(counted.entry, finding); });
  if (hit == entries_.end()) return false;
  ++hit->suppressed;
  return true;
}

void Allowlist::replace(std::vector<AllowlistEntry> entries) {
  std::vector<Counted> fresh;
  fresh.reserve(entries.size());
  for (AllowlistEntry& entry : entries) {
    const auto old = std::ranges::find(entries_, entry, &Counted::entry);
    const std::uint64_t suppressed = old == entries_.end() ? 0 : old->suppressed;
    fresh.push_back({std::move(entry), suppressed});
  }
  entries_ = std::move(fresh);
}

}  // namespace c2watch::engine
