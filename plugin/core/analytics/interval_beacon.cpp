#include "core/analytics/interval_beacon.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/analytics/saved_finding.h"
#include "core/analytics/spelling.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using state::Added;
using state::CheckIns;
using state::Hash128;

constexpr std::string_view kDetector = "interval_beacon";

constexpr Duration kSweepEvery = 1h;

// An open finding goes on while its newest gaps could be chance with at most this probability. Not
// a test for opening one: a beacon with wide jitter has dull stretches.
constexpr double kStillRegular = 0.05;

// Below this p, one in a million, chance is no explanation on any fleet.
constexpr double kBeyondChance = 1e-6;

// An image speaks for its processes while they have at most this many check-ins each on average:
// with more, each process is judged by itself, and several in one image are no single beacon.
constexpr std::uint32_t kCheckInsPerProcess = 8;

// An open finding ends after this many intervals without a check-in: a few lost ones are no end.
constexpr double kQuietIntervals = 6;

std::int64_t to_ms(Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

Time at(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

std::uint64_t process_bit(ProcessGuid guid) {
  return std::uint64_t{1} << ((guid.low * 0x9E37'79B9'7F4A'7C15u + guid.high) >> 58);
}

// "30.1", "0.00042", "3.1e-09": three digits, no locale.
std::string number(double value) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 3);
  return {text.data(), end.ptr};
}

std::string rhythm(const Regularity& r) {
  const std::string every = "every " + number(r.interval_s) + " s";
  const std::string percent = number(100 * r.jitter) + " %";
  switch (r.law) {
    case JitterLaw::none:
      return every;
    case JitterLaw::shorter:
      return every + ", up to " + percent + " sooner";
    case JitterLaw::symmetric:
      return every + ", " + percent + " either way";
    case JitterLaw::longer:
      return every + ", up to " + percent + " later";
  }
  return every;
}

// Check-ins that make an update: 10, 20, 40, ...
std::uint64_t growth_of(std::uint32_t check_ins) { return std::bit_width(check_ins / 5); }

// A guid in the one spelling that ids are made of.
std::string plain(std::string_view guid) {
  std::string text = to_lower(guid);
  std::erase_if(text, [](char c) { return c == '{' || c == '}'; });
  return text;
}

bool within(double value, double low, double high) { return value >= low && value <= high; }

}  // namespace

Result<IntervalBeaconSettings> checked(IntervalBeaconSettings s) {
  const auto refuse = [](std::string sentence) {
    return Result<IntervalBeaconSettings>(Error{"interval_beacon." + std::move(sentence)});
  };
  if (!within(s.fp_budget, 1e-6, 0.5)) return refuse("fp_budget: 0.000001 to 0.5");
  if (s.coalesce < 0s || s.coalesce > 60s) return refuse("coalesce: 0 to 60 seconds");
  if (s.min_check_ins < 5 || s.min_check_ins > CheckIns::kMax)
    return refuse("min_check_ins: 5 to 64");
  if (s.slow_gap < 1min || s.slow_gap > 24h) return refuse("slow_gap: 1 minute to 24 hours");
  if (s.max_silence < 1h || s.max_silence > 24h * 20)
    return refuse("max_silence: 1 hour to 20 days");
  if (s.rare_hosts < 1 || s.rare_hosts > 8) return refuse("rare_hosts: 1 to 8");
  if (s.min_fleet < 1 || s.min_fleet > 1'000) return refuse("min_fleet: 1 to 1000");
  if (std::string problem = problem_of(s.episode); !problem.empty())
    return refuse("episode." + problem);
  if (s.capacity < 64 || s.capacity > state::BoundedTable<int>::kMaxCapacity)
    return refuse("capacity: 64 to 1073741824");
  if (s.max_destinations < 64 || s.max_destinations > state::BoundedTable<int>::kMaxCapacity)
    return refuse("max_destinations: 64 to 1073741824");
  if (s.max_open < 16 || s.max_open > 1'000'000) return refuse("max_open: 16 to 1000000");
  return s;
}

IntervalBeacon::IntervalBeacon(IntervalBeaconSettings settings, const DestinationScope& scope,
                               Lineage& lineage, std::uint64_t seed)
    : settings_(std::move(settings)),
      rules_{static_cast<std::uint32_t>(to_ms(settings_.coalesce)),
             static_cast<std::uint32_t>(to_ms(settings_.max_silence))},
      scope_(scope),
      lineage_(lineage),
      domains_(seed),
      seed_(seed),
      tracks_(settings_.capacity),
      open_(settings_.max_open),
      destinations_(settings_.max_destinations) {
  describe_saved();
}

bool IntervalBeacon::Track::sane() const {
  constexpr std::int64_t kMostMs = std::int64_t{1} << 54;  // all that a Time can say
  const auto good = [](std::int64_t ms) { return ms > -kMostMs && ms < kMostMs; };
  return heard.sane() && heard.size() > 0 && records.size() <= kMaxRecords && good(origin_ms) &&
         (good(ended_ms) || ended_ms == std::numeric_limits<std::int64_t>::min());
}

void IntervalBeacon::describe_saved() {
  saved_.values([this](auto& a) { a(now_, swept_, unreported_, late_, rejected_, fleet_); });
  saved_.table(
      tracks_, [](auto& a, Track& t) { a(t); }, [](const Track& t) { return t.sane(); });
  saved_.table(
      open_,
      [](auto& a, Open& o) {
        a(o.episode, o.settings.quiet, o.settings.re_alert);
        finding_fields(a, o.finding);
        o.finding.detector = kDetector;
      },
      [](const Open& o) {
        return o.episode.open() && o.episode.sane() && o.settings.quiet >= 1min &&
               o.settings.re_alert >= 1min;
      });
  saved_.table(
      destinations_, [](auto& a, Hosts& h) { a(h); },
      [](const Hosts& h) { return h.hashes.size() <= kManyHosts; });
}

KindMask IntervalBeacon::kinds() const {
  return mask(Kind::network_connect) | mask(Kind::network_record) |
         (settings_.dns ? mask(Kind::dns_query) : 0);
}

bool IntervalBeacon::eligible(const Event& e) const {
  switch (e.kind) {
    case Kind::network_connect:
    case Kind::network_record:
      return e.initiated != Initiated::no;
    case Kind::dns_query:
      return settings_.dns;
    default:
      return false;
  }
}

// False for what is out of scope; rejected_ counts what is in scope and has no time, host or
// destination.
bool IntervalBeacon::read(const Event& e, Call& call) {
  const std::string_view image = e.image.empty() ? e.application : e.image;
  call.by_name = e.kind == Kind::dns_query;
  if (call.by_name) {
    if (scope_.excludes_hostname(e.query_name) || scope_.excludes_process(image)) return false;
    call.hostname = domains_.of(e.query_name);
    if (call.hostname.empty()) return false;  // names without an owner: printers, reverse lookups
  } else {
    if (!scope_.contains(e.destination_ip, e.destination_hostname, image)) return false;
    call.address = e.destination_ip;
    call.hostname = e.destination_hostname;
  }
  call.host = e.kind == Kind::network_record || e.computer.empty() ? e.source_hostname : e.computer;
  if (call.host.empty()) call.host = e.computer;
  if (!known(e.utc_time) || call.host.empty() || (call.address.empty() && call.hostname.empty())) {
    ++rejected_;
    return false;
  }
  scratch_.resize(image.size());
  lower_into(scratch_.data(), image);
  call.image = scratch_;
  call.host_key.set(call.host);
  call.address_key.set(call.address);
  call.hostname_key.set(call.hostname);
  call.guid = parse_process_guid(e.process_guid);
  call.at_ms = c2watch::to_ms(e.utc_time);
  return true;
}

Hash128 IntervalBeacon::key_of(const Call& c) const {
  return state::hash_key(
      seed_, {c.by_name ? "name" : "call", c.host_key, c.image, c.address_key, c.hostname_key});
}

Hash128 IntervalBeacon::key_of_process(const Call& c, ProcessGuid guid) const {
  const std::array<std::uint64_t, 2> number = {guid.high, guid.low};
  const std::string_view bytes(reinterpret_cast<const char*>(number.data()), sizeof number);
  return state::hash_key(seed_, {c.by_name ? "process name" : "process call", c.host_key, bytes,
                                 c.address_key, c.hostname_key});
}

Hash128 IntervalBeacon::key_of_destination(const Call& c) const {
  return state::hash_key(seed_, {c.by_name ? "name" : "call", c.address_key, c.hostname_key});
}

void IntervalBeacon::observe(const Event& event, FindingSink& out) {
  if (!eligible(event)) return;
  Call call{.event = event};
  if (!read(event, call)) return;
  now_ = std::max(now_, event.utc_time);

  const Hash128 key = key_of(call);
  Track* by_image = &track_of(key, call, false, out);
  if (known(call.guid)) {
    if (!known(by_image->first)) by_image->first = call.guid;
    by_image->processes |= process_bit(call.guid);
    if (!by_image->shared && by_image->first != call.guid) split(call, key, *by_image);
  }

  bool explained = false;
  if (by_image->shared && known(call.guid)) {
    const Hash128 own_key = key_of_process(call, call.guid);
    Track& own = track_of(own_key, call, true, out);
    if (hear(call, own)) speak(call, own_key, own, out);
    explained = own.open;
    by_image = tracks_.touch(key);  // making room for the process may have cost the image its place
    if (by_image == nullptr) return;
  }
  if (!hear(call, *by_image)) return;
  const auto processes = static_cast<std::uint32_t>(std::popcount(by_image->processes));
  const bool by_themselves =
      by_image->shared && by_image->check_ins > kCheckInsPerProcess * processes;
  if (explained || by_themselves) {
    if (by_image->heard.size() == CheckIns::kMax) by_image->heard.slide();
    return;
  }
  speak(call, key, *by_image, out);
}

IntervalBeacon::Track& IntervalBeacon::track_of(const Hash128& key, const Call& call,
                                                bool by_process, const FindingSink& out) {
  if (Track* track = tracks_.touch(key)) {
    track->heard.prefetch();
    track->records.prefetch();
    return *track;
  }
  if (!by_process) note_host(call, is_covered(call, call.event.utc_time, out));
  Track fresh;
  fresh.origin_ms = call.at_ms;
  fresh.by_process = by_process;
  return tracks_.insert(key, std::move(fresh), owner(call), [](const Hash128&, Track&) {});
}

// Rarity changes only when a key is new: a host that has spoken to the destination has one. Calls
// that an allowlist entry covers make a destination no less rare to the rest.
void IntervalBeacon::note_host(const Call& call, bool covered) {
  const auto host = static_cast<std::uint32_t>(state::hash_text(seed_, call.host_key));
  fleet_[host / 64 % kFleetWords] |= std::uint64_t{1} << (host % 64);

  if (covered) return;
  const Hash128 key = key_of_destination(call);
  Hosts* hosts = destinations_.touch(key);
  if (hosts == nullptr)
    hosts = &destinations_.insert(key, Hosts{}, owner(call), [](const Hash128&, Hosts&) {});
  auto& hashes = hosts->hashes;
  if (hashes.size() == kManyHosts || std::find(hashes.begin(), hashes.end(), host) != hashes.end())
    return;
  hashes.reserve(hashes.size() + 1);
  hashes.insert(hashes.end(), host);
}

// Linear counting: with b of m bits set, about -m ln(1 - b/m) hosts have been seen.
std::size_t IntervalBeacon::fleet() const {
  constexpr double kBits = 64.0 * kFleetWords;
  int set = 0;
  for (const std::uint64_t word : fleet_) set += std::popcount(word);
  const double clear = std::max(1.0, kBits - set);
  return static_cast<std::size_t>(std::llround(-kBits * std::log(clear / kBits)));
}

// A second process of the image: what was heard so far was all the first one's, and becomes its
// own.
void IntervalBeacon::split(const Call& call, const Hash128& key, Track& by_image) {
  const Hash128 first_key = key_of_process(call, by_image.first);
  Track first;
  first.heard = by_image.heard.copy();
  first.records.reserve(by_image.records.size());
  for (const RecordMark& mark : by_image.records) first.records.insert(first.records.end(), mark);
  first.origin_ms = by_image.origin_ms;
  first.check_ins = by_image.check_ins;
  first.ended_ms = by_image.ended_ms;
  first.by_process = true;
  if (by_image.open) {
    if (Open* open = open_.touch(key)) {
      Open moved = std::move(*open);
      open_.erase(key);
      open_.insert(first_key, std::move(moved), owner(call), [](const Hash128&, Open&) {});
      first.open = true;
    }
    by_image.open = false;
  }
  by_image.shared = true;
  if (tracks_.touch(first_key) == nullptr)
    tracks_.insert(first_key, std::move(first), owner(call), [](const Hash128&, Track&) {});
}

bool IntervalBeacon::hear(const Call& call, Track& track) {
  switch (track.heard.add(call.at_ms, rules_)) {
    case Added::merged:
      return false;
    case Added::too_late:
      ++late_;
      return false;
    case Added::anew:
      track.check_ins = 0;
      track.processes = known(call.guid) ? process_bit(call.guid) : 0;
      track.records.erase(track.records.begin(), track.records.end());
      track.origin_ms = call.at_ms;
      break;
    case Added::check_in:
      break;
  }
  ++track.check_ins;
  remember(call, track);
  return true;
}

void IntervalBeacon::remember(const Call& call, Track& track) const {
  if (call.event.record_id == 0) return;
  auto& records = track.records;
  const std::int64_t offset = call.at_ms - track.origin_ms;
  if (offset > std::numeric_limits<std::int32_t>::max() ||
      offset < std::numeric_limits<std::int32_t>::min()) {  // 24 days: count from here on
    records.erase(records.begin(), records.end());
    track.origin_ms = call.at_ms;
  }
  if (records.size() == kMaxRecords) records.erase(records.begin(), records.begin() + 1);
  // Straight to four: a key with a second record usually gets a third.
  records.reserve(records.size() == 1 ? 4 : records.size() + 1);
  records.insert(records.end(), {static_cast<std::uint32_t>(call.event.record_id),
                                 static_cast<std::uint32_t>(call.event.record_id >> 32),
                                 static_cast<std::int32_t>(call.at_ms - track.origin_ms)});
}

bool IntervalBeacon::is_turn(const Track& track) const {
  const std::size_t check_ins = track.heard.size();
  if (check_ins < 3) return false;
  if (track.heard.slid()) return check_ins == CheckIns::kMax;
  const std::int64_t mean_ms =
      (track.heard.last_ms() - track.heard.first_ms()) / static_cast<std::int64_t>(check_ins - 1);
  const bool slow = mean_ms >= to_ms(settings_.slow_gap);
  return is_look(check_ins - 1, slow) && (slow || check_ins >= settings_.min_check_ins);
}

// The newest gaps, as many as the table has a row for.
Regularity IntervalBeacon::judge(const Track& track) const {
  std::array<std::uint32_t, CheckIns::kMax> gaps;
  const std::size_t n = track.heard.gaps(gaps.data());
  const std::size_t judged = judged_gaps(n);
  return judge_regularity(std::span(gaps).subspan(n - judged, judged),
                          {.dead_ms = rules_.coalesce_ms});
}

void IntervalBeacon::speak(const Call& call, const Hash128& key, Track& track, FindingSink& out) {
  if (!track.open || !go_on(call, key, track, out)) {
    if (is_turn(track)) {
      const Regularity r = judge(track);
      if (r.p <= allowance(settings_.fp_budget, r.mean_s)) begin(call, key, track, r, out);
    }
  }
  if (track.heard.size() == CheckIns::kMax) track.heard.slide();
}

// False when the finding is over: forgotten, quiet for too long, or no longer regular.
bool IntervalBeacon::go_on(const Call& call, const Hash128& key, Track& track, FindingSink& out) {
  Open* open = open_.touch(key);
  const Time last = at(track.heard.last_ms());
  if (open == nullptr || !open->episode.holds(last, open->settings) || track.heard.size() < 3) {
    end(key, track);
    return false;
  }
  Episode next = open->episode;
  const Tell news = next.observe(last, growth_of(track.check_ins), open->settings);
  const bool covered = (news != Tell::nothing || next.suppressed()) && is_covered(call, last, out);
  if (news == Tell::nothing && (!next.suppressed() || covered)) {
    open->episode = next;
    return true;
  }
  const Regularity r = judge(track);
  if (r.p > kStillRegular) {
    end(key, track);
    return false;
  }
  const auto facts = lineage_.find(call.event.computer, call.event.process_guid);
  Finding f = describe(call, track, r, assess_call(call, facts), facts);
  const std::string id = open->finding.id;
  next.suppressed(covered);
  stamp(f, next, {});
  f.id = id;  // the finding keeps the name that it was given, whichever key carries it on
  open->finding = f;
  open->episode = next;
  out.emit(std::move(f));
  return true;
}

void IntervalBeacon::end(const Hash128& key, Track& track) {
  open_.erase(key);
  track.open = false;
  track.ended_ms = track.heard.last_ms();
}

// The oldest check-in kept since the key's last finding ended. It names the finding, so two
// findings of one key never begin at the same time.
Time IntervalBeacon::beginning(const Track& track) const {
  std::size_t first = track.heard.size() - 1;
  while (first > 0 && track.heard.time_ms(first - 1) >= track.ended_ms) --first;
  return at(track.heard.time_ms(first));
}

void IntervalBeacon::begin(const Call& call, const Hash128& key, Track& track, const Regularity& r,
                           FindingSink& out) {
  const auto facts = lineage_.find(call.event.computer, call.event.process_guid);
  const BeaconAssessment assessment = assess_call(call, facts);
  if (assessment.severity < settings_.report_from) {
    ++unreported_;
    return;
  }
  Open fresh;
  fresh.settings = settings_.episode;
  fresh.settings.quiet = std::max(
      fresh.settings.quiet,
      std::chrono::round<Duration>(std::chrono::duration<double>(kQuietIntervals * r.mean_s)));
  fresh.episode.observe(at(track.heard.last_ms()), beginning(track), growth_of(track.check_ins),
                        fresh.settings);
  fresh.finding = describe(call, track, r, assessment, facts);
  const std::string process = track.by_process ? plain(call.event.process_guid) : std::string();
  stamp(fresh.finding, fresh.episode,
        {call.host_key, call.image, process, call.address_key, call.hostname_key,
         call.by_name ? "name" : "call"});
  fresh.episode.suppressed(is_covered(call, fresh.episode.last(), out));
  Finding f = fresh.finding;
  open_.erase(key);
  open_.insert(key, std::move(fresh), owner(call), [](const Hash128&, Open&) {});
  track.open = true;
  out.emit(std::move(f));
}

bool IntervalBeacon::is_covered(const Call& call, Time at, const FindingSink& out) {
  const Event& e = call.event;
  const std::string_view image = e.image.empty() ? e.application : e.image;
  return out.covered({kDetector, at, cut_view(call.host), cut_view(image), cut_view(call.address),
                      cut_view(call.hostname)}) != FindingSink::kNotCovered;
}

BeaconAssessment IntervalBeacon::assess_call(const Call& call,
                                             const std::optional<ProcessFacts>& facts) const {
  const Hosts* hosts = destinations_.find(key_of_destination(call));
  return assess({.image = call.image,
                 .facts = facts,
                 .by_name = call.by_name,
                 .destination_hostname = call.hostname,
                 .destination_port = call.event.destination_port,
                 .usual_ports = settings_.usual_ports,
                 .hosts = hosts == nullptr ? 0 : hosts->hashes.size(),
                 .fleet = fleet(),
                 .rare_hosts = settings_.rare_hosts,
                 .min_fleet = settings_.min_fleet});
}

Finding IntervalBeacon::describe(const Call& call, const Track& track, const Regularity& r,
                                 const BeaconAssessment& assessment,
                                 const std::optional<ProcessFacts>& facts) const {
  const Event& e = call.event;
  Finding f;
  f.detector = kDetector;
  f.severity = assessment.severity;
  f.confidence = r.p <= kBeyondChance ? Confidence::high : Confidence::medium;
  f.risk_score = std::min(100, 10 * assessment.points + (r.p <= kBeyondChance ? 30 : 15));
  f.host = cut(call.host);
  f.process = process_of(e, facts);
  if (f.process.image.empty()) f.process.image = cut(e.application);
  f.destination = {cut(call.address), cut(call.hostname), call.by_name ? -1 : e.destination_port};

  const std::string program(file_name(f.process.image));
  const std::string destination =
      f.destination.hostname.empty() ? f.destination.ip : f.destination.hostname;
  f.title = program + (call.by_name ? " looks up " : " calls ") + destination + " " + rhythm(r);
  f.description = f.title + " (" + std::to_string(track.check_ins) + " check-ins on " + f.host +
                  "): random traffic looks as regular with a probability of " + number(r.p) +
                  ", where " + number(allowance(settings_.fp_budget, r.mean_s)) + " is allowed.";
  const bool web = e.destination_port == 80 || e.destination_port == 443;
  if (call.by_name) {
    f.techniques = {"T1071.004", "T1583.004"};
  } else if (web) {
    f.techniques = {"T1071.001", "T1583.004"};
  } else {
    f.techniques = {"T1571", "T1071.001", "T1583.004"};
  }

  std::array<std::uint32_t, CheckIns::kMax> gaps;
  const std::size_t n = track.heard.gaps(gaps.data());
  std::vector<std::int64_t> gaps_ms(gaps.begin() + static_cast<std::ptrdiff_t>(n - r.gaps),
                                    gaps.begin() + static_cast<std::ptrdiff_t>(n));
  std::vector<std::int64_t> record_ids;
  const std::string computer = cut(e.computer), channel = cut(e.channel);
  for (const RecordMark& mark : track.records) {
    const std::uint64_t id = std::uint64_t{mark.id_high} << 32 | mark.id_low;
    record_ids.push_back(static_cast<std::int64_t>(id));
    f.records.push_back({computer, channel, id, e.event_id, at(track.origin_ms + mark.offset_ms)});
  }

  f.evidence = {
      {"check_ins", std::int64_t{track.check_ins}},
      {"key", std::string(track.by_process ? "process" : "image")},
      {"n", static_cast<std::int64_t>(r.gaps)},
      {"gaps_ms", std::move(gaps_ms)},
      {"dead_time_ms", std::int64_t{rules_.coalesce_ms}},
      {"sum_s", r.sum_s},
      {"sum_squares_s2", r.sum_squares},
  };
  for (std::size_t s = 0; s < kStatisticNames.size(); ++s) {
    if (s >= 2 && r.trimmed_gaps == 0) continue;  // too few gaps for the last two to take part
    f.evidence.push_back({std::string(kStatisticNames[s]), r.value[s]});
    f.evidence.push_back({"p_" + std::string(kStatisticNames[s]), r.p_of[s]});
  }
  f.evidence.insert(
      f.evidence.end(),
      {{"statistic", std::string(kStatisticNames[static_cast<std::size_t>(r.decided_by)])},
       {"multiplicity", r.multiplicity},
       {"p", r.p},
       {"p_allowed", allowance(settings_.fp_budget, r.mean_s)},
       {"fp_budget", settings_.fp_budget},
       {"mean_gap_s", r.mean_s},
       {"interval_s", r.interval_s},
       {"jitter", r.jitter},
       {"jitter_law", std::string(kJitterLawNames[static_cast<std::size_t>(r.law)])},
       {"regular_gaps", static_cast<std::int64_t>(r.regular_gaps)},
       {"gap_cut_below_s", r.cut_below_s},
       {"gap_cut_above_s", r.cut_above_s},
       {"record_ids", std::move(record_ids)},
       {"context_points", std::int64_t{assessment.points}}});
  f.reasons = assessment.reasons;
  return f;
}

void IntervalBeacon::advance(Time now, FindingSink&) {
  now_ = std::max(now_, now);
  if (known(swept_) && now_ - swept_ < kSweepEvery) return;
  swept_ = now_;
  const std::int64_t oldest = c2watch::to_ms(now_) - 2 * std::int64_t{rules_.max_silence_ms};
  tracks_.erase_if([oldest](const Hash128&, const Track& track) {
    return track.heard.size() > 0 && track.heard.end_ms() < oldest;
  });
  open_.erase_if([this, oldest](const Hash128&, const Open& open) {
    return !open.episode.holds(now_, open.settings) && c2watch::to_ms(open.episode.last()) < oldest;
  });
}

void IntervalBeacon::answer(FindingSink& out) {
  std::vector<Finding> findings;
  open_.for_each([&](const Hash128&, const Open& open, auto) {
    if (open.episode.holds(now_, open.settings)) findings.push_back(open.finding);
  });
  emit_in_order(std::move(findings), out);
}

AnalyticStats IntervalBeacon::stats() const {
  AnalyticStats s;
  s.entries = tracks_.size();
  s.capacity = tracks_.capacity();
  s.evictions = evictions();
  s.crowded_out = tracks_.crowded_out() + open_.crowded_out() + destinations_.crowded_out();
  s.late = late_;
  s.rejected = rejected_;
  s.bytes = tracks_.bytes() + open_.bytes() + destinations_.bytes() + domains_.bytes();
  tracks_.for_each([&s](const Hash128&, const Track& track, auto) {
    s.bytes += track.heard.heap_bytes() + track.records.heap_bytes();
  });
  destinations_.for_each(
      [&s](const Hash128&, const Hosts& hosts, auto) { s.bytes += hosts.hashes.heap_bytes(); });
  open_.for_each(
      [&s](const Hash128&, const Open& open, auto) { s.bytes += heap_bytes(open.finding); });
  return s;
}

}  // namespace c2watch::analytics
