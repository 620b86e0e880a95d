#include "hosts/pipe/protocol.h"

#include <simdjson.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace c2watch::pipe {
namespace {

void put(std::FILE* out, std::string_view text) { std::fwrite(text.data(), 1, text.size(), out); }

void put_line(std::FILE* out, std::string_view text) {
  put(out, text);
  std::fputc('\n', out);
}

void put_lines(std::FILE* out, std::span<const std::string> lines) {
  for (const std::string& line : lines) put_line(out, line);
}

class Mmexternal final : public Protocol {
 public:
  Mmexternal(Watcher& watcher, MmexternalInput input, std::FILE* findings)
      : watcher_(watcher), input_(input), findings_(findings) {}

  void take(std::string_view line) override {
    const std::span<const std::string> found = watcher_.observe(record_in(line));
    if (found.empty() && metrics_.empty()) {
      put_line(stdout, "{}");
    } else {
      answer(found);
    }
    // Half-duplex: the peer sends nothing more before it has this.
    std::fflush(stdout);
  }

  // There is no message to hang them on, so they wait for one, unless they have a file of their
  // own.
  void take_findings(std::span<const std::string> findings) override {
    if (findings_ != nullptr) {
      put_lines(findings_, findings);
      std::fflush(findings_);
    } else {
      waiting_.insert(waiting_.end(), findings.begin(), findings.end());
    }
  }

  void take_metrics(const std::string& record) override {
    if (findings_ != nullptr)
      take_findings({&record, 1});
    else
      metrics_ = record;
  }

  void pause() override {}

 private:
  void answer(std::span<const std::string> found) {
    put(stdout, R"({"$!":{"c2watch":{)");
    if (!metrics_.empty()) {
      put(stdout, R"("metrics":)");
      put(stdout, std::exchange(metrics_, {}));
      if (!found.empty()) put(stdout, ",");
    }
    if (!found.empty()) put_found(found);
    put_line(stdout, "}}}");
    if (findings_ == nullptr) return;
    put_lines(findings_, found);
    std::fflush(findings_);
  }

  void put_found(std::span<const std::string> found) {
    static constexpr std::string_view kSeverities[] = {"informational", "low", "medium", "high",
                                                       "critical"};
    put(stdout, R"("hit":"true","severity":")");
    put(stdout, kSeverities[std::min<std::uint32_t>(watcher_.max_severity(), 4)]);
    put(stdout, R"(","findings":[)");
    bool first = true;
    const auto put_finding = [&](const std::string& json) {
      if (!first) put(stdout, ",");
      first = false;
      put(stdout, json);
    };
    for (const std::string& json : waiting_) put_finding(json);
    for (const std::string& json : found) put_finding(json);
    waiting_.clear();
    put(stdout, "]");
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
  std::FILE* findings_;
  std::vector<std::string> waiting_;
  std::string metrics_;  // waits for a message as well
  std::string scratch_;
  simdjson::ondemand::parser parser_;
};

class Omprog final : public Protocol {
 public:
  Omprog(Watcher& watcher, std::FILE* findings) : watcher_(watcher), findings_(findings) {}

  void begin() override { confirm("OK"); }

  void take(std::string_view line) override {
    if (line == "BEGIN TRANSACTION") {
      in_transaction_ = true;
      return confirm("OK");
    }
    if (line == "COMMIT TRANSACTION") {
      in_transaction_ = false;
      return confirm(store() ? "OK" : "the findings file cannot be written");
    }
    put_lines(findings_, watcher_.observe(line));
    if (in_transaction_) return confirm("DEFER_COMMIT");
    confirm(store() ? "OK" : "the findings file cannot be written");
  }

  void take_findings(std::span<const std::string> findings) override {
    put_lines(findings_, findings);
    store();
  }

  void pause() override {}

 private:
  // Anything but OK makes rsyslog try again, so OK is said only when the findings are on disk.
  bool store() {
    const bool written = std::fflush(findings_) == 0 && std::ferror(findings_) == 0;
    std::clearerr(findings_);
    return written && (::fdatasync(::fileno(findings_)) == 0 || errno == EINVAL);
  }

  static void confirm(std::string_view word) {
    put_line(stdout, word);
    std::fflush(stdout);
  }

  Watcher& watcher_;
  std::FILE* findings_;
  bool in_transaction_ = false;
};

class Plain final : public Protocol {
 public:
  Plain(Watcher& watcher, std::FILE* findings, bool pass_through)
      : watcher_(watcher), findings_(findings), pass_through_(pass_through) {}

  void take(std::string_view line) override {
    if (pass_through_) put_line(stdout, line);
    put_lines(findings_, watcher_.observe(line));
  }
  void take_findings(std::span<const std::string> findings) override {
    put_lines(findings_, findings);
  }
  void pause() override {
    std::fflush(stdout);
    std::fflush(findings_);
  }

 private:
  Watcher& watcher_;
  std::FILE* findings_;
  bool pass_through_;
};

}  // namespace

std::unique_ptr<Protocol> mmexternal(Watcher& watcher, MmexternalInput input, std::FILE* findings) {
  return std::make_unique<Mmexternal>(watcher, input, findings);
}
std::unique_ptr<Protocol> omprog(Watcher& watcher, std::FILE* findings) {
  return std::make_unique<Omprog>(watcher, findings);
}
std::unique_ptr<Protocol> plain(Watcher& watcher, std::FILE* findings, bool pass_through) {
  return std::make_unique<Plain>(watcher, findings, pass_through);
}

}  // namespace c2watch::pipe
