#include "core/analytics/dns_burst.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/analytics/process_guid.h"
#include "core/analytics/spelling.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDetector = "dns_burst";
constexpr std::string_view kClientChannel = "Microsoft-Windows-DNS-Client/Operational";
constexpr std::uint32_t kClientEvent = 3008;
constexpr std::uint32_t kNxDomain = 9003;  // DNS_ERROR_RCODE_NAME_ERROR

// The last evidence of an episode may come this late: batches of a collector that was cut off.
constexpr Duration kKeepFinished = 24h;
constexpr Duration kSweepEvery = 1h;

Result<DnsBurstSettings> refuse(std::string sentence) { return Error{"dns_burst." + sentence}; }

// By guid; a process that Sysmon gave none by image and pid.
//
// What an allowlist entry covers is counted apart, by entry: covered lookups are no part of a burst
// over other domains, nor do they take the place of theirs.
state::Hash128 process_key(std::uint64_t seed, const Event& event, const std::uint64_t& covered) {
  const ProcessGuid guid = parse_process_guid(event.process_guid);
  if (known(guid)) {
    return state::hash_key(
        seed, {FoldedName(event.computer), state::bytes_of(guid), state::bytes_of(covered)});
  }
  return state::hash_key(seed, {FoldedName(event.computer), FoldedName(event.image),
                                state::bytes_of(event.process_id), state::bytes_of(covered)});
}

std::string_view without_final_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

state::Hash128 name_key(std::uint64_t seed, const Event& event) {
  return state::hash_key(seed, {FoldedName(event.computer), FoldedName(event.query_name)});
}

// RFC 1035, 3.1; RegisteredDomains knows none that is longer.
constexpr std::size_t kMaxDomainBytes = 253;

bool fails(const Event& event) { return event.has_query_status && event.query_status != 0; }

bool near(Time a, Time b, Duration d) {
  return known(a) && known(b) && (a < b ? b - a : a - b) <= d;
}

}  // namespace

Result<DnsBurstSettings> checked(DnsBurstSettings settings) {
  if (settings.distinct_domains < 2 || settings.distinct_domains > DnsBurst::kMaxDomains / 2) {
    return refuse("distinct_domains: 2 to 16");
  }
  if (settings.window < 10s || settings.window > 24h) {
    return refuse("window: 10 seconds to 1 day");
  }
  if (settings.lateness < 0s || settings.lateness > settings.window) {
    return refuse("lateness: 0 to window (" + in_words(settings.window) + ")");
  }
  if (settings.corroboration < 1s || settings.corroboration > 1min) {
    return refuse("corroboration: 1 second to 1 minute");
  }
  if (std::string problem = problem_of(settings.episode); !problem.empty()) {
    return refuse("episode." + problem);
  }
  if (settings.max_keys < 16 || settings.max_keys > 1'000'000) {
    return refuse("max_keys: 16 to 1000000");
  }
  return settings;
}

DnsBurst::DnsBurst(DnsBurstSettings settings, const DestinationScope& scope, Lineage& lineage,
                   std::uint64_t seed)
    : settings_(settings),
      scope_(scope),
      lineage_(lineage),
      seed_(seed),
      registered_(seed),
      activities_(settings.max_keys),
      names_(settings.max_keys) {
  saved_.values([this](auto& a) { a(now_, swept_, late_, rejected_); });
  saved_.table(
      activities_, [](auto& a, Activity& activity) { a(activity); },
      [](const Activity& activity) { return activity.sane(); });
  saved_.table(
      names_, [](auto& a, Name& name) { a(name); }, [](const Name&) { return true; });
}

bool DnsBurst::Activity::sane() const {
  const auto good = [this](const Domain& d) {
    return d.lookups.sane() && (d.told == kNotTold || d.told < told.size());
  };
  return known(newest) && domains.size() <= kMaxDomains && told.size() <= kMaxDomains &&
         std::all_of(domains.begin(), domains.end(), good) && failures.sane() && trail.sane() &&
         episode.sane();
}

void DnsBurst::observe(const Event& event, FindingSink& out) {
  if (event.kind == Kind::dns_query) {
    observe_query(event, out);
  } else if (event.kind == Kind::dns_client && event.event_id == kClientEvent) {
    observe_client(event);
  }
}

bool DnsBurst::counts(const Event& event, std::string_view domain) {
  if (domain.empty() || scope_.excludes_hostname(without_final_dot(event.query_name))) return false;
  return !ascii_equal(domain, registered_.of(event.computer));
}

void DnsBurst::observe_query(const Event& event, FindingSink& out) {
  if (!is_script_engine(event.image)) return;
  const std::string_view domain = registered_.of(event.query_name);
  if (!counts(event, domain)) return;
  if (!known(event.utc_time) || event.computer.empty()) {
    ++rejected_;
    return;
  }
  AlertSubject subject = subject_of(kDetector, event);
  subject.hostname = domain;
  covered_ = out.covered(subject);
  const state::Hash128 key = process_key(seed_, event, covered_);
  Activity& a = activity_of(event, key);
  if (known(a.newest) && a.newest - event.utc_time > settings_.window + settings_.lateness) {
    ++late_;
    return;
  }
  now_ = std::max(now_, event.utc_time);
  a.newest = std::max(a.newest, event.utc_time);
  expire(a);
  note(event, domain, a);
  if (corroborated(event, key)) {
    domain_of(a, domain).corroborated = true;
    ++a.corroborations;
  }

  const Burst burst = best_burst(a, event.utc_time);
  if (burst.domains < settings_.distinct_domains || !burst.fails) return;
  if (!a.episode.holds(event.utc_time, settings_.episode)) {
    a.told.clear();
    for (Domain& d : a.domains) d.told = kNotTold;
    a.most_domains = 0;
  }
  a.most_domains = std::max(a.most_domains, burst.domains);
  remember_told(a, burst);

  const auto severity = static_cast<std::uint64_t>(severity_of(a));
  const std::uint64_t growth =
      severity * 64 + steps_worth_telling(a.most_domains, 2 * settings_.distinct_domains);
  if (a.episode.observe(event.utc_time, burst.begins, growth, settings_.episode) != Tell::nothing) {
    out.emit(describe(a));
  }
}

DnsBurst::Activity& DnsBurst::activity_of(const Event& event, const state::Hash128& key) {
  if (Activity* known_one = activities_.touch(key)) return *known_one;
  Activity fresh;
  fresh.computer = cut(event.computer);
  return activities_.insert(key, std::move(fresh), owner_of(seed_, event),
                            [](const state::Hash128&, Activity&) {});
}

void DnsBurst::expire(Activity& a) const {
  const Time oldest = a.newest - settings_.window - settings_.lateness;
  for (Domain& d : a.domains) d.lookups.expire(oldest);
  std::erase_if(a.domains, [](const Domain& d) { return d.lookups.empty(); });
  a.failures.expire(oldest);
  if (!a.domains.empty()) return;
  a.lookups = a.failing = a.nxdomain = a.corroborations = 0;
  a.process_noted = false;
}

void DnsBurst::note(const Event& event, std::string_view domain, Activity& a) {
  note_process(event, a);
  a.trail.add(event);
  ++a.lookups;

  Domain& d = domain_of(a, domain);
  d.lookups.add(event.utc_time, settings_.window);
  if (!fails(event)) return;
  d.status = event.query_status;
  ++a.failing;
  if (event.query_status == kNxDomain) ++a.nxdomain;
  a.failures.add(event.utc_time, settings_.window);
}

// A key is one process, and what its EID 1 said does not change.
void DnsBurst::note_process(const Event& event, Activity& a) {
  if (a.process_noted) return;
  const std::optional<ProcessFacts> facts = lineage_.find(event.computer, event.process_guid);
  const bool as_before = a.process.guid == event.process_guid && a.process.image == event.image;
  if (!facts && as_before && a.lookups > 0) return;
  a.process = process_of(event, facts);
  a.process_noted = facts.has_value();
  a.suspicious_lineage = facts && facts->suspicious();
  a.lineage = a.suspicious_lineage ? reasons(*facts) : std::vector<std::string>();
}

DnsBurst::Domain& DnsBurst::domain_of(Activity& a, std::string_view name) {
  std::array<char, kMaxDomainBytes> buffer;
  std::transform(name.begin(), name.end(), buffer.begin(), ascii_lower);
  const std::string_view lower(buffer.data(), name.size());
  const std::uint64_t hash = state::hash_text(seed_, lower);
  for (Domain& d : a.domains) {
    if (d.hash == hash && d.name == lower) return d;
  }
  Domain fresh;
  fresh.hash = hash;
  fresh.name = lower;
  if (a.domains.size() < kMaxDomains) return a.domains.emplace_back(std::move(fresh));
  // Whether there are `distinct_domains` at some later moment is decided by the newest ones.
  Domain& oldest = *std::min_element(
      a.domains.begin(), a.domains.end(),
      [](const Domain& l, const Domain& r) { return l.lookups.newest() < r.lookups.newest(); });
  oldest = std::move(fresh);
  return oldest;
}

bool DnsBurst::corroborated(const Event& event, const state::Hash128& process) {
  if (!known(event.time_created)) return false;
  const state::Hash128 key = name_key(seed_, event);
  Name* name = names_.touch(key);
  if (name == nullptr) {
    name = &names_.insert(key, Name{}, owner_of(seed_, event), [](const state::Hash128&, Name&) {});
  }
  name->looked_up = event.time_created;
  name->process = process;
  if (!near(name->given_up, event.time_created, settings_.corroboration)) return false;

  Event client;
  client.event_id = kClientEvent;
  client.channel = kClientChannel;
  client.record_id = name->record_id;
  client.time_created = std::exchange(name->given_up, kNoTime);  // one 3008 speaks for one lookup
  if (Activity* a = activities_.touch(process)) a->trail.add(client);
  return true;
}

void DnsBurst::observe_client(const Event& event) {
  if (event.query_name.empty() || event.computer.empty() || !known(event.time_created)) return;
  const state::Hash128 key = name_key(seed_, event);
  Name* name = names_.touch(key);
  if (name == nullptr) {
    name = &names_.insert(key, Name{}, owner_of(seed_, event), [](const state::Hash128&, Name&) {});
  }
  if (!near(name->looked_up, event.time_created, settings_.corroboration)) {
    name->given_up = event.time_created;
    name->record_id = event.record_id;
    return;
  }
  name->looked_up = kNoTime;
  Activity* a = activities_.touch(name->process);
  if (a == nullptr) return;
  ++a->corroborations;
  a->trail.add(event);
  const std::string_view domain = registered_.of(event.query_name);
  for (Domain& d : a->domains) d.corroborated |= ascii_equal(d.name, domain);
}

DnsBurst::Burst DnsBurst::burst_ending(const Activity& a, Time end) const {
  const Time from = end - settings_.window;
  Burst burst;
  burst.begins = end;
  for (const Domain& d : a.domains) {
    const Time first = d.lookups.first_within(from, end);
    if (!known(first)) continue;
    ++burst.domains;
    burst.begins = std::min(burst.begins, first);
  }
  burst.fails = a.failures.any_within(from, end);
  burst.ends = end;
  return burst;
}

// Only windows that hold the event just noted can have become a burst by it. Each ends with a
// lookup.
DnsBurst::Burst DnsBurst::best_burst(const Activity& a, Time around) const {
  Burst best;
  for (const Domain& d : a.domains) {
    for (const Time end : d.lookups) {
      if (end < around || end - around > settings_.window) continue;
      Burst burst = burst_ending(a, end);
      if (!burst.fails) continue;
      burst.begins = std::min(burst.begins, around);  // it may have left no mark of its own
      const bool better = burst.domains > best.domains ||
                          (burst.domains == best.domains && burst.begins < best.begins);
      if (better) best = burst;
    }
  }
  return best;
}

void DnsBurst::remember_told(Activity& a, const Burst& burst) const {
  for (Domain& d : a.domains) {
    if (d.told != kNotTold) {
      if (d.status != 0) a.told[d.told].status = d.status;
      continue;
    }
    if (a.told.size() == kMaxDomains) continue;
    if (!d.lookups.any_within(burst.begins, burst.ends)) continue;
    // A domain may have been told, expired, and come again.
    const auto before =
        std::find_if(a.told.begin(), a.told.end(), [&](const Told& t) { return t.name == d.name; });
    d.told = static_cast<std::uint8_t>(before - a.told.begin());
    if (before == a.told.end()) a.told.push_back({d.name, d.status});
  }
}

Severity DnsBurst::severity_of(const Activity& a) const {
  const bool many = a.most_domains >= 2 * settings_.distinct_domains;
  return many || a.suspicious_lineage ? Severity::high : Severity::medium;
}

Finding DnsBurst::describe(const Activity& a) const {
  std::vector<std::string> domains;
  std::vector<std::int64_t> statuses;
  for (const Told& t : a.told) {
    domains.push_back(t.name);
    statuses.push_back(t.status);
  }
  const std::string program(file_name(a.process.image));
  const std::string window = in_words(settings_.window);
  const auto count = static_cast<std::int64_t>(a.most_domains);
  const auto threshold = static_cast<std::int64_t>(settings_.distinct_domains);
  const auto nxdomain = static_cast<std::int64_t>(a.nxdomain);

  Finding f;
  f.detector = kDetector;
  const std::string pid = a.process.guid.empty() ? std::to_string(a.process.pid) : "";
  stamp(f, a.episode,
        {FoldedName(a.computer), guid_text(a.process.guid), FoldedName(a.process.image), pid});
  f.severity = severity_of(a);
  f.confidence = nxdomain >= threshold       ? Confidence::high
                 : a.failing * 4 < a.lookups ? Confidence::low
                                             : Confidence::medium;
  f.risk_score = static_cast<std::int32_t>(std::min<std::int64_t>(
      100, 45 + 3 * std::min<std::int64_t>(10, count - threshold) +
               (nxdomain >= threshold ? 10 : 0) + (a.suspicious_lineage ? 20 : 0)));
  f.title = program + " looks up " + std::to_string(count) + " domains in a row";
  f.description = program + " on " + a.computer + " looked up " + std::to_string(count) +
                  " registered domains within " + window + " (" + std::to_string(threshold) +
                  " are enough); " + std::to_string(a.failing) + " of " +
                  std::to_string(a.lookups) + " lookups failed, " + std::to_string(a.nxdomain) +
                  " of them because the name does not exist.";
  f.techniques = {"T1071.004", "T1583.004"};
  f.host = a.computer;
  f.process = a.process;
  f.evidence = {
      {"domains", domains},
      {"statuses", statuses},
      {"distinct_domains", count},
      {"threshold", threshold},
      {"window_s", seconds(settings_.window)},
      {"lookups", static_cast<std::int64_t>(a.lookups)},
      {"failing", static_cast<std::int64_t>(a.failing)},
      {"nxdomain", nxdomain},
      {"corroborated_by_dns_client", static_cast<std::int64_t>(a.corroborations)},
      {"lineage_suspicious", a.suspicious_lineage},
  };
  if (!a.lineage.empty()) f.evidence.push_back({"lineage", a.lineage});

  f.reasons.push_back(std::to_string(count) + " registered domains within " + window +
                      " by one process");
  f.reasons.push_back(std::to_string(a.failing) + " lookup(s) without an answer");
  if (a.nxdomain > 0) {
    f.reasons.push_back(std::to_string(a.nxdomain) + " name(s) that do not exist (NXDOMAIN, 9003)");
  }
  if (a.corroborations > 0) {
    f.reasons.push_back("the DNS client logged " + std::to_string(a.corroborations) +
                        " of the failures too (event 3008)");
  }
  for (const std::string& reason : a.lineage) f.reasons.push_back("the process " + reason);
  f.records = a.trail.records(a.computer);
  return f;
}

void DnsBurst::advance(Time now, FindingSink&) {
  now_ = std::max(now_, now);
  if (known(swept_) && now_ - swept_ < kSweepEvery) return;
  swept_ = now_;
  const Duration keep = settings_.window + settings_.episode.quiet + kKeepFinished;
  activities_.erase_if([&](const state::Hash128&, const Activity& a) {
    return !known(a.newest) || now_ - a.newest > keep;
  });
  names_.erase_if([&](const state::Hash128&, const Name& n) {
    const Time latest = std::max(n.looked_up, n.given_up);  // none: both have been used
    return !known(latest) || now_ - latest > kKeepFinished;
  });
}

void DnsBurst::answer(FindingSink& out) {
  std::vector<Finding> open;
  activities_.for_each([&](const state::Hash128&, const Activity& a, auto) {
    if (a.episode.holds(now_, settings_.episode)) open.push_back(describe(a));
  });
  emit_in_order(std::move(open), out);
}

// ------------------------------------------------------------------------------- explaining

void DnsBurst::explain(const Event& event, Explanation& x) {
  if (event.kind != Kind::dns_query) return;
  x.concerned = true;
  x.host = cut(event.computer);
  x.image = cut(event.image);
  x.hostname = cut(event.query_name);
  if (!is_script_engine(event.image))
    return x.drop("script_engine", std::string(file_name(event.image)) +
                                       " is none of the script engines and LOLBins");
  if (drop_by_scope(scope_, {}, without_final_dot(event.query_name), {}, x)) return;
  const std::string_view domain = registered_.of(event.query_name);
  if (domain.empty())
    return x.drop("registered_domain", "the name belongs to no registered domain");
  if (ascii_equal(domain, std::string(registered_.of(event.computer))))
    return x.drop("own_domain", "the name belongs to the computer's own domain");
  if (!known(event.utc_time) || event.computer.empty())
    return x.drop("no_key", "the event has no time or no computer");
  const Activity* a = activities_.find(process_key(seed_, event, covered_));
  if (a == nullptr)
    return x.drop("detectors.dns_burst.max_keys",
                  "the process was dropped for room: raise max_keys");
  if (a->newest - event.utc_time > settings_.window + settings_.lateness)
    return x.drop("detectors.dns_burst.lateness_seconds", "the lookup arrived too late");
  x.hostname.clear();  // the key is the process
  explain_activity(*a, x);
}

void DnsBurst::explain_activity(const Activity& a, Explanation& x) const {
  Burst most;
  for (const Domain& d : a.domains) {
    for (const Time end : d.lookups) {
      const Burst burst = burst_ending(a, end);
      if (burst.domains > most.domains || (burst.domains == most.domains && burst.fails))
        most = burst;
    }
  }
  x.conditions.push_back(at_least("distinct_domains", most.domains, settings_.distinct_domains,
                                  "registered domains", " within " + in_words(settings_.window)));
  x.conditions.push_back(
      {"failing", std::int64_t{most.fails}, std::int64_t{1}, most.fails, most.fails ? 1 : 0.5,
       most.fails ? "a lookup among them failed" : "no lookup among them failed: 1 is needed"});
  std::vector<std::string> names;
  for (const Domain& d : a.domains) names.push_back(d.name);
  x.evidence.push_back({"domains", std::move(names)});
  x.evidence.push_back({"window_s", seconds(settings_.window)});
  x.evidence.push_back({"lookups", static_cast<std::int64_t>(a.lookups)});
  x.evidence.push_back({"failing", static_cast<std::int64_t>(a.failing)});
  x.evidence.push_back({"nxdomain", static_cast<std::int64_t>(a.nxdomain)});
}

AnalyticStats DnsBurst::stats() const {
  AnalyticStats s;
  s.entries = activities_.size();
  s.capacity = activities_.capacity();
  s.evictions = evictions();
  s.crowded_out = activities_.crowded_out() + names_.crowded_out();
  s.late = late_;
  s.rejected = rejected_;
  s.bytes = activities_.bytes() + names_.bytes() + registered_.bytes();
  activities_.for_each([&](const state::Hash128&, const Activity& a, auto) {
    s.bytes += heap_bytes(a.computer) + heap_bytes(a.process) + heap_bytes(a.lineage) +
               a.domains.capacity() * sizeof(Domain) + a.told.capacity() * sizeof(Told) +
               a.trail.heap_bytes();
    for (const Domain& d : a.domains) s.bytes += heap_bytes(d.name);
    for (const Told& t : a.told) s.bytes += heap_bytes(t.name);
  });
  return s;
}

}  // namespace c2watch::analytics
