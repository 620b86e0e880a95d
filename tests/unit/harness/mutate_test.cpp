// c2watch mutate: the shipped matrix holds, and one that does not is noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// One attack and one mutation; `expected` is what the mutation must still raise.
std::string plan(const std::string& change, const std::string& expected) {
  return R"({"schema": "c2watch.mutations/1", "scenarios": [{"name": "ports", "title": "ports",
    "profile": "default", "simulate": {"scenario": "atomic-remote", "tests": "3"},
    "fires": ["c2_port"],
    "mutations": [{"name": "m", "title": "m", "simulate": )" +
         change + R"(, "fires": )" + expected + "}]}]}";
}

TEST(Mutate, TheShippedMatrixHolds) {
  const ProgramResult r = run_bench({"mutate", "--format", "json"});
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  const json report = json::parse(r.out);
  std::size_t silenced = 0;
  for (const json& s : report["scenarios"]) {
    EXPECT_FALSE(s["mutations"][0]["fired"].empty()) << "an attack that nobody sees is no scenario";
    for (const json& m : s["mutations"]) {
      EXPECT_TRUE(m["gained"].empty()) << m.dump() << ": enter it into the matrix";
      const bool loses = m["fired"].size() < s["mutations"][0]["fired"].size();
      EXPECT_EQ(loses, m["reason"] != "") << "a silenced detector has its reason: " << m.dump();
      silenced += loses;
    }
  }
  EXPECT_GT(silenced, 5u) << "evasions that evade nothing";
}

TEST(Mutate, ADetectorThatIsLostIsARegression) {
  const Scratch s;
  const auto file = s.write("plan", plan(R"({"port": "443"})", R"(["c2_port"])"));
  const ProgramResult r = run_bench({"mutate", "--plan", file, "--format", "json"});
  EXPECT_EQ(r.code, 1) << r.out << r.err;
  EXPECT_EQ(json::parse(r.out)["regressions"], 1);
  EXPECT_EQ(json::parse(r.out)["scenarios"][0]["mutations"][1]["lost"], json({"c2_port"}));
}

TEST(Mutate, ADetectorThatIsGainedIsNone) {
  const Scratch s;
  const auto file = s.write("plan", plan(R"({"addresses": "3"})", "[]"));
  const ProgramResult r = run_bench({"mutate", "--plan", file});
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_THAT(r.out, HasSubstr("new"));
}

TEST(Mutate, AMistakeInThePlanIsNamedWithItsPlace) {
  const Scratch s;
  const auto file = s.write("plan.json", plan("{\"port\": 443}", "[]"));
  const ProgramResult r = run_bench({"mutate", "--plan", file});
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("plan.json:4:60: /scenarios/0/mutations/0/simulate/port"));
}

TEST(Mutate, AnOptionThatTheSimulatorDoesNotHaveIsAnInputError) {
  const Scratch s;
  const ProgramResult r =
      run_bench({"mutate", "--plan", s.write("plan", plan(R"({"invisible": "yes"})", "[]"))});
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.err, HasSubstr("ports/m: simulation failed"));
}

}  // namespace
}  // namespace c2watch::harness
