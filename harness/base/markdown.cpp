#include "harness/base/markdown.h"

#include "harness/base/text.h"

namespace c2watch::harness {
namespace {

using std::string;

// Nothing in the middle of a line. A colon could make a link, or a picture out of a word.
constexpr std::string_view kHarmless = " .,;-/()'";

}  // namespace

string markdown_escaped(std::string_view text) {
  string out;
  for (const char c : printable(text)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '&' || c == '<' || c == '>')
      out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;";
    else if (letter || kHarmless.find(c) != kHarmless.npos || static_cast<unsigned char>(c) >= 0x80)
      out += c;
    else
      out += {'\\', c};  // Markdown lets every other ASCII sign be escaped, special or not
  }
  return out;
}

string markdown_row(const std::vector<string>& cells) {
  string out = "|";
  for (const string& c : cells) out += " " + c + " |";
  return out + "\n";
}

string markdown_head(const std::vector<string>& cells) {
  return markdown_row(cells) + markdown_row(std::vector<string>(cells.size(), "---"));
}

}  // namespace c2watch::harness
