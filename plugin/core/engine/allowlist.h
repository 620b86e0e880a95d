// Allowlist: findings that somebody has looked at and does not want to see again.
//
//   Allowlist allowed(settings.allowlist);
//   if (allowed.suppresses(finding)) return;  // counted under the entry that did it
//
// An entry holds when everything it names holds, so {"process": "agent.exe", "domain": "x.com"} is
// narrower than either alone. Detectors keep counting what it covers, apart from the rest where one
// finding joins several destinations; a removed or expired entry takes effect with the next event
// of what it covered, and every suppression is visible in the stats.
//
// MATCHING  domain   the name itself or any name below it, case-insensitive ("b.com" is not
//                    "a-b.com"), on each of the finding's names
//           process  the whole file name, or the whole path when the entry has a '\' in it,
//                    case-insensitive
//           host     the computer's name, case-insensitive; its first label alone also serves
//           cidr     the destination's address; IPv4-mapped IPv6 is IPv4
//           task     the scheduled task's name with its path, case-insensitive
// EXPIRY    an entry with `expires` holds through that day, UTC, by the finding's own time
// COST      a few comparisons an entry, on findings only
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/finding.h"
#include "core/model/time.h"

namespace c2watch::engine {

class JsonWriter;

// A range of addresses; IPv4 lies in ::ffff:0:0/96.
struct Cidr {
  std::array<std::uint8_t, 16> address{};
  int prefix_bits = 128;  // of the 128

  bool operator==(const Cidr&) const = default;
};

// "192.0.2.0/24", "2001:db8::/32", or one address. Nothing when it is neither.
std::optional<Cidr> parse_cidr(std::string_view text);

struct AllowlistEntry {
  std::string domain = {};
  std::string process = {};
  std::string host = {};
  std::optional<Cidr> cidr = {};
  std::string cidr_text = {};  // as written, for the stats
  std::string task = {};
  std::string detector = {};  // "" for every detector
  std::string reason = {};    // for whoever wonders later; never empty
  Time ends = kNoTime;        // first instant at which it no longer holds; kNoTime: never ends

  bool operator==(const AllowlistEntry&) const = default;
};

// "2026-12-31": the last day on which the entry holds; "" when it never ends.
std::string last_day(const AllowlistEntry& entry);

// What the entry says, as the members of a JSON object; those that are not given are left out.
void write_members(JsonWriter& w, const AllowlistEntry& entry);

class Allowlist {
 public:
  struct Counted {
    AllowlistEntry entry;
    std::uint64_t suppressed = 0;
    std::uint64_t name = 0;  // FindingSink::covered()
  };

  Allowlist() = default;
  explicit Allowlist(std::vector<AllowlistEntry> entries);

  // The place of the first entry that holds, which is counted.
  std::optional<std::size_t> suppresses(const Finding& finding);

  // The name of the first entry that holds, or FindingSink::kNotCovered. Counts nothing.
  std::uint64_t covering(const AlertSubject& subject) const;

  // A new list takes over the counts of the entries that it keeps.
  void replace(std::vector<AllowlistEntry> entries);

  std::span<const Counted> entries() const { return entries_; }

 private:
  std::vector<Counted> entries_;
};

}  // namespace c2watch::engine
