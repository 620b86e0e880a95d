// Event: one normalised record, whatever shape it arrived in.
//
//   if (e.kind == Kind::network_connect && e.initiated == Initiated::yes) count(e.destination_ip);
//
// Members carry Sysmon's own names (Image -> image, DestinationIp -> destination_ip), because
// every wire shape carries those names under some prefix.
//
// TEXT      Views into the caller's buffer or the reader's scratch space: both live until the
//           reader reads its next record, not longer. Copy what you keep.
// NULL      An empty view is NULL. Readers turn the placeholders "-" and "," into NULL too, so no
//           detector ever compares against a placeholder.
// TIMES     utc_time is when the activity happened (EventData/UtcTime, else TimeCreated);
//           time_created is when Windows logged it (System/TimeCreated, else UtcTime). Slices and
//           intervals within one event id use utc_time. Joins between event ids use time_created:
//           on a resumed virtual machine the utc_time of EID 1 and EID 3 can lie days apart.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/model/time.h"

namespace c2watch {

enum class Kind : std::uint8_t {
  other,            // readable, but an event id that no detector asks for
  process_create,   // Sysmon 1
  network_connect,  // Sysmon 3
  dns_query,        // Sysmon 22
  task_created,     // Security 4698
  script_block,     // PowerShell 4104
  dns_client,       // DNS-Client/Operational 3008
  network_record,   // an already normalised Sumo CSE record
};
inline constexpr int kKinds = 8;

enum class Initiated : std::uint8_t { unknown, no, yes };

inline constexpr std::int32_t kNoPort = -1;

struct Event {
  Kind kind = Kind::other;
  std::uint32_t event_id = 0;  // 0: the record has none (network_record)

  Time utc_time = kNoTime;
  Time time_created = kNoTime;

  // NXLog's EventTime and EventReceivedTime, written without a zone: both by the clock of one wall,
  // taken for UTC. kNoTime where the event's times have a zone.
  Time local_time = kNoTime;
  Time local_received = kNoTime;
  bool has_utc_time = false;  // utc_time is the record's own UtcTime

  // Where the event stands in Windows' logs; the three together name it for ever.
  std::string_view computer;
  std::string_view channel;
  std::uint64_t record_id = 0;  // 0: unknown; Windows counts from 1
  bool bad_record_id = false;   // there was one, but it is no whole number of 64 bits

  // The acting process (EID 1, 3, 22).
  std::string_view process_guid;  // as written: braces and case vary, compare with same_guid()
  std::uint32_t process_id = 0;   // 0: unknown (the idle process makes no events)
  std::string_view image;
  std::string_view user;

  // EID 1.
  std::string_view command_line;
  std::string_view original_file_name;
  std::string_view parent_process_guid;
  std::string_view parent_image;
  std::string_view parent_command_line;

  // EID 3 and network_record.
  std::string_view application;  // network_record only: Sumo's mapping never fills it for EID 3
  std::string_view source_hostname;
  std::string_view source_ip;
  std::string_view destination_ip;
  std::string_view destination_hostname;
  std::int32_t destination_port = kNoPort;  // 0..65535
  std::int32_t source_port = kNoPort;       // 0..65535
  std::string_view protocol;
  Initiated initiated = Initiated::unknown;

  // EID 22 and DNS-Client 3008.
  std::string_view query_name;
  std::string_view query_results;
  std::uint32_t query_status = 0;  // Windows error code: 0 answered, 9003 NXDOMAIN
  bool has_query_status = false;

  // Security 4698.
  std::string_view task_name;
  std::string_view task_content;  // the Task XML, decoded until "<Task" appears
  std::string_view subject_user_name;
  std::string_view subject_domain_name;

  // PowerShell 4104.
  std::string_view script_block_text;
};

}  // namespace c2watch
