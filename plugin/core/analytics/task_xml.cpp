#include "core/analytics/task_xml.h"

#include <array>
#include <pugixml.hpp>

#include "core/analytics/ascii.h"
#include "core/model/limits.h"

namespace c2watch::analytics {
namespace {

// 3: Event XML escapes once, JSON renderings of it keep that, and exports of exports add another.
constexpr int kMaxEscapes = 3;

std::string undo_one_escape(std::string_view text) {
  struct Entity {
    std::string_view name;
    char letter;
  };
  constexpr std::array<Entity, 7> kEntities = {{{"&lt;", '<'},
                                                {"&gt;", '>'},
                                                {"&quot;", '"'},
                                                {"&apos;", '\''},
                                                {"&#13;", '\r'},
                                                {"&#10;", '\n'},
                                                {"&amp;", '&'}}};
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Entity* found = nullptr;
    if (text[i] == '&') {
      for (const Entity& e : kEntities) {
        if (text.substr(i).starts_with(e.name)) found = &e;
      }
    }
    if (found == nullptr) {
      plain.push_back(text[i++]);
      continue;
    }
    plain.push_back(found->letter);
    i += found->name.size();
  }
  return plain;
}

// "t:Exec" -> "Exec": prefixes are the author's choice.
std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(pugi::xml_node parent, std::string_view name) {
  for (const pugi::xml_node node : parent.children()) {
    if (local_name(node) == name) return node;
  }
  return {};
}

std::string text_of(pugi::xml_node parent, std::string_view name) {
  return std::string(trim(child(parent, name).text().get()));
}

void read_actions(pugi::xml_node actions, TaskDefinition& task) {
  for (const pugi::xml_node node : actions.children()) {
    if (task.actions.size() == kMaxTaskActions) return;
    if (local_name(node) == "Exec") {
      task.actions.push_back({text_of(node, "Command"), text_of(node, "Arguments"), ""});
    } else if (local_name(node) == "ComHandler") {
      task.actions.push_back({"", "", text_of(node, "ClassId")});
    }
  }
}

// The element that <Task begins in, without the declaration before it.
std::optional<std::string> task_element(std::string_view content) {
  std::string text(content.substr(0, kMaxRecordBytes));
  for (int escapes = 0; escapes <= kMaxEscapes; ++escapes) {
    const std::size_t declaration = text.find("<?xml");
    const std::size_t end = declaration == std::string::npos ? 0 : text.find("?>", declaration);
    if (text.find('<') != std::string::npos) {
      if (end != 0 && end != std::string::npos) text.erase(0, end + 2);
      return text;
    }
    if (text.find('&') == std::string::npos) return std::nullopt;
    text = undo_one_escape(text);
  }
  return std::nullopt;
}

}  // namespace

std::optional<TaskDefinition> read_task_xml(std::string_view content) {
  std::optional<std::string> text = task_element(content);
  if (!text) return std::nullopt;

  pugi::xml_document document;
  // A cut-off text is read as far as it goes: the action may well stand in the part that is there.
  document.load_buffer_inplace(text->data(), text->size(), pugi::parse_default,
                               pugi::encoding_utf8);
  const pugi::xml_node root = child(document, "Task");
  if (!root) return std::nullopt;

  TaskDefinition task;
  for (const pugi::xml_node node : root.children()) {
    if (local_name(node) == "Actions") read_actions(node, task);
  }
  task.hidden = ascii_equal(text_of(child(root, "Settings"), "Hidden"), "true");
  task.author = text_of(child(root, "RegistrationInfo"), "Author");
  task.user_id = text_of(child(child(root, "Principals"), "Principal"), "UserId");
  return task;
}

}  // namespace c2watch::analytics
