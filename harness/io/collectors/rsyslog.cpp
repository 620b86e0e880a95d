// rsyslog: a file through the sidecar (mmexternal) to another file. It follows its input permanently,
// so it is ended when the last line is out. Findings are properties of the record that raised them.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/io/collectors/daemon.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using std::string;

// By way of /proc: imfile takes the path of its input for a pattern, the working folder's name and all.
// One worker: each further one would start a child of its own, with a part of the events.
constexpr const char* kConfig = R"(global(workDirectory="." maxMessageSize="@size@")
module(load="imfile")
module(load="mmexternal")
main_queue(queue.workerThreads="1")
template(name="out" type="list") {
  property(name="$!c2watch!findings") constant(value="\t") property(name="msg") constant(value="\n")
}
input(type="imfile" File="/proc/self/cwd/telemetry" Tag="telemetry:" ruleset="main")
ruleset(name="main" queue.workerThreads="1") {
  action(type="mmexternal" interface.input="msg" forceSingleInstance="on"
         binary="./c2watch-pipe --mmexternal --clock events --config c2watch.json")
  action(type="omfile" file="out" template="out")
}
)";

// One that was unpacked and not installed has its libraries beside it.
std::vector<std::pair<string, string>> environment_of(const string& modules) {
  if (modules.empty()) return {};
  return {{"LD_LIBRARY_PATH", fs::path(modules).parent_path().string()}};
}

class Rsyslog final : public Collector {
 public:
  Rsyslog(string program, string module, string modules, string version)
      : program_(std::move(program)),
        module_(std::move(module)),
        modules_(std::move(modules)),
        version_(std::move(version)) {}

  string name() const override { return "rsyslog " + version_; }

  Result<CollectorOutput> run(const RecordSpool& spool, const string& config) const override {
    Result<Daemon> daemon = Daemon::make();
    if (!daemon) return Error{daemon.error()};
    string text = kConfig;
    text.replace(text.find("@size@"), 6, std::to_string(spool.longest_bytes() + 8'192));
    if (auto failed = daemon->write("rsyslog.conf", text)) return Error{*failed};
    if (auto failed = daemon->write("c2watch.json", config)) return Error{*failed};
    if (auto failed = daemon->link("telemetry", spool.file())) return Error{*failed};
    if (auto failed = daemon->link("c2watch-pipe", module_)) return Error{*failed};
    // -C: it stays in its folder.
    std::vector<string> arguments = {"-n", "-C", "-i", "pid", "-f", "rsyslog.conf"};
    if (!modules_.empty()) arguments.insert(arguments.end(), {"-M", modules_});
    if (auto failed = daemon->start({program_, arguments, "", "", "", environment_of(modules_)}))
      return Error{*failed};
    if (auto failed = daemon->end_after("out", "\t" + string(kEndMarker))) return Error{*failed};
    return read(*daemon, spool);
  }

 private:
  static CollectorOutput read(const Daemon& daemon, const RecordSpool& spool) {
    CollectorOutput collector_output(spool);
    std::size_t last = 0;
    daemon.lines("out", [&](std::string_view line) {
      const std::size_t tab = line.find('\t');  // there is one: the template's
      if (const auto record = collector_output.record(line.substr(tab + 1))) last = *record;
      const ordered_json found = ordered_json::parse(line.substr(0, tab), nullptr, false);
      if (found.is_array())
        for (const ordered_json& finding : found) collector_output.finding(finding.dump(), last);
    });
    return collector_output;
  }

  string program_;
  string module_;
  string modules_;
  string version_;
};

// Of a daemon that was unpacked and not installed: usr/lib/*/rsyslog below its root; else "".
string unpacked_modules(const string& program) {
  const fs::path root = fs::path(program).parent_path().parent_path().parent_path();
  std::error_code failed;
  if (root == "/" || root.empty()) return "";
  for (const auto& entry : fs::directory_iterator(root / "usr" / "lib", failed))
    if (fs::is_regular_file(entry.path() / "rsyslog" / "imfile.so"))
      return (entry.path() / "rsyslog").string();
  return "";
}

}  // namespace

Result<std::unique_ptr<Collector>> open_rsyslog(const CollectorSettings& settings) {
  const Result<string> program = daemon_program(settings, "rsyslogd");
  if (!program) return Error{program.error()};
  const string modules = unpacked_modules(*program);
  const Result<string> module = find_module(settings, "c2watch-pipe", "c2watch_pipe",
                                            {folder_of_executable(), "/usr/bin", "/usr/local/bin"});
  if (!module) return Error{module.error()};
  return std::unique_ptr<Collector>(std::make_unique<Rsyslog>(
      *program, *module, modules,
      first_version(read_output(*program, "-v", environment_of(modules)))));
}

}  // namespace c2watch::harness
