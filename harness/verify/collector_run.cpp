#include "harness/verify/collector_run.h"

#include <algorithm>

namespace c2watch::harness {
namespace {

constexpr std::size_t kLostShown = 5;

}  // namespace

Result<Journey> travel(const Carrier& carrier, const Cargo& cargo, const std::string& profile,
                       const std::vector<Emission>& in_process) {
  const Result<Delivery> delivery = carrier.carry(cargo, judging_config(profile));
  if (!delivery) return Error{delivery.error()};
  Journey journey;
  Transport& t = journey.transport;
  t.profile = profile;
  t.collector = carrier.name();
  t.records = cargo.records();
  t.records_out = delivery->records_out();
  t.foreign = delivery->foreign();
  for (const std::size_t record : delivery->lost())
    if (t.lost.size() < kLostShown) t.lost.push_back(record + 1);
  for (const Delivery::Finding& f : delivery->findings())
    journey.delivered.push_back(read_emission(f.record, cargo.time_us(f.record), f.line));
  compare_findings(t, in_process, journey.delivered);
  return journey;
}

}  // namespace c2watch::harness
