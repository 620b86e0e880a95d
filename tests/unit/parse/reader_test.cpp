#include "core/parse/reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/model/limits.h"
#include "core/parse/json_reader.h"
#include "core/parse/xml_reader.h"
#include "core/parse/xml_scanner.h"
#include "support/allocation_counter.h"
#include "support/event_text.h"
#include "support/wire_shapes.h"

namespace c2watch::parse {
namespace {

using testing_support::allocations;
using testing_support::describe;
using testing_support::event_xml;
using testing_support::network_connect_record;
using testing_support::Shape;
using testing_support::shapes;
using testing_support::WireRecord;

std::string shape_of(std::string_view name, const WireRecord& record) {
  for (const Shape& shape : shapes()) {
    if (shape.name == name) return shape.write(record);
  }
  ADD_FAILURE() << "no shape " << name;
  return {};
}

TEST(Reader, TakesOneMebibyteAndRefusesOneByteMore) {
  const std::string head = R"({"EventID":11,"a":")", tail = R"("})";
  std::string json = head + std::string(kMaxRecordBytes - head.size() - tail.size(), 'x') + tail;
  ASSERT_EQ(json.size(), kMaxRecordBytes);
  Reader reader;
  Event event;
  EXPECT_EQ(reader.read_auto(json, event), Unreadable::none);
  json.insert(json.size() - 2, "x");
  EXPECT_EQ(reader.read_auto(json, event), Unreadable::too_large);
  EXPECT_EQ(reader.read_json(json, event), Unreadable::too_large);
  EXPECT_EQ(reader.read_xml(json, event), Unreadable::too_large);
  EXPECT_EQ(reader.read_auto(std::string(10u << 20, '{'), event), Unreadable::too_large);
  const Field field{"Image", json};
  EXPECT_EQ(reader.read_fields({&field, 1}, event), Unreadable::too_large);
}

TEST(Reader, IsUsableAfterEveryKindOfBadRecord) {
  Reader reader, fresh;
  Event got, want;
  const std::string good = shape_of("winlogbeat7", network_connect_record());
  ASSERT_EQ(fresh.read_auto(good, want), Unreadable::none);
  for (const std::string& bad : {std::string(), std::string(600, '\0'), std::string(2'000, '['),
                                 std::string("{\"a\":\"\xff\"}"), std::string("<Event><!DOCTYPE"),
                                 good.substr(0, good.size() / 2), good + good}) {
    EXPECT_NE(reader.read_auto(bad, got), Unreadable::none) << bad.substr(0, 40);
    ASSERT_EQ(reader.read_auto(good, got), Unreadable::none);
    EXPECT_EQ(describe(got), describe(want));
  }
}

// What a name meant in one record is remembered for the next ones: never where it means another
// thing, in an element or in an object, with a text or with something larger.
TEST(Reader, RemembersNamesOnlyWhereTheyMeanTheSame) {
  const auto record = [](const std::string& data) {
    return R"({"event_id":{"id":3},"channel":"Microsoft-Windows-Sysmon/Operational",)"
           R"("system_time":"2026-03-02T08:00:00Z","event_data":)" +
           data + "}";
  };
  const std::vector<std::string> datas = {
      R"({"data":[{"Image":"a.exe"},{"Task":"x"},{"DestinationIp":"203.0.113.7"}]})",
      R"({"data":[{"Image":{"a":1}},{"Task":{"a":"x"}},{"DestinationIp":["203.0.113.8"]},{"User":"q"}]})",
      R"({"data":[{"Name":"Image","text":"b.exe"},{"Name":"User","text":"ann"}]})",
      R"({"data":[{"Name":"User","text":"bob"},{"Name":"Image","text":"c.exe"}]})",
      R"({"data":[{"Image":"d.exe","User":"eve"},{"value":"f","Name":"DestinationIp"}]})",
      R"({"data":[{"data":"g"},{"text":"h"},{"Image":null},{"User":7}]})",
      R"({"data":[{"#attributes":{"Name":"Image"},"#text":"i.exe"},{"User":"j"}]})",
      R"({"Image":"k.exe","Name":"User","text":"l","Task":"m"})",
      R"({"Image":"n.exe","Task":{"a":"o"},"User":"p","data":[{"DestinationIp":"203.0.113.9"}]})",
  };
  Reader used;
  for (const std::string& before : datas) {
    for (const std::string& data : datas) {
      Reader fresh;
      Event got, want;
      const std::string first = record(before), then = record(data);  // events refer to them
      used.read_json(first, got);
      const Unreadable why = fresh.read_json(then, want);
      const std::string text = describe(want);
      EXPECT_EQ(used.read_json(then, got), why) << data << "\nafter " << before;
      EXPECT_EQ(describe(got), text) << data << "\nafter " << before;
    }
  }
}

TEST(Reader, TaskThatWasATextMayBeAnObjectNextTime) {
  const auto record = [](const std::string& task) {
    return R"({"event_id":{"id":4698},"channel":"Security","system_time":"2026-03-02T08:00:00Z",)"
           R"("event_data":{"data":[{"TaskName":"\\T"},{"Task":)" +
           task + R"(,"Name":"TaskContent"}]}})";
  };
  Reader reader;
  Event event;
  reader.read_json(record(R"("x")"), event);
  ASSERT_EQ(reader.read_json(record(R"({"Actions":{"Exec":{"Command":"y"}}})"), event),
            Unreadable::none);
  EXPECT_EQ(event.task_content,
            "<Task><Actions><Exec><Command>y</Command></Exec></Actions></Task>");
}

// What is put together from several values outlives the next such value of the same record.
TEST(Reader, FirstOfTwoListsOfAnswersWins) {
  std::string second = R"("192.0.2.1")";
  for (int i = 2; i < 100; ++i) second += R"(,"192.0.2.)" + std::to_string(i) + '"';
  const std::string record =
      R"({"@timestamp":"2026-08-21T08:00:00.004Z","event":{"code":22},"host":{"name":"WS-01"},)"
      R"("process":{"executable":"C:\\x\\a.exe"},"dns":{"question":{"name":"c1.example.net"},)"
      R"("resolved_ip":["203.0.113.90","203.0.113.91"],"resolved_ip":[)" +
      second + "]}}";
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_json(record, event), Unreadable::none);
  EXPECT_EQ(event.query_results, "203.0.113.90;203.0.113.91;");
}

std::string task_record(const std::string& content) {
  return R"({"event_id":{"id":4698},"channel":"Security","system_time":"2026-03-02T08:00:00Z",)"
         R"("event_data":{"TaskName":"\\T",)" +
         content + "}}";
}

TEST(Reader, FirstOfTwoTasksWins) {
  const std::string record =
      task_record(R"("TaskContent":{"Actions":{"Exec":{"Command":"first"}}},)"
                  R"("TaskContent":{"Actions":{"Exec":{"Command":"the second, and longer"}}})");
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_json(record, event), Unreadable::none);
  EXPECT_EQ(event.task_content, "<Actions><Exec><Command>first</Command></Exec></Actions>");
}

// A name over a list becomes an element for each value: 4 KB of JSON could come to megabytes. Both
// sides of the bound, in one task and in several.
TEST(Reader, TaskMayNotBecomeLargerThanARecord) {
  const auto task = [](std::size_t letters) {
    std::string values = "1";
    for (int i = 1; i < 1'000; ++i) values += ",1";
    return R"("TaskContent":{")" + std::string(letters, 'a') + R"(":[)" + values + "]}";
  };
  Reader reader;
  Event event;
  // <a...>1</a...>: 6 bytes beside the names.
  const std::size_t fits = (kMaxRecordBytes / 1'000 - 6) / 2;
  EXPECT_EQ(reader.read_json(task_record(task(fits)), event), Unreadable::none);
  EXPECT_EQ(reader.read_json(task_record(task(fits + 1)), event), Unreadable::too_large);
  const std::string half = task(fits / 2 - 2);
  EXPECT_EQ(reader.read_json(task_record(half + "," + half), event), Unreadable::none);
  EXPECT_EQ(reader.read_json(task_record(half + "," + half + "," + half), event),
            Unreadable::too_large);
}

// Every shape, cut everywhere: never read as if it were whole, except where the cut takes only
// what stands behind the record.
TEST(Reader, NeverReadsHalfAJsonOrXmlRecord) {
  for (const Shape& shape : shapes()) {
    const std::string text = shape.write(network_connect_record());
    const bool xml =
        text.find("<Event ") != std::string::npos && text.find('{') > text.find("<Event ");
    if (!xml && text.back() != '}') continue;  // text renderings have no end
    const std::size_t whole = xml ? text.find("</Event>") + 8 : text.size();
    Reader reader;
    Event event;
    for (std::size_t cut = 0; cut < whole; ++cut) {
      EXPECT_NE(reader.read_auto(text.substr(0, cut), event), Unreadable::none)
          << shape.name << " cut at " << cut;
    }
  }
}

TEST(Reader, RefusesTwoRecordsInOne) {
  for (const Shape& shape : shapes()) {
    const std::string text = shape.write(network_connect_record());
    if (text.front() != '{' && text.front() != '<') continue;
    if (shape.name == "snare" || shape.name == "sumo_legacy") continue;
    Reader reader;
    Event event;
    for (const std::string between : {"", "\n", "\r\n\r\n"}) {
      EXPECT_NE(reader.read_auto(text + between + text, event), Unreadable::none) << shape.name;
    }
  }
}

TEST(Reader, DoesNotAllocateOncePrimed) {
  if (!testing_support::counts_allocations()) GTEST_SKIP() << "sanitizers have their own new";
  for (const Shape& shape : shapes()) {
    if (shape.name == "event_xml_with_comment" || shape.name == "azure_event" ||
        shape.name == "event_xml_in_events") {
      continue;  // pugixml decides these, and allocates its tree
    }
    std::vector<std::string> texts;
    for (WireRecord (*record)() :
         {testing_support::process_create_record, testing_support::network_connect_record,
          testing_support::dns_query_record, testing_support::task_created_record}) {
      texts.push_back(shape.write(record()));
    }
    Reader reader;
    Event event;
    for (int round = 0; round < 3; ++round) {
      for (const std::string& text : texts) (void)reader.read_auto(text, event);
    }
    const std::size_t before = allocations();
    for (const std::string& text : texts) (void)reader.read_auto(text, event);
    EXPECT_EQ(allocations() - before, 0u) << shape.name;
  }
}

TEST(Reader, FieldsAreNotAllocatedFor) {
  if (!testing_support::counts_allocations()) GTEST_SKIP() << "sanitizers have their own new";
  const std::vector<Field> fields = {{"EventID", "3"},
                                     {"UtcTime", "2026-08-21 08:00:00.004"},
                                     {"winlog.event_data.Image", R"(C:\x\a.exe)"},
                                     {"DestinationIp", "203.0.113.90"}};
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_fields(fields, event), Unreadable::none);
  const std::size_t before = allocations();
  ASSERT_EQ(reader.read_fields(fields, event), Unreadable::none);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(event.image, R"(C:\x\a.exe)");
}

TEST(Reader, FieldsWithoutAnythingAreEmpty) {
  Reader reader;
  Event event;
  EXPECT_EQ(reader.read_fields({}, event), Unreadable::empty);
  const Field unknown[] = {{"hello", "world"}, {"", ""}, {".", "."}};
  EXPECT_EQ(reader.read_fields(unknown, event), Unreadable::unknown_shape);
}

// A name that begins with a dot has no path before it, whatever was read earlier.
TEST(Reader, FieldNameThatBeginsWithADotMeansTheSameEverywhere) {
  const auto read = [](const char* before) {
    const Field fields[] = {{before, "x"},
                            {"EventID", "3"},
                            {"Channel", "Microsoft-Windows-Sysmon/Operational"},
                            {"UtcTime", "2026-08-21 08:00:00"},
                            {"DestinationIp", "203.0.113.90"},
                            {".Image", "a.exe"}};
    Reader reader;
    Event event;
    EXPECT_EQ(reader.read_fields(fields, event), Unreadable::none);
    return std::string(event.image);
  };
  EXPECT_EQ(read("plain"), "");
  EXPECT_EQ(read("no.such.path"), "");
}

TEST(Reader, FieldsAreCheckedForUtf8) {
  const Field fields[] = {{"EventID", "3"}, {"UtcTime", "2026-08-21 08:00:00"}, {"Image", "a\xff"}};
  Reader reader;
  Event event;
  EXPECT_EQ(reader.read_fields(fields, event), Unreadable::not_utf8);
}

TEST(Reader, FieldsMayHoldTheWholeRecordAsText) {
  const std::string xml = event_xml(network_connect_record());
  const Field fields[] = {{"facility", "local0"}, {"message", xml}};
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_fields(fields, event), Unreadable::none);
  EXPECT_EQ(event.destination_ip, "203.0.113.90");
}

TEST(Reader, FieldsMayBePositional) {
  std::vector<Field> fields = {{"EventID", "3"},
                               {"Channel", "Microsoft-Windows-Sysmon/Operational"}};
  const WireRecord record = network_connect_record();
  for (const auto& [name, value] : record.data) fields.push_back({"StringInserts", value});
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_fields(fields, event), Unreadable::none);
  EXPECT_EQ(event.destination_ip, "203.0.113.90");
  EXPECT_EQ(event.destination_port, 8443);
}

TEST(Reader, AFieldsEventDataMayBeJson) {
  const Field fields[] = {
      {"EventID", "3"},
      {"EventData", R"({"UtcTime":"2026-08-21 08:00:00","DestinationIp":"203.0.113.9"})"}};
  Reader reader;
  Event event;
  ASSERT_EQ(reader.read_fields(fields, event), Unreadable::none);
  EXPECT_EQ(event.destination_ip, "203.0.113.9");
}

TEST(Reader, TheEventIdSurvivesARefusal) {
  Reader reader;
  Event event;
  EXPECT_EQ(reader.read_auto(R"({"EventID":3,"UtcTime":"1601-01-01 00:00:00"})", event),
            Unreadable::bad_time);
  EXPECT_EQ(event.event_id, 3u);
}

// An independent judge: what we read, nlohmann must be able to read. (It may read more.)
TEST(Reader, ReadsNoJsonThatIsNotJson) {
  const std::string json = shape_of("winlogbeat7", network_connect_record());
  const std::string alphabet = "{}[]\",:0a\\ -t.";
  Reader reader;
  Event event;
  std::size_t read = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    for (const char c : alphabet) {
      std::string mutant = json;
      mutant[at] = c;
      if (reader.read_json(mutant, event) != Unreadable::none) continue;
      ++read;
      // Escapes inside strings that nobody wants are not looked at.
      if (c == '\\' || (at > 0 && json[at - 1] == '\\')) continue;
      EXPECT_TRUE(nlohmann::json::accept(mutant)) << "at " << at << ": " << c;
    }
  }
  EXPECT_GT(read, json.size());  // most letters of a value can change
}

// Where the scanner answers, pugixml gives the same answer.
TEST(XmlReader, ScannerAndPugixmlAgree) {
  const std::string alphabet = "<>/='\"& a;!";
  for (WireRecord (*record)() :
       {testing_support::network_connect_record, testing_support::task_created_record}) {
    const std::string xml = event_xml(record());
    Scratch scratch;
    XmlReader reader(scratch);
    RawRecord fast, strict;
    for (std::size_t at = 0; at < xml.size(); ++at) {
      for (const char c : alphabet) {
        std::string mutant = xml;
        mutant[at] = c;
        scratch.reset();
        fast.clear();
        strict.clear();
        const Unreadable fast_why = reader.read(mutant, fast);
        const Unreadable strict_why = reader.read_strictly(mutant, strict);
        ASSERT_EQ(name_of(fast_why), name_of(strict_why)) << "at " << at << ": " << c << "\n"
                                                          << mutant;
        if (fast_why != Unreadable::none) continue;
        for (std::size_t s = 0; s < kSlots; ++s) {
          const auto slot = static_cast<Slot>(s);
          ASSERT_EQ(fast[slot], strict[slot]) << "slot " << s << " at " << at << ": " << c << "\n"
                                              << mutant;
          ASSERT_EQ(fast.seen(slot), strict.seen(slot))
              << "slot " << s << " at " << at << ": " << c;
        }
        ASSERT_EQ(fast.insert_count(), strict.insert_count()) << mutant;
      }
    }
  }
}

TEST(XmlScanner, TakesWhatWindowsWrites) {
  for (WireRecord (*record)() :
       {testing_support::process_create_record, testing_support::network_connect_record,
        testing_support::dns_query_record, testing_support::task_created_record,
        testing_support::script_block_record, testing_support::dns_client_record}) {
    for (const char quote : {'\'', '"'}) {
      Scratch scratch;
      RawRecord found;
      const std::string xml = event_xml(record(), quote);
      XmlScanner scanner(xml, scratch, found);
      EXPECT_EQ(scanner.scan(), XmlScanner::Answer::read) << xml;
      EXPECT_EQ(scanner.position(), xml.data() + xml.size());
    }
  }
}

TEST(Reader, ABombIsRefusedBeforeItGrows) {
  std::string bomb = "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a0 'ha'>";
  for (int i = 1; i < 100; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " '&a" + std::to_string(i - 1) + ";&a" +
            std::to_string(i - 1) + ";'>";
  }
  bomb += "]>" + event_xml(network_connect_record());
  Reader reader;
  Event event;
  EXPECT_EQ(reader.read_auto(bomb, event), Unreadable::dtd);
  EXPECT_EQ(reader.read_xml(bomb, event), Unreadable::dtd);
}

TEST(Reader, AnEventIdCountsOnlyInItsOwnLog) {
  struct Case {
    const char* json;
    Kind want;
  };
  const Case cases[] = {
      {R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00"})", Kind::network_connect},
      {R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00","Channel":"ForwardedEvents","ProviderName":"Microsoft-Windows-Sysmon"})",
       Kind::network_connect},
      {R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00","Channel":"MICROSOFT-WINDOWS-SYSMON/OPERATIONAL"})",
       Kind::network_connect},
      {R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00","ProviderName":"Linux-Sysmon"})",
       Kind::network_connect},
      {R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00","Channel":"System"})",
       Kind::other},
      {R"({"EventID":1,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00","ProviderName":"Microsoft-Windows-Kernel-General"})",
       Kind::other},
      {R"({"EventID":4698,"TaskName":"T","TimeCreated":"2026-08-21 08:00:00","Channel":"Security"})",
       Kind::task_created},
      {R"({"EventID":4698,"TaskName":"T","TimeCreated":"2026-08-21 08:00:00","Channel":"Application"})",
       Kind::other},
      {R"({"EventID":4104,"ScriptBlockText":"x","TimeCreated":"2026-08-21 08:00:00","Channel":"PowerShellCore/Operational"})",
       Kind::script_block},
      {R"({"EventID":4104,"ScriptBlockText":"x","TimeCreated":"2026-08-21 08:00:00","Channel":"Security"})",
       Kind::other},
      {R"({"EventID":3008,"QueryName":"x","TimeCreated":"2026-08-21 08:00:00","ProviderName":"Microsoft-Windows-DNS-Client"})",
       Kind::dns_client},
      {R"({"EventID":3008,"QueryName":"x","TimeCreated":"2026-08-21 08:00:00","Channel":"Application"})",
       Kind::other},
  };
  for (const Case& c : cases) {
    Reader reader;
    Event event;
    EXPECT_EQ(reader.read_json(c.json, event), Unreadable::none) << c.json;
    EXPECT_EQ(static_cast<int>(event.kind), static_cast<int>(c.want)) << c.json;
  }
}

TEST(Reader, NxlogsEntitiesAreDecodedAndNobodyElses) {
  Reader reader;
  Event event;
  ASSERT_EQ(
      reader.read_json(
          R"({"EventID":3,"UtcTime":"2026-08-21 08:00:00","Image":"&lt;unknown process&gt;","SourceModuleType":"im_msvistalog"})",
          event),
      Unreadable::none);
  EXPECT_EQ(event.image, "<unknown process>");
  ASSERT_EQ(
      reader.read_json(R"({"EventID":1,"UtcTime":"2026-08-21 08:00:00","CommandLine":"echo &lt;"})",
                       event),
      Unreadable::none);
  EXPECT_EQ(event.command_line, "echo &lt;");
}

TEST(Reader, TheCollectorsNameIsNotTheComputers) {
  Reader reader;
  Event event;
  ASSERT_EQ(
      reader.read_json(
          R"({"EventID":3,"host":"wec","Image":"a.exe","UtcTime":"2026-08-21 08:00:00","Hostname":"WS1"})",
          event),
      Unreadable::none);
  EXPECT_EQ(event.computer, "WS1");
  ASSERT_EQ(
      reader.read_json(
          R"({"host":{"name":"wec"},"UtcTime":"2026-08-21 08:00:00","winlog":{"event_id":3,"event_data":{"Image":"a.exe"},"computer_name":"WS1"}})",
          event),
      Unreadable::none);
  EXPECT_EQ(event.computer, "WS1");
  ASSERT_EQ(
      reader.read_json(
          R"({"host":{"name":"WS1"},"@timestamp":"2026-08-21T08:00:00Z","event":{"code":"3"},"process":{"executable":"a.exe"}})",
          event),
      Unreadable::none);
  EXPECT_EQ(event.computer, "WS1");
}

// Names that no shape has, or too deep: whoever sends them should see that nothing can be found.
TEST(Reader, AnEventWithoutAnyFieldIsNoEvent) {
  const auto read = [](std::string_view id, std::string_view channel, std::string_view name) {
    const Field fields[] = {{"EventID", id},
                            {"Channel", channel},
                            {"TimeCreated", "2026-08-21T08:00:00Z"},
                            {name, "a"}};
    Reader reader;
    Event event;
    const Unreadable why = reader.read_fields(fields, event);
    EXPECT_EQ(std::to_string(event.event_id), id);
    return why;
  };
  struct Case {
    const char *id, *channel;
    std::vector<const char*> any;  // of these is enough
  };
  const Case cases[] = {
      {"1", "Microsoft-Windows-Sysmon/Operational", {"Image", "CommandLine", "ProcessGuid"}},
      {"3", "Microsoft-Windows-Sysmon/Operational", {"Image", "DestinationIp", "ProcessGuid"}},
      {"22", "Microsoft-Windows-Sysmon/Operational", {"Image", "QueryName", "ProcessGuid"}},
      {"4698", "Security", {"TaskName", "TaskContent"}},
      {"3008", "Microsoft-Windows-DNS-Client/Operational", {"QueryName"}},
  };
  for (const auto& [id, channel, any] : cases) {
    for (const char* name : any) EXPECT_EQ(read(id, channel, name), Unreadable::none) << name;
    for (const char* name : {"x.Image", "x.TaskName", "fields.QueryName", "User"}) {
      EXPECT_EQ(read(id, channel, name), Unreadable::missing_fields) << id << " " << name;
    }
  }
  EXPECT_EQ(read("4", "Microsoft-Windows-Sysmon/Operational", "x"), Unreadable::none);
  // PowerShell logs blocks without text, and there is no other field.
  EXPECT_EQ(read("4104", "Microsoft-Windows-PowerShell/Operational", "x"), Unreadable::none);
}

TEST(Reader, ARecordIdIsAWholeNumberHoweverItIsWritten) {
  struct Case {
    const char* written;
    std::uint64_t id;
  };
  const Case cases[] = {
      {"780000", 780'000},
      {"780000.0", 780'000},
      {"7.8e+05", 780'000},
      {"7.8E5", 780'000},
      {"78e4", 780'000},
      {"7800000e-1", 780'000},
      {"7.80123e+06", 7'801'230},
      {"1.8446744073709551615e19", 18'446'744'073'709'551'615u},
      {"18446744073709551615.000", 18'446'744'073'709'551'615u},
      {"0e99999999999999999999", 0},
      {"1.8446744073709551616e19", 0},
      {"18446744073709551616", 0},
      {"7.8e+00", 0},
      {"7.8", 0},
      {"1e20", 0},
      {"1e99999999999999999999", 0},
      {"1e-99999999999999999999", 0},
      {"-5", 0},
  };
  for (const auto& [written, id] : cases) {
    Reader reader;
    Event event;
    const std::string json = R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00",)"
                             R"("EventRecordID":)" +
                             std::string(written) + "}";
    ASSERT_EQ(reader.read_json(json, event), Unreadable::none) << json;
    EXPECT_EQ(event.record_id, id) << written;
    EXPECT_EQ(event.bad_record_id, id == 0 && written[0] != '0') << written;
  }
  for (const char* absent : {R"("")", R"("-")", "null"}) {
    Reader reader;
    Event event;
    const std::string json = R"({"EventID":3,"Image":"a.exe","UtcTime":"2026-08-21 08:00:00",)"
                             R"("EventRecordID":)" +
                             std::string(absent) + "}";
    ASSERT_EQ(reader.read_json(json, event), Unreadable::none);
    EXPECT_FALSE(event.bad_record_id) << absent;
  }
}

}  // namespace
}  // namespace c2watch::parse
