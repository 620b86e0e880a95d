// Terminal: where a report goes, and what it can show there.
//
//   Page page(Terminal::of_standard_output());
//   page.heading("Findings");
//   Table t({{"Host"}, {"Hits", Align::right}});
//   t.row({{"WS-01"}, {"12", Style::good}});
//   page.table(t);
//   fputs(page.text().c_str(), stdout);
//
// In a pipe or a file a report is the same everywhere: 100 columns, UTF-8, no colour. On a terminal
// colour is used unless NO_COLOR is set or TERM is dumb, and plain ASCII where the locale knows no
// UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace c2watch::harness {

enum class Style { plain, bold, dim, good, bad, warning, accent };
enum class Align { left, right };

// Narrower terminals get wrapped lines; wider ones do not get wider tables: text stays readable.
inline constexpr std::size_t kReportColumns = 100;

struct Terminal {
  bool colour = false;
  bool unicode = true;
  std::size_t width = kReportColumns;

  static Terminal of_standard_output();
};

struct Cell {
  std::string text;  // printable() already
  Style style = Style::plain;
  std::string brief = {};  // instead of a text that has no room; never cut itself
};

struct Column {
  std::string title;
  Align align = Align::left;
  bool shrinks = false;      // gives way, clipped in the middle, when the table is too wide
  bool keeps_start = false;  // then clipped at the end: a host's name tells most at its start
};

class Table {
 public:
  explicit Table(std::vector<Column> head) : head_(std::move(head)) {}

  void row(std::vector<Cell> cells);  // as many as there are columns
  void group(std::string text);       // a heading over the rows that follow, across all columns
  bool empty() const { return rows_.empty(); }

 private:
  friend class Page;
  std::vector<Column> head_;
  struct Row {
    std::vector<Cell> cells;
    std::string group;  // instead of cells
  };
  std::vector<Row> rows_;
};

class Page {
 public:
  explicit Page(Terminal terminal) : terminal_(terminal) {}

  void title(std::string_view text);    // the report's first line
  void heading(std::string_view text);  // a section
  void line(std::string_view text = "", Style style = Style::plain);
  void spans(const std::vector<Cell>& cells);  // one line of several styles
  // A paragraph with `indent` blanks before each line; the first begins with `label`, and the
  // others stand under its end.
  void paragraph(std::string_view text, std::size_t indent = 2, std::string_view label = "");
  void item(const std::vector<Cell>& label, std::string_view text, std::size_t indent);
  void table(const Table& table, std::size_t indent = 2);

  const Terminal& terminal() const { return terminal_; }
  const std::string& text() const { return text_; }
  std::string styled(std::string_view text, Style style) const;

 private:
  Terminal terminal_;
  std::string text_;
};

// The signs of a verdict, with their ASCII forms.
std::string_view tick(const Terminal& t);
std::string_view cross(const Terminal& t);
std::string_view dot(const Terminal& t);  // separates parts of a line

}  // namespace c2watch::harness
