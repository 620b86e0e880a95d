#include "harness/cli/output_formats.h"

#include <span>

#include "harness/cli/gate_output.h"
#include "harness/cli/junit_report.h"
#include "harness/cli/markdown_report.h"
#include "harness/cli/navigator_layer.h"
#include "harness/cli/report_page.h"
#include "harness/cli/sarif_log.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

// ASCII, so that nothing which reorders or hides text on a screen is in it as it is.
string json_text(const json& document) {
  return document.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

struct Form {
  std::string_view name;
  string (*render)(const json&);
};

constexpr Form kVerdictForms[] = {
    {"json", json_text},
    {"junit", junit_report},
    {"markdown", markdown_report},
    {"navigator", [](const json& r) { return json_text(navigator_layer(r)); }},
    {"sarif", [](const json& r) { return json_text(sarif_log(r)); }},
    {"html", report_page},
};
constexpr Form kGateForms[] = {
    {"json", json_text},
    {"junit", gate_junit},
    {"markdown", gate_markdown},
};

std::span<const Form> forms_of(ReportKind kind) {
  if (kind == ReportKind::gate) return kGateForms;
  return kVerdictForms;
}

}  // namespace

std::string_view report_forms(ReportKind kind) {
  return kind == ReportKind::gate ? "text, json, junit or markdown"
                                  : "text, json, junit, markdown, navigator, sarif or html";
}

bool is_report_form(std::string_view name, ReportKind kind) {
  if (name == "text") return true;
  for (const Form& f : forms_of(kind))
    if (f.name == name) return true;
  return false;
}

std::optional<string> render(std::string_view form, const json& report, ReportKind kind) {
  for (const Form& f : forms_of(kind)) {
    if (f.name != form) continue;
    return f.render(report);
  }
  return std::nullopt;
}

}  // namespace c2watch::harness
