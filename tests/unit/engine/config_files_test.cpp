#include "config_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/engine/config_schema.h"
#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

std::string read_file(const std::string& name) {
  std::ifstream file(std::string(C2WATCH_FIXTURES) + "/config/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigFiles, are_what_the_table_says) {
  for (const auto& [name, text] : config_files())
    EXPECT_EQ(read_file(name), text) << "run scripts/update_engine_fixtures.sh and read the diff";
}

TEST(ConfigFiles, the_library_hands_out_the_published_schema) {
  EXPECT_EQ(config_schema(), read_file("schema.json"));
}

TEST(ConfigFiles, each_profile_reads_back_as_itself) {
  for (const Profile p : {Profile::standard, Profile::seed, Profile::lab}) {
    const EngineSettings want = profile_settings(p);
    const auto got = read_config(config_text(want));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->profile, p);
    for (const Setting& s : all_settings())
      EXPECT_EQ(s.value.get(*got), s.value.get(want)) << s.path;
  }
}

}  // namespace
}  // namespace c2watch::engine
