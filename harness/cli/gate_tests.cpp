// What must hold of the four tests: coverage, and how late a finding may come.
#include <algorithm>

#include "harness/base/text.h"
#include "harness/cli/gate.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

// One run: a test, carried out in one way, under one profile.
struct Chosen {
  const TestVerdict* test;
  const VariantVerdict* variant;
  const RunVerdict* run;
};

string list_of(const std::vector<string>& names) {
  string out;
  for (const string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

bool is_test(const TestVerdict& test, const json& wanted) {
  return wanted.is_string() ? wanted == test.name : wanted == test.test;
}

// Those that the entry at `pointer` names by test, variant and profile.
Result<std::vector<Chosen>> chosen_runs(const GateFile& gate, const json& entry,
                                        const string& pointer,
                                        const std::vector<TestVerdict>& tests) {
  std::vector<Chosen> out;
  std::vector<string> names;
  std::vector<string> variants;
  std::vector<string> profiles;
  for (const TestVerdict& test : tests) {
    names.push_back(test.name);
    if (entry.contains("test") && !is_test(test, entry["test"])) continue;
    for (const VariantVerdict& v : test.variants) {
      variants.push_back(v.variant.name);
      if (entry.contains("variant") && entry["variant"] != v.variant.name) continue;
      for (const RunVerdict& run : v.runs) {
        profiles.push_back(run.profile);
        if (!entry.contains("profile") || entry["profile"] == run.profile)
          out.push_back({&test, &v, &run});
      }
    }
  }
  if (!out.empty()) return out;
  if (variants.empty())
    return gate.error_at(pointer + "/test", "no such test; there are " + list_of(names));
  if (profiles.empty())
    return gate.error_at(pointer + "/variant", "no such variant; there are " + list_of(variants));
  return gate.error_at(pointer + "/profile",
                       "no expectation says what this profile must do there; there are some for " +
                           list_of(profiles));
}

// "beacon/server/default"; a part that the entry leaves open is "*".
string scope_id(const json& entry, const std::vector<Chosen>& runs) {
  const auto part = [&entry](const char* name) { return entry.value(name, string("*")); };
  return (entry.contains("test") ? runs.front().test->name : "*") + "/" + part("variant") + "/" +
         part("profile");
}

string scope_title(const json& entry, const std::vector<Chosen>& runs) {
  std::vector<string> parts;
  if (entry.contains("test")) parts.push_back(runs.front().test->name);
  if (entry.contains("variant")) parts.push_back(entry["variant"]);
  if (entry.contains("profile")) parts.push_back("profile " + entry["profile"].get<string>());
  return parts.empty() ? "all tests" : list_of(parts);
}

string run_title(const Chosen& c) {
  return c.test->name + " " + c.variant->variant.name + ", " + c.run->profile;
}

bool blind(const std::vector<Chosen>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const Chosen& c) { return c.run->blind; });
}

// A share, and the names of what is missing from it.
struct Share {
  std::size_t of = 0;
  std::vector<string> missing;

  void add(bool there, const string& name) {
    ++of;
    if (!there) missing.push_back(name);
  }
  double percent() const {
    return of == 0 ? 100
                   : 100.0 * static_cast<double>(of - missing.size()) / static_cast<double>(of);
  }
  string detail(const char* what) const {
    string out = std::to_string(of - missing.size()) + " of " + plural(of, what);
    for (std::size_t i = 0; i < missing.size() && i < 3; ++i)
      out += (i == 0 ? "; not: " : "; ") + missing[i];
    if (missing.size() > 3) out += " and " + std::to_string(missing.size() - 3) + " more";
    return out;
  }
};

Share telemetry_share(const std::vector<Chosen>& runs) {
  Share share;
  const VariantVerdict* last = nullptr;
  for (const Chosen& c : runs) {
    if (c.variant == last) continue;  // the profiles of one variant saw the same telemetry
    last = c.variant;
    for (const SignalVerdict& s : c.variant->signals)
      if (s.verdict() != Verdict::skipped)
        share.add(s.verdict() == Verdict::pass,
                  c.test->name + " " + c.variant->variant.name + ": " + s.signal.title);
  }
  return share;
}

Share expectation_share(const std::vector<Chosen>& runs) {
  Share share;
  for (const Chosen& c : runs) {
    for (const FindingVerdict& f : c.run->findings)
      share.add(f.verdict == Verdict::pass,
                run_title(c) + ": " + f.expectation.detector + ", " + f.detail);
    for (const string& detector : c.run->unexpected)
      share.add(false, run_title(c) + ": " + detector + " fired and must not");
    if (c.run->findings.empty() && c.run->unexpected.empty())
      share.add(c.run->verdict() == Verdict::pass,
                run_title(c) + ": no finding, and telemetry is missing");
  }
  return share;
}

Share detection_share(const std::vector<Chosen>& runs) {
  Share share;
  for (const Chosen& c : runs) share.add(!c.run->raised.empty(), run_title(c));
  return share;
}

string how_simulated(const GateFile& gate) {
  return "simulated as " + gate.input_format() + ", seed " + std::to_string(gate.seed());
}

GateCheck percent_check(const GateFile& gate, const string& pointer, double limit,
                        const Share& share, const char* what) {
  GateCheck c;
  c.section = "coverage";
  c.unit = Unit::percent;
  c.more_is_better = true;
  c.measured = share.percent();
  c.limit = limit;
  c.detail = share.detail(what);
  c.how = how_simulated(gate);
  c.place = gate.place(pointer);
  c.decide();
  return c;
}

// A detection that falls short where telemetry is missing proves nothing.
void consider_gaps(GateCheck& check, const std::vector<Chosen>& runs) {
  if (check.status != CheckStatus::fail || !blind(runs)) return;
  check.status = CheckStatus::inconclusive;
  check.detail = "telemetry gap: " + telemetry_share(runs).detail("signal");
}

const string& signal_of(const FindingVerdict& f) { return f.expectation.within_signal; }

// How long the finding took, from the first event of the attack; nothing when it did not come.
std::optional<double> seconds_to(const Chosen& c, const FindingVerdict& f) {
  if (!f.raised_us) return std::nullopt;
  std::optional<std::int64_t> start;
  for (const SignalVerdict& s : c.variant->signals)
    for (const SignalMatch& m : s.matches)
      if (m.time_us && (!start || *m.time_us < *start)) start = m.time_us;
  if (!start) return std::nullopt;
  return std::max(0.0, static_cast<double>(*f.raised_us - *start) / 1e6);
}

// Events of the expectation's signal up to the finding.
std::optional<double> events_to(const Chosen& c, const FindingVerdict& f) {
  if (!f.raised_us) return std::nullopt;
  std::size_t n = 0;
  for (const SignalVerdict& s : c.variant->signals)
    if (signal_of(f).empty() || s.signal.id == signal_of(f))
      for (const SignalMatch& m : s.matches) n += m.time_us && *m.time_us <= *f.raised_us;
  return static_cast<double>(n);
}

// Of several runs the slowest; one where the finding did not come is slower than any.
GateCheck slowest(const std::vector<Chosen>& runs, const json& entry,
                  std::optional<double> (*measure)(const Chosen&, const FindingVerdict&)) {
  GateCheck check;
  check.section = "time_to_detect";
  bool all_came = true;
  for (const Chosen& c : runs) {
    std::optional<double> first;
    bool asked = false;
    for (const FindingVerdict& f : c.run->findings) {
      if (entry.contains("detector") && entry["detector"] != f.expectation.detector) continue;
      asked = true;
      const std::optional<double> took = measure(c, f);
      if (took && (!first || *took < *first)) {
        first = took;
        if (!check.measured || *first > *check.measured)
          check.detail = run_title(c) + ": " + f.expectation.detector + " " + f.found;
      }
    }
    if (!asked) continue;
    if (!first) {
      all_came = false;
      check.detail = run_title(c) + ": it did not fire";
      break;
    }
    check.measured = std::max(check.measured.value_or(0), *first);
  }
  if (!all_came) check.measured.reset();
  return check;
}

bool any_expected(const std::vector<Chosen>& runs, const json& entry) {
  for (const Chosen& c : runs)
    for (const FindingVerdict& f : c.run->findings)
      if (!entry.contains("detector") || entry["detector"] == f.expectation.detector) return true;
  return false;
}

}  // namespace

GateChecks coverage_checks(const GateFile& gate, const std::vector<TestVerdict>& tests) {
  const json& section = *gate.section("coverage");
  std::vector<GateCheck> out;
  if (section.value("every_expectation", false)) {
    Result<std::vector<Chosen>> runs =
        chosen_runs(gate, json::object(), "/coverage/every_expectation", tests);
    if (!runs) return Error{runs.error()};
    for (const bool telemetry : {true, false}) {
      GateCheck c = percent_check(gate, "/coverage/every_expectation", 100,
                                  telemetry ? telemetry_share(*runs) : expectation_share(*runs),
                                  telemetry ? "signal" : "expectation");
      c.id = string("coverage/every_expectation/") + (telemetry ? "telemetry" : "detection");
      c.title = telemetry ? "every signal of every test"
                          : "every finding, and none where none is expected";
      if (!telemetry) consider_gaps(c, *runs);
      out.push_back(std::move(c));
    }
  }
  const json minimum = section.value("minimum", json::array());
  for (std::size_t i = 0; i < minimum.size(); ++i) {
    const json& entry = minimum[i];
    const string pointer = "/coverage/minimum/" + std::to_string(i);
    Result<std::vector<Chosen>> runs = chosen_runs(gate, entry, pointer, tests);
    if (!runs) return Error{runs.error()};
    const auto add = [&](const string& name, const char* title, const Share& share,
                         const char* what) {
      const string key = name + "_percent";
      if (!entry.contains(key)) return;
      GateCheck c = percent_check(gate, pointer_to(pointer, key), entry[key], share, what);
      c.id = "coverage/" + scope_id(entry, *runs) + "/" + name;
      c.title = scope_title(entry, *runs) + ": " + title;
      if (name != "telemetry") consider_gaps(c, *runs);
      out.push_back(std::move(c));
    };
    const std::size_t before = out.size();
    add("telemetry", "signals", telemetry_share(*runs), "signal");
    add("expectations", "as expected", expectation_share(*runs), "expectation");
    add("detection", "detected", detection_share(*runs), "run");
    if (out.size() == before)
      return gate.error_at(pointer,
                           "asks for nothing; needs telemetry_percent, expectations_percent or "
                           "detection_percent");
  }
  return out;
}

GateChecks time_to_detect_checks(const GateFile& gate, const std::vector<TestVerdict>& tests) {
  const json& section = *gate.section("time_to_detect");
  std::vector<GateCheck> out;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const json& entry = section[i];
    const string pointer = "/time_to_detect/" + std::to_string(i);
    Result<std::vector<Chosen>> runs = chosen_runs(gate, entry, pointer, tests);
    if (!runs) return Error{runs.error()};
    if (!any_expected(*runs, entry))
      return gate.error_at(pointer, "no expectation of a finding there, so none could be late");
    const string detector = entry.value("detector", "first finding");
    const auto add = [&](const char* name, Unit unit, const auto& measure) {
      const string key = string("at_most_") + name;
      if (!entry.contains(key)) return;
      GateCheck c = slowest(*runs, entry, measure);
      c.id = "time_to_detect/" + scope_id(entry, *runs) + "/" + entry.value("detector", "*") + "/" +
             name;
      c.title = scope_title(entry, *runs) + ": " + detector;
      c.unit = unit;
      c.limit = entry[key].get<double>();
      c.how = how_simulated(gate);
      c.place = gate.place(pointer_to(pointer, key));
      c.decide();
      consider_gaps(c, *runs);
      out.push_back(std::move(c));
    };
    const std::size_t before = out.size();
    add("seconds", Unit::seconds, seconds_to);
    add("events", Unit::events, events_to);
    if (out.size() == before)
      return gate.error_at(pointer, "asks for nothing; needs at_most_seconds or at_most_events");
  }
  return out;
}

}  // namespace c2watch::harness
