// Accounts: how many keys of a table each computer holds, so that none of them crowds out others.
//
//   Accounts accounts(share);
//   const Accounts::Number who = accounts.open(owner_of(seed, event.computer));
//
// SHARE     A computer's first `share` keys are within its share. What it holds besides stands in
//           lists of its own, which are the first to lose keys: the longest of them before the
//           others. So a computer that floods a table evicts its own keys.
// BOUND     At most kMost accounts. Those of further computers share the last one.
// COST      open() one look-up; a change of what stands beyond a share O(log accounts), about 20 ns.
// MEMORY    56 bytes a computer that holds keys, and its index; nothing for the others.
// FAILURE   prepare() is the only thing that allocates.
// BLIND     Names are what the sender says. Whoever invents capacity/share of them crowds out others
//           as far as the order of eviction allows (bounded_table.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/state/slot_index.h"

namespace c2watch::state {

// A computer, as tables account for it.
struct Owner {
  std::uint64_t id = 0;    // depends on the seed: no sender can share another's. 0: no owner
  std::uint32_t rank = 0;  // does not: which of two goes first must not depend on it

  friend bool operator==(const Owner&, const Owner&) = default;
};

// In any case of ASCII letters, by the first 255 bytes, which is the longest that DNS allows.
// Nameless senders are one owner.
Owner owner_of(std::uint64_t seed, std::string_view computer);

// Keys from the next to go to the last, linked through a table's slots.
struct SlotList {
  std::uint32_t oldest = kNoSlot;
  std::uint32_t newest = kNoSlot;
  std::uint32_t size = 0;
};

class Accounts {
 public:
  using Number = std::uint16_t;
  static constexpr Number kNobody = 0;  // of keys without an owner
  static constexpr std::size_t kMost = 65'535;

  struct Account {
    Owner owner;
    std::uint32_t within = 0;          // keys within the share; while free: the next free one
    std::array<SlotList, 2> beyond{};  // by segment
    std::uint16_t heap_at = kNotInHeap;

    std::uint32_t keys_beyond() const { return beyond[0].size + beyond[1].size; }
  };

  // Requires share >= 1.
  explicit Accounts(std::size_t share) : share_(share) {}

  // Makes room for one open(), which then cannot fail.
  void prepare();
  // The owner's account, a new one if it holds nothing yet.
  Number open(const Owner& owner) noexcept;
  // Forgets an account that holds no keys.
  void close_if_empty(Number number) noexcept;

  Account& operator[](Number number) { return accounts_[number - 1u]; }
  const Account& operator[](Number number) const { return accounts_[number - 1u]; }
  bool full(Number number) const { return number != kNobody && (*this)[number].within >= share_; }

  // After each change of keys_beyond().
  void reorder(Number number) noexcept;
  // The account with most keys beyond its share; kNobody when there is none.
  Number largest() const { return heap_.empty() ? kNobody : heap_.front(); }

  std::size_t size() const { return index_.size(); }
  std::size_t share() const { return share_; }
  std::size_t bytes() const {
    return accounts_.capacity() * sizeof(Account) + heap_.capacity() * sizeof(Number) +
           index_.bytes();
  }

  // Visits every account that holds keys, in no order that means anything.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Account& a : accounts_)
      if (a.owner.id != 0) visit(a);
  }

 private:
  static constexpr std::uint16_t kNotInHeap = UINT16_MAX;
  // Of those who came when all numbers were taken.
  static constexpr Owner kOthers{1, 0};

  bool goes_before(Number l, Number r) const;
  void put(std::size_t at, Number number);
  void rise(std::size_t at);
  void sink(std::size_t at);

  std::size_t share_;
  std::vector<Account> accounts_;  // number - 1
  SlotIndex index_;
  std::uint32_t free_ = kNoSlot;
  std::vector<Number> heap_;  // those with keys beyond their share, the largest first
};

}  // namespace c2watch::state
