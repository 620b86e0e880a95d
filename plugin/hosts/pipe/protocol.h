// Protocol: how one peer speaks to us, a line at a time, and what it wants to hear.
//
// mmexternal  rsyslog's message modification: every line gets exactly one JSON line back, in order.
//             {} changes nothing; findings come back as the message's own properties under
//             $!c2watch, and so do metrics, as $!c2watch!metrics of whatever message comes next.
// omprog      rsyslog's program output: OK once at the start and after every message, or, inside a
//             transaction, DEFER_COMMIT for each and OK for the commit. Findings go to a file,
//             since standard output belongs to the protocol.
// plain       any pipe: records in, findings out, a JSON line each; --pass-through repeats the
// records.
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hosts/pipe/watcher.h"

namespace c2watch::pipe {

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual void begin() {}
  virtual void take(std::string_view line) = 0;
  // Findings that no line raised.
  virtual void take_findings(std::span<const std::string> findings) = 0;
  // A metrics record: it goes where findings go.
  virtual void take_metrics(const std::string& record) { take_findings({&record, 1}); }
  // No whole line is left for now: what was held back goes out.
  virtual void pause() = 0;
};

enum class MmexternalInput { msg, fulljson };

std::unique_ptr<Protocol> mmexternal(Watcher& watcher, MmexternalInput input, std::FILE* findings);
std::unique_ptr<Protocol> omprog(Watcher& watcher, std::FILE* findings);
std::unique_ptr<Protocol> plain(Watcher& watcher, std::FILE* findings, bool pass_through);

}  // namespace c2watch::pipe
