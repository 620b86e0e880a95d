// Carrier: a real log collector with the plugin in it, started for one journey.
//
//   Result<std::unique_ptr<Carrier>> carrier = open_carrier({.name = "syslog-ng"});
//   Result<Delivery> delivery = (*carrier)->carry(cargo, R"({"extends": "lab"})");
//
// Each journey is a daemon of its own in a private folder that is its working folder too: paths in
// its configuration are relative wherever the daemon allows it. There is no port, no file elsewhere
// and no state of another journey. It ends when the last line of the cargo is out, or when
// nothing has come out for kPatience.
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
inline constexpr std::chrono::seconds kPatience{60};

struct CarrierSettings {
  std::string name;     // "syslog-ng", "fluent-bit", "rsyslog"; "": none
  std::string program;  // the daemon; "": found
  std::string module;   // our part in it; "": found beside this program or where it is installed
};

inline constexpr std::string_view kCarriers = "syslog-ng, fluent-bit or rsyslog";
bool is_carrier(std::string_view name);

class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual std::string name() const = 0;  // with its version: "syslog-ng 3.38.1"
  // `config` is the plugin's. An error: the daemon would not start, failed, or got stuck.
  virtual Result<Delivery> carry(const Cargo& cargo, const std::string& config) const = 0;
};

// An error names what is missing, and where it was looked for.
Result<std::unique_ptr<Carrier>> open_carrier(const CarrierSettings& settings);

}  // namespace c2watch::harness
