// Doctor: looks at a sample of a stream and says which detectors can work on it, and what mends the
// rest.
//
//   Doctor doctor(plugin, engine, config);
//   doctor.begin_member("Sysmon.evtx");
//   for (record) doctor.record(bytes, offset);
//   Checkup c = doctor.checkup();      // also in between
//
// Every record goes through the plugin, which says what it could read, and through the judge's own
// reader, which says what is in it. What the judge cannot read it does not judge.
//
// ABSENCE   that an event id is not there proves something only in a sample that should have had it:
//           kEnoughHostHours, hours in which that host did say something. Before that it is "not
//           seen". A new scheduled task (EID 4698) may be months away, so its absence never proves
//           anything; that of its whole channel does.
// MEMORY    counters, a few examples, the latest kRemembered records as hashes.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "harness/io/framer.h"
#include "harness/io/plugin.h"
#include "harness/io/record_stats.h"
#include "harness/verify/clock_stats.h"
#include "harness/verify/effective_config.h"
#include "harness/verify/field_stats.h"
#include "harness/verify/issue.h"

namespace c2watch::harness {

// 8: a host that made only one such event an hour would stay silent that long once in 3,000 times,
// and Windows makes many more.
inline constexpr std::size_t kEnoughHostHours = 8;

enum class Ability {
  works,
  partly,   // something that it uses is missing or damaged
  unshown,  // what it lives on was not seen, in a sample too short to say more
  cannot,
};
std::string_view ability_name(Ability ability);

struct DetectorAbility {
  std::string detector = {};
  Ability ability = Ability::works;
  std::vector<std::string> because = {};  // the gravest first; also what was not seen
};

struct Arrival {
  std::uint32_t event_id = 0;
  std::string channel;
  std::string provider;
  std::uint64_t count = 0;
  std::uint64_t unreadable = 0;  // to the plugin
};

struct Checkup {
  std::uint64_t records = 0;
  std::uint64_t not_inspected = 0;  // readable to the plugin, in a shape that the judge cannot read
  std::size_t hosts = 0;
  std::size_t host_hours = 0;  // Clocks::host_hours()
  std::optional<std::int64_t> first_us;
  std::optional<std::int64_t> last_us;
  std::uint64_t out_of_order = 0;
  std::int64_t lateness_seconds = 0;                        // Clocks::lateness_seconds()
  std::vector<std::pair<WireShape, std::uint64_t>> shapes;  // the commonest first
  std::uint64_t wrapped = 0;                                // behind a header, as in syslog
  std::vector<Arrival> arrivals;  // what detectors ask for, and the commonest others
  std::uint64_t other_arrivals = 0;
  Tally tally;
  std::vector<DetectorAbility> detectors;
  std::vector<Fault> faults;  // the gravest first

  bool all_work() const;  // works or partly
};

class Doctor {
 public:
  static constexpr std::size_t kRemembered = 65'536;
  static constexpr std::size_t kMaxKinds = 1'000;  // of (event id, channel, provider)

  Doctor(const Plugin& plugin, Engine& engine, const EffectiveConfig& config);

  void begin_member(std::string_view name);
  void record(std::string_view bytes, std::uint64_t offset);
  void junk(Junk why, std::string_view line, std::uint64_t offset);
  std::uint64_t records() const { return records_; }

  Checkup checkup() const;

 private:
  using KindKey = std::tuple<std::uint32_t, std::string, std::string>;
  struct KindCount {
    std::uint64_t count = 0;
    std::uint64_t unreadable = 0;
  };
  struct Cut {  // broken records of the same length were cut there
    std::map<std::size_t, std::uint64_t> lengths;
    std::uint64_t broken = 0;
  };

  void inspect(const SeenEvent& e, const Place& place, bool plugin_read_it, std::string_view bytes);
  void note_identity(const SeenEvent& e, const Place& place, std::string_view bytes);
  void note_destination(const SeenEvent& e, const Place& place);
  Collector collector() const;
  std::uint64_t arrived(std::uint32_t event_id) const;
  std::uint64_t of_channel(std::string_view channel) const;

  std::vector<Fault> all_faults() const;
  void identity_faults(std::vector<Fault>& out) const;
  void unreadable_faults(std::vector<Fault>& out) const;
  void destination_faults(std::vector<Fault>& out) const;
  void absence_faults(std::vector<Fault>& out) const;
  bool proves_absence(std::uint32_t event_id) const;
  bool is_served(const DetectorNeed& need, std::uint32_t event_id) const;
  bool has_channel_of(std::uint32_t event_id) const;
  std::string sample_text(bool of_sysmon) const;
  DetectorAbility ability_of(const DetectorNeed& need, const std::vector<Fault>& faults) const;

  const Plugin& plugin_;
  Engine& engine_;
  std::vector<DetectorNeed> needs_;
  double lateness_setting_ = 0;
  std::vector<std::string> excluded_networks_;

  std::string member_;
  std::uint64_t previous_end_ = 0;  // of the record or junk before, in this member
  std::uint64_t records_ = 0;
  std::uint64_t not_inspected_ = 0;
  std::uint64_t wrapped_ = 0;
  Tally tally_;
  FieldBook fields_;
  Clocks clocks_;
  std::map<KindKey, KindCount> kinds_;
  std::uint64_t other_kinds_ = 0;
  std::map<WireShape, std::uint64_t> shapes_;
  std::map<std::uint32_t, KindCount> wanted_;  // by what needs call it
  std::optional<std::int64_t> first_us_;
  std::optional<std::int64_t> last_us_;
  Cut cut_;

  std::uint64_t inspected_ = 0;
  Fault no_record_id_, no_host_, no_channel_, repeated_;
  std::map<std::string, std::set<std::string>> host_names_;  // short name -> names
  std::deque<std::uint64_t> remembered_order_;
  std::unordered_set<std::uint64_t> remembered_;
  std::uint64_t outgoing_ = 0;
  std::uint64_t outgoing_inside_ = 0;
  std::map<std::string, std::uint64_t> inside_destinations_;
};

}  // namespace c2watch::harness
