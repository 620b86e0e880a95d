// The state of one owner, saved in memory as a checkpoint would hold it, and read back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/state/saved_state.h"

namespace c2watch::testing_support {

struct SavedChunks final : state::ChunkSink {
  void chunk(std::uint8_t stream, std::string_view bytes) override {
    all.emplace_back(stream, bytes);
  }

  std::vector<std::pair<std::uint8_t, std::string>> all;
};

// All of it, about `step` bytes at a time.
inline SavedChunks save(state::SavedState& saved, std::size_t step = 1'000) {
  SavedChunks chunks;
  saved.begin(chunks);
  while (!saved.some(step)) {
  }
  return chunks;
}

// False when it is refused.
inline bool restore(state::SavedState& saved, const SavedChunks& chunks) {
  saved.begin_restoring();
  for (const auto& [stream, bytes] : chunks.all) {
    state::Reader r(bytes);
    if (!saved.restore(stream, r)) return false;
  }
  return saved.finish();
}

}  // namespace c2watch::testing_support
