// FieldStats: for each field that a detector asks for, in how many events it is missing, blank,
// under a wrong name, malformed, redacted or cut off.
//
//   FieldStats book(requirements_of(config));
//   for (event) book.add(kind, event, place, plugin_could_read_it);
//   for (const Fault& f : book.faults(CollectorKind::nxlog)) ...
//
// SHIFTED   an event with as many values as no schema has, or with two fields or more that look like
//           other fields' values: then no single field is to blame, and none is counted as missing.
// MEMORY    a few counters and one example for each event id and field.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/parsed_event.h"
#include "harness/verify/issue.h"

namespace c2watch::harness {

class FieldStats {
 public:
  explicit FieldStats(std::vector<DetectorRequirements> needs);

  // `kind` is an event id that a detector needs, or kNormalised; others are passed over.
  void add(std::uint32_t kind, const ParsedEvent& event, const Place& place, bool plugin_read_it);
  std::vector<Issue> issues(CollectorKind collector) const;

  // The needs of a detector as they are for events of that kind; nothing when it has none.
  std::vector<Affected> affected(std::uint32_t kind, std::string_view field, double share) const;

  static constexpr std::size_t kIssueKinds = 6;

 private:
  struct Seen {
    std::uint64_t count = 0;
    std::string value;
    Place place;

    void add(std::string_view value, const Place& place);
  };
  struct Field {
    std::array<Seen, kIssueKinds> issues;
    std::uint64_t only_a_name = 0;  // of DestinationIp: DestinationHostname stands for it
  };
  struct Kind {
    std::uint64_t events = 0;
    std::map<std::string, Field, std::less<>> fields;
    Seen shifted;
    std::uint64_t refused = 0;  // of the shifted: what the plugin could not read
    Seen unknown;               // <unknown process>, or a ProcessGuid of zeros
    Seen inbound;
    std::uint64_t told_direction = 0;
  };
  bool note_shift(Kind& kind, const ParsedEvent& event, const Place& place, bool plugin_read_it);
  void field_issues(std::uint32_t id, const Kind& kind, CollectorKind collector,
                    std::vector<Issue>& out) const;
  void whole_event_issues(std::uint32_t id, const Kind& kind, CollectorKind collector,
                          std::vector<Issue>& out) const;

  std::vector<DetectorRequirements> needs_;
  std::map<std::uint32_t, Kind> kinds_;
};

}  // namespace c2watch::harness
