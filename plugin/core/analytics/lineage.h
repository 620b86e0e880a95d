// Lineage: what EID 1 said about a process, for those who meet it later in EID 3 and EID 22.
//
//   lineage.observe(event);                                     // every EID 1
//   if (const auto p = lineage.find(event.computer, event.process_guid)) {
//     if (p->suspicious()) for (const std::string& r : reasons(*p)) finding.reasons.push_back(r);
//   }
//
// One Lineage belongs to the engine. The engine feeds it each process_create *before* the analytics
// see the event, and hands it to their constructors by reference; an analytic never calls
// observe().
//
// A process knows its origins even when its parent's own EID 1 was never seen, because EID 1
// carries the parent's image and command line. Origins are inherited: a powershell.exe below a
// cmd.exe that the Task Scheduler started is the Task Scheduler's, up to any depth that arrived in
// order.
//
// COST      observe() 0.6 us for a process that is new, more for long PowerShell lines; find()
//           0.2 us when it misses the cache. find() does not allocate.
// MEMORY    at most `processes` entries of about 100 bytes, and `text_bytes` of names and command
//           lines (command lines only of script engines, LOLBins and the Task Scheduler's children,
//           cut at kMaxCommandLine). Names are shared. Beyond: whole processes are forgotten, those
//           first that nobody asked for (BoundedTable), and counted.
// THREADS   none. One engine owns one Lineage.
// TIMES     created is time_created: the only time that may be compared with other event ids.
// BLIND SPOTS  processes that started before us; EID 1 that arrives after the EID 3 it explains;
//           a parent that was not the creator (PPID spoofing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/command_line.h"
#include "core/analytics/process_guid.h"
#include "core/model/event.h"
#include "core/model/result.h"
#include "core/state/bounded_table.h"
#include "core/state/hash.h"
#include "core/state/interner.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

struct LineageSettings {
  // 64 .. 16,777,216. 32,768: half an hour of 200 hosts at five starts a minute each; processes
  // that come back to the network stay longer.
  std::size_t processes = 32'768;

  // 64 KiB .. 4 GiB, and at least 128 bytes a process: the least that the names' own entries and
  // index need. 16 MiB: 512 bytes a process; ordinary ones share their names and need 0.
  std::size_t text_bytes = std::size_t{16} << 20;
};

// The settings, or a sentence that names the one that is out of range.
Result<LineageSettings> checked(LineageSettings settings);

// 512 bytes of a command line are kept: enough to recognise it in a finding; its intent was judged
// from all of it.
inline constexpr std::size_t kMaxCommandLine = 512;

enum class Origin : std::uint8_t {
  scheduler,  // started by the Task Scheduler: svchost.exe ... -s Schedule, taskeng, taskhostw
  maybe_scheduler,  // svchost.exe -k netsvcs without -s: Windows before 1703 shares that process
  office,           // started by an Office program
  script,           // started by a script host: wscript, mshta, regsvr32, rundll32, ...
  hidden_parent,    // an ancestor was suspicious by its own command line
  task_program,     // below a script engine or user-folder program of the Task Scheduler
};

using Origins = std::uint8_t;
constexpr Origins origin_bit(Origin o) {
  return static_cast<Origins>(1u << static_cast<unsigned>(o));
}

// Views live until the next observe().
struct ProcessFacts {
  Time created = kNoTime;  // time_created of its EID 1
  std::uint64_t record_id = 0;
  std::uint32_t process_id = 0;
  std::string_view image;
  std::string_view command_line;  // "" when not kept
  std::string_view parent_image;
  std::string_view user;
  ProcessGuid parent;
  Intent intent;            // of its own command line; `spelled` is empty
  Origins origins = 0;      // its own and its ancestors'
  Origins own_origins = 0;  // of its direct parent only

  bool has(Origin o) const { return (origins & origin_bit(o)) != 0; }
  bool started_by(Origin o) const { return (own_origins & origin_bit(o)) != 0; }

  // Reason enough to take what this process does more seriously: it hides, decodes or downloads;
  // comes from Office, a script host or a suspicious ancestor; or comes from the Task Scheduler and
  // is a script engine, or lies in a folder that every user may write.
  bool suspicious() const;
};

// A sentence for each trait and origin.
std::vector<std::string> reasons(const ProcessFacts& facts);

// The origins that an EID 1 itself tells, from the parent's image and command line.
Origins direct_origins(std::string_view parent_image, std::string_view parent_command_line);

class Lineage {
 public:
  // `seed`: the engine's, see state/hash.h.
  Lineage(LineageSettings settings, std::uint64_t seed);

  // Other kinds, and processes without a guid, are ignored.
  void observe(const Event& event);

  // nullopt for a process whose start was not seen or is forgotten.
  std::optional<ProcessFacts> find(std::string_view computer, std::string_view process_guid);
  std::optional<ProcessFacts> find(std::string_view computer, ProcessGuid guid);

  AnalyticStats stats() const;
  std::uint64_t evictions() const { return processes_.evictions(); }

  // See Analytic::saved().
  state::SavedState& saved() { return saved_; }

 private:
  struct Entry {
    Time created = kNoTime;
    ProcessGuid parent;
    std::uint64_t record_id = 0;
    std::uint32_t process_id = 0;
    state::TextId image = state::kNullText;
    state::TextId command_line = state::kNullText;
    state::TextId parent_image = state::kNullText;
    state::TextId user = state::kNullText;
    const char* program = nullptr;  // static storage; nullptr: no script engine or LOLBin
    std::uint8_t traits = 0;
    Origins own_origins = 0;
    Origins origins = 0;
  };

  void describe_saved();
  template <class Archive>
  void entry_fields(Archive& a, Entry& entry);

  state::Hash128 key(std::string_view computer, ProcessGuid guid) const;
  void forget(Entry& entry);
  Entry describe(const Event& event, const Intent& intent) const;
  void keep_texts(Entry& entry, const Event& event, bool with_command_line);

  LineageSettings settings_;
  std::uint64_t seed_;
  state::Interner texts_;
  state::BoundedTable<Entry> processes_;
  std::uint64_t rejected_ = 0;
  state::SavedTexts saved_texts_;
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
