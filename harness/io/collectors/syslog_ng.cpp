// syslog-ng: standard input to one file, through c2watch(). It ends when its input does. A finding
// goes down the same path as the record that raised it, and before it.
#include <filesystem>
#include <sstream>

#include "harness/io/collectors/daemon.h"

namespace c2watch::harness {
namespace {

namespace fs = std::filesystem;
using std::string;

// log-msg-size: a longer line would be cut before any parser sees it. no-parse: lines are no syslog.
constexpr const char* kConfig = R"(options { log-msg-size(@size@); stats-freq(0); };
source s_telemetry { stdin(flags(no-parse)); };
parser p_c2watch { c2watch(config-file(@config@) clock("events")); };
destination d_out { file("out" template("${TAGS} ${MESSAGE}\n")); };
log { source(s_telemetry); parser(p_c2watch); destination(d_out); flags(flow-control); };
)";

using Environment = std::vector<std::pair<string, string>>;

Environment environment_of(const string& program) {
  // epoll refuses plain files, such as the one on standard input; poll does not.
  Environment out = {{"IV_EXCLUDE_POLL_METHOD", "epoll epoll-timerfd"}};
  // One that was unpacked and not installed has its libraries beside it.
  const fs::path libraries = fs::path(program).parent_path().parent_path() / "lib" / "syslog-ng";
  if (fs::is_directory(libraries) && libraries != "/usr/lib/syslog-ng")
    out.emplace_back("LD_LIBRARY_PATH", libraries.string());
  return out;
}

// Of `syslog-ng --version`: "Module-Directory: /usr/lib/syslog-ng/3.38".
string fact(const string& said, const string& name) {
  std::istringstream in(said);
  for (string line; std::getline(in, line);)
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  return "";
}

// Its own modules: where it says, or, when it was unpacked elsewhere, beside it.
string modules_of(const string& program, const string& said, const string& minor) {
  const fs::path unpacked =
      fs::path(program).parent_path().parent_path() / "lib" / "syslog-ng" / minor;
  return fs::is_directory(unpacked) ? unpacked.string() : fact(said, "Module-Directory");
}

// In a configuration: a backtick would begin the name of a variable, and two of them are one.
string quoted(const string& text) {
  string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '`') out += '`';
    out += c;
  }
  return out + "\"";
}

bool has_tag(std::string_view tags, std::string_view tag) {
  const string list = "," + string(tags) + ",";
  return list.find("," + string(tag) + ",") != string::npos;
}

class SyslogNg final : public Collector {
 public:
  SyslogNg(string program, string module, string modules, string version)
      : program_(std::move(program)),
        module_(std::move(module)),
        modules_(std::move(modules)),
        version_(std::move(version)) {}

  string name() const override { return "syslog-ng " + version_; }

  Result<CollectorOutput> run(const RecordSpool& spool, const string& config) const override {
    Result<Daemon> daemon = Daemon::make();
    if (!daemon) return Error{daemon.error()};
    string text = "@version: " + version_.substr(0, version_.find('.', version_.find('.') + 1)) +
                  "\n" + kConfig;
    // The one path that may not be relative.
    text.replace(text.find("@config@"), 8, quoted(daemon->folder().file("c2watch.json")));
    // Room for the largest record and what the daemon puts before it.
    text.replace(text.find("@size@"), 6, std::to_string(spool.longest_bytes() + 8'192));
    if (auto failed = daemon->write("syslog-ng.conf", text)) return Error{*failed};
    if (auto failed = daemon->write("c2watch.json", config)) return Error{*failed};
    const std::vector<string> arguments = {
        "--foreground", "--stderr",
        "--no-caps",    "--module-path=" + our_folder() + ":" + modules_,
        "-f",           "syslog-ng.conf",
        "-R",           "persist",
        "-c",           "control",
        "-p",           "pid"};
    if (auto failed =
            daemon->start({program_, arguments, "", spool.file(), "", environment_of(program_)}))
      return Error{*failed};
    if (auto failed = daemon->wait_for_end("out")) return Error{*failed};
    return read(*daemon, spool);
  }

 private:
  string our_folder() const { return fs::path(module_).parent_path().string(); }

  static CollectorOutput read(const Daemon& daemon, const RecordSpool& spool) {
    CollectorOutput collector_output(spool);
    std::vector<string> waiting;  // findings whose record is yet to come
    const auto raised_by = [&](std::size_t record) {
      for (string& finding : waiting) collector_output.finding(std::move(finding), record);
      waiting.clear();
    };
    daemon.lines("out", [&](std::string_view line) {
      const std::size_t blank = line.find(' ');  // there is one: the template's
      const std::string_view text = line.substr(blank + 1);
      if (has_tag(line.substr(0, blank), "c2watch.finding"))
        waiting.emplace_back(text);
      else if (const auto record = collector_output.record(text))
        raised_by(*record);
    });
    raised_by(spool.records());
    return collector_output;
  }

  string program_;
  string module_;
  string modules_;
  string version_;
};

}  // namespace

Result<std::unique_ptr<Collector>> open_syslog_ng(const CollectorSettings& settings) {
  const Result<string> program = daemon_program(settings, "syslog-ng");
  if (!program) return Error{program.error()};
  const string said = read_output(*program, "--version", environment_of(*program));
  const string version = fact(said, "Installer-Version");
  if (version.empty())
    return Error{"--through syslog-ng: " + *program +
                 " is no syslog-ng: it does not say its "
                 "Installer-Version"};
  const string modules = modules_of(*program, said, version.substr(0, version.rfind('.')));
  const Result<string> module =
      find_module(settings, "libc2watch_syslogng.so", "c2watch_syslogng",
                  {folder_of_executable() + "/../lib/syslog-ng", modules});
  if (!module) return Error{module.error()};
  return std::unique_ptr<Collector>(
      std::make_unique<SyslogNg>(*program, *module, modules, version));
}

}  // namespace c2watch::harness
