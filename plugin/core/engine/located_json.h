// LocatedJson: JSON with comments, where every value knows its line and column.
//
// A config is written by a person, so a mistake in it is answered with the place to look at:
//
//   Result<LocatedJson> root = read_located_json(text);
//   for (const LocatedJson& member : root->children) complain(member.place, member.key);
//
// COST      one pass over the text; a config is read at start and on reload, never per event.
// MEMORY    a small multiple of the text, which is refused above kMaxConfigBytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/place.h"
#include "core/model/result.h"

namespace c2watch::engine {

// 16 MiB: an allowlist of 100,000 entries fits; an endless stream by mistake does not.
inline constexpr std::size_t kMaxConfigBytes = 16u << 20;

struct LocatedJson {
  enum class Type { null, boolean, integer, number, text, list, object };

  Type type = Type::null;
  Place place;                        // of a member's key, otherwise of the value
  std::string key;                    // "" unless a member of an object
  nlohmann::json value;               // null, boolean, integer, number and text only
  std::vector<LocatedJson> children;  // of a list or an object, in the order written

  const LocatedJson* find(std::string_view name) const;  // a member, or nullptr
  std::string_view text() const;                         // "" when it is no text
};

// "a list", "text": how a message names a type.
std::string_view name_of(LocatedJson::Type type);

// Refuses what is not JSON, a key given twice in one object, and nesting deeper than any config
// has. The sentence begins "LINE:COLUMN: ".
Result<LocatedJson> read_located_json(std::string_view text);

}  // namespace c2watch::engine
