// Habit: one program's routine on one host, as a row of a table: who runs it, how often, with whom
// it speaks.
//
//   {.app = App::edr, .who = Who::system, .pace = {minutes(1), 0.1, Law::symmetric},
//    .sites = kEdrSites, .owners = 1.0}
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "rhythm/rhythm.h"
#include "world/stage.h"
#include "world/world.h"

namespace c2sim {

enum class Who : std::uint8_t { system, network_service, local_service, user };
enum class Parent : std::uint8_t {
  services,
  schedule,
  dcom_launch,
  explorer,
  search_indexer,
  inventory
};

struct Habit {
  App app = App::svchost;
  std::string_view command_line{};  // empty: the quoted image alone
  Who who = Who::system;
  Parent parent = Parent::services;
  Rhythm pace{};
  std::span<const std::string_view> sites{};  // names, or "10.20.0.30" for the local network
  std::uint16_t port = 443;
  bool udp = false;
  int sites_at_once = 1;  // 1..n different connections an activity
  double asks_dns = 0.3;  // share of connections that a DNS query precedes
  double owners = 1.0;    // share of hosts that have it
  bool working_hours = false;
  bool every_time_new = false;  // starts a process each time, with its EID 1
};

// Everything but the people: what is periodic by design.
std::span<const Habit> agent_habits();
// What comes with Windows and an office suite.
std::span<const Habit> office_habits();

std::unique_ptr<Actor> make_habit(World& world, Host& host, const Habit& habit,
                                  Instant resident_since);

const Account& account_of(const Host& host, Who who);
const Process& parent_of(const Host& host, Parent parent);

}  // namespace c2sim
