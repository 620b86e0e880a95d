// Reorder: holds events back until no earlier one is expected, and lets them go in the order of
// their times, so that what detectors see does not depend on the order of arrival.
//
//   reorder.hold(event);
//   reorder.release(newest - bound, [&](const Event& e) { detect(e); });
//
// ORDER     by UtcTime, then by all the rest of the event's bytes: two events that compare equal are
//           the same event, so the order is complete.
// BOUND     An event that arrives later than the bound goes through at once, out of order. Beyond
//           max_bytes the earliest go early, and early() counts them: memory before determinism.
//           An event of a computer that fills a 16th of max_bytes by itself is not held then, but
//           goes through at once: a flood loses its own order, not the others'.
// COST      0.5 us and a copy of the event.
// FAILURE   hold() may throw bad_alloc and then holds nothing more than before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "core/engine/saved_event.h"
#include "core/model/event.h"
#include "core/model/time.h"
#include "core/state/archive.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

class Reorder {
 public:
  explicit Reorder(std::size_t max_bytes, std::uint64_t seed = 0);

  // False: there is no room, and its computer has its share. It is not held.
  bool hold(const Event& event);
  // From the next release() on.
  void limit(std::size_t max_bytes) { max_bytes_ = max_bytes; }

  // Lets go of everything up to `until`, and of what there is no room for.
  template <class Use>
  void release(Time until, Use&& use) {
    while (!held_.empty() && (held_.begin()->first <= until || bytes_ > max_bytes_)) {
      early_ += held_.begin()->first > until;
      auto first = held_.extract(held_.begin());
      bytes_ -= cost(first.value());
      state::Reader r(first.value().second);
      Event event;
      event_fields(r, event);
      bytes_of(event) -= cost(first.value());
      use(std::as_const(event));
    }
  }

  std::size_t size() const { return held_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t early() const { return early_; }

  // See analytics::Analytic::saved().
  state::SavedState& saved() { return saved_; }

 private:
  using Held = std::pair<Time, std::string>;  // the event as fields

  // 64: a node of the tree and its string.
  static std::size_t cost(const Held& held) { return held.second.size() + 64; }

  // Of the event's computer; of 1,024 groups by hash, so that it takes 8 KiB however many there are.
  std::size_t& bytes_of(const Event& event);
  Held held(const Event& event) const;
  void keep(Held held, const Event& event);

  std::multiset<Held> held_;
  std::size_t bytes_ = 0;
  std::size_t max_bytes_;
  std::uint64_t seed_;
  std::array<std::size_t, 1024> bytes_by_computer_{};
  std::uint64_t early_ = 0;
  state::SavedState saved_;
};

}  // namespace c2watch::engine
