// Pages: what every HTML report of the harness is made of.
//
//   std::string page = page_head("c2watch-bench sweep", kMyStyle);
//   HtmlTable t({"Window", "Seen"});
//   t.row({"1 h", "87.5"});
//   page += t.done() + page_end();
//
// A page stands alone: a content security policy forbids it to load anything and to run any script.
// It is light or dark as the reader's system is, light on paper, and fits 320 px: tables scroll in
// their own frame, and pictures place things in percent of the width, so that their text keeps its
// size.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace c2watch::harness {

// Up to and with <main>. `style` is added to the common style sheet.
std::string page_head(std::string_view title, std::string_view style);
std::string page_end();

// name="value", with a blank before it.
std::string html_attribute(std::string_view name, std::string_view value);

// Text is escaped here; html() takes what is markup already.
struct HtmlCell {
  HtmlCell(std::string_view text);                                         // NOLINT: cells are text
  HtmlCell(const std::string& text) : HtmlCell(std::string_view(text)) {}  // NOLINT
  HtmlCell(const char* text) : HtmlCell(std::string_view(text)) {}         // NOLINT
  static HtmlCell html(std::string markup, std::string attributes = "");

  std::string markup;
  std::string attributes;  // each as of html_attribute()
};

class HtmlTable {
 public:
  // `css` is a class of the table; a caption says what it is to whoever hears it.
  explicit HtmlTable(const std::vector<std::string>& head, std::string_view css = "",
                     std::string_view caption = "");
  void row(const std::vector<HtmlCell>& cells, std::string_view css = "",
           std::string_view attributes = "");
  void texts(const std::vector<std::string>& cells, std::string_view css = "");
  void group(std::string_view text);
  std::string done() const;

 private:
  std::size_t columns_;
  std::string text_;
};

// Pieces of SVG; coordinates in the units of the picture.
std::string svg_line(double x1, double y1, double x2, double y2, std::string_view css);
std::string svg_text(double x, double y, std::string_view anchor, std::string_view text);

// A picture as wide as the page and `height` px high, whose x coordinates are percent: see above.
// `description` is what somebody hears who does not see it.
class WidePicture {
 public:
  WidePicture(double height, std::string_view description);
  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void text(double x, double y, std::string_view anchor, std::string_view text,
            std::string_view css = "");
  void dot(double x, double y, double radius, std::string_view css);
  void diamond(double x, double y, std::string_view css);
  void bar(double x, double y, double width, double height, std::string_view css,
           std::string_view title);
  std::string done() const { return text_ + "</svg>"; }

 private:
  std::string text_;
};

}  // namespace c2watch::harness
