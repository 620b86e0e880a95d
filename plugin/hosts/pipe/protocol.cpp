#include "hosts/pipe/protocol.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace c2watch::pipe {
namespace {

// What goes out at once: buffered text beyond this is written before more is read.
constexpr std::size_t kEnoughBytes = std::size_t{64} << 10;

void put_lines(Sink& out, std::span<const std::string> lines) {
  for (const std::string& line : lines) out.put_line(line);
}

[[noreturn]] void give_up(const Sink& sink, std::vector<std::string> findings = {}) {
  throw Undelivered(sink.error(), std::move(findings));
}

// The file that findings go to. While it cannot be written they wait, and more records are served,
// as long as the engine could tell again all that waits.
class FindingsFile {
 public:
  FindingsFile(Sink& sink, Log log) : sink_(sink), log_(std::move(log)) {}

  void put(std::span<const std::string> findings) { put_lines(sink_, findings); }
  // Counters come again; while findings wait they only take their room.
  void put_metrics(const std::string& record) {
    if (sink_.empty()) sink_.put_line(record);
  }
  bool flush() { return check(sink_.flush()); }
  bool sync() { return check(sink_.sync()); }
  // Throws when findings are left.
  void finish() {
    if (!sync()) give_up(sink_);
  }

 private:
  bool check(bool written) {
    if (!written && !std::exchange(failing_, true))
      log_(sink_.error() + "; findings wait for room");
    if (written) failing_ = false;
    if (sink_.overfull()) give_up(sink_);
    return written;
  }

  Sink& sink_;
  Log log_;
  bool failing_ = false;
};

class Mmexternal final : public Protocol {
 public:
  Mmexternal(Watcher& watcher, MmexternalInput input, Sink& out, Sink* findings)
      : watcher_(watcher), input_(input), out_(out) {
    // rsyslog reads standard error as answers, so there is no word about a full disk before the end.
    if (findings != nullptr) findings_.emplace(*findings, [](std::string_view) {});
  }

  void take(std::string_view line) override {
    const std::span<const std::string> found = watcher_.observe(record_in(line));
    if (findings_) {
      findings_->put(found);
      findings_->flush();
    }
    for (const std::string& json : found)
      waiting_.push_back({json, std::min<std::uint32_t>(watcher_.max_severity(), kCritical)});
    const std::size_t answered = put_answer();
    // Half-duplex: the peer sends nothing more before it has this.
    if (!out_.flush()) give_up(out_, texts());
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(answered));
  }

  // There is no message to hang them on, so they wait for the next one, unless they have a file of
  // their own.
  void take_findings(std::span<const std::string> findings) override {
    if (findings_) {
      findings_->put(findings);
      findings_->flush();
      return;
    }
    for (const std::string& json : findings) waiting_.push_back({json, severity_of(json)});
    if (waiting_.size() > Sink::kMostLines)
      throw Undelivered("no message came to carry them", texts());
  }

  void take_metrics(const std::string& record) override {
    if (!findings_) {
      metrics_ = record;
      return;
    }
    findings_->put_metrics(record);
    findings_->flush();
  }

  void pause() override {}

  void finish() override {
    if (findings_) findings_->finish();
    if (!waiting_.empty()) throw Undelivered("no message came to carry them", texts());
  }

 private:
  static constexpr std::string_view kSeverities[] = {"informational", "low", "medium", "high",
                                                     "critical"};
  static constexpr std::uint32_t kCritical = 4;
  // rsyslog reads 256 KiB of an answer.
  static constexpr std::size_t kAnswerBytes = std::size_t{192} << 10;

  struct Waiting {
    std::string json;
    std::uint32_t severity;
  };

  // Each format of findings has it by name. A value's text cannot pass for it: there quotes are
  // escaped.
  static std::uint32_t severity_of(std::string_view json) {
    constexpr std::string_view kMember = "\"severity\":\"";
    const std::size_t at = json.find(kMember);
    if (at == std::string_view::npos || at + kMember.size() == json.size()) return 0;
    const char first = static_cast<char>(json[at + kMember.size()] | 0x20);
    for (std::uint32_t s = 0; s <= kCritical; ++s)
      if (kSeverities[s][0] == first) return s;
    return 0;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Waiting& w : waiting_) all.push_back(w.json);
    return all;
  }

  // Returns how many of those that wait are in it, the oldest first.
  std::size_t put_answer() {
    std::size_t count = 0;
    std::size_t bytes = 0;
    std::uint32_t severity = 0;
    while (count < waiting_.size()) {
      bytes += waiting_[count].json.size() + 1;
      if (count > 0 && bytes > kAnswerBytes) break;
      severity = std::max(severity, waiting_[count++].severity);
    }
    if (count == 0 && metrics_.empty()) {
      out_.put_line("{}");
      return 0;
    }
    out_.put(R"({"$!":{"c2watch":{)");
    if (!metrics_.empty()) {
      out_.put(R"("metrics":)");
      out_.put(std::exchange(metrics_, {}));
      if (count > 0) out_.put(",");
    }
    if (count > 0) {
      out_.put(R"("hit":"true","severity":")");
      out_.put(kSeverities[severity]);
      out_.put(R"(","findings":[)");
      for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out_.put(",");
        out_.put(waiting_[i].json);
      }
      out_.put("]");
    }
    out_.put_line("}}}");
    return count;
  }

  // fulljson is the whole message; its text is the event, unless a parser of rsyslog's has taken
  // that apart already: then the event is what hangs below $!.
  std::string_view record_in(std::string_view line) {
    if (input_ == MmexternalInput::msg) return line;
    scratch_.assign(line);
    scratch_.reserve(line.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document message;
    if (parser_.iterate(scratch_).get(message) != simdjson::SUCCESS) return line;
    simdjson::ondemand::value properties;
    if (message["$!"].get(properties) == simdjson::SUCCESS) {
      std::string_view json;
      simdjson::ondemand::object object;
      if (properties.get_object().get(object) == simdjson::SUCCESS &&
          object.raw_json().get(json) == simdjson::SUCCESS && json.size() > 2) {
        return json;
      }
    }
    std::string_view text;
    message.rewind();
    if (message["msg"].get_string().get(text) != simdjson::SUCCESS) return line;
    return text.starts_with(' ') ? text.substr(1) : text;  // rsyslog keeps the blank after the tag
  }

  Watcher& watcher_;
  MmexternalInput input_;
  Sink& out_;
  std::optional<FindingsFile> findings_;
  std::vector<Waiting> waiting_;  // for a message
  std::string metrics_;           // waits for a message as well
  std::string scratch_;
  simdjson::ondemand::parser parser_;
};

class Omprog final : public Protocol {
 public:
  Omprog(Watcher& watcher, Sink& out, Sink& findings, Log log)
      : watcher_(watcher), out_(out), findings_(findings, std::move(log)) {}

  void begin() override { confirm("OK"); }

  void take(std::string_view line) override {
    if (line == "BEGIN TRANSACTION") {
      in_transaction_ = true;
      return confirm("OK");
    }
    if (line == "COMMIT TRANSACTION") {
      in_transaction_ = false;
      return confirm_stored();
    }
    findings_.put(watcher_.observe(line));
    if (in_transaction_) return confirm("DEFER_COMMIT");
    confirm_stored();
  }

  void take_findings(std::span<const std::string> findings) override {
    findings_.put(findings);
    findings_.sync();
  }

  void take_metrics(const std::string& record) override {
    findings_.put_metrics(record);
    findings_.sync();
  }

  void pause() override {}
  void finish() override { findings_.finish(); }

 private:
  // Anything but OK makes rsyslog try again, so OK is said only when all findings are on disk: those
  // of this record, and those that an earlier attempt at it could not store.
  void confirm_stored() {
    confirm(findings_.sync() ? "OK" : "the findings file cannot be written");
  }

  void confirm(std::string_view word) {
    out_.put_line(word);
    if (!out_.flush()) give_up(out_);
  }

  Watcher& watcher_;
  Sink& out_;
  FindingsFile findings_;
  bool in_transaction_ = false;
};

// Findings leave before the record that raised them.
class PassThrough final : public Protocol {
 public:
  PassThrough(Watcher& watcher, Sink& out, Sink& findings, Log log)
      : watcher_(watcher), out_(out), findings_(findings, std::move(log)) {}

  void take(std::string_view line) override {
    findings_.put(watcher_.observe(line));
    out_.put_line(line);
    if (out_.bytes() > kEnoughBytes) pause();
  }
  void take_findings(std::span<const std::string> findings) override { findings_.put(findings); }
  void take_metrics(const std::string& record) override { findings_.put_metrics(record); }
  // Records go on while findings wait for room.
  void pause() override {
    findings_.flush();
    if (!out_.flush()) give_up(out_);
  }
  void finish() override { findings_.finish(); }

 private:
  Watcher& watcher_;
  Sink& out_;
  FindingsFile findings_;
};

class Plain final : public Protocol {
 public:
  Plain(Watcher& watcher, Sink& findings) : watcher_(watcher), findings_(findings) {}

  void take(std::string_view line) override {
    put_lines(findings_, watcher_.observe(line));
    if (findings_.bytes() > kEnoughBytes) pause();
  }
  void take_findings(std::span<const std::string> findings) override {
    put_lines(findings_, findings);
  }
  // Nothing is gained by reading on.
  void pause() override {
    if (!findings_.flush()) give_up(findings_);
  }
  void finish() override {
    if (!findings_.sync()) give_up(findings_);
  }

 private:
  Watcher& watcher_;
  Sink& findings_;
};

}  // namespace

std::unique_ptr<Protocol> mmexternal(Watcher& watcher, MmexternalInput input, Sink& out,
                                     Sink* findings) {
  return std::make_unique<Mmexternal>(watcher, input, out, findings);
}
std::unique_ptr<Protocol> omprog(Watcher& watcher, Sink& out, Sink& findings, Log log) {
  return std::make_unique<Omprog>(watcher, out, findings, std::move(log));
}
std::unique_ptr<Protocol> pass_through(Watcher& watcher, Sink& out, Sink& findings, Log log) {
  return std::make_unique<PassThrough>(watcher, out, findings, std::move(log));
}
std::unique_ptr<Protocol> plain(Watcher& watcher, Sink& findings) {
  return std::make_unique<Plain>(watcher, findings);
}

}  // namespace c2watch::pipe
