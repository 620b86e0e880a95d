// Explanation: what a detector made of one event, told to a person who asks why it did not fire.
//
//   Explanation x;
//   detector.observe(event, out);
//   detector.explain(event, x);       // after observe(), while the event's texts live
//   if (!x.dropped_by.empty()) say(x.dropped_why);                 // never counted
//   else for (const Condition& c : x.conditions) say(c.text);      // the numbers, as they stand now
//
// Either the event was dropped, and the rule that did it has the name of a setting where there is
// one; or it counted for a key, and each condition for a finding has what the key has and what it
// needs, in the vocabulary of the finding's evidence. All conditions met: the key is one that fires.
//
// explain() changes nothing that shows. It is for people who ask, so it may take 10 us and allocate.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/finding.h"

namespace c2watch::analytics {

struct Condition {
  std::string name;  // "check_ins"
  Evidence::Value has;
  Evidence::Value needs;
  bool met = false;
  double share = 0;  // how much of what is needed is there, 0..1; 1 when met
  std::string text;  // "3 of 5 check-ins: 2 are missing"
};

struct Explanation {
  // False: the detector has nothing to say about such an event, as c2_port about a lookup.
  bool concerned = false;

  // The key, as the finding would name it.
  std::string host;
  std::string image;
  std::string address;
  std::string hostname;
  std::int32_t port = -1;
  std::string task;

  std::string dropped_by;  // "scope.excluded_networks"; "" when it counted
  std::string dropped_why;

  std::vector<Condition> conditions;
  std::vector<Evidence> evidence;  // more numbers, as in the finding

  bool fires() const {
    return dropped_by.empty() && !conditions.empty() &&
           std::all_of(conditions.begin(), conditions.end(),
                       [](const Condition& c) { return c.met; });
  }

  // 1: fires. Less, the more is missing.
  double nearness() const {
    double share = dropped_by.empty() ? 1 : 0;
    for (const Condition& c : conditions) share *= c.met ? 1 : c.share;
    return share;
  }

  void drop(std::string_view by, std::string why) {
    dropped_by = by;
    dropped_why = std::move(why);
  }
};

// "3 check-ins of at least 5: 2 more are missing", or "7 check-ins (5 are enough)".
Condition at_least(std::string name, std::uint64_t has, std::uint64_t needs, std::string_view nouns,
                   std::string_view within = "");

}  // namespace c2watch::analytics
