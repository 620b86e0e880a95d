// What reading one record costs, by shape: one core, buffers warm, answers checked before they are
// timed. The mix is that of a busy Windows network: 60 % EID 3, 25 % EID 1, 14 % EID 22, 1 % 4698.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parse/reader.h"

namespace {

using c2watch::Event;
using c2watch::parse::Field;
using c2watch::parse::Reader;
using c2watch::parse::Unreadable;

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Record {
  int event_id = 0;
  std::string channel, provider, computer, time_created, record_id;
  Pairs data;
};

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string two(unsigned n) { return (n < 10 ? "0" : "") + number(n); }

// Sysmon 15's fields with values of real lengths.
Record make_record(std::mt19937& rng, unsigned i) {
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
  const std::string clock =
      two(8 + i / 200'000 % 12) + ":" + two(i / 2'000 % 60) + ":" + two(i / 40 % 60);
  const std::string utc = "2026-08-21 " + clock + "." + number(100 + pick(900));
  const std::string guid =
      "{247090f2-6084-8944-2ff0-ecc5" + number(10'000'000 + pick(89'999'999)) + "}";
  const std::string image =
      R"(C:\Program Files\Vendor)" + number(pick(40)) + R"(\Agent\bin\service-host.exe)";
  const std::string user = R"(CORP\user)" + number(pick(400));
  Record r;
  r.channel = "Microsoft-Windows-Sysmon/Operational";
  r.provider = "Microsoft-Windows-Sysmon";
  r.computer = "WS-" + number(100 + pick(200)) + ".corp.example.com";
  r.time_created = "2026-08-21T" + clock + ".1234567Z";
  r.record_id = number(500'000 + i);
  const unsigned kind = pick(100);
  if (kind < 60) {
    r.event_id = 3;
    r.data = {{"RuleName", "-"},
              {"UtcTime", utc},
              {"ProcessGuid", guid},
              {"ProcessId", number(400 + pick(9'000))},
              {"Image", image},
              {"User", user},
              {"Protocol", "tcp"},
              {"Initiated", "true"},
              {"SourceIsIpv6", "false"},
              {"SourceIp", "10.9.254." + number(pick(250))},
              {"SourceHostname", r.computer},
              {"SourcePort", number(49'152 + pick(16'000))},
              {"SourcePortName", "-"},
              {"DestinationIsIpv6", "false"},
              {"DestinationIp", "142.254." + number(pick(250)) + "." + number(pick(250))},
              {"DestinationHostname", "edge-" + number(pick(5'000)) + ".cdn.example.net"},
              {"DestinationPort", "443"},
              {"DestinationPortName", "https"}};
  } else if (kind < 85) {
    r.event_id = 1;
    r.data = {
        {"RuleName", "-"},
        {"UtcTime", utc},
        {"ProcessGuid", guid},
        {"ProcessId", number(400 + pick(9'000))},
        {"Image", image},
        {"FileVersion", "10.0.19041.1949 (WinBuild.160101.0800)"},
        {"Description", "Service host"},
        {"Product", "Microsoft Windows Operating System"},
        {"Company", "Microsoft Corporation"},
        {"OriginalFileName", "service-host.exe"},
        {"CommandLine", "\"" + image + "\" --type=utility --lang=en-GB --token=" + number(rng())},
        {"CurrentDirectory", R"(C:\Windows\system32\)"},
        {"User", user},
        {"LogonGuid", "{247090f2-77f2-5fd2-843c-4f0100000000}"},
        {"LogonId", "0x14f3c84"},
        {"TerminalSessionId", "2"},
        {"IntegrityLevel", "Medium"},
        {"Hashes",
         "SHA1=7403DA71E1F2A7DA138020A1B6622EE12262AD71,MD5=73F1C359846E25F3319A5F824C4B3B11,"
         "SHA256=9AC59FE919408C450A57C6E8C1C2930D9E229255B2E7E7E0D3BC33453497A7D9,IMPHASH="
         "6B9895767E25AEEEC925FE398041E582"},
        {"ParentProcessGuid", "{247090f2-95d0-5fdc-e086-000000000700}"},
        {"ParentProcessId", "7744"},
        {"ParentImage", R"(C:\Windows\System32\svchost.exe)"},
        {"ParentCommandLine", R"(C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule)"},
        {"ParentUser", R"(NT AUTHORITY\SYSTEM)"}};
  } else if (kind < 99) {
    r.event_id = 22;
    r.data = {{"RuleName", "-"},
              {"UtcTime", utc},
              {"ProcessGuid", guid},
              {"ProcessId", number(400 + pick(9'000))},
              {"QueryName", "edge-" + number(pick(5'000)) + ".cdn.example.net"},
              {"QueryStatus", "0"},
              {"QueryResults",
               "type:  5 edge.cdn.example.net;::ffff:142.254.39.90;::ffff:142.254.39.91;"},
              {"Image", image},
              {"User", user}};
  } else {
    r.event_id = 4698;
    r.channel = "Security";
    r.provider = "Microsoft-Windows-Security-Auditing";
    r.data = {{"SubjectUserSid", "S-1-5-21-3786818125-2382361537-3207726629-1104"},
              {"SubjectUserName", "user"},
              {"SubjectDomainName", "CORP"},
              {"SubjectLogonId", "0xead4335"},
              {"TaskName", R"(\Vendor\Updater)"},
              {"TaskContent",
               "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task "
               "version=\"1.2\"><Actions><Exec><Command>" +
                   image + "</Command><Arguments>/silent</Arguments></Exec></Actions></Task>"}};
  }
  return r;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else
      out += c;
  }
  return out + "\"";
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string winlogbeat(const Record& r) {
  std::string out =
      R"({"@timestamp":)" + json_text(r.time_created) +
      R"(,"@metadata":{"beat":"winlogbeat","type":"_doc","version":"7.4.0"},"winlog":{"provider_name":)" +
      json_text(r.provider) + R"(,"process":{"thread":{"id":3684},"pid":2860},"channel":)" +
      json_text(r.channel) + R"(,"computer_name":)" + json_text(r.computer) +
      R"(,"version":5,"event_id":)" + number(static_cast<std::uint64_t>(r.event_id)) +
      R"(,"record_id":)" + r.record_id + R"(,"opcode":"Info","event_data":{)";
  for (std::size_t i = 0; i < r.data.size(); ++i) {
    if (i != 0) out += ',';
    out += json_text(r.data[i].first) + ":" + json_text(r.data[i].second);
  }
  return out +
         R"(},"api":"wineventlog"},"event":{"kind":"event","action":"Network connection detected"},"log":{"level":"information"},"host":{"name":"collector-1"},"agent":{"hostname":"collector-1","version":"7.4.0","type":"winlogbeat"},"ecs":{"version":"1.1.0"}})";
}

std::string flat(const Record& r) {
  std::string message = "Network connection detected:\r\n";
  for (const auto& [name, value] : r.data) {
    if (name != "TaskContent" && name != "Hashes") message += name + ": " + value + "\r\n";
  }
  std::string out =
      R"({"SourceName":)" + json_text(r.provider) +
      R"(,"ProviderGuid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}","Level":"4","Keywords":"0x8000000000000000","Channel":)" +
      json_text(r.channel) + R"(,"Hostname":)" + json_text(r.computer) + R"(,"TimeCreated":)" +
      json_text(r.time_created) + R"(,"EventID":)" +
      number(static_cast<std::uint64_t>(r.event_id)) + R"(,"Message":)" + json_text(message);
  for (const auto& [name, value] : r.data) out += "," + json_text(name) + ":" + json_text(value);
  return out + "}";
}

std::string xml(const Record& r) {
  std::string out =
      "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "
      "Name='" +
      r.provider + "' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>" +
      number(static_cast<std::uint64_t>(r.event_id)) +
      "</EventID><Version>5</Version><Level>4</Level><Task>3</Task><Opcode>0</"
      "Opcode><Keywords>0x8000000000000000</Keywords>"
      "<TimeCreated SystemTime='" +
      r.time_created + "'/><EventRecordID>" + r.record_id +
      "</EventRecordID><Correlation/><Execution ProcessID='2716' ThreadID='3400'/><Channel>" +
      r.channel + "</Channel><Computer>" + r.computer +
      "</Computer><Security UserID='S-1-5-18'/></System><EventData>";
  for (const auto& [name, value] : r.data)
    out += "<Data Name='" + name + "'>" + xml_text(value) + "</Data>";
  return out + "</EventData></Event>";
}

constexpr unsigned kRecords = 400;

std::vector<Record> make_records() {
  std::mt19937 rng(42);
  std::vector<Record> records;
  records.reserve(kRecords);
  for (unsigned i = 0; i < kRecords; ++i) records.push_back(make_record(rng, i));
  return records;
}

const std::vector<Record>& stream() {
  static const std::vector<Record> records = make_records();
  return records;
}

// The reader must have understood the record before its speed means anything.
bool understood(const Record& r, const Event& e) {
  return e.event_id == static_cast<unsigned>(r.event_id) && e.computer == r.computer &&
         e.kind != c2watch::Kind::other &&
         (r.event_id == 4698 ? !e.task_content.empty()
                             : !e.image.empty() && !e.process_guid.empty()) &&
         (r.event_id != 3 || (e.destination_port == 443 && !e.destination_ip.empty()));
}

template <class Read>
void time_reading(benchmark::State& state, const std::vector<std::string>& texts, Read read) {
  Reader reader;
  Event event;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (read(reader, texts[i], event) != Unreadable::none || !understood(stream()[i], event)) {
      return state.SkipWithError("a record was not understood");
    }
    bytes += texts[i].size();
  }
  for (auto _ : state) {
    for (const std::string& text : texts) {
      benchmark::DoNotOptimize(read(reader, text, event));
      benchmark::DoNotOptimize(event);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["bytes/record"] = static_cast<double>(bytes) / static_cast<double>(texts.size());
}

std::vector<std::string> rendered(std::string (*render)(const Record&)) {
  std::vector<std::string> texts;
  texts.reserve(stream().size());
  for (const Record& r : stream()) texts.push_back(render(r));
  return texts;
}

void BM_JsonWinlogbeat(benchmark::State& state) {
  time_reading(state, rendered(winlogbeat),
               [](Reader& r, std::string_view t, Event& e) { return r.read_json(t, e); });
}
void BM_JsonFlatWithMessage(benchmark::State& state) {
  time_reading(state, rendered(flat),
               [](Reader& r, std::string_view t, Event& e) { return r.read_json(t, e); });
}
void BM_EventXml(benchmark::State& state) {
  time_reading(state, rendered(xml),
               [](Reader& r, std::string_view t, Event& e) { return r.read_xml(t, e); });
}

// A comment in it makes the scanner decline: what pugixml costs.
void BM_EventXmlByPugixml(benchmark::State& state) {
  std::vector<std::string> texts = rendered(xml);
  for (std::string& t : texts) t.insert(t.size() - std::string_view("</Event>").size(), "<!-- -->");
  time_reading(state, texts,
               [](Reader& r, std::string_view t, Event& e) { return r.read_xml(t, e); });
}

void BM_Fields(benchmark::State& state) {
  std::vector<std::vector<Field>> records;
  std::vector<std::string> ids;
  ids.reserve(stream().size());
  for (const Record& r : stream()) {
    ids.push_back(number(static_cast<std::uint64_t>(r.event_id)));
    std::vector<Field>& fields = records.emplace_back();
    fields = {{"EventID", ids.back()},         {"Channel", r.channel},
              {"ProviderName", r.provider},    {"Computer", r.computer},
              {"TimeCreated", r.time_created}, {"EventRecordID", r.record_id}};
    for (const auto& [name, value] : r.data) fields.push_back({name, value});
  }
  Reader reader;
  Event event;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (reader.read_fields(records[i], event) != Unreadable::none ||
        !understood(stream()[i], event)) {
      return state.SkipWithError("a record was not understood");
    }
  }
  for (auto _ : state) {
    for (const std::vector<Field>& fields : records) {
      benchmark::DoNotOptimize(reader.read_fields(fields, event));
      benchmark::DoNotOptimize(event);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
}

BENCHMARK(BM_JsonWinlogbeat)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_JsonFlatWithMessage)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_EventXml)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_EventXmlByPugixml)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Fields)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
