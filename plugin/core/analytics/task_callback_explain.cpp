// Why task_callback fired or did not.
#include <algorithm>

#include "core/analytics/ascii.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"
#include "core/analytics/process_guid.h"
#include "core/analytics/task_callback.h"
#include "core/analytics/task_xml.h"

namespace c2watch::analytics {
namespace {

constexpr double kHarmlessScript = 0.5;  // a script engine that does nothing wrong so far
constexpr double kOtherProgram = 0.1;

Condition command_condition(const Intent& intent, std::string_view program) {
  const bool met = intent.suspicious();
  std::string text = "it runs " + std::string(program.empty() ? "no program" : file_name(program));
  if (met) {
    text += ", which " + list(reasons(intent));
  } else if (intent.program.empty()) {
    text += ", which is no script engine or LOLBin";
  } else {
    text += " neither hidden nor encoded, downloading or evaluating text: one of them is needed";
  }
  return {"suspicious_command",
          std::int64_t{intent.strong()},
          std::int64_t{1},
          met,
          met                      ? 1
          : intent.program.empty() ? kOtherProgram
                                   : kHarmlessScript,
          std::move(text)};
}

}  // namespace

void TaskCallback::explain(const Event& event, Explanation& x) {
  if ((mask(event.kind) & kinds()) == 0) return;
  x.host = cut(event.computer);
  if (event.kind == Kind::task_created) return explain_task(event, x);
  if (event.kind == Kind::process_create) return explain_process(event, x);
  explain_connection(event, x);
}

void TaskCallback::explain_task(const Event& event, Explanation& x) {
  x.concerned = true;
  x.task = cut(event.task_name);
  if (!known(event.time_created) || event.computer.empty())
    return x.drop("no_key", "the event has no time or no computer");
  const std::optional<TaskDefinition> task = read_task_xml(event.task_content);
  if (!task)
    return x.drop("task_content", event.task_content.empty()
                                      ? "the event has no TaskContent"
                                      : "TaskContent holds no readable <Task> element");
  Command worst;
  for (const TaskAction& action : task->actions) {
    Command command = judged(event, action.command, action.arguments);
    if (worst.program.empty() || badness(command.intent) > badness(worst.intent))
      worst = std::move(command);
  }
  x.image = worst.program;
  x.conditions.push_back(command_condition(worst.intent, worst.program));
  const bool only_hidden =
      task->hidden && settings_.report_hidden_tasks && !worst.intent.program.empty();
  if (only_hidden && !x.conditions.back().met) {
    x.conditions.back().met = true;
    x.conditions.back().text += "; but the task is hidden in the console";
  }
  x.evidence.push_back({"command", worst.program});
  x.evidence.push_back({"arguments", worst.arguments});
  if (const Key* chain = by_task_.find(task_key(event, event.task_name))) explain_chain(*chain, x);
}

void TaskCallback::explain_process(const Event& event, Explanation& x) {
  const bool schtasks = is_schtasks(event);
  const Origins origins = direct_origins(event.parent_image, event.parent_command_line);
  const Origins scheduler = origin_bit(Origin::scheduler) | origin_bit(Origin::maybe_scheduler);
  if (!schtasks && (origins & scheduler) == 0) return explain_served(event, x);
  x.image = cut(event.image);
  Command command;
  if (schtasks) {
    const std::optional<TaskCreation> task = parse_schtasks(event.command_line);
    x.concerned = true;
    if (!task)
      return x.drop("schtasks_without_tr", "this schtasks command line creates no task with /TR");
    x.task = cut(task->task_name);
    command = judged(event, task->program, task->arguments);
  } else {
    command = judged(event, event.image, split_command(event.command_line).arguments);
    // Windows' own tasks start programs all day: only what could matter is worth a word.
    if (command.intent.program.empty()) return;
    x.concerned = true;
  }
  if (!known(event.time_created) || event.computer.empty())
    return x.drop("no_key", "the event has no time or no computer");
  x.conditions.push_back(command_condition(command.intent, command.program));
  x.evidence.push_back({"command", command.program});
  x.evidence.push_back({"arguments", command.arguments});
  const Key* chain = schtasks ? by_task_.find(task_key(event, x.task)) : nullptr;
  if (chain == nullptr) chain = by_command_.find(command.key);
  if (chain != nullptr) explain_chain(*chain, x);
}

void TaskCallback::explain_served(const Event& event, Explanation& x) {
  const std::string_view server = unquoted_file_name(event.parent_image);
  if (!is_server_program(server)) return;
  const Command command = judged(event, event.image, split_command(event.command_line).arguments);
  if (command.intent.program.empty()) return;
  x.concerned = true;
  x.image = cut(event.image);
  if (!known(event.time_created) || event.computer.empty())
    return x.drop("no_key", "the event has no time or no computer");
  Condition c = command_condition(command.intent, command.program);
  c.name = "foul_for_a_server";
  c.met = is_foul_for_a_server(command.intent);
  c.share = c.met ? 1 : kHarmlessScript;
  c.text = std::string(server) + " started it: " + c.text;
  if (!c.met && command.intent.suspicious())
    c.text += "; from a server that may be its work, unless it hides it or does two such things";
  x.conditions.push_back(std::move(c));
  x.evidence.push_back({"command", command.program});
  x.evidence.push_back({"arguments", command.arguments});
}

void TaskCallback::explain_connection(const Event& event, Explanation& x) {
  if (!known(parse_process_guid(event.process_guid))) return;
  const Key* key = by_process_.find(process_key(event, event.process_guid));
  if (key == nullptr) return;  // no task started it: most connections
  x.concerned = true;
  x.image = cut(event.image);
  x.address = cut(event.destination_ip);
  x.hostname = cut(event.destination_hostname);
  x.port = event.destination_port;
  explain_chain(*key, x);
  if (event.initiated != Initiated::yes)
    return x.drop("initiated", "the connection came in, or does not say who opened it");
  if (drop_by_scope(scope_, event.destination_ip, event.destination_hostname, event.image, x))
    return;
  x.conditions.push_back({"called", true, true, true, 1, "the task's process called out"});
}

void TaskCallback::explain_chain(const Key& key, Explanation& x) const {
  const Chain* chain = chains_.find(key);
  if (chain == nullptr) return;
  if (!chain->task_name.empty()) x.task = chain->task_name;
  constexpr std::pair<Stage, std::string_view> kStages[] = {{Stage::created, "created"},
                                                            {Stage::asked, "asked"},
                                                            {Stage::ran, "ran"},
                                                            {Stage::called, "called"}};
  std::vector<std::string> seen;
  std::vector<std::string> missing;
  for (const auto& [stage, name] : kStages) (chain->has(stage) ? seen : missing).emplace_back(name);
  x.evidence.push_back({"stages", std::move(seen)});
  x.evidence.push_back({"missing_stages", std::move(missing)});
  x.evidence.push_back({"runs", static_cast<std::int64_t>(chain->runs)});
  x.evidence.push_back({"connections", static_cast<std::int64_t>(chain->connections)});
}

}  // namespace c2watch::analytics
