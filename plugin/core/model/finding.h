// Finding: what a detector tells, with everything needed to check it by hand.
//
// Built only when something fires, so plain owning strings are right here. Formats (JSON line,
// OCSF, ECS, ...) are engine/finding_format.h; this is the content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/time.h"

namespace c2watch {

enum class Severity : std::uint8_t { informational, low, medium, high, critical };
enum class Confidence : std::uint8_t { low, medium, high };

// A reference to one record in Windows' logs.
struct RecordRef {
  std::string computer;
  std::string channel;
  std::uint64_t record_id = 0;
  std::uint32_t event_id = 0;
  Time time = kNoTime;
};

// One named number, text or list of the arithmetic; printed in the order given. std::monostate
// prints as null: the seed's output has NULL keys.
struct Evidence {
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                             std::vector<std::int64_t>, std::vector<std::string>>;

  Evidence(std::string what, Value is) : name(std::move(what)), value(std::move(is)) {}

  // By alternative, not by the variant's own copy: when that runs out of memory, libstdc++ 12
  // destroys the half-made variant by an index that it has not set yet, and crashes.
  Evidence(const Evidence& other) : name(other.name), value(std::visit(Copy{}, other.value)) {}
  Evidence& operator=(const Evidence& other) { return *this = Evidence(other); }
  Evidence(Evidence&&) noexcept = default;
  Evidence& operator=(Evidence&&) noexcept = default;
  ~Evidence() = default;

  std::string name;
  Value value;

 private:
  struct Copy {
    template <class T>
    Value operator()(const T& held) const {
      return Value(std::in_place_type<T>, held);
    }
  };
};

struct Process {
  std::string image;
  std::string guid;
  std::string command_line;
  std::string parent_image;
  std::string parent_guid;
  std::string user;
  std::uint32_t pid = 0;
};

struct Destination {
  std::string ip;
  std::string hostname;
  std::int32_t port = -1;  // -1: none, or more than one (see the evidence)
};

struct Finding {
  std::string_view detector;  // static storage: "hourly_beacon"
  std::string id;             // stable: the same episode has the same id after a restart
  std::uint32_t update = 0;   // 0 the first time, then 1, 2, ...: one finding that grows
  std::string title;
  std::string description;  // one or two sentences for an analyst, with the numbers in them
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::medium;
  std::int32_t risk_score = 0;               // 0..100, but the seed's 1..3 for hourly_beacon
  std::vector<std::string_view> techniques;  // ATT&CK ids, static storage, most specific first

  Time first_seen = kNoTime;  // first and last event behind the finding
  Time last_seen = kNoTime;
  Time emitted_at = kNoTime;  // event time at which it was raised, never the wall clock

  std::string host;
  Process process;
  Destination destination;
  std::vector<Evidence> evidence;
  std::vector<std::string> reasons;  // why this severity, a sentence each
  std::vector<RecordRef> records;    // at most kMaxFindingRecords, the latest ones
};

// What an allowlist entry can name of an alert, as far as one event shows it. Views.
struct AlertSubject {
  std::string_view detector;
  Time at = kNoTime;
  std::string_view host;
  std::string_view image;
  std::string_view ip{};
  std::string_view hostname{};
  std::string_view task{};
};

inline AlertSubject subject_of(const Finding& f) {
  return {f.detector,      f.emitted_at,     f.host,
          f.process.image, f.destination.ip, f.destination.hostname};
}

class FindingSink {
 public:
  virtual ~FindingSink() = default;
  virtual void emit(Finding finding) = 0;

  // Names the allowlist entry that covers such an alert now: the same number after a reload or a
  // restart. 0: none does, the alert would be delivered. Counts nothing.
  //
  // An alert that joins several destinations asks for each event before it takes it, so that what an
  // entry covers neither opens nor advances an alert about anything else. One that was suppressed
  // asks again until it is not, so that an entry which ends leaves nothing hidden.
  virtual std::uint64_t covered(const AlertSubject&) const { return kNotCovered; }

  static constexpr std::uint64_t kNotCovered = 0;
};

}  // namespace c2watch
