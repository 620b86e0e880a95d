#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include "core/analytics/spelling.h"
#include "core/engine/finding_format.h"
#include "core/engine/metrics.h"
#include "core/engine/saved_event.h"

namespace c2watch::engine {
namespace {

// How often detectors hear of the time. Hours close at most a minute late, and an engine that is
// told the time every second does no work for it.
constexpr Duration kTellEvery = std::chrono::minutes{1};

Time floor_to_tell(Time t) {
  const auto since = t.time_since_epoch();
  return Time{std::chrono::floor<std::chrono::minutes>(since)};
}

// What is written of a snapshot by one call: 16 KiB are some 100 keys and 20 us, so that a million
// keys take 8,000 records; 2 MiB are 2 ms, so that they take a minute where nothing happens.
constexpr std::size_t kObserveSlice = std::size_t{16} << 10;
constexpr std::size_t kAdvanceSlice = std::size_t{2} << 20;

// Raised when keys are made otherwise: what was saved under other keys would never be found again.
// 1: names, paths and addresses in one spelling.
constexpr std::uint64_t kKeySpelling = 1;

// First bytes of journal entries.
constexpr char kEventNote = 'e';
constexpr char kTimeNote = 't';
constexpr char kZoneNote = 'z';
constexpr char kFlushNote = 'f';

// How far the detectors' clock may be ahead of the host's. Half a day leaves a window of 24 hours
// half a day of open hours; a clock that was set back further leaves none that events of now reach.
constexpr Duration kMaxClockLead = std::chrono::hours{12};

}  // namespace

Engine::Engine(EngineSettings settings, Listener& listener, std::uint64_t seed)
    : settings_(std::move(settings)),
      listener_(listener),
      seed_(seed),
      allowlist_(settings_.allowlist) {
  saved_.values([this](auto& a) {
    a(newest_, clock_, host_time_, told_, next_minute_);
    if constexpr (std::remove_reference_t<decltype(a)>::kReads) {
      if (a.version() >= 2) a(before_);
    } else {
      a(totals());
    }
  });
  make_all();
}

void Engine::make_all() {
  running_.clear();  // before what they refer to
  reorder_ = std::make_unique<Reorder>(settings_.reorder_bytes, seed_);
  shared_ = std::move(*make_shared_state(settings_, seed_));
  local_times_ = std::make_unique<LocalTimes>(
      seed_, [this](std::string_view computer, std::int16_t zone, LocalTimes::Source source) {
        if (!checkpoint_) return;
        note_.assign(1, kZoneNote);
        state::Writer w(note_);
        w(computer, zone, source);
        checkpoint_->note(note_);
      });
  seen_ =
      settings_.drop_repeats ? std::make_unique<SeenRecords>(settings_.repeats, seed_) : nullptr;
  for (const Detector& d : all_detectors())
    if (d.enabled(settings_))
      running_.push_back({&d, std::move(*d.make(settings_, *shared_, seed_))});
  index_by_kind();
}

Engine::~Engine() = default;

void Engine::index_by_kind() {
  lineage_wanted_ =
      std::ranges::any_of(running_, [](const Running& r) { return r.detector->uses_lineage; });
  for (std::size_t kind = 0; kind < by_kind_.size(); ++kind) {
    by_kind_[kind].clear();
    for (const Running& r : running_)
      if ((r.analytic->kinds() & analytics::mask(static_cast<Kind>(kind))) != 0)
        by_kind_[kind].push_back(r.analytic.get());
  }
}

Verdict Engine::observe(Format format, std::string_view bytes) {
  Event event;
  switch (format) {
    case Format::json:
      return take(reader_.read_json(bytes, event), event);
    case Format::xml:
      return take(reader_.read_xml(bytes, event), event);
    case Format::automatic:
      break;
  }
  return take(reader_.read_auto(bytes, event), event);
}

Verdict Engine::observe(std::span<const parse::Field> fields) {
  Event event;
  return take(reader_.read_fields(fields, event), event);
}

Verdict Engine::take(parse::Unreadable why, Event& event) {
  if (untold_) tell_unasked();
  ++stats_.records;
  if (why != parse::Unreadable::none) return refuse(why, event);
  if (known(event.local_time)) resolve_local_time(event);
  if (explainer_) explainer_->seen(event);
  if (ahead_of_host(event.utc_time)) {
    if (explainer_)
      explainer_->dropped(event, "max_future_seconds", "ahead of the collector's clock");
    return refuse(parse::Unreadable::bad_time, event);
  }
  ++stats_.events[static_cast<std::size_t>(event.kind)];

  verdict_ = {.event_id = event.event_id};
  silenced_ = 0;
  const auto& interested = by_kind_[static_cast<std::size_t>(event.kind)];
  const bool for_lineage = lineage_wanted_ && event.kind == Kind::process_create;
  if (interested.empty() && !for_lineage) {
    ++stats_.ignored;
    if (explainer_)
      explainer_->dropped(
          event, "event_id",
          "no detector asks for such event ids, the latest " + std::to_string(event.event_id));
    return verdict_;
  }
  if (seen_ && seen_->test_and_set(event)) {
    ++stats_.repeated;
    if (explainer_)
      explainer_->dropped(event, "repeats.drop",
                          "this computer, channel and record id came before");
    verdict_.fate = Fate::repeated;
    if (checkpoint_) repeat(number_of(event));
    return verdict_;
  }
  if (seen_ && seen_->unchecked() != unchecked_) {
    unchecked_ = seen_->unchecked();
    log(unchecked_log_, LogLevel::warning,
        "a record is older than what repeats.window_records and .max_bytes remember of its "
        "computer "
        "and channel: it counts, perhaps for the second time",
        "");
  }
  if (ahead_of_host(event.time_created)) {
    // A local time labelled as UTC, as some shippers write it. The activity's own time is sound.
    event.time_created = event.utc_time;
    ++stats_.created_ahead;
  }

  stats_.bad_record_ids += event.bad_record_id;

  if (checkpoint_) note(event);
  stats_.lateness.add(late_by(event.utc_time));
  accept(event);
  record_ = Outbox::kNoRecord;
  drive_checkpoint(kObserveSlice);

  const bool all_silenced = silenced_ > 0 && verdict_.findings == 0;
  verdict_.fate = all_silenced ? Fate::suppressed : Fate::used;
  ++(all_silenced ? stats_.suppressed : stats_.used);
  return verdict_;
}

void Engine::resolve_local_time(Event& event) {
  const LocalTimes::Source source = local_times_->resolve(event, host_time_);
  if (event.kind == Kind::other) return;
  switch (source) {
    case LocalTimes::Source::none:
      return;
    case LocalTimes::Source::utc_time:
      ++stats_.zone_from_utc_time;
      return;
    case LocalTimes::Source::clock:
      ++stats_.zone_from_clock;
      return;
    case LocalTimes::Source::unknown:
      break;
  }
  ++stats_.zone_unknown;
  log(zone_log_, LogLevel::warning,
      "events whose times have no zone, of computers without Sysmon events, are read as UTC: let "
      "NXLog write EventTime in UTC",
      "");
}

// Behind the newest event, or behind the host's clock where that moves ours.
Duration Engine::late_by(Time t) const {
  const Time newest = std::max(newest_, clock_);
  return newest > t ? newest - t : Duration{};
}

void Engine::accept(const Event& event) {
  if (settings_.reorder == Duration{}) {
    release(newest_);  // what an earlier config buffered came before
    return apply(event);
  }
  if (!reorder_->hold(event)) apply(event);
  newest_ = std::max(newest_, event.utc_time);
  release(newest_ - settings_.reorder);
}

void Engine::release(Time until) {
  reorder_->release(until, [this](const Event& event) { apply(event); });
}

void Engine::apply(const Event& event) {
  move_clock(event.utc_time);
  if (lineage_wanted_ && event.kind == Kind::process_create) shared_->lineage.observe(event);
  std::uint64_t evictions = 0;
  for (analytics::Analytic* a : by_kind_[static_cast<std::size_t>(event.kind)]) {
    evictions -= a->evictions();
    a->observe(event, *this);
    evictions += a->evictions();
  }
  if (evictions > 0) note_evictions(event, evictions);
  if (explainer_) explain(event);
}

// The name is in the stats alone: what a record holds never goes to the log.
void Engine::note_evictions(const Event& event, std::uint64_t evictions) {
  evictors_.add(event.computer, evictions);
  log(evictions_log_, LogLevel::warning,
      "a detector's table is full and keys are evicted; the stats' `evictors` names the computers "
      "whose records cause it",
      "");
}

void Engine::explain(const Event& event) {
  for (analytics::Analytic* a : by_kind_[static_cast<std::size_t>(event.kind)])
    explainer_->observed(*a, event);
  explainer_->done();
}

Verdict Engine::refuse(parse::Unreadable why, const Event& event) {
  ++stats_.unreadable[static_cast<std::size_t>(why)];
  log(unreadable_log_[static_cast<std::size_t>(why)], LogLevel::info,
      "a record that cannot be read passes untouched: ", parse::name_of(why));
  return {.fate = Fate::unreadable, .why = why, .event_id = event.event_id};
}

// What a record holds never goes to the log.
void Engine::log(LogLimiter& limiter, LogLevel level, std::string_view text,
                 std::string_view reason) {
  const auto held = limiter.admit(host_time_);
  if (!held) return;
  std::string line = std::string(text).append(reason);
  if (*held > 0) line += " (" + std::to_string(*held) + " more since the last such line)";
  listener_.log(level, line);
}

bool Engine::ahead_of_host(Time t) const {
  return known(host_time_) && t > host_time_ + settings_.max_future;
}

// The largest of the events' times and the host's decides; detectors live `lateness` behind it.
void Engine::move_clock(Time t) {
  if (t <= clock_) return;
  clock_ = t;
  if (t < next_minute_) return;
  const Time now = floor_to_tell(t - settings_.lateness);
  next_minute_ = now + kTellEvery + settings_.lateness;
  if (now <= told_) return;
  told_ = now;
  for (const Running& r : running_) r.analytic->advance(told_, *this);
}

void Engine::bound(Time now) {
  hear(now);
  tend_checkpoint(now);
}

void Engine::hear(Time now) {
  host_time_ = now;
  if (known(clock_) && clock_ - now > kMaxClockLead) clock_set_back();
  if (!known(before_.since)) before_.since = now;
  tell_metrics();
}

// Hours that were closed under the later clock cannot be opened again. What does not depend on them
// stays.
void Engine::clock_set_back() {
  if (checkpoint_) checkpoint_->give_up();  // it refers to detectors that go
  release(newest_);
  for (Running& r : running_)
    if (r.detector->closes_hours)
      r.analytic = std::move(*r.detector->make(settings_, *shared_, seed_));
  index_by_kind();
  newest_ = clock_ = told_ = next_minute_ = kNoTime;
  wanted_ = checkpoint_ != nullptr;
  listener_.log(
      LogLevel::warning,
      "the host's clock is more than 12 hours behind the time of the detectors: it was set "
      "back, or what they saw lay in the future; hourly_beacon: state reset");
}

void Engine::flush() {
  record_ = Outbox::kNoRecord;
  if (untold_) tell_unasked();
  if (reorder_->size() == 0) return;
  if (checkpoint_) checkpoint_->note({&kFlushNote, 1});
  release(newest_);
}

void Engine::advance(Time now) {
  hear(now);
  record_ = Outbox::kNoRecord;
  if (untold_) tell_unasked();
  if (checkpoint_ && now > clock_ && now >= next_minute_) {
    note_.assign(1, kTimeNote);
    state::Writer w(note_);
    w(now);
    checkpoint_->note(note_);
  }
  release(now - settings_.reorder);
  move_clock(now - settings_.reorder);
  tend_checkpoint(now);
}

void Engine::tend_checkpoint(Time now) {
  if (!checkpoint_) return;
  checkpoint_->tidy();
  // Also after a clock that was set back.
  const Duration every = checkpoint_->settings().every;
  if (!known(checkpoint_due_) || checkpoint_due_ - now > every) checkpoint_due_ = now + every;
  wanted_ = wanted_ || now >= checkpoint_due_ || checkpoint_->journal_full();
  if (checkpoint_->written()) {
    // The first advance() after the last byte lets the disk begin; the next one finds it done.
    if (pushed_)
      checkpoint_written();
    else
      checkpoint_->push();
    pushed_ = !pushed_;
    return;
  }
  if (wanted_ && !checkpoint_->busy()) begin_checkpoint();
  drive_checkpoint(kAdvanceSlice);
  checkpoint_->push();
}

void Engine::answer() {
  flush();  // its findings are no part of the answer
  struct Answering {
    explicit Answering(bool& flag) : on(flag) { on = true; }
    ~Answering() { on = false; }
    bool& on;
  } answering(answering_);
  for (const Running& r : running_) r.analytic->answer(*this);
}

void Engine::emit(Finding finding) {
  const auto by = std::ranges::find(running_, finding.detector,
                                    [](const Running& r) { return r.detector->name; });
  const std::optional<std::size_t> entry = allowlist_.suppresses(finding);
  if (explainer_) {
    const AllowlistEntry* by_whom = entry ? &allowlist_.entries()[*entry].entry : nullptr;
    explainer_->found(finding, by_whom, entry.value_or(0));
  }
  if (entry) {
    if (by != running_.end() && !replaying_) ++by->suppressed;
    before_.suppressed += replaying_;
    ++silenced_;
    return;
  }
  if (by != running_.end() && !replaying_) ++by->raised;
  before_.findings += replaying_;
  ++verdict_.findings;
  verdict_.max_severity = std::max(verdict_.max_severity, finding.severity);
  const std::string json = format_finding(finding, settings_.format, profile_name());
  if (checkpoint_ && !answering_) {
    const std::string& computer =
        finding.records.empty() ? finding.host : finding.records.back().computer;
    outbox_.add(record_, json, finding, !replaying_, state::owner_of(seed_, computer).id);
  }
  if (!replaying_) listener_.finding(json);
}

std::optional<Error> Engine::reconfigure(EngineSettings settings) {
  const bool other_path = settings.checkpoint.path != settings_.checkpoint.path;
  std::unique_ptr<Checkpoint> checkpoint;
  if (other_path && !settings.checkpoint.path.empty()) {
    checkpoint = make_checkpoint(settings.checkpoint);
    if (auto error = checkpoint->open()) return error;
    if (checkpoint->exists())
      return Error{"checkpoint.path: " + settings.checkpoint.path +
                   " holds a checkpoint, which a running engine does not read: restart, or name "
                   "another file"};
  }
  if (checkpoint_) checkpoint_->give_up();  // it refers to detectors that may go
  // Everything that can run out of memory comes before anything that changes us.
  std::unique_ptr<Shared> shared;
  if (!same_shared(settings_, settings)) shared = std::move(*make_shared_state(settings, seed_));
  std::vector<Running> next;
  next.reserve(all_detectors().size());
  std::string restarted;
  for (const Detector& d : all_detectors()) {
    if (!d.enabled(settings)) continue;
    Running fresh{&d, nullptr};
    const auto old = std::ranges::find(running_, &d, &Running::detector);
    if (old != running_.end()) {
      fresh.raised = old->raised;
      fresh.suppressed = old->suppressed;
    }
    if (old == running_.end() || !same_for(d, settings_, settings)) {
      fresh.analytic = std::move(*d.make(settings, shared ? *shared : *shared_, seed_));
      if (old != running_.end()) restarted += " " + std::string(d.name);
    }
    next.push_back(std::move(fresh));
  }
  const bool keep_seen = seen_ && settings.drop_repeats && settings.repeats == settings_.repeats;
  std::unique_ptr<SeenRecords> seen;
  if (settings.drop_repeats && !keep_seen) {
    seen = std::make_unique<SeenRecords>(settings.repeats, seed_);
    if (seen_) restarted += " repeats";
  }
  for (auto& interested : by_kind_) interested.reserve(next.size());
  Allowlist allowlist = allowlist_;
  allowlist.replace(settings.allowlist);
  if (!restarted.empty()) restarted = "new settings, counting afresh:" + restarted;

  for (Running& fresh : next) {
    if (fresh.analytic) continue;
    fresh.analytic =
        std::move(std::ranges::find(running_, fresh.detector, &Running::detector)->analytic);
  }
  running_ = std::move(next);  // before what the old ones refer to
  if (shared) shared_ = std::move(shared);
  index_by_kind();
  if (!keep_seen) {
    seen_ = std::move(seen);
    unchecked_ = 0;
  }
  allowlist_ = std::move(allowlist);
  reorder_->limit(settings.reorder_bytes);
  settings_ = std::move(settings);
  next_minute_ = kNoTime;
  if (other_path) {
    leave_checkpoint();
    checkpoint_ = std::move(checkpoint);
    if (checkpoint_) checkpoint_->start_journal();
  } else if (checkpoint_) {
    checkpoint_->change(settings_.checkpoint);
  }
  // The journal counts from a snapshot that fits these settings, so write one now.
  wanted_ = checkpoint_ != nullptr;
  if (other_path) checkpoint_now();
  if (!restarted.empty()) listener_.log(LogLevel::warning, restarted);
  return std::nullopt;
}

// --------------------------------------------------------------------------------- checkpoints

std::vector<SavedPart> Engine::saved_parts() {
  const auto fits = [this](std::initializer_list<std::string_view> groups) {
    state::Hash128 print = fingerprint(settings_, groups);
    print.low += kKeySpelling;
    return print;
  };
  std::vector<SavedPart> parts;
  parts.push_back({"engine", 2, {}, &saved_});
  parts.push_back({"outbox", 3, {}, &outbox_.saved()});
  parts.push_back({"local_times", 1, {}, &local_times_->saved(), true});
  parts.push_back({"lineage", 2, fits({"lineage."}), &shared_->lineage.saved()});
  if (seen_) parts.push_back({"repeats", 3, fits({"repeats."}), &seen_->saved()});
  parts.push_back({"held", 1, {}, &reorder_->saved(), true});
  for (const Running& r : running_) {
    const std::string group = "detectors." + std::string(r.detector->name) + ".";
    parts.push_back({std::string(r.detector->name), r.analytic->saved_version(),
                     fits({"scope.", "lineage.", group}), &r.analytic->saved()});
  }
  return parts;
}

std::unique_ptr<Checkpoint> Engine::make_checkpoint(const CheckpointSettings& settings) {
  return std::make_unique<Checkpoint>(settings, [this](bool error, const std::string& text) {
    if (error)
      log(checkpoint_log_, LogLevel::error, text, "");
    else
      listener_.log(LogLevel::info, text);
  });
}

std::optional<Error> Engine::open_checkpoint() {
  if (settings_.checkpoint.path.empty()) return std::nullopt;
  auto opened = make_checkpoint(settings_.checkpoint);
  if (auto error = opened->open()) return error;
  checkpoint_ = std::move(opened);
  restore_snapshot();
  checkpoint_->start_journal();
  untold_ = true;
  return std::nullopt;
}

// As if nothing had been restored.
void Engine::forget_saved() {
  newest_ = clock_ = host_time_ = told_ = next_minute_ = kNoTime;
  outbox_.clear();
  before_ = {};
  make_all();
}

void Engine::restore_snapshot() {
  std::uint64_t journal = 1;
  const std::uint64_t fresh_seed = seed_;
  auto bytes = checkpoint_->snapshot();
  if (!bytes || *bytes) {
    const auto restored = bytes ? read_snapshot(**bytes,
                                                [this](std::uint64_t seed) {
                                                  seed_ = seed;
                                                  forget_saved();
                                                  return saved_parts();
                                                })
                                : Result<Restored>(bytes.error());
    if (!restored) {
      checkpoint_->move_aside(restored.error().message);
      seed_ = fresh_seed;
      forget_saved();
    } else {
      journal = restored->journal;
      saved_at_ = restored->saved;
      const auto list = [](const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += " " + name;
        return text;
      };
      if (!restored->afresh.empty())
        listener_.log(LogLevel::warning,
                      "checkpoint: other settings or an older version, counting afresh:" +
                          list(restored->afresh));
      if (!restored->invalid.empty())
        listener_.log(LogLevel::error,
                      "checkpoint: invalid sections, reset:" + list(restored->invalid));
      if (restored->dropped_keys > 0)
        listener_.log(LogLevel::error, "checkpoint: " + std::to_string(restored->dropped_keys) +
                                           " invalid keys dropped");
    }
  }
  // A host's time holds for the process that heard it. The next one may start much later, or under
  // a clock that was corrected.
  host_time_ = kNoTime;
  replaying_ = true;
  checkpoint_->replay(journal, [this](std::string_view entry) { replay(entry); });
  replaying_ = false;
  record_ = Outbox::kNoRecord;
  wanted_ = checkpoint_->journal_bytes() > 0;
}

void Engine::replay(std::string_view entry) {
  if (entry.empty()) return;
  state::Reader r(entry.substr(1));
  if (entry[0] == kTimeNote) {
    Time now;
    r(now);
    record_ = Outbox::kNoRecord;
    if (!r.ok() || !known(now)) return;
    release(now - settings_.reorder);
    move_clock(now - settings_.reorder);
    return;
  }
  if (entry[0] == kZoneNote) {
    std::string_view computer;
    std::int16_t zone = 0;
    LocalTimes::Source source{};
    r(computer, zone, source);
    if (r.ok()) local_times_->learn(computer, zone, source);
    return;
  }
  if (entry[0] == kFlushNote) {
    record_ = Outbox::kNoRecord;
    release(newest_);
    return;
  }
  Event event;
  event_fields(r, event);
  if (!r.ok() || entry[0] != kEventNote) return;
  if (seen_ && seen_->test_and_set(event)) return;
  record_ = number_of(event);
  ++before_.records;
  ++before_.used;
  accept(event);
}

// Names a record among those that raised a finding. 0 for one that cannot come again as the same.
std::uint64_t Engine::number_of(const Event& event) const {
  if (event.record_id == 0 || event.computer.empty() || event.channel.empty())
    return Outbox::kNoRecord;
  const std::array<std::uint64_t, 2> which = {
      event.record_id, static_cast<std::uint64_t>(event.utc_time.time_since_epoch().count())};
  const std::string_view bytes(reinterpret_cast<const char*>(which.data()), sizeof which);
  return state::hash_key(seed_, {analytics::FoldedName(event.computer), event.channel, bytes}).low |
         1;
}

void Engine::note(const Event& event) {
  record_ = number_of(event);
  note_.assign(1, kEventNote);
  state::Writer w(note_);
  event_fields(w, const_cast<Event&>(event));  // one list of members for both directions
  checkpoint_->note(note_);
}

void Engine::repeat(std::uint64_t record) {
  if (record == Outbox::kNoRecord) return;
  outbox_.again(record, [this](const std::string& json, const Finding& subject) {
    if (allowlist_.suppresses(subject)) return false;
    ++verdict_.findings;
    ++stats_.told_again;
    verdict_.max_severity = std::max(verdict_.max_severity, subject.severity);
    listener_.finding(json);
    return true;
  });
}

// Not while we are being opened: no host expects a finding there.
void Engine::tell_unasked() {
  untold_ = false;
  outbox_.again(Outbox::kNoRecord, [this](const std::string& json, const Finding& subject) {
    if (allowlist_.suppresses(subject)) return false;
    ++stats_.told_again;
    listener_.finding(json);
    return true;
  });
}

// Texts that keys share are written once, and numbers take less room than in memory; what is not
// counted here is small.
std::uint64_t Engine::bytes_to_save() const {
  constexpr std::uint64_t kTheRest = std::uint64_t{1} << 20;
  std::uint64_t held = shared_->lineage.stats().bytes;
  for (const Running& r : running_) held += r.analytic->stats().bytes;
  if (seen_) held += seen_->bytes();
  held += reorder_->bytes();
  return held + outbox_.bytes() + kTheRest;
}

void Engine::begin_checkpoint() {
  pushed_ = false;
  begun_at_ = host_time_;
  checkpoint_->begin(saved_parts(), seed_, host_time_, bytes_to_save());
}

void Engine::drive_checkpoint(std::size_t bytes) {
  if (!checkpoint_) return;
  if (checkpoint_->saving()) checkpoint_->step(bytes);
  // Without a host's time nobody else says that one is due, and nobody minds waiting.
  if (!known(host_time_) && checkpoint_->journal_full()) checkpoint_now();
}

void Engine::checkpoint_written() {
  const bool good = checkpoint_->settle();
  wanted_ = false;
  checkpoint_due_ = known(host_time_) ? host_time_ + checkpoint_->settings().every : kNoTime;
  if (!good) return;
  outbox_.checkpoint_done();
  saved_at_ = begun_at_;
  if (!known(begun_at_)) return;
  last_save_ = std::max(host_time_ - begun_at_, Duration{});  // the clock may be set back
  longest_save_ = std::max(longest_save_, last_save_);
}

// A snapshot that was begun earlier lacks what came since: the caller's moment is now.
bool Engine::checkpoint_now() {
  if (!checkpoint_) return true;
  if (checkpoint_->written()) checkpoint_written();
  begin_checkpoint();
  while (checkpoint_->saving()) checkpoint_->step(std::size_t{1} << 30);
  const std::uint64_t before = checkpoint_->snapshots();
  if (checkpoint_->written()) checkpoint_written();
  return checkpoint_->snapshots() > before;
}

void Engine::close_checkpoint() {
  if (!checkpoint_) return;
  checkpoint_->give_up();
  outbox_.forget_unasked();
  checkpoint_now();
  checkpoint_.reset();
}

// The file goes with its last moment, as after a stop; the engine goes on without it.
void Engine::leave_checkpoint() {
  if (!checkpoint_) return;
  if (!untold_) outbox_.forget_unasked();
  checkpoint_now();
  checkpoint_.reset();
  checkpoint_due_ = saved_at_ = begun_at_ = kNoTime;
}

// ------------------------------------------------------------------------------------- metrics

Metrics Engine::metrics() const {
  Metrics m{.version = plugin_version(),
            .profile = profile_name(),
            .clock = clock_,
            .host_time = host_time_,
            .counted = stats_,
            .totals = totals(),
            .lineage = shared_->lineage.stats(),
            .evictors = evictors_.rows(),
            .allowlist = allowlist_.entries()};
  for (const Running& r : running_)
    m.detectors.push_back({r.detector->name, r.raised, r.suppressed, r.analytic->stats()});
  if (seen_)
    m.repeats = {seen_->streams(), seen_->bytes(), seen_->evictions(), seen_->crowded_out(),
                 seen_->unchecked()};
  m.reorder = {reorder_->size(), reorder_->bytes(), reorder_->early()};
  m.checkpoint.outbox_findings = outbox_.size();
  m.checkpoint.saved = saved_at_;
  m.checkpoint.last = last_save_;
  m.checkpoint.longest = longest_save_;
  if (!checkpoint_) return m;
  m.checkpoint.snapshots = checkpoint_->snapshots();
  m.checkpoint.failures = checkpoint_->failures();
  m.checkpoint.abandoned = checkpoint_->abandoned();
  m.checkpoint.snapshot_bytes = checkpoint_->snapshot_bytes();
  m.checkpoint.journal_bytes = checkpoint_->journal_bytes();
  return m;
}

Totals Engine::totals() const {
  Totals t = before_;
  t.records += stats_.records;
  t.used += stats_.used;
  t.repeated += stats_.repeated;
  t.unreadable += stats_.all_unreadable();
  for (const Running& r : running_) {
    t.findings += r.raised;
    t.suppressed += r.suppressed;
  }
  return t;
}

std::string Engine::stats_json() const { return engine::stats_json(metrics()); }

std::string Engine::prometheus_text() const { return engine::prometheus_text(metrics()); }

void Engine::tell_metrics() {
  const Duration every = settings_.metrics;
  if (every == Duration{}) return;
  // Also after a clock that was set back.
  const bool waits = known(metrics_due_) && metrics_due_ - host_time_ <= every;
  const bool due = waits && host_time_ >= metrics_due_;
  if (!waits || due) metrics_due_ = host_time_ + every;
  if (due) listener_.finding(metrics_record(metrics()));
}

}  // namespace c2watch::engine
