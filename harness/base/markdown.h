// GitHub-flavoured Markdown: text that stays text, and tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace c2watch::harness {

// One line of plain text, whatever `text` is: none can end a table cell, open a link or an image, or
// become HTML.
std::string markdown_escaped(std::string_view text);

// Cells are Markdown already.
std::string markdown_row(const std::vector<std::string>& cells);
std::string markdown_head(const std::vector<std::string>& cells);

}  // namespace c2watch::harness
