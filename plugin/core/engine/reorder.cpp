#include "core/engine/reorder.h"

#include <type_traits>

namespace c2watch::engine {

Reorder::Reorder(std::size_t max_bytes) : max_bytes_(max_bytes) {
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
        hold(event);
      }
    } else {
      a(static_cast<std::uint32_t>(held_.size()));
      for (const Held& held : held_) a(held.second);
    }
  });
}

void Reorder::hold(const Event& event) {
  Held held{event.utc_time, {}};
  state::Writer w(held.second);
  event_fields(w, const_cast<Event&>(event));  // one list of members for both directions
  const std::size_t bytes = cost(held);
  held_.insert(std::move(held));
  bytes_ += bytes;
}

}  // namespace c2watch::engine
