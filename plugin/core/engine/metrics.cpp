#include "core/engine/metrics.h"

#include "core/engine/instant.h"
#include "core/engine/json_writer.h"
#include "core/engine/kind_names.h"

namespace c2watch::engine {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

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
  w.member("crowded_out", s.crowded_out);
  w.member("late", s.late);
  w.member("rejected", s.rejected);
}

void write_entry(JsonWriter& w, const Allowlist::Counted& c, Time clock) {
  w.object([&] {
    write_members(w, c.entry);
    w.member("suppressed", c.suppressed);
    w.member("expired", known(c.entry.ends) && clock >= c.entry.ends);
  });
}

void write_lateness(JsonWriter& w, const Lateness& late) {
  w.member("max_seconds", seconds(late.most));
  w.member("sum_seconds", seconds(late.sum));
  w.list("buckets", [&] {
    for (std::size_t i = 0; i < late.events.size(); ++i)
      w.object([&] {
        w.key("up_to_seconds");
        if (i < Lateness::kSeconds.size())
          w.value(Lateness::kSeconds[i]);
        else
          w.value(nullptr);
        w.member("events", late.events[i]);
      });
  });
}

void write_checkpoint(JsonWriter& w, const Metrics& m) {
  const Metrics::Checkpoint& c = m.checkpoint;
  w.member("snapshots", c.snapshots);
  w.member("failures", c.failures);
  w.member("abandoned", c.abandoned);
  w.member("snapshot_bytes", c.snapshot_bytes);
  w.member("journal_bytes", c.journal_bytes);
  write_time(w, "saved_us", c.saved);
  w.key("age_seconds");
  if (known(c.saved) && known(m.host_time))
    w.value(seconds(m.host_time - c.saved));
  else
    w.value(nullptr);
  w.member("last_seconds", seconds(c.last));
  w.member("longest_seconds", seconds(c.longest));
  w.member("outbox_findings", c.outbox_findings);
  w.member("told_again", m.counted.told_again);
}

void write_members(JsonWriter& w, const Metrics& m) {
  const EngineStats& counted = m.counted;
  w.member("version", m.version);
  w.member("profile", m.profile);
  write_time(w, "clock_us", m.clock);
  write_time(w, "host_time_us", m.host_time);
  w.object("records", [&] {
    w.member("total", counted.records);
    w.member("used", counted.used);
    w.member("ignored", counted.ignored);
    w.member("suppressed", counted.suppressed);
    w.member("repeated", counted.repeated);
    w.member("unreadable", counted.all_unreadable());
    w.member("created_ahead", counted.created_ahead);
    w.member("zone_from_utc_time", counted.zone_from_utc_time);
    w.member("zone_from_clock", counted.zone_from_clock);
    w.member("zone_unknown", counted.zone_unknown);
    w.member("bad_record_ids", counted.bad_record_ids);
    w.member("held_back", m.reorder.events);
    w.member("held_back_bytes", m.reorder.bytes);
    w.member("let_go_early", m.reorder.early);
  });
  w.object("unreadable", [&] {
    for (std::size_t i = 0; i < counted.unreadable.size(); ++i)
      if (counted.unreadable[i] != 0)
        w.member(parse::name_of(static_cast<parse::Unreadable>(i)), counted.unreadable[i]);
  });
  w.object("events", [&] {
    for (std::size_t i = 0; i < counted.events.size(); ++i)
      w.member(kKindNames[i], counted.events[i]);
  });
  w.object("lateness", [&] { write_lateness(w, counted.lateness); });
  w.object("detectors", [&] {
    for (const Metrics::Detector& d : m.detectors) {
      w.object(d.name, [&] {
        w.member("findings", d.findings);
        w.member("suppressed", d.suppressed);
        write_held(w, d.held);
      });
    }
  });
  w.object("lineage", [&] { write_held(w, m.lineage); });
  w.object("repeats", [&] {
    w.member("streams", m.repeats.streams);
    w.member("bytes", m.repeats.bytes);
    w.member("evictions", m.repeats.evictions);
    w.member("crowded_out", m.repeats.crowded_out);
    w.member("unchecked", m.repeats.unchecked);
  });
  w.list("evictors", [&] {
    for (const Evictors::Row& row : m.evictors) {
      if (row.evictions() == 0) continue;
      w.object([&] {
        w.member("computer", row.computer());
        w.member("evictions", row.evictions());
      });
    }
  });
  w.object("checkpoint", [&] { write_checkpoint(w, m); });
  w.object("totals", [&] {
    write_time(w, "since_us", m.totals.since);
    w.member("records", m.totals.records);
    w.member("used", m.totals.used);
    w.member("repeated", m.totals.repeated);
    w.member("unreadable", m.totals.unreadable);
    w.member("findings", m.totals.findings);
    w.member("suppressed", m.totals.suppressed);
  });
  w.list("allowlist", [&] {
    for (const Allowlist::Counted& c : m.allowlist) write_entry(w, c, m.clock);
  });
}

}  // namespace

std::string stats_json(const Metrics& metrics) {
  std::string json;
  JsonWriter w(json);
  w.object([&] { write_members(w, metrics); });
  return json;
}

std::string metrics_record(const Metrics& metrics) {
  std::string json;
  JsonWriter w(json);
  w.object([&] {
    w.member("schema", kMetricsSchema);
    w.text_or_null("time", known(metrics.host_time) ? instant_text(metrics.host_time) : "");
    write_members(w, metrics);
  });
  return json;
}

}  // namespace c2watch::engine
