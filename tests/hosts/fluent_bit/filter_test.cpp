// The filter in a host that follows Fluent Bit's contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "hosts/fluent_bit/host_double.h"

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kModified = 1;
constexpr int kUntouched = 2;

void append(Batch& batch, const json& record) {
  const Batch bytes = json::to_msgpack(record);
  batch.insert(batch.end(), bytes.begin(), bytes.end());
}

json event_time(std::uint32_t seconds) {
  std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(seconds >> 24),
                                  static_cast<std::uint8_t>(seconds >> 16),
                                  static_cast<std::uint8_t>(seconds >> 8),
                                  static_cast<std::uint8_t>(seconds),
                                  0,
                                  0,
                                  0,
                                  7};
  return json::binary(bytes, 0);
}

json record(const json& body) {
  return json::array({{event_time(1772436600), json::object()}, body});
}

// powershell.exe to a port that such a process has no business with: one event is one finding.
json odd_port_connection(int record_id, const std::string& computer = "WS-07") {
  return {{"EventID", 3},
          {"Channel", "Microsoft-Windows-Sysmon/Operational"},
          {"Hostname", computer},
          {"RecordNumber", record_id},
          {"UtcTime", "2026-03-02 07:30:00.123"},
          {"ProcessGuid", "{b59756a9-b239-5f17-5307-000000000400}"},
          {"ProcessId", 9076},
          {"Image", R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)"},
          {"User", "CORP\\ada"},
          {"Protocol", "tcp"},
          {"Initiated", true},
          {"SourceIp", "10.0.0.7"},
          {"SourcePort", 50123},
          {"DestinationIp", "203.0.113.10"},
          {"DestinationPort", 4444}};
}

// The same event as in_winlogevt's positions: no names at all.
json as_string_inserts(int record_id) {
  return {{"ProviderName", "Microsoft-Windows-Sysmon"},
          {"EventID", 3},
          {"Version", 5},
          {"TimeCreated", "2026-03-02 07:30:01 +0000"},
          {"EventRecordID", record_id},
          {"Channel", "Microsoft-Windows-Sysmon/Operational"},
          {"Computer", "WS-07"},
          {"StringInserts",
           {"-", "2026-03-02 07:30:00.123", "{B59756A9-B239-5F17-5307-000000000400}", 9076,
            R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)", "CORP\\ada", "tcp",
            true, false, "10.0.0.7", "WS-07", 50123, "-", false, "203.0.113.10", "-", 4444, "-"}}};
}

json ordinary(int i) { return {{"log", "GET /index.html 200"}, {"n", i}}; }

std::vector<json> decode(const Batch& batch) {
  std::vector<json> out;
  std::size_t at = 0;
  while (at < batch.size()) {
    for (std::size_t n = 1; n <= batch.size() - at; ++n) {  // find where one value ends
      const auto* begin = batch.data() + at;
      json value = json::from_msgpack(begin, begin + n, true, false);
      if (value.is_discarded()) continue;
      out.push_back(std::move(value));
      at += n;
      break;
    }
    if (out.empty() || at == 0) break;
  }
  return out;
}

Batch added(const Filtered& f, const Batch& in) {
  EXPECT_GE(f.records.size(), in.size());
  EXPECT_TRUE(std::equal(in.begin(), in.end(), f.records.begin())) << "originals changed";
  return Batch(f.records.begin() + static_cast<std::ptrdiff_t>(in.size()), f.records.end());
}

class FluentBitFilter : public testing::Test {
 protected:
  void SetUp() override { HostDouble::take_log(); }
  HostDouble host_;
};

TEST_F(FluentBitFilter, a_finding_is_appended_and_no_original_byte_changes) {
  Instance* one = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, record(ordinary(1)));
  append(in, record(odd_port_connection(1)));
  append(in, record(ordinary(2)));
  const Filtered out = host_.filter(one, in);
  ASSERT_EQ(out.answer, kModified);
  const std::vector<json> findings = decode(added(out, in));
  ASSERT_THAT(findings, SizeIs(1));
  const json& body = findings[0][1];
  EXPECT_EQ(body["c2watch"], "finding");  // a string: rewrite_tag matches nothing else
  EXPECT_EQ(body["detector"], "c2_port");
  EXPECT_EQ(body["host"], "WS-07") << body.dump(1);
  EXPECT_EQ(findings[0][0][0], event_time(1772436600)) << "the trigger's time";
}

TEST_F(FluentBitFilter, nothing_found_is_untouched) {
  Instance* one = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  for (int i = 0; i < 100; ++i) append(in, record(ordinary(i)));
  EXPECT_EQ(host_.filter(one, in).answer, kUntouched);
  EXPECT_EQ(host_.filter(one, {}).answer, kUntouched);
}

TEST_F(FluentBitFilter, positional_values_read_like_named_ones) {
  Instance* one = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, record(as_string_inserts(1)));
  const std::vector<json> findings = decode(added(host_.filter(one, in), in));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0][1]["destination"]["port"], 4444);
  EXPECT_EQ(findings[0][1]["destination"]["ip"], "203.0.113.10");
}

TEST_F(FluentBitFilter, legacy_records_markers_and_odd_values_survive_byte_for_byte) {
  Instance* one = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, json::array({1772436600, odd_port_connection(1)}));  // [time, body]
  append(in, json::array({{event_time(0xffffffff), {{"group", "start"}}}, json::object()}));
  append(in, json::array({{-2, json::object()}, json::object()}));
  append(in, record("not a map"));
  append(in, record({{"nil", nullptr}, {"real", 1.5}, {"bin", json::binary({1, 2, 3}, 9)}}));
  const std::vector<json> findings = decode(added(host_.filter(one, in), in));
  EXPECT_THAT(findings, SizeIs(1));
}

TEST_F(FluentBitFilter, clock_events_takes_a_record_from_the_future) {
  Instance* by_host = host_.configure({{"profile", "lab"}, {"alias", "host"}});
  Instance* by_events =
      host_.configure({{"profile", "lab"}, {"alias", "events"}, {"clock", "events"}});
  ASSERT_EQ(host_.start(by_host), 0);
  ASSERT_EQ(host_.start(by_events), 0);
  json body = odd_port_connection(1);
  body["UtcTime"] = "2099-03-02 07:30:00.123";
  Batch in;
  append(in, record(body));
  EXPECT_EQ(host_.filter(by_host, in).answer, kUntouched) << "ahead of the machine's clock";
  EXPECT_EQ(host_.filter(by_events, in).answer, kModified);
}

TEST_F(FluentBitFilter, a_broken_batch_passes_and_its_findings_come_with_the_next) {
  Instance* one = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  in.push_back(0xc1);
  EXPECT_EQ(host_.filter(one, in).answer, kUntouched);
  Batch next;
  append(next, record(ordinary(1)));
  EXPECT_THAT(decode(added(host_.filter(one, next), next)), SizeIs(1));
}

TEST_F(FluentBitFilter, only_with_tag_records_is_the_trigger_changed) {
  Instance* one = host_.configure({{"profile", "lab"}, {"tag_records", "on"}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, record(ordinary(1)));
  append(in, record(odd_port_connection(1)));
  append(in, record(ordinary(2)));
  const std::vector<json> out = decode(host_.filter(one, in).records);
  ASSERT_THAT(out, SizeIs(4));
  json tagged = odd_port_connection(1);
  tagged["c2watch"] = "trigger";
  EXPECT_EQ(out[0][1], ordinary(1));
  EXPECT_EQ(out[1][1], tagged);
  EXPECT_EQ(out[2][1], ordinary(2));
  EXPECT_EQ(out[3][1]["c2watch"], "finding");
}

TEST_F(FluentBitFilter, a_map_of_fifteen_pairs_grows_its_head_when_tagged) {
  Instance* one = host_.configure({{"profile", "lab"}, {"tag_records", "on"}});
  ASSERT_EQ(host_.start(one), 0);
  json body = odd_port_connection(1);
  ASSERT_EQ(body.size(), 15u);
  Batch in;
  append(in, record(body));
  body["c2watch"] = "trigger";
  EXPECT_EQ(decode(host_.filter(one, in).records)[0][1], body);
}

struct BadConfig {
  std::string name;
  Properties properties;
  std::string says;
  friend void PrintTo(const BadConfig& c, std::ostream* os) { *os << c.name; }
};
class FluentBitBadConfig : public testing::TestWithParam<BadConfig> {};

TEST_P(FluentBitBadConfig, is_refused_before_init_with_one_line) {
  HostDouble host;
  HostDouble::take_log();
  EXPECT_NE(host.start(host.configure(GetParam().properties)), 0);
  const auto log = HostDouble::take_log();
  ASSERT_THAT(log, SizeIs(1));
  EXPECT_EQ(log[0].first, 1);
  EXPECT_THAT(log[0].second, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    , FluentBitBadConfig,
    testing::Values(
        BadConfig{"unknown_profile", {{"profile", "prod"}}, "choose default, seed or lab"},
        BadConfig{"missing_file", {{"config_file", "/nonexistent/c.json"}}, "No such file"},
        BadConfig{"both", {{"profile", "lab"}, {"config_file", "/x"}}, "exclude each other"},
        BadConfig{"clock", {{"clock", "utc"}}, "choose host or events"},
        BadConfig{"switch", {{"tag_records", "maybe"}}, "neither on nor off"}),
    [](const auto& p) { return p.param.name; });

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("c2watch-fluent-bit-" + std::to_string(::getpid()) + ".json")) {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST_F(FluentBitFilter, a_bad_config_file_is_refused_with_its_name_and_line) {
  const ConfigFile file("{\n  \"extends\": \"lab\",\n  \"detektors\": {}\n}\n");
  EXPECT_NE(host_.start(host_.configure({{"config_file", file.path()}})), 0);
  const auto log = HostDouble::take_log();
  ASSERT_THAT(log, SizeIs(1));
  EXPECT_THAT(log[0].second, HasSubstr(file.path()));
  EXPECT_THAT(log[0].second, HasSubstr("3:"));
}

// A folder of its own, and a config file that names a checkpoint in it.
class CheckpointFolder {
 public:
  CheckpointFolder()
      : path_(std::filesystem::temp_directory_path() / "c2watch-fluent-bit-XXXXXX"),
        folder_(::mkdtemp(path_.data())),
        config_(R"({"extends": "lab", "checkpoint": {"path": ")" + folder_ + R"(/state/s"}})") {
    std::filesystem::create_directory(state());
  }
  ~CheckpointFolder() { std::filesystem::remove_all(folder_); }
  std::filesystem::path state() const { return folder_ + "/state"; }
  std::string config() const { return config_.path(); }

 private:
  std::string path_;
  std::string folder_;
  ConfigFile config_;
};

TEST_F(FluentBitFilter, a_checkpoint_in_no_folder_stops_the_start_with_one_line) {
  const CheckpointFolder folder;
  std::filesystem::remove(folder.state());
  Instance* one = host_.configure({{"config_file", folder.config()}});
  EXPECT_NE(host_.start(one), 0) << "rather than watch nothing";
  const auto log = HostDouble::take_log();
  ASSERT_THAT(log, SizeIs(1));
  EXPECT_EQ(log[0].first, 1);
  EXPECT_THAT(log[0].second, HasSubstr(folder.state().string()));
  EXPECT_THAT(log[0].second, HasSubstr("No such file or directory"));
}

TEST_F(FluentBitFilter, the_second_instance_of_one_checkpoint_stops_the_start) {
  const CheckpointFolder folder;
  Instance* one = host_.configure({{"config_file", folder.config()}, {"alias", "one"}}, 0);
  Instance* two = host_.configure({{"config_file", folder.config()}, {"alias", "two"}}, 1);
  EXPECT_EQ(host_.start(one), 0);
  EXPECT_NE(host_.start(two), 0);
  const auto log = HostDouble::take_log();
  ASSERT_THAT(log, SizeIs(1));
  EXPECT_THAT(log[0].second, HasSubstr("another engine uses " + folder.state().string()));
  Batch in;
  append(in, record(odd_port_connection(1)));
  EXPECT_EQ(host_.filter(one, in).answer, kModified);
}

TEST_F(FluentBitFilter, a_checkpoint_goes_to_another_alias_when_its_own_left_the_config) {
  const CheckpointFolder folder;
  Instance* one = host_.configure({{"config_file", folder.config()}, {"alias", "one"}});
  ASSERT_EQ(host_.start(one), 0);
  json body = odd_port_connection(1);
  Batch in;
  append(in, record(body));
  ASSERT_EQ(host_.filter(one, in).answer, kModified);
  Instance* two = host_.configure({{"config_file", folder.config()}, {"alias", "two"}});
  ASSERT_TRUE(host_.reload(one, two));
  body["DestinationPort"] = 1177;
  body["RecordNumber"] = 2;
  in.clear();
  append(in, record(body));
  const std::vector<json> findings = decode(added(host_.filter(two, in), in));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0][1]["update"], 1) << "the finding that is open grows";
}

// The batch is in the host's memory when the process dies, or when its outputs are down at the end.
class FluentBitLoss : public testing::TestWithParam<bool> {};

TEST_P(FluentBitLoss, findings_of_a_batch_that_got_lost_come_with_its_records) {
  const bool killed = GetParam();
  const CheckpointFolder folder;
  Batch in;
  for (int i = 1; i <= 20; ++i) append(in, record(odd_port_connection(i, std::to_string(i))));
  const auto ids = [&in](HostDouble& host, Instance* one) {
    std::multiset<std::string> all;
    for (const json& finding : decode(added(host.filter(one, in), in)))
      all.insert(finding[1]["id"].get<std::string>());
    return all;
  };
  const pid_t child = ::fork();
  if (child == 0) {
    auto host = std::make_unique<HostDouble>();
    Instance* one = host->configure({{"config_file", folder.config()}});
    const bool found = host->start(one) == 0 && host->filter(one, in).answer == kModified;
    if (killed) ::raise(SIGKILL);
    host.reset();
    ::_exit(found ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, killed ? SIGKILL : 0);

  HostDouble host;
  Instance* one = host.configure({{"config_file", folder.config()}});
  ASSERT_EQ(host.start(one), 0);
  const std::multiset<std::string> found = ids(host, one);
  EXPECT_THAT(found, SizeIs(20));
  EXPECT_THAT(std::set<std::string>(found.begin(), found.end()), SizeIs(20)) << "each once";
  EXPECT_EQ(host.filter(one, in).answer, kUntouched) << "and not once more";
}

INSTANTIATE_TEST_SUITE_P(, FluentBitLoss, testing::Bool(),
                         [](const auto& p) { return p.param ? "killed" : "ended"; });

TEST(FluentBitEnd, nothing_reaches_the_hosts_log_once_it_is_freed) {
  const CheckpointFolder folder;
  HostDouble::lines_after_the_end();
  testing::internal::CaptureStderr();
  {
    HostDouble host;
    Instance* one = host.configure({{"config_file", folder.config()}});
    ASSERT_EQ(host.start(one), 0);
    host.stop(one);
    std::filesystem::remove_all(folder.state());  // the last checkpoint fails
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("[filter:c2watch] checkpoint: "));
  EXPECT_EQ(HostDouble::lines_after_the_end(), 0);
}

TEST(FluentBitEnd, findings_that_no_batch_carried_are_said_to_be_lost) {
  testing::internal::CaptureStderr();
  {
    HostDouble host;
    Instance* one = host.configure({{"profile", "lab"}});
    ASSERT_EQ(host.start(one), 0);
    Batch in;
    append(in, record(odd_port_connection(1)));
    in.push_back(0xc1);  // broken: it passes as it is, and no other comes
    EXPECT_EQ(host.filter(one, in).answer, kUntouched);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("1 findings are lost"));
}

TEST(FluentBitEnd, findings_of_buffered_events_are_said_to_be_lost_too) {
  const ConfigFile file(R"({"extends": "lab", "reorder_seconds": 600})");
  testing::internal::CaptureStderr();
  {
    HostDouble host;
    Instance* one = host.configure({{"config_file", file.path()}});
    ASSERT_EQ(host.start(one), 0);
    Batch in;
    append(in, record(odd_port_connection(1)));
    EXPECT_EQ(host.filter(one, in).answer, kUntouched);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("1 findings are lost"));
}

TEST_F(FluentBitFilter, metrics_come_as_records_that_are_no_findings) {
  const ConfigFile file(R"({"extends": "lab", "metrics_seconds": 1})");
  Instance* one = host_.configure({{"config_file", file.path()}});
  ASSERT_EQ(host_.start(one), 0);
  Batch in;
  append(in, record(ordinary(1)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  Filtered out = host_.filter(one, in);
  while (out.answer == kUntouched && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    out = host_.filter(one, in);
  }
  const std::vector<json> metrics = decode(added(out, in));
  ASSERT_THAT(metrics, SizeIs(1));
  EXPECT_EQ(metrics[0][1]["c2watch"], "metrics");
  EXPECT_EQ(metrics[0][1]["schema"], "c2watch.metrics/1");
  EXPECT_GT(metrics[0][1]["records"]["unreadable"], 0);
}

TEST_F(FluentBitFilter, state_survives_a_hot_reload) {
  Instance* old = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(old), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  ASSERT_EQ(host_.filter(old, in).answer, kModified);
  Instance* fresh = host_.configure({{"profile", "lab"}});
  ASSERT_TRUE(host_.reload(old, fresh));
  // Redelivered: an engine that remembers does not count it twice.
  EXPECT_EQ(host_.filter(fresh, in).answer, kUntouched);
}

TEST_F(FluentBitFilter, a_refused_reload_leaves_the_old_instance_at_work) {
  Instance* old = host_.configure({{"profile", "lab"}});
  ASSERT_EQ(host_.start(old), 0);
  EXPECT_FALSE(host_.reload(old, host_.configure({{"profile", "nonsense"}})));
  Batch in;
  append(in, record(odd_port_connection(1)));
  EXPECT_EQ(host_.filter(old, in).answer, kModified);
}

TEST_F(FluentBitFilter, two_aliases_keep_their_own_state_across_a_reload) {
  Instance* a = host_.configure({{"profile", "lab"}, {"alias", "a"}});
  Instance* b = host_.configure({{"profile", "lab"}, {"alias", "b"}});
  ASSERT_EQ(host_.start(a), 0);
  ASSERT_EQ(host_.start(b), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  ASSERT_EQ(host_.filter(a, in).answer, kModified);
  Instance* b2 = host_.configure({{"profile", "lab"}, {"alias", "b"}});
  ASSERT_TRUE(host_.reload(b, b2));
  EXPECT_EQ(host_.filter(b2, in).answer, kModified) << "b has not seen it";
}

// Fluent Bit keeps alias, match and the log's settings outside of a filter's properties.
TEST_F(FluentBitFilter, state_goes_to_its_alias_when_another_instance_leaves_the_config) {
  Instance* lab = host_.configure({{"profile", "lab"}, {"alias", "lab"}, {"match", "*"}}, 0);
  Instance* prod = host_.configure({{"profile", "default"}, {"alias", "prod"}, {"match", "*"}}, 1);
  ASSERT_EQ(host_.start(lab), 0);
  ASSERT_EQ(host_.start(prod), 0);
  Batch in;
  append(in, record(odd_port_connection(7)));
  ASSERT_EQ(host_.filter(lab, in).answer, kModified);
  Instance* prod2 = host_.configure({{"profile", "default"}, {"Alias", "prod"}}, 0);
  ASSERT_TRUE(host_.reload(std::vector{lab, prod}, std::vector{prod2}));
  EXPECT_EQ(host_.filter(prod2, in).answer, kModified) << "prod has not seen it";
}

TEST_F(FluentBitFilter, aliases_keep_their_own_state_in_another_order) {
  Instance* a = host_.configure({{"profile", "lab"}, {"alias", "a"}}, 0);
  Instance* b = host_.configure({{"profile", "lab"}, {"alias", "b"}}, 1);
  ASSERT_EQ(host_.start(a), 0);
  ASSERT_EQ(host_.start(b), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  ASSERT_EQ(host_.filter(a, in).answer, kModified);
  Instance* b2 = host_.configure({{"profile", "lab"}, {"alias", "b"}}, 0);
  Instance* a2 = host_.configure({{"profile", "lab"}, {"alias", "a"}}, 1);
  ASSERT_TRUE(host_.reload(std::vector{a, b}, std::vector{b2, a2}));
  EXPECT_EQ(host_.filter(a2, in).answer, kUntouched) << "a has seen it";
  EXPECT_EQ(host_.filter(b2, in).answer, kModified) << "b has not";
}

TEST_F(FluentBitFilter, without_an_alias_state_goes_to_the_same_config) {
  Instance* lab = host_.configure({{"profile", "lab"}}, 0);
  Instance* prod = host_.configure({{"profile", "default"}}, 1);
  ASSERT_EQ(host_.start(lab), 0);
  ASSERT_EQ(host_.start(prod), 0);
  Batch in;
  append(in, record(odd_port_connection(7)));
  ASSERT_EQ(host_.filter(lab, in).answer, kModified);
  Instance* prod2 = host_.configure({{"profile", "default"}}, 0);
  ASSERT_TRUE(host_.reload(std::vector{lab, prod}, std::vector{prod2}));
  EXPECT_EQ(host_.filter(prod2, in).answer, kModified) << "prod has not seen it";
}

// The host numbers filters by their place, so a name that it made says nothing about who it was.
TEST_F(FluentBitFilter, another_filter_in_front_takes_no_state_away) {
  Instance* old = host_.configure({{"profile", "lab"}}, 0);
  ASSERT_EQ(host_.start(old), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  ASSERT_EQ(host_.filter(old, in).answer, kModified);
  Instance* fresh = host_.configure({{"profile", "lab"}}, 1);
  ASSERT_TRUE(host_.reload(old, fresh));
  EXPECT_EQ(host_.filter(fresh, in).answer, kUntouched);
}

TEST_F(FluentBitFilter, instances_in_several_threads_do_not_meet) {
  std::vector<std::thread> threads;
  std::vector<Instance*> instances;
  for (std::size_t t = 0; t < 4; ++t) {
    instances.push_back(host_.configure({{"profile", "lab"}, {"alias", std::to_string(t)}}));
  }
  std::vector<int> findings(4);
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      if (host_.start(instances[t]) != 0) return;
      for (int i = 0; i < 200; ++i) {
        Batch in;
        append(in, record(odd_port_connection(i + 1, "HOST-" + std::to_string(i))));
        if (host_.filter(instances[t], in).answer == kModified) ++findings[t];
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(findings, std::vector<int>(4, 200));
}

TEST_F(FluentBitFilter, random_batches_never_harm_the_host) {
  Instance* one = host_.configure({{"profile", "lab"}, {"tag_records", "on"}});
  ASSERT_EQ(host_.start(one), 0);
  std::mt19937 rng(11);
  Batch good;
  append(good, record(odd_port_connection(1)));
  append(good, record(as_string_inserts(2)));
  for (int i = 0; i < 5000; ++i) {
    Batch in = good;
    for (unsigned flips = 1 + rng() % 4; flips > 0; --flips) {
      in[rng() % in.size()] = static_cast<std::uint8_t>(rng());
    }
    if (rng() % 3 == 0) in.resize(rng() % in.size());
    host_.filter(one, in);
  }
}

TEST(FluentBitBefore22, passes_everything_and_says_so_once) {
  HostDouble host(HostVersion::v2_1);
  HostDouble::take_log();
  Instance* one = host.configure({{"profile", "lab"}});
  ASSERT_EQ(host.start(one), 0);
  Batch in;
  append(in, record(odd_port_connection(1)));
  EXPECT_EQ(host.filter(one, in).answer, kUntouched);
  EXPECT_EQ(host.filter(one, in).answer, kUntouched);
  const auto log = HostDouble::take_log();
  ASSERT_THAT(log, SizeIs(1));
  EXPECT_THAT(log[0].second, HasSubstr("older than 2.2.0"));
}

}  // namespace
