// The report for people: the document of verify (report.h) as text, part by part.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/terminal.h"

namespace c2watch::harness {

// Of recorded telemetry: records, times, and what could not be read.
void show_source(Page& page, const nlohmann::ordered_json& report);

// One row a variant: signals found, and each profile's verdict.
void show_coverage(Page& page, const nlohmann::ordered_json& report);

// Every signal and every expected finding, with what was found, how soon, and what fixes it.
void show_tests(Page& page, const nlohmann::ordered_json& report);

// Every kind of finding once, as a table and, with `details`, in full: of each test and detector
// the first, `lab` before the others.
void show_findings(Page& page, const nlohmann::ordered_json& report, bool details);

// Of recorded telemetry: everything raised, also for other events than the tests'.
void show_raised(Page& page, const nlohmann::ordered_json& report);

// The last lines: telemetry, detection, and transport if there was one.
void show_verdicts(Page& page, const nlohmann::ordered_json& report);

// While telemetry is watched: one line a signal and finding, in at most `height` lines (0: all).
// What has passed gives way first.
void show_status_lines(Page& page, const nlohmann::ordered_json& report, std::size_t height);

// "5 of 8 signals found, 1 partial"; "3 of 4 runs passed, 1 inconclusive"; "2 of 2 collector runs ..."
std::string telemetry_summary(const nlohmann::ordered_json& report);
std::string detection_summary(const nlohmann::ordered_json& report);
std::string transport_summary(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
