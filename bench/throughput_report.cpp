#include "bench/throughput_report.h"

#include <algorithm>
#include <cmath>

#include "harness/base/text.h"

namespace c2watch::harness {

void show_throughput(Page& page, const std::vector<BenchRow>& rows) {
  page.heading("Throughput, one thread");
  if (rows.empty()) return;
  Table table({{"Shape"},
               {"Profile"},
               {"Events/s", Align::right},
               {"MB/s", Align::right},
               {"ns/event", Align::right},
               {"Spread", Align::right},
               {"Memory", Align::right},
               {"Findings", Align::right}});
  for (const BenchRow& r : rows)
    table.row(
        {{r.input_format},
         {r.profile},
         {with_thousands(static_cast<std::uint64_t>(std::llround(r.events_per_second()))),
          Style::bold},
         {fixed(r.bytes_per_second() / 1e6, 0)},
         {fixed(r.ns_per_event(), 0)},
         {(page.terminal().unicode ? "±" : "+-") + fixed(r.spread_percent(), 0) + " %", Style::dim},
         {bytes_text(static_cast<double>(r.memory_bytes))},
         {with_thousands(r.findings.size())}});
  page.table(table);
  std::size_t seed_rows = 0;
  for (const BenchRow& r : rows) seed_rows = std::max(seed_rows, r.seed_rows);
  page.paragraph(
      plural(rows.front().events, "event") + ", median of " +
      plural(rows.front().seconds.size(), "run") +
      ". Before time counted: every record was read, every event id was counted as often "
      "as it was written, each run and shape raised the same findings, and under seed the answer "
      "was "
      "that of the query itself (" +
      plural(seed_rows, "row") + ").");
}

nlohmann::ordered_json throughput_json(const std::vector<BenchRow>& rows) {
  auto out = nlohmann::ordered_json::array();
  for (const BenchRow& r : rows)
    out.push_back({{"input_format", r.input_format},
                   {"profile", r.profile},
                   {"events", r.events},
                   {"bytes", r.bytes},
                   {"findings", r.findings.size()},
                   {"reference_rows_compared", r.seed_rows},
                   {"events_per_second", r.events_per_second()},
                   {"bytes_per_second", r.bytes_per_second()},
                   {"ns_per_event", r.ns_per_event()},
                   {"spread_percent", r.spread_percent()},
                   {"engine_memory_bytes", r.memory_bytes},
                   {"seconds", r.seconds}});
  return out;
}

}  // namespace c2watch::harness
