#include "core/engine/allowlist.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/engine/instant.h"
#include "core/engine/json_writer.h"
#include "core/engine/matching.h"
#include "core/state/hash.h"

namespace c2watch::engine {
namespace {

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

// All but what only a whole finding shows: its domains and its task.
bool holds_but_for_names(const AllowlistEntry& entry, const AlertSubject& s) {
  if (!entry.detector.empty() && entry.detector != s.detector) return false;
  if (known(entry.ends) && s.at >= entry.ends) return false;
  if (!entry.host.empty() && !host_holds(entry.host, s.host)) return false;
  if (!entry.process.empty() && !process_holds(entry.process, s.image)) return false;
  return !entry.cidr || address_holds(*entry.cidr, s.ip);
}

bool holds(const AllowlistEntry& entry, const AlertSubject& s) {
  return holds_but_for_names(entry, s) &&
         (entry.domain.empty() || domain_holds(entry.domain, s.hostname)) &&
         (entry.task.empty() || same_text(entry.task, s.task));
}

bool holds(const AllowlistEntry& entry, const Finding& finding) {
  if (!holds_but_for_names(entry, subject_of(finding))) return false;
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

// By what an entry matches; why it is there and until when may change.
std::uint64_t name_of(const AllowlistEntry& entry) {
  constexpr std::uint64_t kStableSeed = 0;  // checkpoints keep these names
  const std::uint64_t name =
      state::hash_key(kStableSeed, {entry.domain, entry.process, entry.host, entry.cidr_text,
                                    entry.task, entry.detector})
          .low;
  return name == FindingSink::kNotCovered ? name + 1 : name;
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

void write_members(JsonWriter& w, const AllowlistEntry& entry) {
  w.text_if_any("domain", entry.domain);
  w.text_if_any("process", entry.process);
  w.text_if_any("host", entry.host);
  w.text_if_any("cidr", entry.cidr_text);
  w.text_if_any("task", entry.task);
  w.text_if_any("detector", entry.detector);
  w.text_if_any("reason", entry.reason);
  w.text_if_any("expires", last_day(entry));
}

Allowlist::Allowlist(std::vector<AllowlistEntry> entries) { replace(std::move(entries)); }

std::optional<std::size_t> Allowlist::suppresses(const Finding& finding) {
  const auto hit = std::ranges::find_if(
      entries_, [&](const Counted& counted) { return holds(counted.entry, finding); });
  if (hit == entries_.end()) return std::nullopt;
  ++hit->suppressed;
  return static_cast<std::size_t>(hit - entries_.begin());
}

std::uint64_t Allowlist::covering(const AlertSubject& subject) const {
  const auto hit = std::ranges::find_if(
      entries_, [&](const Counted& counted) { return holds(counted.entry, subject); });
  return hit == entries_.end() ? FindingSink::kNotCovered : hit->name;
}

void Allowlist::replace(std::vector<AllowlistEntry> entries) {
  std::vector<Counted> fresh;
  fresh.reserve(entries.size());
  for (AllowlistEntry& entry : entries) {
    const auto old = std::ranges::find(entries_, entry, &Counted::entry);
    const std::uint64_t suppressed = old == entries_.end() ? 0 : old->suppressed;
    const std::uint64_t name = name_of(entry);
    fresh.push_back({std::move(entry), suppressed, name});
  }
  entries_ = std::move(fresh);
}

}  // namespace c2watch::engine
