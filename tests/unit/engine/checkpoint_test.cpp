#include "core/engine/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "anomaly/attack_records.h"
#include "core/engine/config.h"
#include "core/engine/engine.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace fs = std::filesystem;

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override { findings.emplace_back(text); }
  void log(LogLevel, std::string_view text) override { logs.emplace_back(text); }

  std::vector<std::string> findings;
  std::vector<std::string> logs;
};

const std::vector<std::string>& records() {
  static const std::vector<std::string> all = testing_support::attack_records();
  return all;
}

constexpr Time kMorning{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 9h};

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() {
    char name[] = "/tmp/c2watch-checkpoint-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ / "state";
  }
  ~CheckpointTest() override {
    engine_.reset();
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  // A new life. The sentence if it cannot begin.
  std::string open(json config = json::object(), std::uint64_t seed = 1) {
    engine_.reset();  // as a crash would: nothing is written
    config["checkpoint"]["path"] = path_.string();
    const auto settings = read_config(config.dump());
    EXPECT_TRUE(settings) << settings.error().message;
    engine_.emplace(*settings, heard_, seed);
    const auto error = engine_->open_checkpoint();
    return error ? error->message : "";
  }
  Verdict observe(std::size_t i) { return engine_->observe(Format::json, records()[i]); }
  void observe(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) observe(i);
  }
  json stats() const { return json::parse(engine_->stats_json()); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string snapshot() const {
    std::ifstream in(path_, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }
  void write_snapshot(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  }
  // What a life without a break tells.
  std::vector<std::string> uninterrupted() {
    Heard heard;
    Engine engine(*read_config(""), heard, 9);
    for (const std::string& r : records()) engine.observe(Format::json, r);
    return heard.findings;
  }

  fs::path folder_, path_;
  Heard heard_;
  std::optional<Engine> engine_;
};

TEST_F(CheckpointTest, a_restart_in_good_order_goes_on_as_if_nothing_had_been) {
  const auto expected = uninterrupted();
  ASSERT_GT(expected.size(), 5u);
  for (std::size_t cut = 0; cut <= records().size(); ++cut) {
    heard_ = {};
    ASSERT_EQ(open({}, cut + 1), "");
    observe(0, cut);
    engine_->close_checkpoint();
    ASSERT_EQ(open({}, cut + 100), "");  // another hash seed: the file's own is used
    observe(cut, records().size());
    EXPECT_EQ(heard_.findings, expected) << "cut at record " << cut;
    EXPECT_THAT(heard_.logs, IsEmpty());
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

TEST_F(CheckpointTest, a_crash_goes_on_from_the_journal) {
  const auto expected = uninterrupted();
  for (std::size_t cut = 0; cut <= records().size(); cut += 3) {
    heard_ = {};
    ASSERT_EQ(open(), "");
    observe(0, cut / 2);
    ASSERT_TRUE(engine_->checkpoint_now());
    observe(cut / 2, cut);
    ASSERT_EQ(open(), "");
    observe(cut, records().size());
    EXPECT_EQ(heard_.findings, expected) << "crash after record " << cut;
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
}

TEST_F(CheckpointTest, a_crash_keeps_what_was_held_back) {
  const json config = {{"reorder_seconds", 600}};
  const auto end = [this] { engine_->advance(kMorning + 5h); };
  std::vector<std::string> expected;
  for (std::size_t cut = 0; cut <= records().size(); ++cut) {
    heard_ = {};
    ASSERT_EQ(open(config), "");
    observe(0, cut / 2);
    ASSERT_TRUE(engine_->checkpoint_now());
    observe(cut / 2, cut);
    if (cut > 0) {
      ASSERT_EQ(open(config), "");
    }
    observe(cut, records().size());
    end();
    if (cut == 0) expected = heard_.findings;
    EXPECT_EQ(heard_.findings, expected) << "crash after record " << cut;
    engine_.reset();
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
  }
  EXPECT_GT(expected.size(), 5u);
}

TEST_F(CheckpointTest, a_record_that_comes_again_after_a_crash_tells_its_finding_again_once) {
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  const auto first = heard_.findings;
  observe(0, records().size());
  EXPECT_EQ(heard_.findings, first) << "a host that had them is not told twice";

  ASSERT_EQ(open(), "");
  EXPECT_EQ(heard_.findings, first);
  heard_.findings.clear();
  std::uint32_t counted = 0;
  for (std::size_t i = 0; i < records().size(); ++i) {
    const Verdict v = observe(i);
    EXPECT_EQ(v.fate, Fate::repeated);
    counted += v.findings;
  }
  EXPECT_EQ(heard_.findings, first);
  EXPECT_EQ(counted, first.size());
  observe(0, records().size());
  EXPECT_EQ(heard_.findings, first);
}

TEST_F(CheckpointTest, a_finding_undelivered_when_the_snapshot_was_written_is_told_again) {
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  ASSERT_TRUE(engine_->checkpoint_now());
  ASSERT_TRUE(engine_->checkpoint_now());
  const auto first = std::exchange(heard_.findings, {});
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  EXPECT_EQ(heard_.findings, first);
}

TEST_F(CheckpointTest, what_an_entry_of_today_covers_is_not_delivered_again) {
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  ASSERT_TRUE(engine_->checkpoint_now());
  std::vector<std::string> others;
  for (const std::string& f : std::exchange(heard_.findings, {}))
    if (json::parse(f)["detector"] != "c2_port") others.push_back(f);

  const json entry = {
      {"host", "WS-01"}, {"detector", "c2_port"}, {"reason", "added while the collector was down"}};
  ASSERT_EQ(open({{"allowlist", json::array({entry})}}), "");
  observe(0, records().size());
  EXPECT_EQ(heard_.findings, others);
  EXPECT_GT(stats()["allowlist"][0]["suppressed"], 0);

  ASSERT_EQ(open({{"allowlist", json::array({entry})}}), "");
  engine_->reconfigure(*read_config(json{{"checkpoint", {{"path", path_.string()}}}}.dump()));
  heard_.findings.clear();
  observe(0, records().size());
  EXPECT_GT(heard_.findings.size(), others.size()) << "without the entry, all are";
}

// The log was cleared: the same ids, other times. They are new records, before and after.
TEST_F(CheckpointTest, a_cleared_log_that_counts_from_one_again_is_not_taken_for_repeats) {
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  engine_->close_checkpoint();
  ASSERT_EQ(open(), "");
  std::string later = records().back();
  for (std::size_t at = later.find("2026-02-02"); at != later.npos;
       at = later.find("2026-02-02", at + 1))
    later.replace(at, 10, "2026-02-03");
  EXPECT_EQ(engine_->observe(Format::json, later).fate, Fate::used);
  EXPECT_EQ(engine_->observe(Format::json, later).fate, Fate::repeated);
}

TEST_F(CheckpointTest, snapshots_are_written_by_advance_and_observe_when_they_are_due) {
  ASSERT_EQ(open({{"checkpoint", {{"every_seconds", 10}}}}), "");
  Time now = kMorning;
  for (std::size_t i = 0; i < 5; ++i) {
    observe(i);
    engine_->advance(now += 1s);
  }
  EXPECT_EQ(stats()["checkpoint"]["snapshots"], 0);
  EXPECT_THAT(files(), ElementsAre("state.journal-1", "state.lock"));
  for (int second = 0; second < 15; ++second) engine_->advance(now += 1s);
  EXPECT_EQ(stats()["checkpoint"]["snapshots"], 1);
  EXPECT_EQ(stats()["checkpoint"]["journal_bytes"], 0);
  EXPECT_THAT(files(), ElementsAre("state", "state.journal-2", "state.lock"));
  for (const char* name : {"state", "state.journal-2", "state.lock"}) {
    struct stat s {};
    ASSERT_EQ(::stat((folder_ / name).c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(CheckpointTest, snapshots_are_due_for_a_host_of_stored_events_as_well) {
  ASSERT_EQ(open({{"checkpoint", {{"every_seconds", 10}}}}), "");
  observe(0, 5);
  const Time now = kMorning + 24h;  // long after the events
  for (int second = 0; second < 10; ++second) engine_->bound(now + std::chrono::seconds{second});
  EXPECT_EQ(stats()["checkpoint"]["snapshots"], 0);
  for (int second = 10; second < 15; ++second) engine_->bound(now + std::chrono::seconds{second});
  EXPECT_EQ(stats()["checkpoint"]["snapshots"], 1);
  EXPECT_LT(stats()["clock_us"], (kMorning + 3h).time_since_epoch().count()) << "no hour closed";
}

TEST_F(CheckpointTest, a_long_journal_makes_a_snapshot_due) {
  ASSERT_EQ(open({{"checkpoint", {{"every_seconds", 86400}, {"journal_bytes", 1 << 20}}}}), "");
  Time now = kMorning;
  engine_->advance(now);
  for (int round = 0; round < 1'000; ++round) {
    for (std::string r : records()) {
      const auto id = std::to_string(1000 + round * 100);
      r.replace(r.find("\"record_id\":"), 12, "\"record_id\":" + id);
      engine_->observe(Format::json, r);
    }
    engine_->advance(now += 1s);
  }
  EXPECT_GE(stats()["checkpoint"]["snapshots"], 2);
  EXPECT_LT(stats()["checkpoint"]["journal_bytes"], 3 << 20);
  EXPECT_THAT(heard_.logs, Each(Not(HasSubstr("checkpoint"))));
}

TEST_F(CheckpointTest, other_settings_of_one_detector_start_that_one_afresh) {
  ASSERT_EQ(open(), "");
  observe(0, records().size());
  engine_->close_checkpoint();
  ASSERT_EQ(open({{"detectors", {{"c2_port", {{"many_ports", 2}}}}}}), "");
  EXPECT_THAT(heard_.logs, ElementsAre(HasSubstr("counting afresh: c2_port")));
  EXPECT_EQ(stats()["detectors"]["c2_port"]["entries"], 0);
  EXPECT_GT(stats()["detectors"]["dns_burst"]["entries"], 0);
  EXPECT_GT(stats()["detectors"]["hourly_beacon"]["entries"], 0);
  EXPECT_GT(stats()["lineage"]["entries"], 0);
}

TEST_F(CheckpointTest, a_reload_keeps_what_is_known_and_the_next_snapshot_fits_it) {
  ASSERT_EQ(open(), "");
  observe(0, 5);
  json config = {{"checkpoint", {{"path", path_.string()}}},
                 {"detectors", {{"c2_port", {{"many_ports", 2}}}}}};
  engine_->reconfigure(*read_config(config.dump()));
  engine_->advance(kMorning + 1h);
  for (int second = 0; second < 4; ++second) engine_->advance(kMorning + 1h);
  EXPECT_EQ(stats()["checkpoint"]["snapshots"], 1);
  heard_.logs.clear();
  ASSERT_EQ(open({{"detectors", {{"c2_port", {{"many_ports", 2}}}}}}), "");
  EXPECT_THAT(heard_.logs, IsEmpty());
  EXPECT_GT(stats()["detectors"]["dns_burst"]["entries"], 0);
}

class BadFile : public CheckpointTest {
 protected:
  BadFile() {
    EXPECT_EQ(open(), "");
    observe(0, records().size());
    engine_->close_checkpoint();
    good_ = snapshot();
    entries_ = [this] {
      EXPECT_EQ(open(), "");
      return stats()["detectors"]["hourly_beacon"]["entries"].get<int>();
    }();
    EXPECT_GT(entries_, 0);
    engine_.reset();
  }

  // Bytes that are not the good file: moved aside with one line, and the engine starts empty.
  void expect_moved_aside(std::string_view bytes, const std::string& why) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    heard_ = {};
    write_snapshot(bytes);
    ASSERT_EQ(open(), "");
    ASSERT_THAT(heard_.logs, ElementsAre(HasSubstr(why)));
    EXPECT_TRUE(fs::exists(folder_ / "state.damaged-1"));
    EXPECT_EQ(stats()["detectors"]["hourly_beacon"]["entries"], 0);
    EXPECT_THAT(heard_.findings, IsEmpty());
    engine_.reset();
  }

  std::string good_;
  int entries_ = 0;
};

TEST_F(BadFile, is_moved_aside_and_the_line_says_why) {
  expect_moved_aside("", "no checkpoint of ours");
  expect_moved_aside("{\"json\": \"of somebody else\", \"and\": \"long enough\"}",
                     "no checkpoint of ours");
  std::string future = good_;
  future[8] = 3;
  expect_moved_aside(future, "format 3, written by a newer version; this one reads up to 2");
  expect_moved_aside(good_ + "x", "damaged or incomplete");
  expect_moved_aside(good_ + good_, "damaged or incomplete");
}

TEST_F(BadFile, is_told_apart_at_every_truncation) {
  const auto parts = [](std::uint64_t) { return std::vector<SavedPart>(); };
  for (std::size_t size = 0; size < good_.size(); ++size)
    ASSERT_FALSE(read_snapshot(std::string_view(good_).substr(0, size), parts)) << size;
  ASSERT_TRUE(read_snapshot(good_, parts));
  for (std::size_t size = 0; size < good_.size(); size += good_.size() / 8)
    expect_moved_aside(good_.substr(0, size), "moved to");
}

TEST_F(BadFile, is_told_apart_after_the_change_of_any_byte) {
  const auto parts = [](std::uint64_t) { return std::vector<SavedPart>(); };
  for (std::size_t at = 0; at < good_.size(); ++at) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string bad = good_;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      // The four bytes that are always zero are part of the header's checksum as well, and a 2 that
      // becomes a 1 makes a header of format 1 with a checksum that is none.
      ASSERT_FALSE(read_snapshot(bad, parts)) << at;
    }
  }
}

// What one section says must cost no other: senders have a say in what a detector keeps.
TEST_F(BadFile, an_invalid_section_costs_that_section) {
  struct Numbers {
    explicit Numbers(bool valid) {
      saved.values([this](auto& a) { a(number); }, [valid] { return valid; });
    }
    std::uint32_t number = 0;
    state::SavedState saved;
  };
  const auto parts = [](Numbers& a, Numbers& b, Numbers& c) {
    return std::vector<SavedPart>{
        {"a", 1, {}, &a.saved}, {"b", 1, {}, &b.saved}, {"c", 1, {}, &c.saved}};
  };
  Numbers a(true), b(true), c(true);
  a.number = 1, b.number = 2, c.number = 3;
  {
    Checkpoint checkpoint({.path = path_.string(), .journal = false},
                          [](bool, const std::string& text) { ADD_FAILURE() << text; });
    ASSERT_FALSE(checkpoint.open());
    checkpoint.begin(parts(a, b, c), 7, kNoTime, 1'000);
    while (checkpoint.saving()) checkpoint.step(1'000);
    ASSERT_TRUE(checkpoint.settle());
  }
  std::optional<Numbers> x, y, z;
  const auto restored = read_snapshot(snapshot(), [&](std::uint64_t) {
    x.emplace(true), y.emplace(false), z.emplace(true);
    return parts(*x, *y, *z);
  });
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_THAT(restored->invalid, ElementsAre("b"));
  EXPECT_THAT(restored->afresh, IsEmpty());
  EXPECT_EQ(x->number, 1u);
  EXPECT_EQ(y->number, 0u) << "never read";
  EXPECT_EQ(z->number, 3u);
}

TEST_F(BadFile, at_most_nine_are_kept) {
  for (int i = 0; i < 12; ++i) {
    write_snapshot("garbage");
    ASSERT_EQ(open(), "");
    engine_.reset();
  }
  const auto names = files();
  EXPECT_EQ(std::count_if(names.begin(), names.end(),
                          [](const std::string& n) { return n.find("damaged") != n.npos; }),
            9);
}

// Written by the program as it was when there was only format 1, after the first eighteen records.
// Its keys are spelled otherwise, so detectors begin anew, and say so; what was held back and what
// was not delivered is there.
TEST_F(CheckpointTest, of_a_file_of_format_1_only_the_detectors_begin_anew) {
  constexpr std::size_t kCut = 18;
  const json config = {{"reorder_seconds", 600}, {"repeats", {{"window_records", 64}}}};
  fs::copy_file(std::string(C2WATCH_FIXTURES) + "/checkpoint/format_1.state", path_);
  ASSERT_EQ(open(config), "");
  ASSERT_EQ(heard_.logs.size(), 1u) << "an upgrade that forgets more: say so in CHANGELOG.md";
  EXPECT_THAT(heard_.logs[0], HasSubstr("counting afresh: lineage repeats hourly_beacon"));
  EXPECT_EQ(stats()["records"]["held_back"], 2);
  EXPECT_EQ(stats()["checkpoint"]["saved_us"], nullptr) << "format 1 does not say when";
  EXPECT_EQ(stats()["totals"]["records"], 0) << "nor how many";
  EXPECT_GT(stats()["checkpoint"]["outbox_findings"], 0);
  observe(kCut, records().size());
  engine_->advance(kMorning + 5h);
  EXPECT_THAT(heard_.findings, Not(IsEmpty()));

  ASSERT_TRUE(engine_->checkpoint_now());
  EXPECT_EQ(snapshot()[8], 2) << "and is written anew in the format of today";
}

TEST_F(CheckpointTest, totals_and_the_age_of_the_snapshot_survive_restarts_and_crashes) {
  ASSERT_EQ(open(), "");
  engine_->bound(kMorning);
  engine_->observe(Format::json, "no record");
  observe(0, 10);
  const auto told = heard_.findings.size();
  engine_->close_checkpoint();

  ASSERT_EQ(open(), "");
  json t = stats()["totals"];
  EXPECT_EQ(t["since_us"], kMorning.time_since_epoch().count());
  EXPECT_EQ(t["records"], 11);
  EXPECT_EQ(t["used"], 10);
  EXPECT_EQ(t["unreadable"], 1);
  EXPECT_EQ(t["findings"], told);
  EXPECT_EQ(stats()["records"]["total"], 0) << "counters are of this process";
  engine_->bound(kMorning + 2h);
  EXPECT_EQ(stats()["checkpoint"]["saved_us"], kMorning.time_since_epoch().count());
  EXPECT_EQ(stats()["checkpoint"]["age_seconds"], 7200);

  observe(10, 20);
  t = stats()["totals"];
  ASSERT_EQ(open(), "");  // a crash: the journal has them
  const json after = stats()["totals"];
  EXPECT_EQ(after["used"], 20);
  EXPECT_EQ(after["findings"], t["findings"]);
  EXPECT_EQ(stats()["detectors"]["c2_port"]["findings"], 0) << "told in another process";
}

TEST_F(CheckpointTest, a_torn_journal_is_used_up_to_where_it_is_torn) {
  ASSERT_EQ(open(), "");
  observe(0, 8);
  engine_.reset();
  const fs::path journal = folder_ / "state.journal-1";
  const auto whole = fs::file_size(journal);
  for (std::uintmax_t size = whole; size-- > whole - 200;) {
    fs::resize_file(journal, size);
    heard_ = {};
    ASSERT_EQ(open(), "");
    ASSERT_LE(heard_.logs.size(), 1u);
    EXPECT_EQ(observe(0).fate, Fate::repeated);
    EXPECT_EQ(observe(7).fate, Fate::used);
    engine_.reset();
    fs::remove(folder_ / "state.journal-2");
  }
}

TEST_F(CheckpointTest, refuses_to_start_where_others_may_write) {
  fs::permissions(folder_, fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(open(), HasSubstr("everybody may write to folder"));
  fs::permissions(folder_, fs::perms::others_write, fs::perm_options::remove);
  ASSERT_EQ(open(), "");
  ASSERT_TRUE(engine_->checkpoint_now());
  fs::permissions(path_, fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(open(), HasSubstr("everybody may write to " + path_.string()));
  fs::remove(path_);
  fs::create_symlink("elsewhere", path_);
  EXPECT_THAT(open(), HasSubstr("is no plain file"));
  fs::remove(path_);
  path_ = folder_ / "missing" / "state";
  EXPECT_THAT(open(), HasSubstr("missing"));
}

TEST_F(CheckpointTest, refuses_a_file_that_another_engine_uses) {
  ASSERT_EQ(open(), "");
  Heard heard;
  json config = {{"checkpoint", {{"path", path_.string()}}}};
  Engine other(*read_config(config.dump()), heard, 2);
  const auto error = other.open_checkpoint();
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, HasSubstr("another engine uses"));
}

TEST_F(CheckpointTest, a_folder_that_vanishes_is_told_once_and_detection_goes_on) {
  ASSERT_EQ(open(), "");
  observe(0, 3);
  fs::rename(folder_, folder_.string() + "-gone");
  EXPECT_FALSE(engine_->checkpoint_now());
  EXPECT_FALSE(engine_->checkpoint_now());
  EXPECT_EQ(heard_.logs.size(), 1u);
  EXPECT_EQ(observe(3).fate, Fate::used);
  fs::rename(folder_.string() + "-gone", folder_);
  EXPECT_TRUE(engine_->checkpoint_now());
}

}  // namespace
}  // namespace c2watch::engine
