#include "core/engine/prometheus.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/engine/kind_names.h"
#include "core/engine/metrics.h"

namespace c2watch::engine {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
double seconds(Time t) { return seconds(t.time_since_epoch()); }

using Held = analytics::AnalyticStats;

void write_records(PrometheusWriter& w, const EngineStats& counted) {
  w.family("c2watch_records_total", "Records handed over, by what became of them.", "counter");
  w.sample({{"fate", "used"}}, counted.used);
  w.sample({{"fate", "ignored"}}, counted.ignored);
  w.sample({{"fate", "suppressed"}}, counted.suppressed);
  w.sample({{"fate", "repeated"}}, counted.repeated);
  w.sample({{"fate", "unreadable"}}, counted.all_unreadable());

  w.family("c2watch_unreadable_records_total", "Records that could not be read, by reason.",
           "counter");
  for (std::size_t i = 1; i < counted.unreadable.size(); ++i)
    w.sample({{"reason", parse::name_of(static_cast<parse::Unreadable>(i))}},
             counted.unreadable[i]);

  w.single("c2watch_records_created_ahead_total",
           "Records used though logged ahead of the host's clock: local time labelled as UTC.",
           "counter", counted.created_ahead);

  w.family("c2watch_records_without_zone_total",
           "Events whose only time has no zone, by what said which it is.", "counter");
  w.sample({{"zone_from", "utc_time"}}, counted.zone_from_utc_time);
  w.sample({{"zone_from", "clock"}}, counted.zone_from_clock);
  w.sample({{"zone_from", "unknown"}}, counted.zone_unknown);

  w.single("c2watch_records_bad_record_id_total",
           "Records used though their EventRecordID is no whole number: repeats are not seen.",
           "counter", counted.bad_record_ids);

  w.family("c2watch_events_total", "Readable events, by kind.", "counter");
  for (std::size_t i = 0; i < counted.events.size(); ++i)
    w.sample({{"kind", kKindNames[i]}}, counted.events[i]);
}

void write_lateness(PrometheusWriter& w, const Lateness& late) {
  w.family("c2watch_event_lateness_seconds", "How far used events arrive behind the newest one.",
           "histogram");
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < Lateness::kSeconds.size(); ++i)
    w.bucket(std::to_string(Lateness::kSeconds[i]), events += late.events[i]);
  events += late.events.back();
  w.bucket("+Inf", events);
  w.sum(seconds(late.sum));
  w.count(events);
  w.single("c2watch_event_lateness_max_seconds", "The latest of them.", "gauge",
           seconds(late.most));
}

void write_detectors(PrometheusWriter& w, const Metrics& m) {
  const auto each = [&](std::string_view name, std::string_view help, std::string_view type,
                        auto value) {
    w.family(name, help, type);
    for (const Metrics::Detector& d : m.detectors) w.sample({{"detector", d.name}}, value(d));
  };
  const auto held = [&](std::string_view name, std::string_view help, std::string_view type,
                        std::uint64_t Held::*member) {
    each(name, help, type, [&](const Metrics::Detector& d) { return d.held.*member; });
  };
  each("c2watch_findings_total", "Findings told, updates included.", "counter",
       [](const Metrics::Detector& d) { return d.findings; });
  each("c2watch_findings_suppressed_total", "Findings taken by the allowlist.", "counter",
       [](const Metrics::Detector& d) { return d.suppressed; });
  held("c2watch_keys", "Keys held.", "gauge", &Held::entries);
  held("c2watch_keys_max", "Keys that may be held.", "gauge", &Held::capacity);
  held("c2watch_keys_bytes", "Memory for keys and their texts.", "gauge", &Held::bytes);
  held("c2watch_evictions_total", "Whole keys dropped for room: raise the capacity if this grows.",
       "counter", &Held::evictions);
  held("c2watch_crowded_out_total",
       "Of those, keys within their computer's share that went for another computer's.", "counter",
       &Held::crowded_out);
  held("c2watch_late_events_total", "Events older than the window.", "counter", &Held::late);
  held("c2watch_rejected_events_total", "Events without a time or a key.", "counter",
       &Held::rejected);
}

void write_allowlist(PrometheusWriter& w, const Metrics& m) {
  w.family("c2watch_allowlist_suppressed_total",
           "Findings that each allowlist entry took, by its place in the config.", "counter");
  for (std::size_t i = 0; i < m.allowlist.size(); ++i) {
    const std::string place = std::to_string(i);
    w.sample({{"entry", place}, {"reason", m.allowlist[i].entry.reason}},
             m.allowlist[i].suppressed);
  }
}

void write_shared(PrometheusWriter& w, const Metrics& m) {
  w.single("c2watch_lineage_processes", "Started processes remembered.", "gauge",
           m.lineage.entries);
  w.single("c2watch_lineage_bytes", "Memory for them.", "gauge", m.lineage.bytes);
  w.single("c2watch_lineage_evictions_total", "Processes forgotten for room.", "counter",
           m.lineage.evictions);

  w.single("c2watch_repeats_streams", "Computers times channels remembered.", "gauge",
           m.repeats.streams);
  w.single("c2watch_repeats_bytes", "Memory for them.", "gauge", m.repeats.bytes);
  w.single("c2watch_repeats_evictions_total", "Streams forgotten for room.", "counter",
           m.repeats.evictions);
  w.single("c2watch_repeats_unchecked_total",
           "Records older than what is remembered of their stream: counted, perhaps for the second "
           "time.",
           "counter", m.repeats.unchecked);

  w.single("c2watch_reorder_held_events", "Events held back by reorder_seconds.", "gauge",
           m.reorder.events);
  w.single("c2watch_reorder_held_bytes", "Memory for them.", "gauge", m.reorder.bytes);
  w.single("c2watch_reorder_early_total", "Events let go early for room.", "counter",
           m.reorder.early);
}

void write_checkpoint(PrometheusWriter& w, const Metrics& m) {
  const Metrics::Checkpoint& c = m.checkpoint;
  w.single("c2watch_checkpoint_snapshots_total", "Snapshots written.", "counter", c.snapshots);
  w.single("c2watch_checkpoint_failures_total", "Snapshots that could not be written.", "counter",
           c.failures);
  w.single("c2watch_checkpoint_abandoned_total",
           "Snapshots begun again, since an hour closed meanwhile.", "counter", c.abandoned);
  w.single("c2watch_checkpoint_snapshot_bytes", "Size of the latest snapshot.", "gauge",
           c.snapshot_bytes);
  w.single("c2watch_checkpoint_journal_bytes", "Records kept since.", "gauge", c.journal_bytes);
  w.single("c2watch_checkpoint_duration_seconds",
           "From the moment that the latest snapshot holds until it was safe.", "gauge",
           seconds(c.last));
  w.single("c2watch_checkpoint_duration_max_seconds", "The longest of them.", "gauge",
           seconds(c.longest));
  if (known(c.saved)) {
    w.single("c2watch_checkpoint_timestamp_seconds", "The moment that the latest snapshot holds.",
             "gauge", seconds(c.saved));
  }
  w.single("c2watch_outbox_findings", "Findings kept for the case of a crash.", "gauge",
           c.outbox_findings);
  w.single("c2watch_findings_told_again_total", "Findings of an earlier process, told again.",
           "counter", m.counted.told_again);
}

}  // namespace

std::string PrometheusWriter::text_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text;  // the longest shortest double has 24
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

void PrometheusWriter::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  out_.append("# HELP ").append(name) += ' ';
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(type) += '\n';
}

void PrometheusWriter::write(std::string_view suffix, Labels labels, std::string_view value) {
  out_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, text] : labels) {
    out_ += std::exchange(before, ',');
    out_.append(name) += "=\"";
    append_escaped(out_, text, true);
    out_ += '"';
  }
  if (before == ',') out_ += '}';
  out_ += ' ';
  out_.append(value) += '\n';
}

std::string prometheus_text(const Metrics& m) {
  std::string text;
  PrometheusWriter w(text);
  w.family("c2watch_build_info", "1, with the version and the profile as labels.", "gauge");
  w.sample({{"version", m.version}, {"profile", m.profile}}, 1);
  write_records(w, m.counted);
  write_lateness(w, m.counted.lateness);
  write_detectors(w, m);
  write_allowlist(w, m);
  write_shared(w, m);
  write_checkpoint(w, m);
  if (known(m.clock)) {
    w.single("c2watch_event_clock_timestamp_seconds", "The newest event's time.", "gauge",
             seconds(m.clock));
  }
  if (known(m.host_time)) {
    w.single("c2watch_host_clock_timestamp_seconds", "The host's time, as it said last.", "gauge",
             seconds(m.host_time));
  }
  return text;
}

}  // namespace c2watch::engine
