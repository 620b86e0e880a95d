#include "core/engine/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/engine/setting.h"

namespace c2watch::engine {
namespace {

using testing::HasSubstr;

std::string mistakes_in(std::string_view config) {
  const auto settings = read_config(config);
  return settings ? "" : settings.error().message;
}

TEST(Config, nothing_is_the_default_profile) {
  for (const char* empty : {"", "  \n", "{}", R"({"extends": "default"})"}) {
    const auto settings = read_config(empty);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->profile, Profile::standard);
    for (const Setting& s : all_settings())
      EXPECT_EQ(s.value.get(*settings), s.value.get(profile_settings(Profile::standard))) << s.path;
  }
}

TEST(Config, what_it_says_replaces_what_it_extends) {
  const auto settings = read_config(R"({
    // the laboratory's clocks are a mess
    "extends": "lab",
    "max_future_seconds": 3600,
    "repeats": {"drop": false}
  })");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->profile, Profile::lab);
  EXPECT_EQ(settings->max_future, std::chrono::hours{1});
  EXPECT_FALSE(settings->drop_repeats);
  EXPECT_EQ(settings->repeats.window_records, SeenRecordsSettings{}.window_records);
}

TEST(Config, the_profile_counts_wherever_it_is_written) {
  const auto settings = read_config(R"({"repeats": {"drop": true}, "extends": "seed"})");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_TRUE(settings->drop_repeats);
  EXPECT_EQ(settings->profile, Profile::seed);
}

struct Mistake {
  const char* name;
  const char* config;
  const char* message;

  friend void PrintTo(const Mistake& m, std::ostream* os) { *os << m.name; }
};

class ConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistake, is_answered_with_place_and_remedy) {
  EXPECT_EQ(mistakes_in(GetParam().config), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    , ConfigMistake,
    testing::Values(
        Mistake{"a_misspelt_setting", "{\n  \"lateness_secconds\": 5}",
                "config:2:3: lateness_secconds: no such setting; did you mean "
                "\"lateness_seconds\"?"},
        Mistake{"a_misspelt_setting_in_a_group", "{\"repeats\": {\n  \"dorp\": true}}",
                "config:2:3: repeats.dorp: no such setting; did you mean \"drop\"?"},
        Mistake{"a_name_that_draws_on_a_terminal",
                R"({"output": {"\u001b[2J\u202exxxxxxxx\u007f": 1}})",
                "config:1:13: output.\\u001b[2J\\u202exxxxxxxx\\u007f: no such setting; "
                "there are \"format\""},
        Mistake{"nothing_like_any_setting", "{\"output\": {\"xxxxxxxxxxxx\": 1}}",
                "config:1:13: output.xxxxxxxxxxxx: no such setting; there are \"format\""},
        Mistake{"text_for_a_number", "{\"lateness_seconds\": \"300\"}",
                "config:1:2: lateness_seconds: must be a number of seconds, not text"},
        Mistake{"a_fraction_for_a_whole_number", "{\"repeats\": {\"max_streams\": 20.5}}",
                "config:1:14: repeats.max_streams: must be a whole number of computers times "
                "channels, not a number"},
        Mistake{"a_number_for_a_switch", "{\"repeats\": {\"drop\": 1}}",
                "config:1:14: repeats.drop: must be true or false, not a whole number"},
        Mistake{"below_the_range", "{\"max_future_seconds\": -1}",
                "config:1:2: max_future_seconds: -1 is out of range; must be 0 to 86400 seconds"},
        Mistake{
            "above_the_range", "{\"max_future_seconds\": 86401}",
            "config:1:2: max_future_seconds: 86401 is out of range; must be 0 to 86400 seconds"},
        Mistake{"no_such_choice", "{\"output\": {\"format\": \"xml\"}}",
                "config:1:13: output.format: must be one of \"native\", \"ocsf\", \"ecs\", "
                "\"sumo\""},
        Mistake{"no_such_profile", "{\"extends\": \"production\"}",
                "config:1:2: extends: must be one of \"default\", \"seed\", \"lab\""},
        Mistake{"a_group_that_is_no_object", "{\"repeats\": true}",
                "config:1:2: repeats: must be an object, {...}, not true or false"},
        Mistake{"not_an_object_at_all", "[]", "config:1:1: must be an object, {...}"},
        Mistake{"an_entry_without_a_reason", R"({"allowlist": [{"domain": "x.org"}]})",
                "config:1:16: allowlist[0]: needs a \"reason\": whoever reads it next year will "
                "ask"},
        Mistake{"an_entry_for_everything", R"({"allowlist": [{"reason": "why not"}]})",
                "config:1:16: allowlist[0]: names nothing to allow; give at least one of "
                "\"domain\", \"process\", \"host\", \"cidr\", \"task\""},
        Mistake{"a_network_that_is_none",
                R"({"allowlist": [{"cidr": "10.0.0.0/33", "reason": "r"}]})",
                "config:1:17: allowlist[0].cidr: \"10.0.0.0/33\" is neither an address nor a "
                "range like \"192.0.2.0/24\" or \"2001:db8::/32\""},
        Mistake{"a_day_that_does_not_exist",
                R"({"allowlist": [{"host": "h", "reason": "r", "expires": "2026-02-30"}]})",
                "config:1:45: allowlist[0].expires: must be the last day it holds, like "
                "\"2026-12-31\""},
        Mistake{"no_such_detector",
                R"({"allowlist": [{"host": "h", "reason": "r", "detector": "c2_prot"}]})",
                "config:1:45: allowlist[0].detector: no such detector; did you mean \"c2_port\"?"},
        Mistake{"a_time_without_a_zone",
                R"({"detectors": {"hourly_beacon": {"from": "2026-02-02T00:00:00"}}})",
                "config:1:34: detectors.hourly_beacon.from: must be a time like "
                "\"2026-02-02T00:00:00Z\", or null"},
        Mistake{"half_of_a_pair",
                "{\"detectors\": {\"hourly_beacon\": {\n \"from\": \"2026-02-02T00:00:00Z\"}}}",
                "config:2:2: detectors.hourly_beacon.from: must be given together with "
                "hourly_beacon.to, or not at all"},
        Mistake{"two_settings_that_do_not_go_together",
                "{\"detectors\": {\"dns_burst\": {\"window_seconds\": 60,\n"
                "\"lateness_seconds\": 61}}}",
                "config:2:1: detectors.dns_burst.lateness_seconds: 0 to window (1 minute)"},
        Mistake{"a_web_port",
                R"({"detectors": {"c2_port": {"ports": [{"port": 443, "reason": "TLS"}]}}})",
                "config:1:28: detectors.c2_port.ports: 443-443 holds 443, which honest programs "
                "use all day; leave it out (interval_beacon and hourly_beacon watch it)"},
        Mistake{"a_port_rule_without_a_reason",
                R"({"detectors": {"c2_port": {"ports": [{"port": 4444}]}}})",
                "config:1:38: detectors.c2_port.ports: needs a \"reason\": it is shown to the "
                "analyst"},
        Mistake{"half_a_range_of_ports",
                R"({"detectors": {"c2_port": {"ports": [{"first": 44, "reason": "r"}]}}})",
                "config:1:38: detectors.c2_port.ports: needs either \"port\", or \"first\" and "
                "\"last\""},
        Mistake{"a_port_that_cannot_be",
                R"({"detectors": {"c2_port": {"ports": [{"port": 65536, "reason": "r"}]}}})",
                "config:1:39: detectors.c2_port.ports: 65536 is out of range; must be 1 to 65535"},
        Mistake{"a_misspelt_key_of_an_entry", R"({"allowlist": [{"domian": "x.org"}]})",
                "config:1:17: allowlist[0].domian: no such key; did you mean \"domain\"?"}),
    [](const auto& p) { return std::string(p.param.name); });

TEST(Config, every_mistake_is_told_up_to_ten) {
  std::string config = "{";
  for (int i = 0; i < 12; ++i) config += "\"unheard_of_" + std::to_string(i) + "\": 1,\n";
  const std::string message = mistakes_in(config + "\"lateness_seconds\": 1}");
  EXPECT_EQ(std::ranges::count(message, '\n'), kMaxConfigMistakes - 1);
  EXPECT_THAT(message, HasSubstr("unheard_of_0"));
  EXPECT_THAT(message, HasSubstr("config:10:1: unheard_of_9"));
}

TEST(Config, an_address_in_a_list_of_networks_is_explained_at_the_list) {
  EXPECT_THAT(mistakes_in("{\"scope\": {\n\"excluded_networks\": [\"10.0.0.0/40\"]}}"),
              testing::StartsWith("config:1:2: scope: "));
}

TEST(Config, port_rules_replace_the_shipped_ones) {
  const auto settings = read_config(
      R"({"detectors": {"c2_port": {"ports": [{"first": 6000, "last": 6010, "reason": "r"},
                                               {"port": 7, "confidence": "low", "reason": "s"}]}}})");
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_EQ(settings->c2_port.ports.size(), 2u);
  EXPECT_EQ(settings->c2_port.ports[0].last, 6010);
  EXPECT_EQ(settings->c2_port.ports[0].confidence, Confidence::medium);
  EXPECT_EQ(settings->c2_port.ports[1].first, 7);
  EXPECT_EQ(settings->c2_port.ports[1].confidence, Confidence::low);
}

TEST(Config, an_entry_ends_after_its_last_day) {
  const auto settings =
      read_config(R"({"allowlist": [{"host": "h", "reason": "r", "expires": "2026-12-31"}]})");
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_EQ(settings->allowlist.size(), 1u);
  EXPECT_EQ(settings->allowlist[0].ends,
            Time{std::chrono::sys_days{std::chrono::year{2027} / 1 / 1}});
  EXPECT_EQ(last_day(settings->allowlist[0]), "2026-12-31");
}

TEST(SettingsTable, is_sound) {
  std::set<std::string_view> paths;
  for (const Setting& s : all_settings()) {
    EXPECT_TRUE(paths.insert(s.path).second) << s.path << " twice";
    EXPECT_FALSE(s.description.empty() || s.reason.empty()) << s.path;
    for (const Profile p : {Profile::standard, Profile::seed, Profile::lab}) {
      const nlohmann::json value = s.value.get(profile_settings(p));
      const auto expect_in_range = [&](const nlohmann::json& number) {
        EXPECT_GE(number.get<double>(), s.range.least) << s.path;
        EXPECT_LE(number.get<double>(), s.range.most) << s.path;
      };
      if (value.is_number()) expect_in_range(value);
      if (s.value.type == SettingType::integer_list)
        for (const nlohmann::json& item : value) expect_in_range(item);
    }
  }
}

// Fingerprints of checkpoints were made of one form, and are made of the other now.
TEST(SettingsTable, both_ways_of_writing_a_value_agree) {
  for (const Profile profile : {Profile::standard, Profile::seed, Profile::lab}) {
    const EngineSettings settings = profile_settings(profile);
    for (const Setting& s : all_settings()) {
      std::string text;
      JsonWriter w(text);
      s.value.write(settings, w);
      EXPECT_EQ(text, s.value.get(settings).dump()) << s.path;
    }
  }
}

// Both ends of every range can be written, and the next number cannot.
TEST(SettingsTable, ranges_are_what_the_reader_enforces) {
  for (const Setting& s : all_settings()) {
    if (s.value.type != SettingType::integer) continue;
    std::string open, close;
    for (std::string_view rest = s.path; !rest.empty();) {
      const auto dot = rest.find('.');
      open += "{\"" + std::string(rest.substr(0, dot)) + "\": ";
      close += "}";
      rest = dot == rest.npos ? "" : rest.substr(dot + 1);
    }
    const auto written = [&](double v) {
      return open + std::to_string(static_cast<std::int64_t>(v)) + close;
    };
    EXPECT_EQ(mistakes_in(written(s.range.least)), "") << s.path;
    EXPECT_EQ(mistakes_in(written(s.range.most)), "") << s.path;
    EXPECT_THAT(mistakes_in(written(s.range.least - 1)), HasSubstr("out of range"));
    EXPECT_THAT(mistakes_in(written(s.range.most + 1)), HasSubstr("out of range"));
  }
}

}  // namespace
}  // namespace c2watch::engine
