// Golden cases: telemetry and config in, findings out, byte for byte, through the C door.
//
// fixtures/cases/<case>/ holds input.*, config.json and expected.jsonl; a case's README line is in
// fixtures/README.md. scripts/update_golden.sh writes expected.jsonl anew: read the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/io/plugin.h"
#include "harness/io/source.h"
#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(C2WATCH_FIXTURES "/cases"))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Feed final : public SourceSink {
 public:
  explicit Feed(Engine& engine) : engine_(engine) {}
  void begin_file(std::string_view) override {}
  void record(std::string_view bytes, std::uint64_t) override {
    unreadable += engine_.observe(bytes).record >= C2WATCH_RECORD_EMPTY;
  }
  void non_record(NonRecord, std::string_view, std::uint64_t) override { ++unreadable; }
  void on_error(std::string_view why) override { ADD_FAILURE() << why; }
  int unreadable = 0;

 private:
  Engine& engine_;
};

// The version changes with every release, and a finding does not.
std::string without_version(const std::string& line) {
  ordered_json finding = ordered_json::parse(line);
  finding.erase("plugin_version");
  return finding.dump();
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, RaisesTheSameFindings) {
  const fs::path folder = fs::path(C2WATCH_FIXTURES "/cases") / GetParam();
  std::string input;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().stem() == "input") input = entry.path().string();
  ASSERT_FALSE(input.empty()) << "no input.* in " << folder;

  const Result<Plugin> plugin = Plugin::load(C2WATCH_BUILD "/lib/libc2watch.so");
  ASSERT_TRUE(plugin) << plugin.error();
  Result<Engine> engine = plugin->open(slurp((folder / "config.json").string()));
  ASSERT_TRUE(engine) << engine.error();
  Feed feed(*engine);
  SourceReader reader(feed);
  ASSERT_TRUE(reader.read(input)) << reader.error();
  EXPECT_EQ(feed.unreadable, 0);

  std::string got;
  for (const std::string& line : engine->findings()) got += without_version(line) + "\n";
  const std::string expected = (folder / "expected.jsonl").string();
  if (std::getenv("C2WATCH_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << got;
  EXPECT_EQ(got, slurp(expected));
}

INSTANTIATE_TEST_SUITE_P(, GoldenTest, testing::ValuesIn(case_names()),
                         [](const auto& p) { return p.param; });

}  // namespace
}  // namespace c2watch::harness
