#include "core/analytics/hourly_finding.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "core/analytics/beacon_context.h"
#include "core/analytics/finding_text.h"
#include "core/analytics/process_class.h"

namespace c2watch::analytics {
namespace {

// By moves only: copying a variant that runs out of memory is undefined in libstdc++ 12, which takes
// a variant of strings and vectors for one that always holds a value.
void add(Finding& f, std::string_view name, Evidence::Value value) {
  f.evidence.push_back({std::string(name), std::move(value)});
}

Evidence::Value text_or_null(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return std::string(text);
}

// As a number where JSON readers agree about numbers, else as decimal text.
Evidence::Value number(Uint128 n) {
  if (n <= static_cast<Uint128>(std::numeric_limits<std::int64_t>::max()))
    return static_cast<std::int64_t>(n);
  return to_decimal(n);
}

std::string name_or(std::string_view name, std::string_view otherwise) {
  return std::string(name.empty() ? otherwise : name);
}

// -1: several, or none.
std::int32_t only_port(const HourlyFacts& facts) {
  return facts.ports.size() == 1 ? static_cast<std::int32_t>(facts.ports[0]) : -1;
}

double average(const HourlySums& sums) {
  return static_cast<double>(sums.total) / static_cast<double>(sums.hours);
}

double limit(const HourlyBeaconSettings& s) { return s.max_ratio_percent / 100.0; }

void put_into_words(Finding& f, const HourlyFacts& facts, const HourlyBeaconSettings& s) {
  const std::string program = name_or(file_name(facts.application), "an unnamed program");
  const std::string target =
      name_or(facts.destination_hostname, name_or(facts.destination_ip, "an unnamed destination"));
  const std::string total = std::to_string(facts.sums.total);
  f.title = "Repeated connections of " + program + " to " + target;
  f.description = total + " connections in " + std::to_string(facts.sums.hours) +
                  " clock hours from " + name_or(facts.source, "an unnamed host") + " by " +
                  program + " to " + target + ": " + two_decimals(average(facts.sums)) +
                  " an hour, standard deviation " +
                  two_decimals(consistency_ratio(facts.sums, s.deviation)) + " of that.";
}

void give_reasons(Finding& f, const HourlyFacts& facts, const HourlyBeaconSettings& s) {
  if (facts.suspicious)
    f.reasons.emplace_back("Suspicious process: the application names a script engine or LOLBin.");
  if (facts.beacon) {
    const bool whole = inequality(percent(s.max_ratio_percent), facts.sums, s.deviation).holds();
    const double ratio = consistency_ratio(whole ? facts.sums : facts.inner, s.deviation);
    f.reasons.push_back("Beacon pattern: the consistency ratio" +
                        std::string(whole ? " "
                                          : " without the first and the last hour, which may "
                                            "be cut, ") +
                        decimals_apart(ratio, limit(s)) + " is below " + two_decimals(limit(s)) +
                        ".");
  }
  if (facts.volume)
    f.reasons.push_back("Volume: " + std::to_string(facts.sums.total) +
                        " connections are more than " + std::to_string(s.volume_above) + ".");
}

// The fourteen fields that the seed puts out, in its order.
void add_seed_fields(Finding& f, HourlyFacts& facts, const HourlyBeaconSettings& s) {
  add(f, "srcDevice_hostname", text_or_null(facts.source));
  add(f, "application", text_or_null(facts.application));
  add(f, "dstDevice_ip", text_or_null(facts.destination_ip));
  add(f, "dstDevice_hostname", text_or_null(facts.destination_hostname));
  add(f, "TotalConnections", number(facts.sums.total));
  add(f, "HoursActive", number(facts.sums.hours));
  add(f, "AvgPerHour", average(facts.sums));
  add(f, "ConsistencyRatio", consistency_ratio(facts.sums, s.deviation));
  add(f, "Ports", std::move(facts.ports));
  add(f, "FirstSeen", facts.slices.front());
  add(f, "LastSeen", facts.slices.back());
  add(f, "IsSuspiciousProcess", std::int64_t{facts.suspicious});
  add(f, "IsBeaconPattern", std::int64_t{facts.beacon});
  add(f, "RiskScore", std::int64_t{facts.risk_score});
}

// n is HoursActive, T is TotalConnections, Q is SumOfSquares.
void add_arithmetic(Finding& f, HourlyFacts& facts, const HourlyBeaconSettings& s) {
  const Fraction threshold = percent(s.max_ratio_percent);
  const Inequality sides = inequality(threshold, facts.sums, s.deviation);
  add(f, "HourlySlices", std::move(facts.slices));
  add(f, "HourlyConnections", std::move(facts.counts));
  add(f, "SumOfSquares", number(facts.sums.squares));
  add(f, "MinTotalConnections", number(s.min_total));
  add(f, "MinHoursActive", number(s.min_hours));
  add(f, "VolumeAbove", number(s.volume_above));
  add(f, "MaxConsistencyRatio", limit(s));
  add(f, "Inequality", formula(threshold, s.deviation));
  add(f, "InequalityLeft", number(sides.left));
  add(f, "InequalityRight", number(sides.right));
  if (facts.inner.hours == 0) return;
  const Inequality inner = inequality(threshold, facts.inner, s.deviation);
  add(f, "InnerHoursActive", number(facts.inner.hours));
  add(f, "InnerTotalConnections", number(facts.inner.total));
  add(f, "InnerSumOfSquares", number(facts.inner.squares));
  add(f, "InnerInequalityLeft", number(inner.left));
  add(f, "InnerInequalityRight", number(inner.right));
}

// The seed calls its detection high severity, medium confidence. One point out of three is the weakest
// answer that it gives, so that is one step less.
Severity seed_severity(const HourlyFacts& facts) {
  return facts.risk_score >= 2 ? Severity::high : Severity::medium;
}

// Adds the context's reasons where it decides.
Severity severity(Finding& f, const HourlyFacts& facts, const HourlyBeaconSettings& s) {
  if (s.severity == HourlySeverity::risk_score || facts.suspicious) return seed_severity(facts);
  BeaconAssessment context = assess({.image = facts.application,
                                     .facts = {},
                                     .destination_hostname = facts.destination_hostname,
                                     .destination_port = only_port(facts),
                                     .usual_ports = kUsualPorts});
  for (std::string& reason : context.reasons) f.reasons.push_back("Context: " + reason + ".");
  return std::max(context.severity, Severity::low);
}

}  // namespace

Finding hourly_finding(HourlyFacts facts, const HourlyBeaconSettings& settings) {
  Finding f;
  f.detector = "hourly_beacon";
  put_into_words(f, facts, settings);
  give_reasons(f, facts, settings);
  f.severity = severity(f, facts, settings);
  f.confidence = Confidence::medium;
  f.risk_score = facts.risk_score;
  f.techniques = {"T1583.004", "T1071.001"};
  f.first_seen = Time{std::chrono::milliseconds{facts.slices.front()}};
  f.last_seen = facts.latest.time;
  f.host = facts.source;
  f.process.image = facts.application;
  f.destination.ip = facts.destination_ip;
  f.destination.hostname = facts.destination_hostname;
  f.destination.port = only_port(facts);
  add_seed_fields(f, facts, settings);
  add_arithmetic(f, facts, settings);
  f.records.push_back(std::move(facts.latest));
  return f;
}

}  // namespace c2watch::analytics
