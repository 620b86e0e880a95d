#include "harness/base/json_schema.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <stdexcept>
#include <vector>

#include "harness/base/json_positions.h"

namespace c2watch::harness {
namespace {

using nlohmann::json;
using std::string;
using std::string_view;

struct Position {
  int line = 1;
  int column = 0;  // of the character read last
};

// Walks the text for the parser and counts lines and columns on the way.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++position_->column;
    if (*at_ == '\n') ++position_->line, position_->column = 0;
    ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

// Keeps as an error that the text is no JSON, or the first key that stands twice.
class Reading final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(-1); }
  bool start_array(std::size_t) override { return open(0); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    stack_.back().key = pointer_escaped(name);
    if (!names_.insert(here()).second) {
      error = "the key \"" + name + "\" stands twice";
      return false;
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& e) override {
    error = e.what();
    return false;
  }

  std::string error;

 private:
  struct Level {
    int index;  // -1 in an object
    std::string key;
  };

  std::string here() const {
    std::string pointer;
    for (const Level& l : stack_) pointer += "/" + (l.index < 0 ? l.key : std::to_string(l.index));
    return pointer;
  }
  bool value() {
    if (!stack_.empty() && stack_.back().index >= 0) ++stack_.back().index;
    return true;
  }
  bool open(int index) {
    stack_.push_back({index, ""});
    return true;
  }
  bool close() {
    stack_.pop_back();
    if (!stack_.empty() && stack_.back().index >= 0) ++stack_.back().index;
    return true;
  }

  std::set<std::string> names_;
  std::vector<Level> stack_;
};

string_view type_name(const json& value) {
  switch (value.type()) {
    case json::value_t::object:
      return "object";
    case json::value_t::array:
      return "array";
    case json::value_t::string:
      return "string";
    case json::value_t::boolean:
      return "boolean";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return "integer";
    case json::value_t::number_float:
      return "number";
    default:
      return "null";
  }
}

// POSIX extended syntax, which is all that our patterns use. Not std::regex: under the sanitizers
// GCC 12 takes its insides for uninitialised.
bool matches(const string& text, const string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    throw std::logic_error("the schema's pattern " + pattern + " is no regular expression");
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

class Checker {
 public:
  Checker(const json& schema, const JsonPositions& places, string_view file)
      : root_(schema), positions_(places), file_(file) {}

  void check(const json& value, const json& schema, const string& pointer) {
    if (const auto ref = schema.find("$ref"); ref != schema.end())
      return check(value, root_.at(json::json_pointer(ref->get<string>().substr(1))), pointer);
    refuse_unknown_keywords(schema);
    if (!has_type(value, schema, pointer)) return;
    check_choice(value, schema, pointer);
    if (value.is_object()) check_object(value, schema, pointer);
    if (value.is_array()) check_array(value, schema, pointer);
    if (value.is_number()) check_number(value, schema, pointer);
    if (value.is_string()) check_text(value.get_ref<const string&>(), schema, pointer);
  }

  const string& errors() const { return errors_; }

 private:
  static void refuse_unknown_keywords(const json& schema) {
    constexpr std::array<string_view, 22> kKnown = {"$schema",
                                                    "$id",
                                                    "$defs",
                                                    "title",
                                                    "description",
                                                    "examples",
                                                    "default",
                                                    "type",
                                                    "enum",
                                                    "const",
                                                    "properties",
                                                    "required",
                                                    "items",
                                                    "minItems",
                                                    "minLength",
                                                    "minimum",
                                                    "maximum",
                                                    "pattern",
                                                    "additionalProperties",
                                                    "minProperties",
                                                    "$comment",
                                                    "deprecated"};
    for (const auto& [key, unused] : schema.items())
      if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
        throw std::logic_error("the schema uses " + key + ", which is not checked");
  }

  void add_error(const string& pointer, const string& what) {
    errors_ += errors_.empty() ? "" : "\n";
    errors_ += string(file_) + ":" + positions_.of(pointer) + ": " +
               (pointer.empty() ? "(the file)" : pointer) + ": " + what;
  }

  bool has_type(const json& value, const json& schema, const string& pointer) {
    const auto type = schema.find("type");
    if (type == schema.end()) return true;
    const string_view have = type_name(value);
    string wanted;
    for (const json& t : type->is_array() ? *type : json::array({*type})) {
      const auto& name = t.get_ref<const string&>();
      if (have == name || (name == "number" && have == "integer")) return true;
      wanted += (wanted.empty() ? "" : " or ") + name;
    }
    add_error(pointer, "must be " + wanted + ", is " + string(have));
    return false;
  }

  void check_choice(const json& value, const json& schema, const string& pointer) {
    if (const auto only = schema.find("const"); only != schema.end() && *only != value)
      add_error(pointer, "must be " + only->dump() + ", is " + value.dump());
    const auto choices = schema.find("enum");
    if (choices == schema.end()) return;
    if (std::find(choices->begin(), choices->end(), value) != choices->end()) return;
    string list;
    for (const json& c : *choices) list += (list.empty() ? "" : ", ") + c.dump();
    add_error(pointer, "must be one of " + list + ", is " + value.dump());
  }

  void check_object(const json& value, const json& schema, const string& pointer) {
    if (const auto required = schema.find("required"); required != schema.end())
      for (const json& key : *required)
        if (!value.contains(key.get_ref<const string&>()))
          add_error(pointer, "lacks " + key.dump());
    if (const auto least = schema.find("minProperties");
        least != schema.end() && value.size() < least->get<std::size_t>())
      add_error(pointer, "must have at least " + least->dump() + " members");
    static const json kNone = json::object();
    const auto properties = schema.find("properties");
    const json& known = properties == schema.end() ? kNone : *properties;
    const auto others = schema.find("additionalProperties");
    for (const auto& [key, member] : value.items()) {
      const string at = pointer + "/" + pointer_escaped(key);
      if (const auto own = known.find(key); own != known.end())
        check(member, *own, at);
      else if (others != schema.end() && others->is_object())
        check(member, *others, at);
      else if (others != schema.end() && *others == false)
        add_error(at, "is not known here; known are: " + names_of(known));
    }
  }

  void check_array(const json& value, const json& schema, const string& pointer) {
    if (const auto least = schema.find("minItems");
        least != schema.end() && value.size() < least->get<std::size_t>())
      add_error(pointer, "must have at least " + least->dump() + " items");
    if (const auto items = schema.find("items"); items != schema.end())
      for (std::size_t i = 0; i < value.size(); ++i)
        check(value[i], *items, pointer + "/" + std::to_string(i));
  }

  void check_number(const json& value, const json& schema, const string& pointer) {
    if (const auto least = schema.find("minimum"); least != schema.end() && value < *least)
      add_error(pointer, "must be at least " + least->dump() + ", is " + value.dump());
    if (const auto most = schema.find("maximum"); most != schema.end() && value > *most)
      add_error(pointer, "must be at most " + most->dump() + ", is " + value.dump());
  }

  void check_text(const string& value, const json& schema, const string& pointer) {
    if (const auto least = schema.find("minLength");
        least != schema.end() && value.size() < least->get<std::size_t>())
      add_error(pointer, "must not be empty");
    if (const auto pattern = schema.find("pattern"); pattern != schema.end())
      if (!matches(value, pattern->get<string>()))
        add_error(pointer, "must look like " + pattern->dump() + ", is " + json(value).dump());
  }

  static string names_of(const json& object) {
    string list;
    for (const auto& [key, unused] : object.items()) list += (list.empty() ? "" : ", ") + key;
    return list.empty() ? "nothing" : list;
  }

  const json& root_;
  const JsonPositions& positions_;
  string_view file_;
  string errors_;
};

}  // namespace

Result<json> read_json_with_schema(string_view text, string_view file_name, const json& schema) {
  Position position;
  Reading reading;
  const CountingIterator begin(text.data(), &position);
  const CountingIterator end(text.data() + text.size(), &position);
  if (!json::sax_parse(begin, end, &reading, json::input_format_t::json, true, true))
    return Error{string(file_name) + ":" + std::to_string(position.line) + ":" +
                 std::to_string(std::max(position.column, 1)) + ": " + reading.error};
  json value = json::parse(text, nullptr, true, true);
  const JsonPositions places(text);
  Checker checker(schema, places, file_name);
  checker.check(value, schema, "");
  if (!checker.errors().empty()) return Error{checker.errors()};
  return value;
}

}  // namespace c2watch::harness
