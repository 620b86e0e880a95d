// EngineStats: what the engine has seen and done since it was opened. Plain counters; the JSON that
// hosts receive is described in plugin/abi/README.md.
#pragma once

#include <array>
#include <cstdint>

#include "core/model/event.h"
#include "core/parse/unreadable.h"

namespace c2watch::engine {

struct EngineStats {
  std::uint64_t records = 0;  // everything handed to observe
  std::uint64_t used = 0;
  std::uint64_t ignored = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t repeated = 0;
  std::uint64_t created_ahead = 0;  // used, but with a log time ahead of the host's clock
  std::array<std::uint64_t, kKinds> events{};
  std::array<std::uint64_t, parse::kUnreadables> unreadable{};
};

}  // namespace c2watch::engine
