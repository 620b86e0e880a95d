#include "harness/verify/verifier.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <utility>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using Candidate = Verifier::Candidate;
using SignalMatcher = Verifier::SignalMatcher;

// Being the process of an earlier signal weighs as much as a port.
constexpr int kSameProcessWeight = 2;
// Of a value that is shown as "seen": a task's XML is longer than anybody reads.
constexpr std::size_t kShownValue = 200;

json value_of(const Candidate& c, const string& field) {
  const auto at = c.values.find(field);
  return at == c.values.end() ? json() : json(at->second);
}

int full_weight(const Signal& s) {
  int sum = s.same_process_as.empty() ? 0 : kSameProcessWeight;
  for (const auto& [field, predicate] : s.where) sum += predicate.weight();
  return sum;
}

// How a candidate stands to a signal whose variables are filled in.
struct MatchScore {
  const Candidate* candidate = nullptr;
  int weight = 0;
  bool same_process = true;
  std::vector<Difference> differences;
};

MatchScore match_score(const Signal& signal, const Signal& pattern, const Candidate& c,
                       const std::set<string>& earlier) {
  MatchScore out{&c, c.weight, true, {}};
  for (const auto& [field, predicate] : signal.where) {
    const auto stored = c.values.find(field);
    const bool is_variable = pattern.where.at(field).variable().has_value();
    const bool holds = is_variable ? predicate.holds(value_of(c, field)) : stored == c.values.end();
    if (holds) continue;
    if (is_variable) out.weight -= predicate.weight();
    const string seen = stored == c.values.end() ? "" : stored->second;
    out.differences.push_back({field, predicate.text(), seen.empty() ? "nothing" : seen});
  }
  if (!signal.same_process_as.empty()) {
    out.same_process = earlier.count(c.match.process_guid) != 0;
    if (out.same_process)
      out.weight += kSameProcessWeight;
    else
      out.differences.push_back({"ProcessGuid", "the process of signal " + signal.same_process_as,
                                 c.match.process_guid.empty() ? "nothing" : c.match.process_guid});
  }
  return out;
}

struct Group {
  std::vector<const Candidate*> members;
  const MatchScore* best = nullptr;
};

bool needs_one_process(const Signal& s) {
  return s.count.min > 1 || s.spacing_s || !s.distinct_field.empty();
}

// By process; in exact telemetry everything that matches counts.
std::vector<Group> grouped(const Signal& signal, const std::vector<MatchScore>& all, bool exact) {
  std::map<std::pair<string, string>, Group> groups;
  for (const MatchScore& l : all) {
    std::pair<string, string> key;
    if (!exact && needs_one_process(signal))
      key = {l.candidate->computer, l.candidate->match.process_guid};
    Group& g = groups[key];
    g.members.push_back(l.candidate);
    if (g.best == nullptr || l.weight > g.best->weight) g.best = &l;
  }
  std::vector<Group> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

std::optional<double> median_gap_s(const Group& group) {
  std::vector<std::int64_t> times;
  for (const Candidate* c : group.members)
    if (c->match.time_us) times.push_back(*c->match.time_us);
  if (times.size() < 2) return std::nullopt;
  std::sort(times.begin(), times.end());
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return static_cast<double>(*middle) / 1e6;
}

std::size_t distinct_values(const Group& group) {
  std::set<string> values;
  for (const Candidate* c : group.members)
    if (!c->match.distinct.empty()) values.insert(c->match.distinct);
  return values.size();
}

// What the group as a whole lacks; in exact telemetry also, what is too much.
std::vector<Difference> lacks(const Signal& s, const Group& g, bool exact) {
  std::vector<Difference> out;
  const std::size_t n = g.members.size();
  if (n < s.count.min || (exact && !s.count.holds(n)))
    out.push_back({"count", s.count.text(), std::to_string(n)});
  if (!s.distinct_field.empty() && distinct_values(g) < s.distinct_min)
    out.push_back({"different " + s.distinct_field, "at least " + std::to_string(s.distinct_min),
                   std::to_string(distinct_values(g))});
  if (const auto gap = median_gap_s(g);
      s.spacing_s && gap && std::abs(*gap - *s.spacing_s) > s.spacing_tolerance_s)
    out.push_back({"spacing",
                   fixed(*s.spacing_s, 1) + " s, give or take " + fixed(s.spacing_tolerance_s, 1),
                   fixed(*gap, 1) + " s"});
  return out;
}

string found_text(const Signal& s, const Group& g) {
  std::set<string> computers;
  for (const Candidate* c : g.members) computers.insert(c->computer);
  string out = plural(g.members.size(), "event");
  if (computers.size() > 1)
    out += " on " + plural(computers.size(), "host");
  else if (!computers.begin()->empty())
    out += " on " + printable(*computers.begin());
  if (!s.distinct_field.empty())
    out += ", " + std::to_string(distinct_values(g)) + " different " + s.distinct_field;
  if (const auto gap = median_gap_s(g); s.spacing_s && gap)
    out += ", " + fixed(*gap, 1) + " s apart";
  return out;
}

void take(SignalVerdict& out, const Group& g) {
  out.found = found_text(out.signal, g);
  for (const Candidate* c : g.members) out.matches.push_back(c->match);
}

// `earlier`: the processes of the signal that this one must share its process with.
SignalVerdict evaluate_signal(const Signal& signal, const SignalMatcher& matcher,
                              const TelemetryStats& telemetry_stats,
                              const std::set<string>& earlier, bool exact) {
  SignalVerdict out;
  out.signal = signal;
  std::vector<MatchScore> matching;
  std::vector<MatchScore> near;
  for (const Candidate& c : matcher.candidates) {
    MatchScore l = match_score(signal, matcher.pattern, c, earlier);
    if (l.differences.empty())
      matching.push_back(std::move(l));
    else if (2 * l.weight >= full_weight(signal))
      near.push_back(std::move(l));
  }

  const auto best_of = [&](const std::vector<Group>& groups) {
    return std::max_element(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
      const auto rank = [&](const Group& g) {
        return std::tuple(g.best->weight, -static_cast<int>(lacks(signal, g, exact).size()),
                          g.members.size());
      };
      return rank(a) < rank(b);
    });
  };
  if (!matching.empty()) {
    const std::vector<Group> groups = grouped(signal, matching, exact);
    const Group& best = *best_of(groups);
    take(out, best);
    out.differences = lacks(signal, best, exact);
    out.presence = out.differences.empty() ? SignalVerdict::present : SignalVerdict::partial;
  } else if (!near.empty()) {
    const std::vector<Group> groups = grouped(signal, near, exact);
    const Group& best = *best_of(groups);
    take(out, best);
    out.differences = best.best->differences;
    for (Difference& d : lacks(signal, best, exact)) out.differences.push_back(std::move(d));
    out.presence = SignalVerdict::partial;
  } else {
    out.found = "none";
    out.missing_cause = telemetry_stats.diagnose(signal);
    // Of another program it has no meaning.
    if (matcher.nearest && matcher.nearest->values.count("Image") == 0)
      out.differences = match_score(signal, matcher.pattern, *matcher.nearest, earlier).differences;
  }
  return out;
}

const SignalVerdict* find_signal(const std::vector<SignalVerdict>& signals, const string& id) {
  const auto at = std::find_if(signals.begin(), signals.end(),
                               [&](const SignalVerdict& s) { return s.signal.id == id; });
  return at == signals.end() ? nullptr : &*at;
}

// The records of the signal must be those that the simulator wrote for it.
void compare_with_truth(SignalVerdict& out, const GroundTruth& truth) {
  if (out.signal.truth.empty()) return;
  const auto labelled = truth.find(out.signal.truth);
  std::set<RecordKey> seen;
  for (const SignalMatch& m : out.matches) seen.insert(m.key);
  if (labelled != truth.end() ? seen == labelled->second : seen.empty()) return;
  out.differences.push_back(
      {"records",
       "the " + std::to_string(labelled == truth.end() ? 0 : labelled->second.size()) +
           " that the simulator wrote for " + out.signal.truth,
       "others"});
  if (out.presence == SignalVerdict::present) out.presence = SignalVerdict::partial;
}

std::vector<SignalVerdict> evaluate_signals(const std::vector<Signal>& signals,
                                            const std::vector<SignalMatcher>& matchers,
                                            const TelemetryStats& telemetry_stats, bool exact,
                                            const GroundTruth* truth) {
  std::vector<SignalVerdict> out;
  for (const Signal& signal : signals) {
    const auto of_signal =
        std::find_if(matchers.begin(), matchers.end(),
                     [&](const SignalMatcher& m) { return m.pattern.id == signal.id; });
    std::set<string> earlier;
    if (const SignalVerdict* s = find_signal(out, signal.same_process_as))
      for (const SignalMatch& m : s->matches) earlier.insert(m.process_guid);
    earlier.erase("");
    out.push_back(evaluate_signal(signal, *of_signal, telemetry_stats, earlier, exact));
    if (truth != nullptr) compare_with_truth(out.back(), *truth);
  }
  return out;
}

// How well a variant explains the telemetry, 0 .. 1.
double score(const std::vector<SignalVerdict>& signals) {
  double sum = 0;
  double wanted = 0;
  for (const SignalVerdict& s : signals) {
    if (s.signal.optional) continue;
    ++wanted;
    if (s.presence == SignalVerdict::present)
      sum += 1;
    else if (s.presence == SignalVerdict::partial)
      sum += 0.5 + 0.4 / static_cast<double>(1 + s.differences.size());
  }
  return wanted == 0 ? 0 : sum / wanted;
}

// The value that the events most like the signals have for the variable. A variant whose own value is
// a loopback address was carried out on the host itself, the others were not.
std::optional<string> infer_variable(const string& variable, const string& shipped,
                                     const std::vector<SignalMatcher>& matchers) {
  std::map<string, std::pair<int, std::size_t>> seen;  // value -> (best weight, events)
  for (const SignalMatcher& w : matchers)
    for (const auto& [field, predicate] : w.pattern.where) {
      if (predicate.variable() != variable) continue;
      for (const Candidate& c : w.candidates) {
        const auto value = c.values.find(field);
        if (value == c.values.end() || is_loopback(value->second) != is_loopback(shipped)) continue;
        auto& [weight, events] = seen[value->second];
        weight = std::max(weight, c.weight);
        ++events;
      }
    }
  const auto best = std::max_element(
      seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (best == seen.end()) return std::nullopt;
  return best->first;
}

// The signals that the finding is about, as far as they arrived.
std::vector<const SignalVerdict*> arrived(const FindingExpectation& expected,
                                          const std::vector<SignalVerdict>& signals) {
  std::vector<const SignalVerdict*> out;
  for (const string& needed : expected.needs)
    if (const SignalVerdict* s = find_signal(signals, needed); s != nullptr && !s->matches.empty())
      out.push_back(s);
  return out;
}

// Whether the finding was raised on the host and not before the events that it must be about.
bool belongs_to(const TimedFinding& e, const std::vector<const SignalVerdict*>& about) {
  return std::any_of(about.begin(), about.end(), [&](const SignalVerdict* s) {
    return std::any_of(s->matches.begin(), s->matches.end(), [&](const SignalMatch& m) {
      const string& computer = std::get<0>(m.key);
      return m.index <= e.index &&
             (e.finding.host.empty() || printable(computer) == e.finding.host);
    });
  });
}

// When, counted in events of the signal and in seconds after its first.
void evaluate_delay(FindingVerdict& f, const SignalVerdict& signal, const TimedFinding& first) {
  std::size_t events = 0;
  std::optional<std::int64_t> start;
  for (const SignalMatch& m : signal.matches) {
    events += m.index <= first.index;
    if (m.time_us && (!start || *m.time_us < *start)) start = m.time_us;
  }
  if (events == 0) return;
  f.found = "with event " + std::to_string(events) + " of " + std::to_string(signal.matches.size());
  const double seconds =
      start && first.time_us ? static_cast<double>(*first.time_us - *start) / 1e6 : 0;
  f.found += seconds > 0 ? ", after " + seconds_text(seconds) : ", at once";
  // A bound is meant for the test as described, not for one that came slower or in part.
  if (signal.presence != SignalVerdict::present) return;
  const FindingExpectation& within = f.expectation;
  if (within.within_events && events > *within.within_events)
    f.detail = "expected with event " + std::to_string(*within.within_events);
  if (within.within_seconds && seconds > *within.within_seconds)
    f.detail += (f.detail.empty() ? "" : "; ") +
                ("expected within " + seconds_text(*within.within_seconds));
  if (f.detail.empty()) return;
  f.verdict = Verdict::fail;
  f.cause = "late";
}

// What keeps the nearest finding of the detector from being the expected one.
string nearest_finding(const FindingExpectation& expected,
                       const std::vector<TimedFinding>& timed_findings) {
  const Finding* nearest = nullptr;
  string differs;
  std::size_t fewest = 0;
  for (const TimedFinding& e : timed_findings) {
    if (e.finding.detector != expected.detector) continue;
    const json plain = e.finding.json;
    std::size_t count = 0;
    string text;
    for (const auto& [pointer, predicate] : expected.where) {
      const json::json_pointer at(pointer);
      const json value = plain.contains(at) ? plain.at(at) : json();
      if (predicate.holds(value)) continue;
      ++count;
      text += (text.empty() ? "" : ", ") + pointer + " " + predicate.text() + " expected, " +
              (value.is_null() ? "nothing" : printable(value.dump())) + " seen";
    }
    if (nearest != nullptr && count >= fewest) continue;
    nearest = &e.finding;
    fewest = count;
    differs = text;
  }
  if (nearest == nullptr) return "the detector raised nothing";
  return "the nearest finding, " + printable(nearest->id) + ", differs: " + differs;
}

FindingVerdict evaluate_finding(const FindingExpectation& expected,
                                const std::vector<TimedFinding>& timed_findings,
                                const std::vector<SignalVerdict>& signals, bool exact) {
  FindingVerdict f;
  f.expectation = expected;
  const auto about = arrived(expected, signals);
  const TimedFinding* first = nullptr;
  bool raised_elsewhere = false;
  for (const TimedFinding& e : timed_findings) {
    if (!satisfies(expected, e.finding)) continue;
    if (!exact && !expected.needs.empty() && !belongs_to(e, about)) {
      raised_elsewhere = true;
      continue;
    }
    if (first == nullptr) first = &e;
    if (std::find(f.ids.begin(), f.ids.end(), e.finding.id) == f.ids.end())
      f.ids.push_back(e.finding.id);
  }
  if (first != nullptr) f.raised_us = first->time_us;
  if (exact ? expected.count.holds(f.ids.size())
            : first != nullptr && f.ids.size() >= expected.count.min) {
    f.verdict = Verdict::pass;
    if (const SignalVerdict* s = find_signal(signals, expected.within_signal);
        s != nullptr && first != nullptr)
      evaluate_delay(f, *s, *first);
    return f;
  }
  for (const string& needed : expected.needs) {
    const SignalVerdict* s = find_signal(signals, needed);
    if (s == nullptr || !s->gap()) continue;
    f.verdict = Verdict::inconclusive;
    f.cause = "telemetry_gap";
    f.detail +=
        (f.detail.empty() ? "lacks signal " : ", ") + needed + " (" + string(s->cause()) + ")";
  }
  if (f.verdict == Verdict::fail) f.cause = f.ids.empty() ? "missed" : "count";
  if (raised_elsewhere)
    f.detail += (f.detail.empty() ? "" : "; ") + string("raised for other events only");
  else if (!f.ids.empty())
    f.detail = "expected " + expected.count.text() + ", raised " + std::to_string(f.ids.size());
  else if (f.verdict == Verdict::fail)
    f.detail = "its signals arrived, " + nearest_finding(expected, timed_findings);
  return f;
}

}  // namespace

Result<GroundTruth> read_ground_truth(const string& path) {
  std::ifstream in(path);
  if (!in) return Error{path + ": cannot be read"};
  GroundTruth truth;
  int line_number = 0;
  for (string line; std::getline(in, line);) {
    ++line_number;
    const json j = json::parse(line, nullptr, false);
    if (!j.is_object())
      return Error{path + ":" + std::to_string(line_number) + ": not a JSON object"};
    if (!j.contains("signal")) continue;  // the header
    truth[j["signal"].get<string>()].insert(
        {j.value("computer", ""), j.value("channel", ""), j.value("record_id", std::uint64_t{0})});
  }
  return truth;
}

bool satisfies(const FindingExpectation& expected, const Finding& finding) {
  if (finding.detector != expected.detector) return false;
  const json plain = finding.json;
  return std::all_of(expected.where.begin(), expected.where.end(), [&](const auto& rule) {
    const json::json_pointer pointer(rule.first);
    return rule.second.holds(plain.contains(pointer) ? plain.at(pointer) : json());
  });
}

Result<Verifier> Verifier::open(std::vector<Expectation> tests, const Plugin& plugin,
                                VerifierSettings settings) {
  Verifier verifier;
  std::set<string> names(settings.profiles.begin(), settings.profiles.end());
  for (Expectation& e : tests) {
    Test test;
    const Variant* const only = settings.variant.empty() ? nullptr : e.variant(settings.variant);
    for (Signal& pattern : only != nullptr ? e.signals_in(*only) : e.signal_patterns())
      test.matchers.push_back({std::move(pattern), {}, {}});
    if (settings.profiles.empty())
      for (const json& run : e.runs)
        if (only == nullptr || run["variant"] == only->name)
          names.insert(run["profile"].get<string>());
    test.expectation = std::move(e);
    verifier.tests_.push_back(std::move(test));
  }
  for (const string& name : names) {
    Result<Engine> engine = plugin.open(verify_config(name));
    if (!engine) return Error{"profile " + name + ": " + engine.error()};
    verifier.profiles_.push_back({name, std::move(*engine), {}});
  }
  verifier.settings_ = std::move(settings);
  return verifier;
}

bool Verifier::in_window(const std::optional<ParsedEvent>& event) const {
  if (!settings_.from_us && !settings_.to_us) return true;
  const auto at = event ? event->time_us() : std::nullopt;
  return at && (!settings_.from_us || *at >= *settings_.from_us) &&
         (!settings_.to_us || *at < *settings_.to_us);
}

bool Verifier::in_window(std::string_view bytes) const {
  return (!settings_.from_us && !settings_.to_us) || in_window(read_event(bytes));
}

// `values` keeps what does not hold, and every value of a variable.
void Verifier::add_candidate(SignalMatcher& matcher, const ParsedEvent& event, std::size_t index) {
  const Signal& s = matcher.pattern;
  if (event.event_id != s.event_id) return;
  if (!s.channel.empty() && !event.channel.empty() && event.channel != s.channel) return;
  Candidate c;
  for (const auto& [field, predicate] : s.where) {
    const string value(event.field(field));
    const bool is_variable = predicate.variable().has_value();
    const bool holds = is_variable || predicate.holds(value.empty() ? json() : json(value));
    if (holds) c.weight += predicate.weight();
    if (is_variable || !holds) c.values.emplace(field, value.substr(0, kShownValue));
  }
  c.computer = event.computer;
  c.match = {index,
             event.time_us(),
             plain_guid(event.field("ProcessGuid")),
             string(event.field("Image")),
             string(event.field(s.distinct_field)),
             {event.computer, event.channel, event.record_id}};
  const int most = c.weight + (s.same_process_as.empty() ? 0 : kSameProcessWeight);
  if (2 * most < full_weight(s)) {
    if (!matcher.nearest || c.weight > matcher.nearest->weight) matcher.nearest = std::move(c);
  } else if (matcher.candidates.size() < kMaxCandidates) {
    matcher.candidates.push_back(std::move(c));
  } else {
    ++truncated_;
  }
}

Verifier::Accepted Verifier::record(std::string_view bytes) {
  const std::optional<ParsedEvent> event = read_event(bytes);
  if (!in_window(event)) {
    ++outside_window_;
    return {};
  }
  const std::size_t index = records_++;
  const Accepted accepted{true, event ? event->time_us() : std::nullopt};
  if (event) {
    telemetry_stats_.add(*event);
    for (Test& test : tests_)
      for (SignalMatcher& matcher : test.matchers) add_candidate(matcher, *event, index);
  } else {
    ++unparsed_;
  }
  for (Profile& profile : profiles_) {
    profile.engine.observe(bytes);
    for (const string& line : profile.engine.findings()) {
      if (profile.timed_findings.size() >= kMaxFindings) {
        ++truncated_;
        continue;
      }
      profile.timed_findings.push_back(read_timed_finding(index, accepted.time_us, line));
    }
    profile.engine.forget_findings();
  }
  return accepted;
}

std::vector<string> Verifier::profiles() const {
  std::vector<string> out;
  for (const Profile& profile : profiles_) out.push_back(profile.name);
  return out;
}

const std::vector<TimedFinding>& Verifier::timed_findings(const string& profile) const {
  return std::find_if(profiles_.begin(), profiles_.end(),
                      [&](const Profile& p) { return p.name == profile; })
      ->timed_findings;
}

void Verifier::replace_findings(const string& profile, std::vector<TimedFinding> delivered) {
  for (Profile& p : profiles_)
    if (p.name == profile) p.timed_findings = std::move(delivered);
}

VariantVerdict Verifier::evaluate(const Test& test, const GroundTruth* truth) const {
  VariantVerdict best;
  double best_score = -1;
  for (const Variant& shipped : test.expectation.variants) {
    if (exact() && shipped.name != settings_.variant) continue;
    Variant variant = shipped;
    bool inferred = false;
    for (auto& [name, value] : variant.variables) {
      if (exact()) continue;
      if (auto seen = infer_variable(name, value, test.matchers)) {
        value = *seen;
        inferred = true;
      }
    }
    auto signals = evaluate_signals(test.expectation.signals_in(variant), test.matchers,
                                    telemetry_stats_, exact(), truth);
    const double how_well = score(signals);
    if (how_well <= best_score) continue;
    best_score = how_well;
    best.variant = std::move(variant);
    best.inferred = inferred;
    best.signals = std::move(signals);
  }
  best.records = records_;
  best.unparsed = unparsed_;
  evaluate_runs(test, best);
  return best;
}

void Verifier::evaluate_runs(const Test& test, VariantVerdict& out) const {
  for (const RunExpectation& run : test.expectation.runs_in(out.variant)) {
    const auto profile = std::find_if(profiles_.begin(), profiles_.end(),
                                      [&](const Profile& p) { return p.name == run.profile; });
    if (profile == profiles_.end()) continue;
    RunVerdict r;
    r.profile = run.profile;
    r.reason = run.reason;
    std::set<string> known(run.allowed.begin(), run.allowed.end());
    std::set<string> ids;
    for (const FindingExpectation& f : run.findings) {
      known.insert(f.detector);
      r.findings.push_back(evaluate_finding(f, profile->timed_findings, out.signals, exact()));
      ids.insert(r.findings.back().ids.begin(), r.findings.back().ids.end());
    }
    std::vector<string> lines;
    for (const TimedFinding& e : profile->timed_findings) {
      if (exact() || ids.count(e.finding.id) != 0) lines.push_back(e.finding.line);
      if (exact() && known.insert(e.finding.detector).second)
        r.unexpected.push_back(e.finding.detector);
    }
    r.raised = latest(lines);
    r.blind = exact() && out.telemetry() == Verdict::fail;
    out.runs.push_back(std::move(r));
  }
}

VerifyResult Verifier::result(const GroundTruth* truth) const {
  VerifyResult v;
  v.recorded = !exact();
  v.records = records_;
  v.outside_window = outside_window_;
  v.unparsed = unparsed_;
  v.truncated = truncated_;
  v.telemetry_stats = telemetry_stats_;
  for (const Test& test : tests_) {
    const Expectation& e = test.expectation;
    v.tests.push_back({e.test, e.name, e.title, e.atomic_id, e.file, {evaluate(test, truth)}});
  }
  for (const Profile& profile : profiles_) {
    std::vector<string> lines;
    for (const TimedFinding& e : profile.timed_findings) lines.push_back(e.finding.line);
    v.raised[profile.name] = latest(lines);
  }
  return v;
}

}  // namespace c2watch::harness
