#include "core/state/check_ins.h"

#include <algorithm>
#include <limits>

namespace c2watch::state {
namespace {

constexpr std::int64_t kMaxOffset = std::numeric_limits<std::uint32_t>::max();  // 49 days

}  // namespace

CheckIns::Visit CheckIns::visit(std::uint32_t offset, std::uint32_t length) {
  constexpr std::uint32_t kLongest = std::numeric_limits<std::uint16_t>::max();
  return {static_cast<std::uint16_t>(offset >> 16), static_cast<std::uint16_t>(offset & 0xffff),
          static_cast<std::uint16_t>(std::min(length, kLongest))};
}

Added CheckIns::add(std::int64_t at_ms, const CheckInRules& rules) {
  if (visits_.empty()) {
    begin(at_ms);
    return Added::check_in;
  }
  const std::int64_t after_first = at_ms - last_ms();
  const std::int64_t silence = after_first - last_length_ms_;
  if (silence > rules.max_silence_ms) {
    begin(at_ms);
    return Added::anew;
  }
  if (after_first >= 0 && silence <= rules.coalesce_ms) {
    last_length_ms_ = std::max(last_length_ms_, static_cast<std::uint32_t>(after_first));
    visits_[size() - 1] = visit(visits_[size() - 1].offset(), last_length_ms_);
    return Added::merged;
  }
  return at_ms < base_ms_ ? add_before(at_ms, rules) : add_within(at_ms, rules);
}

Added CheckIns::add_before(std::int64_t at_ms, const CheckInRules& rules) {
  const std::int64_t earlier = base_ms_ - at_ms;
  const bool same_visit = earlier <= rules.coalesce_ms;
  if (slid_ || (size() == kMax && !same_visit) ||
      earlier + visits_[size() - 1].offset() > kMaxOffset)
    return Added::too_late;

  if (!same_visit) visits_.reserve(size() + 1);
  shift_by(earlier);
  if (same_visit) {
    stretch(visits_.begin(), 0, visits_[0].end());
    return Added::merged;
  }
  visits_.insert(visits_.begin(), visit(0, 0));
  return Added::check_in;
}

Added CheckIns::add_within(std::int64_t at_ms, const CheckInRules& rules) {
  if (size() == kMax || at_ms - base_ms_ > kMaxOffset) {
    slide();
    return add(at_ms, rules);
  }
  const auto offset = static_cast<std::uint32_t>(at_ms - base_ms_);
  Visit* next = std::upper_bound(visits_.begin(), visits_.end(), offset,
                                 [](std::uint32_t at, const Visit& v) { return at < v.offset(); });
  Visit* previous = next - 1;
  const bool is_last = next == visits_.end();
  const std::uint32_t end = is_last ? previous->offset() + last_length_ms_ : previous->end();
  const bool joins_previous = offset <= end || offset - end <= rules.coalesce_ms;
  const bool joins_next = !is_last && next->offset() - offset <= rules.coalesce_ms;

  if (joins_previous && joins_next) {
    const bool next_is_last = next + 1 == visits_.end();
    const std::uint32_t next_end = next->offset() + (next_is_last ? last_length_ms_ : next->length);
    visits_.erase(next, next + 1);
    stretch(previous, previous->offset(), next_end);
    return Added::merged;
  }
  if (joins_previous) {
    stretch(previous, previous->offset(), std::max(end, offset));
    return Added::merged;
  }
  if (joins_next) {
    const bool next_is_last = next + 1 == visits_.end();
    stretch(next, offset, next->offset() + (next_is_last ? last_length_ms_ : next->length));
    return Added::merged;
  }
  const auto place = next - visits_.begin();
  visits_.reserve(size() + 1);
  visits_.insert(visits_.begin() + place, visit(offset, 0));
  if (is_last) last_length_ms_ = 0;
  return Added::check_in;
}

void CheckIns::stretch(Visit* v, std::uint32_t first, std::uint32_t end) {
  *v = visit(first, end - first);
  if (v + 1 == visits_.end()) last_length_ms_ = end - first;
}

// Offsets count from `shift` earlier on; the first one is left for the caller to mend.
void CheckIns::shift_by(std::int64_t shift) {
  for (Visit& v : visits_) v = visit(v.offset() + static_cast<std::uint32_t>(shift), v.length);
  base_ms_ -= shift;
}

void CheckIns::begin(std::int64_t at_ms) {
  if (visits_.empty()) visits_.insert(visits_.begin(), visit(0, 0));  // has room for two in place
  visits_.erase(visits_.begin() + 1, visits_.end());
  visits_[0] = visit(0, 0);
  base_ms_ = at_ms;
  last_length_ms_ = 0;
  slid_ = false;
}

CheckIns CheckIns::copy() const {
  CheckIns other;
  other.visits_.reserve(size());
  for (const Visit& v : visits_) other.visits_.insert(other.visits_.end(), v);
  other.base_ms_ = base_ms_;
  other.last_length_ms_ = last_length_ms_;
  other.slid_ = slid_;
  return other;
}

void CheckIns::slide() {
  visits_.erase(visits_.begin(), visits_.begin() + size() / 2);
  shift_by(-std::int64_t{visits_[0].offset()});
  slid_ = true;
}

bool CheckIns::sane() const {
  constexpr std::int64_t kMostMs = std::int64_t{1} << 50;  // 35,000 years
  if (size() > kMax || base_ms_ < -kMostMs || base_ms_ > kMostMs) return false;
  if (size() == 0) return true;
  if (visits_[0].offset() != 0 || last_length_ms_ > kMaxOffset - visits_[size() - 1].offset())
    return false;
  for (std::size_t i = 1; i < size(); ++i)
    if (visits_[i].offset() <= visits_[i - 1].end()) return false;
  return true;
}

std::size_t CheckIns::gaps(std::uint32_t* out) const {
  for (std::size_t i = 1; i < size(); ++i) out[i - 1] = visits_[i].offset() - visits_[i - 1].end();
  return size() == 0 ? 0 : size() - 1;
}

}  // namespace c2watch::state
