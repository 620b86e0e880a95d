// JSON with a schema: a file that a person wrote, validated by its published schema.
//
//   Result<nlohmann::json> file = read_json_with_schema(text, "beacon.json", schema);
//   if (!file) std::cerr << file.error();
//   // beacon.json:12:20: /signals/0/count/min: must be at least 0, is -1
//
// Understands the part of JSON Schema (draft 2020-12) that our schemas use: type, enum, const,
// properties, required, additionalProperties, minProperties, items, minItems, minLength, minimum,
// maximum, pattern, and $ref into $defs. A keyword beyond that is refused rather than ignored, so
// that a schema never promises what is not checked. Written here because the validators that Debian
// has for C++ bring Qt with them.
//
// THREADS   any.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace c2watch::harness {

// Comments are allowed. The error has one error a line, each with file, line, column and JSON pointer.
Result<nlohmann::json> read_json_with_schema(std::string_view text, std::string_view file_name,
                                             const nlohmann::json& schema);

}  // namespace c2watch::harness
