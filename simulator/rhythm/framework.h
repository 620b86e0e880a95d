// Framework: a command-and-control framework's habits: rhythm, process, port.
//
//   const Framework* f = find_framework("cobalt-strike-60-37");
#pragma once

#include <span>
#include <string_view>

#include "rhythm/rhythm.h"
#include "world/program.h"

namespace c2sim {

enum class Transport : std::uint8_t { tcp, dns };

struct Framework {
  std::string_view name;
  std::string_view note;  // where the rhythm comes from
  Rhythm rhythm;
  App app = App::powershell;
  std::string_view command_line;  // empty: the quoted image alone
  std::uint16_t port = 443;
  Transport transport = Transport::tcp;
};

std::span<const Framework> frameworks();
const Framework* find_framework(std::string_view name);  // nullptr: no such

}  // namespace c2sim
