#include "harness/verify/transport.h"

#include <map>

namespace c2watch::harness {
namespace {

// The last update of each finding.
std::map<std::string, const FindingView*> by_id(const std::vector<Emission>& emissions) {
  std::map<std::string, const FindingView*> out;
  for (const Emission& e : emissions) {
    const FindingView*& last = out[e.finding.id];
    if (last == nullptr || e.finding.update >= last->update) last = &e.finding;
  }
  return out;
}

}  // namespace

std::string_view fate_name(FindingFate fate) {
  constexpr std::string_view kNames[] = {"missing", "extra", "last_cut"};
  return kNames[static_cast<int>(fate)];
}

void compare_findings(Transport& transport, const std::vector<Emission>& in_process,
                      const std::vector<Emission>& delivered) {
  const auto here = by_id(in_process);
  const auto there = by_id(delivered);
  transport.findings = here.size();
  transport.findings_out = there.size();
  const auto differs = [&](FindingFate fate, const FindingView& f) {
    transport.differences.push_back({fate, f.id, f.detector, f.title});
  };
  for (const auto& [id, finding] : here) {
    const auto other = there.find(id);
    if (other == there.end())
      differs(FindingFate::missing, *finding);
    else if (other->second->update != finding->update)
      differs(FindingFate::last_cut, *finding);
  }
  for (const auto& [id, finding] : there)
    if (here.count(id) == 0) differs(FindingFate::extra, *finding);
}

}  // namespace c2watch::harness
