#include "harness/report/report_forms.h"

#include "harness/report/junit_report.h"
#include "harness/report/markdown_report.h"
#include "harness/report/navigator_layer.h"
#include "harness/report/report_page.h"
#include "harness/report/sarif_log.h"

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

constexpr Form kForms[] = {
    {"json", json_text},
    {"junit", junit_report},
    {"markdown", markdown_report},
    {"navigator", [](const json& r) { return json_text(navigator_layer(r)); }},
    {"sarif", [](const json& r) { return json_text(sarif_log(r)); }},
    {"html", report_page},
};

}  // namespace

bool is_report_form(std::string_view name) {
  if (name == "text") return true;
  for (const Form& f : kForms)
    if (f.name == name) return true;
  return false;
}

std::optional<string> render(std::string_view form, const json& report) {
  for (const Form& f : kForms)
    if (f.name == form) return f.render(report);
  return std::nullopt;
}

}  // namespace c2watch::harness
