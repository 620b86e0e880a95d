#include "world/stage.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace c2sim {
namespace {

// How long a record waits before it is written, measured on real hosts: a process creation a few
// milliseconds, a connection up to two seconds (Sysmon batches them), the rest almost nothing.
Ticks log_delay(const Event& e, Random& random) {
  switch (event_id(e)) {
    case 1:
      return seconds(random.between(0.0008, 0.015));
    case 3:
      return seconds(random.between(0.3, 2.0));
    case 22:
      return seconds(random.between(0.05, 0.9));
    default:
      return seconds(random.between(0.00002, 0.002));
  }
}

}  // namespace

void Stage::add(std::unique_ptr<Actor> actor, Host& host, Instant first) {
  wakes_.push_back({first, static_cast<std::uint32_t>(cast_.size())});
  std::push_heap(wakes_.begin(), wakes_.end(), std::greater<>{});
  cast_.push_back({std::move(actor), &host});
}

void Stage::emit(const Event& event) {
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(event);
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot] = event;
  }
  Event& e = slots_[slot];
  e.created = e.utc + log_delay(e, e.host->random);
  pending_.push_back({e.created, emitted_++, slot});
  std::push_heap(pending_.begin(), pending_.end(), std::greater<>{});
}

void Stage::run() {
  while (!wakes_.empty() && delivered_ < settings_.max_records) {
    std::pop_heap(wakes_.begin(), wakes_.end(), std::greater<>{});
    Wake wake = wakes_.back();
    wakes_.pop_back();
    if (wake.when >= settings_.end) continue;

    Cast& cast = cast_[wake.actor];
    if (const Instant on = cast.host->calendar.next_online(wake.when); on != wake.when) {
      // Timers that ran out during sleep fire within seconds of the resume, not all at once.
      wake.when = on + seconds(cast.host->random.between(0.5, 20));
    } else {
      deliver_until(wake.when);
      const Instant next = cast.actor->act(wake.when, *this);
      assert(next > wake.when);
      wake.when = next;
    }
    if (wake.when == kNever) {
      cast.actor.reset();
      continue;
    }
    wakes_.push_back(wake);
    std::push_heap(wakes_.begin(), wakes_.end(), std::greater<>{});
  }
  deliver_until(kNever);
}

void Stage::deliver_until(Instant t) {
  // No event emitted from now on can be logged before `t`.
  while (!pending_.empty() && pending_.front().created <= t && delivered_ < settings_.max_records) {
    std::pop_heap(pending_.begin(), pending_.end(), std::greater<>{});
    const std::uint32_t slot = pending_.back().slot;
    pending_.pop_back();
    deliver(slots_[slot]);
    free_.push_back(slot);
  }
}

void Stage::deliver(Event& e) {
  Host& host = *e.host;
  const std::size_t kind = e.what.index();
  e.record_id = host.next_record(channel_of(e));
  e.logger_tid = host.next_thread();
  switch (kEventIds[kind]) {
    case 4698:
      e.logger_pid = host.lsass.pid;
      break;
    case 4104:
      e.logger_pid = std::get<ScriptBlock>(e.what).process.pid;
      break;
    case 3008:
      e.logger_pid = std::get<DnsClient>(e.what).process.pid;
      break;
    default:
      e.logger_pid = host.sysmon.pid;
  }
  if (!settings_.collected[kind]) return;
  if (settings_.loss > 0 && host.random.chance(settings_.loss)) {
    ++lost_;
    return;
  }
  ++delivered_;
  sink_->record(e);
}

}  // namespace c2sim
