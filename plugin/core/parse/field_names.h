// Field names: what a name means, and where.
//
//   Name n = find_name(Scope::data, "DestinationIp");   // n.slot == Slot::destination_ip
//   Name n = find_name(Scope::record, "winlog");        // n.opens == Scope::system
//
// Every shape carries Sysmon's own names under some prefix, so one table serves all of them: the
// leaf is looked up in the scope that its prefix opened. Scopes keep apart what must not be mixed
// up: winlog.process.pid is Sysmon's own process, event_data.ProcessId the one that acted.
//
// COST      one hash over the length and sixteen bytes, and on a hit one comparison: about 3 ns.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/parse/raw_record.h"

namespace c2watch::parse {

enum class Scope : std::uint8_t {
  none,          // nothing in here is wanted
  record,        // the record itself, and wrappers around one: Event, _source, body, data, ...
  system,        // Event/System, winlog, data.win.system: about the record
  data,          // EventData, event_data: about what happened
  provider,      // System/Provider
  time_created,  // System/TimeCreated
  event_id,      // EventID with attributes; OpenTelemetry's event_id
  data_item,     // one element of EventData as a list
  // Elastic Common Schema.
  ecs_event,
  ecs_process,
  ecs_parent,
  ecs_pe,
  ecs_destination,
  ecs_source,
  ecs_host,
  ecs_dns,
  ecs_question,
  ecs_network,
  ecs_user,
  ecs_sysmon,
};

struct Name {
  Slot slot = Slot::none;     // what a scalar of this name means
  Scope opens = Scope::none;  // what an object of this name holds
  bool weak = false;          // what Elastic says about a record gives way to what Windows says
};

// Slot and scope are none for a name that nobody asks for.
Name find_name(Scope scope, std::string_view leaf);

// The same for a dotted path ("winlog.event_data.Image"), walked from `scope`.
Name find_path(Scope scope, std::string_view path);

// The scope that a prefix ("winlog.event_data") opens.
Scope find_scope(Scope scope, std::string_view prefix);

}  // namespace c2watch::parse
