// Allocations fail, each in its turn, once or for ever, and the host never notices more than a
// status.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "abi/c2watch.h"
#include "attack_records.h"
#include "failing_new.h"

namespace c2watch::testing_support {
namespace {

constexpr char kConfig[] =
    R"({"extends": "lab", "allowlist": [{"host": "no-such-host", "reason": "a list to copy"}]})";
constexpr std::int64_t kLater = 1770033600000000;  // 2026-02-02T12:00:00Z, after all records

// Counts without allocating: the callbacks run while memory is out.
struct Heard {
  int findings = 0;
  bool seen[5] = {};  // by detector
};
constexpr std::string_view kDetectors[5] = {"hourly_beacon", "interval_beacon", "dns_burst",
                                            "c2_port", "task_callback"};

void on_finding(void* user, const char* json, size_t len) {
  auto& heard = *static_cast<Heard*>(user);
  ++heard.findings;
  for (std::size_t i = 0; i < 5; ++i)
    if (std::string_view(json, len).find(kDetectors[i]) != std::string_view::npos)
      heard.seen[i] = true;
}

bool is_tidy(c2watch_status s) { return s == C2WATCH_OK || s == C2WATCH_NO_MEMORY; }

// A host's whole life. False at the first status that is neither success nor "out of memory".
class Life {
 public:
  explicit Life(const std::vector<std::string>& records) : records_(records) {}
  ~Life() { c2watch_close(engine_); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  bool open() {
    const c2watch_host host = {sizeof host, C2WATCH_ABI, &heard_, nullptr, on_finding};
    const c2watch_status s = c2watch_open(&host, kConfig, sizeof kConfig - 1, &engine_);
    open_ = s == C2WATCH_OK;
    return is_tidy(s);
  }

  bool feed() {
    bool tidy = true;
    c2watch_verdict verdict{};
    for (std::size_t i = 0; open_ && i < records_.size(); ++i) {
      verdict.size = sizeof verdict;
      tidy = is_tidy(c2watch_observe(engine_, C2WATCH_FORMAT_AUTO, records_[i].data(),
                                     records_[i].size(), &verdict)) &&
             tidy;
    }
    return tidy;
  }

  bool the_rest() {
    if (!open_) return true;
    const c2watch_field fields[] = {{"EventID", 7, "3", 1},
                                    {"UtcTime", 7, "2026-02-02 11:30:00.000", 23},
                                    {"DestinationIp", 13, "142.254.39.92", 13}};
    const char* json = nullptr;
    size_t len = 0;
    bool tidy = is_tidy(c2watch_observe_fields(engine_, fields, 3, nullptr));
    tidy = is_tidy(c2watch_advance(engine_, kLater)) && tidy;
    tidy = is_tidy(c2watch_answer(engine_)) && tidy;
    tidy = is_tidy(c2watch_stats(engine_, &json, &len)) && tidy;
    tidy = is_tidy(c2watch_reconfigure(engine_, "{}", 2)) && tidy;
    tidy = is_tidy(c2watch_checkpoint(engine_)) && tidy;
    return tidy;
  }

  bool is_open() const { return open_; }
  const char* error() const { return c2watch_last_error(engine_); }
  const Heard& heard() const { return heard_; }
  void forget() { heard_ = {}; }

 private:
  const std::vector<std::string>& records_;
  Heard heard_;
  c2watch_engine* engine_ = nullptr;
  bool open_ = false;
};

TEST(AttackRecords, wake_every_detector) {
  const std::vector<std::string> records = attack_records();
  Life life(records);
  ASSERT_TRUE(life.open()) << life.error();
  ASSERT_TRUE(life.feed()) << life.error();
  for (const char* name :
       {"hourly_beacon", "interval_beacon", "dns_burst", "c2_port", "task_callback"}) {
    const auto at = std::find(std::begin(kDetectors), std::end(kDetectors), name);
    EXPECT_TRUE(life.heard().seen[at - std::begin(kDetectors)]) << name;
  }
}

// Every allocation in turn; where the code is slow, every so many, for the same few seconds.
#if defined(C2WATCH_SANITIZED)
constexpr long kStride = 101;
#elif !defined(NDEBUG)
constexpr long kStride = 23;
#else
constexpr long kStride = 1;
#endif

class OutOfMemory : public testing::TestWithParam<Memory> {};

TEST_P(OutOfMemory, never_reaches_the_host) {
  const std::vector<std::string> records = attack_records();
  constexpr long kMany = 200'000;  // allocations: far more than such a life needs
  for (long nth = 0; nth < kMany; nth += kStride) {
    Life life(records);
    bool tidy = true, hit = false;
    {
      FailingNew memory(nth, GetParam());
      tidy = life.open();
      tidy = life.feed() && tidy;
      tidy = life.the_rest() && tidy;
      hit = memory.hit();
    }
    ASSERT_TRUE(tidy) << "allocation " << nth << ": " << life.error();
    if (life.is_open()) {  // memory is back: so is the engine
      ASSERT_TRUE(life.feed()) << "allocation " << nth << ": " << life.error();
      ASSERT_TRUE(life.the_rest()) << "allocation " << nth << ": " << life.error();
    }
    if (!hit) return;  // every allocation has had its turn
  }
  FAIL() << "allocates without bound";
}

INSTANTIATE_TEST_SUITE_P(, OutOfMemory,
                         testing::Values(Memory::fails_once, Memory::stays_exhausted),
                         [](const auto& p) {
                           return p.param == Memory::fails_once ? "fails_once" : "stays_exhausted";
                         });

// Refused for want of memory means: the old settings are still in force, all of them.
TEST(Reconfigure, out_of_memory_changes_nothing) {
  const std::vector<std::string> records = attack_records();
  for (long nth = 0; nth < 200'000; nth += (kStride + 9) / 10) {
    Life quiet(records);
    const c2watch_host host = {sizeof host, C2WATCH_ABI, nullptr, nullptr, nullptr};
    c2watch_engine* engine = nullptr;
    ASSERT_EQ(c2watch_open(&host, kConfig, sizeof kConfig - 1, &engine), C2WATCH_OK);
    for (const std::string& r : records)
      c2watch_observe(engine, C2WATCH_FORMAT_AUTO, r.data(), r.size(), nullptr);
    const char* json = nullptr;
    size_t len = 0;
    ASSERT_EQ(c2watch_stats(engine, &json, &len), C2WATCH_OK);
    const std::string before(json, len);

    c2watch_status status = C2WATCH_OK;
    {
      FailingNew memory(nth, Memory::fails_once);
      status = c2watch_reconfigure(engine, R"({"extends": "seed"})", 19);
    }
    ASSERT_TRUE(is_tidy(status)) << c2watch_last_error(engine);
    ASSERT_EQ(c2watch_stats(engine, &json, &len), C2WATCH_OK);
    const std::string after(json, len);
    c2watch_close(engine);
    if (status == C2WATCH_OK) {
      EXPECT_NE(after.find(R"("profile":"seed")"), std::string::npos);
      return;
    }
    ASSERT_EQ(after, before) << "allocation " << nth;
  }
  FAIL() << "allocates without bound";
}

// The hot path of a collector: once warm, a record that raises nothing allocates nothing.
TEST(Allocation, none_for_a_record_of_a_known_key) {
  const std::vector<std::string> records = attack_records();
  c2watch_engine* engine = nullptr;
  const std::string config = R"({"extends": "lab", "repeats": {"drop": true}})";
  ASSERT_EQ(c2watch_open(nullptr, config.data(), config.size(), &engine), C2WATCH_OK);
  const auto feed = [&] {
    for (const std::string& r : records)
      c2watch_observe(engine, C2WATCH_FORMAT_AUTO, r.data(), r.size(), nullptr);
  };
  feed();
  feed();
  const long before = allocations();
  feed();  // all repeats: read, found in the ring, done
  EXPECT_EQ(allocations() - before, 0);
  c2watch_close(engine);
}

}  // namespace
}  // namespace c2watch::testing_support
