#include "harness/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool locale_has_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const string_view value = environment(name);
    if (!value.empty())
      return value.find("UTF-8") != string_view::npos || value.find("utf8") != string_view::npos;
  }
  return false;
}

string_view escape(Style style) {
  switch (style) {
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::bad:
      return "\x1b[1;31m";
    case Style::warning:
      return "\x1b[33m";
    case Style::accent:
      return "\x1b[36m";
    case Style::plain:
      break;
  }
  return "";
}

string padding(std::size_t want, std::size_t have) {
  return string(want > have ? want - have : 0, ' ');
}

string repeat(string_view sign, std::size_t times) {
  string out;
  for (; times > 0; --times) out += sign;
  return out;
}

void trim_end(string& line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
}

}  // namespace

Terminal Terminal::of_standard_output() {
  Terminal t;
  if (isatty(STDOUT_FILENO) == 0) return t;
  t.colour = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  t.unicode = locale_has_utf8();
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    t.width = std::clamp<std::size_t>(size.ws_col, 60, kReportColumns);
  return t;
}

string_view tick(const Terminal& t) { return t.unicode ? "✓" : "+"; }
string_view cross(const Terminal& t) { return t.unicode ? "✗" : "x"; }
string_view dot(const Terminal& t) { return t.unicode ? " · " : " | "; }

void Table::row(std::vector<Cell> cells) {
  assert(cells.size() == head_.size());
  rows_.push_back({std::move(cells), ""});
}

void Table::group(string text) { rows_.push_back({{}, std::move(text)}); }

string Page::styled(string_view text, Style style) const {
  if (!terminal_.colour || style == Style::plain || text.empty()) return string(text);
  return string(escape(style)) + string(text) + "\x1b[0m";
}

void Page::title(string_view text) {
  text_ += styled(text, Style::bold) + "\n";
  text_ += styled(repeat(terminal_.unicode ? "═" : "=", terminal_.width), Style::dim) + "\n";
}

void Page::heading(string_view text) {
  text_ += "\n" + styled(text, Style::bold) + "\n";
  text_ += styled(repeat(terminal_.unicode ? "─" : "-", terminal_.width), Style::dim) + "\n";
}

void Page::line(string_view text, Style style) { text_ += styled(text, style) + "\n"; }

void Page::spans(const std::vector<Cell>& cells) {
  for (const Cell& c : cells) text_ += styled(c.text, c.style);
  text_ += "\n";
}

void Page::paragraph(string_view text, std::size_t indent, string_view label) {
  item({{string(label), Style::dim}}, text, indent);
}

void Page::item(const std::vector<Cell>& label, string_view text, std::size_t indent) {
  std::size_t hang = indent;
  string first(indent, ' ');
  for (const Cell& c : label) {
    hang += columns(c.text);
    first += styled(c.text, c.style);
  }
  // At least 20 columns for the text, however long the label.
  const std::size_t room = std::max<std::size_t>(terminal_.width, hang + 20) - hang;
  for (const string& part : wrap(text, room)) {
    text_ += (first.empty() ? string(hang, ' ') : first) + part + "\n";
    first.clear();
  }
}

void Page::table(const Table& table, std::size_t indent) {
  constexpr std::size_t kGap = 2;
  const std::size_t n = table.head_.size();
  std::vector<std::size_t> widths(n);
  std::vector<std::size_t> brief(n);
  for (std::size_t i = 0; i < n; ++i) {
    widths[i] = columns(table.head_[i].title);
    for (const auto& row : table.rows_)
      if (!row.cells.empty()) {
        widths[i] = std::max(widths[i], columns(row.cells[i].text));
        brief[i] = std::max(brief[i], columns(row.cells[i].brief));
      }
  }
  std::size_t total = indent + kGap * (n - 1);
  for (const std::size_t w : widths) total += w;
  // The widest column that may shrink gives one column at a time, down to kReadable where that is
  // enough. What has a brief form keeps the room for it.
  constexpr std::size_t kReadable = 8;
  for (const std::size_t floor : {kReadable, kReadable / 2}) {
    while (total > terminal_.width) {
      std::size_t widest = n;
      for (std::size_t i = 0; i < n; ++i)
        if (table.head_[i].shrinks && widths[i] > std::max(floor, brief[i]) &&
            (widest == n || widths[i] > widths[widest]))
          widest = i;
      if (widest == n) break;
      --widths[widest];
      --total;
    }
  }

  const auto put = [&](const std::vector<Cell>& cells) {
    string row(indent, ' ');
    for (std::size_t i = 0; i < n; ++i) {
      const auto clip =
          i < table.head_.size() && table.head_[i].keeps_start ? clip_end : clip_middle;
      const bool is_brief = !cells[i].brief.empty() && columns(cells[i].text) > widths[i];
      const string text =
          is_brief ? cells[i].brief : clip(cells[i].text, widths[i], terminal_.unicode);
      const string pad = padding(widths[i], columns(text));
      const bool right = table.head_[i].align == Align::right;
      row += (right ? pad : "") + styled(text, cells[i].style) + (right ? "" : pad);
      if (i + 1 < n) row += string(kGap, ' ');
    }
    trim_end(row);
    text_ += row + "\n";
  };
  std::vector<Cell> titles;
  for (const Column& c : table.head_) titles.push_back({c.title, Style::dim});
  put(titles);
  const string rule = string(indent, ' ') +
                      styled(repeat(terminal_.unicode ? "─" : "-", total - indent), Style::dim) +
                      "\n";
  text_ += rule;
  for (const auto& row : table.rows_) {
    if (row.cells.empty())
      text_ +=
          string(indent, ' ') +
          styled(clip_end(row.group, terminal_.width - indent, terminal_.unicode), Style::bold) +
          "\n";
    else
      put(row.cells);
  }
}

}  // namespace c2watch::harness
