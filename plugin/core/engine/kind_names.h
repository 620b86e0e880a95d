// How stats and metrics call the kinds of events.
#pragma once

#include <array>
#include <string_view>

#include "core/model/event.h"

namespace c2watch::engine {

inline constexpr std::array<std::string_view, kKinds> kKindNames = {
    "other",        "process_create", "network_connect", "dns_query",
    "task_created", "script_block",   "dns_client",      "network_record"};

}  // namespace c2watch::engine
