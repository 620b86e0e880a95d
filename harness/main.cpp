// c2watch: the judge. See harness/README.md.
#include <csignal>
#include <exception>
#include <iostream>
#include <string_view>

#include "harness/cli/command.h"

namespace {

using namespace c2watch::harness;  // main speaks the harness's language

struct Command {
  std::string_view name;
  int (*run)(const Arguments&);
  std::string_view summary;
};

constexpr Command kCommands[] = {
    {"run", run_command, "the whole demonstration: tests, findings, throughput"},
    {"verify", verify_command, "the four tests: is the telemetry there, and the detection?"},
    {"doctor", doctor_command, "a sample of your stream: which detectors can work, what mends it"},
    {"scan", scan_command, "telemetry files, through the plugin, to findings"},
    {"config", config_command, "a config: checked, shown with where each value is from, compared"},
    {"explain", explain_command, "why a key fired or did not: its numbers against the thresholds"},
    {"bench", bench_command, "throughput, after the answer was checked"},
    {"gate", gate_command, "what a detection must hold before a change lands, in one verdict"},
    {"mutate", mutate_command, "which evasion silences which detector"},
    {"sweep", sweep_command, "quality: beacons seen at a rate of false positives, ROC"},
};

void print_help(std::ostream& out) {
  out << "Usage: c2watch COMMAND [options]\n\n"
         "Judges the c2watch plugin: the same shared object that a log collector loads.\n\n"
         "Commands:\n";
  for (const Command& c : kCommands)
    out << "  " << c.name << std::string(10 - c.name.size(), ' ') << c.summary << "\n";
  out << "\n  c2watch COMMAND --help explains a command, with examples.\n"
         "  c2watch --version\n\n"
      << kExitCodes;
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) return print_help(std::cerr), kUsage;
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") return print_help(std::cout), kHeld;
  if (name == "--version") {
    std::cout << "c2watch " << C2WATCH_VERSION << " (plugin interface " << C2WATCH_ABI_MAJOR << "."
              << C2WATCH_ABI_MINOR << ")\n";
    return kHeld;
  }
  for (const Command& c : kCommands)
    if (c.name == name) return c.run(Arguments(arguments.begin() + 1, arguments.end()));
  std::cerr << "c2watch: no command '" << name << "'\nTry: c2watch --help\n";
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(true);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of the write like any other
  try {
    return dispatch(Arguments(argv + 1, argv + argc));
  } catch (const PluginFailure& failure) {
    std::cerr << "c2watch: the plugin failed: " << failure.message << "\n";
  } catch (const std::exception& e) {
    std::cerr << "c2watch: " << e.what() << "\n";
  }
  return kInput;
}
