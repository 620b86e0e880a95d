// Watching: what commands share that follow telemetry while it is written.
#pragma once

#include <csignal>

#include <chrono>
#include <optional>
#include <string>

#include "harness/base/result.h"

namespace c2watch::harness {

// --duration: "90s", "30m", "2h"; "" is without a limit.
Result<std::optional<std::chrono::seconds>> duration_of(const std::string& text);

// Ctrl-C ends the watching, not the program: the verdict is still to come.
class CatchInterrupts {
 public:
  CatchInterrupts();
  ~CatchInterrupts();
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

// Since the latest CatchInterrupts.
bool interrupted();

}  // namespace c2watch::harness
