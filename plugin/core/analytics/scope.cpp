#include "core/analytics/scope.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <utility>

namespace c2watch::analytics {
namespace {

// The clouds of the seed's list that rent servers to anyone are missing here on purpose.
constexpr std::array kDomains = {
    "microsoft.com",       "windows.com",   "windowsupdate.com",
    "office.com",          "live.com",      "office365.com",
    "microsoftonline.com", "digicert.com",  "verisign.com",
    "akamai.com",          "akamai.net",    "akamaiedge.net",
    "akamaihd.net",        "akamaized.net", "akamaitechnologies.com",
};

constexpr std::array kSeedHostGlobs = {
    "*microsoft.com", "*windows.com",    "*windowsupdate.com",   "*office.com",
    "*live.com",      "*azure.com",      "*microsoftonline.com", "*office365.com",
    "*akamai*",       "*cloudflare.com", "*amazonaws.com",       "*googleapis.com",
    "*digicert.com",  "*verisign.com",
};

// The seed's programs: browsers, mail, chat and file synchronisation.
constexpr std::array kProcesses = {
    "msedge.exe", "chrome.exe", "firefox.exe",  "iexplore.exe",
    "opera.exe",  "brave.exe",  "outlook.exe",  "teams.exe",
    "slack.exe",  "zoom.exe",   "onedrive.exe", "msedgewebview2.exe",
};

constexpr std::array kPrivateNetworks = {
    "10.0.0.0/8",  "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",  // RFC 1918, RFC 4193
    "127.0.0.0/8", "::1/128",                                      // loopback
};

// IANA IPv4 and IPv6 Special-Purpose Address Registries, less the private and loopback entries
// above, the mapped form (judged as IPv4), NAT64 and 6to4 (judged by what they carry), and the
// documentation ranges: real traffic never goes there, exercises and tests do (decision 0020).
constexpr std::array kOtherNetworks = {
    "0.0.0.0/8",          // this network, RFC 791
    "100.64.0.0/10",      // shared address space of carriers, RFC 6598
    "169.254.0.0/16",     // link local, RFC 3927
    "192.0.0.0/24",       // IETF protocol assignments, RFC 6890
    "192.31.196.0/24",    // AS112, RFC 7535
    "192.52.193.0/24",    // automatic multicast tunnelling, RFC 7450
    "192.88.99.0/24",     // 6to4 relays, RFC 7526
    "192.175.48.0/24",    // AS112, RFC 7534
    "198.18.0.0/15",      // benchmarking, RFC 2544
    "224.0.0.0/4",        // multicast, RFC 5771
    "240.0.0.0/4",        // reserved and limited broadcast, RFC 1112, RFC 8190
    "::/128",             // unspecified, RFC 4291
    "64:ff9b:1::/48",     // local translation, RFC 8215
    "100::/64",           // discard only, RFC 6666
    "100:0:0:1::/64",     // dummy prefix, RFC 9780
    "2001::/23",          // IETF protocol assignments (Teredo, ORCHID, ...), RFC 2928
    "2620:4f:8000::/48",  // AS112, RFC 7534
    "5f00::/16",          // segment routing, RFC 9602
    "fe80::/10",          // link local, RFC 4291
    "fec0::/10",          // site local, deprecated by RFC 3879, still seen
    "ff00::/8",           // multicast, RFC 4291
};

template <std::size_t N>
void append(std::vector<std::string>& to, const std::array<const char*, N>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// The IPv4 address that a NAT64 or 6to4 address leads to.
std::optional<IpAddress> carried_ipv4(const IpAddress& ip) {
  if (ip.high == 0x0064'FF9B'0000'0000u && ip.low >> 32 == 0)
    return ipv4(static_cast<std::uint32_t>(ip.low));
  if (ip.high >> 48 == 0x2002u) return ipv4(static_cast<std::uint32_t>(ip.high >> 16));
  return std::nullopt;
}

Error bad_entry(std::string_view what, std::string_view entry, std::string_view why) {
  return {std::string(what) + " \"" + std::string(entry) + "\": " + std::string(why)};
}

}  // namespace

ScopeSettings ScopeSettings::seed() {
  ScopeSettings settings{.matching = ScopeMatching::globs};
  settings.excluded_networks.emplace_back("10.*");
  for (int second = 16; second <= 31; ++second)
    settings.excluded_networks.push_back("172." + std::to_string(second) + ".*");
  settings.excluded_networks.emplace_back("192.168.*");
  settings.excluded_networks.emplace_back("127.*");
  append(settings.excluded_domains, kSeedHostGlobs);
  for (const char* process : kProcesses)
    settings.excluded_processes.push_back("*" + std::string(process));
  return settings;
}

ScopeSettings ScopeSettings::standard() {
  ScopeSettings settings = lab();
  append(settings.excluded_networks, kPrivateNetworks);
  return settings;
}

ScopeSettings ScopeSettings::lab() {
  ScopeSettings settings;
  append(settings.excluded_networks, kOtherNetworks);
  append(settings.excluded_domains, kDomains);
  append(settings.excluded_processes, kProcesses);
  return settings;
}

Result<GlobSet> GlobSet::create(const std::vector<std::string>& globs) {
  GlobSet made;
  for (const std::string& glob : globs) {
    std::string_view text = glob;
    const bool open_start = text.starts_with('*');
    if (open_start) text.remove_prefix(1);
    const bool open_end = text.ends_with('*');
    if (open_end) text.remove_suffix(1);
    if (text.empty()) return bad_entry("pattern", glob, "would match everything or nothing");
    if (text.find('*') != std::string_view::npos)
      return bad_entry("pattern", glob, "'*' may stand at the beginning and at the end only");
    if (open_start && !open_end) {
      made.suffixes_.add(text);
      continue;
    }
    (!open_end ? made.whole_ : open_start ? made.infixes_ : made.prefixes_).emplace_back(text);
  }
  return made;
}

bool GlobSet::matches(std::string_view text) const {
  if (text.empty()) return false;  // NULL
  const auto is = [&](const std::string& glob) { return text == glob; };
  const auto starts = [&](const std::string& glob) { return text.starts_with(glob); };
  const auto has = [&](const std::string& glob) {
    return text.find(glob) != std::string_view::npos;
  };
  return suffixes_.matches(text) || std::any_of(prefixes_.begin(), prefixes_.end(), starts) ||
         std::any_of(infixes_.begin(), infixes_.end(), has) ||
         std::any_of(whole_.begin(), whole_.end(), is);
}

Result<DestinationScope> DestinationScope::create(const ScopeSettings& settings) {
  DestinationScope made;
  made.matching_ = settings.matching;
  made.settings_ = settings;
  if (settings.matching == ScopeMatching::globs) {
    for (const auto& [globs, set] :
         {std::pair{&settings.excluded_networks, &made.ip_globs_},
          std::pair{&settings.excluded_domains, &made.hostname_globs_},
          std::pair{&settings.excluded_processes, &made.process_globs_}}) {
      Result<GlobSet> parsed = GlobSet::create(*globs);
      if (!parsed) return parsed.error();
      *set = std::move(*parsed);
    }
    return made;
  }
  Result<IpNetworks> networks = IpNetworks::create(settings.excluded_networks);
  if (!networks) return networks.error();
  made.networks_ = std::move(*networks);
  for (const std::string& domain : settings.excluded_domains) {
    if (domain.empty() || domain.starts_with('.') || domain.ends_with('.') ||
        domain.find('*') != std::string::npos)
      return bad_entry("domain", domain,
                       "write the name alone (\"example.com\"); all below it match");
    made.domains_.add(domain);
  }
  for (const std::string& process : settings.excluded_processes) {
    if (process.empty() || process.find_first_of("*\\/") != std::string::npos)
      return bad_entry("process", process,
                       "write a whole file name (\"chrome.exe\"), without folder");
    made.processes_.add(process);
  }
  return made;
}

bool DestinationScope::excludes_ip(std::string_view destination_ip) const {
  if (matching_ == ScopeMatching::globs) return ip_globs_.matches(destination_ip);
  const std::optional<IpAddress> ip = parse_ip(destination_ip);
  if (!ip) return false;
  if (networks_.contains(*ip)) return true;
  const std::optional<IpAddress> carried = carried_ipv4(*ip);
  return carried && networks_.contains(*carried);
}

bool DestinationScope::excludes_hostname(std::string_view hostname) const {
  if (matching_ == ScopeMatching::globs) return hostname_globs_.matches(hostname);
  if (hostname.ends_with('.')) hostname.remove_suffix(1);
  return domains_.matches(hostname);
}

bool DestinationScope::excludes_process(std::string_view process) const {
  if (matching_ == ScopeMatching::globs) return process_globs_.matches(process);
  return processes_.matches(process);
}

}  // namespace c2watch::analytics
