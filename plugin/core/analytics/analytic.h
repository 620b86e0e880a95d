// Analytic: one detector. It sees every event of the kinds it asks for, in arrival order, and
// emits findings. It knows no host, no file, no clock.
//
// THREADS   one engine, one thread at a time.
// ORDER     events may be late and out of order; advance() never goes back.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/analytics/explanation.h"
#include "core/model/event.h"
#include "core/model/finding.h"
#include "core/state/accounts.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

using KindMask = std::uint32_t;
constexpr KindMask mask(Kind k) { return KindMask{1} << static_cast<unsigned>(k); }

// What an analytic holds and has let go: printed by stats, checked by the bound tests.
struct AnalyticStats {
  std::uint64_t entries = 0;    // keys held now
  std::uint64_t capacity = 0;   // keys it may hold
  std::uint64_t bytes = 0;      // memory held for keys and their strings
  std::uint64_t evictions = 0;  // whole keys dropped for room
  // Of those, keys within their computer's share that went for another computer's.
  std::uint64_t crowded_out = 0;
  std::uint64_t late = 0;      // events older than the window
  std::uint64_t rejected = 0;  // events without a time or a key
};

// Who accounts for the keys that an event makes (state/accounts.h).
inline state::Owner owner_of(std::uint64_t seed, const Event& event) {
  return state::owner_of(seed, event.computer.empty() ? event.source_hostname : event.computer);
}

class Analytic {
 public:
  virtual ~Analytic() = default;

  virtual std::string_view name() const = 0;  // static storage
  virtual KindMask kinds() const = 0;

  virtual void observe(const Event& event, FindingSink& out) = 0;

  // The engine's time has reached `now` (never less than before): hours close, windows slide.
  virtual void advance(Time now, FindingSink& out) = 0;

  // Everything that holds at this moment, as the batch question would answer it, in its order.
  // Analytics without a batch question answer with their open episodes.
  virtual void answer(FindingSink& out) = 0;

  virtual AnalyticStats stats() const = 0;

  // The same as stats().evictions, for whoever asks after each event.
  virtual std::uint64_t evictions() const = 0;

  // All that decides what it will tell. Restored only into one of the same settings and hash seed
  // that has observed nothing; when refused, it is of no further use.
  virtual state::SavedState& saved() = 0;

  // Of what saved() writes; restore() also takes the versions before. Raised with every change.
  virtual std::uint32_t saved_version() const { return 2; }  // 2: keys have owners
  // What became of an event just observed; see explanation.h.
  virtual void explain(const Event& event, Explanation& x) = 0;
};

}  // namespace c2watch::analytics
