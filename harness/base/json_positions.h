// JsonPositions: where in a file each value stands, so that an editor can jump to an error.
//
//   const JsonPositions places(text);                 // text that a parser has taken already
//   places.of("/signals/0/count");                 // "12:7"
//
// A member's place is that of its name, a list item's that of its first character; lines and columns
// count from 1, columns in bytes. Comments are passed over.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace c2watch::harness {

class JsonPositions {
 public:
  explicit JsonPositions(std::string_view text);

  // "line:column" by JSON pointer; that of the nearest value around it when there is none of that
  // name.
  std::string of(std::string pointer) const;

 private:
  std::map<std::string, std::string> positions_;
};

// A member's name as it stands in a JSON pointer.
std::string pointer_escaped(std::string_view name);

// The pointer to the member of that name in what `pointer` points to.
std::string pointer_to(std::string pointer, std::string_view name);

}  // namespace c2watch::harness
