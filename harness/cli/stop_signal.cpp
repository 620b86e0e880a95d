#include "harness/cli/stop_signal.h"

#include <charconv>
#include <string_view>

namespace c2watch::harness {
namespace {

volatile std::sig_atomic_t signalled = 0;

}  // namespace

Result<std::optional<std::chrono::seconds>> duration_of(const std::string& text) {
  if (text.empty()) return std::optional<std::chrono::seconds>{};
  std::uint32_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::uint32_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (failed != std::errc{} || factor == 0 || n == 0)
    return Error{"--duration must be a duration such as 90s, 30m or 2h, not '" + text + "'"};
  return std::optional(std::chrono::seconds(std::uint64_t{n} * factor));
}

CatchInterrupts::CatchInterrupts() {
  signalled = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signalled = 1; };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
}

CatchInterrupts::~CatchInterrupts() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

bool interrupted() { return signalled != 0; }

}  // namespace c2watch::harness
