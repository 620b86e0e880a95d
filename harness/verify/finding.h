// Finding: what a report shows of a finding, read from the plugin's line in any of its forms.
//
// Whoever scans may have a config that raises findings in another system's words. They are read as
// well, so that they are counted, sorted and gated like native ones, and passed on as they came.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/terminal.h"

namespace c2watch::harness {

// `other`: JSON or not, nothing that we know to read.
enum class FindingFormat { native, ocsf, ecs, sumo, other };
std::string_view format_name(FindingFormat form);

struct Finding {
  std::string line;  // as the plugin wrote it
  FindingFormat form = FindingFormat::other;
  // In the native form's places, in its order; of a foreign form what it has of them.
  nlohmann::ordered_json json;

  // Text is printable() already; "" where the finding has none.
  std::string id;
  std::string detector;
  std::string title;
  std::string severity;
  std::string host;
  std::string process;      // the image's file name
  std::string destination;  // "name (address) :port", as much as there is
  std::string address;      // the same without the name; "" where there is no address
  std::string first_seen;
  std::string last_seen;
  std::uint64_t update = 0;
};

Finding read_finding(std::string_view line);

// The last update of each finding, most severe first, then in the order first raised. A line of no
// known form counts as a finding of its own, and stands last.
std::vector<Finding> latest(const std::vector<std::string>& lines);

int severity_rank(std::string_view severity);  // 0 informational .. 4 critical; -1 unknown
Style severity_style(std::string_view severity);

// A value of the evidence as a person reads it; printable().
std::string plain_value(const nlohmann::ordered_json& value);

void show_finding_table(Page& page, const std::vector<Finding>& findings);

// Everything that an analyst needs, one finding: who, where to, the arithmetic, the references.
void show_finding(Page& page, const Finding& finding);

}  // namespace c2watch::harness
