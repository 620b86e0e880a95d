#include "bench/detector_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace c2watch::harness {
namespace {

using nlohmann::json;

double budget_of(int rung) {
  return std::max(DetectorScore::kLeast,
                  DetectorScore::kMost * std::pow(DetectorScore::kStep, -rung));
}

// The first rung whose budget is below `budget`.
int rung_below(double budget) {
  const double steps = std::log(DetectorScore::kMost / budget) / std::log(DetectorScore::kStep);
  return std::max(0, static_cast<int>(std::floor(steps)) + 1);
}

std::string config_of(double budget, const DetectorScoreSettings& s) {
  json detector = {{"enabled", true}, {"fp_budget", budget},    {"report_from", "informational"},
                   {"capacity", 64},  {"max_destinations", 64}, {"max_open", 16}};
  if (s.only_look_at) {
    detector["min_check_ins"] = *s.only_look_at;
    detector["slow_gap_seconds"] = 86'400;
  }
  json detectors = {{"interval_beacon", detector}};
  for (const char* other : {"hourly_beacon", "dns_burst", "c2_port", "task_callback"})
    detectors[other] = {{"enabled", false}};
  return json{{"extends", "lab"}, {"detectors", detectors}}.dump();
}

// "2026-03-02 08:00:00.000" plus so many milliseconds, within the month.
std::string_view utc_time(std::int64_t ms, std::array<char, 64>& text) {
  const std::int64_t day = 2 + (8 * 3'600'000 + ms) / 86'400'000;
  const std::int64_t in_day = (8 * 3'600'000 + ms) % 86'400'000;
  const int n =
      std::snprintf(text.data(), text.size(), "2026-%02d-%02d %02d:%02d:%02d.%03d",
                    day > 31 ? 4 : 3, static_cast<int>(day > 31 ? day - 31 : day),
                    static_cast<int>(in_day / 3'600'000), static_cast<int>(in_day / 60'000 % 60),
                    static_cast<int>(in_day / 1'000 % 60), static_cast<int>(in_day % 1'000));
  return {text.data(), static_cast<std::size_t>(n)};
}

c2watch_field field(std::string_view name, std::string_view value) {
  return {name.data(), name.size(), value.data(), value.size()};
}

}  // namespace

Result<Engine*> DetectorScore::engine(int rung) {
  const auto hit = engines_.find(rung);
  if (hit != engines_.end()) return &hit->second;
  Result<Engine> opened = plugin_.open(config_of(budget_of(rung), settings_));
  if (!opened) return Error{"the plugin takes no sweep: " + opened.error()};
  return &engines_.emplace(rung, std::move(*opened)).first->second;
}

Result<double> DetectorScore::first_finding(Engine& engine, const Series& series) {
  const std::string host = "WS-" + std::to_string(fed_++);
  std::array<char, 64> text;
  for (const std::int64_t ms : series.times_ms) {
    const std::array<c2watch_field, 9> fields = {
        field("EventID", "3"),
        field("Channel", "Microsoft-Windows-Sysmon/Operational"),
        field("Computer", host),
        field("UtcTime", utc_time(ms, text)),
        field("Image", R"(C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe)"),
        field("ProcessGuid", "{11111111-2222-3333-4444-555555555555}"),
        field("Initiated", "true"),
        field("DestinationIp", "203.0.113.10"),
        field("DestinationPort", "443")};
    const c2watch_verdict verdict = engine.observe_fields(fields);
    ++events_;
    if (verdict.record != C2WATCH_RECORD_USED)
      return Error{"the plugin did not look at an event of the sweep (record " +
                   std::to_string(verdict.record) + ")"};
    if (verdict.findings == 0) continue;
    const json finding = json::parse(engine.findings().back());
    engine.forget_findings();
    const json& evidence = finding.at("evidence");
    return evidence.at("p").get<double>() * evidence.at("fp_budget").get<double>() /
           evidence.at("p_allowed").get<double>();
  }
  return kNoScore;
}

Result<double> DetectorScore::score(const Series& series) {
  double least = kNoScore;
  for (int rung = 0;; rung = rung_below(least)) {
    const Result<Engine*> opened = engine(rung);
    if (!opened) return Error{opened.error()};
    const Result<double> needed = first_finding(**opened, series);
    if (!needed) return Error{needed.error()};
    if (*needed == kNoScore) return least;
    // An engine that fires above its budget broke its word.
    if (*needed > budget_of(rung) * 1.000001)
      throw PluginFailure{"a finding needed a budget of " + std::to_string(*needed) + " and had " +
                          std::to_string(budget_of(rung))};
    least = std::max(kLeast, *needed);
    if (least <= kLeast || settings_.only_look_at) return least;
  }
}

}  // namespace c2watch::harness
