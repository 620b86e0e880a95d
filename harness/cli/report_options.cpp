#include "harness/cli/report_options.h"

#include <set>
#include <utility>

#include "harness/cli/command.h"

namespace c2watch::harness {
namespace {

namespace po = boost::program_options;
using std::string;

std::pair<string, string> form_and_file(const string& text) {
  const auto equals = text.find('=');
  if (equals == string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

void ReportOptions::add_to(CommandLine& line, unsigned common_parts) {
  common.add_to(line, common_parts | CommonOptions::kReport, string(report_forms(kind)));
  line.options().add_options()  //
      ("report", po::value(&more)->value_name("FORMAT=FILE"),
       "one more report of the same run; may be repeated");
  if (is_report_form("html", kind))
    line.options().add_options()  //
        ("html", po::value(&html)->value_name("FILE"),
         "the same as --report html=FILE: a page with plots; it loads nothing from anywhere");
}

std::optional<string> ReportOptions::validate() const {
  if (auto error = common.validate()) return error;
  const string& format = common.format;
  const string& output = common.output;
  if (!is_report_form(format, kind))
    return "--format must be " + string(report_forms(kind)) + ", not '" + format + "'";
  std::set<string> files = {output, html};
  if (!output.empty() && output == html) return "--output and --html name the same file";
  for (const string& text : more) {
    const auto [form, file] = form_and_file(text);
    if (file.empty() || file == "-")
      return "--report must be FORM=FILE, such as junit=verify.xml, not '" + text + "'";
    if (!is_report_form(form, kind))
      return "--report: the form must be " + string(report_forms(kind)) + ", not '" + form + "'";
    if (!files.insert(file).second) return "--report " + text + ": that file is named twice";
  }
  return std::nullopt;
}

std::optional<string> ReportOptions::write(const nlohmann::ordered_json& report,
                                           const std::function<string(Terminal)>& text) const {
  const auto in_form = [&](const string& form, Terminal terminal) {
    std::optional<string> rendered = render(form, report, kind);
    return rendered ? std::move(*rendered) : text(terminal);
  };
  const string first = json_line && common.format == "json"
                           ? report.dump() + "\n"
                           : in_form(common.format, common.terminal());
  if (auto failed = write_output(common.output, first)) return failed;
  for (const string& one : more) {
    const auto [form, file] = form_and_file(one);
    if (auto failed = write_output(file, in_form(form, Terminal{}))) return failed;
  }
  if (html.empty()) return std::nullopt;
  return write_output(html, in_form("html", Terminal{}));
}

}  // namespace c2watch::harness
