#include "core/engine/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "anomaly/attack_records.h"
#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "core/engine/prometheus.h"
#include "support/json_schema.h"

namespace c2watch::engine {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Time kMorning{std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + 9h};

class Heard final : public Listener {
 public:
  void finding(std::string_view text) override {
    const bool ours = text.starts_with(R"({"schema":"c2watch.metrics/1")");
    (ours ? metrics : findings).emplace_back(text);
  }
  void log(LogLevel, std::string_view) override {}

  std::vector<std::string> findings;
  std::vector<std::string> metrics;
};

class MetricsTest : public testing::Test {
 protected:
  void open(const json& config) {
    const auto settings = read_config(config.dump());
    ASSERT_TRUE(settings) << settings.error().message;
    engine_.emplace(*settings, heard_, 1);
    ASSERT_FALSE(engine_->open_checkpoint());
  }
  void observe_all() {
    for (const std::string& r : testing_support::attack_records())
      engine_->observe(Format::json, r);
  }
  json stats() const { return json::parse(engine_->stats_json()); }

  Heard heard_;
  std::optional<Engine> engine_;
};

TEST_F(MetricsTest, the_record_is_what_its_schema_says) {
  std::ifstream in(std::string(C2WATCH_FIXTURES) + "/schemas/metrics.schema.json");
  const json schema = json::parse(in);
  open({{"metrics_seconds", 60}, {"allowlist", {{{"host", "h"}, {"reason", "\"why\"\n"}}}}});
  engine_->bound(kMorning);
  engine_->observe(Format::json, "no record");
  observe_all();
  engine_->bound(kMorning + 60s);
  ASSERT_EQ(heard_.metrics.size(), 1u);
  const json record = json::parse(heard_.metrics[0]);
  EXPECT_EQ(testing_support::violations(schema, record), "");
  EXPECT_EQ(record["time"], "2026-02-02T09:01:00.000Z");
  EXPECT_EQ(heard_.metrics[0].find('\n'), std::string::npos);

  json same = record;
  same.erase("schema");
  same.erase("time");
  EXPECT_EQ(same, stats()) << "the record says what the stats say";
}

TEST_F(MetricsTest, a_record_comes_when_it_is_due_and_not_before) {
  open({{"metrics_seconds", 60}});
  const auto heard_at = [&](Time t) {
    heard_.metrics.clear();
    engine_->advance(t);
    return heard_.metrics.size();
  };
  EXPECT_EQ(heard_at(kMorning), 0u);
  EXPECT_EQ(heard_at(kMorning + 59s), 0u);
  EXPECT_EQ(heard_at(kMorning + 60s), 1u);
  EXPECT_EQ(heard_at(kMorning + 119s), 0u);
  EXPECT_EQ(heard_at(kMorning + 500s), 1u) << "a gap is one record, not seven";
  EXPECT_EQ(heard_at(kMorning - 1h), 0u) << "the clock was set back";
  EXPECT_EQ(heard_at(kMorning - 1h + 60s), 1u) << "and does not silence us for an hour";
}

TEST_F(MetricsTest, no_record_unless_asked_for) {
  open(json::object());
  for (int hour = 0; hour < 48; ++hour) engine_->advance(kMorning + std::chrono::hours{hour});
  EXPECT_THAT(heard_.metrics, IsEmpty());
}

TEST_F(MetricsTest, no_verdict_counts_a_record) {
  open({{"metrics_seconds", 1}});
  engine_->advance(kMorning);
  engine_->advance(kMorning + 5s);
  ASSERT_EQ(heard_.metrics.size(), 1u);
  const auto records = testing_support::attack_records();
  std::size_t counted = 0;
  for (const std::string& r : records) {
    counted += engine_->observe(Format::json, r).findings;
    engine_->bound(kMorning + 5s);
    engine_->bound(kMorning + 6s);
  }
  EXPECT_EQ(counted, heard_.findings.size());
  EXPECT_GT(heard_.metrics.size(), records.size());
}

TEST(Lateness, has_both_sides_of_each_bucket) {
  Lateness late;
  late.add(0us);
  late.add(1us);
  late.add(1s);
  late.add(1s + 1us);
  late.add(24h);
  late.add(24h + 1us);
  EXPECT_THAT(late.events, ElementsAre(1, 2, 1, 0, 0, 0, 0, 1, 1));
  EXPECT_EQ(late.most, 24h + 1us);
  EXPECT_EQ(late.sum, 48h + 2s + 3us);
}

TEST_F(MetricsTest, lateness_is_measured_behind_the_newest_event) {
  open(json::object());
  observe_all();
  std::string old = testing_support::attack_record(3, 0, 0, 999, R"("DestinationIp":"8.8.8.8")",
                                                   "Microsoft-Windows-Sysmon/Operational");
  engine_->observe(Format::json, old);
  const json late = stats()["lateness"];
  EXPECT_EQ(late["max_seconds"], (10 + 13 * 8) * 60) << "the last of the records, minus the first";
  std::uint64_t events = 0;
  for (const json& bucket : late["buckets"]) events += bucket["events"].get<std::uint64_t>();
  EXPECT_EQ(events, stats()["records"]["used"]);
}

TEST_F(MetricsTest, checkpoints_are_counted_with_their_age_duration_and_failures) {
  namespace fs = std::filesystem;
  char name[] = "/tmp/c2watch-metrics-XXXXXX";
  const fs::path folder = mkdtemp(name);
  open({{"checkpoint", {{"path", (folder / "state").string()}, {"every_seconds", 10}}}});
  EXPECT_EQ(stats()["checkpoint"]["age_seconds"], nullptr);
  observe_all();
  for (int second = 0; second < 20; ++second)
    engine_->advance(kMorning + std::chrono::seconds{second});
  json c = stats()["checkpoint"];
  EXPECT_EQ(c["snapshots"], 1);
  EXPECT_EQ(c["failures"], 0);
  EXPECT_EQ(c["saved_us"], (kMorning + 10s).time_since_epoch().count());
  EXPECT_EQ(c["age_seconds"], 9);
  EXPECT_GT(c["last_seconds"], 0);
  EXPECT_EQ(c["last_seconds"], c["longest_seconds"]);
  EXPECT_GT(c["outbox_findings"], 0);

  fs::rename(folder, folder.string() + "-gone");
  EXPECT_FALSE(engine_->checkpoint_now());
  c = stats()["checkpoint"];
  EXPECT_EQ(c["snapshots"], 1);
  EXPECT_EQ(c["failures"], 1);
  fs::rename(folder.string() + "-gone", folder);

  const std::string text = engine_->prometheus_text();
  EXPECT_THAT(text, HasSubstr("\nc2watch_checkpoint_failures_total 1\n"));
  EXPECT_THAT(text, HasSubstr("\nc2watch_checkpoint_timestamp_seconds 1770022810\n"));
  engine_.reset();
  fs::remove_all(folder);
}

TEST_F(MetricsTest, a_finding_told_again_after_a_crash_is_counted) {
  namespace fs = std::filesystem;
  char name[] = "/tmp/c2watch-metrics-XXXXXX";
  const fs::path folder = mkdtemp(name);
  const json config = {{"checkpoint", {{"path", (folder / "state").string()}}}};
  open(config);
  observe_all();
  EXPECT_EQ(stats()["checkpoint"]["told_again"], 0);
  const std::size_t told = heard_.findings.size();
  engine_.reset();  // as a crash would
  open(config);
  observe_all();
  EXPECT_EQ(stats()["checkpoint"]["told_again"], told);
  engine_.reset();
  fs::remove_all(folder);
}

TEST(Prometheus, escapes_what_would_end_a_line_or_a_label) {
  std::string text;
  PrometheusWriter w(text);
  w.family("c2watch_x_total", "a \\ and\na \"line\"", "counter");
  w.sample({{"a", "\"\\\n"}, {"b", ""}}, 3);
  w.sample({}, 0.5);
  EXPECT_EQ(text,
            "# HELP c2watch_x_total a \\\\ and\\na \"line\"\n"
            "# TYPE c2watch_x_total counter\n"
            "c2watch_x_total{a=\"\\\"\\\\\\n\",b=\"\"} 3\n"
            "c2watch_x_total 0.5\n");
}

TEST_F(MetricsTest, buckets_add_up_in_the_text_form) {
  open(json::object());
  observe_all();
  const std::string text = engine_->prometheus_text();
  EXPECT_THAT(text, HasSubstr("c2watch_event_lateness_seconds_bucket{le=\"+Inf\"} 25\n"));
  EXPECT_THAT(text, HasSubstr("c2watch_event_lateness_seconds_count 25\n"));
  EXPECT_THAT(text, Not(HasSubstr("c2watch_checkpoint_timestamp_seconds")))
      << "no snapshot, no time of one";
}

}  // namespace
}  // namespace c2watch::engine
