// GateFile: what a detection must hold, as a team wrote it down (share/schemas/gate.schema.json).
//
//   Result<GateFile> gate = GateFile::read("gate.json", schema);
//   if (const json* coverage = gate->section("coverage")) ...
//   return gate->error_at("/coverage/minimum/0/variant", "no variant \"srever\"");
//
// A file that was read is valid by the schema. What a schema cannot say (that a test or a detector of
// that name exists) is said by whoever looks for it, with error_at().
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/json_positions.h"
#include "harness/base/result.h"

namespace c2watch::harness {

// In the order of the file's description and of the report.
inline constexpr const char* kGateSections[] = {
    "coverage", "time_to_detect", "must_not_fire", "mutations", "sweep", "throughput", "memory"};

class GateFile {
 public:
  // `name` is how the user calls the file; relative paths in it start from its folder.
  static Result<GateFile> parse(std::string_view text, const std::string& name,
                                const nlohmann::json& schema);

  const std::string& name() const { return name_; }
  std::string title() const { return document_.value("title", ""); }
  std::uint64_t seed() const { return document_.value("seed", std::uint64_t{1}); }
  std::string input_format() const { return document_.value("input_format", "xml"); }

  const nlohmann::json* section(const char* name) const;

  // A path of this file as the system understands it.
  std::string path(const std::string& relative) const;

  // "gate.json:12:5"
  std::string place(const std::string& pointer) const;
  // "gate.json:12:5: /coverage/minimum/0: ..."
  Error error_at(const std::string& pointer, const std::string& what) const;

 private:
  GateFile(std::string name, nlohmann::json document, JsonPositions places)
      : name_(std::move(name)), document_(std::move(document)), positions_(std::move(places)) {}

  std::string name_;
  nlohmann::json document_;
  JsonPositions positions_;
};

}  // namespace c2watch::harness
