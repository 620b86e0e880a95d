// What dns_burst, c2_port, task_callback and the lineage under them cost an event, from ordinary
// traffic that is none of theirs to the hostile case: every event a new key.
//
// Each benchmark checks its answer before its time counts: findings where there is something, none
// where there is not.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/c2_port.h"
#include "core/analytics/command_line.h"
#include "core/analytics/dns_burst.h"
#include "core/analytics/lineage.h"
#include "core/analytics/registered_domain.h"
#include "core/analytics/scope.h"
#include "core/analytics/task_callback.h"
#include "core/analytics/task_xml.h"

namespace c2watch::analytics {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEvents = 20'000;
constexpr Time kStart = Time{std::chrono::hours{24 * 365 * 50}};
constexpr std::string_view kPowershell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
constexpr std::string_view kSvchost = "C:\\Windows\\System32\\svchost.exe";

class Count final : public FindingSink {
 public:
  void emit(Finding) override { ++n; }
  std::uint64_t n = 0;
};

struct Stream {
  std::deque<std::string> texts;
  std::vector<Event> events;
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

std::string guid_of(std::size_t n) {
  char text[64];
  std::snprintf(text, sizeof text, "{247090F2-6084-8944-2FF0-%012zX}", n + 1);
  return text;
}

Event event_of(Kind kind, std::uint32_t id, std::size_t i, Stream& s, std::size_t keys,
               std::string_view image) {
  Event e;
  e.kind = kind;
  e.event_id = id;
  e.utc_time = e.time_created = kStart + static_cast<std::int64_t>(i) * 10ms;
  e.computer = s.keep("ws" + std::to_string(i % keys % 200) + ".corp.example.com");
  e.channel = "Microsoft-Windows-Sysmon/Operational";
  e.record_id = i + 1;
  e.process_guid = s.keep(guid_of(i % keys));
  e.image = image;
  e.user = "CORP\\user306";
  return e;
}

Stream connections(std::size_t keys, std::string_view image, std::int32_t port) {
  Stream s;
  for (std::size_t i = 0; i < kEvents; ++i) {
    Event e = event_of(Kind::network_connect, 3, i, s, keys, image);
    if (keys > 200) e.computer = s.keep("ws" + std::to_string(i % keys));
    e.destination_ip = "203.0.114.7";
    e.destination_port = port;
    e.initiated = Initiated::yes;
    s.events.push_back(e);
  }
  return s;
}

Stream lookups(std::size_t keys, std::string_view image, std::size_t domains) {
  Stream s;
  for (std::size_t i = 0; i < kEvents; ++i) {
    Event e = event_of(Kind::dns_query, 22, i, s, keys, image);
    e.query_name = s.keep("www.domain" + std::to_string(i / keys % domains) + ".com");
    e.query_status = 9003;
    e.has_query_status = true;
    s.events.push_back(e);
  }
  return s;
}

Stream processes(std::string_view image, std::string_view line, std::string_view parent_line) {
  Stream s;
  for (std::size_t i = 0; i < kEvents; ++i) {
    Event e = event_of(Kind::process_create, 1, i, s, kEvents, image);
    e.command_line = line;
    e.parent_image = kSvchost;
    e.parent_command_line = parent_line;
    e.parent_process_guid = s.keep(guid_of(kEvents + i));
    s.events.push_back(e);
  }
  return s;
}

const DestinationScope& scope() {
  static const DestinationScope made =
      std::move(*DestinationScope::create(ScopeSettings::standard()));
  return made;
}

template <class Detector, class Settings>
void run(benchmark::State& state, const Stream& stream, bool finds) {
  for (auto _ : state) {
    Lineage lineage(LineageSettings{}, 7);
    Detector detector(Settings{}, scope(), lineage, 7);
    Count findings;
    for (const Event& e : stream.events) detector.observe(e, findings);
    if ((findings.n > 0) != finds) return state.SkipWithError("wrong answer");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream.events.size()));
}

void BM_C2PortNotOurs(benchmark::State& state) {
  run<C2Port, C2PortSettings>(state, connections(200, kSvchost, 443), false);
}
void BM_C2PortBeacon(benchmark::State& state) {
  run<C2Port, C2PortSettings>(state, connections(200, kPowershell, 8888), true);
}
void BM_C2PortEveryKeyNew(benchmark::State& state) {
  run<C2Port, C2PortSettings>(state, connections(kEvents, kPowershell, 8888), true);
}
void BM_DnsBurstNotOurs(benchmark::State& state) {
  run<DnsBurst, DnsBurstSettings>(state, lookups(200, kSvchost, 50), false);
}
void BM_DnsBurstOneDomain(benchmark::State& state) {
  run<DnsBurst, DnsBurstSettings>(state, lookups(200, kPowershell, 1), false);
}
void BM_DnsBurstManyDomains(benchmark::State& state) {
  run<DnsBurst, DnsBurstSettings>(state, lookups(200, kPowershell, 100), true);
}
void BM_DnsBurstEveryProcessNew(benchmark::State& state) {
  run<DnsBurst, DnsBurstSettings>(state, lookups(kEvents, kPowershell, 1), false);
}
void BM_TaskCallbackOrdinaryProcess(benchmark::State& state) {
  run<TaskCallback, TaskCallbackSettings>(
      state, processes("C:\\Windows\\System32\\notepad.exe", "notepad.exe a.txt", "svchost.exe"),
      false);
}
void BM_TaskCallbackConnection(benchmark::State& state) {
  run<TaskCallback, TaskCallbackSettings>(state, connections(200, kSvchost, 443), false);
}
void BM_TaskCallbackEveryRunHidden(benchmark::State& state) {
  run<TaskCallback, TaskCallbackSettings>(
      state,
      processes(kPowershell, "powershell.exe -NoProfile -WindowStyle Hidden -File C:\\x.ps1",
                "svchost.exe -k netsvcs -p -s Schedule"),
      true);
}
BENCHMARK(BM_C2PortNotOurs);
BENCHMARK(BM_C2PortBeacon);
BENCHMARK(BM_C2PortEveryKeyNew);
BENCHMARK(BM_DnsBurstNotOurs);
BENCHMARK(BM_DnsBurstOneDomain);
BENCHMARK(BM_DnsBurstManyDomains);
BENCHMARK(BM_DnsBurstEveryProcessNew);
BENCHMARK(BM_TaskCallbackOrdinaryProcess);
BENCHMARK(BM_TaskCallbackConnection);
BENCHMARK(BM_TaskCallbackEveryRunHidden);

void run_lineage(benchmark::State& state, const Stream& stream) {
  for (auto _ : state) {
    Lineage lineage(LineageSettings{}, 7);
    for (const Event& e : stream.events) lineage.observe(e);
    if (lineage.stats().entries != stream.events.size()) return state.SkipWithError("lost some");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream.events.size()));
}
void BM_LineageOrdinaryProcess(benchmark::State& state) {
  run_lineage(state, processes("C:\\Windows\\System32\\notepad.exe", "notepad.exe a.txt",
                               "svchost.exe -k DcomLaunch -p"));
}
void BM_LineagePowershell(benchmark::State& state) {
  run_lineage(state, processes(kPowershell, "powershell.exe -NoProfile -File C:\\x\\report.ps1",
                               "svchost.exe -k DcomLaunch -p"));
}
void BM_LineageFind(benchmark::State& state) {
  const Stream stream = processes(kPowershell, "powershell.exe -w hidden", "svchost.exe");
  Lineage lineage(LineageSettings{}, 7);
  for (const Event& e : stream.events) lineage.observe(e);
  for (auto _ : state) {
    for (const Event& e : stream.events) {
      const auto facts = lineage.find(e.computer, e.process_guid);
      if (!facts || !facts->suspicious()) return state.SkipWithError("wrong answer");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream.events.size()));
}
BENCHMARK(BM_LineageOrdinaryProcess);
BENCHMARK(BM_LineagePowershell);
BENCHMARK(BM_LineageFind);

void BM_JudgeEncodedCommand(benchmark::State& state) {
  // base64 of UTF-16LE "iex " over and over.
  std::string line = "powershell -noP -sta -w 1 -enc ";
  for (int i = 0; i < 400; ++i) line += "aQBlAHgAIAA=";
  while (line.ends_with('=')) line.pop_back();
  for (auto _ : state) {
    const Intent intent = judge_command_line(line);
    if (!intent.has(Trait::hidden)) return state.SkipWithError("wrong answer");
    benchmark::DoNotOptimize(intent);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}
void BM_ReadTaskXml(benchmark::State& state) {
  const std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\" "
      "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/"
      "task\"><RegistrationInfo><Author>CORP"
      "\\ann</Author></RegistrationInfo><Triggers><TimeTrigger><Repetition><Interval>PT5M</"
      "Interval>"
      "</Repetition></TimeTrigger></Triggers><Settings><Hidden>false</Hidden><Enabled>true</"
      "Enabled>"
      "</Settings><Actions Context=\"Author\"><Exec><Command>powershell.exe</Command><Arguments>-w "
      "hidden</Arguments></Exec></Actions></Task>";
  for (auto _ : state) {
    const auto task = read_task_xml(xml);
    if (!task || task->actions.size() != 1) return state.SkipWithError("wrong answer");
  }
}
void BM_RegisteredDomain(benchmark::State& state) {
  const auto names = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> queries;
  for (std::size_t i = 0; i < names; ++i) {
    queries.push_back("a.b.domain" + std::to_string(i) + ".com");
  }
  RegisteredDomains domains(7);
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string_view domain = domains.of(queries[i]);
    if (domain.size() + 4 != queries[i].size()) return state.SkipWithError("wrong answer");
    i = i + 1 == names ? 0 : i + 1;
  }
}
BENCHMARK(BM_JudgeEncodedCommand);
BENCHMARK(BM_ReadTaskXml);
BENCHMARK(BM_RegisteredDomain)->ArgName("names")->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace c2watch::analytics

BENCHMARK_MAIN();
