// task_callback: a scheduled task, or a server program, that runs something hidden which calls out.
//
//   TaskCallback detector(TaskCallbackSettings{}, scope, lineage, seed);
//   detector.observe(event, sink);   // 4698, EID 1, EID 3
//
// Four stages of one chain, and one finding that grows with them:
//
//   created   4698: the task runs a script engine or LOLBin hidden, encoded or downloading
//   asked     EID 1: schtasks.exe /Create with such a /TR
//   ran       EID 1: that command, started by the Task Scheduler; or a script engine, hidden,
//             encoded or up to two things at once, started by a server program (tomcat9.exe)
//   called    EID 3: that very process, or one that it started, connects to an address in scope
//
//   what the command does               one thing (hidden)   two and more (hidden, downloads)
//   created or asked                    medium               high
//   created or asked, ran               high                 high
//   created or asked, ran, called       critical             critical
//   ran, never seen created             low                  medium
//   ran and called, never created       medium               high
//
// The stages are joined by computer and task name (created, asked), by the command itself (ran: no
// event of the run names the task) and by ProcessGuid in any spelling (called). When quoting or
// variables keep the commands from being the same text, a run of the same program with the same
// traits joins the chain that has not run yet, and the evidence says so.
// A server program plans nothing: its chain begins with the run, and one finding holds all runs of
// one engine below one server program of one machine.
// <Hidden>true</Hidden> only hides a task in the console: with a script engine that does nothing
// suspicious it is `low`; it never makes anything worse.
//
// COST      5 ns for an EID 3 and 80 ns for an EID 1 that are not ours; 5 us for a 4698 (XML), 2 us
//           for a stage that is told.
// MEMORY    at most `max_chains` of at most 8 KiB, typically 2 KiB, and `max_processes` of 64
//           bytes. Beyond: whole chains are forgotten, those first that came only once, and
//           counted.
// THREADS   none.
// TIMES     time_created only: the stages are different event ids.
// BLIND SPOTS  COM handler tasks; scripts whose bad part lies in the file they run; tasks made on a
//           machine that does not audit "Other Object Access Events" by other means than schtasks;
//           an EID 3 that arrives before the EID 1 of its process; a task created on another
//           machine (/S): its 4698 there and its schtasks here are two findings; a server program
//           that is not listed, or that starts the engine through a visible script of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/analytics/command_line.h"
#include "core/analytics/episode.h"
#include "core/analytics/lineage.h"
#include "core/analytics/record_trail.h"
#include "core/analytics/saved_finding.h"
#include "core/analytics/scope.h"
#include "core/model/result.h"
#include "core/state/bounded_table.h"
#include "core/state/saved_state.h"

namespace c2watch::analytics {

// Programs that serve requests of strangers. Whoever makes one of them start a hidden script engine
// has most likely broken in through it.
std::vector<std::string> default_server_programs();

struct TaskCallbackSettings {
  // quiet: a chain is over after this long without a further stage. 8 days: tasks run weekly, and
  // the run of next week still belongs to the creation. re_alert: see EpisodeSettings.
  EpisodeSettings episode{.quiet = std::chrono::days{8}, .re_alert = std::chrono::hours{24}};

  // Whether a task with <Hidden>true</Hidden> that runs a script engine is told, as `low`. On: it
  // is how ATexec works, and Windows' own hidden tasks run no script engines by 4698.
  bool report_hidden_tasks = true;

  // 0 .. 64 file names, in any case. Web, application, database and mail servers of Windows; node
  // and python are absent: developers' tools on them start encoded PowerShell all day.
  std::vector<std::string> server_programs = default_server_programs();

  // 16 .. 1,000,000. 8,192: suspicious tasks, not tasks: eight on each of a thousand machines.
  std::size_t max_chains = 8192;

  // 16 .. 4,000,000. 16,384: runs of those tasks and their children that may still call out.
  std::size_t max_processes = 16'384;
};

// The settings, or a sentence that names the one that is out of range.
Result<TaskCallbackSettings> checked(TaskCallbackSettings settings);

class TaskCallback final : public Analytic {
 public:
  // Requires checked() settings. `scope` and `lineage` belong to the engine and outlive this.
  TaskCallback(TaskCallbackSettings settings, const DestinationScope& scope, Lineage& lineage,
               std::uint64_t seed);

  std::string_view name() const override { return "task_callback"; }
  KindMask kinds() const override {
    return mask(Kind::task_created) | mask(Kind::process_create) | mask(Kind::network_connect);
  }
  void observe(const Event& event, FindingSink& out) override;
  void advance(Time now, FindingSink& out) override;
  void answer(FindingSink& out) override;
  AnalyticStats stats() const override;
  std::uint64_t evictions() const override {
    return chains_.evictions() + by_task_.evictions() + by_command_.evictions() +
           by_likeness_.evictions() + by_process_.evictions();
  }
  state::SavedState& saved() override { return saved_; }
  void explain(const Event& event, Explanation& x) override;

  static constexpr std::size_t kMaxDestinations = 8;

 private:
  enum class Stage : std::uint8_t { created, asked, ran, called };

  using Key = state::Hash128;
  using Index = state::BoundedTable<Key>;  // some key -> the chain's own

  // A command that a task runs, and what it is up to.
  struct Command {
    std::string program;  // both cut, for the finding
    std::string arguments;
    Key key;  // of the whole command in its canonical spelling
    Intent intent;

    template <class Archive>
    void fields(Archive& a) {
      a(program, arguments, key);
      intent_fields(a, intent);
    }
  };

  struct Chain {
    Key self;
    std::string computer;
    std::string key_text;   // names the chain in its id: task name, or the command when unknown
    std::string task_name;  // as written; "" until 4698 or schtasks told it
    std::string creator;    // DOMAIN\name
    std::string target;     // the machine that schtasks /S named
    std::string server;     // the server program that ran it, "tomcat9.exe"; "" for a task
    Command command;
    bool task_hidden = false;
    std::uint8_t stages = 0;  // bits by Stage
    bool loosely_joined = false;
    Process process;  // of the latest run; before that, of schtasks
    std::uint64_t runs = 0;
    std::uint64_t connections = 0;
    Destination destination;
    std::vector<std::string> destinations;  // "ip port n", at most kMaxDestinations
    std::string caller;                     // the process that connected last: image, command line
    std::string caller_command_line;
    Time created_at = kNoTime;
    Time ran_at = kNoTime;
    Time called_at = kNoTime;
    RecordTrail trail;
    Episode episode;

    template <class Archive>
    void fields(Archive& a) {
      a(self, computer, key_text, task_name, creator, target, server, command, task_hidden, stages,
        loosely_joined);
      process_fields(a, process);
      a(runs, connections);
      destination_fields(a, destination);
      a(destinations, caller, caller_command_line, created_at, ran_at, called_at, trail, episode);
    }

    bool has(Stage s) const { return (stages >> static_cast<unsigned>(s) & 1u) != 0; }
    void add(Stage s) {
      stages = static_cast<std::uint8_t>(stages | 1u << static_cast<unsigned>(s));
    }
  };

  void observe_task(const Event& event, FindingSink& out);
  void observe_process(const Event& event, FindingSink& out);
  void observe_schtasks(const Event& event, FindingSink& out);
  void observe_run(const Event& event, Origins origins, FindingSink& out);
  bool observe_served(const Event& event, FindingSink& out);
  void observe_connection(const Event& event, FindingSink& out);

  void describe_saved();
  static bool is_schtasks(const Event& event);
  static int badness(const Intent& intent);
  static bool is_foul_for_a_server(const Intent& intent);
  Key task_key(const Event& event, std::string_view task_name) const;
  Command judged(const Event& event, std::string_view program, std::string_view arguments) const;
  Key likeness_key(const Event& event, const Intent& intent) const;
  Key process_key(const Event& event, std::string_view guid) const;

  Chain* chain_at(const Key& key, Time at);
  Chain* chain_through(Index& index, const Key& key, Time at);
  Chain* chain_that_ran_early(const Event& event, const Command& command);
  Chain& open_chain(const Key& key, const Event& event, std::string_view key_text);
  Chain& chain_of_task(const Event& event, std::string_view task_name, const Command& command);
  Chain* chain_of_run(const Event& event, const Command& command, bool certain);
  Chain& chain_of_server(const Event& event, std::string_view server, const Command& command);
  bool is_server_program(std::string_view file_name) const;
  void note_process(const Event& event, Chain& chain) const;
  void note_run(const Event& event, Chain& chain, FindingSink& out);
  void link(Index& index, const Key& from, const Key& chain, const Event& event);
  void tell(Chain& chain, const Event& event, FindingSink& out);
  static AlertSubject subject_of(const Chain& chain);
  static bool is_covered(const Event& event, const Chain& chain, const FindingSink& out);

  void explain_task(const Event& event, Explanation& x);
  void explain_process(const Event& event, Explanation& x);
  void explain_served(const Event& event, Explanation& x);
  void explain_connection(const Event& event, Explanation& x);
  void explain_chain(const Key& key, Explanation& x) const;

  Severity severity_of(const Chain& chain) const;
  Confidence confidence_of(const Chain& chain) const;
  std::vector<std::string> stages_of(const Chain& chain) const;
  std::vector<Evidence> evidence_of(const Chain& chain) const;
  Finding describe(const Chain& chain) const;

  TaskCallbackSettings settings_;
  const DestinationScope& scope_;
  Lineage& lineage_;
  std::uint64_t seed_;
  state::BoundedTable<Chain> chains_;
  Index by_task_;
  Index by_command_;
  Index by_likeness_;
  Index by_process_;
  Time now_ = kNoTime;
  Time swept_ = kNoTime;
  std::uint64_t rejected_ = 0;
  state::SavedState saved_;
};

}  // namespace c2watch::analytics
