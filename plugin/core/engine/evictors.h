// Evictors: the computers for whose keys most other keys went, so that whoever floods a table is seen.
//
//   evictors.add(event.computer, evictions_by_this_event);
//
// COUNT     Space-saving (Metwally et al. 2005): a name that is not among the kMost takes the place of
//           the least, and its count. So a count is at most too high by the least of them, and a
//           computer that caused more than 1/kMost of all evictions is always there.
// MEMORY    kMost names of at most kMaxName bytes, whatever names a sender invents.
// COST      20 ns, and only where something was evicted. No allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace c2watch::engine {

class Evictors {
 public:
  static constexpr std::size_t kMost = 8;
  static constexpr std::size_t kMaxName = 63;  // enough to recognise a computer by

  class Row {
   public:
    std::string_view computer() const { return {name_.data(), length_}; }
    std::uint64_t evictions() const { return evictions_; }

   private:
    friend class Evictors;
    std::array<char, kMaxName> name_{};
    std::uint8_t length_ = 0;
    std::uint64_t evictions_ = 0;
  };

  void add(std::string_view computer, std::uint64_t evictions) {
    computer = computer.substr(0, kMaxName);
    Row* row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
      return r.evictions_ > 0 && r.computer() == computer;
    });
    if (row == rows_.end()) {
      row = std::min_element(rows_.begin(), rows_.end(), [](const Row& l, const Row& r) {
        return l.evictions_ < r.evictions_;
      });
      std::copy(computer.begin(), computer.end(), row->name_.begin());
      row->length_ = static_cast<std::uint8_t>(computer.size());
    }
    row->evictions_ += evictions;
  }

  // Most first.
  std::array<Row, kMost> rows() const {
    std::array<Row, kMost> sorted = rows_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Row& l, const Row& r) { return l.evictions_ > r.evictions_; });
    return sorted;
  }

 private:
  std::array<Row, kMost> rows_{};
};

}  // namespace c2watch::engine
