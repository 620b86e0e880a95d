#include "core/engine/reorder.h"

#include <type_traits>

#include "core/state/accounts.h"

namespace c2watch::engine {

Reorder::Reorder(std::size_t max_bytes, std::uint64_t seed) : max_bytes_(max_bytes), seed_(seed) {
  saved_.values([this](auto& a) {
    a(early_);
    if constexpr (std::remove_reference_t<decltype(a)>::kReads) {
      const std::uint32_t n = a.count();
      for (std::uint32_t i = 0; i < n && a.ok(); ++i) {
        const std::string_view bytes = a.text();
        state::Reader r(bytes);
        Event event;
        event_fields(r, event);
        if (!a.ok() || !r.ok() || !r.at_end()) return a.fail();
        keep(held(event), event);
      }
    } else {
      a(static_cast<std::uint32_t>(held_.size()));
      for (const Held& held : held_) a(held.second);
    }
  });
}

std::size_t& Reorder::bytes_of(const Event& event) {
  return bytes_by_computer_[state::owner_of(seed_, event.computer).id % bytes_by_computer_.size()];
}

bool Reorder::hold(const Event& event) {
  Held fresh = held(event);
  const std::size_t bytes = cost(fresh);
  if (bytes_ + bytes > max_bytes_ && bytes_of(event) + bytes > max_bytes_ / 16) {
    ++early_;
    return false;
  }
  keep(std::move(fresh), event);
  return true;
}

Reorder::Held Reorder::held(const Event& event) const {
  Held held{event.utc_time, {}};
  state::Writer w(held.second);
  event_fields(w, const_cast<Event&>(event));  // one list of members for both directions
  return held;
}

void Reorder::keep(Held held, const Event& event) {
  const std::size_t bytes = cost(held);
  held_.insert(std::move(held));
  bytes_ += bytes;
  bytes_of(event) += bytes;
}

}  // namespace c2watch::engine
