#include "harness/base/html.h"

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

// Text keeps 4.5:1 against its background in either scheme, marks 3:1.
constexpr string_view kStyle = R"(
:root { color-scheme: light dark; --back: #fff; --card: #f6f8fa; --text: #1c2127; --dim: #57606a;
  --line: #d8dde3; --accent: #0b62c4; --good: #17722f; --bad: #b3202a; --warn: #855400; }
@media screen and (prefers-color-scheme: dark) {
  :root { --back: #14181d; --card: #1c2229; --text: #e4e8ec; --dim: #9aa5b1; --line: #353e48;
    --accent: #62a8ff; --good: #5fcf7c; --bad: #ff837b; --warn: #e3b65a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { max-width: 46rem; } .dim { color: var(--dim); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
figure { margin: .5rem 0 1rem; } figcaption { font-weight: 600; }
svg { width: 100%; display: block; } svg text { fill: var(--dim); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--accent); }
.scroll + .scroll { margin-top: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--dim); padding: .25rem 0; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-weight: 600; white-space: nowrap; }
tr.group th { padding-top: .9rem; border-bottom: 0; }
@media print {
  @page { margin: 14mm; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  .scroll { overflow: visible; } figure, tr, .tile { break-inside: avoid; } h2, h3, dl { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)";

string percent(double x) { return fixed(x, 2) + "%"; }

string css_class(string_view css) { return css.empty() ? "" : html_attribute("class", css); }

}  // namespace

string page_head(string_view title, string_view style) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\">\n<title>" +
         markup_escaped(title) + "</title>\n<style>" + string(kStyle) + string(style) +
         "</style>\n</head>\n<body>\n<main>\n";
}

string page_end() { return "</main>\n</body>\n</html>\n"; }

string html_attribute(string_view name, string_view value) {
  return " " + string(name) + "=\"" + markup_escaped(value) + "\"";
}

HtmlCell::HtmlCell(string_view text) : markup(markup_escaped(text)) {}

HtmlCell HtmlCell::html(string markup, string attributes) {
  HtmlCell cell("");
  cell.markup = std::move(markup);
  cell.attributes = std::move(attributes);
  return cell;
}

HtmlTable::HtmlTable(const std::vector<string>& head, string_view css, string_view caption)
    : columns_(head.size()) {
  // Focusable, so that the keyboard can scroll it.
  text_ = "<div class=\"scroll\" tabindex=\"0\"><table" + css_class(css) + ">";
  if (!caption.empty()) text_ += "<caption>" + markup_escaped(caption) + "</caption>";
  text_ += "\n<thead><tr>";
  for (const string& h : head) text_ += "<th scope=\"col\">" + markup_escaped(h) + "</th>";
  text_ += "</tr></thead>\n<tbody>\n";
}

void HtmlTable::row(const std::vector<HtmlCell>& cells, string_view css, string_view attributes) {
  text_ += "<tr" + css_class(css) + string(attributes) + ">";
  for (const HtmlCell& c : cells) text_ += "<td" + c.attributes + ">" + c.markup + "</td>";
  text_ += "</tr>\n";
}

void HtmlTable::texts(const std::vector<string>& cells, string_view css) {
  row(std::vector<HtmlCell>(cells.begin(), cells.end()), css);
}

void HtmlTable::group(string_view text) {
  text_ += "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"" + std::to_string(columns_) +
           "\">" + markup_escaped(text) + "</th></tr>\n";
}

string HtmlTable::done() const { return text_ + "</tbody></table></div>\n"; }

string svg_line(double x1, double y1, double x2, double y2, string_view css) {
  return "<line class=\"" + string(css) + "\" x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) +
         "\" x2=\"" + fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>";
}

string svg_text(double x, double y, string_view anchor, string_view text) {
  return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" +
         string(anchor) + "\">" + markup_escaped(text) + "</text>";
}

WidePicture::WidePicture(double height, string_view description) {
  text_ = "<svg" + html_attribute("height", fixed(height, 0)) + " role=\"img\"" +
          html_attribute("aria-label", description) + ">";
}

void WidePicture::line(double x1, double y1, double x2, double y2, string_view css) {
  text_ += "<line" + css_class(css) + html_attribute("x1", percent(x1)) +
           html_attribute("y1", fixed(y1, 1)) + html_attribute("x2", percent(x2)) +
           html_attribute("y2", fixed(y2, 1)) + "/>";
}

void WidePicture::text(double x, double y, string_view anchor, string_view text, string_view css) {
  text_ += "<text" + css_class(css) + html_attribute("x", percent(x)) +
           html_attribute("y", fixed(y, 1)) + html_attribute("text-anchor", anchor) + ">" +
           markup_escaped(text) + "</text>";
}

void WidePicture::dot(double x, double y, double radius, string_view css) {
  text_ += "<circle" + css_class(css) + html_attribute("cx", percent(x)) +
           html_attribute("cy", fixed(y, 1)) + html_attribute("r", fixed(radius, 1)) + "/>";
}

// A nested picture has its origin at a percentage, and the shape in it its own pixels.
void WidePicture::diamond(double x, double y, string_view css) {
  text_ += "<svg overflow=\"visible\"" + html_attribute("x", percent(x)) +
           html_attribute("y", fixed(y, 1)) + "><path" + css_class(css) +
           " d=\"M0-6 6 0 0 6-6 0z\"/></svg>";
}

void WidePicture::bar(double x, double y, double width, double height, string_view css,
                      string_view title) {
  text_ += "<rect" + css_class(css) + html_attribute("x", percent(x)) +
           html_attribute("y", fixed(y, 1)) + html_attribute("width", percent(width)) +
           html_attribute("height", fixed(height, 1)) + "><title>" + markup_escaped(title) +
           "</title></rect>";
}

}  // namespace c2watch::harness
