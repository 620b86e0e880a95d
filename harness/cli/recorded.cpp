#include "harness/cli/recorded.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

#include "harness/base/text.h"
#include "harness/cli/results.h"
#include "harness/cli/stop_signal.h"
#include "harness/cli/text_report.h"
#include "harness/io/follow.h"
#include "harness/io/parsed_event.h"
#include "harness/io/source.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;
using Clock = std::chrono::steady_clock;

struct Window {
  std::optional<std::int64_t> from_us;
  std::optional<std::int64_t> to_us;
};

// "2026-03-02", "2026-03-02T08", "2026-03-02T08:15", or to the second with a zone.
std::optional<std::int64_t> moment(string text) {
  if (text.size() == 10) text += "T00";
  if (text.size() == 13) text += ":00";
  if (text.size() == 16) text += ":00";
  return parse_time_us(text);
}

Result<Window> window_of(const string& text) {
  Window w;
  if (text.empty()) return w;
  const auto dots = text.find("..");
  const Error wrong{"--window must be FROM..TO, such as 2026-03-02T08:00..2026-03-02T09:30, not '" +
                    text + "'"};
  if (dots == string::npos) return wrong;
  const string from = text.substr(0, dots);
  const string to = text.substr(dots + 2);
  w.from_us = from.empty() ? std::nullopt : moment(from);
  w.to_us = to.empty() ? std::nullopt : moment(to);
  if ((!from.empty() && !w.from_us) || (!to.empty() && !w.to_us) || (from.empty() && to.empty()))
    return wrong;
  if (w.from_us && w.to_us && *w.from_us >= *w.to_us)
    return Error{"--window must begin before it ends, not '" + text + "'"};
  return w;
}

// In lines; 0 when it cannot be known.
std::size_t terminal_height() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

// Shows what has changed: a table drawn again on a terminal, a line a change elsewhere.
class LiveStatus {
 public:
  explicit LiveStatus(Format format)
      : format_(format), live_(format == Format::text && isatty(STDOUT_FILENO) != 0) {}

  void show(const nlohmann::ordered_json& report) {
    const bool changed = print_changes(report);
    if (!live_ || !changed) return;
    Page page(Terminal::of_standard_output());
    show_status_lines(page, report, terminal_height());
    erase();
    std::cout << page.text() << std::flush;
    lines_ = static_cast<std::size_t>(std::count(page.text().begin(), page.text().end(), '\n'));
  }

  // Makes room for the report that follows.
  void erase() {
    if (lines_ > 0) std::cout << "\x1b[" << lines_ << "A\r\x1b[J" << std::flush;
    lines_ = 0;
  }

 private:
  bool print_changes(const nlohmann::ordered_json& report) {
    bool changed = false;
    std::map<string, int> number;  // of findings of one detector
    for (const Check& c : checks_of(report)) {
      string name = std::to_string(c.test) + ".";
      if (c.kind == Check::signal)
        name += c.id;
      else if (c.kind == Check::finding)
        name += c.profile + "." + c.id + "." + std::to_string(++number[c.profile + "." + c.id]);
      else
        continue;
      changed |= print_change(c, name);
    }
    return changed;
  }

  // The first state of all is printed only if something was found.
  bool print_change(const Check& c, const string& name) {
    const auto [at, is_new] = states_.try_emplace(name);
    const string state = c.verdict + (c.cause.empty() ? "" : " (" + c.cause + ")");
    if (at->second == state + c.found) return false;
    at->second = state + c.found;
    const bool nothing_yet = is_new && c.verdict != "pass" && c.cause != "partial";
    if (live_ || nothing_yet) return true;
    const string what = c.kind == Check::signal ? "signal" : "finding";
    if (format_ == Format::json)
      std::cout << nlohmann::ordered_json{{"change", what},
                                          {"name", name},
                                          {"verdict", c.verdict},
                                          {"cause", c.cause},
                                          {"found", c.found}}
                       .dump()
                << std::endl;
    else
      std::cout << what << " " << name << " " << state << (c.found.empty() ? "" : ": ") << c.found
                << std::endl;
    return true;
  }

  Format format_;
  bool live_;
  std::size_t lines_ = 0;
  std::map<string, string> states_;
};

// 250 ms: as soon as anybody looks, and 0.1 % of a core in stat() calls.
constexpr std::chrono::milliseconds kPollInterval{250};

VerifyResult watch(Verifier& verifier, VerifySink& sink, const RecordedOptions& options,
                   Format format) {
  const CatchInterrupts catching;
  Follower follower(sink, options.telemetry);
  LiveStatus status(format);
  const auto limit = *duration_of(options.duration);
  const auto start = Clock::now();
  std::uint64_t seen = 0;
  VerifyResult result = verifier.result();
  status.show(report_json({}, result));
  while (!interrupted() && !result.passed() && (!limit || Clock::now() - start < *limit)) {
    follower.poll();
    if (seen != sink.records) {
      seen = sink.records;
      result = verifier.result();
      status.show(report_json({}, result));
    }
    if (!result.passed()) std::this_thread::sleep_for(kPollInterval);
  }
  follower.finish();
  if (seen != sink.records) result = verifier.result();
  status.show(report_json({}, result));
  status.erase();
  return result;
}

string text_of(const nlohmann::ordered_json& report, const RecordedOptions& options,
               Terminal terminal) {
  Page page(terminal);
  const string gap(dot(terminal));
  const string collector = report.at("collector");
  page.title("c2watch verify" + gap + "plugin " + report.at("plugin_version").get<string>() + gap +
             (options.telemetry.size() == 1 ? printable(options.telemetry[0])
                                            : plural(options.telemetry.size(), "input")) +
             (collector.empty() ? "" : gap + "through " + collector));
  show_source(page, report);
  show_tests(page, report);
  show_raised(page, report);
  show_verdicts(page, report);
  return page.text();
}

}  // namespace

std::optional<string> RecordedOptions::validate() const {
  if (telemetry.empty()) {
    if (watch || !window.empty() || !duration.empty())
      return "--watch, --duration and --window belong to --telemetry";
    return std::nullopt;
  }
  if (!duration.empty() && !watch) return "--duration belongs to --watch";
  if (watch && std::find(telemetry.begin(), telemetry.end(), "-") != telemetry.end())
    return "--watch follows files and folders, not standard input";
  if (const auto w = window_of(window); !w) return w.error();
  if (const auto d = duration_of(duration); !d) return d.error();
  return std::nullopt;
}

int run_recorded(const VerifyOptions& verify, const RecordedOptions& options,
                 const Collector* collector, ReportOptions reports) {
  Result<Plugin> plugin = verify.common.load_plugin();
  if (!plugin) return input_error(plugin.error());
  Result<std::vector<Expectation>> tests = chosen_tests(verify);
  if (!tests) return input_error(tests.error());
  const Window window = *window_of(options.window);
  Result<Verifier> verifier = Verifier::open(
      std::move(*tests), *plugin,
      {.profiles = verify.common.profiles, .from_us = window.from_us, .to_us = window.to_us});
  if (!verifier) return input_error(verifier.error());

  std::optional<RecordSpool> spool;
  // What came by standard input does not come a second time.
  const bool piped =
      std::find(options.telemetry.begin(), options.telemetry.end(), "-") != options.telemetry.end();
  if (collector != nullptr || piped) {
    Result<RecordSpool> made = RecordSpool::make();
    if (!made) return input_error(made.error());
    spool.emplace(std::move(*made));
  }
  VerifySink sink(*verifier, spool ? &*spool : nullptr, collector != nullptr);
  VerifyResult result;
  if (options.watch) {
    reports.json_line = true;
    result = watch(*verifier, sink, options,
                   verify.common.format == "text" ? Format::text : Format::json);
  } else {
    SourceReader reader(sink);
    for (const string& path : options.telemetry)
      if (!reader.read(path)) return input_error(printable(reader.error()));
    std::vector<Transport> transports;
    if (collector != nullptr) {
      auto out = run_all(*collector, *spool, *verifier);
      if (!out) return input_error(out.error());
      transports = std::move(*out);
    }
    if (piped && collector == nullptr)
      if (auto failed = spool->seal()) return input_error(*failed);
    result = verifier->result();
    result.transports = std::move(transports);
  }

  explain_missed(*plugin, missed_findings(result.tests), [&](const RecordTaker& take) {
    std::vector<string> sources = options.telemetry;
    for (string& path : sources)
      if (path == "-") path = spool->file();
    replay(sources, [&](std::string_view record) {
      if (verifier->in_window(record)) take(record);
    });
  });

  ReportContext context{.plugin_version = plugin->version(), .input_format = "recorded"};
  if (collector != nullptr) context.collector = collector->name();
  context.inputs = options.telemetry;
  context.non_records = sink.non_records;
  context.errors = sink.errors;
  const nlohmann::ordered_json report = report_json(context, result);
  const auto text = [&](Terminal terminal) { return text_of(report, options, terminal); };
  if (sink.records == result.unparsed && !options.watch) {
    std::cerr << text(Terminal{});
    return input_error("nothing readable in what was given");
  }
  if (result.records == 0 && result.outside_window > 0 && !options.watch)
    return input_error("no event within --window " + options.window);
  if (auto failed = reports.write(report, text)) return input_error(*failed);
  return result.passed() ? kSuccess : kFailed;
}

}  // namespace c2watch::harness
