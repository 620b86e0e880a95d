// ATT&CK: the names behind the technique ids that detectors give.
//
//   if (const Technique* t = technique("T1071.004")) print(t->name, t->tactic.name);
//
// Names and tactics are MITRE's, Enterprise matrix, version 16.
#pragma once

#include <string_view>

namespace c2watch::engine {

struct Tactic {
  std::string_view id;    // "TA0011"
  std::string_view name;  // "Command and Control"
};

struct Technique {
  std::string_view id;      // "T1071.004"
  std::string_view name;    // "DNS"
  std::string_view parent;  // name of T1071; "" when it is no sub-technique
  Tactic tactic;            // the one our findings speak of, where a technique serves several
};

inline constexpr std::string_view kAttackVersion = "16.1";

// nullptr for an id that no detector of ours gives; static storage.
const Technique* technique(std::string_view id);

}  // namespace c2watch::engine
