#include "core/analytics/process_class.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace c2watch::analytics {
namespace {

struct Case {
  std::string name;
  std::string text;
  bool by_seed;
  bool by_file_name;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class ScriptEngineTest : public testing::TestWithParam<Case> {};

TEST_P(ScriptEngineTest, IsToldApart) {
  EXPECT_EQ(names_script_engine(GetParam().text), GetParam().by_seed);
  EXPECT_EQ(is_script_engine(GetParam().text), GetParam().by_file_name);
}

INSTANTIATE_TEST_SUITE_P(
    , ScriptEngineTest,
    testing::Values(
        Case{"a_full_path", R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)", true,
             true},
        Case{"a_name_alone", "cmd.exe", true, true},
        Case{"any_case", "C:\\x\\PowerShell.EXE", true, true},
        Case{"forward_slashes", "C:/x/curl.exe", true, true},
        Case{"a_longer_name_that_ends_with_one", "C:\\x\\notcmd.exe", true, false},
        Case{"one_of_them_in_a_folder_name", "C:\\wget.exe\\tool.exe", true, false},
        Case{"more_behind_it", "cmd.exe.bak", true, false},
        Case{"another_program", "C:\\x\\svchost.exe", false, false},
        Case{"without_extension", "C:\\x\\powershell", false, false},
        Case{"another_extension", "powershell.com", false, false},
        Case{"a_cut_extension", "powershell.ex", false, false},
        Case{"something_between_name_and_extension", "powershell_ise.exe", false, false},
        Case{"an_extension_alone", ".exe", false, false},
        Case{"powershell_without_its_first_letter", "owershell.exe", false, false},
        Case{"null", "", false, false}),
    [](const auto& p) { return p.param.name; });

TEST(ScriptEngine, AllSixteenOfTheSeedAreKnown) {
  EXPECT_EQ(kScriptEngines.size(), 16u);
  for (const std::string_view name : kScriptEngines) {
    EXPECT_TRUE(names_script_engine(std::string(name) + ".exe")) << name;
    EXPECT_TRUE(is_script_engine("C:\\x\\" + std::string(name) + ".exe")) << name;
  }
}

TEST(FileName, IsWhatStandsBehindTheLastSlash) {
  EXPECT_EQ(file_name("C:\\a\\b.exe"), "b.exe");
  EXPECT_EQ(file_name("C:\\a/b.exe"), "b.exe");
  EXPECT_EQ(file_name("b.exe"), "b.exe");
  EXPECT_EQ(file_name("C:\\a\\"), "");
  EXPECT_EQ(file_name(""), "");
}

}  // namespace
}  // namespace c2watch::analytics
