#include "core/state/interner.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "core/state/hash.h"

namespace c2watch::state {
namespace {

// What malloc takes for a request: 8 bytes of header, rounded up to 16, at least 32 (glibc, 64
// bit).
std::size_t allocated(std::size_t bytes) {
  const std::size_t rounded = (bytes + 8 + 15) / 16 * 16;
  return rounded < 32 ? 32 : rounded;
}

}  // namespace

std::uint32_t Interner::tag(std::string_view text) const {
  return static_cast<std::uint32_t>(hash_text(seed_, text));
}

TextId Interner::intern(std::string_view text) {
  if (text.empty()) return kNullText;
  const std::uint32_t hash = tag(text);
  const std::uint32_t held =
      index_.find(hash, [&](std::uint32_t slot) { return this->text(slot + 1) == text; });
  if (held != kNoSlot) {
    ++entries_[held].references;
    return held + 1;
  }
  // Everything that can run out of memory comes before anything that changes us.
  auto bytes = std::make_unique_for_overwrite<char[]>(text.size());
  std::memcpy(bytes.get(), text.data(), text.size());
  index_.prepare();
  if (free_ == kNoSlot) {
    entries_.emplace_back();
    entries_.back().length = kNoSlot;
    free_ = static_cast<std::uint32_t>(entries_.size() - 1);
  }
  const std::uint32_t slot = free_;
  free_ = entries_[slot].length;
  entries_[slot] = {std::move(bytes), static_cast<std::uint32_t>(text.size()), 1};
  index_.insert(hash, slot);
  text_bytes_ += allocated(text.size());
  return slot + 1;
}

void Interner::retain(TextId id) noexcept {
  if (id == kNullText) return;
  assert(entries_[id - 1].references > 0);
  ++entries_[id - 1].references;
}

void Interner::release(TextId id) noexcept {
  if (id == kNullText) return;
  Entry& entry = entries_[id - 1];
  assert(entry.references > 0);
  if (--entry.references > 0) return;
  index_.erase(tag(text(id)), id - 1);
  text_bytes_ -= allocated(entry.length);
  entry.bytes.reset();
  entry.length = std::exchange(free_, id - 1);
}

std::string_view Interner::text(TextId id) const {
  if (id == kNullText) return {};
  const Entry& entry = entries_[id - 1];
  return {entry.bytes.get(), entry.length};
}

std::size_t Interner::bytes() const {
  return text_bytes_ + entries_.capacity() * sizeof(Entry) + index_.bytes();
}

}  // namespace c2watch::state
