// fixtures/parse: y_ must be read, as fixtures/parse/expected/ says; n_<reason>_ must be refused
// with exactly that reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "core/parse/reader.h"
#include "support/event_text.h"

namespace c2watch::parse {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(C2WATCH_FIXTURES) / "parse";

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Record {
  std::string file;

  friend void PrintTo(const Record& r, std::ostream* os) { *os << r.file; }
};

std::vector<Record> records() {
  std::vector<Record> found;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "README.md") found.push_back({name});
  }
  std::sort(found.begin(), found.end(),
            [](const Record& a, const Record& b) { return a.file < b.file; });
  return found;
}

class Fixtures : public testing::TestWithParam<Record> {};

TEST_P(Fixtures, ReadAsTheirNameSays) {
  const std::string& file = GetParam().file;
  const std::string text = contents(kFolder / file);
  Reader reader;
  Event event;
  const Unreadable why = reader.read_auto(text, event);
  if (file.starts_with("n_")) {
    EXPECT_TRUE(file.starts_with("n_" + std::string(name_of(why)) + "_")) << name_of(why);
    return;
  }
  ASSERT_TRUE(file.starts_with("y_")) << "neither y_ nor n_";
  ASSERT_EQ(name_of(why), "none");
  const fs::path expected = kFolder / "expected" / (fs::path(file).stem().string() + ".txt");
  // scripts/update_golden.sh sets this; the difference is then read in review.
  if (std::getenv("C2WATCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << testing_support::describe(event);
  }
  EXPECT_EQ(testing_support::describe(event), contents(expected));
}

INSTANTIATE_TEST_SUITE_P(, Fixtures, testing::ValuesIn(records()), [](const auto& p) {
  std::string name = p.param.file;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

TEST(FixturesFolder, HasEveryReasonButTooLarge) {
  for (int i = 1; i < kUnreadables; ++i) {
    const auto why = static_cast<Unreadable>(i);
    if (why == Unreadable::too_large) continue;  // made by reader_test, not kept as a file
    const std::string prefix = "n_" + std::string(name_of(why)) + "_";
    const auto all = records();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Record& r) {
      return r.file.starts_with(prefix);
    })) << prefix;
  }
}

}  // namespace
}  // namespace c2watch::parse
