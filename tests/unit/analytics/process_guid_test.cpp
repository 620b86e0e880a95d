#include "core/analytics/process_guid.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace c2watch::analytics {
namespace {

struct Case {
  std::string name;
  std::string a;
  std::string b;
  bool same;

  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

class SameGuid : public testing::TestWithParam<Case> {};

TEST_P(SameGuid, Compares) {
  const Case& c = GetParam();
  EXPECT_EQ(same_guid(c.a, c.b), c.same);
  EXPECT_EQ(same_guid(c.b, c.a), c.same);
}

constexpr const char* kUpper = "{247090F2-6084-8944-2FF0-ECC5709CE3AE}";

INSTANTIATE_TEST_SUITE_P(
    , SameGuid,
    testing::Values(
        Case{"written_alike", kUpper, kUpper, true},
        Case{"older_and_newer_windows", kUpper, "{247090f2-6084-8944-2ff0-ecc5709ce3ae}", true},
        Case{"converter_without_braces", kUpper, "247090f2-6084-8944-2ff0-ecc5709ce3ae", true},
        Case{"last_digit_differs", kUpper, "{247090F2-6084-8944-2FF0-ECC5709CE3AF}", false},
        Case{"first_digit_differs", kUpper, "{347090F2-6084-8944-2FF0-ECC5709CE3AE}", false},
        Case{"two_processes_that_sysmon_never_saw_start", "{00000000-0000-0000-0000-000000000000}",
             "{00000000-0000-0000-0000-000000000000}", false},
        Case{"absent", "", "", false},
        Case{"one_brace", "{247090F2-6084-8944-2FF0-ECC5709CE3AE", kUpper, false},
        Case{"dash_misplaced", "{247090F26-084-8944-2FF0-ECC5709CE3AE}", kUpper, false},
        Case{"not_hexadecimal", "{247090G2-6084-8944-2FF0-ECC5709CE3AE}",
             "{247090G2-6084-8944-2FF0-ECC5709CE3AE}", false}),
    [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
