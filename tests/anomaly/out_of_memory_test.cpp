// Allocations fail, each in its turn, once or for ever, and the host never notices more than a
// status.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "abi/c2watch.h"
#include "attack_records.h"
#include "failing_new.h"

namespace c2watch::testing_support {
namespace {

namespace fs = std::filesystem;

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

// The same with a checkpoint, held-back events and metrics: memory fails while an engine restores what
// an earlier one left (a snapshot and a journal), goes on, saves, and ends.
class SavedLife : public testing::TestWithParam<Memory> {
 protected:
  SavedLife() {
    // No disk: what fails here is memory.
    std::string name =
        fs::exists("/dev/shm") ? "/dev/shm/c2watch-memory-XXXXXX" : "/tmp/c2watch-memory-XXXXXX";
    folder_ = mkdtemp(name.data());
    config_ = R"({"extends": "lab", "reorder_seconds": 60, "metrics_seconds": 1,
                  "repeats": {"window_records": 64}, "checkpoint": {"path": ")" +
              state().string() + "\"}}";
  }
  ~SavedLife() override { fs::remove_all(folder_); }

  fs::path state() const { return folder_ / "state"; }

  c2watch_status open(c2watch_engine** engine) {
    const c2watch_host host = {sizeof host, C2WATCH_ABI, &heard_, nullptr, on_finding};
    return c2watch_open(&host, config_.data(), config_.size(), engine);
  }

  // False at the first status that is neither success nor "out of memory".
  bool live(c2watch_engine* engine, std::size_t from, std::size_t to) {
    bool tidy = true;
    const char* text = nullptr;
    size_t len = 0;
    for (std::size_t i = from; i < to; ++i) {
      const std::string& r = records_[i];
      tidy = is_tidy(c2watch_observe(engine, C2WATCH_FORMAT_AUTO, r.data(), r.size(), nullptr)) &&
             is_tidy(c2watch_advance(engine, kNow + static_cast<std::int64_t>(i) * 1'000'000)) &&
             tidy;
    }
    tidy = is_tidy(c2watch_stats(engine, &text, &len)) && tidy;
    tidy = is_tidy(c2watch_metrics(engine, &text, &len)) && tidy;
    return tidy;
  }

  // What a crash left: a snapshot, and a journal of what came after it.
  void leave_behind() {
    c2watch_engine* engine = nullptr;
    ASSERT_EQ(open(&engine), C2WATCH_OK) << c2watch_last_error(engine);
    ASSERT_TRUE(live(engine, 0, 12));
    ASSERT_EQ(c2watch_checkpoint(engine), C2WATCH_OK);
    ASSERT_TRUE(live(engine, 12, 16));
    fs::copy(folder_, folder_.string() + "-left");
    c2watch_close(engine);
    ASSERT_TRUE(fs::exists(folder_.string() + "-left/state"));
  }
  void start_over() {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    for (const auto& entry : fs::directory_iterator(folder_.string() + "-left"))
      fs::copy(entry, folder_ / entry.path().filename());
  }

  static constexpr std::int64_t kNow = 1770033600000000;  // 2026-02-02T12:00:00Z
  const std::vector<std::string> records_ = attack_records();
  fs::path folder_;
  std::string config_;
  Heard heard_;
};

TEST_P(SavedLife, never_reaches_the_host_and_never_costs_the_snapshot) {
  leave_behind();
  bool hit = true;
  long nth = 0;
  for (; hit && nth < 200'000; nth += kStride) {
    start_over();
    c2watch_engine* engine = nullptr;
    c2watch_status opened = C2WATCH_OK;
    bool tidy = true;
    {
      FailingNew memory(nth, GetParam());
      opened = open(&engine);
      if (opened == C2WATCH_OK) {
        tidy = live(engine, 16, records_.size());
        tidy = is_tidy(c2watch_checkpoint(engine)) && tidy;
      }
      c2watch_close(engine);
      hit = memory.hit();
    }
    ASSERT_TRUE(is_tidy(opened)) << "allocation " << nth;
    ASSERT_TRUE(tidy) << "allocation " << nth;

    // Memory is back, and so is all that was known.
    ASSERT_EQ(open(&engine), C2WATCH_OK)
        << "allocation " << nth << ": " << c2watch_last_error(engine);
    c2watch_verdict verdict{};
    verdict.size = sizeof verdict;
    ASSERT_EQ(c2watch_observe(engine, C2WATCH_FORMAT_AUTO, records_[0].data(), records_[0].size(),
                              &verdict),
              C2WATCH_OK);
    ASSERT_EQ(verdict.record, static_cast<std::uint32_t>(C2WATCH_RECORD_REPEATED))
        << "allocation " << nth << ": the snapshot is lost";
    ASSERT_TRUE(live(engine, 0, records_.size()));
    c2watch_close(engine);
    ASSERT_FALSE(fs::exists(state().string() + ".damaged-1")) << "allocation " << nth;
  }
  EXPECT_FALSE(hit) << "allocates without bound";
  fs::remove_all(folder_.string() + "-left");
  std::printf("%ld allocations\n", nth);
}

INSTANTIATE_TEST_SUITE_P(, SavedLife, testing::Values(Memory::fails_once, Memory::stays_exhausted),
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
