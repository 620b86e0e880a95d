// Stage: lets actors act in time order and turns what they do into log records.
//
//   Stage stage(settings, sink);
//   stage.add(std::make_unique<Beacon>(...), host, start);
//   stage.run();
//
// An actor wakes at the time it asked for, emits events with their UtcTime, and says when to wake
// next. The stage adds what Windows adds: the delay until the record is written (TimeCreated), the
// record id, the writing process. Records leave in the order in which Windows wrote them.
//
// INVARIANT  record ids per (Computer, Channel) grow by one in the order of TimeCreated. A record
//            lost on the way, or of an event id that is not collected, keeps its id: a gap.
// COST       two heap operations an event.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "world/event.h"

namespace c2sim {

class Stage;

class Actor {
 public:
  virtual ~Actor() = default;

  // Acts at `now`, emitting events at or after `now`; returns when to wake next, or kNever.
  virtual Instant act(Instant now, Stage& stage) = 0;
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void record(const Event& event) = 0;
};

struct StageSettings {
  Instant end = kNever;                       // actors do not wake at or after it
  std::uint64_t max_records = UINT64_MAX;     // delivered records, then it stops
  double loss = 0;                            // share of records lost on the way, whatever they are
  std::array<bool, kEventKinds> collected{};  // event kinds that reach the output
};

class Stage {
 public:
  Stage(const StageSettings& settings, RecordSink& sink) : settings_(settings), sink_(&sink) {}

  // While `host` is off, the actor sleeps and wakes when it is on again.
  void add(std::unique_ptr<Actor> actor, Host& host, Instant first);

  void emit(const Event& event);

  void run();

  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t lost() const { return lost_; }

 private:
  struct Wake {
    Instant when;
    std::uint32_t actor;
    bool operator>(const Wake& o) const { return when != o.when ? when > o.when : actor > o.actor; }
  };
  struct Pending {
    Instant created;
    std::uint64_t order;  // of emission: ties stay in the order in which things happened
    std::uint32_t slot;
    bool operator>(const Pending& o) const {
      return created != o.created ? created > o.created : order > o.order;
    }
  };
  struct Cast {
    std::unique_ptr<Actor> actor;
    Host* host;
  };

  void deliver_until(Instant t);
  void deliver(Event& event);

  StageSettings settings_;
  RecordSink* sink_;
  std::vector<Cast> cast_;
  std::vector<Wake> wakes_;       // min-heap
  std::vector<Pending> pending_;  // min-heap of events waiting to be written
  std::vector<Event> slots_;      // where they wait
  std::vector<std::uint32_t> free_;
  std::uint64_t emitted_ = 0, delivered_ = 0, lost_ = 0;
};

}  // namespace c2sim
