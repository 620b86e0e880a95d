// What fuzz targets share: a property that does not hold ends the process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/model/event.h"

namespace c2watch::testing_support {

inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "\nproperty does not hold: %s\n", property);
  std::abort();
}

// What holds for every Event that a reader called readable.
inline void require_sound(const Event& e) {
  require(e.destination_port >= kNoPort && e.destination_port <= 65'535,
          "destination_port in range");
  require(e.source_port >= kNoPort && e.source_port <= 65'535, "source_port in range");
  for (const std::string_view text : {e.computer,
                                      e.channel,
                                      e.process_guid,
                                      e.image,
                                      e.user,
                                      e.command_line,
                                      e.original_file_name,
                                      e.parent_process_guid,
                                      e.parent_image,
                                      e.parent_command_line,
                                      e.application,
                                      e.source_hostname,
                                      e.source_ip,
                                      e.destination_ip,
                                      e.destination_hostname,
                                      e.protocol,
                                      e.query_name,
                                      e.query_results,
                                      e.task_name,
                                      e.task_content,
                                      e.subject_user_name,
                                      e.subject_domain_name,
                                      e.script_block_text}) {
    require(text != "-" && text != ",", "a placeholder is NULL");
  }
  if (e.kind == Kind::other) return;
  const Time begin{}, end = std::chrono::sys_days{std::chrono::year{2101} / 1 / 1};
  require(e.utc_time >= begin && e.utc_time < end, "utc_time in range");
  require(e.time_created >= begin && e.time_created < end, "time_created in range");
}

}  // namespace c2watch::testing_support
