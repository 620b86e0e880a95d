// Saved event: an Event as archive fields (state/archive.h), for the journal. What is read back
// holds views into the Reader's bytes.
#pragma once

#include "core/model/event.h"
#include "core/state/archive.h"

namespace c2watch::engine {

template <class Archive>
void event_fields(Archive& a, Event& e) {
  a(e.kind, e.event_id, e.utc_time, e.time_created, e.computer, e.channel, e.record_id,
    e.process_guid, e.process_id, e.image, e.user, e.command_line, e.original_file_name,
    e.parent_process_guid, e.parent_image, e.parent_command_line, e.application, e.source_hostname,
    e.source_ip, e.destination_ip, e.destination_hostname, e.destination_port, e.source_port,
    e.protocol, e.initiated, e.query_name, e.query_results, e.query_status, e.has_query_status,
    e.task_name, e.task_content, e.subject_user_name, e.subject_domain_name, e.script_block_text);
  if constexpr (Archive::kReads) {
    const bool sound = static_cast<int>(e.kind) < kKinds && e.initiated <= Initiated::yes &&
                       e.destination_port >= kNoPort && e.destination_port <= 65'535 &&
                       known(e.utc_time);
    if (!sound) a.fail();
  }
}

}  // namespace c2watch::engine
