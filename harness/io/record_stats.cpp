#include "harness/io/record_stats.h"

#include "harness/base/text.h"

namespace c2watch::harness {

// 200: two lines of a terminal.
constexpr std::size_t kExampleBytes = 200;

std::string_view non_record_name(NonRecord why) {
  switch (why) {
    case NonRecord::text:
      return "text";
    case NonRecord::binary:
      return "binary";
    case NonRecord::oversize:
      return "no_end";
  }
  return "text";
}

std::string_view reason_text(std::string_view reason) {
  if (reason == "text") return "lines that are neither JSON nor XML";
  if (reason == "binary") return "binary data";
  if (reason == "no_end") return "data without an end of record for 64 MiB";
  if (reason == "empty") return "no content";
  if (reason == "too_large") return "records above 1 MiB";
  if (reason == "too_deep") return "records nested deeper than any known shape";
  if (reason == "not_utf8") return "records with invalid UTF-8";
  if (reason == "not_json") return "broken or truncated JSON";
  if (reason == "not_xml") return "broken or truncated XML";
  if (reason == "dtd") return "XML with a document type, never expanded";
  if (reason == "unknown_format") return "neither JSON nor XML";
  if (reason == "unknown_shape") return "well-formed, but no event id where a known shape has one";
  if (reason == "bad_event_id") return "an event id that is not a number";
  if (reason == "no_time") return "no readable UtcTime or TimeCreated";
  if (reason == "bad_time") return "a time outside 1970 to 2100, or ahead of the clock";
  if (reason == "shifted_fields") return "positional values that fit no known schema";
  if (reason == "missing_fields") return "events without any field that says what happened";
  return "";
}

void RecordStats::add(const c2watch_verdict& verdict) {
  if (verdict.record < verdicts.size()) ++verdicts[verdict.record];
  if (verdict.record < C2WATCH_RECORD_EMPTY && verdict.record != C2WATCH_RECORD_IGNORED)
    ++event_ids[verdict.event_id];
}

void RecordStats::unreadable(std::string_view reason, std::string_view member, std::uint64_t offset,
                             std::string_view bytes) {
  auto at = reasons.find(reason);
  if (at == reasons.end()) at = reasons.emplace(reason, Unreadable{}).first;
  ++at->second.count;
  if (at->second.examples.size() < kExamplesPerReason)
    at->second.examples.push_back(
        {std::string(member), offset, printable(bytes.substr(0, kExampleBytes))});
}

std::uint64_t RecordStats::readable() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < C2WATCH_RECORD_EMPTY; ++i) sum += verdicts[i];
  return sum;
}

std::uint64_t RecordStats::unreadable_total() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, what] : reasons) sum += what.count;
  return sum;
}

}  // namespace c2watch::harness
