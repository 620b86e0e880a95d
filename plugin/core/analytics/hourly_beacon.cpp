#include "core/analytics/hourly_beacon.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "core/analytics/episode.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/hourly_finding.h"
#include "core/analytics/process_class.h"
#include "core/analytics/spelling.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

// 2^30 hours are 122,000 years to either side: Hour and its differences cannot overflow.
constexpr std::int64_t kHourLimit = std::int64_t{1} << 30;
constexpr std::int64_t kMaxFixedHours = 1 << 16;  // what hourly_ratio.h can multiply
constexpr std::size_t kMinDetailBytes = std::size_t{16} << 20;

// 256: a destination that a program reaches on more ports is being scanned, and the finding has a
// list long enough.
constexpr std::size_t kMaxPorts = 256;

// Names, further hours and further ports, with what the allocator adds; lists grow by doubling.
std::size_t most_bytes_of_a_key(const HourlyBeaconSettings& s) {
  constexpr std::size_t kNames = 6, kListEntry = 8;
  const auto hours = static_cast<std::size_t>(s.from ? kMaxFixedHours : s.window_hours);
  return kNames * (kMaxKeptText + 16) + kListEntry * (std::bit_ceil(hours) + kMaxPorts);
}

bool usable(Time time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
  return hours > -kHourLimit && hours < kHourLimit;
}

Error out_of_range(std::string_view setting, std::string_view allowed) {
  return {"hourly_beacon." + std::string(setting) + " must be " + std::string(allowed)};
}

std::optional<Error> check(const HourlyBeaconSettings& s) {
  if (s.window_hours < 1 || s.window_hours > 168) return out_of_range("window_hours", "1..168");
  if (s.from.has_value() != s.to.has_value())
    return out_of_range("from", "given together with hourly_beacon.to, or not at all");
  if (s.from && (!usable(*s.from) || !usable(*s.to) || *s.from >= *s.to ||
                 hour_of(*s.to) - hour_of(*s.from) >= kMaxFixedHours))
    return out_of_range("from", "before hourly_beacon.to, by at most 65535 hours");
  if (s.min_total < 1 || s.min_total > 1'000'000'000)
    return out_of_range("min_total", "1..1000000000");
  if (s.min_hours < 1 || s.min_hours > 168) return out_of_range("min_hours", "1..168");
  if (s.max_ratio_percent < 1 || s.max_ratio_percent > 200)
    return out_of_range("max_ratio_percent", "1..200");
  if (s.volume_above > 1'000'000'000) return out_of_range("volume_above", "0..1000000000");
  if (s.capacity < 1 || s.capacity > state::BoundedTable<int>::kMaxCapacity)
    return out_of_range("capacity", "1..1073741824");
  if (s.max_detail_bytes < kMinDetailBytes)
    return out_of_range("max_detail_bytes", "at least 16777216 (16 MiB)");
  return std::nullopt;
}

}  // namespace

HourlyBeaconSettings HourlyBeaconSettings::seed() {
  HourlyBeaconSettings s;
  s.scope = ScopeSettings::seed();
  s.application = ApplicationField::strict;
  s.source_fallback = false;
  s.initiated_only = false;
  s.partial_edge_hours = false;
  s.volume_alone = true;
  s.severity = HourlySeverity::risk_score;
  return s;
}

HourlyBeaconSettings HourlyBeaconSettings::lab() {
  HourlyBeaconSettings s;
  s.scope = ScopeSettings::lab();
  return s;
}

Result<std::unique_ptr<HourlyBeacon>> HourlyBeacon::create(const HourlyBeaconSettings& settings) {
  if (std::optional<Error> error = check(settings)) return *error;
  Result<DestinationScope> scope = DestinationScope::create(settings.scope);
  if (!scope) return Error{"hourly_beacon.scope: " + scope.error().message};
  return std::unique_ptr<HourlyBeacon>(new HourlyBeacon(settings, std::move(*scope)));
}

HourlyBeacon::HourlyBeacon(const HourlyBeaconSettings& settings, DestinationScope scope)
    : settings_(settings),
      threshold_(percent(settings.max_ratio_percent)),
      scope_(std::move(scope)),
      exact_(settings.scope.matching == ScopeMatching::globs),
      names_(settings.hash_seed),
      table_(settings.capacity, settings.max_detail_bytes / 16 / most_bytes_of_a_key(settings)),
      saved_names_(names_) {
  describe_saved();
}

void HourlyBeacon::describe_saved() {
  saved_.around([this] { saved_names_.begin(); }, [this] { saved_names_.finish(); });
  saved_.values([this](auto& a) { a(now_, current_, oldest_, any_due_, late_, rejected_); },
                [this] {
                  return current_ > -kHourLimit && current_ < kHourLimit && oldest_ > -kHourLimit &&
                         (!known(now_) || usable(now_));
                });
  saved_.table(
      table_, [this](auto& a, Track& track) { track_fields(a, track); },
      [this](Track& track) { return adopt(track); },
      2 * kMaxFixedHours * sizeof(HourCount),  // all else that a key keeps is far less
      [this](Track& track) { release_names(track); });
}

template <class Archive>
void HourlyBeacon::track_fields(Archive& a, Track& track) {
  constexpr std::uint8_t kSuppressed = 0x80;
  bool suspicious = track.suspicious, raised = track.raised, due = track.due;
  auto told = static_cast<std::uint8_t>(track.told | (track.suppressed ? kSuppressed : 0));
  a(track.hours, track.ports);
  for (state::TextId& id : track.key) saved_names_.fields(a, id);
  saved_names_.fields(a, track.computer);
  saved_names_.fields(a, track.channel);
  a(track.record_id, track.last, track.event_id, track.episode, track.updates, told, suspicious,
    raised, due);
  track.told = told & ~kSuppressed & 0xff;
  track.suppressed = (told & kSuppressed) != 0;
  track.suspicious = suspicious;
  track.raised = raised;
  track.due = due;
}

// Counts what was restored; false when no track of ours looks like that.
bool HourlyBeacon::adopt(Track& track) {
  if (track.ports.size() > kMaxPorts)  // as programs before this one kept them
    track.ports.erase(track.ports.begin() + kMaxPorts, track.ports.end());
  const auto good_hour = [](Hour h) { return h > -kHourLimit && h < kHourLimit; };
  const auto hours_ascend = [](const HourCount& l, const HourCount& r) { return l.hour < r.hour; };
  const auto ports_ascend = [](const PortSeen& l, const PortSeen& r) { return l.port < r.port; };
  const auto strictly = [](const auto& list, auto less) {
    return std::adjacent_find(list.begin(), list.end(), [&](const auto& l, const auto& r) {
             return !less(l, r);
           }) == list.end();
  };
  const bool told_or_due = verdict(track).finding == track.raised || (track.due && any_due_);
  if (!told_or_due || track.hours.empty() || track.hours.size() > kMaxFixedHours) return false;
  // What no window reaches would never leave.
  const Hour last = track.hours[track.hours.size() - 1].hour;
  const bool reached = known(now_) && (settings_.from || last <= current_);
  const bool possible = reached && strictly(track.hours, hours_ascend) &&
                        strictly(track.ports, ports_ascend) && good_hour(track.hours[0].hour) &&
                        good_hour(last) && good_hour(track.episode) && track.told <= 3;
  if (!possible) return false;
  list_bytes_ += track.hours.heap_bytes() + track.ports.heap_bytes();
  oldest_ = std::min(oldest_, track.hours[0].hour);
  return true;
}

void HourlyBeacon::observe(const Event& event, FindingSink& out) {
  if ((mask(event.kind) & kinds()) == 0) return;
  if (!usable(event.utc_time)) {
    ++rejected_;
    return;
  }
  if (any_due_) tell_all_due(now_, out);
  move_to(event.utc_time, out);
  if (!eligible(event)) return;
  if (!in_window(event.utc_time)) {
    ++late_;
    return;
  }
  const KeyView key = key_of(event);
  if (!scope_.contains(key[kIp], key[kHostname], key[kApplication])) return;

  Track& track = count(key, event);
  if (!judge(track)) return;
  any_due_ = true;  // until it is told: memory may run out
  tell(track, event.utc_time, out);
  any_due_ = false;
}

void HourlyBeacon::advance(Time now, FindingSink& out) {
  if (!usable(now)) return;
  if (any_due_) tell_all_due(now_, out);
  move_to(now, out);
}

bool HourlyBeacon::eligible(const Event& event) const {
  return !settings_.initiated_only || event.kind != Kind::network_connect ||
         event.initiated == Initiated::yes;
}

HourlyBeacon::KeyView HourlyBeacon::key_of(const Event& event) const {
  KeyView key{event.source_hostname, {}, event.destination_ip, event.destination_hostname};
  if (key[kSource].empty() && settings_.source_fallback) key[kSource] = event.computer;
  // Sumo's mapping of EID 3 leaves the application NULL, whatever a reader found.
  if (event.kind == Kind::network_record) key[kApplication] = event.application;
  if (key[kApplication].empty() && settings_.application == ApplicationField::coalesce)
    key[kApplication] = event.image;
  return key;
}

bool HourlyBeacon::in_window(Time time) const {
  if (settings_.from) return *settings_.from <= time && time < *settings_.to;
  return hour_of(time) >= first_hour();
}

// ---------------------------------------------------------------------------------- counting

// The seed compares texts byte by byte, as its scope does.
state::Hash128 HourlyBeacon::hash_of(const KeyView& key) const {
  if (exact_) {
    return state::hash_key(settings_.hash_seed,
                           {key[kSource], key[kApplication], key[kIp], key[kHostname]});
  }
  return state::hash_key(settings_.hash_seed,
                         {FoldedName(key[kSource]), FoldedName(key[kApplication]),
                          FoldedAddress(key[kIp]), FoldedName(key[kHostname])});
}

std::string HourlyBeacon::id_of(const KeyView& key, Hour episode) const {
  if (exact_) {
    return episode_id(name(), {key[kSource], key[kApplication], key[kIp], key[kHostname]},
                      start_of(episode));
  }
  return episode_id(name(),
                    {FoldedName(key[kSource]), FoldedName(key[kApplication]),
                     FoldedAddress(key[kIp]), FoldedName(key[kHostname])},
                    start_of(episode));
}

HourlyBeacon::Track& HourlyBeacon::count(const KeyView& key, const Event& event) {
  const state::Hash128 hash = hash_of(key);
  Track* track = table_.touch(hash);
  if (track == nullptr) track = &insert(hash, key, event.computer, event.channel);
  add_row(*track, event);
  keep_to_budget(hash);
  return *track;
}

HourlyBeacon::Track& HourlyBeacon::insert(const state::Hash128& hash, const KeyView& key,
                                          std::string_view computer, std::string_view channel) {
  table_.prepare();
  const auto ids = intern(key, computer, channel);
  // From here on nothing allocates: the first hour and port have their place in the track.
  Track track;
  std::copy_n(ids.begin(), kKeyParts, track.key.begin());
  track.computer = ids[kKeyParts];
  track.channel = ids[kKeyParts + 1];
  track.suspicious = names_script_engine(key[kApplication]);
  return table_.insert(
      hash, std::move(track),
      state::owner_of(settings_.hash_seed, computer.empty() ? key[kSource] : computer),
      [this](const state::Hash128&, Track& gone) { forget(gone); });
}

// Senders choose how long names are, and keys are told apart by the hash of all of them.
std::array<state::TextId, HourlyBeacon::kKeyParts + 2> HourlyBeacon::intern(
    const KeyView& key, std::string_view computer, std::string_view channel) {
  std::array<std::string_view, kKeyParts + 2> texts{key[kSource],       key[kApplication],
                                                    key[kIp],           key[kHostname],
                                                    cut_view(computer), cut_view(channel)};
  std::array<std::string, kKeyParts> shorter;
  for (std::size_t part = 0; part < kKeyParts; ++part) {
    if (key[part].size() <= kMaxKeptText) continue;
    shorter[part] = cut_apart(key[part]);
    texts[part] = shorter[part];
  }
  return names_.intern_all(texts);
}

void HourlyBeacon::add_row(Track& track, const Event& event) {
  const Hour hour = hour_of(event.utc_time);
  const auto hour_at = std::lower_bound(track.hours.begin(), track.hours.end(), hour,
                                        [](const HourCount& h, Hour at) { return h.hour < at; }) -
                       track.hours.begin();
  const bool new_hour = hour_at == std::ssize(track.hours) ||
                        track.hours[static_cast<std::size_t>(hour_at)].hour != hour;

  // Of too many ports the highest are left out: that does not depend on their order.
  const bool has_port =
      event.destination_port != kNoPort &&
      (track.ports.size() < kMaxPorts || event.destination_port <= track.ports[kMaxPorts - 1].port);
  const auto port = static_cast<std::uint16_t>(event.destination_port);
  const auto port_at =
      std::lower_bound(track.ports.begin(), track.ports.end(), port,
                       [](const PortSeen& p, std::uint16_t at) { return p.port < at; }) -
      track.ports.begin();
  const bool new_port = has_port && (port_at == std::ssize(track.ports) ||
                                     track.ports[static_cast<std::size_t>(port_at)].port != port);

  // Everything that can run out of memory comes before anything that changes us.
  if (new_hour) reserve_one(track.hours);
  if (new_port && track.ports.size() < kMaxPorts) reserve_one(track.ports);
  remember_record(track, event);

  if (new_hour) track.hours.insert(track.hours.begin() + hour_at, {hour, 0});
  std::uint32_t& count = track.hours[static_cast<std::size_t>(hour_at)].count;
  if (count != std::numeric_limits<std::uint32_t>::max()) ++count;
  if (new_port && track.ports.size() == kMaxPorts)
    track.ports.erase(track.ports.end() - 1, track.ports.end());
  if (new_port) track.ports.insert(track.ports.begin() + port_at, {hour, port});
  if (has_port) {
    Hour& last = track.ports[static_cast<std::size_t>(port_at)].last;
    last = std::max(last, hour);
  }
  oldest_ = std::min(oldest_, hour);
}

template <class List>
void HourlyBeacon::reserve_one(List& list) {
  const std::size_t before = list.heap_bytes();
  list.reserve(list.size() + 1);
  list_bytes_ += list.heap_bytes() - before;
}

void HourlyBeacon::remember_record(Track& track, const Event& event) {
  if (event.utc_time < track.last) return;
  name_log(track, cut_view(event.computer), cut_view(event.channel));
  track.last = event.utc_time;
  track.record_id = event.record_id;
  track.event_id = event.event_id;
}

// A key's records come from one computer's one log, so these comparisons hardly ever fail.
void HourlyBeacon::name_log(Track& track, std::string_view computer, std::string_view channel) {
  if (names_.text(track.computer) == computer && names_.text(track.channel) == channel) return;
  const auto ids = names_.intern_all(std::array{computer, channel});
  names_.release(std::exchange(track.computer, ids[0]));
  names_.release(std::exchange(track.channel, ids[1]));
}

void HourlyBeacon::keep_to_budget(const state::Hash128& spare) {
  while (names_.text_bytes() + list_bytes_ > settings_.max_detail_bytes) {
    if (!table_.evict_one(spare, [this](const state::Hash128&, Track& gone) { forget(gone); }))
      return;
  }
}

void HourlyBeacon::release_names(Track& track) noexcept {
  for (const state::TextId id : track.key) names_.release(id);
  names_.release(track.computer);
  names_.release(track.channel);
}

void HourlyBeacon::forget(Track& track) noexcept {
  release_names(track);
  list_bytes_ -= track.hours.heap_bytes() + track.ports.heap_bytes();
}

// ------------------------------------------------------------------------------------ merging

void HourlyBeacon::merge(const HourlyBeacon& other, FindingSink& out) {
  assert(this != &other);
  late_ += other.late_;
  rejected_ += other.rejected_;
  if (!known(other.now_)) return;  // it has seen nothing
  if (any_due_) tell_all_due(now_, out);
  move_to(other.now_, out);
  other.table_.for_each([&](const state::Hash128&, const Track& theirs, auto) {
    Track* track = merge_track(other, theirs);
    any_due_ = (track != nullptr && judge(*track)) || any_due_;
  });
  if (any_due_) tell_all_due(now_, out);
}

// nullptr when all of it lies before the window.
HourlyBeacon::Track* HourlyBeacon::merge_track(const HourlyBeacon& other, const Track& theirs) {
  const KeyView key = other.key_texts(theirs);
  const state::Hash128 hash = hash_of(key);
  Track* track = table_.touch(hash);
  // Everything that can run out of memory comes before anything that changes the key.
  Hours hours = merged_hours(track, theirs);
  Ports ports = merged_ports(track, theirs);
  if (hours.empty()) return nullptr;
  const std::string_view computer = other.names_.text(theirs.computer);
  const std::string_view channel = other.names_.text(theirs.channel);
  if (track == nullptr) track = &insert(hash, key, computer, channel);
  if (theirs.last >= track->last) {
    name_log(*track, computer, channel);
    track->last = theirs.last;
    track->record_id = theirs.record_id;
    track->event_id = theirs.event_id;
  }
  if (track->told == 0) {  // never told here: what was told there goes on
    track->episode = theirs.episode;
    track->updates = theirs.updates;
    track->told = theirs.told;
    track->raised = theirs.raised;
    track->suppressed = theirs.suppressed;
  }
  list_bytes_ -= track->hours.heap_bytes() + track->ports.heap_bytes();
  track->hours = std::move(hours);
  track->ports = std::move(ports);
  list_bytes_ += track->hours.heap_bytes() + track->ports.heap_bytes();
  oldest_ = std::min(oldest_, track->hours[0].hour);
  keep_to_budget(hash);
  return track;
}

HourlyBeacon::Hours HourlyBeacon::merged_hours(const Track* ours, const Track& theirs) const {
  Hours merged;
  merged.reserve((ours == nullptr ? 0 : ours->hours.size()) + theirs.hours.size());
  const auto add = [&](const HourCount& h) {
    if (!settings_.from && h.hour < first_hour()) return;
    const auto at =
        std::lower_bound(merged.begin(), merged.end(), h.hour,
                         [](const HourCount& there, Hour hour) { return there.hour < hour; });
    if (at == merged.end() || at->hour != h.hour) return merged.insert(at, h);
    const std::uint64_t sum = std::uint64_t{at->count} + h.count;
    at->count = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
  };
  if (ours != nullptr) std::for_each(ours->hours.begin(), ours->hours.end(), add);
  std::for_each(theirs.hours.begin(), theirs.hours.end(), add);
  merged.shrink_to_fit();
  return merged;
}

HourlyBeacon::Ports HourlyBeacon::merged_ports(const Track* ours, const Track& theirs) const {
  Ports merged;
  merged.reserve((ours == nullptr ? 0 : ours->ports.size()) + theirs.ports.size());
  const auto add = [&](const PortSeen& p) {
    if (!settings_.from && p.last < first_hour()) return;
    const auto at = std::lower_bound(
        merged.begin(), merged.end(), p.port,
        [](const PortSeen& there, std::uint16_t port) { return there.port < port; });
    if (at == merged.end() || at->port != p.port) return merged.insert(at, p);
    at->last = std::max(at->last, p.last);
  };
  if (ours != nullptr) std::for_each(ours->ports.begin(), ours->ports.end(), add);
  std::for_each(theirs.ports.begin(), theirs.ports.end(), add);
  if (merged.size() > kMaxPorts) merged.erase(merged.begin() + kMaxPorts, merged.end());
  merged.shrink_to_fit();
  return merged;
}

// -------------------------------------------------------------------------------- the window

void HourlyBeacon::move_to(Time time, FindingSink& out) {
  const Hour hour = hour_of(time);
  if (!known(now_)) oldest_ = current_ = hour;
  // From one hour in which a slice leaves to the next, at most window_hours of them.
  while (current_ < hour && table_.size() > 0 && !settings_.from) {
    current_ = std::min(hour, std::max(current_ + 1, oldest_ + settings_.window_hours));
    close_hour();
    if (any_due_) tell_all_due(start_of(current_), out);
  }
  current_ = std::max(current_, hour);
  now_ = std::max(now_, time);
}

void HourlyBeacon::close_hour() {
  if (oldest_ >= first_hour()) return;
  oldest_ = current_;
  table_.erase_if([this](const state::Hash128&, Track& track) {
    if (track.hours[0].hour < first_hour() && !cut_to_window(track)) {
      forget(track);
      return true;
    }
    oldest_ = std::min(oldest_, track.hours[0].hour);
    return false;
  });
}

// False when nothing is left of it.
bool HourlyBeacon::cut_to_window(Track& track) noexcept {
  const Hour first = first_hour();
  const std::size_t before = track.hours.heap_bytes() + track.ports.heap_bytes();
  track.hours.erase(track.hours.begin(),
                    std::find_if(track.hours.begin(), track.hours.end(),
                                 [&](const HourCount& h) { return h.hour >= first; }));
  track.ports.erase(std::remove_if(track.ports.begin(), track.ports.end(),
                                   [&](const PortSeen& p) { return p.last < first; }),
                    track.ports.end());
  track.hours.shrink_to_fit();
  track.ports.shrink_to_fit();
  list_bytes_ -= before - (track.hours.heap_bytes() + track.ports.heap_bytes());
  if (track.hours.empty()) return false;
  any_due_ = judge(track) || any_due_;
  return true;
}

// ------------------------------------------------------------------------- judging and telling

HourlyBeacon::Verdict HourlyBeacon::verdict(const Track& track) const {
  Verdict v;
  for (const HourCount& h : track.hours) v.sums.add(h.count);
  if (v.sums.total < settings_.min_total || v.sums.hours < settings_.min_hours) return v;

  v.beacon = inequality(threshold_, v.sums, settings_.deviation).holds();
  // Two inner hours at least: one alone is always perfectly even.
  if (settings_.partial_edge_hours && v.sums.hours >= 4) {
    for (std::size_t i = 1; i + 1 < track.hours.size(); ++i) v.inner.add(track.hours[i].count);
    v.beacon = v.beacon || inequality(threshold_, v.inner, settings_.deviation).holds();
  }
  v.volume = v.sums.total > settings_.volume_above;
  v.risk_score = track.suspicious + v.beacon + v.volume;
  v.finding = track.suspicious || v.beacon || (v.volume && settings_.volume_alone);
  return v;
}

bool HourlyBeacon::judge(Track& track) noexcept {
  const Verdict v = verdict(track);
  track.due = v.finding && (!track.raised || track.suppressed || v.risk_score > track.told);
  track.raised = track.raised && v.finding;
  track.suppressed = track.suppressed && v.finding;
  return track.due;
}

// Keys that an hour close made due, or that were left over when memory ran out.
void HourlyBeacon::tell_all_due(Time now, FindingSink& out) {
  std::vector<Track*> due;
  table_.scan([&](Track& track) {
    if (track.due) due.push_back(&track);
  });
  std::sort(due.begin(), due.end(),
            [this](const Track* a, const Track* b) { return key_less(*a, *b); });
  for (Track* track : due) tell(*track, now, out);
  any_due_ = false;
}

void HourlyBeacon::tell(Track& track, Time now, FindingSink& out) {
  const Verdict v = verdict(track);
  const bool covered = is_covered(track, now, out);
  if (covered && track.suppressed && v.risk_score <= track.told) {
    track.due = false;  // until the next row or hour
    return;
  }
  const Hour first = track.hours[0].hour;
  const bool goes_on = track.told != 0 && (track.raised || track.episode == first);
  const Hour episode = goes_on ? track.episode : first;
  // What was suppressed has not been delivered under its number.
  const std::uint32_t update = !goes_on ? 0 : track.suppressed ? track.updates : track.updates + 1;
  out.emit(finding(track, v, episode, update, now));

  track.episode = episode;
  track.updates = update;
  track.told = static_cast<std::uint8_t>(v.risk_score);
  track.raised = true;
  track.due = false;
  track.suppressed = covered;
}

bool HourlyBeacon::is_covered(const Track& track, Time now, const FindingSink& out) const {
  const KeyView key = key_texts(track);
  return out.covered({name(), now, key[kSource], key[kApplication], key[kIp], key[kHostname]}) !=
         FindingSink::kNotCovered;
}

void HourlyBeacon::answer(FindingSink& out) {
  if (any_due_) tell_all_due(now_, out);
  std::vector<std::pair<Verdict, const Track*>> rows;
  table_.scan([&](const Track& track) {
    const Verdict v = verdict(track);
    assert(v.finding == track.raised);
    if (v.finding) rows.emplace_back(v, &track);
  });
  std::sort(rows.begin(), rows.end(), [this](const auto& a, const auto& b) {
    if (a.first.risk_score != b.first.risk_score) return a.first.risk_score > b.first.risk_score;
    if (a.first.sums.total != b.first.sums.total) return a.first.sums.total > b.first.sums.total;
    return key_less(*a.second, *b.second);
  });
  for (const auto& [v, track] : rows)
    out.emit(finding(*track, v, track->episode, track->updates, now_));
}

// By what the keys are made of: which spelling a track shows depends on which came first.
bool HourlyBeacon::key_less(const Track& a, const Track& b) const {
  const KeyView left = key_texts(a);
  const KeyView right = key_texts(b);
  if (exact_) return left < right;
  for (const KeyPart part : {kSource, kApplication, kIp, kHostname}) {
    const bool address = part == kIp;
    const FoldedAddress left_address(left[kIp]), right_address(right[kIp]);
    const FoldedName left_name(left[part]), right_name(right[part]);
    const std::string_view l = address ? std::string_view(left_address) : left_name;
    const std::string_view r = address ? std::string_view(right_address) : right_name;
    if (l != r) return l < r;
  }
  return false;
}

HourlyBeacon::KeyView HourlyBeacon::key_texts(const Track& track) const {
  KeyView key;
  for (std::size_t part = 0; part < kKeyParts; ++part) key[part] = names_.text(track.key[part]);
  return key;
}

Finding HourlyBeacon::finding(const Track& track, const Verdict& v, Hour episode,
                              std::uint32_t update, Time now) const {
  const KeyView key = key_texts(track);
  HourlyFacts facts{.source = key[kSource],
                    .application = key[kApplication],
                    .destination_ip = key[kIp],
                    .destination_hostname = key[kHostname],
                    .slices = {},
                    .counts = {},
                    .ports = {},
                    .sums = v.sums,
                    .inner = v.inner,
                    .suspicious = track.suspicious,
                    .beacon = v.beacon,
                    .volume = v.volume,
                    .risk_score = v.risk_score,
                    .latest = {.computer = std::string(names_.text(track.computer)),
                               .channel = std::string(names_.text(track.channel)),
                               .record_id = track.record_id,
                               .event_id = track.event_id,
                               .time = track.last}};
  for (const HourCount& h : track.hours) {
    facts.slices.push_back(to_ms(start_of(h.hour)));
    facts.counts.push_back(h.count);
  }
  for (const PortSeen& p : track.ports) facts.ports.push_back(p.port);

  Finding f = hourly_finding(std::move(facts), settings_);
  f.id = id_of(key, episode);
  f.update = update;
  f.emitted_at = now;
  return f;
}

AnalyticStats HourlyBeacon::stats() const {
  return {.entries = table_.size(),
          .capacity = table_.capacity(),
          .bytes = table_.bytes() + names_.bytes() + list_bytes_,
          .evictions = evictions(),
          .crowded_out = table_.crowded_out(),
          .late = late_,
          .rejected = rejected_};
}

}  // namespace c2watch::analytics
