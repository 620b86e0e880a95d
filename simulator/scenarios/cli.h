// Cli: the command line of c2sim.
#pragma once

#include <string>
#include <variant>

#include "scenarios/settings.h"

namespace c2sim {

// A command line is a run to make, a text to print, or a mistake to explain.
struct Print {
  std::string text;
};
struct Mistake {
  std::string message;
};
using Command = std::variant<Settings, Print, Mistake>;

Command parse_command_line(int argc, const char* const* argv);

}  // namespace c2sim
