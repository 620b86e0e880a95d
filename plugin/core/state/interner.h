// Interner: texts that many keys share, kept once, named by 32-bit numbers.
//
//   const TextId host = names.intern(e.computer);   // on insert only: the hot path has the hash
//   names.text(host);
//   names.release(host);                            // when the key that holds it goes
//
// Every intern() and retain() is paid back by one release(); the last one frees the text, so memory
// follows the keys that are held, not the names that were ever seen.
//
// NULL      The empty view is kNullText; it needs no memory and no release (but may have one).
// COST      intern() one hash and one lookup, an allocation only for a text not held yet. text()
//           two loads.
// MEMORY    48 to 70 bytes a text besides its bytes: entry, index, allocator.
// FAILURE   intern() and intern_all() throw bad_alloc and change nothing.
// THREADS   none. One detector owns one interner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/state/slot_index.h"

namespace c2watch::state {

using TextId = std::uint32_t;
inline constexpr TextId kNullText = 0;

class Interner {
 public:
  explicit Interner(std::uint64_t seed) : seed_(seed) {}

  TextId intern(std::string_view text);

  // All of them or, when memory runs out, none.
  template <std::size_t N>
  std::array<TextId, N> intern_all(const std::array<std::string_view, N>& texts);

  void retain(TextId id) noexcept;
  void release(TextId id) noexcept;

  // The text of an id that is held; lives until its last release().
  std::string_view text(TextId id) const;

  std::size_t size() const { return index_.size(); }

  // No id that is held is larger.
  std::size_t largest_id() const { return entries_.size(); }

  // Memory held for the texts alone: shrinks with every last release(), for owners' budgets.
  std::size_t text_bytes() const { return text_bytes_; }

  // Memory held for texts, entries and index, with the allocator's rounding.
  std::size_t bytes() const;

 private:
  struct Entry {
    std::unique_ptr<char[]> bytes;  // empty: a free entry
    std::uint32_t length = 0;       // of a free entry: the next free one
    std::uint32_t references = 0;
  };

  std::uint32_t tag(std::string_view text) const;

  // INVARIANT: TextId i lives in entries_[i - 1]; index_ holds exactly those with references.
  std::vector<Entry> entries_;
  SlotIndex index_;
  std::uint32_t free_ = kNoSlot;
  std::size_t text_bytes_ = 0;
  std::uint64_t seed_;
};

template <std::size_t N>
std::array<TextId, N> Interner::intern_all(const std::array<std::string_view, N>& texts) {
  std::array<TextId, N> ids{};
  std::size_t done = 0;
  try {
    for (; done < N; ++done) ids[done] = intern(texts[done]);
  } catch (...) {
    while (done > 0) release(ids[--done]);
    throw;
  }
  return ids;
}

}  // namespace c2watch::state
