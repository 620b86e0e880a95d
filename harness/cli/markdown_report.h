// The verdict report as GitHub-flavoured Markdown, for a job's summary or a merge request.
//
// What does not hold comes first. Every value is escaped (markdown.h).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace c2watch::harness {

std::string markdown_report(const nlohmann::ordered_json& report);

}  // namespace c2watch::harness
