// WindowMarks: the times of one recurring thing, as few of them as a sliding window can tell apart.
//
//   WindowMarks marks;
//   marks.add(event.utc_time, window);
//   marks.any_within(from, from + window)    // as if every time had been kept
//
// Of three times a < b < c with c - a <= window, b is dropped: a closed window of that length that
// holds b but neither a nor c would have to fit between them, and cannot. So what is left answers
// every question about windows of that length exactly, and within any span of less than two windows
// at most four times are left.
//
// COST      a few ns. MEMORY 40 bytes, trivially copyable. Late times are welcome in any order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/model/time.h"

namespace c2watch::analytics {

class WindowMarks {
 public:
  static constexpr std::size_t kMost = 4;

  // Requires that all marks lie within less than two windows of each other: expire() first.
  // Otherwise the oldest goes.
  void add(Time t, Duration window) {
    std::array<Time, kMost + 1> times{};
    std::copy_n(times_.begin(), count_, times.begin());
    std::size_t n = count_;
    const auto end = times.begin() + static_cast<std::ptrdiff_t>(n);
    const auto at = std::lower_bound(times.begin(), end, t);
    if (at != end && *at == t) return;
    std::copy_backward(at, end, end + 1);
    *at = t;
    ++n;

    for (std::size_t i = 0; i + 2 < n;) {
      if (times[i + 2] - times[i] > window) {
        ++i;
        continue;
      }
      std::copy(times.begin() + static_cast<std::ptrdiff_t>(i) + 2,
                times.begin() + static_cast<std::ptrdiff_t>(n),
                times.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      --n;
    }
    const std::size_t skip = n > kMost ? n - kMost : 0;
    std::copy_n(times.begin() + static_cast<std::ptrdiff_t>(skip), n - skip, times_.begin());
    count_ = static_cast<std::uint8_t>(n - skip);
  }

  // Forgets what is older than `oldest`.
  void expire(Time oldest) {
    const auto end = times_.begin() + count_;
    const auto keep = std::lower_bound(times_.begin(), end, oldest);
    std::copy(keep, end, times_.begin());
    count_ = static_cast<std::uint8_t>(end - keep);
  }

  // The first mark in [from, to], kNoTime if there is none.
  Time first_within(Time from, Time to) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (times_[i] >= from) return times_[i] <= to ? times_[i] : kNoTime;
    }
    return kNoTime;
  }
  bool any_within(Time from, Time to) const { return known(first_within(from, to)); }

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  Time newest() const { return count_ == 0 ? kNoTime : times_[count_ - 1u]; }
  const Time* begin() const { return times_.data(); }
  const Time* end() const { return times_.data() + count_; }

  template <class Archive>
  void fields(Archive& a) {
    a(times_, count_);
  }
  // Whether what was read keeps the invariant.
  bool sane() const {
    return count_ <= kMost && std::is_sorted(begin(), end()) && (count_ == 0 || known(times_[0]));
  }

 private:
  std::array<Time, kMost> times_{};  // INVARIANT: the first count_ ascend
  std::uint8_t count_ = 0;
};

}  // namespace c2watch::analytics
