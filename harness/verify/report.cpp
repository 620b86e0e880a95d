#include "harness/verify/report.h"

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

json signal_json(const SignalVerdict& s) {
  constexpr std::size_t kMaxTimes = 1'000;  // as many as a picture can show
  json times = json::array();
  for (const SignalMatch& m : s.matches)
    if (m.time_us && times.size() < kMaxTimes) times.push_back(*m.time_us / 1000);
  json differences = json::array();
  for (const Difference& d : s.differences)
    differences.push_back(
        {{"field", d.field}, {"expected", d.expected}, {"seen", printable(d.seen)}});
  return {{"id", s.signal.id},
          {"event_id", s.signal.event_id},
          {"title", s.signal.title},
          {"optional", s.signal.optional},
          {"verdict", to_string(s.verdict())},
          {"cause", s.cause()},
          {"expected", s.signal.expected()},
          {"expected_events", s.signal.count.min},
          {"spacing_s", s.signal.spacing_s ? json(*s.signal.spacing_s) : json()},
          {"events", s.matches.size()},
          {"found", printable(s.found)},
          {"differences", differences},
          {"reason", s.missing_cause.reason},
          {"fix", s.missing_cause.fix},
          {"times_ms", times}};
}

json findings_json(const std::vector<Finding>& findings) {
  json out = json::array();
  for (const Finding& f : findings) out.push_back(f.json);
  return out;
}

json run_json(const RunVerdict& r) {
  json findings = json::array();
  for (const FindingVerdict& f : r.findings) {
    json one = {{"detector", f.expectation.detector},
                {"title", f.expectation.title},
                {"verdict", to_string(f.verdict)},
                {"cause", f.cause},
                {"found", f.found},
                {"detail", f.detail},
                {"ids", f.ids},
                {"raised_ms", f.raised_us ? json(*f.raised_us / 1000) : json()}};
    if (!f.nearest.is_null()) one["nearest"] = f.nearest;
    findings.push_back(std::move(one));
  }
  return {{"profile", r.profile},       {"verdict", to_string(r.verdict())},
          {"reason", r.reason},         {"expected", findings},
          {"unexpected", r.unexpected}, {"raised", findings_json(r.raised)}};
}

json transports_json(const std::vector<Transport>& transports) {
  json out = json::array();
  for (const Transport& t : transports) {
    json differences = json::array();
    for (const FindingDifference& d : t.differences)
      differences.push_back({{"disposition", to_string(d.kind)},
                             {"id", d.id},
                             {"detector", d.detector},
                             {"title", d.title}});
    out.push_back({{"profile", t.profile},
                   {"collector", t.collector},
                   {"verdict", to_string(pass_if(t.passed()))},
                   {"records", t.records},
                   {"records_out", t.records_out},
                   {"unexpected", t.unexpected},
                   {"findings", t.findings},
                   {"findings_out", t.findings_out},
                   {"differences", differences},
                   {"found", t.found()},
                   {"detail", t.detail()}});
  }
  return out;
}

string title_of(const VariantVerdict& v, bool recorded) {
  if (!recorded) return v.variant.title;
  if (v.absent()) return "no trace of it in this telemetry";
  string out = printable(v.variant.title);
  for (const auto& [name, value] : v.variant.variables)
    out += "; " + printable(name) + " " + printable(value) +
           (v.inferred ? " (inferred from the telemetry)" : " (assumed)");
  return out;
}

json variant_json(const VariantVerdict& v, bool recorded) {
  json signals = json::array();
  for (const SignalVerdict& s : v.signals) signals.push_back(signal_json(s));
  json runs = json::array();
  for (const RunVerdict& r : v.runs) runs.push_back(run_json(r));
  json variables = json::object();
  for (const auto& [name, value] : v.variant.variables) variables[name] = printable(value);
  return {{"variant", v.variant.name},
          {"title", title_of(v, recorded)},
          {"variables", variables},
          {"inferred", v.inferred},
          {"absent", v.absent()},
          {"records", v.records},
          {"unparsed", v.unparsed},
          {"telemetry", to_string(v.telemetry())},
          {"detection", to_string(v.detection())},
          {"signals", signals},
          {"runs", runs},
          {"transport", transports_json(v.transports)}};
}

struct Counts {
  std::size_t signals = 0;  // that had to be there, or were
  std::size_t signals_missing = 0;
  std::size_t signals_partial = 0;
  std::size_t runs = 0;
  std::size_t runs_passed = 0;
  std::size_t runs_inconclusive = 0;
  std::size_t collector_runs = 0;
  std::size_t collector_runs_passed = 0;

  void add(const std::vector<Transport>& transports) {
    collector_runs += transports.size();
    for (const Transport& t : transports) collector_runs_passed += t.passed();
  }
};

json counts_json(const VerifyResult& result) {
  Counts n;
  for (const TestVerdict& test : result.tests)
    for (const VariantVerdict& v : test.variants) {
      for (const SignalVerdict& s : v.signals) {
        n.signals += s.verdict() != Verdict::skipped;
        n.signals_missing += s.gap();
        n.signals_partial += s.gap() && s.presence == SignalVerdict::partial;
      }
      for (const RunVerdict& r : v.runs) {
        ++n.runs;
        n.runs_passed += r.verdict() == Verdict::pass;
        n.runs_inconclusive += r.verdict() == Verdict::inconclusive;
      }
      n.add(v.transports);
    }
  n.add(result.transports);
  return {{"signals", n.signals},
          {"signals_missing", n.signals_missing},
          {"signals_partial", n.signals_partial},
          {"runs", n.runs},
          {"runs_passed", n.runs_passed},
          {"runs_inconclusive", n.runs_inconclusive},
          {"collector_runs", n.collector_runs},
          {"collector_runs_passed", n.collector_runs_passed}};
}

json source_json(const ReportContext& context, const VerifyResult& result) {
  const auto time = [](std::optional<std::int64_t> us) { return us ? time_text(*us) : "-"; };
  json kinds = json::array();
  for (const auto& [kind, count] : result.telemetry_stats.kinds())
    kinds.push_back(
        {{"channel", printable(kind.first)}, {"event_id", kind.second}, {"events", count}});
  json errors = json::array();
  for (const auto& e : context.errors)
    errors.push_back({{"source", e.source}, {"reason", e.reason}});
  json inputs = json::array();
  for (const string& name : context.inputs) inputs.push_back(printable(name));
  return {{"inputs", inputs},
          {"records", result.records},
          {"outside_window", result.outside_window},
          {"unparsed", result.unparsed},
          {"truncated", result.truncated},
          {"non_records", context.non_records},
          {"errors", errors},
          {"first", time(result.telemetry_stats.first_us())},
          {"last", time(result.telemetry_stats.last_us())},
          {"kinds", kinds}};
}

}  // namespace

json report_json(const ReportContext& context, const VerifyResult& result) {
  json tests = json::array();
  for (const TestVerdict& t : result.tests) {
    json variants = json::array();
    for (const VariantVerdict& v : t.variants) variants.push_back(variant_json(v, result.recorded));
    tests.push_back({{"test", t.test},
                     {"name", t.name},
                     {"title", t.title},
                     {"atomic", t.atomic_id},
                     {"file", t.file},
                     {"variants", variants}});
  }
  json whole = {
      {"schema", "c2watch.report/2"},
      {"command", "verify"},
      {"plugin_version", context.plugin_version},
      {"input_format", context.input_format},
      {"seed", context.seed},
      {"collector", context.collector},
      {"verdict", result.passed() && context.oracle_mismatch.empty() ? "pass"
                  : result.telemetry() == Verdict::fail || result.detection() == Verdict::fail ||
                          result.transport() == Verdict::fail || !context.oracle_mismatch.empty()
                      ? "fail"
                      : "inconclusive"},
      {"telemetry", to_string(result.telemetry())},
      {"detection", to_string(result.detection())},
      {"transport", to_string(result.transport())},
      {"counts", counts_json(result)},
      {"tests", tests},
      {"collector_runs", transports_json(result.transports)},
      {"throughput", context.throughput},
      {"oracle_mismatch", context.oracle_mismatch}};
  if (!result.recorded) return whole;
  whole["source"] = source_json(context, result);
  whole["raised"] = json::object();
  for (const auto& [profile, findings] : result.raised)
    whole["raised"][profile] = findings_json(findings);
  return whole;
}

}  // namespace c2watch::harness
