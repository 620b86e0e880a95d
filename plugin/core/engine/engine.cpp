#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/engine/finding_format.h"
#include "core/engine/json_writer.h"

namespace c2watch::engine {
namespace {

// How often detectors hear of the time. Hours close at most a minute late, and an engine that is
// told the time every second does no work for it.
constexpr Duration kTellEvery = std::chrono::minutes{1};

Time floor_to_tell(Time t) {
  const auto since = t.time_since_epoch();
  return Time{std::chrono::floor<std::chrono::minutes>(since)};
}

constexpr std::array<std::string_view, kKinds> kKindNames = {
    "other",        "process_create", "network_connect", "dns_query",
    "task_created", "script_block",   "dns_client",      "network_record"};

void write_time(JsonWriter& w, std::string_view name, Time t) {
  w.key(name);
  if (known(t))
    w.value(t.time_since_epoch().count());
  else
    w.value(nullptr);
}

void write_held(JsonWriter& w, const analytics::AnalyticStats& s) {
  w.member("entries", s.entries);
  w.member("capacity", s.capacity);
  w.member("bytes", s.bytes);
  w.member("evictions", s.evictions);
  w.member("late", s.late);
  w.member("rejected", s.rejected);
}

void write_entry(JsonWriter& w, const Allowlist::Counted& c, Time clock) {
  w.object([&] {
    w.text_if_any("domain", c.entry.domain);
    w.text_if_any("process", c.entry.process);
    w.text_if_any("host", c.entry.host);
    w.text_if_any("cidr", c.entry.cidr_text);
    w.text_if_any("task", c.entry.task);
    w.text_if_any("detector", c.entry.detector);
    w.text_if_any("reason", c.entry.reason);
    w.text_if_any("expires", last_day(c.entry));
    w.member("suppressed", c.suppressed);
    w.member("expired", known(c.entry.ends) && clock >= c.entry.ends);
  });
}

}  // namespace

Engine::Engine(EngineSettings settings, Listener& listener, std::uint64_t seed)
    : settings_(std::move(settings)),
      listener_(listener),
      seed_(seed),
      shared_(std::move(*make_shared_state(settings_, seed_))),
      allowlist_(settings_.allowlist) {
  if (settings_.drop_repeats) seen_ = std::make_unique<SeenRecords>(settings_.repeats, seed_);
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
  ++stats_.records;
  if (why != parse::Unreadable::none) return refuse(why, event);
  if (ahead_of_host(event.utc_time)) return refuse(parse::Unreadable::bad_time, event);
  ++stats_.events[static_cast<std::size_t>(event.kind)];

  verdict_ = {.event_id = event.event_id};
  silenced_ = 0;
  const auto& interested = by_kind_[static_cast<std::size_t>(event.kind)];
  const bool for_lineage = lineage_wanted_ && event.kind == Kind::process_create;
  if (interested.empty() && !for_lineage) {
    ++stats_.ignored;
    return verdict_;
  }
  if (seen_ && seen_->test_and_set(event)) {
    ++stats_.repeated;
    verdict_.fate = Fate::repeated;
    return verdict_;
  }
  if (ahead_of_host(event.time_created)) {
    // A local time labelled as UTC, as some shippers write it. The activity's own time is sound.
    event.time_created = event.utc_time;
    ++stats_.created_ahead;
  }

  move_clock(event.utc_time);
  if (for_lineage) shared_->lineage.observe(event);
  for (analytics::Analytic* a : interested) a->observe(event, *this);

  const bool all_silenced = silenced_ > 0 && verdict_.findings == 0;
  verdict_.fate = all_silenced ? Fate::suppressed : Fate::used;
  ++(all_silenced ? stats_.suppressed : stats_.used);
  return verdict_;
}

Verdict Engine::refuse(parse::Unreadable why, const Event& event) {
  ++stats_.unreadable[static_cast<std::size_t>(why)];
  return {.fate = Fate::unreadable, .why = why, .event_id = event.event_id};
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

void Engine::advance(Time now) {
  bound(now);
  move_clock(now);
}

void Engine::answer() {
  for (const Running& r : running_) r.analytic->answer(*this);
}

void Engine::emit(Finding finding) {
  const auto by = std::ranges::find(running_, finding.detector,
                                    [](const Running& r) { return r.detector->name; });
  if (allowlist_.suppresses(finding)) {
    if (by != running_.end()) ++by->suppressed;
    ++silenced_;
    return;
  }
  if (by != running_.end()) ++by->raised;
  ++verdict_.findings;
  verdict_.max_severity = std::max(verdict_.max_severity, finding.severity);
  listener_.finding(format_finding(finding, settings_.format, profile_name()));
}

void Engine::reconfigure(EngineSettings settings) {
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
  if (settings.drop_repeats && !keep_seen)
    seen = std::make_unique<SeenRecords>(settings.repeats, seed_);
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
  if (!keep_seen) seen_ = std::move(seen);
  allowlist_ = std::move(allowlist);
  settings_ = std::move(settings);
  next_minute_ = kNoTime;
  if (!restarted.empty()) listener_.log(LogLevel::warning, restarted);
}

std::string Engine::stats_json() const {
  std::uint64_t unreadable = 0;
  for (const std::uint64_t count : stats_.unreadable) unreadable += count;

  std::string json;
  JsonWriter w(json);
  w.object([&] {
    w.member("version", plugin_version());
    w.member("profile", profile_name());
    write_time(w, "clock_us", clock_);
    write_time(w, "host_time_us", host_time_);
    w.object("records", [&] {
      w.member("total", stats_.records);
      w.member("used", stats_.used);
      w.member("ignored", stats_.ignored);
      w.member("suppressed", stats_.suppressed);
      w.member("repeated", stats_.repeated);
      w.member("unreadable", unreadable);
      w.member("created_ahead", stats_.created_ahead);
    });
    w.object("unreadable", [&] {
      for (std::size_t i = 0; i < stats_.unreadable.size(); ++i)
        if (stats_.unreadable[i] != 0)
          w.member(parse::name_of(static_cast<parse::Unreadable>(i)), stats_.unreadable[i]);
    });
    w.object("events", [&] {
      for (std::size_t i = 0; i < stats_.events.size(); ++i)
        w.member(kKindNames[i], stats_.events[i]);
    });
    w.object("detectors", [&] {
      for (const Running& r : running_) {
        w.object(r.detector->name, [&] {
          w.member("findings", r.raised);
          w.member("suppressed", r.suppressed);
          write_held(w, r.analytic->stats());
        });
      }
    });
    w.object("lineage", [&] { write_held(w, shared_->lineage.stats()); });
    w.object("repeats", [&] {
      w.member("streams", seen_ ? seen_->streams() : 0);
      w.member("bytes", seen_ ? seen_->bytes() : 0);
      w.member("evictions", seen_ ? seen_->evictions() : 0);
    });
    w.list("allowlist", [&] {
      for (const Allowlist::Counted& c : allowlist_.entries()) write_entry(w, c, clock_);
    });
  });
  return json;
}

}  // namespace c2watch::engine
