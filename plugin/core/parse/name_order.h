// NameOrder: what the names of the last records meant, in the order in which they came.
//
// A collector writes the same names in the same order again and again. So a name is first compared
// with the one that came there before; only another one is looked up. What a name means depends on
// where it stands and on its letters alone, so that the answer can be kept.
//
//   order.start();                                             // a record begins
//   const Known* known = order.next([&](const Known& k) { return k.is(name); });
//   if (known == nullptr) known = order.next_of_others(...);   // a record of another event id
//   if (known == nullptr && (room = order.learn())) *room = ...looked up...;
//
// COST      a right guess, the comparison; a wrong one, up to kOrders of them.
// THREADS   none.
#pragma once

#include <array>
#include <cstddef>

namespace c2watch::parse {

template <class Known>
class NameOrder {
 public:
  void start() {
    at_ = 0;
    learning_ = false;
  }

  // The next name in the order that has been right so far, if `is` accepts it; then the record
  // stands behind it. Null otherwise. Inlined: it answers for nearly every name.
  template <class Is>
  const Known* next(Is is) {
    return take(order_, is);
  }

  // The same in the other orders. The one that was right is followed from there on.
  template <class Is>
  const Known* next_of_others(Is is) {
    for (std::size_t tried = 1; tried < kOrders; ++tried) {
      const std::size_t candidate = (order_ + tried) % kOrders;
      if (const Known* known = take(candidate, is)) {
        order_ = candidate;
        return known;
      }
    }
    return nullptr;
  }

  // Passes over a name that cannot be kept.
  void skip() { ++at_; }

  // Room for the name that came now; null when the record has more names than are kept. A record
  // that leaves the known orders goes on in the oldest one, which loses what it knew from there on.
  Known* learn() {
    const std::size_t at = at_++;
    if (at >= kNames) return nullptr;
    if (!learning_) victim_ = (victim_ + 1) % kOrders;
    learning_ = true;
    order_ = victim_;
    return &orders_[order_][at];
  }

 private:
  // 96: more names than the widest shape has (Winlogbeat with ECS, 90).
  static constexpr std::size_t kNames = 96;
  // 4: one for each event id that makes up most of the traffic (1, 3, 22), and one for the others.
  static constexpr std::size_t kOrders = 4;

  template <class Is>
  const Known* take(std::size_t order, Is& is) {
    if (at_ >= kNames) return nullptr;
    const Known& known = orders_[order][at_];
    if (!is(known)) return nullptr;
    ++at_;
    return &known;
  }

  std::array<std::array<Known, kNames>, kOrders> orders_{};
  std::size_t order_ = 0;   // the one that has been right so far
  std::size_t at_ = 0;      // names seen in this record
  std::size_t victim_ = 0;  // the one that learned last
  bool learning_ = false;   // this record has left the known orders
};

}  // namespace c2watch::parse
