// What one host's owner forges must not touch what is found on the others, or what a reader sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "abi/c2watch.h"
#include "attack_records.h"

namespace c2watch::testing_support {
namespace {

constexpr std::int64_t kNow = 1770033600000000;  // 2026-02-02T12:00:00Z, after all records
constexpr std::string_view kLab = R"({"extends": "lab"})";

enum class Clock { none, advance, bound };

// The detectors that found something on WS-01, when `forged` comes before, between and after.
class Watched {
 public:
  explicit Watched(Clock clock, std::string_view config = kLab) {
    const c2watch_host host{sizeof host, C2WATCH_ABI, this, nullptr,
                            [](void* self, const char* json, std::size_t len) {
                              static_cast<Watched*>(self)->lines_.emplace_back(json, len);
                            }};
    EXPECT_EQ(c2watch_open(&host, config.data(), config.size(), &engine_), C2WATCH_OK);
    if (clock == Clock::advance) {
      EXPECT_EQ(c2watch_advance(engine_, kNow), C2WATCH_OK);
    }
    if (clock == Clock::bound) {
      EXPECT_EQ(c2watch_bound(engine_, kNow), C2WATCH_OK);
    }
  }
  ~Watched() { c2watch_close(engine_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  std::uint32_t observe(const std::string& record) {
    c2watch_verdict v{};
    v.size = sizeof v;
    EXPECT_EQ(c2watch_observe(engine_, C2WATCH_FORMAT_AUTO, record.data(), record.size(), &v),
              C2WATCH_OK);
    return v.record;
  }

  const std::vector<std::string>& lines() const { return lines_; }

  std::set<std::string> ids(const std::string& host) const {
    std::set<std::string> found;
    for (const std::string& line : lines_) {
      const auto finding = nlohmann::json::parse(line);
      if (finding.dump().find(host) != std::string::npos)
        found.insert(finding.at("id").get<std::string>());
    }
    return found;
  }

 private:
  c2watch_engine* engine_ = nullptr;
  std::vector<std::string> lines_;
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

// Another host's records, at another time.
std::vector<std::string> forged(std::string_view year) {
  std::vector<std::string> all;
  for (const std::string& r : attack_records())
    all.push_back(replaced(replaced(r, "WS-01", "EVIL"), "2026-", std::string(year) + "-"));
  return all;
}

std::set<std::string> found_beside(Clock clock, const std::vector<std::string>& others) {
  Watched watched(clock);
  for (const std::string& r : others) watched.observe(r);
  std::size_t n = 0;
  for (const std::string& r : attack_records()) {
    watched.observe(r);
    if (!others.empty()) watched.observe(others[n++ % others.size()]);
  }
  return watched.ids("WS-01");
}

class ClockAttack : public testing::TestWithParam<Clock> {};

TEST_P(ClockAttack, events_from_the_past_or_the_future_cost_the_others_nothing) {
  const std::set<std::string> undisturbed = found_beside(GetParam(), {});
  ASSERT_GE(undisturbed.size(), 4u);
  EXPECT_EQ(found_beside(GetParam(), forged("2099")), undisturbed);
  EXPECT_EQ(found_beside(GetParam(), forged("2027")), undisturbed);
  EXPECT_EQ(found_beside(GetParam(), forged("1970")), undisturbed);
}

INSTANTIATE_TEST_SUITE_P(, ClockAttack, testing::Values(Clock::advance, Clock::bound),
                         [](const auto& p) {
                           return p.param == Clock::advance ? "live" : "stored_events";
                         });

TEST(ForgedDates, are_counted_and_named) {
  Watched watched(Clock::bound);
  for (const std::string& r : forged("2099"))
    EXPECT_EQ(watched.observe(r), static_cast<std::uint32_t>(C2WATCH_RECORD_BAD_TIME));
}

// What an attacker can put into a name: line ends, quotes, escape sequences, a right-to-left
// override, an end of script, an end of CDATA; as JSON writes them.
constexpr const char* kHostile =
    R"(x\r\n{\"id\":\"forged\"}\u0000\u001b[2J\u0085\u2028\u202e\u2066\"'</script>]]>&lt;\\)";

class LogForging : public testing::TestWithParam<const char*> {};

TEST_P(LogForging, no_field_breaks_out_of_its_string) {
  Watched watched(Clock::bound, std::string(R"({"extends": "lab", "output": {"format": ")") +
                                    GetParam() + R"("}})");
  for (const std::string& r : attack_records()) {
    watched.observe(replaced(
        replaced(replaced(replaced(r, "WS-01", std::string("WS-") + kHostile), "user306", kHostile),
                 "c2.example.org", kHostile),
        "WindowsNetworkHealth", kHostile));
  }
  ASSERT_GE(watched.lines().size(), 5u);
  bool seen = false;
  for (const std::string& line : watched.lines()) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    for (const char* raw : {"\u0085", "\u2028", "\u202e", "\u2066", "\x7f"})
      EXPECT_EQ(line.find(raw), std::string::npos) << line;
    EXPECT_EQ(line.find("{\"id\":\"forged\"}"), std::string::npos) << line;
    seen = seen || line.find("forged") != std::string::npos;
  }
  EXPECT_TRUE(seen) << "the hostile text never reached a finding: the test would prove nothing";
}

INSTANTIATE_TEST_SUITE_P(, LogForging, testing::Values("native", "ocsf", "ecs", "sumo"),
                         [](const auto& p) { return std::string(p.param); });

// Two engines in one process share nothing: what one has seen, the other finds as if alone.
TEST(Engines, share_nothing) {
  const std::vector<std::string> records = attack_records();
  Watched alone(Clock::bound);
  for (const std::string& r : records) alone.observe(r);

  Watched first(Clock::bound), second(Clock::advance);
  for (const std::string& r : records) {
    first.observe(r);
    first.observe(replaced(r, "WS-01", "WS-02"));
    second.observe(r);
    second.observe(replaced(r, "WS-01", "WS-03"));
  }
  EXPECT_EQ(first.ids("WS-01"), alone.ids("WS-01"));
  EXPECT_THAT(first.ids("WS-03"), testing::IsEmpty());
  EXPECT_THAT(second.ids("WS-02"), testing::IsEmpty());
  EXPECT_EQ(second.ids("WS-01"), alone.ids("WS-01"));
}

}  // namespace
}  // namespace c2watch::testing_support
