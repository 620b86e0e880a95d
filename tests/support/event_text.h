// An Event as text, a member a line, so that two of them compare and a difference reads well.
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "core/model/event.h"

namespace c2watch::testing_support {

// Members without a value are left out.
inline std::string describe(const Event& e) {
  std::ostringstream out;
  const auto text = [&](const char* name, std::string_view value) {
    if (!value.empty()) out << name << " = " << value << '\n';
  };
  const auto time = [&](const char* name, Time value) {
    if (known(value)) out << name << " = " << value.time_since_epoch().count() << '\n';
  };
  out << "kind = " << static_cast<int>(e.kind) << "\nevent_id = " << e.event_id << '\n';
  time("utc_time", e.utc_time);
  time("time_created", e.time_created);
  text("computer", e.computer);
  text("channel", e.channel);
  if (e.record_id != 0) out << "record_id = " << e.record_id << '\n';
  text("process_guid", e.process_guid);
  if (e.process_id != 0) out << "process_id = " << e.process_id << '\n';
  text("image", e.image);
  text("user", e.user);
  text("command_line", e.command_line);
  text("original_file_name", e.original_file_name);
  text("parent_process_guid", e.parent_process_guid);
  text("parent_image", e.parent_image);
  text("parent_command_line", e.parent_command_line);
  text("application", e.application);
  text("source_hostname", e.source_hostname);
  text("source_ip", e.source_ip);
  text("destination_ip", e.destination_ip);
  text("destination_hostname", e.destination_hostname);
  if (e.destination_port != kNoPort) out << "destination_port = " << e.destination_port << '\n';
  if (e.source_port != kNoPort) out << "source_port = " << e.source_port << '\n';
  text("protocol", e.protocol);
  if (e.initiated != Initiated::unknown) {
    out << "initiated = " << (e.initiated == Initiated::yes ? "yes" : "no") << '\n';
  }
  text("query_name", e.query_name);
  text("query_results", e.query_results);
  if (e.has_query_status) out << "query_status = " << e.query_status << '\n';
  text("task_name", e.task_name);
  text("task_content", e.task_content);
  text("subject_user_name", e.subject_user_name);
  text("subject_domain_name", e.subject_domain_name);
  text("script_block_text", e.script_block_text);
  return out.str();
}

}  // namespace c2watch::testing_support
