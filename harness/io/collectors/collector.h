// Collector: a real log collector with the plugin in it, started for one run.
//
//   Result<std::unique_ptr<Collector>> collector = open_collector({.name = "syslog-ng"});
//   Result<CollectorOutput> output = (*collector)->run(spool, R"({"extends": "lab"})");
//
// Each run is a daemon of its own in a private folder that is its working folder too: paths in
// its configuration are relative wherever the daemon allows it. There is no port, no file elsewhere
// and no state of another run. It ends when the last line of the spool is out, or when
// nothing has come out for kTimeout.
//
// CLOCK  The engine in the daemon lives by the events' own times, as the one in process does: what
//        is carried was recorded, and is older or younger than this machine's clock.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/io/collectors/record_spool.h"

namespace c2watch::harness {

// Far above what a daemon takes for anything, also on a busy machine.
inline constexpr std::chrono::seconds kTimeout{60};

struct CollectorSettings {
  std::string name;     // "syslog-ng", "fluent-bit", "rsyslog"; "": none
  std::string program;  // the daemon; "": found
  std::string module;   // our part in it; "": found beside this program or where it is installed
};

inline constexpr std::string_view kCollectorNames = "syslog-ng, fluent-bit or rsyslog";
bool is_collector(std::string_view name);

class Collector {
 public:
  virtual ~Collector() = default;
  virtual std::string name() const = 0;  // with its version: "syslog-ng 3.38.1"
  // `config` is the plugin's. An error: the daemon would not start, failed, or got stuck.
  virtual Result<CollectorOutput> run(const RecordSpool& spool,
                                      const std::string& config) const = 0;
};

// An error names what is missing, and where it was looked for.
Result<std::unique_ptr<Collector>> open_collector(const CollectorSettings& settings);

}  // namespace c2watch::harness
