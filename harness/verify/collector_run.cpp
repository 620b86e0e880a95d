#include "harness/verify/collector_run.h"

#include <algorithm>

namespace c2watch::harness {
namespace {

constexpr std::size_t kLostShown = 5;

}  // namespace

Result<CollectorRun> run_collector(const Collector& collector, const RecordSpool& spool,
                                   const std::string& profile,
                                   const std::vector<TimedFinding>& in_process) {
  const Result<CollectorOutput> collector_output = collector.run(spool, verify_config(profile));
  if (!collector_output) return Error{collector_output.error()};
  CollectorRun collector_run;
  Transport& t = collector_run.transport;
  t.profile = profile;
  t.collector = collector.name();
  t.records = spool.records();
  t.records_out = collector_output->records_out();
  t.unexpected = collector_output->unexpected();
  for (const std::size_t record : collector_output->lost())
    if (t.lost.size() < kLostShown) t.lost.push_back(record + 1);
  for (const CollectorOutput::Finding& f : collector_output->findings())
    collector_run.delivered.push_back(
        read_timed_finding(f.record, spool.time_us(f.record), f.line));
  compare_findings(t, in_process, collector_run.delivered);
  return collector_run;
}

}  // namespace c2watch::harness
