#include "core/engine/finding_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/engine/attack.h"
#include "core/engine/config.h"
#include "core/engine/config_text.h"
#include "sample_findings.h"
#include "support/json_schema.h"

namespace c2watch::engine {
namespace {

using nlohmann::json;
using testing_support::violations;

std::string read_fixture(const std::string& name) {
  std::ifstream file(std::string(C2WATCH_FIXTURES) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(FindingFormats, are_what_the_fixtures_show) {
  for (const auto& [name, text] : finding_files())
    EXPECT_EQ(read_fixture("findings/" + name), text)
        << name << ": run scripts/update_engine_fixtures.sh and read the diff aloud";
}

TEST(FindingFormats, a_finding_is_one_line_of_harmless_json) {
  for (const auto& [name, finding] : sample_findings()) {
    for (std::size_t i = 0; i < kFindingFormatNames.size(); ++i) {
      const std::string line = format_finding(finding, static_cast<FindingFormat>(i), "default");
      EXPECT_TRUE(json::accept(line)) << name;
      for (const char* deceiver : {"\xE2\x80\xAE", "\xE2\x80\xA8", "\x7f", "\xC2\x9b", "\xD8\x9C",
                                   "\xE2\x81\xA6", "\n", "\r", "\x1b"})
        EXPECT_EQ(line.find(deceiver), line.npos) << name << ": " << line;
    }
  }
}

TEST(FindingFormats, escaping_loses_nothing) {
  const Finding f = hostile_finding();
  const json object = json::parse(format_finding(f, FindingFormat::native, "default"));
  EXPECT_EQ(object["host"], f.host);
  EXPECT_EQ(object["process"]["image"], f.process.image);
  EXPECT_EQ(object["process"]["command_line"], f.process.command_line);
  EXPECT_EQ(object["destination"]["hostname"], f.destination.hostname);
  EXPECT_EQ(object["severity"], "critical");
}

TEST(NativeFormat, holds_to_its_published_schema) {
  const json schema = json::parse(read_fixture("schemas/finding.schema.json"));
  for (const auto& [name, finding] : sample_findings())
    EXPECT_EQ(
        violations(schema, json::parse(format_finding(finding, FindingFormat::native, "lab"))), "")
        << name;
}

// A schema that lets everything through proves nothing.
TEST(NativeFormat, the_schema_notices_what_is_missing_wrong_or_unheard_of) {
  const json schema = json::parse(read_fixture("schemas/finding.schema.json"));
  const json good = json::parse(format_finding(beacon_finding(), FindingFormat::native, "default"));
  for (const auto& [key, value] : good.items()) {
    json without = good;
    without.erase(key);
    EXPECT_NE(violations(schema, without), "") << "without " << key;
    json wrong = good;
    wrong[key] = json::array({json::object()});
    EXPECT_NE(violations(schema, wrong), "") << "wrong " << key;
  }
  json more = good;
  more["surprise"] = 1;
  EXPECT_NE(violations(schema, more), "");
  json worse = good;
  worse["severity"] = "catastrophic";
  EXPECT_NE(violations(schema, worse), "");
}

// What the class demands (required attributes and their values), from OCSF 1.3.
TEST(OcsfFormat, is_a_detection_finding) {
  for (const auto& [name, finding] : sample_findings()) {
    const json f = json::parse(format_finding(finding, FindingFormat::ocsf, "default"));
    EXPECT_EQ(f["class_uid"], 2004);
    EXPECT_EQ(f["category_uid"], 2);
    EXPECT_EQ(f["activity_id"], finding.update == 0 ? 1 : 2);
    EXPECT_EQ(f["type_uid"], 200400 + f["activity_id"].get<int>());
    EXPECT_EQ(f["severity_id"], static_cast<int>(finding.severity) + 1);
    EXPECT_EQ(f["time"], to_ms(finding.emitted_at));
    EXPECT_EQ(f["metadata"]["version"], "1.3.0");
    EXPECT_TRUE(f["metadata"]["product"]["vendor_name"].is_string());
    EXPECT_EQ(f["finding_info"]["uid"], finding.id);
    EXPECT_EQ(f["finding_info"]["title"], finding.title);
    for (const json& evidence : f["evidences"]) {
      if (!evidence.contains("process") || !evidence["process"].contains("file")) continue;
      EXPECT_TRUE(evidence["process"]["file"]["type_id"].is_number_integer());
    }
  }
}

TEST(OcsfFormat, names_technique_and_sub_technique_apart) {
  const json f = json::parse(format_finding(beacon_finding(), FindingFormat::ocsf, "default"));
  const json& attack = f["finding_info"]["attacks"][0];
  EXPECT_EQ(attack["technique"]["uid"], "T1583");
  EXPECT_EQ(attack["sub_technique"]["uid"], "T1583.004");
  EXPECT_EQ(attack["tactic"]["uid"], "TA0042");
}

TEST(EcsFormat, is_an_alert_with_the_common_names) {
  const json f = json::parse(format_finding(beacon_finding(), FindingFormat::ecs, "default"));
  EXPECT_EQ(f["event"]["kind"], "alert");
  EXPECT_EQ(f["@timestamp"], "2026-02-02T10:05:00.123Z");
  EXPECT_EQ(f["process"]["name"], "powershell.exe");
  EXPECT_EQ(f["process"]["parent"]["name"], "svchost.exe");
  EXPECT_EQ(f["user"]["domain"], "CORP");
  EXPECT_EQ(f["user"]["name"], "user306");
  EXPECT_EQ(f["destination"]["domain"], "c2.example.net");
  EXPECT_EQ(f["threat"]["technique"]["subtechnique"]["id"], (json{"T1583.004", "T1071.001"}));
}

TEST(SumoFormat, is_flat_and_can_become_a_signal) {
  for (const auto& [name, finding] : sample_findings()) {
    const json f = json::parse(format_finding(finding, FindingFormat::sumo, "default"));
    for (const auto& [key, value] : f.items())
      EXPECT_FALSE(value.is_structured()) << name << ": " << key;
    EXPECT_GE(f["normalizedSeverity"], 0);
    EXPECT_LE(f["normalizedSeverity"], 10);
    EXPECT_TRUE(f["stage"] == "Command and Control" || f["stage"] == "Persistence") << f["stage"];
  }
  const json beacon = json::parse(format_finding(beacon_finding(), FindingFormat::sumo, "default"));
  EXPECT_EQ(beacon["Ports"], "443,8443");
  EXPECT_EQ(beacon["TotalConnections"], 52);
  EXPECT_TRUE(beacon["application"].is_null());
  const json hostile =
      json::parse(format_finding(hostile_finding(), FindingFormat::sumo, "default"));
  EXPECT_EQ(hostile["severity"], "critical") << "evidence must not replace a field";
}

TEST(Attack, knows_the_techniques_that_the_design_names) {
  for (const char* id : {"T1583.004", "T1071.001", "T1071.004", "T1571", "T1053.005"})
    EXPECT_NE(technique(id), nullptr) << id;
  EXPECT_EQ(technique("T1583"), nullptr);
}

TEST(ConfigSchema, describes_the_shipped_profiles) {
  const json schema = json::parse(config_schema_text());
  for (const Profile p : {Profile::standard, Profile::seed, Profile::lab})
    EXPECT_EQ(
        violations(schema, json::parse(config_text(profile_settings(p)), nullptr, true, true)), "");
  EXPECT_NE(violations(schema, json{{"lateness_seconds", -1}}), "");
  EXPECT_NE(violations(schema, json{{"unheard_of", 1}}), "");
  EXPECT_NE(violations(schema, json{{"allowlist", {{{"reason", "names nothing"}}}}}), "");
}

}  // namespace
}  // namespace c2watch::engine
