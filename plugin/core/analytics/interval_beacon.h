// IntervalBeacon: which process calls the same destination so regularly that chance is no
// explanation, and has no good reason to?
//
//   IntervalBeacon detector(IntervalBeaconSettings{}, scope, lineage, seed);
//   detector.observe(event, sink);    // a finding at the fifth check-in, 30 s apart
//
// KEYS      (host, image, destination), and once a second process of that image speaks to it,
//           (host, process guid, destination) for each as well: a task that starts a new powershell
//           every time is one beacon, two agents in one image are two. Destination is address and
//           host name; for DNS lookups (EID 22) the registered domain.
// TEST      Connections within `coalesce` are one check-in. At 5, 6, 8, 10, 12, 16, 20, 28, 40, 64
//           and then every 32 check-ins (at 3 and 4 too when they lie at least `slow_gap` apart)
//           the gaps are judged by regularity.h. A key fires when p <= fp_budget * mean gap / 8 h:
//           over all looks of a day at most the share `fp_budget` of keys with random traffic does.
// CONTEXT   decides the severity (beacon_context.h). Below `report_from` nothing is told.
// EPISODES  One finding a key, which grows: updates when the number of check-ins has doubled, and
//           every `episode.re_alert`, as long as the newest gaps are still regular.
// LATE      A late event takes its place among the kept check-ins (the latest 64, at least 32), so
//           lateness is bound by those, not by seconds. A look that has happened is not undone.
// COST      0.4 to 0.8 us an event, looks included.
// MEMORY    190 bytes a key with one event, its share of tables and destinations included; up to
//           600 more for the times and records of a busy key. At most `capacity` keys,
//           `max_destinations` destinations, `max_open` open findings of about 3 KiB, 20 where
//           all names are as long as they are kept. Beyond: whole keys go, counted, first those of
//           the computer that holds most beyond its share (state/bounded_table.h).
// THREADS   none.
// FAILURE   When memory runs out, the event is not counted; nothing is told twice.
// BLIND SPOTS  interval_beacon.md; the first is that an implant can look like anything if it pays
//           with its own delay: exponential sleeps cannot be told from chance.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/beacon_context.h"
#include "core/analytics/episode.h"
#include "core/analytics/lineage.h"
#include "core/analytics/process_guid.h"
#include "core/analytics/registered_domain.h"
#include "core/analytics/regularity.h"
#include "core/analytics/scope.h"
#include "core/analytics/spelling.h"
#include "core/model/result.h"
#include "core/state/bounded_table.h"
#include "core/state/check_ins.h"
#include "core/state/inline_list.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

struct IntervalBeaconSettings {
  // Share of keys with random traffic that fire per day, 10^-6 .. 0.5. 0.01: with the context that
  // a finding needs besides, less than one a day on a thousand hosts; at 0.001 wide jitter takes
  // another dozen check-ins.
  double fp_budget = 0.01;

  // 0 .. 60 s. 1 s: retries and pairs of connections; the fastest framework's sleep is 2 s.
  Duration coalesce = std::chrono::seconds{1};

  // Check-ins before the first look at a key that is not slow, 5 .. 64. 5: the shortest of the
  // atomic tests has five.
  std::uint32_t min_check_ins = 5;

  // 1 minute .. 24 h. 20 minutes: a key this slow is judged at 3 and 4 check-ins too, because the
  // fifth is more than an hour away.
  Duration slow_gap = std::chrono::minutes{20};

  // A key begins anew after this, 1 h .. 20 days. 36 h: a night and the day before a first login.
  Duration max_silence = std::chrono::hours{36};

  // Lowest severity that is told. low: `informational`, regular without context, is every updater.
  Severity report_from = Severity::low;

  bool dns = true;  // EID 22 as well

  // Ports that count nothing towards severity.
  std::vector<std::uint16_t> usual_ports{kUsualPorts.begin(), kUsualPorts.end()};

  std::uint32_t rare_hosts = 2;  // a destination of at most so many hosts is rare, 1 .. 8
  std::uint32_t min_fleet = 10;  // hosts, 1 .. 1,000; with fewer, everything is rare

  EpisodeSettings episode{};

  std::size_t capacity = 200'000;          // keys, 64 .. 2^30: 30 MB, 150 if every one is busy
  std::size_t max_destinations = 100'000;  // 64 .. 2^30: 6 MB
  std::size_t max_open = 4'096;            // open findings, 16 .. 1,000,000: 12 MB
};

// The settings, or a sentence that names the one that is out of range.
Result<IntervalBeaconSettings> checked(IntervalBeaconSettings settings);

class IntervalBeacon final : public Analytic {
 public:
  // Requires checked() settings. `scope` and `lineage` belong to the engine and outlive this.
  IntervalBeacon(IntervalBeaconSettings settings, const DestinationScope& scope, Lineage& lineage,
                 std::uint64_t seed);

  std::string_view name() const override { return "interval_beacon"; }
  KindMask kinds() const override;
  void observe(const Event& event, FindingSink& out) override;
  void advance(Time now, FindingSink& out) override;
  void answer(FindingSink& out) override;
  AnalyticStats stats() const override;
  std::uint64_t evictions() const override {
    return tracks_.evictions() + open_.evictions() + destinations_.evictions();
  }
  state::SavedState& saved() override { return saved_; }
  std::uint32_t saved_version() const override { return 2; }  // 2: state::CheckIns
  void explain(const Event& event, Explanation& x) override;

  // Regular keys whose context was below `report_from`, counted at each look.
  std::uint64_t unreported() const { return unreported_; }

  // 8: the five of the first atomic test, and some.
  static constexpr std::size_t kMaxRecords = 8;

 private:
  struct RecordMark {
    std::uint32_t id_low;
    std::uint32_t id_high;
    std::int32_t offset_ms;  // from Track::origin_ms

    template <class Archive>
    void fields(Archive& a) {
      a(id_low, id_high, offset_ms);
    }
  };

  // What is remembered of a key.
  struct Track {
    state::CheckIns heard;
    state::InlineList<RecordMark, 1> records;  // INVARIANT: at most kMaxRecords
    std::int64_t origin_ms = 0;                // of the first event; records count from here
    // When its last finding ended: the next one begins later.
    std::int64_t ended_ms = std::numeric_limits<std::int64_t>::min();
    ProcessGuid first;            // keys by image: the first process; by guid: unused
    std::uint64_t processes = 0;  // a bit for each process, by hash: they collide beyond a dozen
    std::uint32_t check_ins = 0;  // since the key began (anew)
    bool shared = false;          // more than one process so far
    bool open = false;            // has an open finding, unless that was evicted
    bool by_process = false;

    template <class Archive>
    void fields(Archive& a) {
      a(heard, records, origin_ms, ended_ms, first, processes, check_ins, shared, open, by_process);
    }
    bool sane() const;
  };

  // An open finding, as last told.
  struct Open {
    Episode episode;
    EpisodeSettings settings;  // quiet fitted to the interval
    Finding finding;
  };

  // Hosts that spoke to a destination, at most kManyHosts.
  struct Hosts {
    state::InlineList<std::uint32_t, 2> hashes;

    template <class Archive>
    void fields(Archive& a) {
      a(hashes);
    }
  };
  static constexpr std::size_t kManyHosts = 9;
  static constexpr std::size_t kFleetWords = 64;  // 4,096 bits: counts to about 10,000 hosts

  // An event as the detector sees it. Views of the event, `image` of scratch_.
  struct Call {
    const Event& event;
    bool by_name = false;
    std::string_view host{};
    std::string_view image{};  // lower case: paths are not spelled alike from event to event
    std::string_view address{};
    std::string_view hostname{};
    // The same three in one spelling, for keys and ids.
    FoldedName host_key{};
    FoldedAddress address_key{};
    FoldedName hostname_key{};
    ProcessGuid guid{};
    std::int64_t at_ms = 0;
  };

  void describe_saved();
  bool eligible(const Event& event) const;
  bool read(const Event& event, Call& call);
  state::Owner owner(const Call& call) const { return owner_of(seed_, call.event); }
  state::Hash128 key_of(const Call& call) const;
  state::Hash128 key_of_process(const Call& call, ProcessGuid guid) const;
  state::Hash128 key_of_destination(const Call& call) const;
  Track& track_of(const state::Hash128& key, const Call& call, bool by_process,
                  const FindingSink& out);
  void note_host(const Call& call, bool covered);
  void split(const Call& call, const state::Hash128& key, Track& by_image);

  // Adds the call to the track. True: it is a check-in of its own.
  bool hear(const Call& call, Track& track);
  // Tells what there is to tell about a track that has just heard a check-in.
  void speak(const Call& call, const state::Hash128& key, Track& track, FindingSink& out);
  bool go_on(const Call& call, const state::Hash128& key, Track& track, FindingSink& out);
  void begin(const Call& call, const state::Hash128& key, Track& track, const Regularity& r,
             FindingSink& out);

  static bool is_covered(const Call& call, Time at, const FindingSink& out);
  void end(const state::Hash128& key, Track& track);
  Time beginning(const Track& track) const;
  bool is_turn(const Track& track) const;
  Regularity judge(const Track& track) const;
  void remember(const Call& call, Track& track) const;
  std::size_t fleet() const;
  void explain_track(const Call& call, const Track& track, Explanation& x);
  void explain_looks(std::size_t heard, bool slow, Explanation& x) const;
  BeaconAssessment assess_call(const Call& call, const std::optional<ProcessFacts>& facts) const;
  Finding describe(const Call& call, const Track& track, const Regularity& r,
                   const BeaconAssessment& assessment,
                   const std::optional<ProcessFacts>& facts) const;

  IntervalBeaconSettings settings_;
  state::CheckInRules rules_;
  const DestinationScope& scope_;
  Lineage& lineage_;
  RegisteredDomains domains_;
  std::uint64_t seed_;

  state::BoundedTable<Track> tracks_;
  state::BoundedTable<Open> open_;
  state::BoundedTable<Hosts> destinations_;
  std::array<std::uint64_t, kFleetWords> fleet_{};  // a bit for each host, by hash
  std::string scratch_;                             // the image in lower case

  Time now_ = kNoTime;    // newest event or advance()
  Time swept_ = kNoTime;  // when what is long silent was last cleared out
  std::uint64_t unreported_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t rejected_ = 0;
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
