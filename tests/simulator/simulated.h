// Simulated: a run of the simulator kept in memory, for tests to look at.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "scenarios/run.h"

namespace c2sim {

struct Simulated {
  std::unique_ptr<World> world;  // the events point into it
  std::vector<Event> events;     // in the order in which they were written

  // Not of a temporary: the events would outlive their world.
  std::vector<Event> with_signal(std::string_view) && = delete;
  std::vector<Event> with_id(std::uint32_t) && = delete;

  std::vector<Event> with_signal(std::string_view signal) const& {
    std::vector<Event> out;
    for (const Event& e : events)
      if (e.label.signal == signal) out.push_back(e);
    return out;
  }

  std::vector<Event> with_id(std::uint32_t id) const& {
    std::vector<Event> out;
    for (const Event& e : events)
      if (event_id(e) == id) out.push_back(e);
    return out;
  }
};

inline Simulated simulated(const Settings& settings) {
  struct Collect final : RecordSink {
    void record(const Event& e) override { events.push_back(e); }
    std::vector<Event> events;
  } sink;
  Simulated out;
  out.world = make_world(settings);
  simulate(settings, *out.world, sink);
  out.events = std::move(sink.events);
  return out;
}

inline Settings office(std::size_t hosts, double hours) {
  Settings s;
  s.scenario = "office";
  s.background = Background::office;
  s.tests.clear();
  s.hosts = hosts;
  s.hours = hours;
  return s;
}

inline Settings beacon(std::string framework, double hours) {
  Settings s;
  s.scenario = "beacon";
  s.tests.clear();
  s.framework = std::move(framework);
  s.hours = hours;
  return s;
}

// The record as one line of a shape, without its end of line.
inline std::string line_of(const Event& e, std::string_view shape, FormatSettings settings = {}) {
  Buffer out;
  if (!make_format(shape, settings)->write(e, out)) return {};
  std::string line(out.view());
  EXPECT_EQ(line.back(), '\n');
  line.pop_back();
  return line;
}

// The acting process of a Sysmon event.
inline const Process& process_of(const Event& e) {
  if (const auto* c = std::get_if<ProcessCreate>(&e.what)) return c->process;
  if (const auto* n = std::get_if<NetworkConnect>(&e.what)) return n->process;
  return std::get<DnsQuery>(e.what).process;
}

// Seconds between the UtcTimes of neighbours.
inline std::vector<double> gaps(std::vector<Event> events) {
  std::sort(events.begin(), events.end(),
            [](const Event& a, const Event& b) { return a.utc < b.utc; });
  std::vector<double> out;
  for (std::size_t i = 1; i < events.size(); ++i)
    out.push_back(to_seconds(events[i].utc - events[i - 1].utc));
  return out;
}

}  // namespace c2sim
