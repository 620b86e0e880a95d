#include "core/state/check_ins.h"

#include <algorithm>
#include <limits>

namespace c2watch::state {

Added CheckIns::add(std::int64_t at_ms, const CheckInRules& rules) {
  if (offsets_.empty()) {
    begin(at_ms);
    return Added::check_in;
  }
  const std::int64_t after_last = at_ms - last_ms() - in_last_ms_;
  if (after_last > rules.max_silence_ms) {
    begin(at_ms);
    return Added::anew;
  }
  if (at_ms >= last_ms() && after_last <= rules.coalesce_ms) {
    in_last_ms_ = std::max(in_last_ms_, static_cast<std::uint32_t>(at_ms - last_ms()));
    return Added::merged;
  }
  return at_ms < base_ms_ ? add_before(at_ms, rules) : add_within(at_ms, rules);
}

Added CheckIns::add_before(std::int64_t at_ms, const CheckInRules& rules) {
  const std::int64_t shift = base_ms_ - at_ms;
  const bool same_check_in = shift <= rules.coalesce_ms;
  if (slid_ || (size() == kMax && !same_check_in) ||
      shift + offsets_[size() - 1] > std::numeric_limits<std::uint32_t>::max())
    return Added::too_late;

  if (!same_check_in) offsets_.reserve(size() + 1);
  for (std::uint32_t& offset : offsets_) offset += static_cast<std::uint32_t>(shift);
  base_ms_ = at_ms;
  if (!same_check_in) {
    offsets_.insert(offsets_.begin(), 0);
    return Added::check_in;
  }
  offsets_[0] = 0;
  if (size() == 1) in_last_ms_ += static_cast<std::uint32_t>(shift);
  return Added::merged;
}

Added CheckIns::add_within(std::int64_t at_ms, const CheckInRules& rules) {
  // 32 bits of milliseconds are 49 days: a list that would span more gives up its older half.
  if (size() == kMax || at_ms - base_ms_ > std::numeric_limits<std::uint32_t>::max()) {
    slide();
    return add(at_ms, rules);
  }
  const auto offset = static_cast<std::uint32_t>(at_ms - base_ms_);
  std::uint32_t* next = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
  if (offset - *(next - 1) <= rules.coalesce_ms) return Added::merged;
  if (next != offsets_.end() && *next - offset <= rules.coalesce_ms) {
    if (next + 1 == offsets_.end()) in_last_ms_ += *next - offset;
    *next = offset;
    return Added::merged;
  }
  const auto at = next - offsets_.begin();
  offsets_.reserve(size() + 1);
  next = offsets_.begin() + at;
  if (next == offsets_.end()) in_last_ms_ = 0;
  offsets_.insert(next, offset);
  return Added::check_in;
}

void CheckIns::begin(std::int64_t at_ms) {
  if (offsets_.empty()) offsets_.insert(offsets_.begin(), 0);  // has room for two in place
  offsets_.erase(offsets_.begin() + 1, offsets_.end());
  offsets_[0] = 0;
  base_ms_ = at_ms;
  in_last_ms_ = 0;
  slid_ = false;
}

void CheckIns::slide() {
  offsets_.erase(offsets_.begin(), offsets_.begin() + size() / 2);
  const std::uint32_t shift = offsets_[0];
  for (std::uint32_t& offset : offsets_) offset -= shift;
  base_ms_ += shift;
  slid_ = true;
}

std::size_t CheckIns::gaps(std::uint32_t* out) const {
  for (std::size_t i = 1; i < size(); ++i) out[i - 1] = offsets_[i] - offsets_[i - 1];
  return size() == 0 ? 0 : size() - 1;
}

}  // namespace c2watch::state
