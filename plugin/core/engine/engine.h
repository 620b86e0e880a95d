// Engine: records in, findings out. The whole detection behind one object, without a host.
//
//   Engine engine(settings, listener, seed);
//   Verdict v = engine.observe(Format::automatic, line);
//   if (v.findings > 0) tag(line);
//
// TIME      The engine's clock is the largest UtcTime seen. A host that calls advance() or bound()
//           bounds it:
//           an event more than max_future ahead of the host is counted as bad_time and not used, so
//           that one machine with a wrong clock cannot close everybody's hours. Detectors are told
//           the time in whole minutes, `lateness` behind the clock, so that events which arrive
//           late or out of order within that bound lead to the same findings.
// STATE     open_checkpoint() finds again what the config's checkpoint.path holds, and from then on
//           every used record is noted there, before the detectors see it. Snapshots are written in
//           slices by observe() and advance(), which begins one when it is due (checkpoint.h).
// COST      besides reader and detectors, some tens of ns an event; no allocation per event.
// MEMORY    the sum of the bounds in the config; stats_json() prints what is held.
// FAILURE   observe() may throw bad_alloc. The engine stays usable; the record is counted once or
//           not at all, never twice.
// THREADS   none. Engines share nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/engine/allowlist.h"
#include "core/engine/checkpoint.h"
#include "core/engine/detectors.h"
#include "core/engine/evictors.h"
#include "core/engine/explainer.h"
#include "core/engine/local_times.h"
#include "core/engine/log_limiter.h"
#include "core/engine/metrics.h"
#include "core/engine/outbox.h"
#include "core/engine/reorder.h"
#include "core/engine/seen_records.h"
#include "core/engine/settings.h"
#include "core/engine/stats.h"
#include "core/model/event.h"
#include "core/model/finding.h"
#include "core/parse/reader.h"

namespace c2watch::engine {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

// Whoever holds the engine. Called inside the call that caused it; must not call the engine.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void finding(std::string_view json) = 0;
  virtual void log(LogLevel level, std::string_view text) = 0;
};

enum class Format : std::uint8_t { automatic, json, xml };

// How a record fared; the values of a readable record in c2watch_record.
enum class Fate : std::uint8_t { used, ignored, suppressed, repeated, unreadable };

struct Verdict {
  Fate fate = Fate::ignored;
  parse::Unreadable why = parse::Unreadable::none;
  std::uint32_t event_id = 0;
  std::uint32_t findings = 0;
  Severity max_severity = Severity::informational;
};

class Engine final : private FindingSink {
 public:
  // Requires settings without complaints(): read_config() lets no others through.
  Engine(EngineSettings settings, Listener& listener, std::uint64_t seed);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() override;

  Verdict observe(Format format, std::string_view bytes);
  Verdict observe(std::span<const parse::Field> fields);

  // The host's time.
  void advance(Time now);

  // The host's time where the events are stored ones: none of them can be later than that, but
  // theirs goes on being the time that closes hours.
  void bound(Time now);

  // Emits what holds at this moment.
  void answer();

  // The input has ended: releases what reorder_seconds buffers. Not for a live engine that goes on
  // from its checkpoint, which keeps the buffer.
  void flush();

  // Detectors whose settings are the same keep what they know; the others start afresh. Another
  // checkpoint.path takes effect at once: the old file gets a last snapshot, the new one a first.
  // An error, and nothing has changed: the new path cannot be used, or holds a checkpoint already.
  std::optional<Error> reconfigure(EngineSettings settings);

  // For a config that names a checkpoint: restores what is there. Call it once, before all else. An
  // error, such as a folder that everybody may write to, should stop the start; a damaged file is
  // moved aside, told to the log, and no error.
  std::optional<Error> open_checkpoint();

  // Writes a snapshot of this moment and waits for the disk. True without checkpoint.path.
  bool checkpoint_now();

  // A last snapshot, before the engine goes in good order.
  void close_checkpoint();

  // One JSON object; see plugin/abi/README.md.
  std::string stats_json() const;

  // The same numbers in Prometheus' text form.
  std::string prometheus_text() const;

  // From now on keeps what a question asks for; explanation_json() tells. No question, no work.
  void explain(Question question) { explainer_ = std::make_unique<Explainer>(std::move(question)); }
  void stop_explaining() { explainer_.reset(); }
  std::string explanation_json() const { return explainer_ ? explainer_->json() : "null"; }

  // What it runs with.
  const EngineSettings& settings() const { return settings_; }

 private:
  struct Running {
    const Detector* detector;
    std::unique_ptr<analytics::Analytic> analytic;
    std::uint64_t raised = 0;
    std::uint64_t suppressed = 0;
  };

  void emit(Finding finding) override;
  std::uint64_t covered(const AlertSubject& subject) const override {
    return allowlist_.covering(subject);
  }

  void make_all();
  std::vector<SavedPart> saved_parts();
  void restore_snapshot();
  void forget_saved();
  void replay(std::string_view entry);
  void accept(const Event& event);
  void apply(const Event& event);
  void explain(const Event& event);
  void note_evictions(const Event& event, std::uint64_t evictions);
  void release(Time until);
  void note(const Event& event);
  void resolve_local_time(Event& event);
  void repeat(std::uint64_t record);
  void tell_unasked();
  std::uint64_t number_of(const Event& event) const;
  void hear(Time now);
  void clock_set_back();
  std::unique_ptr<Checkpoint> make_checkpoint(const CheckpointSettings& settings);
  void leave_checkpoint();
  void tend_checkpoint(Time now);
  void drive_checkpoint(std::size_t bytes);
  std::uint64_t bytes_to_save() const;
  void begin_checkpoint();
  void checkpoint_written();

  void log(LogLimiter& limiter, LogLevel level, std::string_view text, std::string_view reason);
  Metrics metrics() const;
  Totals totals() const;
  void tell_metrics();

  Verdict take(parse::Unreadable why, Event& event);
  Verdict refuse(parse::Unreadable why, const Event& event);
  bool ahead_of_host(Time t) const;
  Duration late_by(Time t) const;
  void move_clock(Time t);
  void index_by_kind();
  std::string_view profile_name() const {
    return kProfileNames[static_cast<std::size_t>(settings_.profile)];
  }

  EngineSettings settings_;
  Listener& listener_;
  std::uint64_t seed_;

  parse::Reader reader_;
  std::unique_ptr<Shared> shared_;     // outlives running_
  std::unique_ptr<SeenRecords> seen_;  // null when repeats are counted
  std::unique_ptr<LocalTimes> local_times_;
  std::unique_ptr<Explainer> explainer_;  // null unless somebody asks
  Allowlist allowlist_;
  std::vector<Running> running_;
  std::array<std::vector<analytics::Analytic*>, kKinds> by_kind_;
  bool lineage_wanted_ = false;

  std::unique_ptr<Reorder> reorder_;  // empty without reorder_seconds
  Time newest_ = kNoTime;             // event held back or not

  Time clock_ = kNoTime;        // largest UtcTime seen
  Time host_time_ = kNoTime;    // unknown until advance()
  Time told_ = kNoTime;         // what detectors believe; never goes back
  Time next_minute_ = kNoTime;  // clock_ at which they hear again

  // Of the checkpoint; declared after all that it refers to.
  Outbox outbox_;
  state::SavedState saved_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Time checkpoint_due_ = kNoTime;  // by the host's clock
  bool wanted_ = false;            // a snapshot is due
  bool pushed_ = false;            // the disk has been asked to begin
  bool replaying_ = false;
  bool untold_ = false;  // findings of an earlier process that no record will ask for
  bool answering_ = false;
  std::uint64_t record_ = Outbox::kNoRecord;  // at hand
  std::string note_;

  Time begun_at_ = kNoTime;  // host_time_ when the snapshot at hand was begun
  Time saved_at_ = kNoTime;  // and the latest whole one
  Duration last_save_{};
  Duration longest_save_{};

  Time metrics_due_ = kNoTime;  // by the host's clock
  // Five: a disk that fails has a few things to say, one after the other.
  LogLimiter checkpoint_log_{5};
  LogLimiter unchecked_log_;
  std::uint64_t unchecked_ = 0;  // of seen_, at the last record
  std::array<LogLimiter, parse::kUnreadables> unreadable_log_;
  LogLimiter evictions_log_;
  LogLimiter zone_log_;
  Evictors evictors_;

  EngineStats stats_;
  Totals before_;               // of the processes before this one, and what was replayed
  Verdict verdict_;             // of the record at hand, filled by emit()
  std::uint32_t silenced_ = 0;  // findings of the record at hand that the allowlist took
};

}  // namespace c2watch::engine
