// dns_burst: a script engine or LOLBin that tries one domain after the other, some without answer.
//
//   DnsBurst detector(DnsBurstSettings{}, scope, lineage, seed);
//   detector.observe(event, sink);   // EID 22: powershell.exe asks for its fourth domain: found
//
// Fires when one process of the sixteen resolves at least `distinct_domains` registered domains
// within `window`, at least one of the lookups of that window failing (any status but 0; NXDOMAIN
// is counted apart). What a machine asks for by itself does not count: allowlisted domains (the
// scope's list), its own domain, single labels, reverse lookups, names that exist only inside
// networks. DNS-Client event 3008, which does not know its process, is taken as corroboration when
// it names the same query on the same machine within `corroboration`.
//
//   distinct domains     distinct_domains    twice as many, or a suspicious lineage
//   severity             medium              high
//
// COST      40 ns for a lookup by another program, about 0.3 us for one of ours, 0.7 us while a
//           burst of a hundred domains goes on.
// MEMORY    at most `max_keys` processes of at most 12 KiB (kMaxDomains names), typically 1 KiB,
//           and as many names for 3008. Beyond: whole processes are forgotten and counted.
// THREADS   none.
// TIMES     utc_time within EID 22; time_created to join 3008. Up to `lateness` the order of
//           arrival does not matter; later events are counted and dropped.
// BLIND SPOTS  subdomains of one domain (interval_beacon sees their rhythm); bursts that are all
//           answered; DNS over HTTPS and resolvers of its own, which Sysmon does not see; more than
//           kMaxDomains answered domains before the first failure, in which case the newest stay.
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
#include "core/analytics/registered_domain.h"
#include "core/analytics/saved_finding.h"
#include "core/analytics/scope.h"
#include "core/analytics/window_marks.h"
#include "core/model/result.h"
#include "core/state/bounded_table.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

struct DnsBurstSettings {
  // 2 .. 16. 4: an administrator's script talks to one or two parties; the seed's second atomic
  // test tries five.
  std::uint32_t distinct_domains = 4;

  // 10 seconds .. 1 day. 10 minutes: a failing lookup takes up to 15 s, and an implant that goes
  // through its list of servers waits between them.
  Duration window = std::chrono::minutes{10};

  // 0 .. window. 5 minutes: twice the 150 s by which late batches trail in real captures.
  Duration lateness = std::chrono::minutes{5};

  // 1 second .. 1 minute. 5 seconds: Sysmon logs when the answer is there, the DNS client when it
  // gives up; both within one lookup's time-out.
  Duration corroboration = std::chrono::seconds{5};

  EpisodeSettings episode;

  // 16 .. 1,000,000. 4,096: script engines that look names up, on a thousand machines at once.
  std::size_t max_keys = 4096;
};

// The settings, or a sentence that names the one that is out of range.
Result<DnsBurstSettings> checked(DnsBurstSettings settings);

class DnsBurst final : public Analytic {
 public:
  // Requires checked() settings. `scope` and `lineage` belong to the engine and outlive this.
  DnsBurst(DnsBurstSettings settings, const DestinationScope& scope, Lineage& lineage,
           std::uint64_t seed);

  std::string_view name() const override { return "dns_burst"; }
  KindMask kinds() const override { return mask(Kind::dns_query) | mask(Kind::dns_client); }
  void observe(const Event& event, FindingSink& out) override;
  void advance(Time now, FindingSink& out) override;
  void answer(FindingSink& out) override;
  AnalyticStats stats() const override;
  std::uint64_t evictions() const override { return activities_.evictions() + names_.evictions(); }
  state::SavedState& saved() override { return saved_; }
  void explain(const Event& event, Explanation& x) override;

  // 32: twice the highest threshold, so that doubling can still be told.
  static constexpr std::size_t kMaxDomains = 32;

 private:
  static constexpr std::uint8_t kNotTold = 0xff;

  struct Domain {
    std::uint64_t hash = 0;    // of the name: thirty of them are compared with every lookup
    std::string name;          // lower case
    std::uint32_t status = 0;  // of the latest failure, else 0
    WindowMarks lookups;
    std::uint8_t told = kNotTold;  // its place in Activity::told
    bool corroborated = false;

    template <class Archive>
    void fields(Archive& a) {
      a(hash, name, status, lookups, told, corroborated);
    }
  };

  struct Told {
    std::string name;
    std::uint32_t status = 0;

    template <class Archive>
    void fields(Archive& a) {
      a(name, status);
    }
  };

  // What one process looks up.
  struct Activity {
    std::string computer;
    Process process;
    bool process_noted = false;  // with what EID 1 said; until then each lookup asks again
    bool suspicious_lineage = false;
    std::vector<std::string> lineage;
    std::vector<Domain> domains;  // at most kMaxDomains, each name once
    WindowMarks failures;         // of all domains
    std::vector<Told> told;       // domains of the open episode, at most kMaxDomains
    std::uint64_t lookups = 0;    // these four: since it was last quiet for window + lateness
    std::uint64_t failing = 0;
    std::uint64_t nxdomain = 0;
    std::uint64_t corroborations = 0;
    std::uint32_t most_domains = 0;  // in any window of the open episode
    Time newest = kNoTime;
    RecordTrail trail;
    Episode episode;

    template <class Archive>
    void fields(Archive& a) {
      a(computer);
      process_fields(a, process);
      a(process_noted, suspicious_lineage, lineage, domains, failures, told, lookups, failing,
        nxdomain, corroborations, most_domains, newest, trail, episode);
    }
    bool sane() const;
  };

  // A query that EID 22 or 3008 named last, to join the two.
  struct Name {
    Time looked_up = kNoTime;     // time_created of EID 22 by one of ours
    Time given_up = kNoTime;      // time_created of 3008
    std::uint64_t record_id = 0;  // of that 3008
    state::Hash128 process;

    template <class Archive>
    void fields(Archive& a) {
      a(looked_up, given_up, record_id, process);
    }
  };

  struct Burst {
    std::uint32_t domains = 0;
    bool fails = false;
    Time begins = kNoTime;  // first lookup
    Time ends = kNoTime;    // end of the window, a lookup too
  };

  void observe_query(const Event& event, FindingSink& out);
  void observe_client(const Event& event);
  bool counts(const Event& event, std::string_view domain);
  Activity& activity_of(const Event& event, const state::Hash128& key);
  Domain& domain_of(Activity& a, std::string_view name);
  void expire(Activity& a) const;
  void note(const Event& event, std::string_view domain, Activity& a);
  void note_process(const Event& event, Activity& a);
  bool corroborated(const Event& event, const state::Hash128& process);
  Burst best_burst(const Activity& a, Time around) const;
  Burst burst_ending(const Activity& a, Time end) const;
  void remember_told(Activity& a, const Burst& burst) const;
  void explain_activity(const Activity& a, Explanation& x) const;
  Severity severity_of(const Activity& a) const;
  Finding describe(const Activity& a) const;

  DnsBurstSettings settings_;
  const DestinationScope& scope_;
  Lineage& lineage_;
  std::uint64_t seed_;
  RegisteredDomains registered_;
  state::BoundedTable<Activity> activities_;
  state::BoundedTable<Name> names_;
  Time now_ = kNoTime;
  Time swept_ = kNoTime;
  std::uint64_t late_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t covered_ = 0;  // FindingSink::covered() of the latest lookup
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
