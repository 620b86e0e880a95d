// c2watch doctor: which detectors can work on a stream, and what fixes the rest.
#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "harness/base/live_status.h"
#include "harness/base/text.h"
#include "harness/cli/command.h"
#include "harness/cli/doctor_report.h"
#include "harness/cli/stop_signal.h"
#include "harness/io/follow.h"
#include "harness/io/source.h"
#include "harness/verify/diagnosis.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;
using std::string_view;

// 200,000: a minute of a thousand hosts, or a day of five; read in about ten seconds.
constexpr std::uint64_t kDefaultRecords = 200'000;
constexpr auto kPollInterval = std::chrono::milliseconds(200);

struct Options {
  CommonOptions common;
  std::vector<string> inputs;
  std::uint64_t records = kDefaultRecords;
  string duration;
  bool all = false;
  bool follow = false;
};

// Thrown through a reader, which has nothing to undo that its destructors do not.
struct StopReading {};

class Sample final : public SourceSink {
 public:
  Sample(Doctor& doctor, DoctorContext& head) : doctor_(doctor), head_(head) {}

  // 0: no limit. Counts from here.
  void limit(std::uint64_t records) {
    left_ = records;
    limited_ = records > 0;
  }

  void begin_file(string_view name) override {
    member_ = printable(name);
    doctor_.begin_file(name);
  }
  void record(string_view bytes, std::uint64_t offset) override {
    if (limited_ && left_-- == 0) throw StopReading{};
    doctor_.record(bytes, offset);
  }
  void non_record(NonRecord why, string_view line, std::uint64_t offset) override {
    if (limited_ && left_-- == 0) throw StopReading{};
    doctor_.non_record(why, line, offset);
  }
  void on_error(string_view why) override {
    head_.errors.push_back(member_ + ": " + printable(why));
  }

 private:
  Doctor& doctor_;
  DoctorContext& head_;
  string member_;
  std::uint64_t left_ = 0;
  bool limited_ = false;
};

// What is there, and what comes within the time.
void follow(const Options& options, std::chrono::seconds how_long, Sample& sample,
            DoctorContext& head) {
  const CatchInterrupts catching;
  const auto end = std::chrono::steady_clock::now() + how_long;
  sample.limit(options.all ? 0 : options.records);
  Follower follower(sample, options.inputs);
  try {
    while (!interrupted() && std::chrono::steady_clock::now() < end) {
      follower.poll();
      std::this_thread::sleep_for(kPollInterval);
    }
    follower.finish();
  } catch (const StopReading&) {
    head.cut_short = options.inputs;
  }
}

// The sentence when an input could not be opened.
std::optional<string> read_all(const Options& options, Sample& sample, const Doctor& doctor,
                               DoctorContext& head) {
  std::uint64_t total = 0;
  for (const string& input : options.inputs) total += bytes_on_disk(input);
  Progress progress(options.all ? total : 0);
  SourceReader reader(sample);
  reader.on_progress = [&](std::uint64_t bytes) { progress.show(bytes, doctor.records()); };
  std::uint64_t before = 0;
  for (const string& input : options.inputs) {
    progress.next_file(before);
    before += bytes_on_disk(input);
    sample.limit(options.all ? 0 : options.records);
    try {
      if (!reader.read(input)) return printable(reader.error());
    } catch (const StopReading&) {
      head.cut_short.push_back(input);
    }
  }
  return std::nullopt;
}

int run_doctor(const Options& options, std::chrono::seconds how_long) {
  Result<CommonOptions::Config> config = options.common.config();
  if (!config) return input_error(config.error());
  Result<Plugin> plugin = options.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  const Result<EffectiveConfig> effective = effective_config(*plugin, config->text, config->name);
  if (!effective) return input_error(effective.error());
  Result<Engine> engine = plugin->open(config->text);
  if (!engine) return input_error(config->name + ": " + engine.error());
  engine->bound(std::chrono::duration_cast<std::chrono::microseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count());

  DoctorContext head{
      .plugin_version = plugin->version(), .config = config->name, .limit = options.records};
  Doctor doctor(*plugin, *engine, *effective);
  Sample sample(doctor, head);
  if (options.follow)
    follow(options, how_long, sample, head);
  else if (const auto failed = read_all(options, sample, doctor, head))
    return input_error(*failed);

  const Diagnosis diagnosis = doctor.diagnosis();
  const string report = options.common.report_format() == Format::json
                            ? doctor_json(head, diagnosis).dump(2) + "\n"
                            : doctor_text(options.common.terminal(), head, diagnosis);
  if (auto failed = write_output(options.common.output, report)) return input_error(*failed);
  if (diagnosis.records == 0 && diagnosis.record_stats.unreadable_total() == 0)
    return input_error("nothing in what was given");
  if (diagnosis.record_stats.readable() == 0)
    return input_error("nothing readable in what was given");
  return diagnosis.all_work() ? kSuccess : kFailed;
}

constexpr const char* kExamples =
    "  c2watch doctor Sysmon.evtx Security.evtx\n"
    "  c2watch doctor /var/log/winlogbeat/                what the collector writes\n"
    "  c2watch doctor --follow --duration 5m /var/log/windows.ndjson\n"
    "  head -n 50000 stream.json | c2watch doctor -\n"
    "  c2watch doctor --config site.json --format json sample.json.gz | jq .faults[].fix\n";

}  // namespace

int doctor_command(const Arguments& arguments) {
  Options options;
  CommandLine line(
      "doctor [options] FILE...",
      "Looks at a sample of your stream before you deploy: which detectors can work on it, what\n"
      "arrives in which shape, which fields are missing, empty or under wrong names, and the line\n"
      "of Sysmon's, Windows' or the collector's configuration that fixes it.\n"
      "FILE may be compressed, an archive, an .evtx file, a folder, or - for standard input.\n"
      "Exit code 1: a detector cannot work, or the sample is too short to show that it can.",
      kExamples);
  options.common.add_to(line, CommonOptions::kPlugin | CommonOptions::kProfile |
                                  CommonOptions::kConfig | CommonOptions::kReport);
  line.options().add_options()  //
      ("records", po::value(&options.records)->default_value(kDefaultRecords)->value_name("N"),
       "look at the first N records of each FILE")                                          //
      ("all", po::bool_switch(&options.all), "look at all records, however long it takes")  //
      ("follow", po::bool_switch(&options.follow),
       "go on with what is written to the files meanwhile; needs --duration")  //
      ("duration", po::value(&options.duration)->value_name("DURATION"),
       "how long to follow: 30s, 5m, 1h");
  line.hidden().add_options()("file", po::value(&options.inputs));
  line.positional("file");
  if (const auto code = line.parse(arguments)) return *code;
  if (auto error = options.common.validate()) return line.usage_error(*error);
  if (options.inputs.empty()) return line.usage_error("no FILE given");
  if (options.records == 0)
    return line.usage_error("--records must be 1 or more; --all has no limit");
  if (options.follow != !options.duration.empty())
    return line.usage_error("--follow and --duration go together");
  const auto how_long = duration_of(options.duration);
  if (!how_long) return line.usage_error(how_long.error());
  if (options.follow &&
      std::find(options.inputs.begin(), options.inputs.end(), "-") != options.inputs.end())
    return line.usage_error("--follow follows files and folders; standard input ends by itself");
  return run_doctor(options, how_long->value_or(std::chrono::seconds(0)));
}

}  // namespace c2watch::harness
