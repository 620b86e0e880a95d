// Journey: telemetry through a collector, and what came of it held against the run in process.
//
//   Result<std::vector<Transport>> transports = carry_all(*carrier, cargo, judge);
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/io/collectors/collector.h"
#include "harness/verify/timed_finding.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {

struct Journey {
  Transport transport;
  std::vector<Emission> delivered;
};

Result<Journey> travel(const Carrier& carrier, const Cargo& cargo, const std::string& profile,
                       const std::vector<Emission>& in_process);

// Of a Judge or an Exercise that has heard the same records: one journey a profile, after which it
// judges what was delivered.
template <class Judging>
Result<std::vector<Transport>> carry_all(const Carrier& carrier, Cargo& cargo, Judging& judging) {
  if (auto failed = cargo.seal()) return Error{*failed};
  std::vector<Transport> transports;
  for (const std::string& profile : judging.profiles()) {
    Result<Journey> journey = travel(carrier, cargo, profile, judging.emissions(profile));
    if (!journey) return Error{journey.error()};
    judging.replace_emissions(profile, journey->delivered);
    transports.push_back(std::move(journey->transport));
  }
  return transports;
}

}  // namespace c2watch::harness
