#include "harness/cli/gate_output.h"

#include "harness/base/junit.h"
#include "harness/base/markdown.h"
#include "harness/base/text.h"
#include "harness/cli/gate_report.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;

string text_of(const json& object, const char* name) {
  return object.at(name).get_ref<const string&>();
}

string number_text(const json& check, const char* name) {
  if (check.at(name).is_null()) return "nothing";
  return value_text(unit_of(text_of(check, "unit")), check.at(name));
}

// "at least 75 %"
string demand_text(const json& check) {
  return (check.at("better") == "more" ? "at least " : "at most ") + number_text(check, "limit");
}

// "measured 60 %, must be at least 75 %; 6 of 8 runs"
string found_text(const json& check) {
  const string detail = text_of(check, "detail");
  return "measured " + number_text(check, "measured") + ", must be " + demand_text(check) +
         (detail.empty() ? "" : "; " + detail);
}

bool worse_fails(const json& baseline) {
  return baseline.at("fail_on_worse") == true && baseline.at("counts").at("worse") != 0;
}

// "coverage/x: 100 % before, 75 % now"
string change_text(const json& change) {
  return text_of(change, "title") + ": " + number_text(change, "previous") + " before, " +
         number_text(change, "value") + " now";
}

JunitCase case_of(const json& check) {
  const string status = text_of(check, "status");
  JunitCase c;
  c.suite = gate_section_title(text_of(check, "section"));
  c.classname = "c2watch.gate." + text_of(check, "section");
  c.name = text_of(check, "title") + ", " + demand_text(check);
  c.text = found_text(check);
  c.message = status == "fail" ? c.text : text_of(check, "detail");
  if (status == "skipped") {
    c.result = JunitCase::skipped;
  } else if (status != "pass") {
    c.result = JunitCase::failed;
    c.type = status == "fail" ? "gate-failure" : "inconclusive";
    c.text = text_of(check, "place") + ": " + c.message;
  }
  return c;
}

JunitCase baseline_case(const json& baseline) {
  JunitCase c;
  c.suite = "Baseline";
  c.classname = "c2watch.gate.baseline";
  c.name = "nothing is worse than in " + text_of(baseline, "file");
  for (const json& change : baseline.at("changes"))
    if (change.at("change") == "worse")
      c.text += (c.text.empty() ? "" : "; ") + change_text(change);
  if (worse_fails(baseline)) {
    c.result = JunitCase::failed;
    c.type = "worse";
    c.message = c.text;
  }
  return c;
}

string sign_of(const string& status) {
  return status == "pass" ? "✅" : status == "fail" ? "❌" : status == "skipped" ? "➖" : "❔";
}

string check_row(const json& check) {
  const string status = text_of(check, "status");
  const bool measured = status == "pass" || status == "fail";
  return markdown_row({sign_of(status) + " " + markdown_escaped(text_of(check, "title")),
                       markdown_escaped(demand_text(check)),
                       markdown_escaped(measured ? number_text(check, "measured") : status),
                       markdown_escaped(text_of(check, "detail"))});
}

string failures(const json& report) {
  string out;
  for (const json& check : report.at("checks")) {
    const string status = text_of(check, "status");
    if (status != "fail" && status != "inconclusive") continue;
    out += "- " + sign_of(status) + " **" + markdown_escaped(text_of(check, "title")) + "** (" +
           markdown_escaped(text_of(check, "place")) + "): " +
           markdown_escaped(status == "fail" ? found_text(check) : text_of(check, "detail")) + "\n";
  }
  return out.empty() ? "" : "\n## What fails\n\n" + out;
}

string changes(const json& baseline) {
  const json& n = baseline.at("counts");
  string out = "\n## Against " + markdown_escaped(text_of(baseline, "file")) + "\n\nPlugin " +
               markdown_escaped(text_of(baseline, "plugin_version")) +
               " then: " + n.at("better").dump() + " better, " + n.at("worse").dump() + " worse, " +
               n.at("same").dump() + " the same\n\n";
  string rows;
  for (const json& change : baseline.at("changes")) {
    const string trend = text_of(change, "change");
    if (trend == "same") continue;
    rows += markdown_row({markdown_escaped(trend), markdown_escaped(text_of(change, "title")),
                          markdown_escaped(number_text(change, "previous")),
                          markdown_escaped(number_text(change, "value"))});
  }
  if (rows.empty()) return out;
  return out + markdown_head({"", "Measure", "Before", "Now"}) + rows + "\n";
}

}  // namespace

string gate_junit(const json& report) {
  std::vector<JunitCase> cases;
  for (const json& check : report.at("checks"))
    if (check.at("status") != "info") cases.push_back(case_of(check));
  if (!report.at("baseline").is_null()) cases.push_back(baseline_case(report.at("baseline")));
  return junit_xml("c2watch gate", cases);
}

string gate_markdown(const json& report) {
  const bool passed = report.at("passed");
  string out = string("# c2watch gate: ") + (passed ? "✅ pass" : "❌ fail") + "\n\n";
  const string title = text_of(report, "title");
  out += (title.empty() ? "" : markdown_escaped(title) + ": ") +
         markdown_escaped(text_of(report, "gate")) + ", plugin " +
         markdown_escaped(text_of(report, "plugin_version")) + "\n" + failures(report);
  string section;
  for (const json& check : report.at("checks")) {
    if (check.at("status") == "info") continue;
    if (text_of(check, "section") != section) {
      section = text_of(check, "section");
      out += "\n## " + markdown_escaped(gate_section_title(section)) + "\n\n" +
             markdown_head({"Check", "Required", "Measured", "Detail"});
    }
    out += check_row(check);
  }
  if (!report.at("baseline").is_null()) out += changes(report.at("baseline"));
  return out;
}

}  // namespace c2watch::harness
