// The verifier with exact telemetry, as the simulator writes it: with a fake plugin that raises a finding for every record with a certain word,
// so that telemetry and detection can fail each on its own.
#include "harness/verify/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The first process runs, then it connects three times, 30 s apart; the second connection raises.
std::vector<std::string> telemetry(const std::string& raise_at = "2") {
  const auto event = [](int id, const std::string& second, const std::string& guid,
                        const std::string& more) {
    return R"({"EventID":)" + std::to_string(id) +
           R"(,"Hostname":"WS-01","Channel":"c","RecordNumber":)" + std::to_string(id) + second +
           R"(,"UtcTime":"2026-03-02 08:00:)" + second + R"(.000","ProcessGuid":")" + guid +
           R"(","Image":"C:\\x.exe")" + more + "}";
  };
  std::vector<std::string> out;
  out.push_back(event(1, "00", "{AB}", ""));
  out.push_back(event(3, "01", "{ab}", raise_at == "1" ? R"(,"N":"FAKE_RAISE")" : ""));
  out.push_back(event(3, "31", "{ab}", raise_at == "2" ? R"(,"N":"FAKE_RAISE")" : ""));
  out.push_back(event(3, "59", "{ab}", raise_at == "3" ? R"(,"N":"FAKE_RAISE")" : ""));
  out.push_back(event(3, "59", "{cd}", ""));  // of another process
  return out;
}

const char* const kExpectation = R"({
  "schema": "c2watch.expectation/1", "test": 1, "name": "x", "title": "X",
  "variants": {"w": {"title": "W", "simulate": ["--tests", "1"]}},
  "signals": [
    {"id": "process", "title": "P", "event_id": 1, "where": {"Image": {"ends_with": "\\X.EXE"}}},
    {"id": "connections", "title": "C", "event_id": 3, "where": {}, "same_process_as": "process",
     "count": {"min": 3, "max": 3}, "spacing": {"seconds": 30, "tolerance_seconds": 3}, "truth": "t"},
    {"id": "script", "title": "S", "event_id": 4104, "where": {}, "optional": true}],
  "runs": [
    {"profile": "lab", "variant": "w", "findings": [
      {"detector": "fake", "within": {"signal": "connections", "events": 2, "seconds": 30}}]},
    {"profile": "seed", "variant": "w", "findings": [], "allowed": ["fake"]}]
})";

class VerifierTest : public testing::Test {
 protected:
  VariantVerdict verify(const std::vector<std::string>& records, std::string file = kExpectation,
                        const GroundTruth* truth = nullptr) {
    const auto schema =
        nlohmann::json::parse(slurp(C2WATCH_SHARE "/schemas/expectation.schema.json"));
    Result<Expectation> e = parse_expectation(file, "f", schema);
    EXPECT_TRUE(e) << (e ? "" : e.error());
    Result<Verifier> opened = Verifier::open({*e}, plugin_, {.profiles = {}, .variant = "w"});
    EXPECT_TRUE(opened);
    for (const std::string& r : records) opened->record(r);
    return opened->result(truth).tests[0].variants[0];
  }

  Plugin plugin_ = std::move(*Plugin::load(fake_plugin("good")));
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST_F(VerifierTest, AllAsExpected) {
  const VariantVerdict j = verify(telemetry());
  EXPECT_EQ(j.telemetry(), Verdict::pass);
  EXPECT_EQ(j.signals[1].found, "3 events on WS-01, 30.0 s apart");
  EXPECT_EQ(j.signals[2].verdict(), Verdict::skipped);  // optional: no gap
  EXPECT_EQ(j.runs[0].verdict(), Verdict::pass);
  EXPECT_EQ(j.runs[0].findings[0].found, "with event 2 of 3, after 30 s");
  EXPECT_EQ(j.runs[1].verdict(), Verdict::pass);
}

TEST_F(VerifierTest, MissingEventsAreATelemetryGapAndNoDetectionGap) {
  std::vector<std::string> records = telemetry();
  records.resize(1);  // EID 3 is not collected
  const VariantVerdict j = verify(records);
  EXPECT_EQ(j.telemetry(), Verdict::fail);
  EXPECT_EQ(j.signals[0].verdict(), Verdict::pass);
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_EQ(j.runs[0].verdict(), Verdict::inconclusive);
  EXPECT_EQ(j.runs[0].findings[0].cause, "telemetry_gap");
  EXPECT_THAT(j.runs[0].findings[0].detail, HasSubstr("connections (missing)"));
  EXPECT_EQ(j.runs[1].verdict(), Verdict::inconclusive);  // silence proves nothing now
}

TEST_F(VerifierTest, SilentPluginIsADetectionGapAndNoTelemetryGap) {
  const VariantVerdict j = verify(telemetry("never"));
  EXPECT_EQ(j.telemetry(), Verdict::pass);
  EXPECT_EQ(j.runs[0].verdict(), Verdict::fail);
  EXPECT_EQ(j.runs[0].findings[0].cause, "missed");
  EXPECT_THAT(j.runs[0].findings[0].detail, HasSubstr("the detector raised nothing"));
}

TEST_F(VerifierTest, OneEventTooLate) {
  const VariantVerdict j = verify(telemetry("3"));
  EXPECT_EQ(j.runs[0].verdict(), Verdict::fail);
  EXPECT_EQ(j.runs[0].findings[0].cause, "late");
  EXPECT_THAT(j.runs[0].findings[0].detail, HasSubstr("expected with event 2"));
  EXPECT_THAT(j.runs[0].findings[0].detail, HasSubstr("expected within 30 s"));
}

TEST_F(VerifierTest, WhatNobodyExpectedIsAFailure) {
  const VariantVerdict j =
      verify(telemetry(), replaced(kExpectation, R"("allowed": ["fake"])", R"("allowed": [])"));
  EXPECT_EQ(j.runs[0].verdict(), Verdict::pass);
  EXPECT_EQ(j.runs[1].verdict(), Verdict::fail);
  EXPECT_THAT(j.runs[1].unexpected, ElementsAre("fake"));
}

TEST_F(VerifierTest, AFindingOfAnotherKindDoesNotCount) {
  const VariantVerdict j = verify(
      telemetry(), replaced(kExpectation, R"("detector": "fake",)",
                            R"("detector": "fake", "where": {"/severity": {"equals": "low"}},)"));
  EXPECT_EQ(j.runs[0].verdict(), Verdict::fail);
  EXPECT_THAT(j.runs[0].unexpected, IsEmpty());
}

TEST_F(VerifierTest, WrongSpacingIsAGap) {
  const VariantVerdict j = verify(
      telemetry(),
      replaced(kExpectation, R"("seconds": 30, "tolerance)", R"("seconds": 40, "tolerance)"));
  EXPECT_TRUE(j.signals[1].gap());
  ASSERT_EQ(j.signals[1].differences.size(), 1u);
  EXPECT_EQ(j.signals[1].differences[0].expected, "40.0 s, give or take 3.0");
}

TEST_F(VerifierTest, OneTooManyIsAGapAsWell) {
  const VariantVerdict j =
      verify(telemetry(), replaced(kExpectation, R"("same_process_as": "process",)", ""));
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_EQ(j.signals[1].matches.size(), 4u);
}

TEST_F(VerifierTest, TheTruthMustNameTheSameRecords) {
  GroundTruth truth{{"t", {{"WS-01", "c", 301}, {"WS-01", "c", 331}, {"WS-01", "c", 359}}}};
  EXPECT_EQ(verify(telemetry(), kExpectation, &truth).telemetry(), Verdict::pass);
  truth["t"].insert({"WS-01", "c", 400});
  const VariantVerdict j = verify(telemetry(), kExpectation, &truth);
  EXPECT_TRUE(j.signals[1].gap());
  ASSERT_EQ(j.signals[1].differences.size(), 1u);
  EXPECT_EQ(j.signals[1].differences[0].expected, "the 4 that the simulator wrote for t");
}

TEST_F(VerifierTest, DistinctValuesAreCounted) {
  const std::string file =
      replaced(kExpectation, R"("truth": "t")", R"("distinct": {"field": "UtcTime", "min": 4})");
  const VariantVerdict j = verify(telemetry(), file);
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_THAT(j.signals[1].found, HasSubstr("3 different UtcTime"));
}

TEST(ReadGroundTruth, TakesLabelsAndSkipsTheHeader) {
  const Scratch s;
  const std::string path =
      s.write("t",
              "{\"c2sim\":\"1\"}\n"
              R"({"test":"1","signal":"1.connect","computer":"W","channel":"c","record_id":7})"
              "\n");
  const auto truth = read_ground_truth(path);
  ASSERT_TRUE(truth);
  EXPECT_EQ(truth->size(), 1u);
  EXPECT_EQ(truth->at("1.connect").count({"W", "c", 7}), 1u);
  EXPECT_THAT(read_ground_truth(s.write("bad", "nonsense\n")).error(),
              HasSubstr(":1: not a JSON object"));
  EXPECT_FALSE(read_ground_truth(s.path("absent")));
}

TEST(PluginHandshake, RefusesAnotherMajorVersion) {
  const auto plugin = Plugin::load(fake_plugin("other_major"));
  ASSERT_FALSE(plugin);
  EXPECT_THAT(plugin.error(), HasSubstr("major numbers must agree"));
}

TEST(PluginHandshake, RefusesABrokenPromise) {
  const auto plugin = Plugin::load(fake_plugin("incomplete"));
  ASSERT_FALSE(plugin);
  EXPECT_THAT(plugin.error(), HasSubstr("lacks c2watch_stats()"));
}

TEST(PluginHandshake, RefusesWhatIsNoPlugin) {
  EXPECT_FALSE(Plugin::load("libc.so.6"));
  EXPECT_FALSE(Plugin::load("/nowhere/libc2watch.so"));
}

TEST(PluginFailure, OfTheEngineEndsTheJudgement) {
  Result<Plugin> plugin = Plugin::load(fake_plugin("good"));
  ASSERT_TRUE(plugin);
  Result<Engine> engine = plugin->open("{}");
  ASSERT_TRUE(engine);
  EXPECT_THROW(engine->observe("{\"FAKE_FAIL\":1}"), PluginFailure);
}

}  // namespace
}  // namespace c2watch::harness
