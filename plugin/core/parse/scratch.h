// Scratch: room for text that must be decoded before it can be viewed.
//
//   char* room = scratch.reserve(text.size());
//   std::string_view decoded = scratch.commit(decode(text, room));
//
// Everything handed out lives until reset(). After the first few records reset() leaves one block
// that is large enough, and nothing is allocated any more.
//
// MEMORY    twice the most that one record has needed, which kMaxRecordBytes bounds.
// THREADS   none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace c2watch::parse {

class Scratch {
 public:
  // Forgets everything handed out.
  void reset() {
    if (blocks_.size() > 1) {
      std::size_t total = 0;
      for (const Block& b : blocks_) total += b.size;
      blocks_.clear();
      grow(total);
    }
    used_ = 0;
  }

  // At least `bytes` writable bytes, until the next reserve() or commit().
  char* reserve(std::size_t bytes) {
    if (blocks_.empty() || blocks_.back().size - used_ < bytes) {
      grow(std::max(bytes, blocks_.empty() ? kFirstBlockBytes : 2 * blocks_.back().size));
      used_ = 0;
    }
    return blocks_.back().bytes.get() + used_;
  }

  // Keeps the first `bytes` of what reserve() gave.
  std::string_view commit(std::size_t bytes) {
    const std::string_view kept(blocks_.back().bytes.get() + used_, bytes);
    used_ += bytes;
    return kept;
  }

  // A copy of `text`.
  std::string_view keep(std::string_view text) {
    char* const room = reserve(text.size());
    std::copy(text.begin(), text.end(), room);
    return commit(text.size());
  }

 private:
  static constexpr std::size_t kFirstBlockBytes = 16'384;  // ten ordinary records

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  void grow(std::size_t bytes) {
    auto fresh = std::make_unique<char[]>(bytes);
    blocks_.push_back({std::move(fresh), bytes});
  }

  std::vector<Block> blocks_;  // the last one is being filled
  std::size_t used_ = 0;       // of the last one
};

}  // namespace c2watch::parse
