// HourlyBeacon: the seed's query, streamed. Which host, application and destination talk so evenly
// from hour to hour, so much, or by such a program, that an analyst should look?
//
//   Result<std::unique_ptr<HourlyBeacon>> made =
//   HourlyBeacon::create(HourlyBeaconSettings::seed());
//   (*made)->observe(event, sink);   // tells when a key enters the answer, or its RiskScore rises
//   (*made)->answer(sink);           // the whole answer, in the query's order
//
// A key is (source host, application, destination address, destination host); NULL equals NULL.
// Over the hours in which it was active, with n hours, T connections, Q the sum of squared counts:
//   considered  T >= min_total and n >= min_hours
//   beacon      the consistency ratio sqrt(nQ - T^2)/T is below max_ratio_percent (hourly_ratio.h)
//   suspicious  the application names a script engine or LOLBin (process_class.h)
//   volume      T > volume_above
// RiskScore is how many of the last three hold; at least one makes a finding.
//
// STREAM    The window is `window_hours` clock hours and ends with the current one, the hour of the
//           latest time among all events seen and advance(). After each row and at each hour close
//           the raised keys are exactly the batch query's answer over that window. Hours close one
//           by one however far time jumps, so nothing depends on how often advance() is called.
//           With `from` and `to` the window is fixed instead, for batch scans.
// EPISODES  A key that enters the answer opens an episode: a finding with update 0. When its
//           RiskScore rises above what the episode told so far: the same id, update + 1. Leaving is
//           silent. The id is a hash of key and first slice, so a key that re-enters with the same
//           first slice goes on under the same id with the next update, never with a used one.
// ORDER     The answer depends on the multiset of rows only, while no key is evicted. Rows of an
//           hour before the window are counted as late and dropped.
// COST      a row that hits: 120 ns with 1,000 keys, 660 ns with a million, where memory is the
//           limit; a row with a new key: 390 to 1,160 ns; scope included. No allocation on a hit
//           but when a key's third hour or second port begins. An hour close visits every key: 13
//           to 260 ms for a million, by how many of them leave.
// MEMORY    145 bytes a key besides its names, for keys of up to two hours and one port; then 8
//           bytes for each further hour and port. Names are cut at 512 bytes, and of more than 256
//           ports the lowest are kept, so a key takes 7 KiB at most. At most `capacity` keys, and
//           `max_detail_bytes` for names, further hours and further ports together; beyond either,
//           whole keys go, counted as evictions: first those of the computer that holds most beyond
//           its share (state/bounded_table.h).
// FAILURE   When memory runs out, a row is not counted; or it is, and the finding that it makes due
//           is told by the next call. None is lost or told twice.
// BLIND SPOTS  hourly_beacon.md; the first is that an even count per hour is not regularity: random
//           traffic of 6 connections an hour passes the seed's test 94 times in 100.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/hourly_ratio.h"
#include "core/analytics/scope.h"
#include "core/model/result.h"
#include "core/model/time.h"
#include "core/state/bounded_table.h"
#include "core/state/inline_list.h"
#include "core/state/interner.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

enum class ApplicationField : std::uint8_t {
  strict,    // the record's application; NULL on raw Sysmon, as Sumo's mapping leaves it
  coalesce,  // application, else the image
};

enum class HourlySeverity : std::uint8_t {
  risk_score,  // the seed's: high from a RiskScore of 2 on, else medium
  context,     // the same for a suspicious process; for others who calls where (beacon_context.h)
};

// The defaults are the standard profile; hourly_beacon.md gives the reason for each difference.
struct HourlyBeaconSettings {
  ScopeSettings scope = ScopeSettings::standard();
  ApplicationField application = ApplicationField::coalesce;
  bool source_fallback = true;  // a row without source host gets its Computer
  bool initiated_only = true;   // of EID 3, only connections that this host opened

  std::int32_t window_hours = 24;  // 1..168 (a week)
  std::optional<Time> from;        // both or none: a fixed window [from, to) of at most 2^16 hours
  std::optional<Time> to;

  std::uint64_t min_total = 10;  // connections, 1..10^9
  std::uint64_t min_hours = 2;   // 1..168
  // Ratio below which hourly counts are a beacon, 1..200. 50 is the seed's.
  std::uint32_t max_ratio_percent = 50;
  Deviation deviation = Deviation::population;
  bool partial_edge_hours = true;   // first and last hour may be cut: the inner ones decide as well
  std::uint64_t volume_above = 50;  // connections, 0..10^9
  bool volume_alone = false;        // is a finding
  HourlySeverity severity = HourlySeverity::context;

  // Keys, 1..2^30. 250,000: what 300 workstations make in a day, in 36 MB.
  std::size_t capacity = 250'000;
  // 64 MiB: names of 250,000 keys at 250 bytes each. At least 16 MiB: twice what one key can need.
  std::size_t max_detail_bytes = std::size_t{64} << 20;
  std::uint64_t hash_seed = 0;  // unknown to senders, else they can make keys collide

  static HourlyBeaconSettings seed();
  static HourlyBeaconSettings standard() { return {}; }
  static HourlyBeaconSettings lab();
};

class HourlyBeacon final : public Analytic {
 public:
  // The error names the setting and the allowed range.
  static Result<std::unique_ptr<HourlyBeacon>> create(const HourlyBeaconSettings& settings);

  std::string_view name() const override { return "hourly_beacon"; }
  KindMask kinds() const override {
    return mask(Kind::network_record) | mask(Kind::network_connect);
  }
  void observe(const Event& event, FindingSink& out) override;
  void advance(Time now, FindingSink& out) override;
  void answer(FindingSink& out) override;
  AnalyticStats stats() const override;
  std::uint64_t evictions() const override { return table_.evictions(); }
  state::SavedState& saved() override { return saved_; }
  void explain(const Event& event, Explanation& x) override;

  // Adds what another one counted, as if its rows had come here: shards that each saw a part of
  // the rows, in any split, together answer as one that saw them all. Emits what becomes due; what
  // the other one has told already is not told again.
  //
  // Requires the same settings (hash_seed and bounds apart), and another object. Throws bad_alloc
  // with some keys added and others not: then start afresh.
  void merge(const HourlyBeacon& other, FindingSink& out);

 private:
  struct HourCount {
    Hour hour;
    std::uint32_t count;

    template <class Archive>
    void fields(Archive& a) {
      a(hour, count);
    }
  };
  struct PortSeen {
    Hour last;  // a port is in the window iff the last hour that saw it is
    std::uint16_t port;

    template <class Archive>
    void fields(Archive& a) {
      a(last, port);
    }
  };
  using Hours = state::InlineList<HourCount, 2>;
  using Ports = state::InlineList<PortSeen, 1>;
  enum KeyPart : std::size_t { kSource, kApplication, kIp, kHostname, kKeyParts };
  using KeyView = std::array<std::string_view, kKeyParts>;

  struct Track {
    // INVARIANT: both ascending, within the window; hours is not empty.
    Hours hours;
    Ports ports;
    std::array<state::TextId, kKeyParts> key{};

    // The latest record.
    state::TextId computer = state::kNullText;
    state::TextId channel = state::kNullText;
    std::uint64_t record_id = 0;
    Time last = kNoTime;
    std::uint32_t event_id = 0;

    Hour episode = 0;  // first slice when it was opened
    std::uint32_t updates = 0;
    std::uint8_t told = 0;  // highest RiskScore told in this episode; 0: there was none yet
    bool suspicious : 1 = false;
    bool raised : 1 = false;
    bool due : 1 = false;  // a finding is to be told
    // An allowlist entry took what was told last: due until none does.
    bool suppressed : 1 = false;
  };
  using Table = state::BoundedTable<Track>;

  struct Verdict {
    HourlySums sums;
    HourlySums inner;  // without first and last hour; empty unless it may decide
    bool beacon = false;
    bool volume = false;
    int risk_score = 0;
    bool finding = false;
  };

  struct Row {
    KeyView key;
    Hour hour;
  };

  HourlyBeacon(const HourlyBeaconSettings& settings, DestinationScope scope);

  bool eligible(const Event& event) const;
  KeyView key_of(const Event& event) const;
  bool in_window(Time time) const;
  Hour first_hour() const { return current_ - settings_.window_hours + 1; }

  state::Hash128 hash_of(const KeyView& key) const;
  std::string id_of(const KeyView& key, Hour episode) const;
  Track& count(const KeyView& key, const Event& event);
  Track& insert(const state::Hash128& hash, const KeyView& key, std::string_view computer,
                std::string_view channel);
  std::array<state::TextId, kKeyParts + 2> intern(const KeyView& key, std::string_view computer,
                                                  std::string_view channel);
  void add_row(Track& track, const Event& event);
  template <class List>
  void reserve_one(List& list);
  void remember_record(Track& track, const Event& event);
  void name_log(Track& track, std::string_view computer, std::string_view channel);
  void keep_to_budget(const state::Hash128& spare);
  void release_names(Track& track) noexcept;
  void forget(Track& track) noexcept;

  Track* merge_track(const HourlyBeacon& other, const Track& theirs);
  Hours merged_hours(const Track* ours, const Track& theirs) const;
  Ports merged_ports(const Track* ours, const Track& theirs) const;

  void describe_saved();
  template <class Archive>
  void track_fields(Archive& a, Track& track);
  bool adopt(Track& track);

  void move_to(Time time, FindingSink& out);
  void close_hour();
  bool cut_to_window(Track& track) noexcept;

  Verdict verdict(const Track& track) const;
  void explain_track(const Track& track, Explanation& x) const;
  // Lowers the flag of a key that left; true when there is something to tell.
  bool judge(Track& track) noexcept;
  void tell_all_due(Time now, FindingSink& out);
  void tell(Track& track, Time now, FindingSink& out);
  bool is_covered(const Track& track, Time now, const FindingSink& out) const;
  Finding finding(const Track& track, const Verdict& verdict, Hour episode, std::uint32_t update,
                  Time now) const;
  KeyView key_texts(const Track& track) const;
  bool key_less(const Track& a, const Track& b) const;

  HourlyBeaconSettings settings_;
  Fraction threshold_;
  DestinationScope scope_;
  bool exact_;  // keys are compared byte by byte, else in one spelling (spelling.h)
  state::Interner names_;
  Table table_;
  std::size_t list_bytes_ = 0;  // of all tracks, beyond what they hold inline
  Time now_ = kNoTime;          // the latest time seen
  Hour current_ = 0;            // its hour, as far as hours have been closed
  Hour oldest_ = 0;             // no track has an hour before it
  bool any_due_ = false;
  std::uint64_t late_ = 0;
  std::uint64_t rejected_ = 0;
  state::SavedTexts saved_names_;
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
