#include "core/engine/located_json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

namespace c2watch::engine {
namespace {

using nlohmann::json;

// Twice the depth of the config's own tree.
constexpr std::size_t kMaxConfigDepth = 10;

// Feeds the parser and remembers how far it has read: that is all the position it offers.
class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackingIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackingIterator& operator++() {
    ++at_;
    if (reached_ != nullptr) *reached_ = at_;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Builds the tree from the parser's events. The parser tells when it has read a token, not where
// that token began; the beginning is the first byte after the previous token that is no blank,
// comment or punctuation.
class TreeBuilder final : public json::json_sax_t {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text), previous_end_(text.data()) {
    if (text.starts_with("\xEF\xBB\xBF")) previous_end_ += 3;
    counted_ = previous_end_;
  }

  const char** reached() { return &reached_; }
  LocatedJson& root() { return root_; }
  const std::string& problem() const { return problem_; }

  bool null() override { return scalar(LocatedJson::Type::null, nullptr); }
  bool boolean(bool v) override { return scalar(LocatedJson::Type::boolean, v); }
  bool number_integer(std::int64_t v) override { return scalar(LocatedJson::Type::integer, v); }
  bool number_unsigned(std::uint64_t v) override { return scalar(LocatedJson::Type::integer, v); }
  bool number_float(double v, const std::string&) override {
    return scalar(LocatedJson::Type::number, v);
  }
  bool string(std::string& v) override { return scalar(LocatedJson::Type::text, std::move(v)); }
  bool binary(json::binary_t&) override { return false; }  // no such thing in JSON text

  bool start_object(std::size_t) override { return open(LocatedJson::Type::object); }
  bool start_array(std::size_t) override { return open(LocatedJson::Type::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    const Place place = next_token();
    const LocatedJson* const earlier = open_.back()->find(name);
    if (earlier != nullptr)
      return refuse(place, "\"" + name + "\" is given twice; the first is on line " +
                               std::to_string(earlier->place.line));
    pending_key_ = std::move(name);
    pending_place_ = place;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception...] parse error at line 1, column 2: syntax error while parsing X - Y"
    std::string_view what = error.what();
    if (const auto colon = what.find(": "); colon != what.npos) what.remove_prefix(colon + 2);
    if (const auto dash = what.find(" - "); dash != what.npos) what.remove_prefix(dash + 3);
    const std::size_t at = std::min(position == 0 ? 0 : position - 1, text_.size());
    return refuse(place_of(text_.data() + at), "not JSON: " + std::string(what));
  }

 private:
  bool scalar(LocatedJson::Type type, json value) {
    const Place place = next_token();
    add(type, place).value = std::move(value);
    return true;
  }

  bool open(LocatedJson::Type type) {
    const Place place = next_token();
    if (open_.size() == kMaxConfigDepth) return refuse(place, "nested deeper than any setting is");
    open_.push_back(&add(type, place));
    return true;
  }

  bool close() {
    previous_end_ = reached_;
    open_.pop_back();
    return true;
  }

  // INVARIANT: open_ points into vectors that do not grow while an element of theirs is open:
  // only the innermost open node receives children.
  LocatedJson& add(LocatedJson::Type type, Place place) {
    LocatedJson* node = &root_;
    if (!open_.empty()) node = &open_.back()->children.emplace_back();
    node->type = type;
    node->place = pending_key_ ? pending_place_ : place;
    node->key = std::move(pending_key_).value_or("");
    pending_key_.reset();
    return *node;
  }

  bool refuse(Place place, const std::string& why) {
    problem_ = std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + why;
    return false;
  }

  Place next_token() {
    const char* at = previous_end_;
    const char* const end = text_.data() + text_.size();
    while (at < end) {
      if (std::string_view(" \t\r\n,:").find(*at) != std::string_view::npos) {
        ++at;
      } else if (*at == '/' && at + 1 < end && at[1] == '/') {
        at = std::find(at, end, '\n');
      } else if (*at == '/' && at + 1 < end && at[1] == '*') {
        const std::string_view rest(at + 2, static_cast<std::size_t>(end - at - 2));
        const std::size_t close = rest.find("*/");
        at = close == rest.npos ? end : rest.data() + close + 2;
      } else {
        break;
      }
    }
    // Only a number's end is told by the byte after it, which the parser has then taken already.
    previous_end_ = reached_;
    const std::string_view number = "+-.0123456789eE";
    if (at < end && number.substr(1).find(*at) != number.npos && *at != 'e' && *at != 'E') {
      previous_end_ =
          std::find_if(at, end, [&](char c) { return number.find(c) == std::string_view::npos; });
    }
    return place_of(at);
  }

  // Places are asked for in ascending order, so one running count serves all.
  Place place_of(const char* at) {
    if (at < counted_) {
      counted_ = text_.data();
      counted_place_ = {};
    }
    for (; counted_ < at; ++counted_) {
      if (*counted_ == '\n') {
        ++counted_place_.line;
        counted_place_.column = 1;
      } else {
        ++counted_place_.column;
      }
    }
    return counted_place_;
  }

  std::string_view text_;
  const char* reached_ = text_.data();
  const char* previous_end_;
  const char* counted_;
  Place counted_place_;
  LocatedJson root_;
  std::vector<LocatedJson*> open_;
  std::optional<std::string> pending_key_;
  Place pending_place_;
  std::string problem_;
};

}  // namespace

const LocatedJson* LocatedJson::find(std::string_view name) const {
  const auto hit = std::ranges::find(children, name, &LocatedJson::key);
  return hit == children.end() ? nullptr : &*hit;
}

std::string_view LocatedJson::text() const {
  if (type != Type::text) return {};
  return value.get_ref<const std::string&>();
}

std::string_view name_of(LocatedJson::Type type) {
  switch (type) {
    case LocatedJson::Type::null:
      return "null";
    case LocatedJson::Type::boolean:
      return "true or false";
    case LocatedJson::Type::integer:
      return "a whole number";
    case LocatedJson::Type::number:
      return "a number";
    case LocatedJson::Type::text:
      return "text";
    case LocatedJson::Type::list:
      return "a list";
    case LocatedJson::Type::object:
      return "an object";
  }
  return "";
}

Result<LocatedJson> read_located_json(std::string_view text) {
  if (text.size() > kMaxConfigBytes) return Error{"1:1: larger than 16 MiB, which no config is"};
  TreeBuilder builder(text);
  const bool read = json::sax_parse(TrackingIterator(text.data(), builder.reached()),
                                    TrackingIterator(text.data() + text.size(), nullptr), &builder,
                                    nlohmann::detail::input_format_t::json, /*strict=*/true,
                                    /*ignore_comments=*/true);
  if (!read) return Error{builder.problem()};
  return std::move(builder.root());
}

}  // namespace c2watch::engine
