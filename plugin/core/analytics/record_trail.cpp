#include "core/analytics/record_trail.h"

#include <algorithm>

namespace c2watch::analytics {

std::uint8_t RecordTrail::channel_index(std::string_view channel) {
  channel = channel.substr(0, kMaxChannel);
  if (channel.empty()) return kNoChannel;
  for (std::uint8_t i = 0; i < channels_.size(); ++i) {
    if (channels_[i].empty()) channels_[i] = channel;
    if (channels_[i] == channel) return i;
  }
  return kNoChannel;
}

void RecordTrail::add(const Event& event) {
  if (event.record_id == 0) return;
  const std::uint8_t channel = channel_index(event.channel);
  entries_[added_ % entries_.size()] = {event.record_id, event.time_created, event.event_id,
                                        channel};
  ++added_;
}

std::vector<RecordRef> RecordTrail::records(std::string_view computer) const {
  const std::size_t count = std::min(added_, entries_.size());
  std::vector<RecordRef> refs;
  refs.reserve(count);
  for (std::size_t i = added_ - count; i < added_; ++i) {
    const Entry& e = entries_[i % entries_.size()];
    const std::string channel = e.channel == kNoChannel ? std::string() : channels_[e.channel];
    refs.push_back({std::string(computer), channel, e.record_id, e.event_id, e.time});
  }
  return refs;
}

bool RecordTrail::sane() const {
  const auto good = [this](const Entry& e) {
    return e.channel == kNoChannel || e.channel < channels_.size();
  };
  return std::all_of(entries_.begin(), entries_.end(), good);
}

std::size_t RecordTrail::heap_bytes() const {
  // Texts of up to 15 bytes live inside the string object.
  std::size_t bytes = 0;
  for (const std::string& c : channels_) bytes += c.capacity() > 15 ? c.capacity() + 1 : 0;
  return bytes;
}

}  // namespace c2watch::analytics
