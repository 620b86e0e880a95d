// The verdict report as GitHub-flavoured Markdown, for a job's summary or a merge request.
//
// What does not hold comes first. Every value is escaped: none can end a table cell, open a link or
// an image, or become HTML.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace c2watch::harness {

std::string markdown_report(const nlohmann::ordered_json& report);

// One line of plain text, whatever `text` is.
std::string markdown_escaped(std::string_view text);

}  // namespace c2watch::harness
