// Expectations: what each test must leave behind, and what the detection must make of it, as data.
//
//   Result<std::vector<Expectation>> tests = load_expectations(folder);
//
// The files are described by share/schemas/expectation.schema.json; the format and the reasons
// are in harness/README.md.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace c2watch::harness {

// What must hold of one value. Text is compared without regard to ASCII case.
class Predicate {
 public:
  Predicate() = default;
  explicit Predicate(const nlohmann::json& rules) : rules_(rules) {}

  // `value` is a JSON value, or null for one that is not there.
  bool holds(const nlohmann::json& value) const;
  std::string text() const;  // "ends with \powershell.exe"

  // "server" when the rule is that the value equals ${server}, and nothing else.
  std::optional<std::string> variable() const;
  // What the rule of that name ("ends_with") wants; "" when there is none.
  std::string wanted(const std::string& rule) const;
  // How much a value that obeys says about the event: a program or a piece of a command line more
  // than a port, a port more than that there is any value.
  int weight() const;

 private:
  nlohmann::json rules_;
};

using Predicates = std::map<std::string, Predicate>;

struct Count {
  std::size_t min = 1;
  std::optional<std::size_t> max;

  bool holds(std::size_t n) const { return n >= min && (!max || n <= *max); }
  std::string text() const;  // "5", "at least 2", "2 to 4", "none"
};

struct Signal {
  std::string id;
  std::string title;
  std::uint32_t event_id = 0;
  std::string channel;
  Predicates where;
  std::string same_process_as;
  std::string truth;  // the simulator's label of the same events
  Count count;
  std::string distinct_field;
  std::size_t distinct_min = 0;
  std::optional<double> spacing_s;
  double spacing_tolerance_s = 0;
  bool optional = false;
  std::vector<std::string> variants;  // empty: all

  bool applies_to(const std::string& variant) const;
  std::string expected() const;  // "5 events, 32.0 s apart"
};

struct FindingExpectation {
  std::string detector;
  std::string title;
  Predicates where;  // JSON pointers
  Count count{1, 1};
  std::string within_signal;
  std::optional<std::size_t> within_events;
  std::optional<double> within_seconds;
  std::vector<std::string> needs;
};

struct RunExpectation {
  std::string profile;
  std::string variant;
  std::vector<FindingExpectation> findings;
  std::vector<std::string> allowed;
  std::string reason;
};

struct Variant {
  std::string name;
  std::string title;
  std::vector<std::string> simulate;
  std::map<std::string, std::string> variables;
};

struct Expectation {
  std::string file;  // as it was opened
  int test = 0;
  std::string name;
  std::string title;
  std::string atomic_id;
  std::vector<Variant> variants;  // in the file's order
  // Variables are put in when a variant is verified: see in_variant().
  nlohmann::json signals;
  nlohmann::json runs;

  const Variant* variant(std::string_view world_name) const;
  std::vector<Signal> signals_in(const Variant& variant) const;
  // Of all variants, in the file's order, with variables as they are written.
  std::vector<Signal> signal_patterns() const;
  std::vector<RunExpectation> runs_in(const Variant& variant) const;
};

// Every *.json of the folder, sorted by test number. An error names file, line and JSON pointer.
Result<std::vector<Expectation>> load_expectations(const std::string& folder,
                                                   const nlohmann::json& schema);
Result<Expectation> parse_expectation(std::string_view text, std::string_view file_name,
                                      const nlohmann::json& schema);

}  // namespace c2watch::harness
