#include "harness/verify/verdict.h"

#include <algorithm>

namespace c2watch::harness {
namespace {

// The worst of all; skipped for none.
template <class Items, class Of>
Verdict worst_of(const Items& items, const Of& of) {
  Verdict out = Verdict::skipped;
  for (const auto& item : items) out = worst(out, of(item));
  return out;
}

template <class Of>
Verdict worst_variant(const std::vector<TestVerdict>& tests, const Of& of) {
  return worst_of(tests, [&](const TestVerdict& t) { return worst_of(t.variants, of); });
}

Verdict verdict_of(const std::vector<Transport>& transports) {
  return worst_of(transports, [](const Transport& t) { return pass_if(t.passed()); });
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view kNames[] = {"skipped", "pass", "inconclusive", "fail"};
  return kNames[static_cast<int>(verdict)];
}

Verdict RunVerdict::verdict() const {
  if (!unexpected.empty()) return Verdict::fail;
  if (findings.empty()) return blind ? Verdict::inconclusive : Verdict::pass;
  return worst_of(findings, [](const FindingVerdict& f) { return f.verdict; });
}

Verdict VariantVerdict::telemetry() const {
  return pass_if(
      std::none_of(signals.begin(), signals.end(), [](const SignalVerdict& s) { return s.gap(); }));
}

Verdict VariantVerdict::detection() const {
  return worst_of(runs, [](const RunVerdict& r) { return r.verdict(); });
}

Verdict VariantVerdict::transport() const { return verdict_of(transports); }

bool VariantVerdict::absent() const {
  return std::all_of(signals.begin(), signals.end(),
                     [](const SignalVerdict& s) { return s.presence == SignalVerdict::missing; });
}

Verdict VerifyResult::telemetry() const {
  return worst_variant(tests, [](const VariantVerdict& v) { return v.telemetry(); });
}

Verdict VerifyResult::detection() const {
  return worst_variant(tests, [](const VariantVerdict& v) { return v.detection(); });
}

Verdict VerifyResult::transport() const {
  return worst(verdict_of(transports),
               worst_variant(tests, [](const VariantVerdict& v) { return v.transport(); }));
}

void add_locations(MissedFinding& missed, const std::vector<SignalMatch>& matches) {
  for (const SignalMatch& m : matches) {
    missed.hosts.insert(std::get<0>(m.key));
    if (!m.image.empty()) missed.programs.insert(m.image);
  }
}

std::vector<MissedFinding> missed_findings(std::vector<TestVerdict>& tests) {
  std::vector<MissedFinding> out;
  for (TestVerdict& test : tests)
    for (VariantVerdict& variant : test.variants)
      for (RunVerdict& run : variant.runs)
        for (FindingVerdict& f : run.findings) {
          if (f.verdict != Verdict::fail || !f.ids.empty()) continue;
          MissedFinding missed{run.profile, f.expectation.detector, {}, {}, &f.nearest};
          for (const SignalVerdict& s : variant.signals)
            if (s.presence == SignalVerdict::present) add_locations(missed, s.matches);
          out.push_back(std::move(missed));
        }
  return out;
}

}  // namespace c2watch::harness
