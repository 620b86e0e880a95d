// CollectorRun: telemetry through a collector, and what came out compared with the run in process.
//
//   Result<std::vector<Transport>> transports = run_all(*collector, spool, verifier);
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/io/collectors/collector.h"
#include "harness/verify/timed_finding.h"
#include "harness/verify/transport.h"

namespace c2watch::harness {

struct CollectorRun {
  Transport transport;
  std::vector<TimedFinding> delivered;
};

Result<CollectorRun> run_collector(const Collector& collector, const RecordSpool& spool,
                                   const std::string& profile,
                                   const std::vector<TimedFinding>& in_process);

// Of a Verifier that has seen the same records: one run a profile, after which the verifier
// evaluates what was delivered.
template <class Verifying>
Result<std::vector<Transport>> run_all(const Collector& collector, RecordSpool& spool,
                                       Verifying& verifier) {
  if (auto failed = spool.seal()) return Error{*failed};
  std::vector<Transport> transports;
  for (const std::string& profile : verifier.profiles()) {
    Result<CollectorRun> collector_run =
        run_collector(collector, spool, profile, verifier.timed_findings(profile));
    if (!collector_run) return Error{collector_run.error()};
    verifier.replace_findings(profile, collector_run->delivered);
    transports.push_back(std::move(collector_run->transport));
  }
  return transports;
}

}  // namespace c2watch::harness
