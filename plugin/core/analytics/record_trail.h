// RecordTrail: the latest records behind a finding, for an analyst to open in Event Viewer.
//
//   state.trail.add(event);
//   finding.records = state.trail.records(computer);
//
// MEMORY    kMaxFindingRecords entries of 32 bytes and two channel names of at most kMaxChannel
//           bytes: a finding draws on Sysmon's channel and on one other.
// COST      a few ns; allocates only for a channel not seen before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.h"
#include "core/model/finding.h"
#include "core/model/limits.h"

namespace c2watch::analytics {

class RecordTrail {
 public:
  // 128: twice "Microsoft-Windows-PowerShell/Operational" and friends.
  static constexpr std::size_t kMaxChannel = 128;

  void add(const Event& event);

  // Oldest first. Records without an id are left out: nobody could find them.
  std::vector<RecordRef> records(std::string_view computer) const;

  std::size_t heap_bytes() const;

  template <class Archive>
  void fields(Archive& a) {
    a(added_, channels_);
    for (std::size_t i = 0; i < entries_.size() && i < added_; ++i) a(entries_[i]);
  }
  // Whether what was read keeps the invariants.
  bool sane() const;

 private:
  static constexpr std::uint8_t kNoChannel = 0xff;

  struct Entry {
    std::uint64_t record_id = 0;
    Time time = kNoTime;
    std::uint32_t event_id = 0;
    std::uint8_t channel = kNoChannel;  // index of channels_

    template <class Archive>
    void fields(Archive& a) {
      a(record_id, time, event_id, channel);
    }
  };

  std::uint8_t channel_index(std::string_view channel);

  std::array<Entry, kMaxFindingRecords> entries_{};
  std::array<std::string, 2> channels_;
  std::size_t added_ = 0;  // INVARIANT: the newest is entries_[(added_ - 1) % size]
};

}  // namespace c2watch::analytics
