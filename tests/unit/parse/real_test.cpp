// Real captures: every record of every one of them is read, or counted under a named reason.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/parse/reader.h"
#include "support/event_text.h"
#include "support/telemetry.h"
#include "support/wire_shapes.h"

namespace c2watch::parse {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

constexpr const char* kAbsent = "no ../shared/telemetry beside the project";

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<PackedFile> sample(std::string_view prefix) {
  for (const auto& entry : fs::directory_iterator(telemetry_folder())) {
    if (entry.path().filename().string().starts_with(prefix)) return unpack(entry.path());
  }
  ADD_FAILURE() << "no sample " << prefix;
  return {};
}

// Members that a shape's event cannot do without, whoever sends it.
void expect_whole(const Event& e, const std::string& file) {
  EXPECT_NE(e.kind, Kind::other) << file;
  EXPECT_TRUE(known(e.utc_time) && known(e.time_created)) << file;
  EXPECT_FALSE(e.computer.empty() || e.channel.empty()) << file;
  if (e.kind != Kind::task_created) {
    EXPECT_FALSE(e.image.empty() || e.process_guid.empty()) << file;
  }
  if (e.kind == Kind::process_create) {
    EXPECT_FALSE(e.command_line.empty() || e.parent_image.empty() || e.parent_process_guid.empty())
        << file;
  } else if (e.kind == Kind::network_connect) {
    EXPECT_FALSE(e.destination_ip.empty() || e.source_ip.empty() || e.protocol.empty()) << file;
    EXPECT_TRUE(e.destination_port >= 0 && e.source_port >= 0 && e.initiated != Initiated::unknown)
        << file;
  } else if (e.kind == Kind::dns_query) {
    EXPECT_TRUE(!e.query_name.empty() && e.has_query_status) << file;
  } else if (e.kind == Kind::task_created) {
    EXPECT_FALSE(e.task_name.empty() || e.subject_user_name.empty()) << file;
    EXPECT_NE(e.task_content.find("<Task"), std::string_view::npos) << file;
  }
}

TEST(RealShapes, AreReadWhole) {
  if (!have_telemetry()) GTEST_SKIP() << kAbsent;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(telemetry_folder() / "shapes")) {
    const std::string file = entry.path().filename().string(), text = contents(entry.path());
    Reader reader;
    Event event;
    ASSERT_EQ(name_of(reader.read_auto(text, event)), "none") << file;
    expect_whole(event, file);
    const std::string id = std::to_string(event.event_id);
    EXPECT_NE(fs::path(file).stem().string().find(id == "4698" ? "4698" : id), std::string::npos)
        << file;
    ++files;
  }
  EXPECT_EQ(files, 32u);
}

// The XML of an event as another program would write it from the JSON's own members.
WireRecord record_of(const std::string& xml) {
  const auto between = [&](std::string_view left, std::string_view right) {
    const std::size_t begin = xml.find(left);
    if (begin == std::string::npos) return std::string();
    return xml.substr(begin + left.size(),
                      xml.find(right, begin + left.size()) - begin - left.size());
  };
  const auto plain = [](std::string text) {
    const std::pair<const char*, const char*> references[] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
    for (const auto& [reference, meaning] : references) {
      for (std::size_t at = 0; (at = text.find(reference, at)) != std::string::npos; ++at) {
        text.replace(at, std::string_view(reference).size(), meaning);
      }
    }
    return text;
  };
  WireRecord r;
  r.event_id = std::stoi(between("<EventID>", "<"));
  r.channel = between("<Channel>", "<");
  r.computer = between("<Computer>", "<");
  r.record_id = between("<EventRecordID>", "<");
  const std::string provider = between("<Provider Name=", "/>"),
                    time = between("SystemTime=", "/>");
  r.provider = provider.substr(1, provider.find(provider[0], 1) - 1);
  r.system_time = time.substr(1, time.find(time[0], 1) - 1);
  r.headline = "A headline:";
  for (std::size_t at = xml.find("<Data Name="); at != std::string::npos;
       at = xml.find("<Data Name=", at + 1)) {
    const std::size_t name = at + 12, name_end = xml.find(xml[at + 11], name);
    const bool closed = xml[name_end + 1] == '/';
    const std::size_t value = name_end + 2;
    r.data.emplace_back(xml.substr(name, name_end - name),
                        closed ? "" : plain(xml.substr(value, xml.find("</Data>", value) - value)));
  }
  return r;
}

TEST(RealShapes, XmlAndItsRenderingsAgree) {
  if (!have_telemetry()) GTEST_SKIP() << kAbsent;
  std::size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(telemetry_folder() / "shapes")) {
    if (entry.path().extension() != ".xml") continue;
    const std::string xml = contents(entry.path());
    Reader xml_reader;
    Event want;
    ASSERT_EQ(xml_reader.read_xml(xml, want), Unreadable::none);
    const WireRecord record = record_of(xml);
    for (const Shape& shape : shapes()) {
      if (shape.whole_seconds || shape.no_record_id || shape.no_time_created) continue;
      // A task's blanks at line ends do not survive a rendered message.
      if (shape.name == "sumo_legacy") continue;
      Reader reader;
      Event got;
      const std::string text = shape.write(record);
      ASSERT_EQ(name_of(reader.read_auto(text, got)), "none") << shape.name << "\n" << text;
      EXPECT_EQ(describe(got), describe(want)) << entry.path().filename() << " as " << shape.name;
      ++compared;
    }
  }
  EXPECT_GE(compared, 6u * 18u);
}

std::string bare_guid(std::string_view guid) {
  std::string out;
  for (const char c : guid) {
    if (c != '{' && c != '}') out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

TEST(RealShapes, EvtxDumpAgreesWithTheLogItDumped) {
  if (!have_telemetry()) GTEST_SKIP() << kAbsent;
  if (!have_evtx()) GTEST_SKIP() << "built without libevtx";
  const std::vector<PackedFile> files = sample("S14");
  std::size_t pairs = 0;
  for (const PackedFile& log : files) {
    if (!log.name.ends_with(".evtx")) continue;
    const std::string twin = log.name.substr(0, log.name.size() - 5) + ".json";
    const auto json = std::find_if(files.begin(), files.end(),
                                   [&](const PackedFile& f) { return f.name == twin; });
    ASSERT_NE(json, files.end());
    const std::vector<std::string> events = evtx_records(log.bytes);
    ASSERT_EQ(events.size(), 1u);
    Reader a, b;
    Event from_log, from_dump;
    ASSERT_EQ(name_of(a.read_xml(events[0], from_log)), "none") << log.name;
    ASSERT_EQ(name_of(b.read_json(json->bytes, from_dump)), "none") << twin;
    // The dump's own losses: braces and case of GUIDs, blanks at the end, the seventh digit.
    const std::string guid = bare_guid(from_log.process_guid),
                      parent = bare_guid(from_log.parent_process_guid);
    const auto without_blanks = [](std::string_view text) {
      return text.substr(0, text.find_last_not_of(' ') + 1);
    };
    from_log.process_guid = guid;
    from_log.parent_process_guid = parent;
    from_log.command_line = without_blanks(from_log.command_line);
    from_log.parent_command_line = without_blanks(from_log.parent_command_line);
    EXPECT_EQ(describe(from_dump), describe(from_log)) << log.name;
    ++pairs;
  }
  EXPECT_EQ(pairs, 3u);
}

// What MANIFEST.md counted in each sample, by other means.
struct Counts {
  const char* sample;
  std::size_t processes, connections, lookups, tasks;
  double unreadable;  // share of records that may be refused

  friend void PrintTo(const Counts& c, std::ostream* os) { *os << c.sample; }
};

class RealCaptures : public testing::TestWithParam<Counts> {};

TEST_P(RealCaptures, EveryRecordIsReadOrCounted) {
  if (!have_telemetry()) GTEST_SKIP() << kAbsent;
  const Counts& want = GetParam();
  Reader reader;
  std::array<std::size_t, kKinds> kinds{};
  std::map<std::string_view, std::size_t> reasons;
  std::size_t all = 0;
  const auto read = [&](std::string_view text) {
    Event event;
    const Unreadable why = reader.read_auto(text, event);
    ++all;
    ++reasons[name_of(why)];
    if (why == Unreadable::none) ++kinds[static_cast<std::size_t>(event.kind)];
  };
  for (const PackedFile& file : sample(want.sample)) {
    if (file.name.ends_with(".yml")) continue;  // a rule's description
    if (file.bytes.starts_with("ElfFile")) {
      if (!have_evtx()) GTEST_SKIP() << "built without libevtx";
      for (const std::string& xml : evtx_records(file.bytes)) read(xml);
    } else if (!(std::string_view(want.sample) == "S14")) {
      for (const std::string_view record : split_records(file.bytes)) read(record);
    }
  }
  const std::size_t refused = all - reasons["none"];
  std::printf("%s: %zu records, %zu refused (%.2f %%)", want.sample, all, refused,
              100.0 * static_cast<double>(refused) / static_cast<double>(all));
  for (const auto& [reason, count] : reasons) {
    if (reason != "none" && count != 0)
      std::printf(", %.*s %zu", static_cast<int>(reason.size()), reason.data(), count);
  }
  std::printf("\n");
  EXPECT_EQ(kinds[static_cast<std::size_t>(Kind::process_create)], want.processes);
  EXPECT_EQ(kinds[static_cast<std::size_t>(Kind::network_connect)], want.connections);
  EXPECT_EQ(kinds[static_cast<std::size_t>(Kind::dns_query)], want.lookups);
  EXPECT_EQ(kinds[static_cast<std::size_t>(Kind::task_created)], want.tasks);
  EXPECT_LE(static_cast<double>(refused), want.unreadable * static_cast<double>(all));
}

INSTANTIATE_TEST_SUITE_P(
    , RealCaptures,
    testing::Values(Counts{"S01", 1, 91, 0, 1, 0}, Counts{"S02", 10, 6, 1, 1, 0},
                    Counts{"S03", 7, 25, 2, 0, 0}, Counts{"S04", 1, 96, 1, 0, 0},
                    Counts{"S05", 2, 5, 2, 0, 0}, Counts{"S06", 138, 135, 28, 0, 0},
                    Counts{"S07", 5, 2, 205, 0, 0}, Counts{"S08", 335, 19, 80, 0, 0},
                    Counts{"S09", 20, 0, 0, 0, 0.6}, Counts{"S10", 3, 3, 0, 0, 0},
                    Counts{"S11", 0, 0, 5, 0, 0}, Counts{"S12", 5, 2, 0, 1, 0},
                    Counts{"S13", 0, 0, 0, 2, 0}, Counts{"S14", 3, 0, 0, 0, 0},
                    Counts{"S15", 3, 4, 3, 6, 0}, Counts{"S18", 227, 2, 0, 0, 0}),
    [](const auto& p) { return std::string(p.param.sample); });

}  // namespace
}  // namespace c2watch::parse
