// Which entry of which list drops a row: asked by people, so each entry is tried alone.
#include "core/analytics/scope.h"

namespace c2watch::analytics {
namespace {

// The entry that makes `excludes` true, as the config writes it.
template <class Excludes>
std::string entry_of(const std::vector<std::string>& entries, ScopeMatching matching,
                     std::vector<std::string> ScopeSettings::*list, Excludes excludes) {
  for (const std::string& entry : entries) {
    ScopeSettings alone{.matching = matching};
    (alone.*list).push_back(entry);
    const Result<DestinationScope> scope = DestinationScope::create(alone);
    if (scope && excludes(*scope)) return entry;
  }
  return "";
}

}  // namespace

std::optional<ScopeRule> DestinationScope::rule_against(std::string_view ip,
                                                        std::string_view hostname,
                                                        std::string_view process) const {
  using Scope = DestinationScope;
  if (excludes_ip(ip))
    return ScopeRule{
        "scope.excluded_networks",
        entry_of(settings_.excluded_networks, matching_, &ScopeSettings::excluded_networks,
                 [&](const Scope& s) { return s.excludes_ip(ip); }),
        std::string(ip)};
  if (excludes_hostname(hostname))
    return ScopeRule{
        "scope.excluded_domains",
        entry_of(settings_.excluded_domains, matching_, &ScopeSettings::excluded_domains,
                 [&](const Scope& s) { return s.excludes_hostname(hostname); }),
        std::string(hostname)};
  if (excludes_process(process))
    return ScopeRule{
        "scope.excluded_processes",
        entry_of(settings_.excluded_processes, matching_, &ScopeSettings::excluded_processes,
                 [&](const Scope& s) { return s.excludes_process(process); }),
        std::string(process)};
  return std::nullopt;
}

bool drop_by_scope(const DestinationScope& scope, std::string_view ip, std::string_view hostname,
                   std::string_view process, Explanation& x) {
  const std::optional<ScopeRule> rule = scope.rule_against(ip, hostname, process);
  if (!rule) return false;
  x.drop(rule->setting, rule->subject + " matches the entry \"" + rule->entry + "\"");
  return true;
}

}  // namespace c2watch::analytics
