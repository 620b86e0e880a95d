// The program as its users hold it: options, files, exit codes, ground truth, byte identity.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "formats/format.h"
#include "scenarios/cli.h"
#include "scenarios/run.h"

namespace c2sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

class Program : public testing::Test {
 protected:
  Program() {
    std::string pattern = (fs::temp_directory_path() / "c2sim-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Program() override { fs::remove_all(folder_); }

  struct Result {
    int status;
    std::string out, err;
  };

  Result c2sim(const std::string& arguments) const {
    const fs::path out = folder_ / "stdout", err = folder_ / "stderr";
    const std::string command = "'" C2WATCH_BUILD "/bin/c2sim' " + arguments + " >'" +
                                out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(out), read(err)};
  }

  std::string file(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

TEST_F(Program, SameSeedSameBytes) {
  for (const Shape& shape : shapes()) {
    const std::string options =
        "--scenario office --tests 1,2,3,4 --hosts 3 --with 4104,3008 --shape " +
        std::string(shape.name);
    const Result first = c2sim(options + " --seed 7 --truth " + file("a.truth"));
    const Result again = c2sim(options + " --seed 7 --truth " + file("b.truth"));
    const Result other = c2sim(options + " --seed 8");
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.out, again.out);
    EXPECT_EQ(read(file("a.truth")), read(file("b.truth")));
    EXPECT_NE(first.out, other.out);
    EXPECT_GT(first.out.size(), 100'000u);
  }
}

TEST_F(Program, TruthNamesExactlyTheAttacksRecords) {
  const Result r = c2sim("--scenario office --tests 1,2,3,4 --hosts 2 --shape winlogbeat7 --out " +
                         file("events") + " --truth " + file("truth"));
  ASSERT_EQ(r.status, 0) << r.err;
  using Key = std::tuple<std::string, std::string, std::uint64_t>;
  std::map<Key, Json> events;
  for (const std::string& line : lines(read(file("events")))) {
    const Json e = Json::parse(line);
    const Json& w = e["winlog"];
    const Key key{w["computer_name"], w["channel"], w["record_id"]};
    ASSERT_TRUE(events.emplace(key, e).second) << "two records with one identity";
  }
  const auto truth = lines(read(file("truth")));
  const Json header = Json::parse(truth.at(0));
  EXPECT_EQ(header["events"], events.size());
  EXPECT_EQ(header["labelled"], truth.size() - 1);
  EXPECT_EQ(header["seed"], 1);
  EXPECT_EQ(header["scenario"], "office");
  EXPECT_EQ(header["tests"], Json({1, 2, 3, 4}));
  std::map<std::string, std::uint64_t> by_id;
  for (const auto& [key, e] : events) ++by_id[std::to_string(e["winlog"]["event_id"].get<int>())];
  EXPECT_EQ(header["by_event_id"].get<decltype(by_id)>(), by_id);

  std::map<std::string, int> tests;
  for (std::size_t i = 1; i < truth.size(); ++i) {
    const Json t = Json::parse(truth[i]);
    const auto e = events.find({t["computer"], t["channel"], t["record_id"]});
    ASSERT_NE(e, events.end()) << truth[i];
    EXPECT_EQ(e->second["winlog"]["event_id"], t["event_id"]);
    EXPECT_EQ(e->second["@timestamp"].get<std::string>().substr(0, 23),
              t["time"].get<std::string>().substr(0, 23));
    EXPECT_EQ(t["signal"].get<std::string>().substr(0, 2), t["test"].get<std::string>() + ".");
    ++tests[t["test"]];
  }
  EXPECT_EQ(tests.size(), 4u);
}

TEST_F(Program, TruthOfSumoRecordsListsConnectionsOnly) {
  ASSERT_EQ(c2sim("--shape sumo-cse --out " + file("events") + " --truth " + file("truth")).status,
            0);
  const auto truth = lines(read(file("truth")));
  EXPECT_EQ(lines(read(file("events"))).size(), truth.size() - 1);
  for (std::size_t i = 1; i < truth.size(); ++i) EXPECT_EQ(Json::parse(truth[i])["event_id"], 3);
}

TEST_F(Program, LostRecordsAreNotInTheTruth) {
  ASSERT_EQ(c2sim("--scenario beacon --framework empire-5-0 --loss 0.3 --shape nxlog --out " +
                  file("events") + " --truth " + file("truth"))
                .status,
            0);
  const auto truth = lines(read(file("truth")));
  EXPECT_EQ(lines(read(file("events"))).size(), truth.size() - 1);
  EXPECT_GT(Json::parse(truth[0])["lost"], 100);
}

TEST_F(Program, AFileAppearsWholeOrNotAtAll) {
  { std::ofstream(file("events")) << "old"; }
  EXPECT_EQ(c2sim("--out " + file("events") + " --truth " + file("no/such/folder/truth")).status,
            3);
  EXPECT_EQ(read(file("events")), "old");
  EXPECT_FALSE(fs::exists(file("events") + ".tmp"));
  EXPECT_EQ(c2sim("--out " + file("events")).status, 0);
  EXPECT_EQ(read(file("events")).substr(0, 6), "<Event");
  EXPECT_FALSE(fs::exists(file("events") + ".tmp"));
}

TEST_F(Program, AFullDiskIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  const Result r = c2sim("--out /dev/full");
  EXPECT_EQ(r.status, 3);
  EXPECT_NE(r.err.find("/dev/full"), std::string::npos) << r.err;
}

TEST_F(Program, StandardOutputCarriesEventsAndNothingElse) {
  const Result r = c2sim("--shape otel");
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const std::string& line : lines(r.out)) EXPECT_TRUE(Json::accept(line));
}

TEST_F(Program, ListsWhatThereIs) {
  const Json list = Json::parse(c2sim("list --format json").out);
  EXPECT_EQ(list["scenarios"].size(), 5u);
  EXPECT_EQ(list["frameworks"].size(), 15u);
  EXPECT_EQ(list["shapes"].size(), 6u);
  EXPECT_NE(c2sim("list").out.find("cobalt-strike-60-37"), std::string::npos);
  EXPECT_EQ(c2sim("--version").out.rfind("c2sim ", 0), 0u);
  EXPECT_NE(c2sim("--help").out.find("Exit codes"), std::string::npos);
}

// Plain pointers: a long list of strings and vectors takes a sanitizing compiler minutes.
struct MistakeCase {
  const char* name;
  const char* option;
  const char* value;  // nullptr: none
  const char* says;

  friend void PrintTo(const MistakeCase& c, std::ostream* os) { *os << c.name; }
};

class CommandLine : public testing::TestWithParam<MistakeCase> {};

TEST_P(CommandLine, ExplainsTheMistake) {
  const MistakeCase& c = GetParam();
  const char* const argv[] = {"c2sim", c.option, c.value};
  const Command command = parse_command_line(c.value == nullptr ? 2 : 3, argv);
  const auto* mistake = std::get_if<Mistake>(&command);
  ASSERT_NE(mistake, nullptr);
  EXPECT_NE(mistake->message.find(c.says), std::string::npos) << mistake->message;
}

INSTANTIATE_TEST_SUITE_P(
    , CommandLine,
    testing::Values(MistakeCase{"unknown_option", "--speed", "9", "speed"},
                    MistakeCase{"unknown_command", "run", nullptr, "there is: list"},
                    MistakeCase{"unknown_scenario", "--scenario", "home", "atomic, atomic-remote"},
                    MistakeCase{"unknown_framework", "--framework", "x", "sliver-60-30"},
                    MistakeCase{"unknown_shape", "--shape", "csv", "winlogbeat7"},
                    MistakeCase{"fifth_test", "--tests", "5", "1, 2, 3, 4"},
                    MistakeCase{"word_for_a_test", "--tests", "one", "not a number"},
                    MistakeCase{"no_hosts", "--hosts", "0", "1 to 60000"},
                    MistakeCase{"too_many_hosts", "--hosts", "60001", "1 to 60000"},
                    MistakeCase{"no_time", "--hours", "0", "above 0"},
                    MistakeCase{"local_start", "--start", "2026-03-02 08:00", "UTC instant"},
                    MistakeCase{"all_lost", "--loss", "1", "below 1"},
                    MistakeCase{"always_off", "--offline", "1", "below 1"},
                    MistakeCase{"name_for_a_server", "--server", "c2.example", "IPv4"},
                    MistakeCase{"port_zero", "--port", "0", "1 to 65535"},
                    MistakeCase{"port_too_high", "--port", "65536", "1 to 65535"},
                    MistakeCase{"no_interval", "--interval", "0", "above zero"},
                    MistakeCase{"interval_in_days", "--interval", "1d", "like 500ms"},
                    MistakeCase{"jitter_in_percent", "--jitter", "37", "0 to 1"},
                    MistakeCase{"unknown_law", "--law", "gauss", "one-sided"},
                    MistakeCase{"odd_event", "--with", "4103", "4104, 3008"},
                    MistakeCase{"both_to_stdout", "--truth", "-", "both"},
                    MistakeCase{"odd_message", "--message", "maybe", "yes or no"},
                    MistakeCase{"odd_background", "--background", "home",
                                "none, agents or office"}),
    [](const auto& p) { return std::string(p.param.name); });

TEST_F(Program, AMistakeExitsWithTwoAndWritesNothing) {
  const Result r = c2sim("--hosts 0 --out " + file("events"));
  EXPECT_EQ(r.status, 2);
  EXPECT_NE(r.err.find("--hosts"), std::string::npos);
  EXPECT_FALSE(fs::exists(file("events")));
}

}  // namespace
}  // namespace c2sim
