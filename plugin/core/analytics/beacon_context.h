// Beacon context: who calls where, and what that makes of a regular connection.
//
//   const BeaconAssessment a = assess({.image = e.image, .destination_ip = "203.0.113.7",
//                                      .destination_port = 8443});
//   a.severity; a.reasons;
//
// Timing cannot tell an update agent from an implant: both are regular. What can is the context,
// and each part of it is worth points:
//
//   3  script engine or LOLBin (process_class.h)
//   3  a program that has no business on the network: notepad, calc, ... (injected code)
//   3  image in a folder that every user may write
//   3  lineage: hidden, encoded or downloading; child of Office or a script host; of a task, if it is
//      a script engine or lies in a user's folder (every updater is started by the Task Scheduler)
//   1  destination without a name: a raw address
//   1  port outside the usual ones
//   1  destination that hardly any host speaks to, in a fleet large enough to say so
//
//   points     0, 1            2      3, 4      5 .. 7   8 and more
//   severity   informational   low    medium    high     critical
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/lineage.h"
#include "core/model/finding.h"

namespace c2watch::analytics {

// Ports that say nothing about a server: web, mail, names, time, FTP, SSH, Squid's 3128, and 5223 and
// 5228, where mobile phones' push services listen.
inline constexpr std::array<std::uint16_t, 16> kUsualPorts = {
    21, 22, 25, 53, 80, 110, 123, 143, 443, 465, 587, 993, 995, 3128, 5223, 5228};

struct BeaconContext {
  std::string_view image;
  std::optional<ProcessFacts> facts;  // from EID 1, when it was seen

  bool by_name = false;  // a DNS lookup: there is neither address nor port to judge
  std::string_view destination_hostname;
  std::int32_t destination_port = -1;  // -1: unknown
  std::span<const std::uint16_t> usual_ports;

  std::size_t hosts = 0;  // that spoke to the destination; 0: not known
  std::size_t fleet = 0;  // hosts seen at all
  std::size_t rare_hosts = 2;
  std::size_t min_fleet = 10;
};

struct BeaconAssessment {
  Severity severity = Severity::informational;
  int points = 0;
  std::vector<std::string> reasons;  // one for each part that counted
};

BeaconAssessment assess(const BeaconContext& context);

}  // namespace c2watch::analytics
