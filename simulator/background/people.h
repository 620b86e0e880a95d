// People: browsing, programs that come and go, and the noise that Windows makes around them.
#pragma once

#include <memory>

#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

// Pages in bursts during working hours, with their DNS queries and renderer processes.
std::unique_ptr<Actor> make_browser(World& world, Host& host, Instant resident_since);

// Short-lived system processes: EID 1 and no network.
std::unique_ptr<Actor> make_system_noise(World& world, Host& host);

// Failing queries of wermgr, Defender, browsers: benign all of them, sometimes hundreds at once.
std::unique_ptr<Actor> make_dns_noise(World& world, Host& host);

// Multicast, and connections that others open to this machine.
std::unique_ptr<Actor> make_lan_noise(World& world, Host& host);

// Task registrations by updaters (4698).
std::unique_ptr<Actor> make_task_noise(World& world, Host& host);

}  // namespace c2sim
