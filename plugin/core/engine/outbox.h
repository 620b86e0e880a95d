// Outbox: the latest findings with the record that raised each, for the case that the process dies
// between telling a finding and the collector's having it in safety.
//
// The collector then delivers the record again, and to the detectors it is a repeat that raises
// nothing. So the outbox, which is part of every checkpoint, tells the finding again, byte for byte,
// under the same id, unless an allowlist entry of today covers it. Findings that no record raised (an hour closed because the collector's clock
// said so) have nobody to ask for them: they are told again after a restart that was no clean one.
//
// A finding that was raised in this very process is never told twice: its host had it.
//
// MEMORY    at most kMost findings and kMaxBytes of their text. Beyond, the oldest goes of the computer
//           whose finding comes, if that one has more than a 16th of either; else of any that has;
//           else the oldest of all.
// COST      a repeat compares kMost numbers, 0.3 us; so does a finding where there is no room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/model/finding.h"
#include "core/state/saved_state.h"

namespace c2watch::engine {

class Outbox {
 public:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  static constexpr std::uint64_t kNoRecord = 0;

  Outbox();

  // `told`: the host has it. Not so for what a replay raises: that happened in another process.
  // `computer`: a hash of the name of the one that the finding is about.
  void add(std::uint64_t record, std::string_view json, const Finding& finding, bool told,
           std::uint64_t computer = 0);

  // Tells, as `tell(json, subject)`, what the record raised in an earlier process. `subject` holds
  // the severity and what an allowlist matches, no more. False keeps the finding for another time.
  template <class Tell>
  void again(std::uint64_t record, Tell&& tell) {
    for (Kept& k : kept_) {
      if (k.record == record && !k.told) k.told = tell(k.json, k.subject);
    }
  }

  // The snapshot at hand is complete. What no record raised before the one before it is safe.
  void checkpoint_done();
  // The process ends in good order: what no record raised has left the host.
  void forget_unasked();

  void clear() {
    kept_.clear();
    bytes_ = 0;
  }
  std::size_t size() const { return kept_.size(); }
  std::size_t bytes() const { return bytes_; }
  state::SavedState& saved() { return saved_; }

 private:
  struct Kept {
    std::uint64_t record = kNoRecord;
    std::string json;
    Finding subject;
    std::uint8_t checkpoints = 0;  // since it was raised
    bool told = false;
    std::uint64_t computer = 0;

    std::size_t bytes() const;
    template <class Archive>
    void fields(Archive& a);
  };

  bool full() const { return kept_.size() > kMost || (bytes_ > kMaxBytes && kept_.size() > 1); }
  void drop_one(std::uint64_t computer);

  std::deque<Kept> kept_;
  std::size_t bytes_ = 0;
  state::SavedState saved_;
};

}  // namespace c2watch::engine
