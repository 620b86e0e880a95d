#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/engine/finding_format.h"

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
  host_time_ = now;
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
  listener_.finding(format_finding(finding, settings_.format,
                                   kProfileNames[static_cast<std::size_t>(settings_.profile)]));
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
  using Json = nlohmann::ordered_json;
  const auto microseconds = [](Time t) {
    return known(t) ? Json(t.time_since_epoch().count()) : Json(nullptr);
  };

  std::uint64_t unreadable = 0;
  Json reasons = Json::object();
  for (std::size_t i = 1; i < stats_.unreadable.size(); ++i) {
    unreadable += stats_.unreadable[i];
    if (stats_.unreadable[i] != 0)
      reasons[std::string(parse::name_of(static_cast<parse::Unreadable>(i)))] =
          stats_.unreadable[i];
  }
  Json events = Json::object();
  for (std::size_t i = 0; i < stats_.events.size(); ++i)
    events[std::string(kKindNames[i])] = stats_.events[i];

  Json detectors = Json::object();
  for (const Running& r : running_) {
    const analytics::AnalyticStats s = r.analytic->stats();
    detectors[std::string(r.detector->name)] = {
        {"findings", r.raised},   {"suppressed", r.suppressed}, {"entries", s.entries},
        {"capacity", s.capacity}, {"bytes", s.bytes},           {"evictions", s.evictions},
        {"late", s.late},         {"rejected", s.rejected}};
  }

  Json allowed = Json::array();
  for (const Allowlist::Counted& c : allowlist_.entries()) {
    Json entry = Json::object();
    const auto put = [&](const char* key, const std::string& text) {
      if (!text.empty()) entry[key] = text;
    };
    put("domain", c.entry.domain);
    put("process", c.entry.process);
    put("host", c.entry.host);
    put("cidr", c.entry.cidr_text);
    put("task", c.entry.task);
    put("detector", c.entry.detector);
    put("reason", c.entry.reason);
    entry["suppressed"] = c.suppressed;
    entry["expired"] = known(c.entry.ends) && clock_ >= c.entry.ends;
    allowed.push_back(std::move(entry));
  }

  const analytics::AnalyticStats lineage = shared_->lineage.stats();
  Json root = {{"version", plugin_version()},
               {"profile", kProfileNames[static_cast<std::size_t>(settings_.profile)]},
               {"clock_us", microseconds(clock_)},
               {"host_time_us", microseconds(host_time_)},
               {"records",
                {{"total", stats_.records},
                 {"used", stats_.used},
                 {"ignored", stats_.ignored},
                 {"suppressed", stats_.suppressed},
                 {"repeated", stats_.repeated},
                 {"unreadable", unreadable},
                 {"created_ahead", stats_.created_ahead}}},
               {"unreadable", std::move(reasons)},
               {"events", std::move(events)},
               {"detectors", std::move(detectors)},
               {"lineage",
                {{"entries", lineage.entries},
                 {"capacity", lineage.capacity},
                 {"bytes", lineage.bytes},
                 {"evictions", lineage.evictions},
                 {"rejected", lineage.rejected}}},
               {"allowlist", std::move(allowed)},
               {"repeats",
                {{"streams", seen_ ? seen_->streams() : 0},
                 {"bytes", seen_ ? seen_->bytes() : 0},
                 {"evictions", seen_ ? seen_->evictions() : 0}}}};
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace c2watch::engine
