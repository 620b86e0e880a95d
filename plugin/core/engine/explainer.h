// Explainer: why did this fire, and why did that not? Answers for the events that a question names.
//
//   Result<Question> q = read_question(R"({"host": "WS01", "destination": "10.0.0.5"})");
//   Explainer explainer(*q);          // then, for each event, after the detector has observed it:
//   explainer.observed(detector, event);
//   std::string json = explainer.json(clock);
//
// Explanations are taken while events go by, because what a key had at its best moment is gone
// later: windows slide. For each key it keeps that moment, what dropped its other events, and its
// findings. An engine without a question does no work for all this.
//
// QUESTION  Everything named must hold. host, process, domain and task match as in an allowlist;
//           destination is an address, a range, or a host name; record is "Computer/Channel/ID" and
//           asks about that event alone. With nearest N instead: of each detector the N keys that
//           are nearest to firing.
// COST      10 to 50 us for each event that may match: for people who ask, not for every day.
// MEMORY    kMaxKeys keys of about 2 KiB; beyond, those that are furthest from firing go.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analytics/analytic.h"
#include "core/engine/allowlist.h"
#include "core/model/event.h"
#include "core/model/finding.h"
#include "core/model/result.h"

namespace c2watch::engine {

struct Question {
  std::string host = {};
  std::string process = {};
  std::string destination = {};
  std::optional<Cidr> addresses = {};  // destination, when it is an address or a range
  std::string domain = {};
  std::string task = {};
  std::string record = {};  // as written; these three say the same
  std::string record_computer = {};
  std::string record_channel = {};
  std::uint64_t record_id = 0;
  std::uint64_t nearest = 0;  // 0: all that match
};

// The error names line, column and key, and says what would be right.
Result<Question> read_question(std::string_view json);

class Explainer {
 public:
  static constexpr std::size_t kMaxKeys = 20'000;

  explicit Explainer(Question question) : question_(std::move(question)) {}

  // A readable event, before anything is done with it.
  void seen(const Event& event);
  // An event that no detector got to see.
  void dropped(const Event& event, std::string_view by, std::string why);
  // A finding, while its event is observed; `entry` took it, if any did.
  void found(const Finding& finding, const AllowlistEntry* entry, std::size_t entry_number);
  // What a detector makes of an event that it has just observed.
  void observed(analytics::Analytic& detector, const Event& event);
  // All detectors have observed the event.
  void done();

  std::string json() const;

 private:
  enum Part : std::size_t { kHost, kProcess, kDestination, kDomain, kTask, kRecord, kParts };

  struct Drop {
    std::uint64_t events = 0;
    std::string why;  // of the latest
  };
  struct Told {
    std::string id;
    std::string title;
    std::string detector;
    std::string host;
    Severity severity = Severity::informational;
    Time at = kNoTime;
    std::uint64_t times = 0;  // updates included
    std::string suppressed_by;
    std::string suppressed_why;
  };
  struct Key {
    analytics::Explanation best;  // of its counted events; of a dropped one while there is none
    std::string detector;
    bool counted = false;
    bool fired = false;
    std::uint64_t events = 0;
    Time first = kNoTime;
    Time last = kNoTime;
    Time best_at = kNoTime;
    std::map<std::string, Drop> drops;
    std::vector<std::string> findings;  // ids
  };

  std::array<bool, kParts> parts_of(const Event& event) const;
  bool asked(std::size_t part) const;
  bool may_match(const Event& event) const;
  bool matches(const Event& event, const analytics::Explanation& x) const;
  bool matches(const Finding& finding) const;
  static void attach(const Finding& finding, Key& key);
  void note(Key& key, const Event& event, analytics::Explanation x);
  void make_room();
  std::vector<const Key*> chosen() const;

  Question question_;
  std::uint64_t events_ = 0;
  std::array<std::uint64_t, kParts> seen_{};
  std::map<std::string, Drop> engine_drops_;
  std::map<std::string, Key> keys_;
  std::uint64_t keys_forgotten_ = 0;
  std::vector<Finding> pending_;         // of the event at hand
  std::vector<std::string> pending_by_;  // the entries that took them, "" for none
  std::vector<std::string> pending_why_;
  std::map<std::string, Told> told_;  // by id
};

}  // namespace c2watch::engine
