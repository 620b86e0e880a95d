#include "core/state/accounts.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/state/hash.h"

namespace c2watch::state {

Owner owner_of(std::uint64_t seed, std::string_view computer) {
  std::array<char, 255> lower;
  computer = computer.substr(0, lower.size());
  std::transform(computer.begin(), computer.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::string_view name(lower.data(), computer.size());
  // 0 is nobody and 1 the others.
  return {std::max<std::uint64_t>(2, hash_text(seed, name)),
          static_cast<std::uint32_t>(hash_text(0, name))};
}

void Accounts::prepare() {
  index_.prepare();
  if (free_ != kNoSlot || accounts_.size() < accounts_.capacity()) return;
  const std::size_t wanted = std::clamp<std::size_t>(accounts_.size() * 2, 8, kMost);
  heap_.reserve(wanted);
  accounts_.reserve(wanted);
}

Accounts::Number Accounts::open(const Owner& owner) noexcept {
  if (owner.id == 0) return kNobody;
  const auto tag = static_cast<std::uint32_t>(owner.id);
  const std::uint32_t held =
      index_.find(tag, [&](std::uint32_t slot) { return accounts_[slot].owner.id == owner.id; });
  if (held != kNoSlot) return static_cast<Number>(held + 1);
  std::uint32_t slot = free_;
  if (slot != kNoSlot) {
    free_ = accounts_[slot].within;
  } else {
    if (accounts_.size() + 1 >= kMost && owner != kOthers) return open(kOthers);
    slot = static_cast<std::uint32_t>(accounts_.size());
    accounts_.emplace_back();
  }
  accounts_[slot] = {};
  accounts_[slot].owner = owner;
  index_.insert(tag, slot);
  return static_cast<Number>(slot + 1);
}

void Accounts::close_if_empty(Number number) noexcept {
  if (number == kNobody) return;
  Account& a = (*this)[number];
  if (a.within > 0 || a.keys_beyond() > 0) return;
  const std::uint32_t slot = number - 1u;
  index_.erase(static_cast<std::uint32_t>(a.owner.id), slot);
  a.owner = {};
  a.within = std::exchange(free_, slot);
}

// Never equal: two accounts of one rank differ by id.
bool Accounts::goes_before(Number l, Number r) const {
  const Account& a = (*this)[l];
  const Account& b = (*this)[r];
  if (a.keys_beyond() != b.keys_beyond()) return a.keys_beyond() > b.keys_beyond();
  if (a.owner.rank != b.owner.rank) return a.owner.rank < b.owner.rank;
  return a.owner.id < b.owner.id;
}

void Accounts::put(std::size_t at, Number number) {
  heap_[at] = number;
  (*this)[number].heap_at = static_cast<std::uint16_t>(at);
}

void Accounts::rise(std::size_t at) {
  const Number number = heap_[at];
  for (; at > 0 && goes_before(number, heap_[(at - 1) / 2]); at = (at - 1) / 2)
    put(at, heap_[(at - 1) / 2]);
  put(at, number);
}

void Accounts::sink(std::size_t at) {
  const Number number = heap_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && goes_before(heap_[child + 1], heap_[child])) ++child;
    if (!goes_before(heap_[child], number)) break;
    put(at, heap_[child]);
    at = child;
  }
  put(at, number);
}

void Accounts::reorder(Number number) noexcept {
  Account& a = (*this)[number];
  if (a.keys_beyond() == 0) {
    if (a.heap_at == kNotInHeap) return;
    const std::size_t at = std::exchange(a.heap_at, kNotInHeap);
    const Number last = heap_.back();
    heap_.pop_back();
    if (last == number) return;
    put(at, last);
    rise(at);
    sink((*this)[last].heap_at);
    return;
  }
  if (a.heap_at == kNotInHeap) {
    assert(heap_.size() < heap_.capacity());
    heap_.push_back(number);
    a.heap_at = static_cast<std::uint16_t>(heap_.size() - 1);
  }
  rise(a.heap_at);
  sink(a.heap_at);
}

}  // namespace c2watch::state
