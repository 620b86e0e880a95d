// Fluent Bit: a file through the filter to another file. It ends at the end of the file. Findings
// stand behind the records of their batch, each with the time of the record that raised it, and that
// time is to the nanosecond when the record was read.
#include <nlohmann/json.hpp>
#include <unordered_map>

#include <cstdlib>

#include "harness/io/collectors/daemon.h"

namespace c2watch::harness {
namespace {

using nlohmann::ordered_json;
using std::string;

// Without a parser a record is {"log": "the line"}, and comes out byte for byte.
// grace: what the end may take, not what it takes.
constexpr const char* kConfig = R"([SERVICE]
    Flush     0.1
    Grace     30
    Log_Level info
[INPUT]
    Name              tail
    Path              telemetry
    Tag               telemetry
    Read_From_Head    on
    Exit_On_Eof       on
    Buffer_Chunk_Size @size@
    Buffer_Max_Size   @size@
[FILTER]
    Name        c2watch
    Match       *
    config_file c2watch.json
    clock       events
[OUTPUT]
    Name  file
    Match *
    File  out
)";

class FluentBit final : public Collector {
 public:
  FluentBit(string program, string module, string version)
      : program_(std::move(program)), module_(std::move(module)), version_(std::move(version)) {}

  string name() const override { return "Fluent Bit " + version_; }

  Result<CollectorOutput> run(const RecordSpool& spool, const string& config) const override {
    Result<Daemon> daemon = Daemon::make();
    if (!daemon) return Error{daemon.error()};
    // Room for several records of the largest kind.
    const string size = std::to_string(4 * spool.longest_bytes() + 65'536);
    string text = kConfig;
    for (auto at = text.find("@size@"); at != string::npos; at = text.find("@size@"))
      text.replace(at, 6, size);
    if (auto failed = daemon->write("fluent-bit.conf", text)) return Error{*failed};
    if (auto failed = daemon->write("c2watch.json", config)) return Error{*failed};
    if (auto failed = daemon->link("telemetry", spool.file())) return Error{*failed};
    if (auto failed =
            daemon->start({program_, {"-e", module_, "-c", "fluent-bit.conf"}, "", "", "", {}}))
      return Error{*failed};
    if (auto failed = daemon->wait_for_end("out")) return Error{*failed};
    return read(*daemon, spool);
  }

 private:
  // Lines like: telemetry: [1773043200.123456789, {"log":"..."}]
  static CollectorOutput read(const Daemon& daemon, const RecordSpool& spool) {
    CollectorOutput collector_output(spool);
    std::unordered_map<string, std::size_t> read_at;  // the records of the batch at hand
    bool batch_over = false;
    std::size_t last = 0;
    daemon.lines("out", [&](std::string_view line) {
      const std::size_t open = line.find('[');
      const std::size_t comma = line.find(',', open);
      if (comma == line.npos) return;
      const string time(line.substr(open + 1, comma - open - 1));
      ordered_json body =
          ordered_json::parse(line.substr(comma + 1, line.size() - comma - 2), nullptr, false);
      if (body.is_object() && body.contains("log")) {
        if (batch_over) read_at.clear();
        batch_over = false;
        if (const auto record = collector_output.record(body["log"].get_ref<const string&>()))
          read_at.emplace(time, last = *record);
      } else if (body.is_object() && body.value("c2watch", "") == "finding") {
        batch_over = true;
        body.erase("c2watch");
        const auto raised_by = read_at.find(time);
        collector_output.finding(body.dump(),
                                 raised_by == read_at.end() ? last : raised_by->second);
      }
    });
    return collector_output;
  }

  string program_;
  string module_;
  string version_;
};

}  // namespace

Result<std::unique_ptr<Collector>> open_fluent_bit(const CollectorSettings& settings) {
  const char* given = std::getenv("C2WATCH_FLUENT_BIT");
  const Result<string> program =
      daemon_program(settings, "fluent-bit", given == nullptr ? "" : given);
  if (!program) return Error{program.error()};
  const string said = read_output(*program, "--version");
  if (said.find("Fluent Bit") == string::npos)
    return Error{"--through fluent-bit: " + *program + " is no Fluent Bit: it does not say so"};
  const Result<string> module =
      find_module(settings, "flb-filter_c2watch.so", "c2watch_fluent_bit",
                  {folder_of_executable() + "/../lib", "/usr/local/lib/c2watch"});
  if (!module) return Error{module.error()};
  return std::unique_ptr<Collector>(
      std::make_unique<FluentBit>(*program, *module, first_version(said)));
}

}  // namespace c2watch::harness
