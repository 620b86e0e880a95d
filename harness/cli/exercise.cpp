#include "harness/cli/exercise.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

#include "harness/base/text.h"
#include "harness/cli/exercise_report.h"
#include "harness/cli/stop_signal.h"
#include "harness/io/follow.h"
#include "harness/io/parsed_event.h"
#include "harness/io/source.h"
#include "harness/verify/recorded_run.h"

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

struct Trouble {
  string where;
  string why;
};

// To the exercise, and into the cargo if the telemetry is needed once more.
class FeedExercise final : public SourceSink {
 public:
  // `carried`: what is judged is what the cargo takes.
  FeedExercise(Exercise& exercise, Cargo* cargo, bool carried)
      : exercise_(exercise), cargo_(cargo), carried_(carried) {}

  void begin_member(string_view name) override { member_ = printable(name); }
  void record(string_view bytes, std::uint64_t) override {
    ++records;
    if (cargo_ == nullptr) {
      exercise_.record(bytes);
    } else {
      const string line = one_line(bytes);
      if (const auto taken = exercise_.record(carried_ ? string_view(line) : bytes); taken.judged)
        cargo_->add(line, taken.time_us);
    }
  }
  void junk(Junk, string_view, std::uint64_t) override { ++junk_pieces; }
  void trouble(string_view why) override { troubles.push_back({member_, printable(why)}); }

  std::uint64_t records = 0;
  std::uint64_t junk_pieces = 0;
  std::vector<Trouble> troubles;

 private:
  Exercise& exercise_;
  Cargo* cargo_;
  bool carried_;
  string member_;
};

// In lines; 0 when it cannot be known.
std::size_t terminal_height() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

// Says what has changed: a table drawn again on a terminal, a line a change elsewhere.
class Ticker {
 public:
  explicit Ticker(Format format)
      : format_(format), live_(format == Format::text && isatty(STDOUT_FILENO) != 0) {}

  void show(const ExerciseVerdict& v) {
    const bool changed = note_changes(v);
    if (!live_ || !changed) return;
    Page page(Terminal::of_standard_output());
    show_exercise_ticks(page, v, terminal_height());
    erase();
    std::cout << page.text() << std::flush;
    lines_ = static_cast<std::size_t>(std::count(page.text().begin(), page.text().end(), '\n'));
  }

  // The place of the table, for the report that follows.
  void erase() {
    if (lines_ > 0) std::cout << "\x1b[" << lines_ << "A\r\x1b[J" << std::flush;
    lines_ = 0;
  }

 private:
  bool note_changes(const ExerciseVerdict& v) {
    bool changed = false;
    for (const ExerciseTest& t : v.tests) {
      const string test = std::to_string(t.test);
      for (const ExerciseSignal& s : t.signals)
        changed |= note("signal", test + "." + s.signal.id, state_name(s.state), s.found);
      for (const ExerciseRun& r : t.runs)
        for (std::size_t i = 0; i < r.findings.size(); ++i)
          changed |= note("finding",
                          test + "." + r.profile + "." + r.findings[i].expectation.detector + "." +
                              std::to_string(i + 1),
                          state_name(r.findings[i].state), r.findings[i].found);
    }
    return changed;
  }

  // The first state of all is no news, unless there is something to tell.
  bool note(const char* what, const string& name, string_view state, const string& found) {
    const auto [at, is_new] = states_.try_emplace(name);
    if (at->second == string(state) + found) return false;
    at->second = string(state) + found;
    const bool nothing_yet =
        is_new && (state == "missing" || state == "silent" || state == "not_judged");
    if (live_ || nothing_yet) return true;
    if (format_ == Format::json)
      std::cout << nlohmann::ordered_json{{"change", what},
                                          {"name", name},
                                          {"state", state},
                                          {"found", printable(found)}}
                       .dump()
                << std::endl;
    else
      std::cout << what << " " << name << " " << state << (found.empty() ? "" : ": ")
                << printable(found) << std::endl;
    return true;
  }

  Format format_;
  bool live_;
  std::size_t lines_ = 0;
  std::map<string, string> states_;
};

// 250 ms: as soon as anybody looks, and 0.1 % of a core in stat() calls.
constexpr std::chrono::milliseconds kPollInterval{250};

ExerciseVerdict watch(Exercise& exercise, FeedExercise& feed, const ExerciseOptions& options,
                      Format format) {
  const CatchInterrupts catching;
  Follower follower(feed, options.telemetry);
  Ticker ticker(format);
  const auto limit = *duration_of(options.duration);
  const auto start = Clock::now();
  std::uint64_t seen = 0;
  ExerciseVerdict v = exercise.verdict();
  ticker.show(v);
  while (!interrupted() && !v.all_found() && (!limit || Clock::now() - start < *limit)) {
    follower.poll();
    if (seen != feed.records) {
      seen = feed.records;
      v = exercise.verdict();
      ticker.show(v);
    }
    if (!v.all_found()) std::this_thread::sleep_for(kPollInterval);
  }
  follower.finish();
  if (seen != feed.records) v = exercise.verdict();
  ticker.show(v);
  ticker.erase();
  return v;
}

nlohmann::ordered_json document_of(const ExerciseVerdict& v, const FeedExercise& feed,
                                   const Plugin& plugin, const ExerciseOptions& options) {
  nlohmann::ordered_json troubles = nlohmann::ordered_json::array();
  for (const Trouble& t : feed.troubles) troubles.push_back({{"in", t.where}, {"why", t.why}});
  nlohmann::ordered_json whole = exercise_json(v);
  whole["plugin_version"] = plugin.version();
  whole["telemetry"] = options.telemetry;
  whole["not_records"] = feed.junk_pieces;
  whole["troubles"] = troubles;
  return whole;
}

string text_of(const ExerciseVerdict& v, const FeedExercise& feed, const Plugin& plugin,
               const ExerciseOptions& options, Terminal terminal) {
  Page page(terminal);
  const string gap(dot(terminal));
  page.title("c2watch verify" + gap + "plugin " + plugin.version() + gap +
             (options.telemetry.size() == 1 ? printable(options.telemetry[0])
                                            : plural(options.telemetry.size(), "input")) +
             (v.transports.empty() ? "" : gap + "through " + v.transports[0].collector));
  for (const Trouble& t : feed.troubles) page.paragraph(t.where + ": " + t.why, 2, "note: ");
  if (feed.junk_pieces > 0)
    page.line("  " + plural(feed.junk_pieces, "line") + " that are no records", Style::warning);
  show_exercise(page, v);
  return page.text();
}

}  // namespace

std::optional<string> ExerciseOptions::mistake() const {
  if (telemetry.empty()) {
    if (watch || !window.empty() || !duration.empty())
      return "--watch, --for and --window belong to --telemetry";
    return std::nullopt;
  }
  if (!duration.empty() && !watch) return "--for belongs to --watch";
  if (watch && std::find(telemetry.begin(), telemetry.end(), "-") != telemetry.end())
    return "--watch follows files and folders, not standard input";
  if (const auto w = window_of(window); !w) return w.error();
  if (const auto d = duration_of(duration); !d) return d.error();
  return std::nullopt;
}

int run_exercise(const JudgingOptions& judging, const ExerciseOptions& options,
                 const Carrier* carrier, ReportOptions reports) {
  Result<Plugin> plugin = load_plugin(judging);
  if (!plugin) return input_error(plugin.error());
  Result<std::vector<Expectation>> tests = chosen_tests(judging);
  if (!tests) return input_error(tests.error());
  const Window window = *window_of(options.window);
  Result<Exercise> exercise =
      Exercise::open(std::move(*tests), *plugin, {judging.profiles, window.from_us, window.to_us});
  if (!exercise) return input_error(exercise.error());

  std::optional<Cargo> cargo;
  // What came by standard input does not come a second time.
  const bool piped =
      std::find(options.telemetry.begin(), options.telemetry.end(), "-") != options.telemetry.end();
  if (carrier != nullptr || piped) {
    Result<Cargo> made = Cargo::make();
    if (!made) return input_error(made.error());
    cargo.emplace(std::move(*made));
  }
  FeedExercise feed(*exercise, cargo ? &*cargo : nullptr, carrier != nullptr);
  ExerciseVerdict v;
  if (options.watch) {
    reports.json_line = true;
    v = watch(*exercise, feed, options, reports.format == "text" ? Format::text : Format::json);
  } else {
    SourceReader reader(feed);
    for (const string& path : options.telemetry)
      if (!reader.read(path)) return input_error(printable(reader.error()));
    std::vector<Transport> transports;
    if (carrier != nullptr) {
      auto carried = carry_all(*carrier, *cargo, *exercise);
      if (!carried) return input_error(carried.error());
      transports = std::move(*carried);
    }
    if (piped && carrier == nullptr)
      if (auto failed = cargo->seal()) return input_error(*failed);
    v = exercise->verdict();
    v.transports = std::move(transports);
  }

  explain_silences(*plugin, silences_of(v), [&](const RecordTaker& take) {
    const RecordTaker within = [&](std::string_view record) {
      if (exercise->in_window(record)) take(record);
    };
    ReplayTo records(within);
    SourceReader reader(records);
    for (const string& path : options.telemetry) reader.read(path == "-" ? cargo->file() : path);
  });

  const auto text = [&](Terminal terminal) { return text_of(v, feed, *plugin, options, terminal); };
  if (feed.records == v.not_understood && !options.watch) {
    std::cerr << text(Terminal{});
    return input_error("nothing readable in what was given");
  }
  if (v.records == 0 && v.outside_window > 0 && !options.watch)
    return input_error("no event within --window " + options.window);
  if (auto failed = reports.write(document_of(v, feed, *plugin, options), text))
    return input_error(*failed);
  return v.all_found() ? kHeld : kFailed;
}

}  // namespace c2watch::harness
