// ReportOptions: in which forms a verdict is written, and where to.
//
//   c2watch verify --format junit --output verify.xml
//   c2watch verify --report junit=verify.xml --report sarif=verify.sarif --html verify.html
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/terminal.h"
#include "harness/cli/command.h"
#include "harness/cli/output_formats.h"

namespace c2watch::harness {

struct ReportOptions {
  explicit ReportOptions(CommonOptions& options, ReportKind report_kind = ReportKind::verdict)
      : common(options), kind(report_kind) {}

  CommonOptions& common;  // its format and output are the first report's
  ReportKind kind;
  std::vector<std::string> more;  // FORM=FILE
  std::string html;
  bool json_line = false;  // JSON on standard output as one line: others come before it

  void add_to(CommandLine& line, unsigned common_parts);
  std::optional<std::string> validate() const;  // what is wrong with the values

  // Writes all of them; `text` makes the form for people. Nothing on success, else the sentence.
  std::optional<std::string> write(const nlohmann::ordered_json& report,
                                   const std::function<std::string(Terminal)>& text) const;
};

}  // namespace c2watch::harness
