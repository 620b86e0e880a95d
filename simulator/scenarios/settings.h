// Settings: what a user asks of c2sim. Defaults live here, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "formats/settings.h"

namespace c2sim {

enum class Background : std::uint8_t { none, agents, office };

struct Settings {
  std::string scenario = "atomic";
  std::vector<int> tests{1, 2, 3, 4};
  std::string framework;  // empty: no beacon

  std::size_t hosts = 1;
  std::size_t attacked = 0;  // hosts that the attack runs on; 0: all, in office: one
  double hours = 1;
  Instant start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{8};
  std::uint64_t seed = 1;
  std::uint64_t events = 0;  // stop after so many; 0: when the hours are over

  Background background = Background::none;
  double loss = 0;           // share of records lost
  double offline = 0;        // share of the time that a host is off
  std::vector<int> with;     // optional event ids: 4104, 3008
  std::vector<int> without;  // event ids that nobody collects
  AttackSettings attack;

  std::string shape = "xml";
  FormatSettings format;
  std::string out = "-";
  std::string truth;  // empty: none
};

}  // namespace c2sim
