// c2sim: telemetry of simulated Windows hosts, with the truth about it beside. See README.md.
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "scenarios/cli.h"
#include "scenarios/run.h"

namespace {

constexpr int kDone = 0, kUsage = 2, kFiles = 3;

int print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kFiles : kDone;
}

int simulate(const c2sim::Settings& settings) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1 && settings.out != "-";
  const auto progress = [](std::uint64_t events) {
    std::fprintf(stderr, "\r%llu events", static_cast<unsigned long long>(events));
  };
  const c2sim::RunResult result = terminal ? c2sim::run(settings, progress) : c2sim::run(settings);
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
  if (result.error) {
    std::cerr << "c2sim: " << *result.error << "\n";
    return kFiles;
  }
  if (terminal) {
    std::cerr << result.events << " events, " << result.labelled << " of them labelled\n";
  }
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  const c2sim::Command command = c2sim::parse_command_line(argc, argv);
  if (const auto* text = std::get_if<c2sim::Print>(&command)) return print(text->text);
  if (const auto* mistake = std::get_if<c2sim::Mistake>(&command)) {
    std::cerr << "c2sim: " << mistake->message << "\nTry c2sim --help.\n";
    return kUsage;
  }
  return simulate(std::get<c2sim::Settings>(command));
}
