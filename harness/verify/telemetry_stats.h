// Survey: what kinds of events some telemetry has, and from that the likely reason why a wanted one
// is not among them, with the line of configuration that fixes it.
//
//   Survey survey;
//   for (event) survey.add(event);
//   MissingCause d = survey.diagnose(signal);   // "Sysmon events arrive, but no EID 3 ..."
//
// The reasons are those of Sysmon's configuration, of Windows' audit policy and of collectors that
// take one channel and not another. They are likely, not certain: what a
// host was configured to do is not visible here.
//
// MEMORY    one counter for each event id and channel, and for at most kMaxPrograms programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "harness/io/parsed_event.h"
#include "harness/verify/expectation.h"

namespace c2watch::harness {

bool is_loopback(std::string_view address);

struct MissingCause {
  std::string reason;
  std::string fix;  // a line of Sysmon's configuration, or a command; "" when there is none
};

class TelemetryStats {
 public:
  static constexpr std::size_t kMaxPrograms = 1'000;

  void add(const ParsedEvent& event);
  MissingCause diagnose(const Signal& missing) const;

  std::uint64_t events(std::uint32_t event_id, std::string_view channel) const;
  // (channel, event id) -> events.
  const std::map<std::pair<std::string, std::uint32_t>, std::uint64_t>& kinds() const {
    return kinds_;
  }
  std::optional<std::int64_t> first_us() const { return first_us_; }
  std::optional<std::int64_t> last_us() const { return last_us_; }

 private:
  std::uint64_t of_channel(std::string_view channel) const;
  bool has_program(std::uint32_t event_id, const Signal& wanted) const;
  MissingCause sysmon(const Signal& missing) const;
  MissingCause connections(const Signal& missing) const;
  MissingCause security(const Signal& missing) const;

  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> kinds_;
  std::set<std::pair<std::uint32_t, std::string>> programs_;  // (event id, Image)
  std::uint64_t loopback_connections_ = 0;
  std::uint64_t processes_without_command_line_ = 0;
  std::uint64_t tasks_without_content_ = 0;
  std::optional<std::int64_t> first_us_;
  std::optional<std::int64_t> last_us_;
};

}  // namespace c2watch::harness
