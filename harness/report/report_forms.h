// The forms in which a verdict report can be written, by name.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace c2watch::harness {

// For messages and --help. `text`, for people at a terminal, is the command's own.
inline constexpr std::string_view kReportForms =
    "text, json, junit, markdown, navigator, sarif or html";

bool is_report_form(std::string_view name);

// The document in that form; nothing for `text` and for names that are no form.
std::optional<std::string> render(std::string_view form, const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
