// c2_port: a script engine or LOLBin that connects to a port where it has no business.
//
//   C2Port detector(C2PortSettings{}, scope, lineage, seed);
//   detector.observe(event, sink);      // EID 3: powershell.exe -> 203.0.113.7:4444
//
// Watches EID 3 that the machine itself initiated (refused ones too: Sysmon logs attempts), by one
// of the sixteen script engines and LOLBins, to an address in scope, on a port of a list that gives
// a reason for each. One finding per machine and program, which grows: a further port, or an EID 1
// that makes the process worse (hidden window, encoded command, child of Office or of the Task
// Scheduler), is an update of the same finding. Ports 80 and 443 are refused in the list: there is
// no telling.
//
//   distinct ports within `window`       1        2       3 and more
//   severity                             medium   high    high
//   with a suspicious lineage            high     high    critical
//
// COST      10 ns for an event that is not ours, about 0.5 us for one that is.
// MEMORY    at most `max_keys` entries of at most 8 KiB; typically 1 KiB. Beyond: whole keys are
//           forgotten, those first that came only once, and counted.
// THREADS   none.
// TIMES     utc_time: all within one event id. A late event counts, but never rewinds the window.
// BLIND SPOTS  C2 on 80 and 443, and on ports that are not listed; programs outside the sixteen,
//           renamed ones among them; traffic through a proxy, which shows the proxy's port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/episode.h"
#include "core/analytics/lineage.h"
#include "core/analytics/record_trail.h"
#include "core/analytics/saved_finding.h"
#include "core/analytics/scope.h"
#include "core/model/result.h"
#include "core/state/bounded_table.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

// Ports first..last and why a script engine has no business there.
struct PortRule {
  std::uint16_t first = 0;                     // 1 .. 65535, but not 80 or 443
  std::uint16_t last = 0;                      // >= first
  Confidence confidence = Confidence::medium;  // low: honest web servers live there too
  std::string reason;                          // shown in the finding; not empty
};

// The shipped list. First match wins.
std::vector<PortRule> default_c2_ports();

struct C2PortSettings {
  std::vector<PortRule> ports = default_c2_ports();  // 0 .. 1,024 rules

  // 1 minute .. 7 days. 1 hour: ports that one operator tries by hand or one script tries in turn.
  Duration window = std::chrono::hours{1};

  // 2 .. 16. 3: the seed's third atomic test tries three; two may still be a developer's habit.
  std::uint32_t many_ports = 3;

  EpisodeSettings episode;

  // 16 .. 1,000,000. 16,384: sixteen programs on a thousand machines, each of them misbehaving.
  std::size_t max_keys = 16'384;
};

// The settings, or a sentence that names the one that is out of range.
Result<C2PortSettings> checked(C2PortSettings settings);

class C2Port final : public Analytic {
 public:
  // Requires checked() settings. `scope` and `lineage` belong to the engine and outlive this.
  C2Port(C2PortSettings settings, const DestinationScope& scope, Lineage& lineage,
         std::uint64_t seed);

  std::string_view name() const override { return "c2_port"; }
  KindMask kinds() const override { return mask(Kind::network_connect); }
  void observe(const Event& event, FindingSink& out) override;
  void advance(Time now, FindingSink& out) override;
  void answer(FindingSink& out) override;
  AnalyticStats stats() const override;
  std::uint64_t evictions() const override { return activities_.evictions(); }
  state::SavedState& saved() override { return saved_; }
  void explain(const Event& event, Explanation& x) override;

  // 16: more distinct listed ports say nothing that three did not.
  static constexpr std::size_t kMaxPorts = 16;
  static constexpr std::size_t kMaxDestinations = 8;

 private:
  struct PortSeen {
    std::uint16_t port = 0;
    std::uint16_t rule = 0;  // index of settings_.ports
    Time last = kNoTime;

    template <class Archive>
    void fields(Archive& a) {
      a(port, rule, last);
    }
  };

  // What one program does on one machine, as far as no allowlist entry covers it; or what one
  // entry covers of that.
  // INVARIANT: ports and destinations hold what the open episode saw, each once.
  struct Activity {
    std::string computer;
    Process process;  // the latest one, or the latest with a suspicious lineage
    bool suspicious_lineage = false;
    std::vector<std::string> lineage;       // the reasons, at most kMaxReasons
    Destination destination;                // the latest
    std::vector<PortSeen> ports;            // at most kMaxPorts
    std::vector<std::string> destinations;  // "ip:port", at most kMaxDestinations
    std::uint64_t connections = 0;
    RecordTrail trail;
    Episode episode;

    template <class Archive>
    void fields(Archive& a) {
      a(computer);
      process_fields(a, process);
      a(suspicious_lineage, lineage);
      destination_fields(a, destination);
      a(ports, destinations, connections, trail, episode);
    }
  };

  void describe_saved();
  state::Hash128 key_of(const Event& event) const;
  Activity& activity_of(const Event& event);
  void note_port(const Event& event, std::uint16_t rule, Activity& a) const;
  void note_process(const Event& event, Activity& a);
  std::size_t ports_in_window(const Activity& a) const;
  Severity severity_of(const Activity& a) const;
  Finding describe(const Activity& a) const;

  C2PortSettings settings_;
  const DestinationScope& scope_;
  Lineage& lineage_;
  std::uint64_t seed_;
  std::vector<std::uint16_t> rule_by_port_;  // 65,536 entries: index + 1 of settings_.ports
  state::BoundedTable<Activity> activities_;
  Time now_ = kNoTime;    // newest event or advance()
  Time swept_ = kNoTime;  // when finished episodes were last cleared out
  std::uint64_t rejected_ = 0;
  std::uint64_t covered_ = 0;  // FindingSink::covered() of the latest event
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
