#include "harness/verify/timed_finding.h"

#include "harness/base/text.h"
#include "harness/io/plugin.h"

namespace c2watch::harness {

std::string judging_config(const std::string& profile) {
  return R"({"extends": ")" + profile + R"(", "output": {"format": "native"}})";
}

Emission read_emission(std::size_t index, std::optional<std::int64_t> time_us,
                       std::string_view line) {
  Emission emission{index, time_us, read_finding(line)};
  if (emission.finding.form != FindingForm::native)
    throw PluginFailure{
        "a finding in the form '" + std::string(form_name(emission.finding.form)) +
        "', and judging needs the native one (\"output\": {\"format\": \"native\"}): " +
        printable(line)};
  return emission;
}

}  // namespace c2watch::harness
