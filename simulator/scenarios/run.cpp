#include "scenarios/run.h"

#include <nlohmann/json.hpp>

#include "formats/format.h"
#include "formats/output.h"
#include "formats/provider.h"
#include "scenarios/scenario.h"
#include "scenarios/version.h"

namespace c2sim {
namespace {

// The header of a truth file holds counts that are known at the end: its line is kept this long and
// padded with blanks, which JSON does not mind.
constexpr std::size_t kHeaderBytes = 2048;

class Truth {
 public:
  std::optional<std::string> open(const std::string& path) {
    if (path.empty()) return std::nullopt;
    if (auto error = file_.open(path)) return error;
    open_ = true;
    if (file_.seekable()) file_.write(std::string(kHeaderBytes - 1, ' ') + "\n");
    return std::nullopt;
  }

  void record(const Event& e) {
    ++count_;
    if (!open_) return;
    nlohmann::ordered_json line;
    line["test"] = e.label.test;
    line["signal"] = e.label.signal;
    line["computer"] = e.host->name->raw;
    line["channel"] = channel_name(channel_of(e));
    line["record_id"] = e.record_id;
    line["event_id"] = event_id(e);
    line["time"] = iso(e.created);
    line["utc_time"] = iso(e.utc);
    file_.write(line.dump() + "\n");
  }

  std::optional<std::string> commit(const nlohmann::ordered_json& header) {
    if (!open_) return std::nullopt;
    std::string line = header.dump();
    line.resize(std::max(line.size(), kHeaderBytes - 1), ' ');
    if (file_.seekable()) {
      file_.write_at(0, line);
    } else {
      file_.write(header.dump() + "\n");  // a pipe: it can only come last
    }
    return file_.commit();
  }

  std::uint64_t count() const { return count_; }

 private:
  Output file_;
  bool open_ = false;
  std::uint64_t count_ = 0;
};

class FileSink final : public RecordSink {
 public:
  FileSink(Format& format, Output& out, Truth& truth,
           const std::function<void(std::uint64_t)>& progress)
      : format_(format), out_(out), truth_(truth), progress_(progress) {}

  void record(const Event& e) override {
    buffer_.clear();
    if (!format_.write(e, buffer_)) return;
    out_.write(buffer_.view());
    bytes_ += buffer_.size();
    ++by_kind_[e.what.index()];
    if (!e.label.test.empty()) truth_.record(e);
    if ((++events_ & 0xffff) == 0 && progress_) progress_(events_);
  }

  std::uint64_t events() const { return events_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::array<std::uint64_t, kEventKinds>& by_kind() const { return by_kind_; }

 private:
  Format& format_;
  Output& out_;
  Truth& truth_;
  const std::function<void(std::uint64_t)>& progress_;
  Buffer buffer_;
  std::uint64_t events_ = 0, bytes_ = 0;
  std::array<std::uint64_t, kEventKinds> by_kind_{};
};

bool contains(const std::vector<int>& ids, std::uint32_t id) {
  for (int i : ids)
    if (i >= 0 && static_cast<std::uint32_t>(i) == id) return true;
  return false;
}

Instant end_of(const Settings& s) { return s.start + seconds(s.hours * 3600); }

StageSettings stage_settings(const Settings& s) {
  StageSettings stage;
  stage.end = s.scenario == "benchmark" ? kNever : end_of(s);  // which ends by its number of events
  stage.loss = s.loss;
  if (s.events > 0) stage.max_records = s.events;
  for (std::size_t k = 0; k < kEventKinds; ++k)
    stage.collected[k] = !contains(s.without, kEventIds[k]);
  return stage;
}

nlohmann::ordered_json header_of(const Settings& s, const RunResult& r) {
  nlohmann::ordered_json h;
  h["c2sim"] = kVersion;
  h["scenario"] = s.scenario;
  h["seed"] = s.seed;
  h["shape"] = s.shape;
  h["hosts"] = s.hosts;
  h["start"] = iso(s.start);
  h["end"] = iso(end_of(s));
  h["tests"] = s.tests;
  if (!s.framework.empty()) h["framework"] = s.framework;
  h["events"] = r.events;
  h["labelled"] = r.labelled;
  h["lost"] = r.lost;
  for (std::size_t k = 0; k < kEventKinds; ++k)
    if (r.by_kind[k] > 0) h["by_event_id"][std::to_string(kEventIds[k])] = r.by_kind[k];
  return h;
}

}  // namespace

std::unique_ptr<World> make_world(const Settings& settings) {
  return std::make_unique<World>(settings.seed, settings.hosts, settings.start, end_of(settings));
}

SimulationResult simulate(const Settings& settings, World& world, RecordSink& sink) {
  Stage stage(stage_settings(settings), sink);
  populate(settings, world, stage);
  stage.run();
  return {stage.lost()};
}

RunResult run(const Settings& settings, const std::function<void(std::uint64_t)>& progress) {
  RunResult result;
  Output out;
  Truth truth;
  if ((result.error = out.open(settings.out)) || (result.error = truth.open(settings.truth)))
    return result;

  const std::unique_ptr<Format> format = make_format(settings.shape, settings.format);
  const std::unique_ptr<World> world = make_world(settings);
  FileSink sink(*format, out, truth, progress);
  result.lost = simulate(settings, *world, sink).lost;
  result.events = sink.events();
  result.bytes = sink.bytes();
  result.by_kind = sink.by_kind();
  result.labelled = truth.count();
  if ((result.error = out.commit())) return result;
  result.error = truth.commit(header_of(settings, result));
  return result;
}

}  // namespace c2sim
