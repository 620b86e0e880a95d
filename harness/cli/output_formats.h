// The forms in which a report can be written, by name.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace c2watch::harness {

// `verdict`: of verify and run. `gate`: of gate.
enum class ReportKind { verdict, gate };

// For messages and --help. `text`, for people at a terminal, is the command's own.
std::string_view report_forms(ReportKind kind = ReportKind::verdict);

bool is_report_form(std::string_view name, ReportKind kind = ReportKind::verdict);

// The document (of verify or a gate) in that form; nothing for `text` and for names that
// are no form.
std::optional<std::string> render(std::string_view form, const nlohmann::ordered_json& report,
                                  ReportKind kind = ReportKind::verdict);

}  // namespace c2watch::harness
