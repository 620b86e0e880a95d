// c2watch-bench: measurements of the plugin. See bench/README.md.
#include "bench/cli/commands.h"

using namespace c2watch::harness;

int main(int argc, char** argv) {
  constexpr Command kCommands[] = {
      {"bench", bench_command, "throughput, after the answer was checked"},
      {"mutate", mutate_command, "which evasion silences which detector"},
      {"sweep", sweep_command, "quality: beacons seen at a rate of false positives, ROC"},
  };
  return run_program_with(
      kCommands, "Measures the c2watch plugin: the same shared object that a log collector loads.",
      C2WATCH_VERSION, Arguments(argv + 1, argv + argc));
}
