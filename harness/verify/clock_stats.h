// ClockStats: what the times of a stream say about its order and about the hosts' clocks.
//
//   ClockStats clocks;
//   clocks.begin_file();                      // order is a matter within one file
//   clocks.add(host, kind, event);
//   std::vector<Fault> faults = clocks.faults(lateness_seconds, CollectorKind::nxlog);
//
// The stream's own clock is the median of the latest times, so that one host with a wrong clock does
// not make all others late. It cannot be told from a stream whether a host's clock is off or its
// events come late; the fault says so.
//
// MEMORY    at most kMaxHosts hosts, kSamples differences each; later hosts are counted only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/parsed_event.h"
#include "harness/verify/issue.h"

namespace c2watch::harness {

class ClockStats {
 public:
  static constexpr std::size_t kMaxHosts = 4'096;
  static constexpr std::size_t kSamples = 101;  // a median of so many stands still

  void begin_file();
  void add(std::uint32_t kind, bool of_sysmon, const ParsedEvent& event, const Place& place);

  std::vector<Issue> issues(double lateness_seconds, CollectorKind collector) const;

  std::size_t hosts() const { return hosts_.size(); }
  // Clock hours in which a host had ten records or more, summed over the hosts: of all records, or
  // of Sysmon's.
  std::size_t host_hours(bool of_sysmon) const;
  std::uint64_t timed() const { return timed_; }
  std::uint64_t out_of_order() const { return late_; }
  // Seconds by which all but one in a thousand records are late at most, rounded up to a step; 0
  // when nothing is out of order.
  std::int64_t lateness_seconds() const;

 private:
  using Samples = std::vector<std::int64_t>;
  struct Host {
    std::map<std::int64_t, std::uint32_t> hours[2];  // records in an hour: all, and Sysmon's
    Samples created_less_utc[4];  // of EID 1, 3, 22, others: on one host they may differ by days
    Samples ahead_of_stream;
    Place place;
  };
  void note_order(Host* host, std::int64_t at_us);
  std::optional<std::int64_t> stream_clock() const;
  void drift_issues(CollectorKind collector, std::vector<Issue>& out) const;
  void late_issue(double bound_seconds, std::vector<Issue>& out) const;
  void host_clock_issues(std::vector<Issue>& out) const;

  // Upper ends of lateness classes, in seconds.
  static constexpr std::array<std::int64_t, 16> kSteps = {
      1, 2, 5, 10, 30, 60, 120, 300, 600, 1'200, 1'800, 3'600, 7'200, 21'600, 86'400, 604'800};

  std::map<std::string, Host, std::less<>> hosts_;
  std::vector<std::int64_t> latest_;  // a ring
  std::size_t next_ = 0;
  std::optional<std::int64_t> newest_us_;
  std::uint64_t timed_ = 0;
  std::uint64_t late_ = 0;
  std::array<std::uint64_t, kSteps.size() + 1> classes_{};
  std::uint64_t without_zone_ = 0;  // and without UtcTime to compare with
  std::uint64_t comparable_ = 0;    // with both times
  Place without_zone_place_;
  std::string without_zone_example_;
};

}  // namespace c2watch::harness
