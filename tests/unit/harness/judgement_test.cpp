// The judge, judged: with a fake plugin that raises a finding for every record with a certain word,
// so that telemetry and detection can fail each on its own.
#include "harness/verify/simulated_run.h"

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
  "worlds": {"w": {"title": "W", "simulate": ["--tests", "1"]}},
  "signals": [
    {"id": "process", "title": "P", "event_id": 1, "where": {"Image": {"ends_with": "\\X.EXE"}}},
    {"id": "connections", "title": "C", "event_id": 3, "where": {}, "same_process_as": "process",
     "count": {"min": 3, "max": 3}, "spacing": {"seconds": 30, "tolerance_seconds": 3}, "truth": "t"},
    {"id": "script", "title": "S", "event_id": 4104, "where": {}, "optional": true}],
  "runs": [
    {"profile": "lab", "world": "w", "findings": [
      {"detector": "fake", "within": {"signal": "connections", "events": 2, "seconds": 30}}]},
    {"profile": "seed", "world": "w", "findings": [], "also": ["fake"]}]
})";

class JudgementTest : public testing::Test {
 protected:
  Judgement judge(const std::vector<std::string>& records, std::string file = kExpectation,
                  const Truth* truth = nullptr) {
    const auto schema =
        nlohmann::json::parse(slurp(C2WATCH_SHARE "/schemas/expectation.schema.json"));
    Result<Expectation> e = parse_expectation(file, "f", schema);
    EXPECT_TRUE(e) << (e ? "" : e.error());
    Result<Judge> opened = Judge::open(*e, e->worlds[0], plugin_, {});
    EXPECT_TRUE(opened);
    for (const std::string& r : records) opened->record(r);
    return opened->finish(truth);
  }

  Plugin plugin_ = std::move(*Plugin::load(fake_plugin("good")));
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST_F(JudgementTest, AllAsExpected) {
  const Judgement j = judge(telemetry());
  EXPECT_TRUE(j.telemetry_held());
  EXPECT_EQ(j.signals[1].found, "3 events, 30.0 s apart");
  EXPECT_FALSE(j.signals[2].held);  // optional: no gap
  EXPECT_EQ(j.runs[0].outcome(), Outcome::held);
  EXPECT_EQ(j.runs[0].findings[0].found, "with connections 2 of 3, after 30 s");
  EXPECT_EQ(j.runs[1].outcome(), Outcome::held);
}

TEST_F(JudgementTest, MissingEventsAreATelemetryGapAndNoDetectionGap) {
  std::vector<std::string> records = telemetry();
  records.resize(1);  // EID 3 is not collected
  const Judgement j = judge(records);
  EXPECT_FALSE(j.telemetry_held());
  EXPECT_TRUE(j.signals[0].held);
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_EQ(j.runs[0].outcome(), Outcome::not_judged);
  EXPECT_THAT(j.runs[0].findings[0].why, HasSubstr("telemetry gap: connections"));
  EXPECT_EQ(j.runs[1].outcome(), Outcome::not_judged);  // silence proves nothing now
}

TEST_F(JudgementTest, SilentPluginIsADetectionGapAndNoTelemetryGap) {
  const Judgement j = judge(telemetry("never"));
  EXPECT_TRUE(j.telemetry_held());
  EXPECT_EQ(j.runs[0].outcome(), Outcome::failed);
  EXPECT_THAT(j.runs[0].findings[0].why, HasSubstr("expected 1, raised none"));
}

TEST_F(JudgementTest, OneEventTooLate) {
  const Judgement j = judge(telemetry("3"));
  EXPECT_EQ(j.runs[0].outcome(), Outcome::failed);
  EXPECT_THAT(j.runs[0].findings[0].why, HasSubstr("too late: expected with event 2"));
  EXPECT_THAT(j.runs[0].findings[0].why, HasSubstr("too late: expected within 30 s"));
}

TEST_F(JudgementTest, WhatNobodyExpectedIsAFailure) {
  const Judgement j =
      judge(telemetry(), replaced(kExpectation, R"("also": ["fake"])", R"("also": [])"));
  EXPECT_EQ(j.runs[0].outcome(), Outcome::held);
  EXPECT_EQ(j.runs[1].outcome(), Outcome::failed);
  EXPECT_THAT(j.runs[1].unexpected, ElementsAre("fake"));
}

TEST_F(JudgementTest, AFindingOfAnotherKindDoesNotCount) {
  const Judgement j = judge(
      telemetry(), replaced(kExpectation, R"("detector": "fake",)",
                            R"("detector": "fake", "where": {"/severity": {"equals": "low"}},)"));
  EXPECT_EQ(j.runs[0].outcome(), Outcome::failed);
  EXPECT_THAT(j.runs[0].unexpected, IsEmpty());
}

TEST_F(JudgementTest, WrongSpacingIsAGap) {
  const Judgement j = judge(telemetry(), replaced(kExpectation, R"("seconds": 30, "tolerance)",
                                                  R"("seconds": 40, "tolerance)"));
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_THAT(j.signals[1].why, HasSubstr("expected 40.0 s, give or take 3.0"));
}

TEST_F(JudgementTest, OneTooManyIsAGapAsWell) {
  const Judgement j =
      judge(telemetry(), replaced(kExpectation, R"("same_process_as": "process",)", ""));
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_EQ(j.signals[1].matches.size(), 4u);
}

TEST_F(JudgementTest, TheTruthMustNameTheSameRecords) {
  Truth truth{{"t", {{"WS-01", "c", 301}, {"WS-01", "c", 331}, {"WS-01", "c", 359}}}};
  EXPECT_TRUE(judge(telemetry(), kExpectation, &truth).telemetry_held());
  truth["t"].insert({"WS-01", "c", 400});
  const Judgement j = judge(telemetry(), kExpectation, &truth);
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_THAT(j.signals[1].why, HasSubstr("not the records that the simulator wrote for t (4)"));
}

TEST_F(JudgementTest, DistinctValuesAreCounted) {
  const std::string file =
      replaced(kExpectation, R"("truth": "t")", R"("distinct": {"field": "UtcTime", "min": 4})");
  const Judgement j = judge(telemetry(), file);
  EXPECT_TRUE(j.signals[1].gap());
  EXPECT_THAT(j.signals[1].found, HasSubstr("3 different UtcTime"));
}

TEST(ReadTruth, TakesLabelsAndSkipsTheHeader) {
  const Scratch s;
  const std::string path =
      s.write("t",
              "{\"c2sim\":\"1\"}\n"
              R"({"test":"1","signal":"1.connect","computer":"W","channel":"c","record_id":7})"
              "\n");
  const auto truth = read_truth(path);
  ASSERT_TRUE(truth);
  EXPECT_EQ(truth->size(), 1u);
  EXPECT_EQ(truth->at("1.connect").count({"W", "c", 7}), 1u);
  EXPECT_THAT(read_truth(s.write("bad", "nonsense\n")).error(), HasSubstr(":1: not a JSON object"));
  EXPECT_FALSE(read_truth(s.path("absent")));
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
