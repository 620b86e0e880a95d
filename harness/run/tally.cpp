#include "harness/run/tally.h"

#include "harness/report/text.h"

namespace c2watch::harness {

// 200: two lines of a terminal.
constexpr std::size_t kExampleBytes = 200;

void Tally::add(const c2watch_verdict& verdict) {
  if (verdict.record < verdicts.size()) ++verdicts[verdict.record];
  if (verdict.record < C2WATCH_RECORD_EMPTY && verdict.record != C2WATCH_RECORD_IGNORED)
    ++event_ids[verdict.event_id];
}

void Tally::unreadable(std::string_view reason, std::string_view member, std::uint64_t offset,
                       std::string_view bytes) {
  auto at = reasons.find(reason);
  if (at == reasons.end()) at = reasons.emplace(reason, Unreadable{}).first;
  ++at->second.count;
  if (at->second.examples.size() < kExamplesPerReason)
    at->second.examples.push_back(
        {std::string(member), offset, printable(bytes.substr(0, kExampleBytes))});
}

std::uint64_t Tally::readable() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < C2WATCH_RECORD_EMPTY; ++i) sum += verdicts[i];
  return sum;
}

std::uint64_t Tally::unreadable_total() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, what] : reasons) sum += what.count;
  return sum;
}

}  // namespace c2watch::harness
