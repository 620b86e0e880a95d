// c2watch-pipe: the engine as a process of its own, for collectors that talk to child processes.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/program_options.hpp>

#include "hosts/pipe/line_reader.h"
#include "hosts/pipe/protocol.h"
#include "hosts/pipe/sink.h"
#include "hosts/pipe/watcher.h"

namespace po = boost::program_options;
using namespace c2watch::pipe;

namespace {

constexpr int kOk = 0;
constexpr int kUsage = 2;
constexpr int kInputOrConfig = 3;
constexpr int kUndelivered = 4;

// 2 MiB: twice what the engine reads, so that its own limit decides and not ours.
constexpr std::size_t kLongestLine = 2u << 20;

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr const char* kExamples = R"(
Examples:
  c2watch-pipe --profile lab < events.jsonl > findings.jsonl
  tail -F events.jsonl | c2watch-pipe --pass-through --findings findings.jsonl | next-program
  tail -F events.jsonl | c2watch-pipe --metrics-file /var/lib/node_exporter/c2watch.prom

  rsyslog, findings as properties of the message that raised them:
    module(load="mmexternal")
    main_queue(queue.workerThreads="1")
    action(type="mmexternal" interface.input="msg" forceSingleInstance="on"
           binary="/usr/bin/c2watch-pipe --mmexternal")
    if $!c2watch!hit == "true" then action(type="omfile" file="/var/log/c2watch.json" template="...")

Exit status: 0 the input ended, 2 usage, 3 input or config, 4 findings that could not be delivered.
)";

po::options_description options() {
  po::options_description all("c2watch-pipe [options]\n\nRecords in, findings out; one a line");
  // clang-format off
  all.add_options()
    ("help,h", "this text")
    ("version", "print the version")
    ("profile", po::value<std::string>()->default_value("default"), "default, seed or lab")
    ("config", po::value<std::string>(), "a c2watch config file, instead of --profile")
    ("mmexternal", "speak rsyslog's mmexternal protocol")
    ("input", po::value<std::string>()->default_value("msg"),
     "with --mmexternal: msg or fulljson, as the action's interface.input says")
    ("omprog", "speak rsyslog's omprog protocol with confirmations; needs --findings")
    ("clock", po::value<std::string>()->default_value("host"),
     "host: no event can be later than the machine's time. events: they live by their own, for "
     "replaying what was stored, whenever that was")
    ("findings", po::value<std::string>(), "append findings to this file, not to standard output")
    ("pass-through", "repeat every record on standard output; needs --findings")
    ("live", "without a protocol: the events happen now, so the clock closes hours too; otherwise the "
     "events' own times do, as stored telemetry needs it")
    ("stats", po::value<std::string>(), "write the counters to this file at the end")
    ("metrics-file", po::value<std::string>(), "keep the counters in this file, in Prometheus' text form, "
     "written anew every 15 seconds and at the end; for node_exporter's textfile collector NAME.prom");
  // clang-format on
  return all;
}

std::string config_text(const po::variables_map& given) {
  if (given.count("config") == 0) {
    return "{\"extends\": \"" + given["profile"].as<std::string>() + "\"}";
  }
  const auto path = given["config"].as<std::string>();
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(in), {}};
}

Clock clock_of(const po::variables_map& given) {
  const auto clock = given["clock"].as<std::string>();
  if (clock != "host" && clock != "events") {
    throw UsageError("--clock is host or events, not '" + clock + "'");
  }
  if (clock == "events" && given.count("live") > 0) {
    throw UsageError("--live and --clock events exclude each other");
  }
  return clock == "events" ? Clock::events : Clock::host;
}

// Open until the process ends.
std::optional<Sink> open_findings(const po::variables_map& given) {
  if (given.count("findings") == 0) return std::nullopt;
  const auto path = given["findings"].as<std::string>();
  return Sink(open_to_append(path), path);
}

std::unique_ptr<Protocol> make_protocol(const po::variables_map& given, Watcher& watcher, Sink& out,
                                        Sink* findings, const Log& log) {
  const bool external = given.count("mmexternal") > 0;
  const bool program = given.count("omprog") > 0;
  const bool repeat = given.count("pass-through") > 0;
  const auto input = given["input"].as<std::string>();
  if (external + program + repeat > 1) {
    throw UsageError("--mmexternal, --omprog and --pass-through exclude each other");
  }
  if ((program || repeat) && findings == nullptr) {
    throw UsageError("--omprog and --pass-through need --findings FILE");
  }
  if (input != "msg" && input != "fulljson") {
    throw UsageError("--input is msg or fulljson, not '" + input + "'");
  }
  if (external) {
    return mmexternal(watcher, input == "msg" ? MmexternalInput::msg : MmexternalInput::fulljson,
                      out, findings);
  }
  if (program) return omprog(watcher, out, *findings, log);
  if (repeat) return pass_through(watcher, out, *findings, log);
  return plain(watcher, findings != nullptr ? *findings : out);
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The old file stays whole until the new one is.
void write_whole(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::binary);
  out << text << std::flush;
  if (!out || std::rename(part.c_str(), path.c_str()) != 0)
    throw std::runtime_error(path + ": " + std::strerror(errno));
}

// The file that says how we fare. One that cannot be written is complained about once: the records
// go on.
class MetricsFile {
 public:
  MetricsFile(const po::variables_map& given, bool may_speak)
      : path_(given.count("metrics-file") > 0 ? given["metrics-file"].as<std::string>() : ""),
        complained_(!may_speak) {}

  // When it is time again.
  void offer(std::int64_t now, Watcher& watcher) {
    if (path_.empty() || (now >= written_at_ && now - written_at_ < kEvery_us)) return;
    written_at_ = now;
    write(watcher);
  }
  void write(Watcher& watcher) {
    if (path_.empty()) return;
    try {
      write_whole(path_, watcher.prometheus_text());
    } catch (const std::runtime_error& e) {
      if (!std::exchange(complained_, true)) std::cerr << "c2watch-pipe: " << e.what() << '\n';
    }
  }

 private:
  // 15 s: scrapes are mostly that far apart.
  static constexpr std::int64_t kEvery_us = 15'000'000;

  std::string path_;
  std::int64_t written_at_ = 0;
  bool complained_;
};

// `live`: the wall clock closes hours. Stored events would all be too old for it; of them the clock
// only says that none can be later.
void serve(Watcher& watcher, Protocol& protocol, bool live, MetricsFile& metrics) {
  using namespace std::chrono_literals;
  LineReader in(STDIN_FILENO, kLongestLine);
  std::int64_t advanced_at = 0;
  protocol.begin();
  Input state = Input::quiet;
  while (!stopping() && state != Input::ended) {
    state = in.wait(1000ms);
    // Before the records: they may have been long in coming. Also when the clock was set back.
    const std::int64_t now = now_us();
    if (now < advanced_at || now - advanced_at >= 1'000'000) {
      advanced_at = now;
      if (live) {
        protocol.take_findings(watcher.advance(now));
      } else {
        watcher.bound(now);
      }
      if (const std::string record = watcher.due_metrics(); !record.empty())
        protocol.take_metrics(record);
      metrics.offer(now, watcher);
    }
    while (const auto line = in.next()) protocol.take(*line);
    protocol.pause();
  }
  // What reorder_seconds buffers: kept by the checkpoint where the next process goes on with the same
  // records, otherwise this is the end of it.
  const bool goes_on = watcher.has_checkpoint() && (live || state != Input::ended);
  if (!goes_on) protocol.take_findings(watcher.flush());
  protocol.pause();
  protocol.finish();
  watcher.checkpoint();
  metrics.write(watcher);
  if (in.error() != 0)
    throw std::runtime_error("(standard input): " + std::string(std::strerror(in.error())));
}

// Without a last checkpoint, as if we had been killed: when the records come again, the engine tells
// again what did not arrive.
[[noreturn]] void end_undelivered(const Undelivered& why) {
  for (const std::string& json : why.findings) std::cerr << json << '\n';
  std::cerr << "c2watch-pipe: " << why.what() << "; findings were not delivered\n" << std::flush;
  std::_Exit(kUndelivered);
}

void write_stats(const po::variables_map& given, Watcher& watcher) {
  if (given.count("stats") > 0)
    write_whole(given["stats"].as<std::string>(), watcher.stats() + '\n');
}

int run(int argc, char** argv) {
  po::variables_map given;
  po::store(po::parse_command_line(argc, argv, options()), given);
  po::notify(given);
  if (given.count("help") > 0) {
    std::cout << options() << kExamples;
    return kOk;
  }
  if (given.count("version") > 0) {
    std::cout << "c2watch-pipe " << c2watch_version() << '\n';
    return kOk;
  }
  std::optional<Sink> findings = open_findings(given);
  Sink out(STDOUT_FILENO, "(standard output)");
  // rsyslog's mmexternal reads standard error as answers.
  const bool may_speak = given.count("mmexternal") == 0;
  const Log log = [may_speak](std::string_view line) {
    if (may_speak) std::cerr << "c2watch-pipe: " << line << '\n';
  };
  Watcher watcher(config_text(given), clock_of(given), log);
  const auto protocol = make_protocol(given, watcher, out, findings ? &*findings : nullptr, log);
  stop_on_signals();
  MetricsFile metrics(given, may_speak);
  try {
    serve(watcher, *protocol,
          given.count("mmexternal") + given.count("omprog") + given.count("live") > 0, metrics);
  } catch (const Undelivered& why) {
    end_undelivered(why);
  }
  write_stats(given, watcher);
  return kOk;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const po::error& e) {
    std::cerr << "c2watch-pipe: " << e.what() << "; try --help\n";
    return kUsage;
  } catch (const UsageError& e) {
    std::cerr << "c2watch-pipe: " << e.what() << "; try --help\n";
    return kUsage;
  } catch (const std::exception& e) {
    std::cerr << "c2watch-pipe: " << e.what() << '\n';
    return kInputOrConfig;
  }
}
