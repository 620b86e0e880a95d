#include "harness/verify/transport.h"

#include <map>
#include <utility>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;

string lost_records(const Transport& t) {
  string out = plural(t.records - t.records_out, "record") + " did not come out: number";
  for (const std::size_t record : t.lost) out += " " + std::to_string(record);
  return out + (t.lost.size() < t.records - t.records_out ? " ..." : "");
}

string findings_of(const Transport& t, DifferenceKind kind, const string& what) {
  string out;
  for (const FindingDifference& d : t.differences)
    if (d.kind == kind) out += (out.empty() ? what : ", ") + d.detector + " " + d.id;
  return out;
}

// The last update of each finding.
std::map<std::string, const Finding*> by_id(const std::vector<TimedFinding>& timed_findings) {
  std::map<std::string, const Finding*> out;
  for (const TimedFinding& e : timed_findings) {
    const Finding*& last = out[e.finding.id];
    if (last == nullptr || e.finding.update >= last->update) last = &e.finding;
  }
  return out;
}

}  // namespace

std::string_view to_string(DifferenceKind kind) {
  constexpr std::string_view kNames[] = {"missing", "extra", "last_cut"};
  return kNames[static_cast<int>(kind)];
}

string Transport::found() const {
  return with_thousands(records_out) + " of " + plural(records, "record") + " came out, " +
         plural(findings_out, "finding") +
         (differences.empty() && findings > 0 ? ", by id those that are raised in process" : "");
}

string Transport::detail() const {
  string out;
  const auto add = [&out](const string& what) { out += (out.empty() ? "" : "; ") + what; };
  if (records_out < records) add(lost_records(*this));
  if (unexpected > 0) add(plural(unexpected, "line") + " came out that were not put in");
  for (const auto& [kind, what] :
       {std::pair(DifferenceKind::missing, "raised in process and not by the collector: "),
        std::pair(DifferenceKind::extra, "raised by the collector alone: "),
        std::pair(DifferenceKind::last_cut, "not at the same update in both: ")})
    if (const string some = findings_of(*this, kind, what); !some.empty()) add(some);
  return out;
}

void compare_findings(Transport& transport, const std::vector<TimedFinding>& in_process,
                      const std::vector<TimedFinding>& delivered) {
  const auto here = by_id(in_process);
  const auto there = by_id(delivered);
  transport.findings = here.size();
  transport.findings_out = there.size();
  const auto differs = [&](DifferenceKind kind, const Finding& f) {
    transport.differences.push_back({kind, f.id, f.detector, f.title});
  };
  for (const auto& [id, finding] : here) {
    const auto other = there.find(id);
    if (other == there.end())
      differs(DifferenceKind::missing, *finding);
    else if (other->second->update != finding->update)
      differs(DifferenceKind::last_cut, *finding);
  }
  for (const auto& [id, finding] : there)
    if (here.count(id) == 0) differs(DifferenceKind::extra, *finding);
}

}  // namespace c2watch::harness
