// c2watch: see harness/README.md.
#include "harness/cli/command.h"

using namespace c2watch::harness;

int main(int argc, char** argv) {
  constexpr Command kCommands[] = {
      {"verify", verify_command, "the four tests: is the telemetry there, and the detection?"},
      {"doctor", doctor_command,
       "a sample of your stream: which detectors can work, what fixes it"},
      {"scan", scan_command, "telemetry files, through the plugin, to findings"},
      {"config", config_command,
       "a config: checked, shown with where each value is from, compared"},
      {"explain", explain_command,
       "why a key fired or did not: its numbers against the thresholds"},
      {"gate", gate_command, "what a detection must pass before a change lands, in one verdict"},
  };
  return run_program_with(
      kCommands, "Verifies the c2watch plugin: the same shared object that a log collector loads.",
      C2WATCH_VERSION, Arguments(argv + 1, argv + argc));
}
