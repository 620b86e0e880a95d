// BoundedTable: Hash128 -> Value, all per-key memory of a detector, that cannot outgrow its bound.
//
//   BoundedTable<Counter> seen(1'000'000);
//   Counter* c = seen.touch(key);
//   if (c == nullptr)
//     c = &seen.insert(key, Counter{}, owner_of(seed, event.computer),
//                      [](const Hash128&, Counter& gone) { ... });
//
// BOUND     Never more than `capacity` keys. A new key in a full table evicts one whole key.
// EVICTION  Senders choose the keys, so the table prefers what came back over what came once. A
//           new key enters *probation*, a FIFO that owns at least an eighth of the table. Its
//           second event, a touch(), moves it to the *protected* segment, at most seven eighths.
//           Only the oldest key on probation is evicted. When a key is promoted into a full
//           protected segment, its oldest key that was not touched since its last turn goes back
//           to the end of probation (second chance; after kMaxTurns the oldest goes regardless).
//           What this promises, and the tests hold it to:
//             1. As long as at most 7/8 of capacity keys have ever come twice, no number of keys
//                that come once evicts any of those.
//             2. A key on probation outlives at least capacity/8 further insertions and promotions.
//             3. It is deterministic: the same calls evict the same keys, whatever the seed was.
// FAIRNESS  All that holds for keys within their owner's share (accounts.h), by default 1/64 of the
//           table. What an owner holds besides is free while there is room, and goes first: of the
//           owner with most of it, in the same order of its own. So a full table evicts no key
//           that is within its owner's share while any owner holds more than its share, and a
//           flood under one name evicts that name's keys. crowded_out() counts the other case.
//           Whoever invents 64 names and more fills the table with shares; promises 1 to 3 are then
//           all that other owners have.
// COST      touch() two cache lines that miss in a large table; no allocation, no list work but
//           for the one promotion. prefetch() in batches hides both misses. insert() O(1), with at
//           most kMaxTurns steps of the second chance.
// MEMORY    sizeof(Value) + 32 bytes, padded, and 11 to 22 bytes of index a key; 60 to 80 bytes an
//           owner. The slab grows by doubling blocks that never move: references stay good until
//           their key goes.
// FAILURE   prepare() is the only thing that allocates (insert() calls it first): when it throws,
//           nothing has changed.
// SAVING    begin_saving() fixes a moment. save_some() hands out the keys of that moment in slices
//           while the table lives on: a key that is about to change is handed out first. A visit
//           that may change all keys (erase_if, scan) ends the saving: saving_broken().
//           restore_aged() and finish_restoring() make a table that evicts in the same order, as
//           far as no 2^32 keys moved between two that are here.
// THREADS   none. One detector owns one table.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/state/accounts.h"
#include "core/state/hash.h"
#include "core/state/slot_index.h"

namespace c2watch::state {

enum class Segment : std::uint8_t { probation, protection };

// A key's place in the order of eviction, for saving and restoring it.
struct Place {
  Segment segment = Segment::probation;
  bool touched = false;  // since its last turn
  bool beyond = false;   // its owner's share
};

// The same within a file, where keys stand in any order. Of two keys in one segment the one with
// the larger age goes first.
struct SavedPlace {
  Place place;
  std::uint32_t age = 0;
  Owner owner{};
};

template <class Value>
class BoundedTable {
  static_assert(std::is_nothrow_move_constructible_v<Value>);
  static_assert(std::is_nothrow_destructible_v<Value>);

 public:
  // 2^30: slots are 32-bit numbers, and no collector has the memory.
  static constexpr std::size_t kMaxCapacity = std::size_t{1} << 30;

  using Place = state::Place;

  // Requires 1 <= capacity <= kMaxCapacity; settings are checked where they are parsed.
  explicit BoundedTable(std::size_t capacity) : BoundedTable(capacity, capacity) {}
  // An owner's share is 1/64 of the table, and at most `max_share` keys.
  BoundedTable(std::size_t capacity, std::size_t max_share)
      : capacity_(capacity),
        protection_capacity_(protected_of(capacity)),
        accounts_(std::max<std::size_t>(1, std::min(capacity / 64, max_share))) {
    assert(capacity >= 1 && capacity <= kMaxCapacity);
  }
  ~BoundedTable() { clear(); }
  BoundedTable(const BoundedTable&) = delete;
  BoundedTable& operator=(const BoundedTable&) = delete;

  // Looks without leaving a trace.
  const Value* find(const Hash128& key) const {
    const std::uint32_t slot = slot_of(key);
    return slot == kNoSlot ? nullptr : &node(slot).value;
  }

  // The value of a key that has come again, or nullptr if it is not here.
  Value* touch(const Hash128& key) {
    const std::uint32_t slot = slot_of(key);
    if (slot == kNoSlot) return nullptr;
    Node& n = node(slot);
    about_to_change(n);
    if (n.segment == Segment::probation) promote(slot);
    n.touched = true;
    return &n.value;
  }

  // Makes room for one insert(), which then cannot fail. Throws bad_alloc and changes nothing.
  void prepare() {
    index_.prepare();
    accounts_.prepare();
    if (free_ == kNoSlot && used_ < capacity_) allocate_block_of(used_);
  }

  // Adds a key that is not here. When the table is full one key goes first, after
  // `on_evict(const Hash128&, Value&)`, which must not throw.
  template <class OnEvict>
  Value& insert(const Hash128& key, Value value, const Owner& owner, OnEvict&& on_evict) {
    prepare();
    if (size() == capacity_) evict(next_to_go(kNoSlot), owner, on_evict);
    return append(key, std::move(value), accounts_.open(owner)).value;
  }
  // A key of nobody's, to which no share applies.
  template <class OnEvict>
  Value& insert(const Hash128& key, Value value, OnEvict&& on_evict) {
    return insert(key, std::move(value), Owner{}, on_evict);
  }

  // Evicts the key whose turn it is, as a full table would, but never `spare`: for values that hold
  // memory of their own, where that is bounded too. False when there is no other key.
  template <class OnEvict>
  bool evict_one(const Hash128& spare, OnEvict&& on_evict) {
    const std::uint32_t spared = slot_of(spare);
    const std::uint32_t slot = next_to_go(spared);
    if (slot == kNoSlot) return false;
    const bool owned = spared != kNoSlot && node(spared).account != Accounts::kNobody;
    evict(slot, owned ? accounts_[node(spared).account].owner : Owner{}, on_evict);
    return true;
  }

  // Forgets a key without counting it as evicted. False if it is not here.
  bool erase(const Hash128& key) {
    const std::uint32_t slot = slot_of(key);
    if (slot == kNoSlot) return false;
    remove(slot);
    return true;
  }

  // Visits every key as `drop(const Hash128&, Value&)` and forgets those for which it returns true.
  // In slab order, which is the fastest and means nothing: the outcome must not depend on it.
  template <class Drop>
  void erase_if(Drop&& drop) {
    give_up_saving();
    for (std::uint32_t slot = 0; slot < used_; ++slot) {
      Node& n = node(slot);
      if (n.live && drop(std::as_const(n.key), n.value)) remove(slot);
    }
  }

  // Visits every value as `visit(Value&)`, in slab order: see erase_if().
  template <class Visit>
  void scan(Visit&& visit) {
    give_up_saving();
    for (std::uint32_t slot = 0; slot < used_; ++slot)
      if (node(slot).live) visit(node(slot).value);
  }

  // Visits every key as `visit(const Hash128&, const Value&, Place)`: probation, then protection,
  // each from its oldest on, and then what owners hold beyond their shares.
  template <class Visit>
  void for_each(Visit&& visit) const {
    const auto visit_lists = [&](const Lists& lists) {
      for (const SlotList& list : lists)
        for (std::uint32_t slot = list.oldest; slot != kNoSlot; slot = node(slot).newer)
          visit(node(slot).key, node(slot).value, node(slot).place());
    };
    visit_lists(lists_);
    accounts_.for_each([&](const Accounts::Account& a) { visit_lists(a.beyond); });
  }

  // `save(const Hash128&, Value&, const SavedPlace&)` must not throw and must not call the table.
  using Save = std::function<void(const Hash128&, Value&, const SavedPlace&)>;

  void begin_saving(Save save) {
    if (++generation_ == 0) next_round_of_generations();
    save_ = std::move(save);
    save_at_ = 0;
    save_end_ = used_;
    saved_moves_ = moves_;
    saving_ = true;
    broken_ = false;
  }

  // Looks at so many slots more and hands out their keys. True when there are none left.
  bool save_some(std::size_t slots) {
    for (; saving_ && slots > 0 && save_at_ < save_end_; ++save_at_, --slots)
      if (Node& n = node(save_at_); n.live) about_to_change(n);
    if (save_at_ < save_end_ && saving_) return false;
    saving_ = false;
    return true;
  }

  void stop_saving() noexcept {
    give_up_saving();
    broken_ = false;
  }
  bool saving() const { return saving_; }
  bool saving_broken() const { return broken_; }

  // Adds a key as it was handed out, evicting nothing, into a table that was never used. False when
  // it cannot be one of this table's. finish_restoring() must follow before any other call.
  bool restore_aged(const Hash128& key, Value value, const SavedPlace& saved) {
    if (size() == capacity_ || slot_of(key) != kNoSlot) return false;
    if (saved.place.segment == Segment::protection && protection_capacity_ == 0) return false;
    prepare();
    restored_.push_back({saved.age, used_});
    const std::uint32_t slot = take_slot();
    Node& n = node(slot);
    n.key = key;
    n.account = accounts_.open(saved.owner);
    n.segment = saved.place.segment;
    n.touched = saved.place.touched;
    n.beyond = saved.place.beyond && n.account != Accounts::kNobody;
    std::construct_at(&n.value, std::move(value));
    n.live = true;
    n.generation = generation_;
    index_.insert(tag(key), slot);
    return true;
  }

  // False when more keys were protected than this table protects; the order is then meaningless.
  bool finish_restoring() {
    std::sort(restored_.begin(), restored_.end(),
              [](const Restored& a, const Restored& b) { return a.age > b.age; });
    for (const Restored& r : restored_) {
      const Node& n = node(r.slot);
      link(r.slot, n.segment, n.beyond || accounts_.full(n.account));
    }
    restored_ = {};
    return protection_of(lists_).size <= protection_capacity_;
  }

  void clear() {
    erase_if([](const Hash128&, Value&) { return true; });
  }

  // For batches: prefetch(key) for all, then prefetch_value(key) for all, then touch() each.
  void prefetch(const Hash128& key) const { index_.prefetch(tag(key)); }
  void prefetch_value(const Hash128& key) const {
    const std::uint32_t slot = index_.find(tag(key), [](std::uint32_t) { return true; });
    if (slot == kNoSlot) return;
    prefetch_behind(node(slot), 0);
  }

  std::size_t size() const { return index_.size(); }
  std::size_t capacity() const { return capacity_; }
  std::uint64_t evictions() const { return evictions_; }
  // Those of keys within their owner's share that went for another owner's.
  std::uint64_t crowded_out() const { return crowded_out_; }
  std::size_t owners() const { return accounts_.size(); }
  std::size_t share() const { return accounts_.share(); }

  // Memory in use for keys, values and index; what the values own elsewhere is theirs to count.
  std::size_t bytes() const { return used_ * sizeof(Node) + index_.bytes() + accounts_.bytes(); }

 private:
  // 64: amortises the turns of the second chance, and bounds one insert to a few microseconds.
  static constexpr int kMaxTurns = 64;
  // 64: a table that stays nearly empty costs a few KiB.
  static constexpr std::uint32_t kFirstBlock = 64;
  static constexpr std::size_t kSegments = 2;

  struct Node {
    Hash128 key;
    std::uint32_t older = kNoSlot;
    std::uint32_t newer = kNoSlot;  // in the list of free slots: the next one
    std::uint32_t moved = 0;        // moves_ when it last became the newest of its segment
    Accounts::Number account = Accounts::kNobody;
    Segment segment : 1 = Segment::probation;
    bool touched : 1 = false;
    bool beyond : 1 = false;
    bool live : 1 = false;
    std::uint8_t generation = 0;  // of the saving that has this key already, or began without it
    union {
      Value value;  // INVARIANT: constructed iff live
    };

    Node() noexcept {}
    ~Node() {}

    Place place() const { return {segment, touched, beyond}; }
  };

  using Lists = std::array<SlotList, kSegments>;

  // Nodes of whole cache lines begin on one, so that a hit misses no more lines than it must.
  static constexpr std::align_val_t kAlignment{std::max<std::size_t>(64, alignof(Node))};

  struct FreeBlock {
    void operator()(Node* block) const { ::operator delete(block, kAlignment); }
  };
  using Block = std::unique_ptr<Node, FreeBlock>;

  static std::uint32_t tag(const Hash128& key) { return static_cast<std::uint32_t>(key.low); }
  static std::size_t index(Segment s) { return static_cast<std::size_t>(s); }
  static SlotList& probation_of(Lists& lists) { return lists[index(Segment::probation)]; }
  static SlotList& protection_of(Lists& lists) { return lists[index(Segment::protection)]; }
  // Of so many keys, at most so many are protected.
  static std::size_t protected_of(std::size_t keys) {
    return keys - std::min(keys, std::max<std::size_t>(1, keys / 8));
  }

  // Block b holds kFirstBlock << b slots, so the block of a slot is a matter of its highest bit.
  static std::size_t block_of(std::uint32_t slot) {
    return static_cast<std::size_t>(std::bit_width(slot / kFirstBlock + 1) - 1);
  }
  static std::uint32_t first_slot(std::size_t block) {
    return (kFirstBlock << block) - kFirstBlock;
  }

  Node& node(std::uint32_t slot) const {
    const std::size_t block = block_of(slot);
    return blocks_[block].get()[slot - first_slot(block)];
  }

  std::uint32_t slot_of(const Hash128& key) const {
    return index_.find(tag(key), [&](std::uint32_t slot) {
      const Node& n = node(slot);
      prefetch_behind(n, 1);  // nearly always it is the one: load all of it while the key arrives
      return n.key == key;
    });
  }

  static void prefetch_behind(const Node& n, std::size_t first_line) {
    const char* at = reinterpret_cast<const char*>(&n);
    for (std::size_t line = first_line * 64; line < sizeof(Node); line += 64)
      __builtin_prefetch(at + line, 1);
  }

  // Memory that nobody has touched yet costs nothing: nodes are constructed one by one.
  void allocate_block_of(std::uint32_t slot) {
    const std::size_t block = block_of(slot);
    if (blocks_[block] != nullptr) return;
    const std::size_t nodes =
        std::min<std::size_t>(kFirstBlock << block, capacity_ - first_slot(block));
    blocks_[block].reset(static_cast<Node*>(::operator new(nodes * sizeof(Node), kAlignment)));
  }

  std::uint32_t take_slot() noexcept {
    if (free_ == kNoSlot) {
      const std::uint32_t slot = used_++;
      new (&node(slot)) Node;
      return slot;
    }
    return std::exchange(free_, node(free_).newer);
  }

  Node& append(const Hash128& key, Value&& value, Accounts::Number account) noexcept {
    const std::uint32_t slot = take_slot();
    Node& n = node(slot);
    n.key = key;
    n.account = account;
    n.touched = false;
    std::construct_at(&n.value, std::move(value));
    n.live = true;
    n.generation = generation_;
    link(slot, Segment::probation, accounts_.full(account));
    index_.insert(tag(key), slot);
    assert(size() <= capacity_);
    return n;
  }

  // A saving takes the key as it is now, unless it has it already or never will.
  void about_to_change(Node& n) noexcept {
    if (!saving_ || n.generation == generation_) return;
    n.generation = generation_;
    const bool owned = n.account != Accounts::kNobody;
    save_(n.key, n.value,
          {n.place(), saved_moves_ - n.moved, owned ? accounts_[n.account].owner : Owner{}});
  }

  void give_up_saving() noexcept {
    if (!saving_) return;
    saving_ = false;
    broken_ = true;
    mixed_ = true;
  }

  // After 255 savings their numbers come again. Keys that an unfinished one left behind may bear
  // any of them.
  void next_round_of_generations() {
    generation_ = 1;
    if (!std::exchange(mixed_, false)) return;
    for (std::uint32_t slot = 0; slot < used_; ++slot) node(slot).generation = 0;
  }

  void remove(std::uint32_t slot) noexcept {
    Node& n = node(slot);
    about_to_change(n);
    unlink(slot);
    accounts_.close_if_empty(n.account);
    index_.erase(tag(n.key), slot);
    std::destroy_at(&n.value);
    n.live = false;
    n.newer = std::exchange(free_, slot);
  }

  template <class OnEvict>
  void evict(std::uint32_t slot, const Owner& by, OnEvict&& on_evict) {
    const Node& n = node(slot);
    const bool owned = n.account != Accounts::kNobody;
    crowded_out_ += owned && !n.beyond && accounts_[n.account].owner != by;
    about_to_change(node(slot));
    on_evict(std::as_const(node(slot).key), node(slot).value);
    remove(slot);
    ++evictions_;
  }

  // Whose turn it is, but never `spare`. kNoSlot when there is no other key.
  std::uint32_t next_to_go(std::uint32_t spare) noexcept {
    for (Accounts::Number most; (most = accounts_.largest()) != Accounts::kNobody;) {
      if (!accounts_.full(most)) {
        readmit(most);
        continue;
      }
      const std::uint32_t slot = next_of(accounts_[most].beyond, spare);
      if (slot != kNoSlot) return slot;
      break;
    }
    return next_of(lists_, spare);
  }

  std::uint32_t next_of(Lists& lists, std::uint32_t spare) noexcept {
    const auto but_spare = [&](std::uint32_t slot) {
      return slot != kNoSlot && slot == spare ? node(slot).newer : slot;
    };
    const std::uint32_t slot = but_spare(probation_of(lists).oldest);
    if (slot != kNoSlot) return slot;
    give_second_chances(protection_of(lists));
    return but_spare(protection_of(lists).oldest);
  }

  // Keys within the share have gone since: the newest of those beyond it takes the place of one.
  void readmit(Accounts::Number number) noexcept {
    Lists& beyond = accounts_[number].beyond;
    const bool protect =
        protection_of(beyond).size > 0 &&
        (probation_of(beyond).size == 0 || protection_of(lists_).size < protection_capacity_);
    const std::uint32_t slot = (protect ? protection_of(beyond) : probation_of(beyond)).newest;
    const bool room = protection_of(lists_).size < protection_capacity_;
    about_to_change(node(slot));
    move(slot, protect && room ? Segment::protection : Segment::probation);
  }

  // Until the oldest is one that was not touched since its last turn.
  void give_second_chances(SlotList& protection) noexcept {
    for (int turn = 0; turn < kMaxTurns && protection.size > 1; ++turn) {
      Node& n = node(protection.oldest);
      if (!n.touched) return;
      about_to_change(n);
      n.touched = false;
      move(protection.oldest, Segment::protection);
    }
  }

  void promote(std::uint32_t slot) noexcept {
    const Node& n = node(slot);
    const bool beyond = n.beyond && accounts_.full(n.account);
    Lists& lists = beyond ? accounts_[n.account].beyond : lists_;
    SlotList& protection = protection_of(lists);
    const std::size_t most =
        beyond ? protected_of(accounts_[n.account].keys_beyond()) : protection_capacity_;
    if (most == 0) return;
    if (protection.size >= most) {
      give_second_chances(protection);
      Node& oldest = node(protection.oldest);
      about_to_change(oldest);
      oldest.touched = false;
      move(protection.oldest, Segment::probation);
    }
    move(slot, Segment::protection);
  }

  // To the end of another list, or of its own.
  void move(std::uint32_t slot, Segment to) noexcept {
    unlink(slot);
    const Node& n = node(slot);
    link(slot, to, n.beyond && accounts_.full(n.account));
  }

  SlotList& list_of(const Node& n) {
    return (n.beyond ? accounts_[n.account].beyond : lists_)[index(n.segment)];
  }

  void link(std::uint32_t slot, Segment to, bool beyond) noexcept {
    Node& n = node(slot);
    n.segment = to;
    n.beyond = beyond;
    n.moved = moves_++;
    SlotList& list = list_of(n);
    n.older = list.newest;
    n.newer = kNoSlot;
    (list.newest == kNoSlot ? list.oldest : node(list.newest).newer) = slot;
    list.newest = slot;
    ++list.size;
    account_for(n, 1);
  }

  void unlink(std::uint32_t slot) noexcept {
    const Node& n = node(slot);
    SlotList& list = list_of(n);
    (n.older == kNoSlot ? list.oldest : node(n.older).newer) = n.newer;
    (n.newer == kNoSlot ? list.newest : node(n.newer).older) = n.older;
    --list.size;
    account_for(n, -1);
  }

  void account_for(const Node& n, int keys) noexcept {
    if (n.account == Accounts::kNobody) return;
    if (n.beyond)
      accounts_.reorder(n.account);
    else
      accounts_[n.account].within += static_cast<std::uint32_t>(keys);
  }

  // INVARIANT: index and lists hold exactly the live slots. lists_[protection].size <=
  // protection_capacity_ < capacity_, so a full table has a key on probation, or one beyond a share.
  std::size_t capacity_;
  std::size_t protection_capacity_;
  SlotIndex index_;
  std::array<Block, 27> blocks_;  // for any 32-bit slot
  Lists lists_;                   // of keys within their owners' shares
  Accounts accounts_;
  std::uint32_t used_ = 0;  // slots ever constructed
  std::uint32_t free_ = kNoSlot;
  std::uint64_t evictions_ = 0;
  std::uint64_t crowded_out_ = 0;

  std::uint32_t moves_ = 0;  // keys that became the newest of a segment, so far; may wrap
  std::uint8_t generation_ = 0;
  bool saving_ = false;
  bool broken_ = false;
  bool mixed_ = false;  // a saving of this round of generations was given up
  std::uint32_t save_at_ = 0;
  std::uint32_t save_end_ = 0;
  std::uint32_t saved_moves_ = 0;
  Save save_;

  struct Restored {
    std::uint32_t age;
    std::uint32_t slot;
  };
  std::vector<Restored> restored_;  // between restore_aged() and finish_restoring()
};

}  // namespace c2watch::state
