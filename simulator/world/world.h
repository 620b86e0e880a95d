// World: everything that exists before anything happens: programs, sites, hosts and their people.
//
//   World world(seed, 200, start, end);
//   for (Host& h : world.hosts) ...
//
// MEMORY    about 2 KiB a host; texts are shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "world/host.h"
#include "world/network.h"
#include "world/program.h"
#include "world/text.h"
#include "world/time.h"

namespace c2sim {

struct World {
  World(std::uint64_t seed_, std::size_t host_count, Instant start_, Instant end_)
      : seed(seed_), start(start_), end(end_) {
    for (std::size_t i = 0; i < host_count; ++i)
      hosts.emplace_back(i, seed, start, texts, programs);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const Text* text(std::string_view raw) { return texts.intern(raw); }
  const Program& program(App app) const { return programs.get(app); }

  std::uint64_t seed;
  Instant start, end;
  TextPool texts;
  Catalogue programs{texts};
  Network network{texts};
  std::deque<Host> hosts;  // never move: events point to them
};

}  // namespace c2sim
