#include "harness/base/json_positions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace c2watch::harness {
namespace {

using std::string;
using std::string_view;

constexpr string_view kBlank = " \t\r\n";

class Scan {
 public:
  Scan(string_view text, std::map<string, string>& places) : text_(text), positions_(places) {}

  void whole() {
    while (skip_to_token()) {
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        note_value();
        open(c == '{');
      } else if (c == '}' || c == ']') {
        ++at_;
        if (!levels_.empty()) levels_.pop_back();
      } else if (c == ',') {
        ++at_;
        if (!levels_.empty()) next();
      } else if (c == ':') {
        ++at_;
      } else if (!levels_.empty() && levels_.back().wants_name) {
        name();
      } else {
        note_value();
        pass_scalar();
      }
    }
  }

 private:
  struct Level {
    bool object;
    bool wants_name;
    std::size_t index;
    string key;
  };

  // False at the end.
  bool skip_to_token() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(kBlank, at_), text_.size());
      if (text_.substr(at_, 2) == "//")
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (text_.substr(at_, 2) == "/*")
        at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 2;
      else
        return at_ < text_.size();
    }
  }

  void open(bool object) {
    ++at_;
    levels_.push_back({object, object, 0, ""});
  }

  void next() {
    Level& level = levels_.back();
    level.wants_name = level.object;
    ++level.index;
  }

  void name() {
    const std::size_t start = at_;
    pass_scalar();
    const nlohmann::json name =
        nlohmann::json::parse(text_.substr(start, at_ - start), nullptr, false);
    levels_.back().key = name.is_string() ? pointer_escaped(name.get<string>()) : "";
    levels_.back().wants_name = false;
    note(start);
  }

  void note_value() {
    if (levels_.empty() || !levels_.back().object) note(at_);
  }

  void note(std::size_t offset) {
    string pointer;
    for (const Level& l : levels_) pointer += "/" + (l.object ? l.key : std::to_string(l.index));
    for (; counted_ < offset; ++counted_)
      if (text_[counted_] == '\n') ++line_, line_start_ = counted_ + 1;
    positions_.emplace(std::move(pointer),
                       std::to_string(line_) + ":" + std::to_string(offset - line_start_ + 1));
  }

  void pass_scalar() {
    if (text_[at_] != '"') {
      at_ = std::min(text_.find_first_of(" \t\r\n,:]}/", at_ + 1), text_.size());
      return;
    }
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\';
    at_ = std::min(at_ + 1, text_.size());
  }

  string_view text_;
  std::map<string, string>& positions_;
  std::vector<Level> levels_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;  // newlines before here are in line_
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
};

}  // namespace

JsonPositions::JsonPositions(string_view text) { Scan(text, positions_).whole(); }

string JsonPositions::of(string pointer) const {
  for (;; pointer.resize(pointer.rfind('/'))) {
    if (const auto at = positions_.find(pointer); at != positions_.end()) return at->second;
    if (pointer.rfind('/') == pointer.npos) return "1:1";
  }
}

string pointer_escaped(string_view name) {
  string out;
  for (const char c : name) out += c == '~' ? string("~0") : c == '/' ? string("~1") : string(1, c);
  return out;
}

string pointer_to(string pointer, string_view name) {
  return pointer.append("/").append(pointer_escaped(name));
}

}  // namespace c2watch::harness
