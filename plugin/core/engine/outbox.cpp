#include "core/engine/outbox.h"

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

void Outbox::drop_oldest() {
  bytes_ -= kept_.front().json.size();
  kept_.pop_front();
}

void Outbox::add(std::uint64_t record, std::string_view json, Severity severity, bool told) {
  kept_.push_back(
      {.record = record, .json = std::string(json), .severity = severity, .told = told});
  bytes_ += json.size();
  while (kept_.size() > kMost || (bytes_ > kMaxBytes && kept_.size() > 1)) drop_oldest();
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
