// Doctor: looks at a sample of a stream and says which detectors can work on it, and what fixes the
// rest.
//
//   Doctor doctor(plugin, engine, config);
//   doctor.begin_file("Sysmon.evtx");
//   for (record) doctor.record(bytes, offset);
//   Diagnosis c = doctor.checkup();      // also in between
//
// Every record goes through the plugin, which says what it could read, and through the harness's own
// reader, which says what is in it. What that reader cannot read is not inspected.
//
// ABSENCE   that an event id is not there proves something only in a sample that should have had it:
//           kMinHostHours, hours in which that host did say something. Before that it is "not
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
inline constexpr std::size_t kMinHostHours = 8;

enum class DetectorStatus {
  ok,
  degraded,  // something that it uses is missing or damaged
  unknown,   // what it lives on was not seen, in a sample too short to say more
  blocked,
};
std::string_view status_name(DetectorStatus status);

struct DetectorVerdict {
  std::string detector = {};
  DetectorStatus status = DetectorStatus::ok;
  std::vector<std::string> reasons = {};  // the most severe first; also what was not seen
};

struct EventCount {
  std::uint32_t event_id = 0;
  std::string channel;
  std::string provider;
  std::uint64_t count = 0;
  std::uint64_t unreadable = 0;  // to the plugin
};

struct Diagnosis {
  std::uint64_t records = 0;
  std::uint64_t not_inspected =
      0;  // readable to the plugin, in an input format that the harness cannot read
  std::size_t hosts = 0;
  std::size_t host_hours = 0;  // ClockStats::host_hours()
  std::optional<std::int64_t> first_us;
  std::optional<std::int64_t> last_us;
  std::uint64_t out_of_order = 0;
  std::int64_t lateness_seconds = 0;  // ClockStats::lateness_seconds()
  std::vector<std::pair<InputFormat, std::uint64_t>> input_formats;  // the commonest first
  std::uint64_t wrapped = 0;             // behind a header, as in syslog
  std::vector<EventCount> event_counts;  // what detectors ask for, and the commonest others
  std::uint64_t other_events = 0;
  RecordStats record_stats;
  std::vector<DetectorVerdict> detectors;
  std::vector<Issue> issues;  // the most severe first

  bool all_work() const;  // works or partly
};

class Doctor {
 public:
  static constexpr std::size_t kRemembered = 65'536;
  static constexpr std::size_t kMaxKinds = 1'000;  // of (event id, channel, provider)

  Doctor(const Plugin& plugin, Engine& engine, const EffectiveConfig& config);

  void begin_file(std::string_view name);
  void record(std::string_view bytes, std::uint64_t offset);
  void non_record(NonRecord why, std::string_view line, std::uint64_t offset);
  std::uint64_t records() const { return records_; }

  Diagnosis diagnosis() const;

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

  void inspect(const ParsedEvent& e, const Place& place, bool plugin_read_it,
               std::string_view bytes);
  void note_identity(const ParsedEvent& e, const Place& place, std::string_view bytes);
  void note_destination(const ParsedEvent& e, const Place& place);
  CollectorKind collector() const;
  std::uint64_t arrived(std::uint32_t event_id) const;
  std::uint64_t of_channel(std::string_view channel) const;

  std::vector<Issue> all_issues() const;
  void identity_issues(std::vector<Issue>& out) const;
  void unreadable_issues(std::vector<Issue>& out) const;
  void destination_issues(std::vector<Issue>& out) const;
  void absence_issues(std::vector<Issue>& out) const;
  bool proves_absence(std::uint32_t event_id) const;
  bool is_served(const DetectorRequirements& need, std::uint32_t event_id) const;
  bool has_channel_of(std::uint32_t event_id) const;
  std::string sample_text(bool of_sysmon) const;
  DetectorVerdict status_of(const DetectorRequirements& need,
                            const std::vector<Issue>& issues) const;

  const Plugin& plugin_;
  Engine& engine_;
  std::vector<DetectorRequirements> needs_;
  double lateness_setting_ = 0;
  std::vector<std::string> excluded_networks_;

  std::string member_;
  std::uint64_t previous_end_ = 0;  // of the record or junk before, in this member
  std::uint64_t records_ = 0;
  std::uint64_t not_inspected_ = 0;
  std::uint64_t wrapped_ = 0;
  RecordStats record_stats_;
  FieldStats fields_;
  ClockStats clocks_;
  std::map<KindKey, KindCount> kinds_;
  std::uint64_t other_kinds_ = 0;
  std::map<InputFormat, std::uint64_t> input_formats_;
  std::map<std::uint32_t, KindCount> wanted_;  // by what needs call it
  std::optional<std::int64_t> first_us_;
  std::optional<std::int64_t> last_us_;
  Cut cut_;

  std::uint64_t inspected_ = 0;
  Issue no_record_id_, no_host_, no_channel_, repeated_;
  std::map<std::string, std::set<std::string>> host_names_;  // short name -> names
  std::deque<std::uint64_t> remembered_order_;
  std::unordered_set<std::uint64_t> remembered_;
  std::uint64_t outgoing_ = 0;
  std::uint64_t outgoing_inside_ = 0;
  std::map<std::string, std::uint64_t> inside_destinations_;
};

}  // namespace c2watch::harness
