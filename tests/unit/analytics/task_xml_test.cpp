#include "core/analytics/task_xml.h"

#include <gtest/gtest.h>

#include <string>

namespace c2watch::analytics {
namespace {

const std::string kTask =
    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n"
    "<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n"
    "  <RegistrationInfo><Author>CORP\\ann</Author><URI>\\Updater</URI></RegistrationInfo>\r\n"
    "  <Settings><Hidden>false</Hidden></Settings>\r\n"
    "  <Actions Context=\"Author\">\r\n    <Exec>\r\n"
    "      <Command>%systemroot%\\powershell.exe</Command>\r\n"
    "      <Arguments>-w hidden -c \"a &amp; b &lt; c\"</Arguments>\r\n"
    "    </Exec>\r\n  </Actions>\r\n"
    "  <Principals><Principal id=\"Author\"><UserId>S-1-5-18</UserId></Principal></Principals>\r\n"
    "</Task>";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

void expect_the_task(const std::optional<TaskDefinition>& task) {
  ASSERT_TRUE(task.has_value());
  ASSERT_EQ(task->actions.size(), 1u);
  EXPECT_EQ(task->actions[0].command, "%systemroot%\\powershell.exe");
  EXPECT_EQ(task->actions[0].arguments, "-w hidden -c \"a & b < c\"");
  EXPECT_FALSE(task->hidden);
  EXPECT_EQ(task->author, "CORP\\ann");
  EXPECT_EQ(task->user_id, "S-1-5-18");
}

TEST(TaskXml, as_windows_writes_it) { expect_the_task(read_task_xml(kTask)); }

TEST(TaskXml, escaped_once_twice_and_three_times) {
  expect_the_task(read_task_xml(escaped(kTask)));
  expect_the_task(read_task_xml(escaped(escaped(kTask))));
  expect_the_task(read_task_xml(escaped(escaped(escaped(kTask)))));
  EXPECT_FALSE(read_task_xml(escaped(escaped(escaped(escaped(kTask))))));
}

TEST(TaskXml, without_declaration) {
  expect_the_task(read_task_xml(kTask.substr(kTask.find("<Task"))));
}

TEST(TaskXml, with_a_prefix) {
  const auto task = read_task_xml(
      "<t:Task xmlns:t=\"u\"><t:Actions><t:Exec><t:Command>cmd</t:Command></t:Exec></t:Actions>"
      "</t:Task>");
  ASSERT_TRUE(task && task->actions.size() == 1);
  EXPECT_EQ(task->actions[0].command, "cmd");
}

TEST(TaskXml, several_actions_keep_their_order) {
  const auto task = read_task_xml(
      "<Task><Actions><Exec><Command>a</Command></Exec><ComHandler><ClassId>{1}</ClassId>"
      "</ComHandler><Exec><Command>b</Command><Arguments>x</Arguments></Exec></Actions></Task>");
  ASSERT_TRUE(task && task->actions.size() == 3);
  EXPECT_EQ(task->actions[0].command, "a");
  EXPECT_EQ(task->actions[1].class_id, "{1}");
  EXPECT_EQ(task->actions[1].command, "");
  EXPECT_EQ(task->actions[2].command, "b");
  EXPECT_EQ(task->actions[2].arguments, "x");
}

TEST(TaskXml, more_actions_than_windows_takes) {
  std::string xml = "<Task><Actions>";
  for (int i = 0; i < 40; ++i) xml += "<Exec><Command>a</Command></Exec>";
  const auto task = read_task_xml(xml + "</Actions></Task>");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->actions.size(), kMaxTaskActions);
}

TEST(TaskXml, hidden_in_the_console) {
  const auto task = read_task_xml("<Task><Settings><Hidden>true</Hidden></Settings></Task>");
  ASSERT_TRUE(task);
  EXPECT_TRUE(task->hidden);
  EXPECT_TRUE(task->actions.empty());
}

TEST(TaskXml, name_in_another_alphabet) {
  const auto task = read_task_xml(
      "<Task><Actions><Exec><Command>C:\\Обновление\\a.exe</Command></Exec></Actions></Task>");
  ASSERT_TRUE(task && task->actions.size() == 1);
  EXPECT_EQ(task->actions[0].command, "C:\\Обновление\\a.exe");
}

TEST(TaskXml, cut_off_after_the_action) {
  const auto task = read_task_xml(
      "<Task><Actions><Exec><Command>powershell</Command><Arguments>-w hidden</Arguments></Exec>");
  ASSERT_TRUE(task && task->actions.size() == 1);
  EXPECT_EQ(task->actions[0].arguments, "-w hidden");
}

TEST(TaskXml, entities_of_a_doctype_are_not_expanded) {
  const auto task = read_task_xml(
      "<!DOCTYPE Task [<!ENTITY x \"powershell\">]><Task><Actions><Exec><Command>&x;</Command>"
      "</Exec></Actions></Task>");
  ASSERT_TRUE(task && task->actions.size() == 1);
  EXPECT_EQ(task->actions[0].command, "&x;");
}

TEST(TaskXml, no_task_at_all) {
  EXPECT_FALSE(read_task_xml(""));
  EXPECT_FALSE(read_task_xml("powershell.exe"));
  EXPECT_FALSE(read_task_xml("&&&&"));
  EXPECT_FALSE(read_task_xml("<Event/>"));
  EXPECT_FALSE(read_task_xml("<?xml"));
}

TEST(TaskXml, survives_being_cut_anywhere) {
  for (const std::string& text : {kTask, escaped(kTask)}) {
    for (std::size_t n = 0; n < text.size(); ++n) {
      if (const auto task = read_task_xml(text.substr(0, n))) {
        EXPECT_LE(task->actions.size(), 1u);
      }
    }
  }
}

}  // namespace
}  // namespace c2watch::analytics
