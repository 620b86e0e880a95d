#include "core/engine/outbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace c2watch::engine {

Outbox::Outbox() {
  saved_.values([this](auto& a) {
    using Archive = std::remove_reference_t<decltype(a)>;
    if constexpr (Archive::kReads) {
      const std::uint32_t n = a.count();
      if (n > kMost) return a.fail();
      for (std::uint32_t i = 0; i < n && a.ok(); ++i) {
        a(kept_.emplace_back());
        bytes_ += kept_.back().json.size();
        if (kept_.back().severity > Severity::critical) a.fail();
      }
    } else {
      a(static_cast<std::uint32_t>(kept_.size()));
      for (const Kept& k : kept_) a(k);
    }
  });
}

// Makes room for the newest finding, which is of this computer and stays.
void Outbox::drop_one(std::uint64_t computer) {
  constexpr std::size_t kShares = 16;
  struct Held {
    std::size_t findings = 0, bytes = 0;
  };
  // By hash: of 256 groups, so that it needs no memory of its own.
  std::array<Held, 256> held{};
  const auto held_by = [&](std::uint64_t whose) -> Held& { return held[whose % held.size()]; };
  for (const Kept& k : kept_) {
    ++held_by(k.computer).findings;
    held_by(k.computer).bytes += k.json.size();
  }
  const auto beyond = [&](std::uint64_t whose) {
    return held_by(whose).findings > kMost / kShares || held_by(whose).bytes > kMaxBytes / kShares;
  };
  const auto newest = kept_.end() - 1;
  auto gone = std::find_if(kept_.begin(), newest, [&](const Kept& k) {
    return beyond(computer) ? k.computer == computer : beyond(k.computer);
  });
  if (gone == newest) gone = kept_.begin();
  bytes_ -= gone->json.size();
  kept_.erase(gone);
}

void Outbox::add(std::uint64_t record, std::string_view json, Severity severity, bool told,
                 std::uint64_t computer) {
  kept_.push_back({.record = record,
                   .json = std::string(json),
                   .severity = severity,
                   .told = told,
                   .computer = computer});
  bytes_ += json.size();
  while (full()) drop_one(computer);
}

void Outbox::checkpoint_done() {
  std::erase_if(kept_, [this](Kept& k) {
    if (k.checkpoints < 2) ++k.checkpoints;
    const bool safe = k.record == kNoRecord && k.checkpoints >= 2;
    if (safe) bytes_ -= k.json.size();
    return safe;
  });
}

void Outbox::forget_unasked() {
  std::erase_if(kept_, [this](const Kept& k) {
    if (k.record == kNoRecord) bytes_ -= k.json.size();
    return k.record == kNoRecord;
  });
}

}  // namespace c2watch::engine
