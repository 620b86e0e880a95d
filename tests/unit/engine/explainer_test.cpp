// Why it fired and why it did not: of each detector a key just below each threshold, and one that a
// rule or an allowlist entry took.
#include "core/engine/explainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/engine/config.h"
#include "core/engine/engine.h"
#include "core/engine/instant.h"

namespace c2watch::engine {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using namespace std::chrono_literals;

const Time kNoon = *parse_instant("2026-03-02T12:00:00Z");
constexpr const char* kShell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr const char* kAgent = "C:\\Program Files\\Vendor\\agent.exe";

class Silent final : public Listener {
 public:
  void finding(std::string_view) override { ++findings; }
  void log(LogLevel, std::string_view) override {}
  int findings = 0;
};

class Explained : public testing::Test {
 protected:
  void ask(const json& question, const std::string& config = "") {
    engine_ = std::make_unique<Engine>(*read_config(config), listener_, 7);
    engine_->explain(*read_question(question.dump()));
  }

  void observe(json record) {
    record["Channel"] = record.value("Channel", "Microsoft-Windows-Sysmon/Operational");
    record["Hostname"] = "WS01";
    record["RecordNumber"] = ++record_id_;
    ASSERT_NE(engine_->observe(Format::json, record.dump()).fate, Fate::unreadable)
        << record.dump();
  }

  static std::string time_text(Duration after) {
    std::string t = instant_text(kNoon + after).substr(0, 19);
    t[10] = ' ';
    return t;
  }

  void connect(Duration after, const char* image = kShell, const char* ip = "45.61.1.7",
               int port = 4444, bool initiated = true) {
    observe({{"EventID", 3},
             {"EventTime", time_text(after)},
             {"UtcTime", time_text(after) + ".000"},
             {"ProcessGuid", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
             {"Image", image},
             {"Initiated", initiated ? "true" : "false"},
             {"DestinationIp", ip},
             {"DestinationPort", std::to_string(port)}});
  }

  void look_up(Duration after, const char* name, int status, const char* image = kShell) {
    observe({{"EventID", 22},
             {"EventTime", time_text(after)},
             {"UtcTime", time_text(after) + ".000"},
             {"ProcessGuid", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
             {"Image", image},
             {"QueryName", name},
             {"QueryStatus", std::to_string(status)}});
  }

  json answer() const { return json::parse(engine_->explanation_json()); }

  // The one key of a detector.
  json key(const std::string& detector) const {
    json found;
    const json whole = answer();
    for (const json& k : whole["keys"])
      if (k["detector"] == detector) {
        EXPECT_TRUE(found.is_null()) << "two keys of " << detector << ": " << answer().dump(1);
        found = k;
      }
    EXPECT_FALSE(found.is_null()) << "no key of " << detector << ": " << answer().dump(1);
    return found;
  }

  static json condition(const json& key, const std::string& name) {
    for (const json& c : key["conditions"])
      if (c["name"] == name) return c;
    ADD_FAILURE() << "no condition " << name << " in " << key.dump(1);
    return {};
  }

  Silent listener_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t record_id_ = 0;
};

// ---- hourly_beacon ----

TEST_F(Explained, hourly_beacon_one_connection_short) {
  ask({{"destination", "45.61.1.7"}});
  for (int i = 0; i < 9; ++i) connect(i * 10min, kAgent, "45.61.1.7", 443);
  const json k = key("hourly_beacon");
  EXPECT_EQ(k["fired"], false);
  const json total = condition(k, "TotalConnections");
  EXPECT_EQ(total["has"], 9);
  EXPECT_EQ(total["needs"], 10);
  EXPECT_EQ(total["text"], "9 connections in 24 hours of at least 10: 1 more is missing");
  EXPECT_EQ(condition(k, "HoursActive")["text"], "2 clock hours (2 are enough)");
}

TEST_F(Explained, hourly_beacon_one_hour_short) {
  ask({{"host", "ws01"}});
  for (int i = 0; i < 12; ++i) connect(i * 4min, kAgent, "45.61.1.7", 443);
  const json hours = condition(key("hourly_beacon"), "HoursActive");
  EXPECT_EQ(hours["met"], false);
  EXPECT_EQ(hours["text"], "1 clock hour of at least 2: 1 more is missing");
}

TEST_F(Explained, hourly_beacon_too_uneven) {
  ask({{"host", "WS01"}});
  for (int i = 0; i < 20; ++i) connect(i * 2min, kAgent, "45.61.1.7", 443);
  for (int i = 0; i < 2; ++i) connect(65min + i * 7min, kAgent, "45.61.1.7", 443);
  const json k = key("hourly_beacon");
  const json ratio = condition(k, "ConsistencyRatio");
  EXPECT_EQ(ratio["met"], false);
  EXPECT_EQ(k["evidence"]["HourlyConnections"], json({20, 2}));
  EXPECT_NEAR(ratio["has"].get<double>(), 9.0 / 11, 1e-9);
  EXPECT_EQ(ratio["needs"], 0.5);
  EXPECT_THAT(ratio["text"].get<std::string>(),
              HasSubstr("0.82 of their mean, which is not below"));
}

// In profile seed the program has no say unless the event has the query's own field for it, and
// volume alone is enough.
TEST_F(Explained, seed_one_connection_short) {
  ask({{"host", "WS01"}}, R"({"extends": "seed"})");
  for (int i = 0; i < 9; ++i) connect(i * 10min, kShell, "45.61.1.7", 443);
  const json k = key("hourly_beacon");
  EXPECT_EQ(k["fired"], false);
  EXPECT_FALSE(k.contains("process"));
  EXPECT_EQ(condition(k, "TotalConnections")["text"],
            "9 connections in 24 hours of at least 10: 1 more is missing");
  EXPECT_EQ(condition(k, "HoursActive")["met"], true);
  EXPECT_EQ(condition(k, "ConsistencyRatio")["met"], true);
  EXPECT_EQ(k["evidence"]["IsSuspiciousProcess"], false);
}

TEST_F(Explained, seed_the_tenth_connection_fires_when_its_hour_closes) {
  ask({{"host", "WS01"}}, R"({"extends": "seed"})");
  for (int i = 0; i < 10; ++i) connect(i * 10min, kShell, "45.61.1.7", 443);
  connect(3h, kAgent, "192.0.2.77", 443);
  EXPECT_EQ(listener_.findings, 1);
}

TEST_F(Explained, seed_too_uneven_and_too_few_for_volume_alone) {
  ask({{"host", "WS01"}}, R"({"extends": "seed"})");
  for (int i = 0; i < 48; ++i) connect(i * 1min, kShell, "45.61.1.7", 443);
  for (int i = 0; i < 2; ++i) connect(65min + i * 7min, kShell, "45.61.1.7", 443);
  const json k = key("hourly_beacon");
  const json ratio = condition(k, "ConsistencyRatio");
  EXPECT_EQ(ratio["met"], false);
  EXPECT_EQ(k["evidence"]["VolumeAbove"], 50);
  EXPECT_THAT(ratio["text"].get<std::string>(), HasSubstr("50 connections are not more than 50"));

  connect(80min, kShell, "45.61.1.7", 443);
  EXPECT_THAT(condition(key("hourly_beacon"), "ConsistencyRatio")["text"].get<std::string>(),
              HasSubstr("51 connections are more than 50"));
}

TEST_F(Explained, seed_drops_loopback_by_name) {
  ask({{"host", "WS01"}}, R"({"extends": "seed"})");
  connect(0s, kShell, "127.0.0.1", 8888);
  const json k = key("hourly_beacon");
  EXPECT_EQ(k["conditions"], json::array());
  EXPECT_THAT(k["dropped"][0]["by"].get<std::string>(), HasSubstr("scope."));
  EXPECT_THAT(k["dropped"][0]["why"].get<std::string>(), HasSubstr("127."));
}

// ---- interval_beacon ----

TEST_F(Explained, interval_beacon_one_check_in_short) {
  ask({{"process", "powershell.exe"}, {"destination", "45.61.1.7"}});
  for (int i = 0; i < 4; ++i) connect(i * 30s, kShell, "45.61.1.7", 443);
  const json k = key("interval_beacon");
  EXPECT_EQ(k["fired"], false);
  EXPECT_EQ(condition(k, "check_ins")["text"], "4 check-ins of at least 5: 1 more is missing");
  EXPECT_EQ(k["evidence"]["gaps_ms"], json({30'000, 30'000, 30'000}));
}

TEST_F(Explained, interval_beacon_too_irregular) {
  ask({{"host", "WS01"}});
  for (const Duration at : {0s, 5s, 200s, 210s, 900s}) connect(at, kShell, "45.61.1.7", 443);
  const json p = condition(key("interval_beacon"), "p");
  EXPECT_EQ(p["met"], false);
  EXPECT_GT(p["has"].get<double>(), p["needs"].get<double>());
  EXPECT_THAT(p["text"].get<std::string>(), HasSubstr("needed is at most the"));
}

TEST_F(Explained, interval_beacon_regular_without_context) {
  ask({{"host", "WS01"}});
  for (int i = 0; i < 5; ++i) connect(i * 30s, kAgent, "45.61.1.7", 443);
  const json k = key("interval_beacon");
  EXPECT_EQ(k["fired"], false);
  EXPECT_EQ(condition(k, "p")["met"], true);
  const json severity = condition(k, "severity");
  EXPECT_EQ(severity["has"], "informational");
  EXPECT_EQ(severity["needs"], "low");
  EXPECT_EQ(severity["met"], false);
}

TEST_F(Explained, a_key_that_fired_names_its_finding) {
  ask({{"destination", "45.61.1.7"}});
  for (int i = 0; i < 5; ++i) connect(i * 30s, kShell, "45.61.1.7", 443);
  const json k = key("interval_beacon");
  EXPECT_EQ(k["fired"], true);
  ASSERT_EQ(k["findings"].size(), 1u);
  EXPECT_EQ(answer()["findings"][0]["id"], k["findings"][0]);
  EXPECT_EQ(listener_.findings, 1);
}

// ---- dns_burst ----

TEST_F(Explained, dns_burst_one_domain_short) {
  ask({{"domain", "three.net"}});
  look_up(0s, "a.one.com", 9003);
  look_up(1s, "a.two.org", 9003);
  look_up(2s, "a.three.net", 9003);
  const json k = key("dns_burst");
  EXPECT_EQ(condition(k, "distinct_domains")["text"],
            "3 registered domains within 10 minutes of at least 4: 1 more is missing");
  EXPECT_EQ(condition(k, "failing")["met"], true);
}

TEST_F(Explained, dns_burst_nothing_failed) {
  ask({{"process", "powershell.exe"}});
  for (const char* name : {"a.one.com", "a.two.org", "a.three.net", "a.four.info"})
    look_up(1s, name, 0);
  const json k = key("dns_burst");
  EXPECT_EQ(condition(k, "distinct_domains")["met"], true);
  EXPECT_EQ(condition(k, "failing")["text"], "no lookup among them failed: 1 is needed");
}

TEST_F(Explained, dns_burst_by_an_ordinary_program) {
  ask({{"process", "agent.exe"}});
  look_up(0s, "a.one.com", 9003, kAgent);
  const json drop = key("dns_burst")["dropped"][0];
  EXPECT_EQ(drop["by"], "script_engine");
  EXPECT_THAT(drop["why"].get<std::string>(), HasSubstr("agent.exe is none of the script engines"));
}

// ---- c2_port ----

TEST_F(Explained, c2_port_on_a_port_that_is_not_listed) {
  ask({{"host", "WS01"}});
  connect(0s, kShell, "45.61.1.7", 443);
  const json k = key("c2_port");
  EXPECT_EQ(condition(k, "script_engine")["met"], true);
  EXPECT_EQ(condition(k, "listed_port")["text"], "port 443 is not in detectors.c2_port.ports");
}

TEST_F(Explained, c2_port_by_an_ordinary_program) {
  ask({{"host", "WS01"}});
  connect(0s, kAgent, "45.61.1.7", 4444);
  EXPECT_THAT(condition(key("c2_port"), "script_engine")["text"].get<std::string>(),
              HasSubstr("agent.exe is not one of"));
}

TEST_F(Explained, c2_port_inbound) {
  ask({{"host", "WS01"}});
  connect(0s, kShell, "45.61.1.7", 4444, false);
  EXPECT_EQ(key("c2_port")["dropped"][0]["by"], "initiated");
}

// ---- task_callback ----

json task(const std::string& at, const std::string& arguments) {
  return {{"EventID", 4698},
          {"Channel", "Security"},
          {"EventTime", at},
          {"TaskName", "\\Vendor\\Update"},
          {"TaskContent", "<Task><Actions><Exec><Command>powershell.exe</Command><Arguments>" +
                              arguments + "</Arguments></Exec></Actions></Task>"}};
}

TEST_F(Explained, task_callback_a_task_that_hides_nothing) {
  ask({{"task", "Vendor\\Update"}});
  observe(task(time_text(0s), "-File C:\\x\\backup.ps1"));
  const json k = key("task_callback");
  EXPECT_EQ(k["fired"], false);
  EXPECT_THAT(condition(k, "suspicious_command")["text"].get<std::string>(),
              HasSubstr("neither hidden nor encoded"));
}

TEST_F(Explained, task_callback_says_which_stages_are_missing) {
  ask({{"task", "\\Vendor\\Update"}});
  observe(task(time_text(0s), "-W Hidden -c iex $x"));
  const json k = key("task_callback");
  EXPECT_EQ(k["fired"], true);
  EXPECT_EQ(k["evidence"]["stages"], json({"created"}));
  EXPECT_EQ(k["evidence"]["missing_stages"], json({"asked", "ran", "called"}));
}

// The other door: a program that a server program started (decision 0030).
constexpr const char* kTomcat = "C:\\Program Files\\Apache\\Tomcat 9.0\\bin\\Tomcat9.exe";

json served(const std::string& at, const std::string& command_line, const char* parent = kTomcat) {
  return {{"EventID", 1},           {"EventTime", at},
          {"UtcTime", at + ".000"}, {"ProcessGuid", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
          {"Image", kShell},        {"CommandLine", command_line},
          {"ParentImage", parent}};
}

TEST_F(Explained, task_callback_a_server_that_runs_a_script) {
  ask({{"host", "WS01"}});
  observe(served(time_text(0s), "powershell.exe -File C:\\apps\\rotate.ps1"));
  const json k = key("task_callback");
  EXPECT_EQ(k["fired"], false);
  const json foul = condition(k, "foul_for_a_server");
  EXPECT_EQ(foul["met"], false);
  EXPECT_THAT(foul["text"].get<std::string>(), HasSubstr("Tomcat9.exe started it: it runs "));
  EXPECT_THAT(foul["text"].get<std::string>(), HasSubstr("neither hidden nor encoded"));
}

// Enough for a task, and not for a server: servers do run such scripts.
TEST_F(Explained, task_callback_a_server_that_does_one_suspicious_thing) {
  ask({{"host", "WS01"}});
  observe(served(time_text(0s), "powershell.exe -c iex $x"));
  const json k = key("task_callback");
  EXPECT_EQ(k["fired"], false);
  EXPECT_THAT(condition(k, "foul_for_a_server")["text"].get<std::string>(),
              HasSubstr("from a server that may be its work, unless it hides it"));
}

TEST_F(Explained, task_callback_a_server_that_starts_something_hidden) {
  ask({{"host", "WS01"}});
  observe(served(time_text(0s), "powershell.exe -W Hidden -Enc dwBoAG8AYQBtAGkA"));
  const json k = key("task_callback");
  EXPECT_EQ(k["fired"], true);
  EXPECT_EQ(condition(k, "foul_for_a_server")["met"], true);
  EXPECT_EQ(k["findings"].size(), 1u);

  connect(5s, kShell, "45.61.1.7", 443);
  bool called = false;
  const json whole = answer();
  for (const json& other : whole["keys"])
    if (other["detector"] == "task_callback" && other.contains("address")) {
      called = true;
      EXPECT_EQ(other["fired"], true);
      EXPECT_EQ(other["evidence"]["stages"], json({"ran", "called"}));
      EXPECT_EQ(condition(other, "called")["met"], true);
    }
  EXPECT_TRUE(called) << whole.dump(1);
}

TEST_F(Explained, task_callback_has_nothing_to_say_of_other_parents) {
  ask({{"host", "WS01"}});
  observe(served(time_text(0s), "powershell.exe -W Hidden -Enc dwBoAG8AYQBtAGkA",
                 "C:\\Program Files\\Vendor\\agent.exe"));
  const json whole = answer();
  for (const json& k : whole["keys"]) EXPECT_NE(k["detector"], "task_callback");
}

// ---- what took it away ----

struct Rule {
  const char* name;
  const char* ip;
  const char* image;
  const char* by;
  const char* why;

  friend void PrintTo(const Rule& r, std::ostream* os) { *os << r.name; }
};

class ScopeRules : public Explained, public testing::WithParamInterface<Rule> {};

TEST_P(ScopeRules, name_the_entry_for_every_detector) {
  const Rule& rule = GetParam();
  ask({{"host", "WS01"}});
  for (int i = 0; i < 3; ++i) connect(i * 30s, rule.image, rule.ip, 4444);
  for (const char* detector : {"hourly_beacon", "interval_beacon", "c2_port"}) {
    const json k = key(detector);
    ASSERT_EQ(k["dropped"].size(), 1u) << detector;
    EXPECT_EQ(k["dropped"][0]["by"], rule.by) << detector;
    EXPECT_EQ(k["dropped"][0]["events"], 3) << detector;
    EXPECT_THAT(k["dropped"][0]["why"].get<std::string>(), HasSubstr(rule.why)) << detector;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , ScopeRules,
    testing::Values(Rule{"loopback", "127.0.0.1", kShell, "scope.excluded_networks",
                         "127.0.0.1 matches the entry \"127.0.0.0/8\""},
                    Rule{"mapped_private", "::ffff:10.1.2.3", kShell, "scope.excluded_networks",
                         "matches the entry \"10.0.0.0/8\""},
                    Rule{"browser", "45.61.1.7", "C:\\x\\Chrome.EXE", "scope.excluded_processes",
                         "C:\\x\\Chrome.EXE matches the entry \"chrome.exe\""}),
    [](const auto& p) { return p.param.name; });

TEST_F(Explained, an_allowlist_entry_that_took_a_finding_is_named) {
  ask({{"host", "WS01"}},
      R"({"allowlist": [{"host": "X", "reason": "no"},
                        {"process": "powershell.exe", "reason": "the admins"}]})");
  connect(0s);
  EXPECT_EQ(listener_.findings, 0);
  const json k = key("c2_port");
  EXPECT_EQ(k["fired"], true);
  const json finding = answer()["findings"][0];
  EXPECT_EQ(finding["id"], k["findings"][0]);
  EXPECT_EQ(finding["suppressed_by"], "allowlist[1]");
  EXPECT_EQ(finding["suppressed_why"], "the admins");
}

TEST_F(Explained, repeated_events_are_told_apart) {
  ask({{"host", "WS01"}});
  connect(0s);
  --record_id_;
  connect(0s);
  const json drops = answer()["dropped"];
  ASSERT_EQ(drops.size(), 1u);
  EXPECT_EQ(drops[0]["by"], "repeats.drop");
  EXPECT_EQ(drops[0]["events"], 1);
}

// ---- the best moment, and the question ----

TEST_F(Explained, a_key_is_told_as_it_stood_at_its_best) {
  ask({{"host", "WS01"}});
  for (const char* name : {"a.one.com", "a.two.org", "a.three.net"}) look_up(0s, name, 9003);
  look_up(5h, "a.four.info", 9003);  // the window has moved on
  EXPECT_EQ(condition(key("dns_burst"), "distinct_domains")["has"], 3);
}

TEST_F(Explained, a_question_that_nothing_matches_says_which_part) {
  ask({{"host", "WS01"}, {"destination", "10.9.9.9"}});
  connect(0s);
  const json a = answer();
  EXPECT_TRUE(a["keys"].empty());
  EXPECT_EQ(a["matched"]["host"], 1);
  EXPECT_EQ(a["matched"]["destination"], 0);
}

TEST_F(Explained, nearest_ranks_keys_and_leaves_out_what_fired) {
  ask({{"nearest", 2}});
  for (int i = 0; i < 4; ++i) connect(i * 30s, kShell, "45.61.1.1", 443);
  for (int i = 0; i < 3; ++i) connect(i * 30s, kShell, "45.61.1.2", 443);
  for (int i = 0; i < 2; ++i) connect(i * 30s, kShell, "45.61.1.3", 443);
  for (int i = 0; i < 5; ++i) connect(i * 30s, kShell, "45.61.1.4", 443);  // fires
  std::vector<std::string> order;
  const json whole = answer();
  for (const json& k : whole["keys"])
    if (k["detector"] == "interval_beacon") order.push_back(k["address"]);
  EXPECT_EQ(order, (std::vector<std::string>{"45.61.1.1", "45.61.1.2"}));
}

TEST_F(Explained, one_record_is_looked_up_by_its_name) {
  ask({{"record", "WS01/Microsoft-Windows-Sysmon/Operational/2"}});
  connect(0s);
  connect(30s);
  connect(60s);
  const json k = key("interval_beacon");
  EXPECT_EQ(k["events"], 1);
  EXPECT_EQ(condition(k, "check_ins")["has"], 2);  // as it was then
}

TEST_F(Explained, without_a_question_there_is_no_answer) {
  engine_ = std::make_unique<Engine>(*read_config(""), listener_, 7);
  connect(0s);
  EXPECT_EQ(engine_->explanation_json(), "null");
}

TEST(Question, mistakes_are_named) {
  const auto why = [](const char* q) {
    const auto read = read_question(q);
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(why("{"), HasSubstr("question:1:"));
  EXPECT_THAT(why("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(why("{}"), HasSubstr("asks for nothing"));
  EXPECT_THAT(why(R"({"hots": "a"})"), HasSubstr("question:1:2: hots: no such key"));
  EXPECT_THAT(why(R"({"host": 1})"), HasSubstr("must be text"));
  EXPECT_THAT(why(R"({"nearest": 0})"), HasSubstr("1 to 1000"));
  EXPECT_THAT(why(R"({"record": "WS01/7"})"), HasSubstr("Computer/Channel/EventRecordID"));
  EXPECT_THAT(why(R"({"record": "WS01/Security/x"})"), HasSubstr("Computer/Channel"));
}

}  // namespace
}  // namespace c2watch::engine
