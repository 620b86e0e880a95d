#include "core/analytics/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing_support::process_create;

constexpr Time kNoon = Time{std::chrono::hours{12}};
constexpr std::string_view kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::string_view kSvchost = "C:\\Windows\\System32\\svchost.exe";
constexpr std::string_view kSchedule =
    "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule";

std::string guid(int n) {
  char text[64];
  std::snprintf(text, sizeof text, "{247090F2-6084-8944-2FF0-%012X}", n);
  return text;
}

class LineageTest : public testing::Test {
 protected:
  // Process `n` with the given parent; texts are literals.
  void start(int n, int parent, std::string_view image, std::string_view line,
             std::string_view parent_image = "", std::string_view parent_line = "") {
    const std::string own = guid(n);
    const std::string above = guid(parent);
    Event e = process_create(kNoon, "ws1", own, image, line);
    e.parent_process_guid = above;
    e.parent_image = parent_image;
    e.parent_command_line = parent_line;
    e.user = "CORP\\ann";
    e.record_id = static_cast<std::uint64_t>(n);
    lineage_.observe(e);
  }

  Lineage lineage_{LineageSettings{.processes = 64, .text_bytes = 1 << 20}, 7};
};

TEST_F(LineageTest, knows_what_eid_1_said) {
  start(1, 0, kPowershell, "powershell -w hidden", kSvchost, kSchedule);
  const auto p = lineage_.find("ws1", guid(1));
  ASSERT_TRUE(p);
  EXPECT_EQ(p->created, kNoon);
  EXPECT_EQ(p->record_id, 1u);
  EXPECT_EQ(p->image, kPowershell);
  EXPECT_EQ(p->command_line, "powershell -w hidden");
  EXPECT_EQ(p->parent_image, kSvchost);
  EXPECT_EQ(p->user, "CORP\\ann");
  EXPECT_EQ(p->intent.program, "powershell");
  EXPECT_TRUE(p->intent.has(Trait::hidden));
  EXPECT_TRUE(p->started_by(Origin::scheduler));
  EXPECT_TRUE(p->suspicious());
  EXPECT_THAT(reasons(*p), Contains("runs without a window"));
  EXPECT_THAT(reasons(*p), Contains("started by the Task Scheduler (svchost.exe)"));
}

TEST_F(LineageTest, finds_it_in_another_spelling_but_not_on_another_machine) {
  start(0xAB, 0, kPowershell, "powershell");
  EXPECT_TRUE(lineage_.find("ws1", "247090f2-6084-8944-2ff0-0000000000ab"));
  EXPECT_FALSE(lineage_.find("ws2", guid(0xAB)));
  EXPECT_FALSE(lineage_.find("ws1", guid(0xAC)));
  EXPECT_FALSE(lineage_.find("ws1", ""));
}

TEST_F(LineageTest, a_computer_is_the_same_in_any_case) {
  start(1, 0, kPowershell, "powershell");
  EXPECT_TRUE(lineage_.find("WS1", guid(1)));
  EXPECT_TRUE(lineage_.find("Ws1.", guid(1)));
}

TEST_F(LineageTest, ordinary_process_is_not_suspicious_and_keeps_no_command_line) {
  start(1, 0, "C:\\Windows\\explorer.exe", "explorer.exe", "C:\\Windows\\userinit.exe", "userinit");
  const auto p = lineage_.find("ws1", guid(1));
  ASSERT_TRUE(p);
  EXPECT_EQ(p->command_line, "");
  EXPECT_FALSE(p->suspicious());
  EXPECT_TRUE(reasons(*p).empty());
}

TEST_F(LineageTest, grandchild_of_the_task_scheduler) {
  start(1, 0, "C:\\Windows\\System32\\cmd.exe", "cmd /c a.cmd", kSvchost, kSchedule);
  start(2, 1, kPowershell, "powershell a.ps1", "C:\\Windows\\System32\\cmd.exe", "cmd /c a.cmd");
  const auto p = lineage_.find("ws1", guid(2));
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->has(Origin::scheduler));
  EXPECT_FALSE(p->started_by(Origin::scheduler));
  EXPECT_TRUE(p->suspicious());
}

constexpr std::string_view kEdgeUpdate =
    "C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe";

TEST_F(LineageTest, the_task_scheduler_alone_is_no_reason) {
  start(1, 0, kEdgeUpdate, "MicrosoftEdgeUpdate.exe /ua", kSvchost, kSchedule);
  start(2, 1, kEdgeUpdate, "MicrosoftEdgeUpdate.exe /c", kEdgeUpdate,
        "MicrosoftEdgeUpdate.exe /ua");
  for (const int n : {1, 2}) {
    EXPECT_TRUE(lineage_.find("ws1", guid(n))->has(Origin::scheduler)) << n;
    EXPECT_FALSE(lineage_.find("ws1", guid(n))->suspicious()) << n;
  }
}

TEST_F(LineageTest, script_engines_and_user_folders_below_the_task_scheduler) {
  start(1, 0, kPowershell, "powershell -File a.ps1", kSvchost, kSchedule);
  start(2, 0, "C:\\Users\\Public\\upd.exe", "upd.exe", kSvchost, kSchedule);
  start(3, 2, "C:\\Tools\\agent.exe", "agent.exe", "C:\\Users\\Public\\upd.exe", "upd.exe");
  start(4, 3, "C:\\Tools\\agent.exe", "agent.exe", "C:\\Tools\\agent.exe", "agent.exe");
  start(5, 0, "C:\\Tools\\agent.exe", "agent.exe", kSvchost, kSchedule);
  for (const int n : {1, 2, 3, 4}) EXPECT_TRUE(lineage_.find("ws1", guid(n))->suspicious()) << n;
  EXPECT_TRUE(lineage_.find("ws1", guid(3))->has(Origin::task_program));
  EXPECT_FALSE(lineage_.find("ws1", guid(5))->suspicious());
}

TEST_F(LineageTest, grandchild_of_a_shared_service_host_is_nobodys) {
  start(1, 0, "C:\\Windows\\System32\\cmd.exe", "cmd /c a.cmd", kSvchost, "svchost.exe -k netsvcs");
  start(2, 1, kPowershell, "powershell a.ps1");
  EXPECT_TRUE(lineage_.find("ws1", guid(1))->has(Origin::maybe_scheduler));
  EXPECT_FALSE(lineage_.find("ws1", guid(1))->suspicious());
  EXPECT_EQ(int{lineage_.find("ws1", guid(2))->origins}, 0);
}

TEST_F(LineageTest, child_of_a_process_that_hides) {
  start(1, 0, kPowershell, "powershell -w 1 -c dir");
  start(2, 1, "C:\\Windows\\System32\\curl.exe", "curl --version", kPowershell, "powershell -w 1");
  const auto p = lineage_.find("ws1", guid(2));
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->intent.suspicious());
  EXPECT_TRUE(p->has(Origin::hidden_parent));
  EXPECT_TRUE(p->suspicious());
}

TEST_F(LineageTest, parent_never_met_is_judged_by_what_the_child_tells) {
  start(2, 1, "C:\\Windows\\System32\\whoami.exe", "whoami", kPowershell, "powershell -w hidden");
  EXPECT_TRUE(lineage_.find("ws1", guid(2))->has(Origin::hidden_parent));
}

TEST_F(LineageTest, office_and_script_hosts) {
  start(1, 0, kPowershell, "powershell", "C:\\Program Files\\Office\\WINWORD.EXE",
        "winword a.docm");
  start(2, 0, kPowershell, "powershell", "C:\\Windows\\System32\\wscript.exe", "wscript a.js");
  start(3, 0, kPowershell, "powershell", "C:\\Windows\\System32\\cmd.exe", "cmd");
  EXPECT_TRUE(lineage_.find("ws1", guid(1))->started_by(Origin::office));
  EXPECT_TRUE(lineage_.find("ws1", guid(2))->started_by(Origin::script));
  EXPECT_FALSE(lineage_.find("ws1", guid(3))->suspicious());
}

TEST_F(LineageTest, delivered_twice_counts_once) {
  start(1, 0, kPowershell, "powershell -w hidden");
  start(1, 0, kPowershell, "powershell");
  EXPECT_EQ(lineage_.stats().entries, 1u);
  EXPECT_TRUE(lineage_.find("ws1", guid(1))->intent.has(Trait::hidden)) << "the first stays";
}

TEST_F(LineageTest, process_without_a_guid_is_rejected_and_counted) {
  lineage_.observe(process_create(kNoon, "ws1", "", kPowershell, "powershell"));
  lineage_.observe(process_create(kNoon, "ws1", "{00000000-0000-0000-0000-000000000000}",
                                  kPowershell, "powershell"));
  EXPECT_EQ(lineage_.stats().entries, 0u);
  EXPECT_EQ(lineage_.stats().rejected, 2u);
}

TEST_F(LineageTest, flood_of_processes_stays_in_bounds_and_spares_those_in_use) {
  start(1, 0, kPowershell, "powershell -w hidden");
  ASSERT_TRUE(lineage_.find("ws1", guid(1)));  // somebody asked: it is in use
  const std::string long_line = "powershell -c " + std::string(4000, 'x');
  for (int n = 2; n < 5000; ++n) {
    start(n, 0, kPowershell, long_line + std::to_string(n));
    ASSERT_LE(lineage_.stats().entries, 64u);
  }
  EXPECT_TRUE(lineage_.find("ws1", guid(1)));
  EXPECT_FALSE(lineage_.find("ws1", guid(2)));
  EXPECT_EQ(lineage_.stats().evictions, 4999u - 64u);
  EXPECT_LT(lineage_.stats().bytes, std::uint64_t{1} << 17) << "64 processes of 1 KiB";
}

TEST(LineageSettings, refuse_what_is_out_of_range) {
  EXPECT_TRUE(checked(LineageSettings{}));
  EXPECT_FALSE(checked({.processes = 63}));
  EXPECT_TRUE(checked({.processes = 64}));
  EXPECT_FALSE(checked({.processes = 64, .text_bytes = 65'535}));
  EXPECT_TRUE(checked({.processes = 64, .text_bytes = 65'536}));
  EXPECT_FALSE(checked({.processes = 1024, .text_bytes = 128 * 1024 - 1}));
  EXPECT_TRUE(checked({.processes = 1024, .text_bytes = 128 * 1024}));
  EXPECT_THAT(checked({.processes = 63}).error().message, HasSubstr("lineage.processes"));
}

TEST(LineageBudget, long_names_push_processes_out_before_the_memory_grows) {
  constexpr std::size_t kBudget = 64 * 1024;
  Lineage lineage({.processes = 4096, .text_bytes = kBudget}, 7);
  for (int n = 1; n < 2000; ++n) {
    const std::string g = guid(n);
    const std::string image = std::string(400, 'a') + std::to_string(n) + "\\powershell.exe";
    const std::string line = "powershell -c " + std::to_string(n) + std::string(600, 'b');
    lineage.observe(process_create(kNoon, "ws1", g, image, line));
  }
  const AnalyticStats s = lineage.stats();
  EXPECT_LT(s.entries, 100u);
  EXPECT_GT(s.entries, 10u);
  EXPECT_GT(s.evictions, 1800u);
  EXPECT_TRUE(lineage.find("ws1", guid(1999))) << "the newest is never the one to go";
}

struct OriginCase {
  std::string name, image, line;
  Origins want;
  friend void PrintTo(const OriginCase& c, std::ostream* os) { *os << c.name; }
};

class DirectOrigins : public testing::TestWithParam<OriginCase> {};

TEST_P(DirectOrigins, OfTheParent) {
  EXPECT_EQ(int{direct_origins(GetParam().image, GetParam().line)}, int{GetParam().want});
}

INSTANTIATE_TEST_SUITE_P(
    , DirectOrigins,
    testing::Values(
        OriginCase{"task_scheduler", "C:\\W\\svchost.exe", "svchost.exe -k netsvcs -p -s Schedule",
                   origin_bit(Origin::scheduler)},
        OriginCase{"written_otherwise", "c:\\w\\SVCHOST.EXE", "SVCHOST.EXE -K netsvcs -S schedule",
                   origin_bit(Origin::scheduler)},
        OriginCase{"another_service", "C:\\W\\svchost.exe", "svchost.exe -k netsvcs -p -s Winmgmt",
                   0},
        OriginCase{"service_whose_name_begins_alike", "C:\\W\\svchost.exe",
                   "svchost.exe -k netsvcs -p -s ScheduleX", 0},
        OriginCase{"before_windows_1703", "C:\\W\\svchost.exe", "svchost.exe -k netsvcs",
                   origin_bit(Origin::maybe_scheduler)},
        OriginCase{"another_group", "C:\\W\\svchost.exe", "svchost.exe -k DcomLaunch", 0},
        OriginCase{"windows_7", "C:\\W\\taskeng.exe", "taskeng.exe {1} S-1-5-18",
                   origin_bit(Origin::scheduler)},
        OriginCase{"task_host", "C:\\W\\taskhostw.exe", "taskhostw.exe",
                   origin_bit(Origin::scheduler)},
        OriginCase{"excel", "C:\\O\\EXCEL.EXE", "excel", origin_bit(Origin::office)},
        OriginCase{"name_only_ends_alike", "C:\\O\\notexcel.exe", "x", 0},
        OriginCase{"html_application", "C:\\W\\mshta.exe", "mshta a", origin_bit(Origin::script)},
        OriginCase{"unknown", "", "", 0}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
