// Protocol: how one peer speaks to us, a line at a time, and what it wants to hear.
//
// mmexternal  rsyslog's message modification: every line gets exactly one JSON line back, in order.
//             {} changes nothing; findings come back as the message's own properties under
//             $!c2watch, and so do metrics, as $!c2watch!metrics of whatever message comes next.
// omprog      rsyslog's program output: OK once at the start and after every message, or, inside a
//             transaction, DEFER_COMMIT for each and OK for the commit. Findings go to a file,
//             since standard output belongs to the protocol, and OK waits until they are on disk.
// plain       any pipe: records in, findings out, a JSON line each.
// passthrough the same, with the records on standard output and the findings in a file.
//
// FAILURE  Findings that cannot be delivered wait as long as the engine could tell them again after a
//          crash; then, or when there is no sense in waiting, a member throws Undelivered.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hosts/pipe/sink.h"
#include "hosts/pipe/watcher.h"

namespace c2watch::pipe {

// Findings, or answers, are not where they belong, and the process has to end.
struct Undelivered : std::runtime_error {
  explicit Undelivered(const std::string& why, std::vector<std::string> left = {})
      : std::runtime_error(why), findings(std::move(left)) {}
  std::vector<std::string> findings;  // those that are nowhere else
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual void begin() {}
  virtual void take(std::string_view line) = 0;
  // Findings that no line raised.
  virtual void take_findings(std::span<const std::string> findings) = 0;
  // A metrics record: it goes where findings go.
  virtual void take_metrics(const std::string& record) { take_findings({&record, 1}); }
  // No whole line is left for now: what was buffered goes out.
  virtual void pause() = 0;
  // No line will come any more.
  virtual void finish() = 0;
};

enum class MmexternalInput { msg, fulljson };
using Log = Watcher::Log;

// `findings` may be NULL: then they go with the messages alone.
std::unique_ptr<Protocol> mmexternal(Watcher& watcher, MmexternalInput input, Sink& out,
                                     Sink* findings);
std::unique_ptr<Protocol> omprog(Watcher& watcher, Sink& out, Sink& findings, Log log);
std::unique_ptr<Protocol> pass_through(Watcher& watcher, Sink& out, Sink& findings, Log log);
std::unique_ptr<Protocol> plain(Watcher& watcher, Sink& findings);

}  // namespace c2watch::pipe
