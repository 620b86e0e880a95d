// The Task XML of a scheduled task, as event 4698 carries it in TaskContent.
//
//   std::optional<TaskDefinition> task = read_task_xml(event.task_content);
//   if (task) for (const TaskAction& a : task->actions) judge_command(a.command, a.arguments);
//
// Escaping left over by collectors (&lt;Task, &amp;lt;Task) is undone, the declared encoding
// ("UTF-16") is ignored because the text is UTF-8 by now, namespaces and prefixes do not matter,
// and a DOCTYPE is never expanded.
//
// COST      1 to 5 us for a task of ordinary size.
// MEMORY    the parser's tree for the time of the call: about four times the text.
// THREADS   a pure function.
// BLIND SPOTS  what a COM handler does: only its class id stands in the XML.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::analytics {

// 32: the most actions that the Task Scheduler accepts.
inline constexpr std::size_t kMaxTaskActions = 32;

struct TaskAction {
  std::string command;    // Exec/Command as written: "%systemroot%\...", quotes and all
  std::string arguments;  // Exec/Arguments
  std::string class_id;   // ComHandler/ClassId; then command is empty
};

struct TaskDefinition {
  std::vector<TaskAction> actions;
  bool hidden = false;  // Settings/Hidden: hides the task in the console, not the window
  std::string author;   // RegistrationInfo/Author
  std::string user_id;  // Principal/UserId
};

// nullopt when there is no readable <Task> element.
std::optional<TaskDefinition> read_task_xml(std::string_view content);

}  // namespace c2watch::analytics
