// DestinationScope: which destinations the detectors look at, and which processes they leave alone.
//
//   Result<DestinationScope> scope = DestinationScope::create(ScopeSettings::standard());
//   if (!scope->contains(e.destination_ip, e.destination_hostname, e.image)) return;
//
// A row is dropped when its address, its host name or its process is excluded. NULL is never
// excluded. Three profiles, and every list can be configured:
//
//   seed      the seed's 19 address, 14 host and 12 program patterns, on the text, byte by byte,
//             with its holes: "*live.com" drops olive.com, "*chrome.exe" drops notchrome.exe but
//             not Chrome.EXE, and "10.*" is no help against ::ffff:10.0.0.1.
//   standard  addresses as numbers: what the IANA special-purpose registries (RFC 6890 and its
//             updates) list but for documentation, and multicast. Domains on label boundaries in
//             any case, with or without the trailing dot. Programs by their whole file name in any
//             case. Clouds where anyone can rent a server (amazonaws.com, azure.com,
//             cloudflare.com, googleapis.com) stay in: that is what this detection is about.
//   lab       standard with loopback and private addresses in scope, so that tests against a server
//             on the same machine or network can fire.
//
// TRANSLATED ADDRESSES  64:ff9b::/96 (NAT64) and 2002::/16 (6to4) carry an IPv4 address and are
//           judged by it: 64:ff9b::808:808 is 8.8.8.8. Excluding them whole would make every
//           detector blind on IPv6-only networks.
// BLIND SPOTS  old Sysmon writes some IPv4 addresses as the first bytes of a nonsensical IPv6
// address;
//           those are looked at as what they say. A destination_ip that is no address stays in
//           scope.
// COST      seed about 90 ns, standard about 40 ns a row; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/explanation.h"
#include "core/analytics/ip_address.h"
#include "core/analytics/suffix_set.h"
#include "core/model/result.h"

namespace c2watch::analytics {

enum class ScopeMatching : std::uint8_t {
  globs,       // text patterns with '*' at either end, case-sensitive
  structured,  // networks, domains and file names
};

struct ScopeSettings {
  ScopeMatching matching = ScopeMatching::structured;
  std::vector<std::string> excluded_networks{};  // "10.0.0.0/8"; globs: "10.*"
  std::vector<std::string> excluded_domains{};  // "live.com", with all below it; globs: "*live.com"
  std::vector<std::string> excluded_processes{};  // "chrome.exe"; globs: "*chrome.exe"

  static ScopeSettings seed();
  static ScopeSettings standard();
  static ScopeSettings lab();
};

// Text patterns of the form x, x*, *x and *x*, matched byte by byte.
class GlobSet {
 public:
  static Result<GlobSet> create(const std::vector<std::string>& globs);

  GlobSet() = default;

  bool matches(std::string_view text) const;

 private:
  std::vector<std::string> whole_;
  std::vector<std::string> prefixes_;
  std::vector<std::string> infixes_;
  SuffixSet suffixes_{Letters::exact, Before::anything};
};

// An entry of a list that drops a row, and what of the row it matches.
struct ScopeRule {
  std::string_view setting;  // "scope.excluded_networks"
  std::string entry;         // as the config writes it
  std::string subject;
};

class DestinationScope {
 public:
  // The error names the entry and says what would be right.
  static Result<DestinationScope> create(const ScopeSettings& settings);

  // Whether a row with these is looked at. `process` is a path or a name, as the record has it.
  bool contains(std::string_view destination_ip, std::string_view destination_hostname,
                std::string_view process) const {
    return !excludes_ip(destination_ip) && !excludes_hostname(destination_hostname) &&
           !excludes_process(process);
  }

  bool excludes_ip(std::string_view destination_ip) const;
  bool excludes_hostname(std::string_view hostname) const;
  bool excludes_process(std::string_view process) const;

  // Which rule drops a row, for people who ask: some 10 us. nullopt: none does.
  std::optional<ScopeRule> rule_against(std::string_view destination_ip,
                                        std::string_view destination_hostname,
                                        std::string_view process) const;

 private:
  ScopeSettings settings_;  // for rule_against()
  ScopeMatching matching_ = ScopeMatching::structured;
  IpNetworks networks_;
  SuffixSet domains_{Letters::any_case, Before::label};
  SuffixSet processes_{Letters::any_case, Before::path};
  GlobSet ip_globs_;
  GlobSet hostname_globs_;
  GlobSet process_globs_;
};

// True when the scope drops such a row; `x` then says by which entry.
bool drop_by_scope(const DestinationScope& scope, std::string_view ip, std::string_view hostname,
                   std::string_view process, Explanation& x);

}  // namespace c2watch::analytics
