#include "core/analytics/task_callback.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/analytics/ascii.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/analytics/process_guid.h"
#include "core/analytics/spelling.h"
#include "core/analytics/task_xml.h"
#include "core/state/hash.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDetector = "task_callback";
constexpr Duration kSweepEvery = 1h;

Result<TaskCallbackSettings> refuse(std::string sentence) {
  return Error{"task_callback." + sentence};
}

// "\Updater" of 4698 and "Updater" of /TN are one task.
std::string canonical_task(std::string_view name) {
  while (name.starts_with('\\')) name.remove_prefix(1);
  return to_lower(name);
}

std::string account(std::string_view domain, std::string_view user) {
  if (domain.empty()) return cut(user);
  return cut(std::string(domain) + "\\" + std::string(user));
}

std::int64_t gap_seconds(Time from, Time to) { return seconds(to - from); }

std::string bad_server_program(std::string_view name) {
  const bool bare = name.find_first_of("\\/*?") == std::string_view::npos;
  if (bare && name.size() > 4 && ascii_ends_with(name, ".exe")) return "";
  return "server_programs: \"" + cut(name) + "\" is no file name; use one such as tomcat9.exe";
}

}  // namespace

std::vector<std::string> default_server_programs() {
  return {
      "w3wp.exe",     "httpd.exe",   "nginx.exe",    "php-cgi.exe",  "tomcat.exe",
      "tomcat7.exe",  "tomcat8.exe", "tomcat9.exe",  "tomcat10.exe", "tomcat11.exe",
      "java.exe",     "prunsrv.exe", "beasvc.exe",   "jbosssvc.exe", "ws_tomcatservice.exe",
      "sqlservr.exe", "mysqld.exe",  "postgres.exe", "oracle.exe",   "umworkerprocess.exe",
      "dns.exe",
  };
}

Result<TaskCallbackSettings> checked(TaskCallbackSettings settings) {
  if (std::string problem = problem_of(settings.episode); !problem.empty()) {
    return refuse("episode." + problem);
  }
  if (settings.server_programs.size() > 64) return refuse("server_programs: at most 64 names");
  for (const std::string& name : settings.server_programs) {
    if (std::string problem = bad_server_program(name); !problem.empty()) return refuse(problem);
  }
  if (settings.max_chains < 16 || settings.max_chains > 1'000'000) {
    return refuse("max_chains: 16 to 1000000");
  }
  if (settings.max_processes < 16 || settings.max_processes > 4'000'000) {
    return refuse("max_processes: 16 to 4000000");
  }
  return settings;
}

TaskCallback::TaskCallback(TaskCallbackSettings settings, const DestinationScope& scope,
                           Lineage& lineage, std::uint64_t seed)
    : settings_(std::move(settings)),
      scope_(scope),
      lineage_(lineage),
      seed_(seed),
      chains_(settings_.max_chains),
      by_task_(settings_.max_chains),
      by_command_(settings_.max_chains),
      by_likeness_(settings_.max_chains),
      by_process_(settings_.max_processes) {
  describe_saved();
}

void TaskCallback::describe_saved() {
  saved_.values([this](auto& a) { a(now_, swept_, rejected_); });
  saved_.table(
      chains_, [](auto& a, Chain& chain) { a(chain); },
      [](const Chain& chain) {
        return chain.destinations.size() <= kMaxDestinations && chain.trail.sane() &&
               chain.episode.open() && chain.episode.sane();
      });
  for (Index* index : {&by_task_, &by_command_, &by_likeness_, &by_process_}) {
    saved_.table(
        *index, [](auto& a, Key& chain) { a(chain); }, [](const Key&) { return true; });
  }
}

bool TaskCallback::is_schtasks(const Event& event) {
  return ascii_equal(file_name(event.image), "schtasks.exe") ||
         ascii_equal(event.original_file_name, "schtasks.exe");
}

// How much worse one command is than another: suspicious before not, then by what it does.
int TaskCallback::badness(const Intent& intent) {
  return (intent.suspicious() ? 100 : 0) + intent.strong();
}

// What a server program has no reason to start. One that merely downloads or evaluates may be doing
// its work; hiding that, or doing both at once, is not its work.
bool TaskCallback::is_foul_for_a_server(const Intent& intent) {
  const bool conceals =
      intent.has(Trait::hidden) || intent.has(Trait::encoded) || intent.has(Trait::remote_code);
  return intent.suspicious() && (conceals || intent.strong() >= 2);
}

void TaskCallback::observe(const Event& event, FindingSink& out) {
  const bool asked_for = (kinds() & mask(event.kind)) != 0;
  if (!asked_for) return;
  if (!known(event.time_created) || event.computer.empty()) {
    ++rejected_;
    return;
  }
  now_ = std::max(now_, event.time_created);
  if (event.kind == Kind::network_connect) return observe_connection(event, out);
  if (event.kind == Kind::process_create) return observe_process(event, out);
  observe_task(event, out);
}

// ---------------------------------------------------------------------------- keys and chains

TaskCallback::Key TaskCallback::task_key(const Event& event, std::string_view task_name) const {
  return state::hash_key(seed_, {FoldedName(event.computer), "task", canonical_task(task_name)});
}

TaskCallback::Command TaskCallback::judged(const Event& event, std::string_view program,
                                           std::string_view arguments) const {
  // A task may carry all of it in <Command>.
  const SplitCommand split = split_command(program);
  std::string all(split.arguments);
  if (!all.empty() && !arguments.empty()) all += ' ';
  all += arguments;

  Command command;
  command.program = cut(split.program);
  command.arguments = cut(all);
  command.key = state::hash_key(
      seed_, {FoldedName(event.computer), "command", canonical_command(split.program, all)});
  command.intent = judge_command(split.program, all);
  return command;
}

TaskCallback::Key TaskCallback::likeness_key(const Event& event, const Intent& intent) const {
  const char traits = static_cast<char>(intent.traits);
  return state::hash_key(seed_, {FoldedName(event.computer), "like", intent.program, {&traits, 1}});
}

TaskCallback::Key TaskCallback::process_key(const Event& event, std::string_view guid) const {
  const ProcessGuid number = parse_process_guid(guid);
  return state::hash_key(seed_, {FoldedName(event.computer), state::bytes_of(number)});
}

void TaskCallback::link(Index& index, const Key& from, const Key& chain, const Event& event) {
  if (Key* there = index.touch(from)) {
    *there = chain;
    return;
  }
  index.insert(from, chain, owner_of(seed_, event), [](const Key&, Key&) {});
}

TaskCallback::Chain* TaskCallback::chain_at(const Key& key, Time at) {
  Chain* chain = chains_.touch(key);
  return chain != nullptr && chain->episode.holds(at, settings_.episode) ? chain : nullptr;
}

TaskCallback::Chain* TaskCallback::chain_through(Index& index, const Key& key, Time at) {
  const Key* chain = index.touch(key);
  return chain == nullptr ? nullptr : chain_at(*chain, at);
}

TaskCallback::Chain& TaskCallback::open_chain(const Key& key, const Event& event,
                                              std::string_view key_text) {
  Chain fresh;
  fresh.self = key;
  fresh.computer = cut(event.computer);
  fresh.key_text = cut(key_text);
  if (Chain* finished = chains_.touch(key)) return *finished = std::move(fresh);
  return chains_.insert(key, std::move(fresh), owner_of(seed_, event), [](const Key&, Chain&) {});
}

// Security and Sysmon are two channels: the run may arrive before the creation.
TaskCallback::Chain* TaskCallback::chain_that_ran_early(const Event& event,
                                                        const Command& command) {
  Chain* chain = chain_through(by_command_, command.key, event.time_created);
  return chain != nullptr && chain->task_name.empty() ? chain : nullptr;
}

TaskCallback::Chain& TaskCallback::chain_of_task(const Event& event, std::string_view task_name,
                                                 const Command& command) {
  const Time at = event.time_created;
  const Key key = task_key(event, task_name);
  Chain* chain = chain_through(by_task_, key, at);
  if (chain == nullptr) chain = chain_that_ran_early(event, command);
  if (chain == nullptr) chain = &open_chain(key, event, canonical_task(task_name));
  link(by_task_, key, chain->self, event);
  link(by_command_, command.key, chain->self, event);
  link(by_likeness_, likeness_key(event, command.intent), chain->self, event);

  // 4698 writes the whole path, schtasks what the caller typed.
  if (chain->task_name.empty() || task_name.starts_with('\\')) chain->task_name = cut(task_name);
  if (badness(command.intent) >= badness(chain->command.intent)) chain->command = command;
  if (!known(chain->created_at) || at < chain->created_at) chain->created_at = at;
  return *chain;
}

// By the command itself; else the one chain that awaits such a run; else, when the parent is the
// Task Scheduler beyond doubt, a chain whose creation nobody saw.
TaskCallback::Chain* TaskCallback::chain_of_run(const Event& event, const Command& command,
                                                bool certain) {
  const Time at = event.time_created;
  if (Chain* chain = chain_through(by_command_, command.key, at)) return chain;
  if (!command.intent.suspicious()) return nullptr;

  Chain* like = chain_through(by_likeness_, likeness_key(event, command.intent), at);
  if (like != nullptr && !like->has(Stage::ran)) {
    like->loosely_joined = true;
    link(by_command_, command.key, like->self, event);
    return like;
  }
  if (!certain) return nullptr;
  Chain& chain =
      open_chain(command.key, event, canonical_command(command.program, command.arguments));
  chain.command = command;
  link(by_command_, command.key, chain.self, event);
  return &chain;
}

// By server program and engine: whoever found the hole sends another payload with each request.
TaskCallback::Chain& TaskCallback::chain_of_server(const Event& event, std::string_view server,
                                                   const Command& command) {
  const std::string program(command.intent.program);
  const std::string name = to_lower(server);
  const Key key = state::hash_key(seed_, {FoldedName(event.computer), "server", name, program});
  Chain* chain = chain_at(key, event.time_created);
  if (chain == nullptr) {
    chain = &open_chain(key, event, name + " starts " + program);
    chain->server = cut(server);
  }
  if (badness(command.intent) >= badness(chain->command.intent)) chain->command = command;
  return *chain;
}

bool TaskCallback::is_server_program(std::string_view file_name) const {
  return std::any_of(settings_.server_programs.begin(), settings_.server_programs.end(),
                     [&](const std::string& name) { return ascii_equal(name, file_name); });
}

void TaskCallback::note_process(const Event& event, Chain& chain) const {
  chain.process = process_of(event, std::nullopt);
  chain.process.command_line = cut(event.command_line);
  chain.process.parent_image = cut(event.parent_image);
  chain.process.parent_guid = cut(event.parent_process_guid);
}

void TaskCallback::tell(Chain& chain, const Event& event, FindingSink& out) {
  chain.trail.add(event);
  const auto severity = static_cast<std::uint64_t>(severity_of(chain));
  const auto stages = static_cast<std::uint64_t>(std::popcount(chain.stages));
  const std::uint64_t growth = severity * 1024 + stages * 64 + chain.destinations.size();
  const Tell news = chain.episode.observe(event.time_created, growth, settings_.episode);
  const bool covered = out.covered(subject_of(chain)) != FindingSink::kNotCovered;
  if (news == Tell::nothing && (!chain.episode.suppressed() || covered)) return;
  chain.episode.suppressed(covered);
  out.emit(describe(chain));
}

AlertSubject TaskCallback::subject_of(const Chain& chain) {
  return {kDetector,           chain.episode.last(), chain.computer,
          chain.process.image, chain.destination.ip, chain.destination.hostname,
          chain.task_name};
}

// By an entry that names a destination. One that covers the chain as it is without is no reason to
// leave the connection out of it.
bool TaskCallback::is_covered(const Event& event, const Chain& chain, const FindingSink& out) {
  AlertSubject subject = subject_of(chain);
  subject.at = event.time_created;
  subject.ip = subject.hostname = {};
  const bool whole = out.covered(subject) != FindingSink::kNotCovered;
  subject.ip = cut_view(event.destination_ip);
  subject.hostname = cut_view(event.destination_hostname);
  return !whole && out.covered(subject) != FindingSink::kNotCovered;
}

// ---------------------------------------------------------------------------- stages

void TaskCallback::observe_task(const Event& event, FindingSink& out) {
  const std::optional<TaskDefinition> task = read_task_xml(event.task_content);
  if (!task) {
    ++rejected_;
    return;
  }
  Command worst;
  for (const TaskAction& action : task->actions) {
    Command command = judged(event, action.command, action.arguments);
    const bool worse = badness(command.intent) > badness(worst.intent);
    if (worst.program.empty() || worse) worst = std::move(command);
  }
  const bool only_hidden =
      task->hidden && settings_.report_hidden_tasks && !worst.intent.program.empty();
  if (!worst.intent.suspicious() && !only_hidden) return;

  Chain& chain = chain_of_task(event, event.task_name, worst);
  chain.add(Stage::created);
  chain.task_hidden = task->hidden;
  chain.creator = account(event.subject_domain_name, event.subject_user_name);
  tell(chain, event, out);
}

void TaskCallback::observe_process(const Event& event, FindingSink& out) {
  if (is_schtasks(event)) return observe_schtasks(event, out);
  const Origins origins = direct_origins(event.parent_image, event.parent_command_line);
  const Origins scheduler = origin_bit(Origin::scheduler) | origin_bit(Origin::maybe_scheduler);
  if ((origins & scheduler) != 0) return observe_run(event, origins, out);
  if (observe_served(event, out)) return;

  // A child of a run belongs to it: it may be the one that calls out.
  if (by_process_.size() == 0 || !known(parse_process_guid(event.parent_process_guid))) return;
  const Key* chain = by_process_.touch(process_key(event, event.parent_process_guid));
  if (chain == nullptr || !known(parse_process_guid(event.process_guid))) return;
  link(by_process_, process_key(event, event.process_guid), Key(*chain), event);
}

void TaskCallback::observe_schtasks(const Event& event, FindingSink& out) {
  const std::optional<TaskCreation> task = parse_schtasks(event.command_line);
  if (!task) return;
  const Command command = judged(event, task->program, task->arguments);
  if (!command.intent.suspicious()) return;

  Chain& chain = chain_of_task(event, task->task_name, command);
  chain.add(Stage::asked);
  chain.target = cut(task->computer);
  if (chain.creator.empty()) chain.creator = cut(event.user);
  if (!chain.has(Stage::ran)) note_process(event, chain);
  tell(chain, event, out);
}

void TaskCallback::observe_run(const Event& event, Origins origins, FindingSink& out) {
  const Command command = judged(event, event.image, split_command(event.command_line).arguments);
  const bool certain = (origins & origin_bit(Origin::scheduler)) != 0;
  Chain* chain = chain_of_run(event, command, certain);
  if (chain == nullptr) return;

  note_run(event, *chain, out);
}

// False for anything that is no news.
bool TaskCallback::observe_served(const Event& event, FindingSink& out) {
  const std::string_view server = unquoted_file_name(event.parent_image);
  if (!is_server_program(server)) return false;
  const Command command = judged(event, event.image, split_command(event.command_line).arguments);
  if (!is_foul_for_a_server(command.intent)) return false;
  note_run(event, chain_of_server(event, server, command), out);
  return true;
}

void TaskCallback::note_run(const Event& event, Chain& chain, FindingSink& out) {
  chain.add(Stage::ran);
  chain.ran_at = event.time_created;
  ++chain.runs;
  note_process(event, chain);
  if (known(parse_process_guid(event.process_guid))) {
    link(by_process_, process_key(event, event.process_guid), chain.self, event);
  }
  tell(chain, event, out);
}

void TaskCallback::observe_connection(const Event& event, FindingSink& out) {
  if (by_process_.size() == 0 || event.initiated != Initiated::yes) return;
  if (!known(parse_process_guid(event.process_guid))) return;
  Chain* chain =
      chain_through(by_process_, process_key(event, event.process_guid), event.time_created);
  if (chain == nullptr) return;
  if (!scope_.contains(event.destination_ip, event.destination_hostname, event.image)) return;

  if (is_covered(event, *chain, out)) return;

  chain->add(Stage::called);
  chain->called_at = event.time_created;
  chain->caller = cut(event.image);
  const std::optional<ProcessFacts> facts = lineage_.find(event.computer, event.process_guid);
  chain->caller_command_line = facts ? std::string(facts->command_line) : std::string();
  ++chain->connections;
  chain->destination.ip = cut(event.destination_ip);
  chain->destination.hostname = cut(event.destination_hostname);
  chain->destination.port = event.destination_port;
  const std::string address = std::string(FoldedAddress(chain->destination.ip)) + " port " +
                              std::to_string(chain->destination.port);
  const bool new_one = std::find(chain->destinations.begin(), chain->destinations.end(), address) ==
                       chain->destinations.end();
  if (new_one && chain->destinations.size() < kMaxDestinations) {
    chain->destinations.push_back(address);
  }
  tell(*chain, event, out);
}

// ---------------------------------------------------------------------------- findings

Severity TaskCallback::severity_of(const Chain& chain) const {
  const Intent& intent = chain.command.intent;
  const bool planned = chain.has(Stage::created) || chain.has(Stage::asked);
  const bool ran = chain.has(Stage::ran);
  const bool called = chain.has(Stage::called);
  if (!intent.suspicious()) return called ? Severity::medium : Severity::low;

  const bool much = intent.strong() >= 2;
  if (!planned) {
    if (called) return much ? Severity::high : Severity::medium;
    return much ? Severity::medium : Severity::low;
  }
  if (called) return Severity::critical;
  return ran || much ? Severity::high : Severity::medium;
}

Confidence TaskCallback::confidence_of(const Chain& chain) const {
  const Intent& intent = chain.command.intent;
  if (!intent.suspicious()) return Confidence::low;
  if (chain.loosely_joined) return Confidence::medium;
  const bool much = intent.strong() >= 2;
  if (!chain.server.empty()) {
    if (!chain.has(Stage::called)) return much ? Confidence::medium : Confidence::low;
    return much ? Confidence::high : Confidence::medium;
  }
  if (std::popcount(chain.stages) >= 3) return Confidence::high;
  return much || !chain.task_name.empty() ? Confidence::medium : Confidence::low;
}

std::vector<std::string> TaskCallback::stages_of(const Chain& chain) const {
  const std::string starter = chain.server.empty() ? "the Task Scheduler" : chain.server;
  std::vector<std::string> stages;
  if (chain.has(Stage::created)) stages.emplace_back("created (4698)");
  if (chain.has(Stage::asked)) stages.emplace_back("asked (schtasks /Create)");
  if (chain.has(Stage::ran)) stages.push_back("ran (EID 1 below " + starter + ")");
  if (chain.has(Stage::called)) stages.emplace_back("called (EID 3 of that process)");
  return stages;
}

std::vector<Evidence> TaskCallback::evidence_of(const Chain& chain) const {
  const std::vector<std::string> stages = stages_of(chain);
  std::vector<Evidence> evidence;
  if (chain.server.empty()) {
    evidence.push_back({"task_name", chain.task_name});
  } else {
    evidence.push_back({"server_program", chain.server});
  }
  evidence.push_back({"command", chain.command.program});
  evidence.push_back({"arguments", chain.command.arguments});
  evidence.push_back({"traits", reasons(chain.command.intent)});
  evidence.push_back({"stages", stages});
  evidence.push_back({"stages_seen", static_cast<std::int64_t>(stages.size())});
  if (chain.server.empty()) {
    evidence.push_back({"task_hidden", chain.task_hidden});
    evidence.push_back({"created_by", chain.creator});
  }
  evidence.push_back({"runs", static_cast<std::int64_t>(chain.runs)});
  evidence.push_back({"connections", static_cast<std::int64_t>(chain.connections)});
  evidence.push_back({"destinations", chain.destinations});
  if (!chain.target.empty()) evidence.push_back({"target_computer", chain.target});
  if (known(chain.created_at) && known(chain.ran_at)) {
    evidence.push_back({"created_to_ran_s", gap_seconds(chain.created_at, chain.ran_at)});
  }
  if (known(chain.ran_at) && known(chain.called_at)) {
    evidence.push_back({"ran_to_called_s", gap_seconds(chain.ran_at, chain.called_at)});
    evidence.push_back({"caller", chain.caller});
    evidence.push_back({"caller_command_line", chain.caller_command_line});
  }
  if (chain.has(Stage::ran) && !chain.task_name.empty()) {
    evidence.push_back({"joined_by", chain.loosely_joined ? "program and traits" : "same command"});
  }
  return evidence;
}

Finding TaskCallback::describe(const Chain& chain) const {
  const Intent& intent = chain.command.intent;
  const bool served = !chain.server.empty();
  const std::string program(intent.program.empty() ? file_name(chain.command.program)
                                                   : intent.program);
  const std::string starter = served                    ? chain.server
                              : chain.task_name.empty() ? "A scheduled task"
                                                        : "Task " + chain.task_name;
  const std::vector<std::string> stages = stages_of(chain);
  const std::string count = std::to_string(stages.size());

  Finding f;
  f.detector = kDetector;
  stamp(f, chain.episode, {FoldedName(chain.computer), chain.key_text});
  f.severity = severity_of(chain);
  f.confidence = confidence_of(chain);
  f.risk_score = std::min(100, 20 * static_cast<int>(f.severity) +
                                   4 * static_cast<int>(stages.size()) + 2 * intent.strong());
  f.title = starter + (chain.has(Stage::called) ? " ran " + program + ", which called out"
                       : chain.has(Stage::ran)  ? " ran " + program
                                                : " is to run " + program);
  f.description = starter + " on " + chain.computer + ": " + program + " " +
                  (intent.suspicious() ? "hidden, encoded or downloading"
                                       : "in a task hidden from the console") +
                  "; stages seen: " + list(stages) + ".";
  f.techniques = {served ? "T1190" : "T1053.005", "T1583.004"};
  f.host = chain.computer;
  f.process = chain.process;
  f.destination = chain.destination;
  f.evidence = evidence_of(chain);

  for (const std::string& reason : reasons(intent)) f.reasons.push_back(program + " " + reason);
  if (served) {
    f.reasons.push_back(chain.server + " serves strangers and has no reason to start such a " +
                        "process: it may have been broken into");
  }
  if (chain.task_hidden) f.reasons.push_back("the task is hidden in the console (supporting only)");
  f.reasons.push_back(count + (served ? " of 2" : " of 4") + " stages seen: " + list(stages));
  f.records = chain.trail.records(chain.computer);
  return f;
}

void TaskCallback::advance(Time now, FindingSink&) {
  now_ = std::max(now_, now);
  if (known(swept_) && now_ - swept_ < kSweepEvery) return;
  swept_ = now_;
  // A day more than `quiet`, for what a cut-off collector still delivers.
  chains_.erase_if([&](const Key&, const Chain& c) {
    return !c.episode.open() || now_ - c.episode.last() > settings_.episode.quiet + 24h;
  });
  for (Index* index : {&by_task_, &by_command_, &by_likeness_, &by_process_}) {
    index->erase_if([&](const Key&, const Key& chain) { return chains_.find(chain) == nullptr; });
  }
}

void TaskCallback::answer(FindingSink& out) {
  std::vector<Finding> open;
  chains_.for_each([&](const Key&, const Chain& chain, auto) {
    if (chain.episode.holds(now_, settings_.episode)) open.push_back(describe(chain));
  });
  emit_in_order(std::move(open), out);
}

AnalyticStats TaskCallback::stats() const {
  AnalyticStats s;
  s.entries = chains_.size();
  s.capacity = chains_.capacity();
  s.evictions = evictions();
  s.crowded_out = chains_.crowded_out();
  for (const Index* index : {&by_task_, &by_command_, &by_likeness_, &by_process_})
    s.crowded_out += index->crowded_out();
  s.rejected = rejected_;
  s.bytes = chains_.bytes() + by_task_.bytes() + by_command_.bytes() + by_likeness_.bytes() +
            by_process_.bytes();
  chains_.for_each([&](const Key&, const Chain& c, auto) {
    s.bytes += heap_bytes(c.computer) + heap_bytes(c.key_text) + heap_bytes(c.task_name) +
               heap_bytes(c.creator) + heap_bytes(c.target) + heap_bytes(c.server) +
               heap_bytes(c.command.program) + heap_bytes(c.command.arguments) +
               heap_bytes(c.process) + heap_bytes(c.destination.ip) +
               heap_bytes(c.destination.hostname) + heap_bytes(c.destinations) +
               heap_bytes(c.caller) + heap_bytes(c.caller_command_line) + c.trail.heap_bytes();
  });
  return s;
}

}  // namespace c2watch::analytics
