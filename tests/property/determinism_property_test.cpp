// The same records in another order, or seen by several engines: the same findings, to the byte.
//
// reorder_seconds is on. Shuffled means: each record delayed by up to that bound. Four workers are
// four engines that share the computers out; what interval_beacon says about a whole fleet (how many
// hosts speak to a destination) is then said about a quarter of it, so min_fleet is above the number
// of hosts here and nothing is said about it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/engine/config.h"
#include "core/engine/engine.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;

struct Line {
  std::string text;
  std::int64_t at_us = 0;
  std::string computer;
};

std::string value_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("\"" + key + "\":\"");
  if (at == text.npos) return "";
  const std::size_t from = at + key.size() + 4;
  return text.substr(from, text.find('"', from) - from);
}

const std::vector<Line>& telemetry() {
  static const std::vector<Line> all = [] {
    const std::string command = std::string(C2SIM) +
                                " --scenario office --hosts 8 --attacked 2 --hours 3 --tests "
                                "1,2,3,4 --framework sliver-60-30 --shape winlogbeat7 --message no "
                                "--with 3008 --seed 7";
    FILE* pipe = popen(command.c_str(), "r");
    std::vector<Line> lines(1);
    for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) {
      if (c == '\n')
        lines.emplace_back();
      else
        lines.back().text.push_back(static_cast<char>(c));
    }
    lines.pop_back();
    EXPECT_EQ(pclose(pipe), 0);
    for (Line& line : lines) {
      std::tm tm{};
      strptime(value_of(line.text, "@timestamp").c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
      line.at_us = std::int64_t{timegm(&tm)} * 1'000'000;
      line.computer = value_of(line.text, "computer_name");
    }
    return lines;
  }();
  return all;
}

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override { findings.emplace_back(text); }
  void log(LogLevel, std::string_view) override {}

  std::vector<std::string> findings;
};

constexpr std::int64_t kBound_s = 60;

// What so many workers tell together, in the order of the text.
std::vector<std::string> told(const std::vector<Line>& lines, std::size_t workers) {
  const auto settings = read_config(R"({"reorder_seconds": 61, "reorder_bytes": 67108864,
                      "detectors": {"interval_beacon": {"min_fleet": 100}}})");
  EXPECT_TRUE(settings);
  Heard heard;
  std::vector<std::unique_ptr<Engine>> engines;
  for (std::size_t w = 0; w < workers; ++w)
    engines.push_back(std::make_unique<Engine>(*settings, heard, 100 + w));
  std::int64_t last_us = 0;
  for (const Line& line : lines) {
    engines[std::hash<std::string>()(line.computer) % workers]->observe(Format::json, line.text);
    last_us = std::max(last_us, line.at_us);
  }
  for (const auto& engine : engines) engine->advance(Time{Duration{last_us}} + 2h);
  std::ranges::sort(heard.findings);
  return heard.findings;
}

std::vector<Line> shuffled(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<std::int64_t, const Line*>> arrivals;
  for (const Line& line : telemetry())
    arrivals.emplace_back(line.at_us + static_cast<std::int64_t>(random() % (kBound_s * 1'000'000)),
                          &line);
  std::ranges::stable_sort(arrivals, {}, &std::pair<std::int64_t, const Line*>::first);
  std::vector<Line> lines;
  for (const auto& [at, line] : arrivals) lines.push_back(*line);
  return lines;
}

TEST(Determinism, the_order_of_arrival_within_the_bound_changes_nothing) {
  const auto expected = told(telemetry(), 1);
  ASSERT_GT(expected.size(), 20u);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) EXPECT_EQ(told(shuffled(seed), 1), expected);
}

TEST(Determinism, four_workers_tell_what_one_tells) {
  const auto expected = told(telemetry(), 1);
  EXPECT_EQ(told(telemetry(), 4), expected);
  EXPECT_EQ(told(shuffled(9), 4), expected);
}

}  // namespace
}  // namespace c2watch::engine
