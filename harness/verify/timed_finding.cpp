#include "harness/verify/timed_finding.h"

#include "harness/base/text.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

std::string verify_config(const std::string& profile) {
  return R"({"extends": ")" + profile + R"(", "output": {"format": "native"}})";
}

TimedFinding read_timed_finding(std::size_t index, std::optional<std::int64_t> time_us,
                                std::string_view line) {
  TimedFinding timed{index, time_us, read_finding(line)};
  if (timed.finding.form != FindingFormat::native)
    throw PluginFailure{
        "a finding in the form '" + std::string(format_name(timed.finding.form)) +
        "', and verify needs the native one (\"output\": {\"format\": \"native\"}): " +
        printable(line)};
  return timed;
}

}  // namespace c2watch::harness
