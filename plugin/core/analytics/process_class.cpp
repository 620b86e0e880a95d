#include "core/analytics/process_class.h"

#include <algorithm>
#include <cstddef>

#include "core/analytics/ascii.h"

namespace c2watch::analytics {
namespace {

constexpr std::string_view kExtension = ".exe";

bool ends_with_name(std::string_view text) {
  return std::any_of(kScriptEngines.begin(), kScriptEngines.end(), [&](std::string_view name) {
    // The last letter alone rules out most of the names.
    return ascii_lower(text.back()) == name.back() && ascii_ends_with(text, name);
  });
}

}  // namespace

bool names_script_engine(std::string_view text) {
  // The first dot that can follow a name stands behind the shortest of them, of three letters.
  for (std::size_t dot = text.find('.', 3); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    if (ascii_starts_with(text.substr(dot), kExtension) && ends_with_name(text.substr(0, dot)))
      return true;
  }
  return false;
}

bool is_script_engine(std::string_view image) {
  const std::string_view file = file_name(image);
  if (!ascii_ends_with(file, kExtension)) return false;
  const std::string_view stem = file.substr(0, file.size() - kExtension.size());
  return std::any_of(kScriptEngines.begin(), kScriptEngines.end(),
                     [&](std::string_view name) { return ascii_equal(stem, name); });
}

}  // namespace c2watch::analytics
