#include "harness/verify/simulated_run.h"

#include <algorithm>
#include <fstream>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;

bool matches_signal(const Signal& signal, const SeenEvent& event) {
  if (event.event_id != signal.event_id) return false;
  if (!signal.channel.empty() && event.channel != signal.channel) return false;
  return std::all_of(signal.where.begin(), signal.where.end(), [&](const auto& rule) {
    const auto value = event.field(rule.first);
    return rule.second.holds(value.empty() ? json() : json(string(value)));
  });
}

// Keeps the matches whose process is one of the earlier signal's.
void keep_same_process(std::vector<SignalMatch>& matches, const std::vector<SignalMatch>& earlier) {
  std::erase_if(matches, [&](const SignalMatch& m) {
    return m.process_guid.empty() ||
           std::none_of(earlier.begin(), earlier.end(),
                        [&](const SignalMatch& e) { return e.process_guid == m.process_guid; });
  });
}

// Nothing with fewer than two times.
std::optional<double> median_gap_s(const std::vector<SignalMatch>& matches) {
  std::vector<std::int64_t> times;
  for (const SignalMatch& m : matches)
    if (m.time_us) times.push_back(*m.time_us);
  if (times.size() < 2) return std::nullopt;
  std::sort(times.begin(), times.end());
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i)
    gaps.push_back(static_cast<double>(times[i] - times[i - 1]) / 1e6);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

void complain(string& why, const string& what) { why += (why.empty() ? "" : "; ") + what; }

SignalVerdict judge_signal(const Signal& signal, std::vector<SignalMatch> matches,
                           const Truth* truth) {
  SignalVerdict v;
  v.signal = signal;
  v.matches = std::move(matches);
  const std::size_t n = v.matches.size();
  v.found = n == 0 ? "none" : plural(n, "event");
  if (!signal.count.holds(n)) complain(v.why, "expected " + signal.count.text());
  if (!signal.distinct_field.empty()) {
    std::set<string> values;
    for (const SignalMatch& m : v.matches)
      if (!m.distinct.empty()) values.insert(m.distinct);
    v.found += ", " + std::to_string(values.size()) + " different " + signal.distinct_field;
    if (values.size() < signal.distinct_min)
      complain(v.why, "expected at least " + std::to_string(signal.distinct_min) + " different");
  }
  if (const auto gap = median_gap_s(v.matches); signal.spacing_s && gap) {
    v.found += ", " + fixed(*gap, 1) + " s apart";
    if (std::abs(*gap - *signal.spacing_s) > signal.spacing_tolerance_s)
      complain(v.why, "expected " + fixed(*signal.spacing_s, 1) + " s, give or take " +
                          fixed(signal.spacing_tolerance_s, 1));
  }
  if (truth != nullptr && !signal.truth.empty()) {
    const auto labelled = truth->find(signal.truth);
    const std::set<RecordKey> wanted =
        labelled == truth->end() ? std::set<RecordKey>{} : labelled->second;
    std::set<RecordKey> seen;
    for (const SignalMatch& m : v.matches) seen.insert(m.key);
    if (seen != wanted)
      complain(v.why, "not the records that the simulator wrote for " + signal.truth + " (" +
                          std::to_string(wanted.size()) + ")");
  }
  v.held = v.why.empty();
  return v;
}

const SignalVerdict* find_signal(const std::vector<SignalVerdict>& signals, const string& id) {
  const auto at = std::find_if(signals.begin(), signals.end(),
                               [&](const SignalVerdict& s) { return s.signal.id == id; });
  return at == signals.end() ? nullptr : &*at;
}

// How soon after the signal's beginning the emission came, and whether that was soon enough.
void judge_delay(FindingVerdict& v, const SignalVerdict& signal, const Emission& first) {
  const auto& matches = signal.matches;
  if (matches.empty()) return;
  const auto heard = static_cast<std::size_t>(
      std::count_if(matches.begin(), matches.end(),
                    [&](const SignalMatch& m) { return m.index <= first.index; }));
  v.found += heard == 0 ? "before the first of " + signal.signal.id
                        : "with " + signal.signal.id + " " + std::to_string(heard) + " of " +
                              std::to_string(matches.size());
  const auto& within = v.expectation;
  if (within.within_events && heard > *within.within_events)
    complain(v.why, "too late: expected with event " + std::to_string(*within.within_events));
  std::optional<std::int64_t> start;
  for (const SignalMatch& m : matches)
    if (m.time_us && (!start || *m.time_us < *start)) start = m.time_us;
  if (!start || !first.time_us) return;
  const double seconds = static_cast<double>(*first.time_us - *start) / 1e6;
  if (heard == 0) return;
  v.found += seconds > 0 ? ", after " + seconds_text(seconds) : ", at once";
  if (within.within_seconds && seconds > *within.within_seconds)
    complain(v.why, "too late: expected within " + seconds_text(*within.within_seconds));
}

FindingVerdict judge_finding(const FindingExpectation& expected,
                             const std::vector<Emission>& emissions,
                             const std::vector<SignalVerdict>& signals) {
  FindingVerdict v;
  v.expectation = expected;
  for (const string& needed : expected.needs) {
    const SignalVerdict* signal = find_signal(signals, needed);
    if (signal == nullptr || !signal->gap()) continue;
    v.outcome = Outcome::not_judged;
    complain(v.why, "telemetry gap: " + needed);
  }
  const Emission* first = nullptr;
  for (const Emission& e : emissions) {
    if (!satisfies(expected, e.finding)) continue;
    if (first == nullptr) first = &e;
    if (std::find(v.ids.begin(), v.ids.end(), e.finding.id) == v.ids.end())
      v.ids.push_back(e.finding.id);
  }
  if (first != nullptr) v.raised_us = first->time_us;
  if (v.outcome == Outcome::not_judged) return v;
  if (!expected.count.holds(v.ids.size()))
    complain(v.why, "expected " + expected.count.text() + ", raised " +
                        (v.ids.empty() ? "none" : std::to_string(v.ids.size())));
  if (first != nullptr)
    if (const SignalVerdict* signal = find_signal(signals, expected.within_signal))
      judge_delay(v, *signal, *first);
  v.outcome = v.why.empty() ? Outcome::held : Outcome::failed;
  return v;
}

}  // namespace

void note_whereabouts(Silence& silence, const std::vector<SignalMatch>& matches) {
  for (const SignalMatch& m : matches) {
    silence.hosts.insert(std::get<0>(m.key));
    if (!m.image.empty()) silence.programs.insert(m.image);
  }
}

bool satisfies(const FindingExpectation& expected, const FindingView& finding) {
  if (finding.detector != expected.detector) return false;
  const json plain = finding.json;
  return std::all_of(expected.where.begin(), expected.where.end(), [&](const auto& rule) {
    const json::json_pointer pointer(rule.first);
    return rule.second.holds(plain.contains(pointer) ? plain.at(pointer) : json());
  });
}

Result<Truth> read_truth(const string& path) {
  std::ifstream in(path);
  if (!in) return Error{path + ": cannot be read"};
  Truth truth;
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

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::held:
      return "held";
    case Outcome::failed:
      return "failed";
    case Outcome::not_judged:
      break;
  }
  return "not_judged";
}

Outcome RunVerdict::outcome() const {
  const auto any = [&](Outcome o) {
    return std::any_of(findings.begin(), findings.end(),
                       [o](const FindingVerdict& f) { return f.outcome == o; });
  };
  if (!unexpected.empty() || any(Outcome::failed)) return Outcome::failed;
  if (any(Outcome::not_judged) || (findings.empty() && blind)) return Outcome::not_judged;
  return Outcome::held;
}

bool Judgement::telemetry_held() const {
  return std::none_of(signals.begin(), signals.end(),
                      [](const SignalVerdict& s) { return s.gap(); });
}

bool Judgement::transport_held() const {
  return std::all_of(transports.begin(), transports.end(),
                     [](const Transport& t) { return t.held(); });
}

std::vector<Silence> silences_of(Judgement& judgement) {
  std::vector<Silence> out;
  for (RunVerdict& run : judgement.runs)
    for (FindingVerdict& f : run.findings) {
      if (f.outcome != Outcome::failed || !f.ids.empty()) continue;
      Silence silence{run.run.profile, f.expectation.detector, {}, {}, &f.nearest};
      for (const SignalVerdict& s : judgement.signals) note_whereabouts(silence, s.matches);
      out.push_back(std::move(silence));
    }
  return out;
}

Result<Judge> Judge::open(const Expectation& test, const World& world, const Plugin& plugin,
                          const std::vector<string>& only_profiles) {
  Judge judge;
  judge.test_ = test.test;
  judge.world_ = world;
  judge.signals_ = test.signals_in(world);
  judge.matches_.resize(judge.signals_.size());
  for (RunExpectation& run : test.runs_in(world)) {
    if (!only_profiles.empty() &&
        std::find(only_profiles.begin(), only_profiles.end(), run.profile) == only_profiles.end())
      continue;
    Result<Engine> engine = plugin.open(judging_config(run.profile));
    if (!engine) return Error{"profile " + run.profile + ": " + engine.error()};
    judge.runs_.push_back({std::move(run), std::move(*engine), {}});
  }
  return judge;
}

std::optional<std::int64_t> Judge::record(std::string_view bytes) {
  const std::size_t index = records_++;
  const std::optional<SeenEvent> event = read_event(bytes);
  if (!event) ++not_understood_;
  for (std::size_t i = 0; event && i < signals_.size(); ++i) {
    if (!matches_signal(signals_[i], *event)) continue;
    matches_[i].push_back({index,
                           event->time_us(),
                           plain_guid(event->field("ProcessGuid")),
                           string(event->field("Image")),
                           string(event->field(signals_[i].distinct_field)),
                           {event->computer, event->channel, event->record_id}});
  }
  for (Run& run : runs_) {
    run.engine.observe(bytes);
    for (const string& line : run.engine.findings())
      run.emissions.push_back(read_emission(index, event ? event->time_us() : std::nullopt, line));
    run.engine.forget_findings();
  }
  return event ? event->time_us() : std::nullopt;
}

std::vector<string> Judge::profiles() const {
  std::vector<string> out;
  for (const Run& run : runs_)
    if (std::find(out.begin(), out.end(), run.expectation.profile) == out.end())
      out.push_back(run.expectation.profile);
  return out;
}

const std::vector<Emission>& Judge::emissions(const string& profile) const {
  return std::find_if(runs_.begin(), runs_.end(),
                      [&](const Run& run) { return run.expectation.profile == profile; })
      ->emissions;
}

void Judge::replace_emissions(const string& profile, const std::vector<Emission>& delivered) {
  for (Run& run : runs_)
    if (run.expectation.profile == profile) run.emissions = delivered;
}

Judgement Judge::finish(const Truth* truth) {
  Judgement j;
  j.test = test_;
  j.world = world_;
  j.records = records_;
  j.not_understood = not_understood_;
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const Signal& signal = signals_[i];
    if (!signal.same_process_as.empty())
      if (const SignalVerdict* earlier = find_signal(j.signals, signal.same_process_as))
        keep_same_process(matches_[i], earlier->matches);
    j.signals.push_back(judge_signal(signal, std::move(matches_[i]), truth));
  }
  for (Run& run : runs_) {
    RunVerdict verdict;
    std::set<string> known(run.expectation.also.begin(), run.expectation.also.end());
    for (const FindingExpectation& expected : run.expectation.findings) {
      known.insert(expected.detector);
      verdict.findings.push_back(judge_finding(expected, run.emissions, j.signals));
    }
    std::vector<string> lines;
    for (const Emission& e : run.emissions) {
      lines.push_back(e.finding.line);
      if (known.insert(e.finding.detector).second) verdict.unexpected.push_back(e.finding.detector);
    }
    verdict.raised = latest(lines);
    verdict.blind = !j.telemetry_held();
    verdict.run = std::move(run.expectation);
    j.runs.push_back(std::move(verdict));
  }
  return j;
}

}  // namespace c2watch::harness
