#include "core/state/check_ins.h"

#include <algorithm>

namespace c2watch::state {

Added CheckIns::add(std::int64_t at_ms, const CheckInRules& rules) {
  if (visits_.empty()) {
    begin(at_ms);
    return Added::check_in;
  }
  if (at_ms - end_ms() > rules.max_silence_ms) {
    begin(at_ms);
    return Added::anew;
  }
  if (at_ms < base_ms_) return add_before(at_ms, rules);
  if (at_ms - base_ms_ > kMaxSpanMs) drop_before(at_ms - kMaxSpanMs);

  const auto offset = static_cast<std::uint32_t>(at_ms - base_ms_);
  Visit* next = visits_.end();
  if (offset < visits_[size() - 1].offset)
    next = std::upper_bound(visits_.begin(), visits_.end(), offset,
                            [](std::uint32_t at, const Visit& v) { return at < v.offset; });
  Visit* previous = next - 1;
  const bool joins_previous =
      offset <= previous->end() || offset - previous->end() <= rules.coalesce_ms;
  const bool joins_next = next != visits_.end() && next->offset - offset <= rules.coalesce_ms;

  if (joins_previous) {
    const std::uint32_t end = joins_next ? next->end() : std::max(previous->end(), offset);
    previous->length = end - previous->offset;
    if (joins_next) visits_.erase(next, next + 1);
    return Added::merged;
  }
  if (joins_next) {
    *next = {offset, next->end() - offset};
    return Added::merged;
  }
  if (size() == kMax) {
    slide();
    return add(at_ms, rules);
  }
  const auto place = next - visits_.begin();
  visits_.reserve(size() + 1);
  visits_.insert(visits_.begin() + place, {offset, 0});
  return Added::check_in;
}

Added CheckIns::add_before(std::int64_t at_ms, const CheckInRules& rules) {
  const std::int64_t earlier = base_ms_ - at_ms;
  const bool same_visit = earlier <= rules.coalesce_ms;
  if (slid_ || earlier > rules.max_silence_ms || end_ms() - at_ms > kMaxSpanMs ||
      (size() == kMax && !same_visit))
    return Added::too_late;

  if (!same_visit) visits_.reserve(size() + 1);
  for (Visit& v : visits_) v.offset += static_cast<std::uint32_t>(earlier);
  base_ms_ = at_ms;
  if (same_visit) {
    visits_[0] = {0, visits_[0].end()};
    return Added::merged;
  }
  visits_.insert(visits_.begin(), {0, 0});
  return Added::check_in;
}

// Check-ins that began before `from_ms` go; the newest stays, without what is older. Requires that
// it ends later.
void CheckIns::drop_before(std::int64_t from_ms) {
  const auto from = static_cast<std::uint32_t>(from_ms - base_ms_);
  Visit* first = std::find_if(visits_.begin(), visits_.end() - 1,
                              [from](const Visit& v) { return v.offset >= from; });
  visits_.erase(visits_.begin(), first);
  const std::uint32_t begin = std::max(visits_[0].offset, from);
  visits_[0] = {begin, visits_[0].end() - begin};
  for (Visit& v : visits_) v.offset -= begin;
  base_ms_ += begin;
  slid_ = true;
}

void CheckIns::begin(std::int64_t at_ms) {
  visits_.erase(visits_.begin(), visits_.end());
  visits_.insert(visits_.begin(), {0, 0});  // has room for two in place
  base_ms_ = at_ms;
  slid_ = false;
}

CheckIns CheckIns::copy() const {
  CheckIns other;
  other.visits_.reserve(size());
  for (const Visit& v : visits_) other.visits_.insert(other.visits_.end(), v);
  other.base_ms_ = base_ms_;
  other.slid_ = slid_;
  return other;
}

void CheckIns::slide() {
  if (size() > 1) drop_before(time_ms(size() / 2));
  slid_ = true;
}

bool CheckIns::sane() const {
  constexpr std::int64_t kMostMs = std::int64_t{1} << 62;
  if (size() > kMax || base_ms_ < -kMostMs || base_ms_ > kMostMs) return false;
  if (size() == 0) return true;
  std::int64_t before = -1;
  for (const Visit& v : visits_) {
    if (v.offset <= before) return false;
    before = std::int64_t{v.offset} + v.length;
  }
  return visits_[0].offset == 0 && before <= kMaxSpanMs;
}

std::size_t CheckIns::gaps(std::uint32_t* out) const {
  for (std::size_t i = 1; i < size(); ++i) out[i - 1] = visits_[i].offset - visits_[i - 1].end();
  return size() == 0 ? 0 : size() - 1;
}

}  // namespace c2watch::state
