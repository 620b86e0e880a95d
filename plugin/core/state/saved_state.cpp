#include "core/state/saved_state.h"

#include <algorithm>

namespace c2watch::state {

void SavedState::begin(ChunkSink& sink) {
  at_ = 0;
  if (begin_) begin_();
  for (std::size_t i = 0; i < streams_.size(); ++i)
    streams_[i]->begin(static_cast<std::uint8_t>(i), sink);
}

bool SavedState::spend(std::size_t& bytes) {
  if (broken()) return true;
  while (at_ < streams_.size()) {
    if (!streams_[at_]->some(bytes)) return false;
    ++at_;
  }
  return true;
}

void SavedState::stop() noexcept {
  for (const auto& stream : streams_) stream->stop();
}

bool SavedState::broken() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& s) { return s->broken(); });
}

void SavedState::begin_restoring() {
  for (const auto& stream : streams_) stream->begin_restoring();
}

std::uint64_t SavedState::dropped() const {
  std::uint64_t keys = 0;
  for (const auto& stream : streams_) keys += stream->dropped();
  return keys;
}

bool SavedState::restore(std::uint8_t stream, Reader& reader) {
  return stream < streams_.size() && streams_[stream]->restore(reader);
}

bool SavedState::finish() {
  bool good = true;
  for (const auto& stream : streams_) good = stream->finish() && good;
  if (finish_) finish_();
  return good;
}

}  // namespace c2watch::state
