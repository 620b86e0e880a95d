// SlotIndex: the hash index under every table here: a 32-bit tag of a hash -> a slot number.
//
// The things themselves live in their owner's slab; the index knows only tags and slots, and asks
// the owner to tell slots of equal tags apart. Open addressing, linear probing, backward-shift
// erase: no tombstones, so a table that lives for years stays as fast as on its first day.
//
// COST      One cache line for most lookups, hit or miss. Doubling at 3/4 full copies all cells:
//           about 10 ms when a million slots become two.
// MEMORY    8 bytes a cell, 11 to 22 bytes a slot.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace c2watch::state {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

class SlotIndex {
 public:
  // The slot with this tag for which `is_it(slot)` holds, or kNoSlot.
  template <class IsIt>
  std::uint32_t find(std::uint32_t tag, IsIt&& is_it) const {
    if (cells_.empty()) return kNoSlot;
    for (std::size_t at = tag & mask(); cells_[at].slot != kNoSlot; at = (at + 1) & mask())
      if (cells_[at].tag == tag && is_it(cells_[at].slot)) return cells_[at].slot;
    return kNoSlot;
  }

  // Makes room for one more. Throws bad_alloc and changes nothing when memory runs out.
  void prepare() {
    if ((size_ + 1) * 4 <= cells_.size() * 3) return;
    SlotIndex larger;
    larger.cells_.resize(std::max<std::size_t>(kFirstCells, cells_.size() * 2));
    for (const Cell& cell : cells_)
      if (cell.slot != kNoSlot) larger.insert(cell.tag, cell.slot);
    *this = std::move(larger);
  }

  // Requires prepare() since the last insert, and that the slot is not in here yet.
  void insert(std::uint32_t tag, std::uint32_t slot) noexcept {
    assert(size_ < cells_.size());
    std::size_t at = tag & mask();
    while (cells_[at].slot != kNoSlot) at = (at + 1) & mask();
    cells_[at] = {tag, slot};
    ++size_;
  }

  // Requires that the slot is in here under this tag.
  void erase(std::uint32_t tag, std::uint32_t slot) noexcept {
    std::size_t hole = tag & mask();
    while (cells_[hole].slot != slot) hole = (hole + 1) & mask();
    // Pull back every cell of the run that may legally stand in the hole.
    for (std::size_t at = (hole + 1) & mask(); cells_[at].slot != kNoSlot; at = (at + 1) & mask()) {
      const std::size_t home = cells_[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      cells_[hole] = cells_[at];
      hole = at;
    }
    cells_[hole] = {};
    --size_;
  }

  void prefetch(std::uint32_t tag) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[tag & mask()]);
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return cells_.capacity() * sizeof(Cell); }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    std::uint32_t slot = kNoSlot;
  };

  // 16: one page would be wasted on tables that stay empty, as most do on a small host.
  static constexpr std::size_t kFirstCells = 16;

  std::size_t mask() const { return cells_.size() - 1; }

  // INVARIANT: the number of cells is a power of two, and at least a quarter of them is empty.
  std::vector<Cell> cells_;
  std::size_t size_ = 0;
};

}  // namespace c2watch::state
