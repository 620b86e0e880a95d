// Remedies: the lines of configuration and the commands that make missing telemetry arrive.
//
// One source for everybody who diagnoses (survey.h, doctor/). Sysmon's lines are filters of its
// configuration; a collector's lines are its own syntax, as few of them as fix the issue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/io/input_format.h"

namespace c2watch::harness {

inline constexpr std::string_view kSysmonChannel = "Microsoft-Windows-Sysmon/Operational";
inline constexpr std::string_view kSecurityChannel = "Security";

// What a Sysmon configuration calls the events: "NetworkConnect"; "" for other ids.
std::string_view sysmon_rule(std::uint32_t event_id);

// Sysmon: record all of these events ("" for ids without a rule), those of one program, or those to
// loopback.
std::string sysmon_record_all(std::uint32_t event_id);
std::string sysmon_record_program(std::uint32_t event_id, std::string_view image_ending);
std::string sysmon_record_loopback();
std::string sysmon_install();

// Windows: make the Security log record new tasks.
std::string audit_task_creation();
std::string enable_script_block_logging();
std::string enable_dns_client_log();

// Collectors: take this channel as well.
std::string collect_channel(CollectorKind collector, std::string_view channel);
// Collectors: hand EventData on as Windows has it.
std::string pass_event_data(CollectorKind collector);
// Collectors: hand over names with the values, so that none can stand in another's place.
std::string send_names(CollectorKind collector);
// Collectors: hand over this member of System: "EventRecordID", "Computer", "Channel".
std::string pass_system(CollectorKind collector, std::string_view member);
// Collectors: times with a zone.
std::string send_utc(CollectorKind collector);

// Windows: the clock.
std::string set_clock();

}  // namespace c2watch::harness
