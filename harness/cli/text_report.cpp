#include "harness/cli/text_report.h"

#include <algorithm>
#include <set>
#include <vector>

#include "harness/base/text.h"
#include "harness/cli/results.h"
#include "harness/verify/explanation.h"
#include "harness/verify/finding.h"

namespace c2watch::harness {
namespace {

using json = nlohmann::ordered_json;
using std::string;
using std::string_view;

struct Sign {
  string_view text;
  Style style;
};

Sign sign_of(const Terminal& t, const string& verdict) {
  if (verdict == "pass") return {tick(t), Style::good};
  if (verdict == "fail") return {cross(t), Style::bad};
  return verdict == "inconclusive" ? Sign{"?", Style::warning} : Sign{"-", Style::dim};
}

Sign sign_of(const Terminal& t, const Check& r) {
  return r.cause == "partial" && r.verdict == "fail" ? Sign{"~", Style::warning}
                                                     : sign_of(t, r.verdict);
}

string text_at(const json& object, const char* name) {
  return printable(object.at(name).get_ref<const string&>());
}

std::uint64_t number_at(const json& object, const char* name) {
  return object.at(name).get<std::uint64_t>();
}

string padded(string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

string test_title(const json& test) {
  return std::to_string(test.at("test").get<int>()) + "  " + text_at(test, "title");
}

void show_signal(Page& page, const json& s) {
  const bool passed = s.at("verdict") == "pass";
  const Sign sign = s.at("cause") == "partial" && s.at("verdict") == "fail"
                        ? Sign{"~", Style::warning}
                        : sign_of(page.terminal(), s.at("verdict"));
  string text = text_at(s, "title") + ": ";
  text += s.at("cause") == "missing" ? "missing" : text_at(s, "found");
  if (s.at("cause") == "partial") text += ", partial";
  if (s.at("optional") == true && !passed) text += " (optional)";
  page.paragraph(text, 6, page.styled(sign.text, sign.style) + " ");
  if (passed || s.at("optional") == true) return;
  if (const string reason = text_at(s, "reason"); !reason.empty())
    page.paragraph(reason, 8, "why: ");
  if (const string fix = text_at(s, "fix"); !fix.empty()) page.paragraph(fix, 8, "fix: ");
  if (s.at("cause") == "missing" && !s.at("differences").empty())
    page.paragraph("the nearest event differs in", 8);
  for (const json& d : s.at("differences"))
    page.paragraph(text_at(d, "field") + ": expected " + text_at(d, "expected") + ", seen " +
                       clip_end(text_at(d, "seen"), 120, page.terminal().unicode),
                   10);
}

// "also raised" after the expectations of a run, or "".
string also_raised(const json& run) {
  std::set<string> named;
  for (const json& f : run.at("expected")) named.insert(text_at(f, "detector"));
  for (const json& d : run.at("unexpected")) named.insert(d.get<string>());
  string out;
  for (const json& f : run.at("raised"))
    if (named.count(f.value("detector", "")) == 0)
      out += (out.empty() ? "" : ", ") + printable(f.value("detector", "")) + " (" +
             printable(f.value("severity", "")) + ")";
  return out;
}

void show_run(Page& page, const json& run) {
  const string profile = padded(text_at(run, "profile"), 8);
  const auto line = [&](const string& verdict, const string& text) {
    const Sign sign = sign_of(page.terminal(), verdict);
    page.item({{string(sign.text), sign.style}, {" " + profile + " ", Style::dim}}, text, 6);
  };
  for (const json& f : run.at("expected")) {
    string text = text_at(f, "detector");
    if (const string title = text_at(f, "title"); !title.empty()) text += ", " + title;
    if (const string found = text_at(f, "found"); !found.empty()) text += ": " + found;
    if (f.at("verdict") != "pass") {
      string cause = text_at(f, "cause");
      std::replace(cause.begin(), cause.end(), '_', ' ');
      text += (f.at("found") == "" ? ": " : "; ") + cause + ": " + text_at(f, "detail");
    }
    line(f.at("verdict"), text);
    if (f.contains("nearest")) show_nearest(page, f.at("nearest"), 17);
  }
  for (const json& detector : run.at("unexpected"))
    line("fail", printable(detector.get_ref<const string&>()) + " fired and was not expected to");
  if (const string also = also_raised(run); !also.empty())
    page.item({{"  " + string(profile.size() + 1, ' '), Style::dim}}, "also raised: " + also, 6);
  if (!run.at("expected").empty() || !run.at("unexpected").empty()) return;
  const string reason = text_at(run, "reason");
  line(run.at("verdict"), run.at("verdict") == "inconclusive"
                              ? "no finding, which proves nothing: the telemetry has gaps"
                          : reason.empty() ? "nothing expected"
                                           : "nothing expected: " + reason);
}

void show_transports(Page& page, const json& transports, std::size_t indent) {
  if (transports.empty()) return;
  page.line(string(indent - 2, ' ') + "transport, " + text_at(transports[0], "collector"),
            Style::dim);
  for (const json& t : transports) {
    const Sign sign = sign_of(page.terminal(), t.at("verdict"));
    const string detail = text_at(t, "detail");
    page.item({{string(sign.text), sign.style},
               {" " + padded(text_at(t, "profile"), 8) + " ", Style::dim}},
              text_at(t, "found") + (detail.empty() ? "" : "; " + detail), indent);
  }
}

Cell run_cell(const Terminal& t, const json& variant, const string& profile) {
  for (const json& run : variant.at("runs")) {
    if (run.at("profile") != profile) continue;
    const Sign sign = sign_of(t, run.at("verdict"));
    const std::vector<string> names = deciding_detectors(run);
    string what = run.at("verdict") == "inconclusive" ? "inconclusive"
                  : names.empty()                     ? "no finding"
                                                      : names.front();
    if (names.size() > 1 && what == names.front()) what += " +" + std::to_string(names.size() - 1);
    return {string(sign.text) + " " + what, sign.style};
  }
  return {t.unicode ? "·" : ".", Style::dim};
}

Finding finding_of(const json& raised) {
  return read_finding(raised.dump(-1, ' ', false, json::error_handler_t::replace));
}

// Both, or as much of both as there is room for: what was found is what one looks for.
string fitted(const string& label, const string& found, std::size_t width, bool unicode) {
  const std::size_t whole = columns(label) + 2 + columns(found);
  if (whole <= width) return label + ": " + found;
  const std::size_t least = std::min(columns(label), width / 2);
  const std::size_t of_label = std::max(least, width - std::min(width, columns(found) + 2));
  return clip_end(label, of_label, unicode) + ": " + clip_end(found, width - of_label - 2, unicode);
}

struct StatusLine {
  Sign sign;  // without text: a heading
  string text;
  bool passed = false;  // nothing more is to be waited for
};

std::vector<StatusLine> status_lines(const Terminal& t, const json& report) {
  std::vector<StatusLine> out;
  string test;
  for (const Check& r : checks_of(report)) {
    if (r.kind != Check::signal && r.kind != Check::finding) continue;
    if (r.test_name != test) {
      out.push_back({{}, "Test " + std::to_string(r.test) + "  " + r.test_title, false});
      test = r.test_name;
    }
    const string label = (r.profile.empty() ? "" : r.profile + " ") + r.title;
    const string found = r.verdict == "inconclusive" ? "not yet"
                         : r.found.empty()           ? r.cause
                                                     : r.found;
    out.push_back({sign_of(t, r), fitted(label, found, t.width - 4, t.unicode),
                   r.verdict == "pass" || r.verdict == "skipped"});
  }
  return out;
}

}  // namespace

void show_source(Page& page, const json& report) {
  if (!report.contains("source")) return;
  const json& source = report.at("source");
  for (const json& e : source.at("errors"))
    page.paragraph(text_at(e, "source") + ": " + text_at(e, "reason"), 2, "note: ");
  page.heading("Telemetry");
  page.line("  " + plural(number_at(source, "records"), "record") + ", " +
            text_at(source, "first") + " to " + text_at(source, "last") + " UTC");
  const auto count = [&](const char* name, const char* noun, const char* what) {
    if (const std::uint64_t n = number_at(source, name); n > 0)
      page.line("  " + plural(n, noun) + what, Style::warning);
  };
  count("non_records", "line", " that are no records");
  count("outside_window", "record", " outside the window, left out");
  count("unparsed", "record", " that the harness cannot read");
  count("truncated", "match", " beyond the limits, left out");
}

void show_coverage(Page& page, const json& report) {
  page.heading("Coverage");
  const std::vector<string> profiles = profiles_of(report);
  std::vector<Column> head = {{"Variant", Align::left, true}, {"Signals"}};
  for (const string& p : profiles) head.push_back({p});
  Table table(head);
  const Terminal& t = page.terminal();
  for (const json& test : report.at("tests")) {
    table.group(test_title(test));
    for (const json& variant : test.at("variants")) {
      const Sign sign = sign_of(t, variant.at("telemetry"));
      const auto [found, wanted] = signal_counts(variant);
      std::vector<Cell> row = {
          {"   " + text_at(variant, "title")},
          {string(sign.text) + " " + std::to_string(found) + "/" + std::to_string(wanted),
           sign.style}};
      for (const string& p : profiles) row.push_back(run_cell(t, variant, p));
      table.row(std::move(row));
    }
  }
  page.table(table);
  const string_view gap = dot(t);
  page.line("  " + string(tick(t)) + " pass" + string(gap) + string(cross(t)) + " fail" +
                string(gap) + "? inconclusive: the telemetry has gaps",
            Style::dim);
}

void show_tests(Page& page, const json& report) {
  for (const json& test : report.at("tests")) {
    page.heading("Test " + test_title(test));
    for (const json& variant : test.at("variants")) {
      page.paragraph(page.styled(text_at(variant, "title"), Style::accent), 2);
      page.line("    telemetry", Style::dim);
      for (const json& s : variant.at("signals")) show_signal(page, s);
      if (!variant.at("runs").empty()) page.line("    detection", Style::dim);
      for (const json& run : variant.at("runs")) show_run(page, run);
      show_transports(page, variant.at("transport"), 6);
    }
  }
  if (report.at("collector_runs").empty()) return;
  page.heading("Transport");
  show_transports(page, report.at("collector_runs"), 4);
}

void show_findings(Page& page, const json& report, bool details) {
  std::vector<Finding> raised;
  std::vector<string> where;
  for (const RaisedFinding& r : first_findings(report)) {
    raised.push_back(finding_of(*r.finding));
    where.push_back(printable(r.where));
  }
  page.heading("Findings");
  if (raised.empty()) return page.line("  none");
  show_finding_table(page, raised);
  for (std::size_t i = 0; details && i < raised.size(); ++i) {
    page.line();
    page.line("  " + where[i], Style::dim);
    show_finding(page, raised[i]);
  }
}

void show_raised(Page& page, const json& report) {
  if (!report.contains("raised")) return;
  for (const auto& [profile, all] : report.at("raised").items()) {
    if (all.empty()) continue;
    std::vector<Finding> findings;
    for (const json& f : all) findings.push_back(finding_of(f));
    page.heading("Everything raised, profile " + printable(profile));
    show_finding_table(page, findings);
  }
}

void show_verdicts(Page& page, const json& report) {
  page.heading("Verdicts");
  const auto line = [&](const char* name, const string& text) {
    const Sign sign = sign_of(page.terminal(), report.at(name));
    page.spans({{"  "},
                {string(sign.text), sign.style},
                {" " + string(name) + "  ", Style::bold},
                {text}});
  };
  line("telemetry", telemetry_summary(report));
  line("detection", detection_summary(report));
  if (report.at("transport") != "skipped") line("transport", transport_summary(report));
  if (const string wrong = text_at(report, "oracle_mismatch"); !wrong.empty())
    page.item({{"  "}, {string(cross(page.terminal())), Style::bad}, {" benchmark  ", Style::bold}},
              "wrong answer: " + wrong, 0);
}

void show_status_lines(Page& page, const json& report, std::size_t height) {
  constexpr std::size_t kFurtherLines = 4;  // both verdicts, what is not shown, the cursor
  const Terminal& t = page.terminal();
  std::vector<StatusLine> lines = status_lines(t, report);
  const std::size_t room = height == 0               ? lines.size()
                           : height <= kFurtherLines ? 1
                                                     : height - kFurtherLines;
  const std::size_t all = lines.size();
  if (lines.size() > room) std::erase_if(lines, [](const StatusLine& one) { return one.passed; });
  if (lines.size() > room) lines.resize(room);
  for (const StatusLine& one : lines) {
    if (one.sign.text.empty())
      page.line(clip_end(one.text, t.width, t.unicode), Style::bold);
    else
      page.spans({{"  "}, {string(one.sign.text), one.sign.style}, {" " + one.text}});
  }
  if (lines.size() < all)
    page.line(clip_end("  " + plural(all - lines.size(), "line") +
                           " not shown: passed already, or no room",
                       t.width, t.unicode),
              Style::dim);
  page.line("telemetry: " + telemetry_summary(report), Style::dim);
  page.line("detection: " + detection_summary(report), Style::dim);
}

string telemetry_summary(const json& report) {
  const json& n = report.at("counts");
  const std::uint64_t partial = number_at(n, "signals_partial");
  return with_thousands(number_at(n, "signals") - number_at(n, "signals_missing")) + " of " +
         with_thousands(number_at(n, "signals")) + " signals found" +
         (partial > 0 ? ", " + with_thousands(partial) + " partial" : "");
}

string detection_summary(const json& report) {
  const json& n = report.at("counts");
  const std::uint64_t inconclusive = number_at(n, "runs_inconclusive");
  return with_thousands(number_at(n, "runs_passed")) + " of " +
         with_thousands(number_at(n, "runs")) + " runs passed" +
         (inconclusive > 0 ? ", " + with_thousands(inconclusive) + " inconclusive" : "");
}

string transport_summary(const json& report) {
  const json& n = report.at("counts");
  return with_thousands(number_at(n, "collector_runs_passed")) + " of " +
         with_thousands(number_at(n, "collector_runs")) +
         " collector runs with every record out and the same findings as in process";
}

}  // namespace c2watch::harness
