#include "harness/cli/gate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/base/text.h"
#include "harness/cli/gate_bench.h"

namespace c2watch::harness {
namespace {

using std::string;

// Sums of shares are not exact: 0.1 * 3 is above 0.3.
constexpr double kRounding = 1e-9;

bool wanted(const std::vector<string>& only, const char* section) {
  return only.empty() || std::find(only.begin(), only.end(), section) != only.end();
}

string trimmed(string number) {
  if (number.find('.') == number.npos) return number;
  while (number.back() == '0') number.pop_back();
  if (number.back() == '.') number.pop_back();
  return number;
}

// Two demands that ask the same could not be distinguished in a baseline.
std::optional<Error> twice(const std::vector<GateCheck>& checks) {
  std::map<string, const GateCheck*> seen;
  for (const GateCheck& c : checks)
    if (const auto [first, added] = seen.emplace(c.id, &c); !added)
      return Error{c.place + ": asks for " + c.id + ", which " + first->second->place +
                   " asks for already"};
  return std::nullopt;
}

}  // namespace

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::percent:
      return "percent";
    case Unit::per_host_day:
      return "per_host_day";
    case Unit::seconds:
      return "seconds";
    case Unit::events:
      return "events";
    case Unit::ratio:
      return "ratio";
    case Unit::bytes:
      return "bytes";
    case Unit::count:
      break;
  }
  return "count";
}

Unit unit_of(std::string_view name) {
  for (const Unit unit :
       {Unit::percent, Unit::per_host_day, Unit::seconds, Unit::events, Unit::ratio, Unit::bytes})
    if (unit_name(unit) == name) return unit;
  return Unit::count;
}

string value_text(Unit unit, double value) {
  switch (unit) {
    case Unit::percent:
      return trimmed(fixed(value, 1)) + " %";
    case Unit::seconds:
      return seconds_text(value);
    case Unit::events:
      return plural(static_cast<std::uint64_t>(value), "event");
    case Unit::bytes:
      return bytes_text(value);
    case Unit::ratio:
    case Unit::per_host_day:
      return trimmed(fixed(value, 2));
    default:
      return trimmed(fixed(value, 1));
  }
}

std::string_view status_name(CheckStatus status) {
  switch (status) {
    case CheckStatus::pass:
      return "pass";
    case CheckStatus::fail:
      return "fail";
    case CheckStatus::inconclusive:
      return "inconclusive";
    case CheckStatus::skipped:
      return "skipped";
    case CheckStatus::info:
      break;
  }
  return "info";
}

std::optional<double> GateCheck::margin() const {
  if (!measured || !limit) return std::nullopt;
  const double inside = more_is_better ? *measured - *limit : *limit - *measured;
  return std::abs(inside) < kRounding ? 0 : inside;
}

void GateCheck::decide() {
  if (!limit)
    status = CheckStatus::info;
  else
    status = measured && *margin() >= 0 ? CheckStatus::pass : CheckStatus::fail;
}

std::size_t GateResult::count(CheckStatus status) const {
  return static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(), [status](const GateCheck& c) { return c.status == status; }));
}

bool GateResult::passed() const {
  return count(CheckStatus::fail) == 0 && count(CheckStatus::inconclusive) == 0;
}

Result<GateResult> run_gate(const GateFile& gate, const GateTools& tools,
                            const std::vector<string>& only) {
  GateResult result;
  std::optional<Error> failed;
  const auto add = [&](const char* section, const auto& checks_of) {
    if (failed || gate.section(section) == nullptr || !wanted(only, section)) return;
    GateChecks checks = checks_of();
    if (!checks)
      failed = Error{checks.error()};
    else
      result.checks.insert(result.checks.end(), checks->begin(), checks->end());
  };
  std::vector<TestVerdict> tests;
  if ((gate.section("coverage") != nullptr && wanted(only, "coverage")) ||
      (gate.section("time_to_detect") != nullptr && wanted(only, "time_to_detect"))) {
    tools.progress("simulating and verifying the tests");
    const auto* folder = gate.section("expectations");
    Result<std::vector<TestVerdict>> verified =
        tools.verify(folder == nullptr ? "" : gate.path(*folder), gate);
    if (!verified) return Error{verified.error()};
    tests = std::move(*verified);
  }
  add("coverage", [&] { return coverage_checks(gate, tests); });
  add("time_to_detect", [&] { return time_to_detect_checks(gate, tests); });
  add("must_not_fire", [&] { return must_not_fire_checks(gate, tools); });
  add("mutations", [&] { return mutation_checks(gate, tools); });
  add("sweep", [&] { return sweep_checks(gate, tools); });
  GateBench bench(gate, tools);
  add("throughput", [&] { return throughput_checks(gate, bench); });
  add("memory", [&] { return memory_checks(gate, bench); });
  if (!failed) failed = twice(result.checks);
  if (failed) return *failed;
  return result;
}

}  // namespace c2watch::harness
