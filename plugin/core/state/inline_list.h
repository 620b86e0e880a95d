// InlineList: a short list of small plain values that needs no allocation while it has at most N.
//
//   InlineList<HourCount, 2> hours;    // most keys live for an hour or two
//   hours.reserve(hours.size() + 1);   // may throw
//   hours.insert(at, {hour, 1});       // cannot
//
// MEMORY    8 bytes and N values. Beyond N: a block of its own, doubled as it fills, given
//           back by shrink_to_fit(). heap_bytes() says how much, for the owner's budget.
// FAILURE   reserve() is the only thing that allocates; when it throws, nothing has changed.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace c2watch::state {

template <class T, std::uint32_t N>
class InlineList {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);
  static_assert(N * sizeof(T) >= sizeof(T*), "a pointer fits in as well: use a larger N");

 public:
  InlineList() noexcept {}
  ~InlineList() { free_block(); }
  InlineList(InlineList&& other) noexcept { take(other); }
  InlineList& operator=(InlineList&& other) noexcept {
    if (this != &other) {
      free_block();
      take(other);
    }
    return *this;
  }

  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](std::size_t i) { return assert(i < size_), data()[i]; }
  const T& operator[](std::size_t i) const { return assert(i < size_), data()[i]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void reserve(std::size_t wanted) {
    if (wanted <= capacity_) return;
    resize_block(std::max(static_cast<std::uint32_t>(wanted), capacity_ * 2));
  }

  // Requires reserve(size() + 1).
  void insert(T* before, const T& value) noexcept {
    assert(size_ < capacity_ && before >= begin() && before <= end());
    std::copy_backward(before, end(), end() + 1);
    *before = value;
    ++size_;
  }

  void erase(T* first, T* last) noexcept {
    assert(begin() <= first && first <= last && last <= end());
    std::copy(last, end(), first);
    size_ -= static_cast<std::uint32_t>(last - first);
  }

  // Gives a block back when the values fit without it. Never throws.
  void shrink_to_fit() noexcept {
    if (capacity_ == N || size_ > N) return;
    T kept[N];
    std::copy(begin(), end(), kept);
    free_block();
    capacity_ = N;
    std::copy(kept, kept + size_, values_);
  }

  // Begins to load what stands outside, if anything does.
  void prefetch() const {
    if (capacity_ != N) __builtin_prefetch(block_ + (size_ == 0 ? 0 : size_ - 1), 1);
  }

  std::size_t heap_bytes() const { return capacity_ == N ? 0 : capacity_ * sizeof(T); }

 private:
  T* data() { return capacity_ == N ? values_ : block_; }
  const T* data() const { return capacity_ == N ? values_ : block_; }

  void resize_block(std::uint32_t capacity) {
    T* block = new T[capacity];
    std::copy(begin(), end(), block);
    free_block();
    block_ = block;
    capacity_ = capacity;
  }

  void free_block() noexcept {
    if (capacity_ != N) delete[] block_;
  }

  void take(InlineList& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, N);
    if (capacity_ == N)
      std::copy(other.values_, other.values_ + size_, values_);
    else
      block_ = other.block_;
  }

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = N;  // INVARIANT: N, and values_ is the member, or more, and block_ is
  union {
    T values_[N] = {};
    T* block_;
  };
};

}  // namespace c2watch::state
