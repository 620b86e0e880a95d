// c2watch doctor: each way in which a stream can be ill, and the same stream when it is well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/io/parsed_event.h"
#include "support/json_schema.h"
#include "support/wire_shapes.h"
#include "unit/harness/program.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::string;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

using Lines = std::vector<string>;

string joined(const Lines& lines) {
  string text;
  for (const string& line : lines) text += line + "\n";
  return text;
}

// Three hosts for three hours with the four tests on one of them: nine host-hours. Of its 4,700
// records one in eight, which is still some sixty a host and hour, and every EID 4698.
Lines office(const string& input_format, const std::vector<string>& more = {}) {
  static std::map<std::pair<string, std::vector<string>>, Lines> known;
  Lines& lines = known[{input_format, more}];
  if (!lines.empty()) return lines;
  const Scratch s;
  string command = quoted(C2WATCH_BUILD "/bin/c2sim") +
                   " --scenario office --hosts 3 --hours 3 --tests 1,2,3,4 --message no --shape " +
                   input_format + " --out " + quoted(s.path("events")) + " --truth /dev/null";
  for (const string& word : more) command += " " + quoted(word);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  std::istringstream in(slurp(s.path("events")));
  std::size_t number = 0;
  for (string line; std::getline(in, line);)
    if (number++ % 8 == 0 || line.find("4698") != string::npos) lines.push_back(line);
  return lines;
}

struct Checked {
  int code = -1;
  json report;

  const json& detector(const string& name) const {
    for (const json& d : report["detectors"])
      if (d["detector"] == name) return d;
    throw std::runtime_error("no " + name + " in " + report.dump());
  }
  string verdict(const string& name) const { return detector(name)["status"]; }
  // Null when there is none.
  json fault(const string& id, const string& field = "") const {
    for (const json& f : report["issues"])
      if (f["id"] == id && (field.empty() || f["field"] == field)) return f;
    return nullptr;
  }
  string fixes(const string& id, const string& field = "") const { return fault(id, field).dump(); }
};

Checked check(const string& telemetry, std::vector<string> arguments = {}) {
  static const json schema = json::parse(slurp(C2WATCH_SHARE "/schemas/doctor.schema.json"));
  const Scratch s;
  arguments.insert(arguments.begin(), "doctor");
  arguments.insert(arguments.end(), {"--format", "json", s.write("sample", telemetry)});
  const ProgramResult r = run_c2watch(arguments);
  Checked out{r.code, json::parse(r.out, nullptr, false)};
  EXPECT_EQ(testing_support::violations(schema, out.report), "") << r.out << r.err;
  return out;
}

// The stream with every record changed.
string changed(const Lines& lines, const std::function<void(ordered_json&)>& change) {
  string text;
  for (const string& line : lines) {
    ordered_json record = ordered_json::parse(line);
    change(record);
    text += record.dump() + "\n";
  }
  return text;
}

bool is_eid(const ordered_json& record, int id) {
  if (record.contains("winlog")) return record["winlog"]["event_id"] == id;
  return record["EventID"] == id;
}

class HealthyShape : public testing::TestWithParam<const char*> {};

TEST_P(HealthyShape, HasNothingWrong) {
  const Checked c = check(joined(office(GetParam())));
  EXPECT_EQ(c.code, 0);
  EXPECT_THAT(c.report["issues"], IsEmpty()) << c.report["issues"].dump(1);
  for (const json& d : c.report["detectors"]) EXPECT_EQ(d["status"], "ok") << d;
  EXPECT_EQ(c.report["sample"]["input_formats"].size(), 1u);
  EXPECT_EQ(c.report["sample"]["not_inspected"], 0);
  EXPECT_EQ(c.report["sample"]["hosts"], 3);
}

INSTANTIATE_TEST_SUITE_P(, HealthyShape,
                         testing::Values("xml", "nxlog", "winlogbeat7", "flb-winevtlog", "otel"),
                         [](const auto& p) {
                           string name = p.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Whatever the plugin reads in any shape, the doctor either understands or says that it does not.
TEST(Doctor, NoShapeOfAHealthyRecordIsCalledIll) {
  using namespace testing_support;
  for (const Shape& input_format : shapes()) {
    const Checked c =
        check(input_format.write(process_create_record()) + "\n" +
              input_format.write(network_connect_record()) + "\n" +
              input_format.write(dns_query_record()) + "\n" +
              (input_format.sysmon_only ? "" : input_format.write(task_created_record())) + "\n");
    if (c.report["sample"]["not_inspected"] != 0 || !c.report["unreadable"].empty()) continue;
    EXPECT_EQ(c.fault("record_id_missing").is_null(), !input_format.no_record_id)
        << input_format.name;
    for (const json& f : c.report["issues"])
      EXPECT_EQ(f["impact"], "info") << input_format.name << ": " << f;
  }
}

// ---- what does not arrive

TEST(Doctor, AnEventThatIsNotThereIsNotSeenUntilTheSampleIsLongEnough) {
  const Lines lines = office("winlogbeat7", {"--without", "3"});
  const Checked whole = check(joined(lines));
  EXPECT_EQ(whole.code, 1);
  for (const char* detector : {"hourly_beacon", "interval_beacon", "c2_port"})
    EXPECT_EQ(whole.verdict(detector), "blocked") << detector;
  EXPECT_EQ(whole.verdict("task_callback"), "degraded");
  EXPECT_EQ(whole.verdict("dns_burst"), "ok");
  EXPECT_THAT(whole.fixes("event_absent"), HasSubstr("<NetworkConnect onmatch="));

  const Checked begin = check(joined(Lines(lines.begin(), lines.begin() + 60)));
  EXPECT_EQ(begin.code, 1);
  EXPECT_EQ(begin.verdict("c2_port"), "unknown");
  EXPECT_THAT(begin.detector("c2_port")["reasons"][0].get<string>(),
              HasSubstr("EID 3 not seen in 60 records"));
  EXPECT_TRUE(begin.fault("event_absent").is_null());
}

TEST(Doctor, ATaskIsRareButItsChannelIsNot) {
  // One Security event of another kind an hour: the channel is there.
  const Lines without = office("winlogbeat7", {"--without", "4698"});
  const Checked no_channel = check(joined(without));
  EXPECT_EQ(no_channel.code, 0);
  EXPECT_EQ(no_channel.verdict("task_callback"), "degraded");
  EXPECT_THAT(no_channel.fixes("channel_absent"),
              HasSubstr("winlogbeat.event_logs: [{name: Security"));
  EXPECT_THAT(no_channel.fixes("channel_absent"),
              HasSubstr("0CCE9227-69AE-11D9-BED3-505054503030"));

  const Checked channel = check(
      joined(without) +
      R"({"@timestamp":"2026-03-02T10:00:00.000Z","winlog":{"event_id":4624,"record_id":5,"channel":"Security","provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"WS-0001.corp.example.com"}})"
      "\n");
  EXPECT_EQ(channel.verdict("task_callback"), "ok");
  EXPECT_TRUE(channel.fault("channel_absent").is_null());
  EXPECT_THAT(channel.detector("task_callback")["reasons"][0].get<string>(),
              HasSubstr("EID 4698 not seen"));
}

TEST(Doctor, NormalisedRecordsFeedTheTwoBeaconDetectorsOnly) {
  const Checked c = check(joined(office("sumo-cse")));
  EXPECT_EQ(c.code, 1);
  EXPECT_EQ(c.verdict("hourly_beacon"), "ok");
  EXPECT_EQ(c.verdict("interval_beacon"), "degraded");
  EXPECT_EQ(c.verdict("c2_port"), "blocked");
}

TEST(Doctor, DetectorsThatAreSwitchedOffAreNotAskedFor) {
  const Lines lines = office("winlogbeat7", {"--without", "1,22,4698"});
  EXPECT_EQ(check(joined(lines)).code, 1);
  const Checked seed = check(joined(lines), {"--profile", "seed"});
  EXPECT_EQ(seed.code, 0);
  ASSERT_EQ(seed.report["detectors"].size(), 1u);
  EXPECT_EQ(seed.verdict("hourly_beacon"), "ok");
  EXPECT_THAT(seed.report["issues"], IsEmpty());
}

// ---- values under the wrong names

// Forwarded in binary form, empty values vanish and the rest shifts.
TEST(Doctor, InsertsThatShiftedAreNoticedAndPutRight) {
  const Lines lines = office("flb-winevtlog");
  const Checked c = check(changed(lines, [](ordered_json& r) {
    ordered_json kept = ordered_json::array();
    for (const auto& v : r["StringInserts"])
      if (v != "-" && v != "") kept.push_back(v);
    r["StringInserts"] = kept;
  }));
  const json shifted = c.fault("fields_shifted");
  ASSERT_FALSE(shifted.is_null()) << c.report["issues"].dump(1);
  EXPECT_EQ(shifted["impact"], "degraded");
  EXPECT_THAT(shifted.dump(), HasSubstr("event_data_as_map: true"));
  EXPECT_THAT(shifted.dump(), HasSubstr("/cf:RenderedText"));
  EXPECT_TRUE(c.fault("field_missing").is_null()) << "no single field is to blame";
}

TEST(Doctor, InsertsThatNobodyCanPutRightAreLost) {
  const Checked c = check(changed(office("flb-winevtlog"), [](ordered_json& r) {
    if (is_eid(r, 22)) r["StringInserts"] = {"a", "b", "c"};
  }));
  EXPECT_EQ(c.code, 1);
  EXPECT_EQ(c.verdict("dns_burst"), "blocked");
  EXPECT_EQ(c.verdict("c2_port"), "ok");
  EXPECT_EQ(c.fault("fields_shifted")["event_id"], 22);
}

// The number fits the schema without RuleName; the values do not.
TEST(Doctor, InsertsOfARightNumberInWrongPlaces) {
  const Checked c = check(changed(office("flb-winevtlog"), [](ordered_json& r) {
    if (is_eid(r, 3)) r["StringInserts"].erase(3);
  }));
  const json shifted = c.fault("fields_shifted");
  ASSERT_FALSE(shifted.is_null()) << c.report["issues"].dump(1);
  EXPECT_EQ(shifted["event_id"], 3);
}

// ---- fields

class DroppedField : public testing::TestWithParam<std::tuple<int, const char*, const char*>> {};

TEST_P(DroppedField, CostsTheDetectorThatLivesOnIt) {
  const auto [id, field, detector] = GetParam();
  const Lines lines = office("winlogbeat7");
  const auto drop = [&, id = id, field = string(field)](int one_in) {
    int n = 0;
    return check(changed(lines, [&](ordered_json& r) {
      if (is_eid(r, id) && n++ % one_in == 0) r["winlog"]["event_data"].erase(field);
    }));
  };
  const Checked all = drop(1);
  EXPECT_EQ(all.verdict(detector), "blocked");
  EXPECT_EQ(all.code, 1);
  EXPECT_EQ(all.fault("field_missing", field)["impact"], "blocking");
  EXPECT_THAT(all.fixes("field_missing", field), HasSubstr("winlog.event_data"));

  const Checked half = drop(2);
  EXPECT_EQ(half.verdict(detector), "degraded");
  EXPECT_EQ(half.fault("field_missing", field)["impact"], "degraded");

  const Checked few = drop(100);  // 1 %, below the 2 % that every stream has
  EXPECT_EQ(few.verdict(detector), "ok");
  EXPECT_TRUE(few.fault("field_missing").is_null());
}

INSTANTIATE_TEST_SUITE_P(, DroppedField,
                         testing::Values(std::tuple{3, "DestinationIp", "hourly_beacon"},
                                         std::tuple{3, "Image", "interval_beacon"},
                                         std::tuple{3, "DestinationPort", "c2_port"},
                                         std::tuple{3, "Initiated", "c2_port"},
                                         std::tuple{22, "QueryStatus", "dns_burst"},
                                         std::tuple{22, "QueryName", "dns_burst"},
                                         std::tuple{1, "CommandLine", "task_callback"},
                                         std::tuple{1, "ParentImage", "task_callback"}),
                         [](const auto& p) {
                           return "eid" + std::to_string(std::get<0>(p.param)) + "_" +
                                  std::get<1>(p.param);
                         });

TEST(Doctor, ANameStandsForAnAddress) {
  const Checked c = check(changed(office("winlogbeat7"), [](ordered_json& r) {
    if (!is_eid(r, 3)) return;
    r["winlog"]["event_data"].erase("DestinationIp");
    r["winlog"]["event_data"]["DestinationHostname"] = "server.example";
  }));
  EXPECT_EQ(c.verdict("c2_port"), "degraded");
  EXPECT_EQ(c.verdict("hourly_beacon"), "degraded");
}

struct Spoilt {
  string id;  // of the fault
  int event_id;
  string field;
  string value;

  friend void PrintTo(const Spoilt& s, std::ostream* os) { *os << s.field << " = " << s.value; }
};

class SpoiltField : public testing::TestWithParam<Spoilt> {};

TEST_P(SpoiltField, IsCalledWhatItIs) {
  const Spoilt& p = GetParam();
  const Checked c = check(changed(office("winlogbeat7"), [&](ordered_json& r) {
    if (is_eid(r, p.event_id)) r["winlog"]["event_data"][p.field] = p.value;
  }));
  const json fault = c.fault(p.id, p.field);
  ASSERT_FALSE(fault.is_null()) << c.report["issues"].dump(1);
  EXPECT_EQ(fault["event_id"], p.event_id);
  EXPECT_EQ(fault["example"], p.id == "field_blank" ? "" : p.value);
  EXPECT_FALSE(fault["fix"].empty());
  EXPECT_EQ(c.report["issues"].size(), 1u) << "one illness, one complaint";
}

INSTANTIATE_TEST_SUITE_P(
    , SpoiltField,
    testing::Values(Spoilt{"field_blank", 1, "CommandLine", ""},
                    Spoilt{"field_blank", 3, "DestinationPort", "-"},
                    Spoilt{"field_foreign", 3, "Image", "{247090f2-6084-8944-2ff0-ecc5709ce3ae}"},
                    Spoilt{"field_foreign", 3, "DestinationIp", "443"},
                    Spoilt{"field_foreign", 22, "QueryName", "C:\\Windows\\System32\\svchost.exe"},
                    Spoilt{"field_malformed", 3, "DestinationIp", "web server"},
                    Spoilt{"field_malformed", 3, "DestinationPort", "70000"},
                    Spoilt{"field_malformed", 22, "QueryStatus", "NXDOMAIN"},
                    Spoilt{"field_redacted", 1, "CommandLine", "***"},
                    Spoilt{"field_redacted", 3, "DestinationIp", "[REDACTED]"},
                    Spoilt{"field_truncated", 1, "CommandLine", "powershell -nop -w hid..."},
                    Spoilt{"field_truncated", 4698, "TaskContent", "<Task version=\"1.2\"><Act"},
                    Spoilt{"field_malformed", 3, "Initiated", "yes"}),
    [](const auto& p) {
      string name = p.param.id + "_" + p.param.field;
      return name + "_" + std::to_string(p.index);
    });

TEST(Doctor, ProcessesThatSysmonDoesNotKnow) {
  const auto one_in = [](int n) {
    int i = 0;
    return check(changed(office("winlogbeat7"), [&](ordered_json& r) {
      if (is_eid(r, 22) && i++ % n == 0) r["winlog"]["event_data"]["Image"] = "<unknown process>";
    }));
  };
  EXPECT_EQ(one_in(1).verdict("dns_burst"), "blocked");
  EXPECT_EQ(one_in(3).verdict("dns_burst"), "degraded");
  EXPECT_EQ(one_in(20).verdict("dns_burst"), "ok") << "a few are normal";
}

// ---- clocks, order, identity

TEST(Doctor, LocalTimeIsToldFromUtc) {
  const auto moved = [](int hours) {
    return check(changed(office("nxlog"), [hours](ordered_json& r) {
      const auto at = parse_time_us(r["EventTime"].get<string>());
      r["EventTime"] = time_text(*at + std::int64_t{hours} * 3'600'000'000);
    }));
  };
  const Checked local = moved(2);
  EXPECT_EQ(local.verdict("task_callback"), "degraded");
  EXPECT_THAT(local.fixes("local_time"), HasSubstr("xm_json"));
  EXPECT_TRUE(moved(0).fault("local_time").is_null());
}

TEST(Doctor, UtcTimeThatStoodStillWhileTheMachineSlept) {
  const Checked c = check(changed(office("winlogbeat7"), [](ordered_json& r) {
    auto& data = r["winlog"]["event_data"];
    if (r["winlog"]["computer_name"] != "WS-0002.corp.example.com" || !data.contains("UtcTime"))
      return;
    data["UtcTime"] = time_text(*parse_time_us(data["UtcTime"].get<string>()) - 260'000'000'000);
  }));
  EXPECT_EQ(c.fault("utc_time_drift")["count"], 1);
  EXPECT_TRUE(c.fault("local_time").is_null());
}

TEST(Doctor, AHostWhoseClockIsWrong) {
  const auto ahead = [](std::int64_t seconds) {
    return check(changed(office("winlogbeat7"), [seconds](ordered_json& r) {
      auto& data = r["winlog"]["event_data"];
      if (r["winlog"]["computer_name"] != "WS-0003.corp.example.com") return;
      const auto move = [&](ordered_json& time, bool iso) {
        string text = time_text(*parse_time_us(time.get<string>()) + seconds * 1'000'000);
        if (iso) text[10] = 'T', text += "Z";
        time = text;
      };
      move(r["@timestamp"], true);
      if (data.contains("UtcTime")) move(data["UtcTime"], false);
    }));
  };
  const json fault = ahead(1'500).fault("host_clock");
  EXPECT_EQ(fault["count"], 1);
  EXPECT_THAT(fault["example"].get<string>(), HasSubstr("WS-0003"));
  EXPECT_THAT(fault.dump(), HasSubstr("w32tm"));
  EXPECT_TRUE(ahead(20).fault("host_clock").is_null());
}

TEST(Doctor, RecordsWithoutANumberAndRecordsThatComeTwice) {
  const Lines lines = office("winlogbeat7");
  Lines twice;
  for (const string& line : lines) twice.insert(twice.end(), {line, line});
  const Checked repeated = check(joined(twice));
  EXPECT_EQ(repeated.fault("repeated_records")["count"], lines.size());
  EXPECT_TRUE(repeated.fault("record_id_missing").is_null());

  const Checked unnumbered =
      check(changed(lines, [](ordered_json& r) { r["winlog"].erase("record_id"); }));
  EXPECT_EQ(unnumbered.fault("record_id_missing")["count"], lines.size());
  EXPECT_TRUE(unnumbered.fault("repeated_records").is_null());
  EXPECT_EQ(unnumbered.code, 0);
}

TEST(Doctor, AHostByItsShortAndItsFullName) {
  const Checked c = check(changed(office("winlogbeat7"), [](ordered_json& r) {
    if (r["winlog"]["channel"] == "Security") r["winlog"]["computer_name"] = "WS-0001";
  }));
  EXPECT_THAT(c.fault("host_two_names")["example"].get<string>(), HasSubstr("ws-0001.corp"));
  const Checked domains = check(changed(office("winlogbeat7"), [](ordered_json& r) {
    if (r["winlog"]["channel"] == "Security")
      r["winlog"]["computer_name"] = "WS-0001.other.example";
  }));
  EXPECT_TRUE(domains.fault("host_two_names").is_null()) << "two hosts";
}

TEST(Doctor, NoHostAtAll) {
  const Checked c = check(
      changed(office("winlogbeat7"), [](ordered_json& r) { r["winlog"].erase("computer_name"); }));
  EXPECT_EQ(c.fault("host_missing")["impact"], "degraded");
  EXPECT_THAT(c.fixes("host_missing"), HasSubstr("winlog.computer_name"));
}

// One record in twenty comes as much later as `records` others take.
Checked delayed(std::size_t records) {
  const Lines lines = office("winlogbeat7");
  std::vector<std::pair<std::size_t, string>> order;
  for (std::size_t i = 0; i < lines.size(); ++i)
    order.emplace_back(i % 20 == 0 ? i + records : i, lines[i]);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  string text;
  for (const auto& [at, line] : order) text += line + "\n";
  return check(text);
}

TEST(Doctor, LateRecordsAndTheSettingThatWaitsForThem) {
  const Checked late = delayed(100);
  const json fault = late.fault("late_records");
  ASSERT_FALSE(fault.is_null()) << late.report["sample"];
  const int seconds = late.report["sample"]["lateness_seconds"];
  EXPECT_GT(seconds, 300);
  EXPECT_THAT(fault.dump(), HasSubstr("lateness_seconds\\\": " + std::to_string(seconds)));
  EXPECT_EQ(late.verdict("hourly_beacon"), "degraded");

  const Checked soon = delayed(2);
  EXPECT_TRUE(soon.fault("late_records").is_null());
  EXPECT_GT(soon.report["sample"]["out_of_order"], 0);
}

TEST(Doctor, NothingGoesOut) {
  const Lines lines = office("winlogbeat7");
  const Checked inbound = check(changed(lines, [](ordered_json& r) {
    if (is_eid(r, 3)) r["winlog"]["event_data"]["Initiated"] = "false";
  }));
  EXPECT_EQ(inbound.verdict("c2_port"), "blocked");
  EXPECT_FALSE(inbound.fault("all_inbound").is_null());

  const string proxied = changed(lines, [](ordered_json& r) {
    if (is_eid(r, 3)) r["winlog"]["event_data"]["DestinationIp"] = "10.9.9.9";
  });
  const Checked proxy = check(proxied);
  EXPECT_EQ(proxy.verdict("hourly_beacon"), "degraded");
  EXPECT_THAT(proxy.fault("no_outside_destination")["example"].get<string>(),
              HasSubstr("10.9.9.9"));
  EXPECT_TRUE(check(proxied, {"--profile", "lab"}).fault("no_outside_destination").is_null());
}

// ---- what cannot be read

TEST(Doctor, LinesThatALimitCutOff) {
  Lines lines = office("winlogbeat7");
  for (string& line : lines) line.resize(std::min<std::size_t>(line.size(), 1'024));
  const Checked c = check(joined(lines));
  const json fault = c.fault("unreadable_not_json");
  ASSERT_FALSE(fault.is_null()) << c.report["issues"].dump(1);
  EXPECT_THAT(fault["what"].get<string>(), HasSubstr("cut at 1,024 bytes"));
  EXPECT_THAT(fault.dump(), HasSubstr("log-msg-size"));
}

TEST(Doctor, TextBesideEventsIsToldWithItsPlace) {
  const Lines lines = office("winlogbeat7");
  string text;
  for (const string& line : lines) text += line + "\nProcess Create: rendered\n";
  const Checked c = check(text);
  EXPECT_EQ(c.fault("unreadable_text")["count"], lines.size());
  EXPECT_EQ(c.fault("unreadable_text")["offset"], lines[0].size() + 1);
  EXPECT_EQ(c.fault("unreadable_text")["impact"], "degraded");
}

TEST(Doctor, BehindASyslogHeader) {
  string text;
  for (const string& line : office("winlogbeat7"))
    text += "<13>1 2026-03-02T08:00:00Z collector windows - - - " + line + "\n";
  const Checked c = check(text);
  EXPECT_EQ(c.code, 0);
  EXPECT_EQ(c.report["sample"]["wrapped"], c.report["sample"]["records"]);
}

// ---- the program

TEST(DoctorProgram, LooksAtTheFirstRecordsAndSaysSo) {
  const Lines lines = office("winlogbeat7");
  const Checked few = check(joined(lines), {"--records", "100"});
  EXPECT_EQ(few.report["sample"]["records"], 100);
  EXPECT_EQ(few.report["sample"]["cut_short"].size(), 1u);
  const Checked all = check(joined(lines), {"--records", "100", "--all"});
  EXPECT_EQ(all.report["sample"]["records"], lines.size());
  EXPECT_THAT(all.report["sample"]["cut_short"], IsEmpty());
  const Checked exactly = check(joined(lines), {"--records", std::to_string(lines.size())});
  EXPECT_THAT(exactly.report["sample"]["cut_short"], IsEmpty());
}

TEST(DoctorProgram, ExitCodesAndTheTextReport) {
  const Scratch s;
  const string good = s.write("good.json", joined(office("winlogbeat7")));
  const ProgramResult r = run_c2watch({"doctor", good});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const char* part : {"hourly_beacon   can work", "Winlogbeat 7 or 8", "nothing"})
    EXPECT_THAT(r.out, HasSubstr(part));
  EXPECT_EQ(run_c2watch({"doctor", "-"}, good).code, 0);
  EXPECT_EQ(run_c2watch({"doctor"}).code, 2);
  EXPECT_EQ(run_c2watch({"doctor", "--follow", good}).code, 2);
  EXPECT_EQ(run_c2watch({"doctor", "--records", "0", good}).code, 2);
  EXPECT_EQ(run_c2watch({"doctor", s.path("absent")}).code, 3);
  EXPECT_EQ(run_c2watch({"doctor", s.write("text", "not an event\n")}).code, 3);
  const ProgramResult followed = run_c2watch({"doctor", "--follow", "--duration", "1s", good});
  EXPECT_EQ(followed.code, 0) << followed.err;
}

// ---- real captures

struct Capture {
  string file;
  string input_format;
  string fault;  // one that it has; "" for a healthy one

  friend void PrintTo(const Capture& c, std::ostream* os) { *os << c.file; }
};

class DoctorCapture : public testing::TestWithParam<Capture> {};

TEST_P(DoctorCapture, IsDiagnosed) {
  const Capture& p = GetParam();
  const string path = string(C2WATCH_SHARED "/telemetry/") + p.file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared/telemetry/" << p.file;
  const json report = json::parse(run_c2watch({"doctor", "--format", "json", path}).out);
  EXPECT_EQ(report["sample"]["input_formats"][0]["input_format"], p.input_format);
  EXPECT_EQ(report["sample"]["not_inspected"], 0);
  std::vector<string> grave;
  std::vector<string> ids;
  for (const json& f : report["issues"]) {
    ids.push_back(f["id"]);
    if (f["impact"] == "blocking") grave.push_back(f.dump());
  }
  EXPECT_THAT(grave, IsEmpty());
  if (p.fault.empty())
    EXPECT_THAT(ids, IsEmpty());
  else
    EXPECT_THAT(ids, Contains(p.fault));
}

INSTANTIATE_TEST_SUITE_P(
    , DoctorCapture,
    testing::Values(
        Capture{"S01_otrf_empire_elevated_schtasks.tar.gz", "winlogbeat6", "utc_time_drift"},
        Capture{"S02_otrf_schtask_create.zip", "flat", "local_time"},
        Capture{"S03_otrf_empire_launcher_sct_regsvr32.zip", "nxlog", ""},
        Capture{"S04_otrf_empire_psinject_PEinjection.zip", "nxlog", "no_outside_destination"},
        Capture{"S05_otrf_log4shell_sysmon_sentinel.zip", "sentinel", "record_id_missing"},
        Capture{"S06_otrf_lsass_campaign_02_procdump.zip", "flat", "process_unknown"},
        Capture{"S07_otrf_psh_cmstp_bypassuac.zip", "flat", "local_time"},
        Capture{"S08_splunk_T1047_attack_data.tar.gz", "nxlog", ""},
        Capture{"S09_splunk_certutil.raw.xz", "event_xml", "unreadable_text"}),
    [](const auto& p) { return p.param.file.substr(0, 3); });

}  // namespace
}  // namespace c2watch::harness
