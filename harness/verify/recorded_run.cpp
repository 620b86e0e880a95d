#include "harness/verify/recorded_run.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using Candidate = Exercise::Candidate;
using Watched = Exercise::Watched;

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
struct Likeness {
  const Candidate* candidate = nullptr;
  int weight = 0;
  bool same_process = true;
  std::vector<Difference> differs;
};

Likeness likeness(const Signal& signal, const Signal& pattern, const Candidate& c,
                  const std::set<string>& earlier) {
  Likeness out{&c, c.weight, true, {}};
  for (const auto& [field, predicate] : signal.where) {
    const auto held = c.values.find(field);
    const bool is_variable = pattern.where.at(field).variable().has_value();
    const bool holds = is_variable ? predicate.holds(value_of(c, field)) : held == c.values.end();
    if (holds) continue;
    if (is_variable) out.weight -= predicate.weight();
    const string seen = held == c.values.end() ? "" : held->second;
    out.differs.push_back({field, predicate.text(), seen.empty() ? "nothing" : seen});
  }
  if (!signal.same_process_as.empty()) {
    out.same_process = earlier.count(c.match.process_guid) != 0;
    if (out.same_process)
      out.weight += kSameProcessWeight;
    else
      out.differs.push_back({"ProcessGuid", "the process of signal " + signal.same_process_as,
                             c.match.process_guid.empty() ? "nothing" : c.match.process_guid});
  }
  return out;
}

struct Group {
  std::vector<const Candidate*> members;
  const Likeness* best = nullptr;
};

bool needs_one_process(const Signal& s) {
  return s.count.min > 1 || s.spacing_s || !s.distinct_field.empty();
}

std::vector<Group> grouped(const Signal& signal, const std::vector<Likeness>& all) {
  std::map<std::pair<string, string>, Group> groups;
  for (const Likeness& l : all) {
    std::pair<string, string> key;
    if (needs_one_process(signal)) key = {l.candidate->computer, l.candidate->match.process_guid};
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

// What the group as a whole lacks. More events than expected are no lack.
std::vector<Difference> lacks(const Signal& s, const Group& g) {
  std::vector<Difference> out;
  const std::size_t n = g.members.size();
  if (n < s.count.min) out.push_back({"count", s.count.text(), std::to_string(n)});
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

void take(ExerciseSignal& out, const Group& g) {
  out.found = found_text(out.signal, g);
  for (const Candidate* c : g.members) out.matches.push_back(c->match);
}

// `earlier`: the processes of the signal that this one must share its process with.
ExerciseSignal judge_signal(const Signal& signal, const Watched& watched, const Survey& survey,
                            const std::set<string>& earlier) {
  ExerciseSignal out;
  out.signal = signal;
  std::vector<Likeness> exact;
  std::vector<Likeness> near;
  for (const Candidate& c : watched.candidates) {
    Likeness l = likeness(signal, watched.pattern, c, earlier);
    if (l.differs.empty())
      exact.push_back(std::move(l));
    else if (2 * l.weight >= full_weight(signal))
      near.push_back(std::move(l));
  }

  const auto best_of = [&](const std::vector<Group>& groups) {
    return std::max_element(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
      const auto rank = [&](const Group& g) {
        return std::tuple(g.best->weight, -static_cast<int>(lacks(signal, g).size()),
                          g.members.size());
      };
      return rank(a) < rank(b);
    });
  };
  if (!exact.empty()) {
    const std::vector<Group> groups = grouped(signal, exact);
    const Group& best = *best_of(groups);
    take(out, best);
    out.differs = lacks(signal, best);
    out.state = out.differs.empty() ? SignalState::present : SignalState::partial;
  } else if (!near.empty()) {
    const std::vector<Group> groups = grouped(signal, near);
    const Group& best = *best_of(groups);
    take(out, best);
    out.differs = best.best->differs;
    for (Difference& d : lacks(signal, best)) out.differs.push_back(std::move(d));
    out.state = SignalState::partial;
  } else {
    out.found = "none";
    out.diagnosis = survey.diagnose(signal);
    // Of another program it would tell nothing.
    if (watched.nearest && watched.nearest->values.count("Image") == 0)
      out.differs = likeness(signal, watched.pattern, *watched.nearest, earlier).differs;
  }
  return out;
}

const ExerciseSignal* find_signal(const std::vector<ExerciseSignal>& signals, const string& id) {
  const auto at = std::find_if(signals.begin(), signals.end(),
                               [&](const ExerciseSignal& s) { return s.signal.id == id; });
  return at == signals.end() ? nullptr : &*at;
}

std::vector<ExerciseSignal> judge_signals(const Expectation& test, const World& world,
                                          const std::vector<Watched>& watched,
                                          const Survey& survey) {
  std::vector<ExerciseSignal> out;
  for (const Signal& signal : test.signals_in(world)) {
    const auto of_signal = std::find_if(watched.begin(), watched.end(), [&](const Watched& w) {
      return w.pattern.id == signal.id;
    });
    std::set<string> earlier;
    if (const ExerciseSignal* s = find_signal(out, signal.same_process_as))
      for (const SignalMatch& m : s->matches) earlier.insert(m.process_guid);
    earlier.erase("");
    out.push_back(judge_signal(signal, *of_signal, survey, earlier));
  }
  return out;
}

// How well a world explains the telemetry, 0 .. 1.
double score(const std::vector<ExerciseSignal>& signals) {
  double sum = 0;
  double wanted = 0;
  for (const ExerciseSignal& s : signals) {
    if (s.signal.optional) continue;
    ++wanted;
    if (s.state == SignalState::present)
      sum += 1;
    else if (s.state == SignalState::partial)
      sum += 0.5 + 0.4 / static_cast<double>(1 + s.differs.size());
  }
  return wanted == 0 ? 0 : sum / wanted;
}

// The value that the events most like the signals have for the variable. A world whose own value is
// a loopback address was carried out on the host itself, the others were not.
std::optional<string> learn(const string& variable, const string& shipped,
                            const std::vector<Watched>& watched) {
  std::map<string, std::pair<int, std::size_t>> seen;  // value -> (best weight, events)
  for (const Watched& w : watched)
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
std::vector<const ExerciseSignal*> arrived(const FindingExpectation& expected,
                                           const std::vector<ExerciseSignal>& signals) {
  std::vector<const ExerciseSignal*> out;
  for (const string& needed : expected.needs)
    if (const ExerciseSignal* s = find_signal(signals, needed); s != nullptr && !s->matches.empty())
      out.push_back(s);
  return out;
}

// Whether the finding was raised on the host and not before the events that it must be about.
bool belongs_to(const Emission& e, const std::vector<const ExerciseSignal*>& about) {
  return std::any_of(about.begin(), about.end(), [&](const ExerciseSignal* s) {
    return std::any_of(s->matches.begin(), s->matches.end(), [&](const SignalMatch& m) {
      const string& computer = std::get<0>(m.key);
      return m.index <= e.index &&
             (e.finding.host.empty() || printable(computer) == e.finding.host);
    });
  });
}

// When, counted in events of the signal and in seconds after its first.
void judge_delay(ExerciseFinding& f, const ExerciseSignal& signal, const Emission& first) {
  std::size_t heard = 0;
  std::optional<std::int64_t> start;
  for (const SignalMatch& m : signal.matches) {
    heard += m.index <= first.index;
    if (m.time_us && (!start || *m.time_us < *start)) start = m.time_us;
  }
  if (heard == 0) return;
  f.found = "with event " + std::to_string(heard) + " of " + std::to_string(signal.matches.size());
  const double seconds =
      start && first.time_us ? static_cast<double>(*first.time_us - *start) / 1e6 : 0;
  f.found += seconds > 0 ? ", after " + seconds_text(seconds) : ", at once";
  // A bound is meant for the test as described, not for one that came slower or in part.
  if (signal.state != SignalState::present) return;
  const FindingExpectation& within = f.expectation;
  if (within.within_events && heard > *within.within_events)
    f.why = "expected with event " + std::to_string(*within.within_events);
  if (within.within_seconds && seconds > *within.within_seconds)
    f.why +=
        (f.why.empty() ? "" : "; ") + ("expected within " + seconds_text(*within.within_seconds));
  if (!f.why.empty()) f.state = FindingState::late;
}

// What keeps the nearest finding of the detector from being the expected one.
string nearest_finding(const FindingExpectation& expected, const std::vector<Emission>& emissions) {
  const FindingView* nearest = nullptr;
  string differs;
  std::size_t fewest = 0;
  for (const Emission& e : emissions) {
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

ExerciseFinding judge_finding(const FindingExpectation& expected,
                              const std::vector<Emission>& emissions,
                              const std::vector<ExerciseSignal>& signals) {
  ExerciseFinding f;
  f.expectation = expected;
  const auto about = arrived(expected, signals);
  const Emission* first = nullptr;
  bool raised_elsewhere = false;
  for (const Emission& e : emissions) {
    if (!satisfies(expected, e.finding)) continue;
    if (!expected.needs.empty() && !belongs_to(e, about)) {
      raised_elsewhere = true;
      continue;
    }
    if (first == nullptr) first = &e;
    if (std::find(f.ids.begin(), f.ids.end(), e.finding.id) == f.ids.end())
      f.ids.push_back(e.finding.id);
  }
  if (first != nullptr && f.ids.size() >= expected.count.min) {
    f.state = FindingState::fired;
    f.raised_us = first->time_us;
    if (const ExerciseSignal* s = find_signal(signals, expected.within_signal))
      judge_delay(f, *s, *first);
    return f;
  }
  for (const string& needed : expected.needs) {
    const ExerciseSignal* s = find_signal(signals, needed);
    if (s == nullptr || !s->gap()) continue;
    f.state = FindingState::not_judged;
    f.why += (f.why.empty() ? "lacks signal " : ", ") + needed + " (" +
             string(state_name(s->state)) + ")";
  }
  if (raised_elsewhere)
    f.why += (f.why.empty() ? "" : "; ") + string("raised for other events only");
  else if (f.state == FindingState::silent)
    f.why = "its signals arrived, " + nearest_finding(expected, emissions);
  return f;
}

Outcome worst(Outcome a, Outcome b) {
  if (a == Outcome::failed || b == Outcome::failed) return Outcome::failed;
  return a == Outcome::held ? b : a;
}

}  // namespace

std::string_view state_name(SignalState state) {
  constexpr std::string_view kNames[] = {"missing", "partial", "present"};
  return kNames[static_cast<int>(state)];
}

std::string_view state_name(FindingState state) {
  constexpr std::string_view kNames[] = {"fired", "late", "silent", "not_judged"};
  return kNames[static_cast<int>(state)];
}

Outcome ExerciseRun::outcome() const {
  Outcome out = Outcome::held;
  for (const ExerciseFinding& f : findings)
    out = worst(out, f.state == FindingState::fired        ? Outcome::held
                     : f.state == FindingState::not_judged ? Outcome::not_judged
                                                           : Outcome::failed);
  return out;
}

bool ExerciseTest::telemetry_held() const {
  return std::none_of(signals.begin(), signals.end(),
                      [](const ExerciseSignal& s) { return s.gap(); });
}

bool ExerciseTest::no_trace() const {
  return std::all_of(signals.begin(), signals.end(),
                     [](const ExerciseSignal& s) { return s.state == SignalState::missing; });
}

Outcome ExerciseTest::detection() const {
  Outcome out = Outcome::held;
  for (const ExerciseRun& r : runs) out = worst(out, r.outcome());
  return out;
}

bool ExerciseVerdict::telemetry_held() const {
  return std::all_of(tests.begin(), tests.end(),
                     [](const ExerciseTest& t) { return t.telemetry_held(); });
}

bool ExerciseVerdict::transport_held() const {
  return std::all_of(transports.begin(), transports.end(),
                     [](const Transport& t) { return t.held(); });
}

std::vector<Silence> silences_of(ExerciseVerdict& verdict) {
  std::vector<Silence> out;
  for (ExerciseTest& test : verdict.tests)
    for (ExerciseRun& run : test.runs)
      for (ExerciseFinding& f : run.findings) {
        if (f.state != FindingState::silent || !f.ids.empty()) continue;
        Silence silence{run.profile, f.expectation.detector, {}, {}, &f.nearest};
        for (const ExerciseSignal& s : test.signals)
          if (s.state == SignalState::present) note_whereabouts(silence, s.matches);
        out.push_back(std::move(silence));
      }
  return out;
}

Outcome ExerciseVerdict::detection() const {
  Outcome out = Outcome::held;
  for (const ExerciseTest& t : tests) out = worst(out, t.detection());
  return out;
}

Result<Exercise> Exercise::open(std::vector<Expectation> tests, const Plugin& plugin,
                                ExerciseSettings settings) {
  Exercise exercise;
  std::set<string> names(settings.profiles.begin(), settings.profiles.end());
  for (Expectation& e : tests) {
    Test test;
    for (Signal& pattern : e.signal_patterns())
      test.watched.push_back({std::move(pattern), {}, {}});
    if (settings.profiles.empty())
      for (const json& run : e.runs) names.insert(run["profile"].get<string>());
    test.expectation = std::move(e);
    exercise.tests_.push_back(std::move(test));
  }
  for (const string& name : names) {
    Result<Engine> engine = plugin.open(judging_config(name));
    if (!engine) return Error{"profile " + name + ": " + engine.error()};
    exercise.profiles_.push_back({name, std::move(*engine), {}});
  }
  exercise.settings_ = std::move(settings);
  return exercise;
}

bool Exercise::in_window(const std::optional<SeenEvent>& event) const {
  if (!settings_.from_us && !settings_.to_us) return true;
  const auto at = event ? event->time_us() : std::nullopt;
  return at && (!settings_.from_us || *at >= *settings_.from_us) &&
         (!settings_.to_us || *at < *settings_.to_us);
}

bool Exercise::in_window(std::string_view bytes) const {
  return (!settings_.from_us && !settings_.to_us) || in_window(read_event(bytes));
}

// `values` keeps what does not hold, and every value of a variable.
void Exercise::note_candidate(Watched& watched, const SeenEvent& event, std::size_t index) {
  const Signal& s = watched.pattern;
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
    if (!watched.nearest || c.weight > watched.nearest->weight) watched.nearest = std::move(c);
  } else if (watched.candidates.size() < kMaxCandidates) {
    watched.candidates.push_back(std::move(c));
  } else {
    ++beyond_limits_;
  }
}

Exercise::Taken Exercise::record(std::string_view bytes) {
  const std::optional<SeenEvent> event = read_event(bytes);
  if (!in_window(event)) {
    ++outside_window_;
    return {};
  }
  const std::size_t index = records_++;
  const Taken taken{true, event ? event->time_us() : std::nullopt};
  if (event) {
    survey_.add(*event);
    for (Test& test : tests_)
      for (Watched& watched : test.watched) note_candidate(watched, *event, index);
  } else {
    ++not_understood_;
  }
  for (Profile& profile : profiles_) {
    profile.engine.observe(bytes);
    for (const string& line : profile.engine.findings()) {
      if (profile.emissions.size() >= kMaxEmissions) {
        ++beyond_limits_;
        continue;
      }
      profile.emissions.push_back(read_emission(index, taken.time_us, line));
    }
    profile.engine.forget_findings();
  }
  return taken;
}

std::vector<string> Exercise::profiles() const {
  std::vector<string> out;
  for (const Profile& profile : profiles_) out.push_back(profile.name);
  return out;
}

const std::vector<Emission>& Exercise::emissions(const string& profile) const {
  return std::find_if(profiles_.begin(), profiles_.end(),
                      [&](const Profile& p) { return p.name == profile; })
      ->emissions;
}

void Exercise::replace_emissions(const string& profile, std::vector<Emission> delivered) {
  for (Profile& p : profiles_)
    if (p.name == profile) p.emissions = std::move(delivered);
}

ExerciseTest Exercise::judge(const Test& test) const {
  ExerciseTest best;
  double best_score = -1;
  for (const World& shipped : test.expectation.worlds) {
    World world = shipped;
    bool learned = false;
    for (auto& [name, value] : world.variables)
      if (auto seen = learn(name, value, test.watched)) {
        value = *seen;
        learned = true;
      }
    auto signals = judge_signals(test.expectation, world, test.watched, survey_);
    const double how_well = score(signals);
    if (how_well <= best_score) continue;
    best_score = how_well;
    best.world = std::move(world);
    best.learned = learned;
    best.signals = std::move(signals);
  }
  best.test = test.expectation.test;
  best.name = test.expectation.name;
  best.title = test.expectation.title;
  best.atomic_id = test.expectation.atomic_id;
  best.file = test.expectation.file;
  judge_runs(test, best);
  return best;
}

void Exercise::judge_runs(const Test& test, ExerciseTest& out) const {
  for (const RunExpectation& run : test.expectation.runs_in(out.world)) {
    const auto profile = std::find_if(profiles_.begin(), profiles_.end(),
                                      [&](const Profile& p) { return p.name == run.profile; });
    if (profile == profiles_.end()) continue;
    ExerciseRun r{run.profile, run.because, {}};
    for (const FindingExpectation& f : run.findings)
      r.findings.push_back(judge_finding(f, profile->emissions, out.signals));
    out.runs.push_back(std::move(r));
  }
}

ExerciseVerdict Exercise::verdict() const {
  ExerciseVerdict v;
  v.records = records_;
  v.outside_window = outside_window_;
  v.not_understood = not_understood_;
  v.beyond_limits = beyond_limits_;
  v.survey = survey_;
  for (const Test& test : tests_) v.tests.push_back(judge(test));
  for (const Profile& profile : profiles_) {
    std::vector<string> lines;
    for (const Emission& e : profile.emissions) lines.push_back(e.finding.line);
    v.raised[profile.name] = latest(lines);
  }
  return v;
}

}  // namespace c2watch::harness
