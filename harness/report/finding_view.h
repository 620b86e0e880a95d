// FindingView: what a report shows of a finding, read from the plugin's native JSON line.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/terminal.h"

namespace c2watch::harness {

struct FindingView {
  std::string line;             // as the plugin wrote it
  nlohmann::ordered_json json;  // the same, in its order

  // Text is printable() already; "" where the finding has none.
  std::string id;
  std::string detector;
  std::string title;
  std::string severity = "medium";
  std::string host;
  std::string process;      // the image's file name
  std::string destination;  // "name (address) :port", as much as there is
  std::string first_seen;
  std::string last_seen;
  std::uint64_t update = 0;
};

// False when `line` is no finding in the native form.
bool read_finding(std::string_view line, FindingView& out);

// The last update of each finding, most severe first, then in the order first raised.
std::vector<FindingView> latest(const std::vector<std::string>& lines);

int severity_rank(std::string_view severity);  // 0 informational .. 4 critical; -1 unknown
Style severity_style(std::string_view severity);

void show_finding_table(Page& page, const std::vector<FindingView>& findings);

// Everything that an analyst needs, one finding: who, where to, the arithmetic, the references.
void show_finding(Page& page, const FindingView& finding);

}  // namespace c2watch::harness
