#include "harness/verify/telemetry_stats.h"

#include <algorithm>

#include "harness/verify/remediation.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using std::string_view;

constexpr string_view kSysmon = kSysmonChannel;
constexpr string_view kSecurity = kSecurityChannel;
constexpr string_view kPowerShell = "Microsoft-Windows-PowerShell/Operational";
constexpr string_view kDnsClient = "Microsoft-Windows-DNS-Client/Operational";

string eid(std::uint32_t event_id) { return "EID " + std::to_string(event_id); }

// A rule that makes Sysmon record these events of the wanted program.
string include_program(std::uint32_t event_id, const Signal& signal) {
  const auto image = signal.where.find("Image");
  return image == signal.where.end()
             ? ""
             : sysmon_record_program(event_id, image->second.wanted("ends_with"));
}

bool wants(const Signal& signal, const char* field, string_view value) {
  const auto at = signal.where.find(field);
  return at != signal.where.end() && at->second.holds(json(string(value)));
}

}  // namespace

bool is_loopback(string_view address) {
  return address.starts_with("127.") || address.starts_with("::ffff:127.") || address == "::1" ||
         address == "0:0:0:0:0:0:0:1";
}

void TelemetryStats::add(const ParsedEvent& e) {
  ++kinds_[{e.channel, e.event_id}];
  if (const auto at = e.time_us()) {
    if (!first_us_ || *at < *first_us_) first_us_ = at;
    if (!last_us_ || *at > *last_us_) last_us_ = at;
  }
  if (e.event_id == 3) loopback_connections_ += is_loopback(e.field("DestinationIp"));
  if (e.event_id == 1) processes_without_command_line_ += e.field("CommandLine").empty();
  if (e.event_id == 4698) tasks_without_content_ += e.field("TaskContent").empty();
  if (const auto image = e.field("Image"); !image.empty() && programs_.size() < kMaxPrograms)
    programs_.emplace(e.event_id, image);
}

std::uint64_t TelemetryStats::of_channel(string_view channel) const {
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : kinds_) sum += kind.first == channel ? count : 0;
  return sum;
}

// Some collectors leave the channel out; their events count for every channel.
std::uint64_t TelemetryStats::events(std::uint32_t event_id, string_view channel) const {
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : kinds_)
    if (kind.second == event_id && (kind.first == channel || kind.first.empty())) sum += count;
  return sum;
}

bool TelemetryStats::has_program(std::uint32_t event_id, const Signal& wanted) const {
  const auto rule = wanted.where.find("Image");
  if (rule == wanted.where.end()) return true;
  return std::any_of(programs_.begin(), programs_.end(), [&](const auto& seen) {
    return seen.first == event_id && rule->second.holds(json(seen.second));
  });
}

MissingCause TelemetryStats::diagnose(const Signal& missing) const {
  if (kinds_.empty()) return {"no event at all could be read", ""};
  if (missing.channel == kSysmon) return sysmon(missing);
  if (missing.channel == kSecurity) return security(missing);
  if (events(missing.event_id, missing.channel) > 0)
    return {eid(missing.event_id) + " arrives, but none is like this one", ""};
  if (missing.channel == kPowerShell)
    return {
        of_channel(kPowerShell) == 0
            ? "nothing of PowerShell's channel: it is not collected, or script block logging is off"
            : "PowerShell's channel arrives without EID 4104: script block logging is off",
        enable_script_block_logging()};
  if (missing.channel == kDnsClient)
    return {"nothing of the DNS client's channel: it is off unless it is switched on",
            enable_dns_client_log()};
  return {"no " + eid(missing.event_id) + " of channel " + missing.channel, ""};
}

MissingCause TelemetryStats::sysmon(const Signal& missing) const {
  const string rule(sysmon_rule(missing.event_id));
  if (of_channel(kSysmon) == 0 && events(missing.event_id, kSysmon) == 0)
    return {"no Sysmon event at all: Sysmon does not run, or its channel is not collected",
            sysmon_install()};
  if (events(missing.event_id, kSysmon) == 0)
    return {"Sysmon events arrive, but no " + eid(missing.event_id) +
                ": the Sysmon configuration leaves out " + (rule.empty() ? "these events" : rule),
            sysmon_record_all(missing.event_id)};
  if (missing.event_id == 3) return connections(missing);
  if (!has_program(missing.event_id, missing))
    return {eid(missing.event_id) +
                " arrives, but none of this program: it did not run while this "
                "was recorded, or the Sysmon configuration leaves it out",
            include_program(missing.event_id, missing)};
  if (missing.event_id == 1 && missing.where.count("CommandLine") != 0 &&
      processes_without_command_line_ == events(1, kSysmon))
    return {"EID 1 arrives without CommandLine: the collector drops or renames the field",
            pass_event_data(CollectorKind::unknown)};
  return {eid(missing.event_id) + " of this program arrives, but none is like this one", ""};
}

MissingCause TelemetryStats::connections(const Signal& missing) const {
  const bool local = wants(missing, "DestinationIp", "127.0.0.1");
  if (local && loopback_connections_ == 0)
    return {
        "EID 3 arrives, but none to loopback: the Sysmon configuration excludes 127.0.0.1, or "
        "nothing connected there",
        sysmon_record_loopback()};
  if (!has_program(3, missing))
    return {
        "EID 3 arrives, but none of this program: it made no connection while this was "
        "recorded, or the Sysmon configuration leaves it out",
        include_program(3, missing)};
  return {"EID 3 of this program arrives, but none is like this one", ""};
}

MissingCause TelemetryStats::security(const Signal& missing) const {
  if (events(missing.event_id, kSecurity) > 0) {
    if (missing.event_id == 4698 && tasks_without_content_ == events(4698, kSecurity))
      return {"EID 4698 arrives without TaskContent: the collector drops or cuts the field",
              pass_event_data(CollectorKind::unknown)};
    return {eid(missing.event_id) + " arrives, but none is like this one", ""};
  }
  if (of_channel(kSecurity) == 0)
    return {
        "nothing of the Security channel: it is not collected, or the exercise's host is not "
        "in this telemetry",
        "collect the channel Security; " + audit_task_creation()};
  return {"Security events arrive, but no " + eid(missing.event_id) +
              ": the audit policy leaves out \"Other Object Access Events\"",
          audit_task_creation()};
}

}  // namespace c2watch::harness
