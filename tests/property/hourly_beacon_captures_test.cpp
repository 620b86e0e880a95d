// hourly_beacon against SQL over every connection of the captures of real machines: names, addresses
// and times as they are, which no generator would think of. The captures are no part of the project:
// MANIFEST.md beside them says where each comes from.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/hourly_beacon.h"
#include "core/parse/reader.h"
#include "property/hourly_sql_oracle.h"
#include "support/event_builder.h"
#include "support/telemetry.h"

namespace c2watch::analytics {
namespace {

using property::SqlAnswer;
using property::SqlOracle;
using property::SqlRow;
using property::SqlSettings;
using property::Text;
using testing_support::Collect;
using testing_support::evidence;

Text text(std::string_view written) {
  return written.empty() ? std::nullopt : Text(std::string(written));
}

SqlRow row_of(const Event& e) {
  SqlRow row;
  row.ts_ms = to_ms(e.utc_time);
  row.sysmon = true;
  row.src_host = text(e.source_hostname);
  row.base_image = text(e.image);
  row.dst_ip = text(e.destination_ip);
  row.dst_host = text(e.destination_hostname);
  row.computer = text(e.computer);
  if (e.destination_port != kNoPort) row.dst_port = e.destination_port;
  row.initiated = e.initiated == Initiated::yes;
  return row;
}

// The seed's, and lower thresholds and a wider scope: most captures are short and come from
// laboratories, whose servers have private addresses.
struct Reading {
  std::string name;
  std::size_t least_answers = 0;  // else there is nothing to compare
  HourlyBeaconSettings ours;
  SqlSettings sql;
  friend void PrintTo(const Reading& r, std::ostream* os) { *os << r.name; }
};

Reading reading(std::string name, bool coalesce, int min_total, int min_hours,
                std::size_t least_answers) {
  Reading r{std::move(name), least_answers, HourlyBeaconSettings::seed(), {}};
  r.ours.application = coalesce ? ApplicationField::coalesce : ApplicationField::strict;
  r.ours.source_fallback = r.ours.initiated_only = coalesce;
  r.sql.coalesce = r.sql.source_fallback = r.sql.initiated_only = coalesce;
  r.ours.min_total = static_cast<std::uint64_t>(min_total);
  r.ours.min_hours = static_cast<std::uint64_t>(min_hours);
  r.sql.min_total = min_total;
  r.sql.min_hours = min_hours;
  return r;
}

Reading without_scope(Reading r) {
  r.ours.scope.excluded_networks.clear();
  r.ours.scope.excluded_domains.clear();
  r.ours.scope.excluded_processes.clear();
  r.sql.seed_scope = false;  // and no row is marked as out of it
  return r;
}

class HourlyBeaconCaptures : public testing::TestWithParam<Reading> {};

TEST_P(HourlyBeaconCaptures, AnswersAsSqlDoes) {
  if (!testing_support::have_telemetry()) GTEST_SKIP() << "no captures in ../shared/telemetry";
  const Reading& r = GetParam();
  HourlyBeaconSettings settings = r.ours;
  settings.from = Time{std::chrono::hours{24 * 365 * 42}};  // 2011: fifty thousand hours hold all
  settings.to = *settings.from + std::chrono::hours{65'000};
  const auto made = HourlyBeacon::create(settings);
  ASSERT_TRUE(made);
  SqlOracle oracle(r.sql);
  Collect told;
  std::size_t connections = 0;
  parse::Reader reader;
  const auto take = [&](std::string_view record) {
    Event event;
    if (reader.read_auto(record, event) != parse::Unreadable::none) return;
    if (event.kind != Kind::network_connect) return;
    ++connections;
    oracle.add(row_of(event));
    (*made)->observe(event, told);
  };

  const std::filesystem::path folder = testing_support::telemetry_folder();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with('S')) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& path : files) {
    for (const testing_support::PackedFile& file : testing_support::unpack(path.string())) {
      if (file.name.ends_with(".evtx")) {
        for (const std::string& record : testing_support::evtx_records(file.bytes)) take(record);
        continue;
      }
      for (const std::string_view record : testing_support::split_records(file.bytes)) take(record);
    }
  }
  ASSERT_GT(connections, 300u);

  Collect answer;
  (*made)->answer(answer);
  const std::vector<SqlAnswer> want = oracle.answer(to_ms(*settings.from), to_ms(*settings.to));
  EXPECT_GE(want.size(), r.least_answers) << "next to nothing to compare";
  ASSERT_EQ(answer.found.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const Finding& f = answer.found[i];
    const auto number = [&](std::string_view name) { return *evidence<std::int64_t>(f, name); };
    EXPECT_EQ(number("TotalConnections"), want[i].total) << f.description;
    EXPECT_EQ(number("HoursActive"), want[i].hours) << f.description;
    EXPECT_EQ(number("FirstSeen"), want[i].first_ms) << f.description;
    EXPECT_EQ(number("LastSeen"), want[i].last_ms) << f.description;
    EXPECT_EQ(number("RiskScore"), want[i].score) << f.description;
    const std::string* host = evidence<std::string>(f, "srcDevice_hostname");
    const std::string* ip = evidence<std::string>(f, "dstDevice_ip");
    EXPECT_EQ(host == nullptr ? Text() : Text(*host), want[i].key.src_host);
    EXPECT_EQ(ip == nullptr ? Text() : Text(*ip), want[i].key.dst_ip);
  }
  RecordProperty("connections", static_cast<int>(connections));
  RecordProperty("answers", static_cast<int>(want.size()));
}

INSTANTIATE_TEST_SUITE_P(, HourlyBeaconCaptures,
                         testing::Values(reading("as_the_seed_asks", false, 10, 2, 0),
                                         reading("every_key", false, 1, 1, 4),
                                         reading("every_program", true, 2, 1, 2),
                                         without_scope(reading("all_there_is", true, 1, 1, 8))),
                         [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace c2watch::analytics
